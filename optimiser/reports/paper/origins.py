"""The last annexes: where every figure of the paper comes from, and what its words mean."""

from __future__ import annotations

from collections.abc import Iterator

from optimiser.reports.paper.blocks import Block, Heading, Paragraph, Table, points, words
from optimiser.reports.paper.brief import Brief, read_row
from optimiser.runs.compare.wording import TERMS, say_term


def write_sources(brief: Brief) -> Iterator[Block]:
    """Every reference of the paper, resolved."""
    yield Heading(1, "Annex F: where the figures come from")
    yield Paragraph(
        "A reference is a letter and number, a full stop and the number of the option: [M1.2] is the "
        "first measure of Option 2, and its run is the second of the table of runs in Annex B. M "
        "stands for measures, T for terms of the cost, F for figures of one footprint (the number "
        "is its row), D for what this paper counted itself. figures.csv lists every M, T and F "
        "figure with its full value."
    )
    yield _resolve_figures(brief)
    yield _resolve_rows(brief)
    if brief.sources.found:
        yield _resolve_counts(brief)


def _resolve_figures(brief: Brief) -> Table:
    rows = []
    for figure in brief.comparison.figures.values():
        if figure.run != brief.usual.label or (figure.table == "footprints" and figure.row != "*"):
            continue
        family, _, rest = figure.id.partition(".")
        column = rest.partition(".")[2]
        if column == "measure":
            continue
        key = f"{family}.n" + (f".{column}" if column else "")
        place = "manifest.json" if figure.table == "manifest" else f"{figure.table}.csv"
        rows.append(
            (key, place, _say_row(figure.table, read_row(figure)), figure.column, figure.basis)
        )
    return Table(
        "Measures and terms",
        words(
            ("Ref.", "File of the run", "Row", "Column or sum", "Weakest input"),
            (1.3, 1.6, 1.7, 3.4, 1.2),
        ),
        tuple(rows),
        note="n: number of the option.",
    )


def _say_row(table: str, row: str) -> str:
    if table == "manifest":
        return "–"
    if table == "terms" and row in TERMS:
        return f"{row} ({say_term(row).lower()})"
    return row


def _resolve_rows(brief: Brief) -> Table:
    rows = tuple(
        (
            f"Fr.{option.number}.column",
            "footprints.csv",
            f"row r of run {option.number}",
            "the column named",
        )
        for option in brief.options
    )
    return Table(
        "Figures of one footprint",
        words(("Ref.", "File of the run", "Row", "Column"), (1.5, 1.5, 2.5, 2.5)),
        rows,
        note="Rows are counted from the first footprint of the file, as in Annex C.",
    )


def _resolve_counts(brief: Brief) -> Table:
    rows = tuple(
        (found.key, found.meaning, _breakable(found.file), found.rows, found.how, found.basis)
        for found in brief.sources.found.values()
    )
    return Table(
        "What this paper counted itself",
        words(
            ("Ref.", "What", "File of the run", "Rows", "How", "Weakest input"),
            (0.6, 2.4, 1.8, 2.2, 1.7, 1.1),
        ),
        rows,
        note="Worked out for each option from its own run.",
    )


def _breakable(name: str) -> str:
    """A file's name that may go over two lines after an underscore."""
    return name.replace("_", "_\u200b")


def write_glossary() -> Iterator[Block]:
    """Words that are used in a meaning of their own."""
    yield Heading(1, "Annex G: glossary")
    yield points(list(GLOSSARY))


GLOSSARY = (
    ("Footprint: ", "ICBs that commission specialised services together."),
    ("ICB: ", "integrated care board."),
    ("Lead ICB: ", "the ICB proposed to host the committee of a footprint."),
    ("Level or option of a service: ", "who commissions it: national, a footprint, a single ICB."),
    ("Local: ", "commissioned by a footprint or a single ICB, not nationally."),
    (
        "Treated outside, leakage: ",
        "residents' spend on services in scope with providers outside their footprint, whoever "
        "holds the services.",
    ),
    ("Volatility: ", "standard deviation of a year's spend."),
    ("Integration forgone: ", "what joining up care locally would be worth where it is national."),
    ("Readiness: ", "scores of the pre-delegation assessment framework (PDAF), 0 to 4 a domain."),
    ("Mode: ", "full delegation, joint committee or not ready, by readiness."),
    ("£m-equivalents: ", "criteria turned into money's worth by their weights and added up."),
    ("Bound: ", "a cost that no plan within the rules can be below, proven by the solver."),
    ("Candidate: ", "a set of ICBs that is a possible footprint under the rules."),
    ("Published, derived, modelled, illustrative: ", "how far an input can be trusted."),
)
