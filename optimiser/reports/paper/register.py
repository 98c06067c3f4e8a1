"""The risk register: each kind of risk in each option, by the thresholds it was found with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from optimiser.reports.paper.blocks import Block, Column, Heading, Paragraph, Table, words
from optimiser.reports.paper.brief import Brief
from optimiser.reports.paper.hazards import KINDS, Hazard, Kind
from optimiser.reports.sentences import join

Found = Mapping[tuple[str, int], Hazard]


def write_risks(brief: Brief) -> Iterator[Block]:
    """How many of each kind by option, then the register itself."""
    found = {
        (key, option.number): kind.find(option)
        for key, kind in KINDS.items()
        for option in brief.options
    }
    yield Heading(1, "Risk register")
    yield Paragraph(
        "The risks are read off the tables of the runs by the thresholds below, which are this "
        "paper's and can be argued with. Likelihood, impact and owners are for the board to set: "
        "nothing in the runs measures them."
    )
    yield _count(brief, found)
    yield _register(brief, found)


def _count(brief: Brief, found: Found) -> Table:
    rows = tuple(_count_kind(brief, found, key, kind) for key, kind in KINDS.items())
    return Table(
        "Number of risks of each kind",
        (
            Column("Risk", 1.7, "left"),
            Column("Threshold", 3.2, "left"),
            *(Column(f"Option {option.number}", 0.9) for option in brief.options),
            Column("Ref.", 0.7, "left"),
        ),
        rows,
        note="Services are counted once for each footprint that holds them (close calls: for each "
        "footprint). Per cent: share of local spend in the footprints or services counted.",
    )


def _count_kind(brief: Brief, found: Found, key: str, kind: Kind) -> tuple[str, ...]:
    cells = [_say_count(found[key, option.number]) for option in brief.options]
    name = f"{kind.name}{brief.mark(kind.table, *kind.columns)}"
    return (name, kind.threshold.capitalize(), *cells, cite_kind(brief, kind))


def cite_kind(brief: Brief, kind: Kind) -> str:
    """The reference of the count of a kind of risk."""
    return brief.cite(
        f"{kind.name.lower()}: {kind.unit}s with {kind.threshold}",
        kind.table,
        kind.threshold,
        "count of rows" if kind.unit == "service" else "count of footprints",
        kind.columns,
    )


def _say_count(hazard: Hazard) -> str:
    if not hazard.places:
        return "none"
    share = "" if math.isnan(hazard.spend_share) else f" ({hazard.spend_share:.0%})"
    return f"{len(hazard.places)}{share}"


def _register(brief: Brief, found: Found) -> Table:
    kinds = [
        key for key in KINDS if any(found[key, option.number].places for option in brief.options)
    ]
    rows = tuple(_register_row(brief, found, key) for key in kinds)
    return Table(
        "Risk register",
        words(
            (
                "No.",
                "Risk",
                "The most pressing under each option",
                "What may follow",
                "What the board may ask for",
                "Owner",
            ),
            (0.5, 1.2, 3.9, 1.9, 2.0, 0.8),
        ),
        tuple((f"R{at}", *row) for at, row in enumerate(rows, 1)),
        note="Numbers of each are in the table before; every place stands in the tables that Annex F "
        "names.",
    )


def _register_row(brief: Brief, found: Found, key: str) -> tuple[str, ...]:
    kind = KINDS[key]
    name = f"{kind.name}{brief.mark(kind.table, *kind.columns)}"
    return (name, _tell(brief, found, key), kind.consequence, kind.remedy, "to be named")


def _tell(brief: Brief, found: Found, key: str) -> str:
    """The worst of each option, those that share it together, a line each."""
    shared: dict[str, list[str]] = {}
    for option in brief.options:
        hazard = found[key, option.number]
        shared.setdefault(hazard.worst if hazard.places else "none", []).append(str(option.number))
    return "\n".join(
        f"Option{'s' if len(numbers) > 1 else ''} {join(numbers)}: {worst}."
        for worst, numbers in shared.items()
    )
