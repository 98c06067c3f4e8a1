"""A lookup between two sets of ICBs: which share of each old one goes to which new one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.inputs.reading.frames import list_absent, read_table_file
from optimiser.inputs.schema import Column, TableSchema
from optimiser.spelling import join_sentences, suggest

SHARES_TOLERANCE = 0.001
LOOKUP = TableSchema(
    "lookup",
    (
        Column("from_icb", "code", "code of the old ICB"),
        Column("to_icb", "code", "code of the new ICB"),
        Column("share", "number", "share of the old one's people", "1", least=0, most=1,
               above_least=True),
        Column("to_name", "text", "name of the new one", default="", blank=True),
        Column("to_gss", "text", "statistical code of the new one", default="", blank=True),
        Column("to_region", "text", "its region", default="", blank=True),
        Column("source", "text", "where the row comes from", default="", blank=True),
    ),
    ("from_icb", "to_icb"),
)  # fmt: skip


@dataclass(frozen=True)
class Lookup:
    """Old to new ICBs with shares of people.

    Attributes:
        frame: from_icb, to_icb, share (sums to 1 over each old ICB), to_name, to_gss, to_region.
        place: its file.
    """

    frame: pd.DataFrame
    place: str

    @property
    def new(self) -> list[str]:
        """New codes, sorted."""
        return sorted(set(self.frame["to_icb"]))

    @property
    def split(self) -> list[str]:
        """Old ICBs that go to more than one new one, sorted."""
        parts = self.frame.groupby("from_icb").size()
        return sorted(str(code) for code in parts.index[parts > 1])

    def largest(self) -> dict[str, str]:
        """Each old ICB to the new one that takes the most of it."""
        order = self.frame.sort_values(
            ["from_icb", "share", "to_icb"], ascending=[True, False, True]
        )
        first = order.drop_duplicates("from_icb")
        return dict(zip(first["from_icb"], first["to_icb"], strict=True))


def read_lookup(path: Path, known: list[str]) -> Lookup:
    """Read a lookup and check it against the ICBs it starts from.

    Raises:
        InputError: with every fault.
    """
    missing = f"There is no such file. Give a CSV with {', '.join(LOOKUP.names[:3])}."
    table, faults = read_table_file(LOOKUP, path, missing)
    for row, earlier in table.repeats.items():
        remedy = f"The same pair stands on line {table.lines[earlier]}. Keep one row."
        value = ", ".join(str(table.frame[c].iloc[row]) for c in LOOKUP.key)
        faults.append(Fault(str(path), table.lines[row], "", value, "duplicate", remedy))
    if not faults:
        faults += _check_shares(table.frame, str(path), known)
    if faults:
        raise InputError(faults)
    rows = table.frame.sort_values(["to_icb", "from_icb"], ignore_index=True)
    whole = rows.groupby("from_icb")["share"].transform("sum")
    return Lookup(rows.assign(share=rows["share"] / whole), str(path))


def _check_shares(frame: pd.DataFrame, place: str, known: list[str]) -> list[Fault]:
    faults = []
    sums = frame.groupby("from_icb")["share"].sum()
    for code, total in sums.items():
        if code not in known:
            remedy = join_sentences("The dataset has no such ICB.", suggest(str(code), known))
            faults.append(Fault(place, 0, "from_icb", str(code), "known_icb", remedy))
        elif abs(total - 1) > SHARES_TOLERANCE:
            remedy = f"Its shares add up to {total:.6g}. They must add up to 1."
            faults.append(Fault(place, 0, "share", str(code), "shares_add_up", remedy))
    remedy = "The lookup has no row for it. Say where its people go."
    left_out = [code for code in known if code not in sums.index]
    return faults + list_absent(place, "from_icb", "every_icb", left_out, remedy)
