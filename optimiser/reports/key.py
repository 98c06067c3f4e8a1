"""The key of a map: what each fill means, with the figures that matter, and remarks below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from optimiser.plan.plan import Plan
from optimiser.reports.palette import HATCH_INK, Fill
from optimiser.reports.sentences import wrap

if TYPE_CHECKING:  # maps draws with this key
    from optimiser.reports.maps import Picture

_INK = "#1a1a1a"
_TALLEST_ROW = 0.045
_TWO_LINE_ROW = 0.035
NAME = 31
"""Letters of a footprint's name that fit its column in full size."""

SMALL = 0.74
"""Of the full size: longer names of many footprints, over two lines of a row."""

_TABLE_SHARE = 0.8  # of the height; the rest is for the remarks


@dataclass(frozen=True)
class _Cell:
    """One column of the key: heading, right edge (or left, for text) as a share of the width."""

    heading: str
    at: float
    align: str


_CELLS = (
    _Cell("", 0.075, "left"),
    _Cell("Footprint", 0.13, "left"),
    _Cell("ICBs", 0.58, "right"),
    _Cell("People,\nm", 0.69, "right"),
    _Cell("Lead\nICB", 0.78, "right"),
    _Cell("Treated\noutside", 0.9, "right"),
    _Cell("Local,\n£m", 1.0, "right"),
)


def plot_key(axes: Axes, plan: Plan, picture: Picture, remarks: Sequence[str]) -> None:
    """Draw the key of a plan on given axes, one row per footprint by number and one for all."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    step = min(_TALLEST_ROW, _TABLE_SHARE / (len(plan.footprints) + 3))
    table = plan.footprints.assign(number=plan.footprints["footprint"].map(picture.numbers))
    table = table.sort_values("number")
    rows = _list_rows(table, NAME if step > _TWO_LINE_ROW else round(NAME / SMALL))
    size = min(8.0, 8.0 * step / 0.026)
    _plot_row(axes, 1 - step, [cell.heading for cell in _CELLS], size * 0.9, "bold")
    axes.axhline(1 - 1.75 * step, color=_INK, linewidth=0.8)
    for at, row in enumerate(rows):
        height = 1 - (2.4 + at) * step
        _plot_row(axes, height, row, size, "bold" if at == len(rows) - 1 else "normal")
        if row[0]:
            _plot_swatch(axes, height, step, picture.fills[table["footprint"].iloc[at]])
    text = "\n".join(wrap(remark, 86) for remark in remarks)
    below = 1 - (2.4 + len(rows)) * step
    axes.text(0, below, text, fontsize=7.5, va="top", color="#333333", linespacing=1.35)


def _plot_row(axes: Axes, height: float, row: Sequence[str], size: float, weight: str) -> None:
    for cell, text in zip(_CELLS, row, strict=True):
        longest = max(map(len, text.split("\n")))
        axes.text(
            cell.at,
            height,
            text,
            fontsize=size * SMALL if longest > NAME else size,
            fontweight=weight,
            ha=cell.align,
            va="center_baseline",
            color=_INK,
            linespacing=1.0,
        )


def _plot_swatch(axes: Axes, height: float, step: float, fill: Fill) -> None:
    axes.add_patch(
        Rectangle(
            (0.0, height - 0.36 * step),
            0.06,
            0.72 * step,
            facecolor=fill.colour,
            edgecolor=HATCH_INK,
            hatch=fill.hatch or None,
            linewidth=0.6,
        )
    )


def _list_rows(table: pd.DataFrame, most: int) -> list[list[str]]:
    total = table[["members", "population", "scope_spend_m", "leakage_m", "local_spend_m"]].sum()
    whole = total.to_frame().T.assign(footprint="All", lead="", number="")
    every = [*table.itertuples(index=False), *whole.itertuples(index=False)]
    return [_row(row, most) for row in every]


def _row(row: Any, most: int) -> list[str]:
    return [
        str(row.number),
        "\n".join(textwrap.wrap(row.footprint, most, max_lines=2, placeholder="…")),
        f"{row.members:.0f}",
        f"{row.population / 1e6:.1f}",
        row.lead,
        f"{row.leakage_m / row.scope_spend_m:.1%}" if row.scope_spend_m > 0 else "–",
        f"{row.local_spend_m:,.0f}",
    ]
