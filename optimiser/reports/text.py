"""Results as plain text that reads well in 100 columns, on a screen or in a file."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.plan.plan import Plan

WIDTH = 100
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
    Shown("members", "ICBs", ".0f"),
    Shown("population", "People\nm", ".2f", 1e-6),
    Shown("lead", "Lead"),
    Shown("mode", "Mode"),
    Shown("leakage_share", "Out-\nside %", ".1f", 100),
    Shown("pooled_volatility_m", "Volat.\n£m", ",.1f"),
    Shown("local_services", "Local\nservices", ".0f"),
    Shown("local_spend_m", "Local\n£m", ",.0f"),
    Shown("local_share", "Local\n%", ".0f", 100),
    Shown("cost_m", "Score", ",.2f"),
)
TERMS = (
    Shown("term", "Term"),
    Shown("weight", "Weight", "g"),
    Shown("measure", "Measure", ",.3f"),
    Shown("unit", "Unit"),
    Shown("cost_m", "Score", ",.2f"),
)
SCORES = (
    Shown("plan", "Plan"),
    Shown("footprints", "Foot-\nprints", ".0f"),
    Shown("leakage_share", "Out-\nside %", ".1f", 100),
    Shown("largest_population", "Largest\nm", ".1f", 1e-6),
    Shown("smallest_population", "Smallest\nm", ".1f", 1e-6),
    Shown("pooled_volatility_m", "Volat.\n£m", ",.1f"),
    Shown("local_spend_m", "Local\n£m", ",.0f"),
    Shown("local_share", "Local\n%", ".0f", 100),
    Shown("held_outside_share", "Bought\nout %", ".1f", 100),
    Shown("objective", "Score", ",.2f"),
    Shown("gap_to_optimum", "Gap\n%", "+.2f", 100),
)


def format_table(frame: pd.DataFrame, shown: Sequence[Shown], widest: int = 30) -> str:
    """A frame as aligned text; text longer than ``widest`` goes on in the line below.

    Args:
        frame: the rows.
        shown: its columns, in order.
        widest: characters of a text column.
    """
    columns = [_column(frame, one, widest) for one in shown]
    heading, *rows = [_row(cells) for cells in zip(*columns, strict=True)]
    rule = "-" * max(len(line) for row in (heading, *rows) for line in row)
    return "\n".join([*heading, rule, *(line for row in rows for line in row)])


def describe_plan(plan: Plan) -> str:
    """A plan as a person reads it: footprints, members, terms, what is proven, and notes."""
    from optimiser.reports.sentences import state_proof, state_title

    used = plan.terms[(plan.terms["weight"] != 0) | (plan.terms["cost_m"] != 0)]
    paragraphs = [
        f"{state_title(plan)}, score £{plan.objective:,.2f}m-equivalents",
        f"{format_table(plan.footprints, FOOTPRINTS, widest=25)}\n{format_totals(plan)}",
        format_members(plan),
        format_table(used, TERMS),
        wrap(state_proof(plan.outcome)),
        *(["\n".join(wrap(note) for note in plan.notes)] if plan.notes else []),
    ]
    return "\n\n".join(paragraphs)


def format_frame(frame: pd.DataFrame) -> str:
    """A frame as it is, every column under its own name."""
    return format_table(frame, [Shown(str(c), str(c), _form(frame[c])) for c in frame], widest=36)


def _form(values: pd.Series) -> str:
    kind = values.dtype.kind
    if kind == "f":
        return ",.4g" if len(values) and values.abs().max() < 1 else ",.2f"
    return ",.0f" if kind in "iu" else ""


def format_members(plan: Plan) -> str:
    """Which ICBs each footprint holds, by name."""
    names = plan.icbs.set_index("icb")["name"]
    paragraphs = []
    for footprint, icbs in plan.grouping.items():
        members = ", ".join(f"{names[icb]} ({icb})" for icb in icbs)
        paragraphs.append(wrap(f"{footprint}: {members}", indent="  "))
    return "\n".join(paragraphs)


def wrap(text: str, indent: str = "") -> str:
    """A paragraph in lines of at most 100 characters."""
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def format_totals(plan: Plan) -> str:
    """The plan in one line, over all footprints."""
    columns = ["scope_spend_m", "leakage_m", "pooled_volatility_m", "local_spend_m"]
    total = plan.footprints[columns].sum()
    scope = total["scope_spend_m"] or 1.0
    return wrap(
        f"All: of £{total['scope_spend_m']:,.0f}m in scope {total['leakage_m'] / scope:.1%} is treated "
        f"outside its footprint, whoever holds it; volatility £{total['pooled_volatility_m']:,.1f}m "
        f"if footprints held it all; £{total['local_spend_m']:,.0f}m "
        f"({total['local_spend_m'] / scope:.0%}) held locally; score "
        f"£{plan.objective:,.2f}m-equivalents."
    )


def describe_broken(broken: Mapping[str, Sequence[str]]) -> str:
    """Rules a plan breaks, by name, each with its sentences."""
    if not broken:
        return "Broken rules: none."
    lines = [wrap(f"  {rule}: {' '.join(said)}", "    ") for rule, said in broken.items()]
    return "\n".join(["Broken rules:", *lines])


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
    text = format(value * shown.factor, shown.form)
    is_zero = not any(digit in text for digit in "123456789")
    return text.lstrip("+-") if is_zero else text
