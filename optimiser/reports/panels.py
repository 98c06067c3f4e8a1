"""Maps of compared plans on one page: one numbering, one set of fills, moved ICBs marked."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from optimiser.reports.atlas import Atlas
from optimiser.reports.lettering import POINTS_AN_INCH
from optimiser.reports.palette import PINK, WHITE, share_fills
from optimiser.reports.picture import Picture, plot_picture, prepare_picture
from optimiser.reports.sentences import count
from optimiser.runs.compare import Comparison

SLIDE_LIKE = 1.5
"""A sheet this many times as wide as high has all plans in a row."""

NARROW = 2.6
"""Inches: a panel that is no wider has its key in one column."""

ONE_COLUMN = 10
"""Footprints whose key stands in one column, with longer names, where there is room for two."""

SIZES = (6.3, 5.7, 5.1, 4.6)
"""Type of the keys, points: the largest in which all stand whole. Slides show it half as large again."""

LINE, LETTER = 0.0184, 0.0082
"""Inches that a line of a key takes, and a letter, for each point of its type."""

MAP = 1.9
"""Inches of a map on a page ..."""
ALONE = 3.4
"""... and of the map of a single plan."""

LEAST_SHARE = 0.3
"""Share of a row's height that maps keep at least: keys that would take more are cut."""

HEADING = 0.42
"""Inches above a map for its heading."""

MARK = 4.2
"""Side of the mark of an ICB that moves, points."""

MARGIN = 0.06
"""Inches left free at the sides of a panel."""

INDENT = "    "
"""Before the second line of a name."""


def prepare_panels(comparison: Comparison, atlases: Mapping[str, Atlas]) -> dict[str, Picture]:
    """A picture of each plan; a footprint that continues another has its number and fill.

    Args:
        comparison: the runs.
        atlases: run to the ground it is drawn on, the baseline's among them; those without one
            have no picture.
    """
    numbers = comparison.numbers
    plans = comparison.plans
    pictures = {run: prepare_picture(plans[run], atlas) for run, atlas in atlases.items()}
    first = pictures[comparison.baseline].fills
    shared: dict[str, Picture] = {}
    for run, picture in pictures.items():
        mine = numbers[numbers["run"] == run]
        continues = dict(zip(mine["footprint"], mine["continues"], strict=True))
        fills = share_fills(picture.fills, first, continues)
        known = comparison.numbers_of(run)
        labels = {name: str(at) for name, at in known.items()}
        shared[run] = replace(picture, fills=fills, labels=labels, numbers=known)
    return shared


@dataclass(frozen=True)
class _Row:
    """Plans that stand side by side on a sheet.

    Attributes:
        runs: the plans.
        keys: lines of each one's key.
        columns: columns of each one's key.
        size: of the keys' type, points.
        above: inches above the maps.
    """

    runs: tuple[str, ...]
    keys: Mapping[str, list[str]]
    columns: Mapping[str, int]
    size: float
    above: float

    @property
    def lines(self) -> int:
        """Lines of the deepest key."""
        return max(-(-len(self.keys[run]) // self.columns[run]) for run in self.runs)

    @property
    def deep(self) -> float:
        """Inches below the maps."""
        return LINE * self.size * self.lines + 0.14


def plot_panels(figure: Figure, comparison: Comparison, pictures: Mapping[str, Picture]) -> None:
    """Draw every plan with its heading and key: two to a row on a page, all in a row on a slide.

    All maps have one size; a row of long keys takes more of the sheet than one of short ones.
    """
    width, height = (float(side) for side in figure.get_size_inches())
    beside = min(len(pictures), 4 if width > SLIDE_LIKE * height else 2)
    rows = _fit_rows(comparison, list(pictures), (width, height), beside)
    map_height = (height - _add_up(rows)) / len(rows)
    top = height
    for row in rows:
        panel = (width / beside, row.above + map_height + row.deep)
        for at, run in enumerate(row.runs):
            _plot_panel(figure, comparison, run, pictures[run], (at * panel[0], top), panel, row)
        top -= panel[1]


def find_row_ends(comparison: Comparison, runs: Sequence[str], width: float) -> tuple[float, ...]:
    """Inches from the top of a page's sheet to the end of each row, with all keys whole."""
    rows = _plan_rows(comparison, runs, width, min(len(runs), 2), SIZES[0])
    high = MAP if len(runs) > 1 else ALONE
    return tuple(accumulate(row.above + high + row.deep for row in rows))


def _add_up(rows: Sequence[_Row]) -> float:
    """Inches of the rows without their maps."""
    return sum(row.above + row.deep for row in rows)


def _fit_rows(
    comparison: Comparison, runs: Sequence[str], sheet: tuple[float, float], beside: int
) -> list[_Row]:
    """The rows in the largest type that leaves room for the maps; keys cut where none does."""
    width, height = sheet
    for size in SIZES:
        rows = _plan_rows(comparison, runs, width, beside, size)
        if height - _add_up(rows) >= LEAST_SHARE * height:
            return rows
    room = ((1 - LEAST_SHARE) * height - sum(row.above for row in rows)) / len(rows)
    lines = max(int((room - 0.14) / LINE / SIZES[-1]), 4)
    return [
        replace(row, keys={run: _cut(row.keys[run], lines * row.columns[run]) for run in row.runs})
        for row in rows
    ]


def _plan_rows(
    comparison: Comparison, runs: Sequence[str], width: float, beside: int, size: float
) -> list[_Row]:
    """Rows of so many plans, with keys in a type of so many points."""
    found = []
    for at in range(0, len(runs), beside):
        row, panel = tuple(runs[at : at + beside]), width / beside
        counts = {run: len(comparison.plans[run].footprints) for run in row}
        columns = {run: 2 if panel > NARROW and counts[run] > ONE_COLUMN else 1 for run in row}
        most = {run: int((panel - 2 * MARGIN) / columns[run] / LETTER / size) for run in row}
        keys = {run: _wrap(list_key(comparison, run), most[run]) for run in row}
        above = HEADING + 0.15 * max(_head(comparison, run, panel).count("\n") for run in row)
        found.append(_Row(row, keys, columns, size, above))
    return found


def _wrap(key: Sequence[str], most: int) -> list[str]:
    return [part for line in key for part in textwrap.wrap(line, most, subsequent_indent=INDENT)]


def _cut(lines: list[str], room: int) -> list[str]:
    """The lines there is room for; of the others the footprints are counted."""
    if len(lines) <= room:
        return lines
    left = sum(not line.startswith(INDENT) for line in lines[room - 1 :])
    return [*lines[: room - 1], f"… and {left} more"]


def _plot_panel(
    figure: Figure,
    comparison: Comparison,
    run: str,
    picture: Picture,
    corner: tuple[float, float],
    panel: tuple[float, float],
    row: _Row,
) -> None:
    """Heading, map and key of one plan; ``corner`` is the upper left, all in inches."""
    (left, top), (width, height) = corner, panel
    page_width, page_height = figure.get_size_inches()

    def write(x: float, y: float, text: str, size: float, weight: str = "normal") -> None:
        place = ((left + x) / page_width, (top - y) / page_height)
        figure.text(*place, text, fontsize=size, fontweight=weight, va="top", linespacing=1.3)

    heading = _head(comparison, run, width)
    write(MARGIN, 0.04, heading, 8.5, "bold")
    write(MARGIN, 0.22 + 0.15 * heading.count("\n"), _tell_size(comparison, run), 7.0)
    axes = figure.add_axes(
        (
            (left + MARGIN) / page_width,
            (top - height + row.deep) / page_height,
            (width - 2 * MARGIN) / page_width,
            (height - row.deep - row.above) / page_height,
        )
    )
    plot_picture(axes, picture)
    mark_moved(axes, comparison, run, picture.atlas)
    columns = row.columns[run]
    for at in range(columns):
        text = "\n".join(row.keys[run][at * row.lines : (at + 1) * row.lines])
        write(MARGIN + at * (width - MARGIN) / columns, height - row.deep + 0.04, text, row.size)


def mark_moved(axes: Axes, comparison: Comparison, run: str, atlas: Atlas) -> None:
    """Mark the ICBs that move against the baseline, in the inset alone where they are in it."""
    for icb in comparison.moved(run)["icb"]:
        ground: Any = axes.child_axes[0] if axes.child_axes and icb in atlas.crowded else axes
        x, y = _avoid_labels(ground, atlas.anchor([icb]))
        mark = Line2D([x], [y], marker="D", ms=MARK, mfc=PINK, mec=WHITE, mew=0.7, zorder=6.5)
        ground.add_artist(mark)


def _avoid_labels(axes: Axes, place: tuple[float, float]) -> tuple[float, float]:
    """A place for a mark, moved just above the label it would cover or be covered by."""
    assert axes.figure is not None
    half = 0.6 * MARK * axes.figure.dpi / POINTS_AN_INCH
    x, y = axes.transData.transform(place)
    for text in axes.texts:
        left, bottom, right, top = text.get_window_extent().extents
        if left - half < x < right + half and bottom - half < y < top + half:
            x, y = (left + right) / 2, top + half
    return tuple(axes.transData.inverted().transform((x, y)).tolist())


def _head(comparison: Comparison, run: str, width: float) -> str:
    heading = f"{run} (baseline)" if run == comparison.baseline else run
    return "\n".join(textwrap.wrap(heading, int(width / 0.085), max_lines=2, placeholder="…"))


def _tell_size(comparison: Comparison, run: str) -> str:
    size = count(len(comparison.plans[run].footprints), "footprint")
    if run == comparison.baseline:
        return size
    if run in comparison.other_maps:
        return f"{size} of {len(comparison.plans[run].icbs)} ICBs, on a map of its own"
    return f"{size}; {len(comparison.moved(run))} of {len(comparison.grouping)} ICBs move (◆)"


def list_key(comparison: Comparison, run: str) -> list[str]:
    """Number, name and residents of each footprint of a run, by number.

    Args:
        comparison: the runs.
        run: which of them.
    """
    numbers = comparison.numbers_of(run)
    table = comparison.plans[run].footprints
    rows = sorted(
        (numbers[str(name)], str(name), people)
        for name, people in zip(table["footprint"], table["population"], strict=True)
    )
    return [f"{at}  {name}\u00a0· {people / 1e6:.1f}m" for at, name, people in rows]


def summarise_panels(comparison: Comparison) -> pd.DataFrame:
    """The data of the maps: run, icb, name, footprint, number, moved (blank on another map)."""
    numbers = comparison.numbers[["run", "footprint", "number"]]
    homes = pd.concat(
        plan.icbs[["icb", "name", "footprint"]].assign(run=run)
        for run, plan in comparison.plans.items()
    )
    moves = comparison.moves[["run", "icb", "moved", "population"]]
    columns = ["run", "icb", "name", "footprint", "number", "moved", "population"]
    numbered = homes.merge(numbers, on=["run", "footprint"])
    return numbered.merge(moves, on=["run", "icb"], how="left")[columns]
