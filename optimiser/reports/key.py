"""The key of a map: what each fill means, with the figures that matter, and remarks below."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from optimiser.plan.plan import Plan
from optimiser.reports.palette import HATCH_INK, Fill
from optimiser.reports.sentences import wrap

_INK = "#1a1a1a"
_TALLEST_ROW = 0.045
_TWO_LINE_ROW = 0.035
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


def plot_key(axes: Axes, plan: Plan, fills: Mapping[str, Fill], remarks: Sequence[str]) -> None:
    """Draw the key of a plan on given axes, one row per footprint and one for all together."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    step = min(_TALLEST_ROW, _TABLE_SHARE / (len(plan.footprints) + 3))
    rows = _list_rows(plan, name_lines=2 if step > _TWO_LINE_ROW else 1)
    size = min(8.0, 8.0 * step / 0.026)
    _plot_row(axes, 1 - step, [cell.heading for cell in _CELLS], size * 0.9, "bold")
    axes.axhline(1 - 1.75 * step, color=_INK, linewidth=0.8)
    for at, row in enumerate(rows):
        height = 1 - (2.4 + at) * step
        _plot_row(axes, height, row, size, "bold" if at == len(rows) - 1 else "normal")
        if row[0]:
            _plot_swatch(axes, height, step, fills[plan.footprints["footprint"].iloc[at]])
    text = "\n".join(wrap(remark, 86) for remark in remarks)
    below = 1 - (2.4 + len(rows)) * step
    axes.text(0, below, text, fontsize=7.5, va="top", color="#333333", linespacing=1.35)


def _plot_row(axes: Axes, height: float, row: Sequence[str], size: float, weight: str) -> None:
    for cell, text in zip(_CELLS, row, strict=True):
        axes.text(
            cell.at,
            height,
            text,
            fontsize=size,
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


def _list_rows(plan: Plan, name_lines: int) -> list[list[str]]:
    table = plan.footprints
    total = table[["members", "population", "scope_spend_m", "leakage_m", "local_spend_m"]].sum()
    whole = total.to_frame().T.assign(footprint="All", lead="")
    every = [*table.itertuples(index=False), *whole.itertuples(index=False)]
    rows = [_row(row, name_lines) for row in every]
    numbers = [str(at) for at in range(1, len(rows))]
    return [[number, *row] for number, row in zip([*numbers, ""], rows, strict=True)]


def _row(row: Any, name_lines: int) -> list[str]:
    return [
        "\n".join(textwrap.wrap(row.footprint, 31, max_lines=name_lines, placeholder="…")),
        f"{row.members:.0f}",
        f"{row.population / 1e6:.1f}",
        row.lead,
        f"{row.leakage_m / row.scope_spend_m:.1%}" if row.scope_spend_m > 0 else "–",
        f"{row.local_spend_m:,.0f}",
    ]
