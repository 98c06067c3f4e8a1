"""Results as plain text that reads well in 100 columns, on a screen or in a file."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.plan import Plan

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
    Shown("population", "People m", ".2f", 1e-6),
    Shown("lead", "Lead"),
    Shown("mode", "Mode"),
    Shown("local_services", "Services", ".0f"),
    Shown("local_spend_m", "Local £m", ",.0f"),
    Shown("leakage_m", "Leak £m", ",.1f"),
    Shown("leakage_share", "Leak %", ".1f", 100),
    Shown("volatility_m", "Volat. £m", ",.1f"),
    Shown("cost_m", "Cost £m", ",.2f"),
)
TERMS = (
    Shown("term", "Term"),
    Shown("weight", "Weight", "g"),
    Shown("measure", "Measure", ",.3f"),
    Shown("unit", "Unit"),
    Shown("cost_m", "Cost £m", ",.2f"),
)
SCORES = (
    Shown("plan", "Plan"),
    Shown("footprints", "Footprints", ".0f"),
    Shown("local_spend_m", "Local £m", ",.0f"),
    Shown("leakage_m", "Leak £m", ",.1f"),
    Shown("leakage_share", "Leak %", ".1f", 100),
    Shown("volatility_m", "Volat. £m", ",.1f"),
    Shown("objective", "Cost £m", ",.2f"),
    Shown("gap_to_optimum", "Gap %", "+.2f", 100),
)


def format_table(frame: pd.DataFrame, shown: Sequence[Shown], widest: int = 30) -> str:
    """A frame as aligned text; text longer than ``widest`` is shortened.

    Args:
        frame: the rows.
        shown: its columns, in order.
        widest: characters of a text column.
    """
    columns = [_column(frame, one, widest) for one in shown]
    lines = ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
    rule = "-" * max(len(line) for line in lines)
    return "\n".join([lines[0], rule, *lines[1:]])


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
    total = plan.footprints[["local_spend_m", "leakage_m", "volatility_m"]].sum()
    share = total["leakage_m"] / total["local_spend_m"] if total["local_spend_m"] else 0.0
    return wrap(
        f"All: £{total['local_spend_m']:,.0f}m held locally, of which £{total['leakage_m']:,.1f}m "
        f"({share:.1%}) is treated outside; volatility £{total['volatility_m']:,.1f}m; "
        f"cost £{plan.objective:,.2f}m a year."
    )


def describe_broken(broken: Mapping[str, Sequence[str]]) -> str:
    """Rules a plan breaks, by name, each with its sentences."""
    if not broken:
        return "Broken rules: none."
    lines = [wrap(f"  {rule}: {' '.join(said)}", "    ") for rule, said in broken.items()]
    return "\n".join(["Broken rules:", *lines])


def _column(frame: pd.DataFrame, shown: Shown, widest: int) -> list[str]:
    values = frame[shown.column]
    if not shown.form:
        cells = [shown.heading, *(_shorten(str(value), widest) for value in values)]
        return [cell.ljust(max(map(len, cells))) for cell in cells]
    cells = [shown.heading, *(_number(value, shown) for value in values)]
    return [cell.rjust(max(map(len, cells))) for cell in cells]


def _number(value: float | None, shown: Shown) -> str:
    if value is None or value != value:  # NaN is not equal to itself
        return NOTHING
    text = format(value * shown.factor, shown.form)
    return text.replace("-", "", 1) if not any(digit in text for digit in "123456789") else text


def _shorten(text: str, widest: int) -> str:
    return text if len(text) <= widest else text[: widest - 1].rstrip() + "…"
