"""Maps of compared plans on one page: one numbering, one set of fills, moved ICBs marked."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from optimiser.compare import Comparison
from optimiser.report.atlas import Atlas
from optimiser.report.identity import PINK, WHITE
from optimiser.report.maps import Picture, plot_picture, prepare_picture
from optimiser.report.palette import HATCHES, HUES, Fill

SHORT = 29
"""Characters of a footprint's name in the key of a panel."""

NARROW = 2.6
"""Inches: a panel that is no wider has its key in one column."""

KEY_LINE = 0.105
"""Inches a line of the key takes."""

HEADING = 0.52
"""Inches above a map for its heading."""

MARGIN = 0.06
"""Inches left free at the sides of a panel."""


def prepare_panels(comparison: Comparison, atlas: Atlas) -> dict[str, Picture]:
    """A picture of each plan; a footprint that continues another has its number and fill."""
    numbers = comparison.numbers
    pictures = {run: prepare_picture(plan, atlas) for run, plan in comparison.plans.items()}
    first = pictures[comparison.baseline].fills
    shared: dict[str, Picture] = {}
    for run, picture in pictures.items():
        mine = numbers[numbers["run"] == run].set_index("footprint")
        fills = _share_fills(
            picture.fills, first, dict(zip(mine.index, mine["continues"], strict=True))
        )
        labels = {name: str(mine.loc[name, "number"]) for name in picture.groups}
        shared[run] = replace(picture, fills=fills, labels=labels)
    return shared


def _share_fills(
    own: Mapping[str, Fill], first: Mapping[str, Fill], continues: Mapping[str, str]
) -> dict[str, Fill]:
    """The baseline's fill for what continues it, unused fills for the others."""
    kept = {name: first[old] for name, old in continues.items() if old}
    spare = (
        Fill(hue, pattern)
        for pattern in HATCHES
        for hue in HUES
        if Fill(hue, pattern) not in kept.values()
    )
    return {name: kept[name] if name in kept else next(spare) for name in own}


def plot_panels(figure: Figure, comparison: Comparison, pictures: Mapping[str, Picture]) -> None:
    """Draw every plan with its heading and key: two to a row on a page, all in a row on a slide."""
    runs = list(pictures)
    width, height = figure.get_size_inches()
    columns = min(len(runs), 4 if width > height else 2)
    rows = -(-len(runs) // columns)
    panel = (width / columns, height / rows)
    most = max(len(list_key(comparison, run)) for run in runs)
    lines = -(-most // (2 if panel[0] > NARROW else 1))
    for at, run in enumerate(runs):
        row, column = divmod(at, columns)
        corner = (column * panel[0], height - row * panel[1])
        _plot_panel(figure, comparison, run, pictures[run], corner, panel, lines)


def _plot_panel(
    figure: Figure,
    comparison: Comparison,
    run: str,
    picture: Picture,
    corner: tuple[float, float],
    panel: tuple[float, float],
    lines: int,
) -> None:
    """Heading, map and key of one plan; ``corner`` is the upper left, all in inches."""
    (left, top), (width, height) = corner, panel
    page_width, page_height = figure.get_size_inches()
    key = list_key(comparison, run)
    columns = 2 if width > NARROW else 1
    deep = KEY_LINE * lines + 0.12

    def write(x: float, y: float, text: str, size: float, weight: str = "normal") -> None:
        place = ((left + x) / page_width, (top - y) / page_height)
        figure.text(*place, text, fontsize=size, fontweight=weight, va="top", linespacing=1.3)

    heading = _head(comparison, run, width)
    write(MARGIN, 0.03, heading, 8.5, "bold")
    write(MARGIN, 0.22 + 0.15 * heading.count("\n"), _tell_size(comparison, run), 6.8)
    axes = figure.add_axes(
        (
            (left + MARGIN) / page_width,
            (top - height + deep) / page_height,
            (width - 2 * MARGIN) / page_width,
            (height - deep - HEADING) / page_height,
        )
    )
    plot_picture(axes, picture)
    mark_moved(axes, comparison, run, picture.atlas)
    for at in range(columns):
        text = "\n".join(key[at * lines : (at + 1) * lines])
        write(MARGIN + at * (width - MARGIN) / columns, height - deep + 0.04, text, 5.4)


def mark_moved(axes: Axes, comparison: Comparison, run: str, atlas: Atlas) -> None:
    """Mark the ICBs that move against the baseline, in the inset alone where they are in it."""
    moves = comparison.moves
    moved = moves.loc[(moves["run"] == run) & moves["moved"], "icb"]
    for icb in moved:
        x, y = atlas.anchor([icb])
        ground = axes.child_axes[0] if axes.child_axes and icb in atlas.crowded else axes
        mark = Line2D([x], [y], marker="D", ms=4.2, mfc=PINK, mec=WHITE, mew=0.7, zorder=5.8)
        ground.add_artist(mark)


def _head(comparison: Comparison, run: str, width: float) -> str:
    heading = f"{run} (baseline)" if run == comparison.baseline else run
    return "\n".join(textwrap.wrap(heading, int(width / 0.085), max_lines=2, placeholder="…"))


def _tell_size(comparison: Comparison, run: str) -> str:
    count = len(comparison.plans[run].footprints)
    told = f"{count} footprint{'s' if count != 1 else ''}"
    if run == comparison.baseline:
        return told
    moves = comparison.moves
    moved = int(moves.loc[moves["run"] == run, "moved"].sum())
    return f"{told}; {moved} of {len(comparison.grouping)} ICBs move (◆)"


def list_key(comparison: Comparison, run: str) -> list[str]:
    """Number, name and residents of each footprint of a run, by number."""
    numbers = comparison.numbers
    mine = numbers[numbers["run"] == run].set_index("footprint")["number"]
    table = comparison.plans[run].footprints
    rows = sorted(
        (int(mine[name]), str(name), people)
        for name, people in zip(table["footprint"], table["population"], strict=True)
    )
    return [f"{at}  {_shorten(name)} · {people / 1e6:.1f}m" for at, name, people in rows]


def _shorten(name: str) -> str:
    short = name if len(name) <= SHORT else name.removesuffix(" group")
    return short if len(short) <= SHORT else short[: SHORT - 1].rstrip(" ,") + "…"


def summarise_panels(comparison: Comparison) -> pd.DataFrame:
    """The data of the maps: run, icb, name, footprint, number, moved, population."""
    numbers = comparison.numbers[["run", "footprint", "number"]]
    columns = ["run", "icb", "name", "footprint", "number", "moved", "population"]
    return comparison.moves.merge(numbers, on=["run", "footprint"])[columns]
