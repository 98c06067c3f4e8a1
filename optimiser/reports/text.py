"""Results as plain text that reads well in 100 columns, on a screen or in a file."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from optimiser.spelling import title_plan

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.plan.plan import Beside, Plan

WIDTH = 100
MOST_SAID = 3
"""Cases of one broken rule that are told on a screen; a director reads no fourth."""
NOTHING = "-"


@dataclass(frozen=True)
class Shown:
    """How one column of a frame is shown.

    Attributes:
        column: its name in the frame.
        heading: what stands above it.
        form: format of its numbers; empty for text, which is aligned left.
        factor: numbers are multiplied by it.
    """

    column: str
    heading: str
    form: str = ""
    factor: float = 1.0


FOOTPRINTS = (
    Shown("footprint", "Footprint"),
    Shown("population", "People\nm", ".1f", 1e-6),
    Shown("lead_name", "Lead ICB"),
    Shown("scope_spend_m", "In scope\n£m", ",.0f"),
    Shown("leakage_share", "Treated\noutside %", ".1f", 100),
    Shown("services", "Services\nheld"),
    Shown("local_share", "Held\nlocally %", ".0f", 100),
    Shown("cost_m", "Score", ",.1f"),
)
TERMS = (
    Shown("said", "Term"),
    Shown("term", "Setting"),
    Shown("weight", "Weight", "g"),
    Shown("measure", "Measure", ",.1f"),
    Shown("unit", "Unit"),
    Shown("cost_m", "Score", ",.1f"),
)
SCORES = (
    Shown("plan", "Plan"),
    Shown("footprints", "Foot-\nprints", ".0f"),
    Shown("in_scope_treated_outside_share", "Treated\noutside %", ".1f", 100),
    Shown("smallest_m", "Smallest\nm people", ".1f"),
    Shown("largest_m", "Largest\nm people", ".1f"),
    Shown("collective_m", "Collective\n£m", ",.0f"),
    Shown("individual_m", "Single\nICBs £m", ",.0f"),
    Shown("national_m", "National\n£m", ",.0f"),
    Shown("score", "Score", ",.1f"),
    Shown("gap_to_optimum", "Gap\n%", "+.1f", 100),
)


def format_table(frame: pd.DataFrame, shown: Sequence[Shown], widest: int = 30) -> str:
    """A frame as aligned text; text longer than ``widest`` goes on in the line below.

    Args:
        frame: the rows.
        shown: its columns, in order.
        widest: characters of a text column.
    """
    columns = [_column(frame, name, widest) for name in shown]
    heading, *rows = [_row(cells) for cells in zip(*columns, strict=True)]
    rule = "-" * max(len(line) for row in (heading, *rows) for line in row)
    return "\n".join([*heading, rule, *(line for row in rows for line in row)])


def describe_plan(plan: Plan) -> str:
    """A plan as a person reads it in a screen: footprints, members, what is proven, what it rests on."""
    from optimiser.reports.sentences import count, state_objective, state_proof, state_title

    paragraphs = [
        f"{state_title(plan)}, {state_objective(plan)}",
        format_footprints(plan),
        format_totals(plan),
        format_members(plan, codes=False) if plan.outcome.status != "evaluated" else "",
        wrap(state_proof(plan.outcome)),
        wrap(f"{count(len(plan.notes), 'note')} on the inputs (--details): {plan.notes[0]}")
        if plan.notes
        else "",
    ]
    return "\n\n".join(filter(None, paragraphs))


def detail_plan(plan: Plan) -> str:
    """The rest of a plan: members with their codes, the terms of the score, notes on the inputs."""
    from optimiser.runs.compare.wording import say_term

    used = plan.terms[(plan.terms["weight"] != 0) | (plan.terms["cost_m"] != 0)]
    paragraphs = [
        format_members(plan),
        format_table(used.assign(said=used["term"].map(say_term)), TERMS),
        "\n".join(wrap(note) for note in plan.notes),
    ]
    return "\n\n".join(filter(None, paragraphs))


def format_footprints(plan: Plan) -> str:
    """One line a footprint: people, lead, money, care outside, services held of those in scope."""
    scope = plan.services.loc[plan.services["in_scope"], "service"].nunique()
    held = [f"{number:.0f} of {scope}" for number in plan.footprints["local_services"]]
    return format_table(plan.footprints.assign(services=held), FOOTPRINTS, widest=20)


def describe_beside(
    plan: Plan,
    beside: Beside,
    firm_share: Mapping[str, float] | None = None,
    said: Sequence[str] = (),
) -> str:
    """A best plan beside the plan of today, as a director reads it: at most forty lines.

    Args:
        plan: the best plan.
        beside: what it changes.
        firm_share: headline to the share of draws in which it holds, where draws were given.
        said: what else is told of the dataset, sentences that may be empty.
    """
    import pandas as pd

    from optimiser.reports.sentences import state_proof, state_title

    baseline = title_plan(beside.baseline)
    proof = f"{state_proof(plan.outcome)} {_state_near(beside)}"
    rows = [
        {"plan": baseline, **asdict(beside.today)},
        {"plan": "best plan", **asdict(beside.best)},
    ]
    paragraphs = [
        f"{state_title(plan)}, beside {baseline}\n"
        + format_table(pd.DataFrame(rows), SCORES[:-1], widest=34),
        wrap(
            f"{baseline} scores {_state_more(beside)}. "
            "A score weighs money, care outside, risk and distance: it is no cash saving."
        )
        + "\n"
        + format_moves(beside),
        format_members(plan, codes=False),
        wrap(" ".join(filter(None, (proof, _state_firm(beside, firm_share), *said)))),
    ]
    return "\n\n".join(paragraphs)


def format_moves(beside: Beside) -> str:
    """Which ICBs move, in an order in which each gains most, and what each is worth."""
    if beside.moves.empty:
        return f"No ICB moves: {title_plan(beside.baseline)} is the best grouping."
    lines = [
        f"  {move.name}: from {move.from_footprint} to {move.to_footprint}, {move.gain:+,.0f}"
        for move in beside.moves.itertuples()
    ]
    who = "1 ICB" if len(lines) == 1 else f"{len(lines)} ICBs"
    head = f"{who} would move (what each takes off the score, £m-equivalents):"
    return "\n".join([head, *(wrap(line, "    ") for line in lines)])


def _state_more(beside: Beside) -> str:
    """How the plan beside stands to the best; only one that breaks a rule can score less."""
    more = beside.today.score - beside.best.score
    if more < 0:
        return f"{-more:,.0f} £m-equivalents less, but breaks a rule of this scenario"
    if beside.moves.empty and round(more) == 0:
        return "the same"
    share = more / beside.best.avoidable_score
    return f"{more:,.0f} £m-equivalents more, {share:.0%} of what a plan can change"


def _state_firm(beside: Beside, share: Mapping[str, float] | None) -> str:
    """In what share of draws the headlines hold, or how to learn it."""
    if share is None:
        return (
            "Inputs are modelled in part: footprints robust draws them again and says what is firm."
        )
    if not share:
        return "The draws given are of another scenario or other plans: run footprints robust anew."
    return (
        "When the inputs are drawn again, this plan scores better than "
        f"{title_plan(beside.baseline)} in {share['scores_better']:.0%} of draws, has less care outside "
        f"in {share['less_outside']:.0%} and is exactly the best in {share['best']:.0%}."
    )


def _state_near(beside: Beside) -> str:
    if beside.near_complete and beside.near == 1:
        return "No other grouping comes within 1% of what a plan can change."
    least = "" if beside.near_complete else "At least "
    return (
        f"{least}{beside.near - 1:,} other grouping{'s' if beside.near > 2 else ''} within 1% of what "
        "a plan can change: footprints alternatives lists them."
    )


HEADINGS = {
    "cost_m": "Score",
    "gain_m": "Gain of\nscore",
    "gap_share": "Above the\nbest %",
    "icb": "ICB",
    "icbs_moved": "ICBs\nmoved",
    "population_moved": "People\nmoved",
    "footprints": "Foot-\nprints",
    "feasible": "Within\nthe rules",
    "broken": "Rules broken",
    "objective": "Score",
    "mean_regret_m": "Short of the\nbest, mean",
    "max_regret_m": "Short of the\nbest, most",
    "mean_cost_m": "Mean\nscore",
}
"""Headings of columns whose own names say little; others are read off their names."""
WORDS = {True: "yes", False: "no"}


def format_frame(frame: pd.DataFrame, headings: Mapping[str, str] | None = None) -> str:
    """A frame in a reader's words: shares as per cent, flags as yes and no, units in the headings.

    Args:
        frame: the rows.
        headings: of columns whose names say too little here.
    """
    words = {str(c): frame[c].map(WORDS) for c in frame if frame[c].dtype.kind == "b"}
    shown = [_shown(str(c), frame[c], {**HEADINGS, **(headings or {})}) for c in frame]
    return format_table(frame.assign(**words), shown, widest=30)


def _shown(name: str, values: pd.Series, headings: Mapping[str, str]) -> Shown:
    title = name.replace("_", " ").capitalize().replace("icb", "ICB").replace("Icb", "ICB")
    if name.endswith("_share"):
        return Shown(name, headings.get(name, f"{title.removesuffix(' share')}\n%"), ",.1f", 100)
    if name.endswith("_m"):
        title = f"{title.removesuffix(' m')}\n£m"
    kind = values.dtype.kind
    small = kind == "f" and len(values) and values.abs().max() < 1
    form = ",.0f" if kind in "iu" or name in WHOLE else ",.1f" if kind == "f" else ""
    form = ",.3f" if small and form == ",.1f" else form
    return Shown(name, headings.get(name, title), form)


WHOLE = ("footprints", "population_moved", "national_spend", "local_spend", "local_services")
"""Measures that are told in whole numbers, whatever type they are held in."""


def format_members(plan: Plan, codes: bool = True) -> str:
    """Which ICBs each footprint holds, by name, with their codes if asked."""
    names = plan.icbs.set_index("icb")["name"]
    paragraphs = []
    for footprint, icbs in plan.grouping.items():
        members = ", ".join(f"{names[icb]} ({icb})" if codes else names[icb] for icb in icbs)
        paragraphs.append(wrap(f"{footprint}: {members}", indent="  "))
    return "\n".join(paragraphs)


def wrap(text: str, indent: str = "") -> str:
    """A paragraph in lines of at most 100 characters."""
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def format_totals(plan: Plan) -> str:
    """The plan in a few lines: like with like first, then what is held and by whom."""
    from optimiser.plan.plan import measure_headlines

    found = measure_headlines(plan)
    led = f"by lead providers £{found.collaborative_m:,.0f}m, " if found.collaborative_m else ""
    lines = [
        f"Of in-scope care {found.in_scope_treated_outside_share:.1%} is given outside the "
        f"patients' footprint. Footprints have {found.smallest_m:.1f} to {found.largest_m:.1f} "
        f"million people; their in-scope budgets vary by chance by £{found.pooled_volatility_m:,.0f}m "
        "a year (standard deviations added up).",
        f"Held by footprints £{found.collective_m:,.0f}m, {led}by single ICBs "
        f"£{found.individual_m:,.0f}m, in scope but national £{found.national_m:,.0f}m. "
        f"Score {found.score:,.1f} £m-equivalents, of which {found.avoidable_score:,.1f} depends on "
        "the plan.",
    ]
    if not found.collective_m + found.collaborative_m + found.individual_m:
        lines.insert(0, "Under these weights the best plan holds nothing locally.")
    return "\n".join(map(wrap, lines))


def describe_broken(broken: Mapping[str, Sequence[str]]) -> str:
    """Rules a plan breaks, by name, each with its sentences."""
    if not broken:
        return "Broken rules: none."
    from optimiser.reports.sentences import count, say_rule

    lines = []
    for rule, said in broken.items():
        more = count(len(said) - MOST_SAID, "further case")
        left = [f"({more} in the folder's manifest.json)"] if len(said) > MOST_SAID else []
        lines.append(wrap(f"  {say_rule(rule)}: {' '.join([*said[:MOST_SAID], *left])}", "    "))
    return "\n".join([f"Broken rules ({len(broken)}):", *lines])


def _column(frame: pd.DataFrame, shown: Shown, widest: int) -> list[list[str]]:
    """Heading and cells of one column, each as its lines, all of one width."""
    values = frame[shown.column]
    texts = (_number(value, shown) if shown.form else str(value) for value in values)
    cells = [shown.heading.split("\n"), *(textwrap.wrap(text, widest) for text in texts)]
    width = max(len(line) for cell in cells for line in cell)
    align = str.rjust if shown.form else str.ljust
    return [[align(line, width) for line in cell or [""]] for cell in cells]


def _row(cells: Sequence[Sequence[str]]) -> list[str]:
    height = max(map(len, cells))
    blanks = [" " * len(cell[0]) for cell in cells]
    filled = [
        [*cell, *[blank] * (height - len(cell))] for cell, blank in zip(cells, blanks, strict=True)
    ]
    return ["  ".join(line).rstrip() for line in zip(*filled, strict=True)]


def _number(value: float | None, shown: Shown) -> str:
    if value is None or value != value:  # NaN is not equal to itself
        return NOTHING
    if value in (math.inf, -math.inf):
        return "no limit"
    text = format(value * shown.factor, shown.form)
    is_zero = not any(digit in text for digit in "123456789")
    return text.lstrip("+-") if is_zero else text
