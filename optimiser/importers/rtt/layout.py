"""The two layouts that are read: RTT waiting times (full CSV) and DM01 diagnostics (full extract).

Both have a row for each commissioner, provider and specialty or test, of one month. The headers of
RTT were checked against a published file; those of DM01 against public code that reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KEYS: Mapping[str, str] = {
    "Period": "period",
    "Provider Parent Org Code": "host",
    "Provider Org Code": "provider",
    "Provider Org Name": "provider_name",
    "Commissioner Parent Org Code": "parent",
    "Commissioner Org Code": "commissioner",
    "Commissioner Org Name": "commissioner_name",
}
"""Headers that both layouts share, and the names used here."""


@dataclass(frozen=True)
class Part:
    """What is counted.

    Attributes:
        label: value in the column of parts; empty when the layout has none.
        count: header of the count.
        stock: whether it counts people waiting, which months are averaged over and not added up.
        meaning: in words.
    """

    label: str
    count: str
    stock: bool
    meaning: str


@dataclass(frozen=True)
class Layout:
    """Where things stand in one kind of file.

    Attributes:
        name: ``rtt`` or ``dm01``.
        title: name of the publication.
        function: header of the code of the specialty or test.
        function_name: header of its name.
        part: header of the part; empty when the layout has none.
        parts: what can be counted, by the name used on the command line.
        total: codes of rows that add up all the others.
    """

    name: str
    title: str
    function: str
    function_name: str
    part: str
    parts: Mapping[str, Part]
    total: tuple[str, ...]

    @property
    def columns(self) -> dict[str, str]:
        """Headers that must be there, and the names used here."""
        own = {self.function: "function", self.function_name: "function_name"}
        parts = {self.part: "part"} if self.part else {}
        counts = {part.count: part.count for part in self.parts.values()}
        return {**KEYS, **parts, **own, **counts}


RTT = Layout(
    name="rtt",
    title="NHS England, consultant-led referral to treatment waiting times, full CSV",
    function="Treatment Function Code",
    function_name="Treatment Function Name",
    part="RTT Part Type",
    parts={
        "1A": Part("Part_1A", "Total All", False, "completed admitted pathways"),
        "1B": Part("Part_1B", "Total All", False, "completed non-admitted pathways"),
        "2": Part("Part_2", "Total All", True, "incomplete pathways"),
        "2A": Part("Part_2A", "Total All", True, "incomplete pathways with decision to admit"),
        "3": Part("Part_3", "Total All", False, "new periods"),
    },
    total=("C_999",),
)
DM01 = Layout(
    name="dm01",
    title="NHS England, monthly diagnostics waiting times and activity (DM01), full extract",
    function="Diagnostic Tests",
    function_name="Diagnostic Tests",
    part="",
    parts={
        "activity": Part("", "Total Activity", False, "tests and procedures carried out"),
        "waiting": Part("", "Total WL", True, "people waiting"),
    },
    total=("TOTAL", "Total"),
)
LAYOUTS = (RTT, DM01)


def find_layout(header: list[str]) -> Layout | None:
    """The layout whose column of specialties or tests the header has."""
    return next((layout for layout in LAYOUTS if layout.function in header), None)
