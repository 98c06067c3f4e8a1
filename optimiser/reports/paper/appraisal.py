"""Options appraisal and scoring against the stated criteria."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from optimiser.reports.drawing import Illustration
from optimiser.reports.paper.blocks import (
    Block,
    Column,
    Heading,
    Image,
    Paragraph,
    Table,
    points,
    words,
)
from optimiser.reports.paper.brief import DAGGER, Brief, Option, count
from optimiser.reports.paper.hazards import KINDS, Hazard
from optimiser.reports.paper.register import cite_kind
from optimiser.reports.paper.rows import list_costs, list_criteria
from optimiser.reports.sentences import join
from optimiser.runs.compare import Figure
from optimiser.runs.compare.wording import head, show

TALLEST = 8.8
"""Inches of a picture that leave room for its caption and note on an A4 page."""


def write_appraisal(brief: Brief) -> Iterator[Block]:
    """The options, who they are and what each changes."""
    yield Heading(1, "Options appraisal")
    yield Paragraph(_tell_roles(brief))
    yield _list_options(brief)
    for option in brief.options:
        yield from _write_option(brief, option)
    yield from show_picture(brief, "maps")


def _tell_roles(brief: Brief) -> str:
    text = f"{brief.usual.name} is business as usual: what happens if nothing is decided."
    least = brief.least_change
    if least is not None:
        text += (
            f" {least.name} is the do-minimum: of the other options it moves the fewest ICBs "
            f"({len(least.moved)})."
        )
    return text


def role_of(brief: Brief, option: Option) -> str:
    """What an option stands for."""
    roles = []
    if option is brief.usual:
        roles.append("business as usual")
    if option is brief.least_change:
        roles.append("do-minimum")
    if option is brief.lowest and len(brief.options) > 1:
        roles.append("lowest cost within the rules")
    return ", ".join(roles).capitalize() or "Alternative"


def _list_options(brief: Brief) -> Table:
    rows = []
    for option in brief.options:
        broken = "not asked" if option.broken is None else str(len(option.broken))
        origin = "Solved" if option.plan.outcome.scope else "Given"
        moved = "–" if option is brief.usual else str(len(option.moved))
        size = str(len(option.plan.footprints))
        rows.append(
            (str(option.number), option.label, role_of(brief, option), origin, size, moved, broken)
        )
    return Table(
        "The options",
        (
            *words(("No.", "Option", "Role", "Origin"), (0.5, 2, 2.4, 0.9)),
            Column("Foot-prints", 0.9),
            Column("ICBs that move", 0.9),
            Column("Breaches of rules", 1.1),
        ),
        tuple(rows),
        note="Sources: footprints.csv and manifest.json (broken_rules) of each run; an ICB moves when "
        "its footprint does not continue the one it had under Option 1.",
    )


def _write_option(brief: Brief, option: Option) -> Iterator[Block]:
    yield Heading(2, option.name)
    yield Paragraph(f"{_tell_size(brief, option)} {brief.tell_proof(option)}")
    facts = list(_list_changes(brief, option))
    if facts:
        yield points(facts)


def _tell_size(brief: Brief, option: Option) -> str:
    smallest, largest = (
        show(brief.figure(option, f"{end}_population").value, "persons")
        for end in ("smallest", "largest")
    )
    names = join([str(name) for name in option.plan.footprints["footprint"]], most=30)
    refs = ", ".join(
        brief.figure(option, f"{end}_population").id for end in ("smallest", "largest")
    )
    many = len(option.plan.footprints)
    return f"{count(many, 'footprint')} of {smallest} to {largest} million residents [{refs}]: {names}."


def _list_changes(brief: Brief, option: Option) -> Iterator[tuple[str, str]]:
    if option.moved:
        yield "ICBs that move: ", f"{join(option.moved, most=20)}."
    if option is not brief.usual:
        yield "Services: ", _tell_services(brief, option)
    scant = KINDS["scant"].find(option)
    if scant.places:
        yield "Little held locally: ", _tell_scant(brief, scant)
    if option.broken:
        left = len(option.broken) - 4
        more = f" And {left} more, listed in comparison/broken_rules.csv." if left > 0 else ""
        yield "Rules it breaks: ", " ".join(option.broken[:4]) + more


def _tell_scant(brief: Brief, scant: Hazard) -> str:
    """Footprints with little to commission, and the one with least."""
    kind = KINDS["scant"]
    mark = brief.mark(kind.table, *kind.columns)
    alone = len(scant.places) == 1
    text = f"{count(len(scant.places), 'footprint')} {'has' if alone else 'have'} {kind.threshold}"
    return f"{text}{mark} {cite_kind(brief, kind)}{': ' if alone else '; least in '}{scant.worst}."


def _tell_services(brief: Brief, option: Option) -> str:
    changes = brief.comparison.service_changes
    mine = changes[changes["run"] == option.label]
    rises = int(
        (mine["local_population_share_after"] > mine["local_population_share_before"]).sum()
    )
    falls = int(
        (mine["local_population_share_after"] < mine["local_population_share_before"]).sum()
    )
    total = option.plan.services["service"].nunique()
    ref = brief.cite(
        "services whose level differs from Option 1 for some ICB",
        "services",
        "option of each service and ICB, against Option 1",
        "count of services",
        ["level"],
    )
    mark = brief.mark("services", "level")
    return (
        f"{len(mine)} of {total} change level for some residents{mark} {ref}; {rises} are held "
        f"locally for more residents than under Option 1, {falls} for fewer."
    )


def show_picture(brief: Brief, name: str) -> Iterator[Block]:
    """A saved picture, no taller than a page, or nothing."""
    found = brief.picture(name)
    if found is not None:
        yield place(brief, found)


def place(brief: Brief, found: Illustration) -> Image:
    """A saved picture at a size that leaves room for its caption."""
    scale = min(1.0, TALLEST / found.height)
    return Image(
        path=brief.folder / found.page,
        caption=found.title,
        alt=found.alt,
        width=found.width * scale,
        height=found.height * scale,
        note=found.note,
    )


def write_scoring(brief: Brief) -> Iterator[Block]:
    """Every measure side by side, then the cost by term and weight."""
    yield Heading(1, "Scoring against stated criteria")
    yield Paragraph(
        "The criteria are the measures of the table; the third column says which way is better. "
        "Figures in bold are the best of the options on that criterion. No marks were given by "
        "hand: the one overall score is the cost of the second table, which adds up the criteria "
        "that the scenario gives a weight. Weights are judgements; another board may set others."
    )
    yield _score(brief)
    yield _weigh(brief)
    yield from show_picture(brief, "terms")


def _score(brief: Brief) -> Table:
    rows: list[tuple[str, ...]] = []
    strong: set[tuple[int, int]] = set()
    for criterion in list_criteria(brief):
        unit, better = criterion.unit, criterion.better
        strong |= {(len(rows), 3 + at) for at in list_best(criterion.figures, better)}
        cells = [show(figure.value, unit) for figure in criterion.figures]
        way = better if better in ("lower", "higher") else "–"
        rows.append((criterion.label, head(unit) or unit, way, *cells, f"[{criterion.reference}]"))
    columns = (
        *words(("Criterion", "Unit", "Better"), (3.1, 1.5, 0.9)),
        *(Column(f"Option {option.number}", 1.0) for option in brief.options),
        Column("Ref.", 0.8, "left"),
    )
    return Table(
        "The options on every criterion",
        columns,
        tuple(rows),
        frozenset(strong),
        note=f"n: number of the option. {_say_mark(brief)}",
    )


def list_best(figures: Sequence[Figure], better: str) -> list[int]:
    """Places of the best figures, equal ones together; none where all are alike or none counts."""
    known = [figure.value for figure in figures if not math.isnan(figure.value)]
    shown = {show(value, figures[0].unit) for value in known}
    if better not in ("lower", "higher") or len(shown) < 2:
        return []
    best = show(min(known) if better == "lower" else max(known), figures[0].unit)
    return [at for at, figure in enumerate(figures) if show(figure.value, figure.unit) == best]


def _say_mark(brief: Brief) -> str:
    return f"{DAGGER} rests on modelled or illustrative inputs." if brief.is_weak else ""


def _weigh(brief: Brief) -> Table:
    rows = [
        (cost.label, cost.weight, cost.unit, *cost.cells, f"[{cost.reference}]")
        for cost in list_costs(brief)
    ]
    totals = [show(option.plan.objective, "£m") for option in brief.options]
    total = brief.figure(brief.usual, "objective_m").id.split(".")[0]
    rows.append(("Score of the option", "", "", *totals, f"[{total}.n]"))
    return Table(
        "Score of each option by weighted criterion, £m-equivalents",
        (
            Column("Criterion", 2.0, "left"),
            Column("Weight", 0.9),
            Column("Weight applies to", 1.9, "left"),
            *(Column(f"Option {option.number}", 1.0) for option in brief.options),
            Column("Ref.", 1.2, "left"),
        ),
        tuple(rows),
        frozenset((len(rows) - 1, at) for at in range(3 + len(brief.options))),
        note=f"Criteria of no weight are left out. {_say_mark(brief)}",
    )
