"""Maps of plans as files: one plan with its key, or two side by side, on an A4 page."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from optimiser.inputs.dataset import Dataset
from optimiser.plan.plan import Plan
from optimiser.reports.atlas import Atlas, list_touching, read_atlas
from optimiser.reports.continuing import list_carried, match_groups
from optimiser.reports.palette import HATCH_INK, Fill, choose_fills
from optimiser.reports.picture import (
    LABELLED_IN_FULL,
    LINE_INK,
    STYLE,
    Picture,
    continue_picture,
    plot_picture,
    prepare_picture,
)
from optimiser.reports.sentences import (
    state_modelled,
    state_objective,
    state_proof,
    state_title,
    wrap,
)
from optimiser.runs.compare.moving import homes_of, match_homes

A4_LANDSCAPE = (11.69, 8.27)
"""Inches."""

PNG_DPI = 200
FOOTER_WIDTH = 240
"""Characters that fit across the page in the footer's type."""

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
    _Cell("ICBs", 0.62, "right"),
    _Cell("People,\nm", 0.74, "right"),
    _Cell("Treated\noutside", 0.88, "right"),
    _Cell("Local,\n£m", 1.0, "right"),
)


def write_map(plan: Plan, dataset: Dataset, folder: Path, baseline: str = "") -> list[Path]:
    """Draw a plan on one A4 page, as ``map.png`` and ``map.svg`` in a folder.

    Args:
        plan: the plan.
        dataset: whose ICBs it groups.
        folder: where the files go.
        baseline: a carried plan: a footprint that continues one of it has its number and fill, as in
            a pack whose first run is that plan. A name that is none is left out of account.

    Returns:
        The two files. The same plan and dataset give the same bytes.
    """
    with mpl.rc_context(STYLE):
        figure = _new_page(state_title(plan), f"{dataset.about.title} · {state_objective(plan)}")
        picture = _prepare_after(plan, dataset, baseline)
        ground = figure.add_axes((0.015, 0.09, 0.555, 0.815))
        plot_picture(ground, picture)
        plot_key(figure.add_axes((0.585, 0.09, 0.4, 0.815)), plan, picture, _remarks(plan, picture))
        _add_footer(figure, dataset, picture.atlas)
        return _save(figure, folder / "map", state_title(plan), dataset)


def write_comparison_map(left: Plan, right: Plan, dataset: Dataset, path: str | Path) -> list[Path]:
    """Draw two plans of one dataset side by side, as PNG and SVG.

    Args:
        left: first plan.
        right: second plan.
        dataset: whose ICBs both group.
        path: the file without its ending, or with either of the two.
    """
    title = f"{state_title(left)}, and {state_title(right)}"
    with mpl.rc_context(STYLE):
        figure = _new_page("Two plans on one map", dataset.about.title)
        atlas = read_atlas(dataset)
        first = prepare_picture(left, atlas)
        people = dataset.icbs.set_index("icb")["population"].astype("float64")
        continues = match_homes(homes_of(right), homes_of(left), people)
        second = continue_picture(first, right, continues)
        for plan, picture, at in ((left, first, 0.015), (right, second, 0.51)):
            axes = figure.add_axes((at, 0.09, 0.475, 0.765))
            axes.set_title(_caption(plan), fontsize=9, loc="left", color=LINE_INK)
            plot_picture(axes, picture)
        _add_footer(figure, dataset, atlas)
        return _save(figure, Path(path).with_suffix(""), title, dataset)


def plot_footprints(axes: Axes, plan: Plan, dataset: Dataset) -> None:
    """Draw the footprints of a plan on given axes, with labels and an inset where it is crowded."""
    plot_picture(axes, prepare_picture(plan, read_atlas(dataset)))


def _prepare_after(plan: Plan, dataset: Dataset, baseline: str) -> Picture:
    """A plan numbered and filled after a carried plan, where there is one of that name."""
    atlas = read_atlas(dataset)
    groups = list_carried(dataset, baseline)
    if not groups:
        return prepare_picture(plan, atlas)
    first = Picture(atlas, groups, {}, choose_fills(list_touching(groups, atlas)), {}, {})
    return continue_picture(first, plan, match_groups(plan.grouping, groups, dataset))


def _new_page(title: str, subtitle: str) -> Figure:
    figure = Figure(figsize=A4_LANDSCAPE)
    FigureCanvasAgg(figure)
    figure.text(0.02, 0.965, title, fontsize=15, fontweight="bold", va="center", color=LINE_INK)
    figure.text(0.02, 0.928, subtitle, fontsize=9.5, va="center", color="#444444")
    return figure


def _add_footer(figure: Figure, dataset: Dataset, atlas: Atlas) -> None:
    lines = [state_modelled(dataset), dataset.about.attribution]
    if not atlas.shapes:
        lines.insert(0, "No boundaries in the dataset: ICBs are points, lines join neighbours.")
    text = "\n".join(wrap(line, FOOTER_WIDTH) for line in lines if line)
    figure.text(0.02, 0.012, text, fontsize=6.5, va="bottom", color="#444444", linespacing=1.25)


def _remarks(plan: Plan, picture: Picture) -> tuple[str, ...]:
    """What stands below the key; who leads is told by name, for which the key has no room."""
    if len(plan.footprints) > LABELLED_IN_FULL:
        return "The numbers on the map are those of this table.", state_proof(plan.outcome)
    labels = "Each label: number, name, residents in millions."
    names = dict(zip(plan.footprints["footprint"], plan.footprints["lead_name"], strict=True))
    leads = [
        f"{at} {names[name]}" for name, at in sorted(picture.numbers.items(), key=lambda it: it[1])
    ]
    return labels, f"Lead ICBs, as proposed: {'; '.join(leads)}.", state_proof(plan.outcome)


def _caption(plan: Plan) -> str:
    columns = ["leakage_m", "scope_spend_m", "local_spend_m"]
    leaked, scope, held = plan.footprints[columns].sum()
    share = f"{leaked / scope:.1%} in scope treated outside · " if scope > 0 else ""
    return f"{state_title(plan)}\n{state_objective(plan)} · {share}£{held:,.0f}m held locally"


def _save(figure: Figure, stem: Path, title: str, dataset: Dataset) -> list[Path]:
    png, svg = stem.with_suffix(".png"), stem.with_suffix(".svg")
    about = f"{state_modelled(dataset)} {dataset.about.attribution}"
    words = {"Title": title, "Description": about}
    figure.savefig(png, dpi=PNG_DPI, metadata=words, pil_kwargs={"compress_level": 3})
    figure.savefig(svg, metadata={**words, "Date": None, "Creator": "Footprints"})
    return [png, svg]


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
    axes.axhline(1 - 1.75 * step, color=LINE_INK, linewidth=0.8)
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
            color=LINE_INK,
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
    whole = total.to_frame().T.assign(footprint="All", number="")
    every = [*table.itertuples(index=False), *whole.itertuples(index=False)]
    return [_row(row, most) for row in every]


def _row(row: Any, most: int) -> list[str]:
    return [
        str(row.number),
        "\n".join(textwrap.wrap(row.footprint, most, max_lines=2, placeholder="…")),
        f"{row.members:.0f}",
        f"{row.population / 1e6:.1f}",
        f"{row.leakage_m / row.scope_spend_m:.1%}" if row.scope_spend_m > 0 else "–",
        f"{row.local_spend_m:,.0f}",
    ]
