"""Charts drawn on given axes; each is read without colour too: by pattern, mark or number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline
from matplotlib.transforms import ScaledTranslation

from optimiser.reports.lettering import POINTS_AN_INCH, Box, Letter, overlap, stamp_letters
from optimiser.reports.palette import (
    BLACK,
    BLUE,
    DARK_BLUE,
    MID_GREY,
    PALE_GREY,
    PATTERNS,
    SERIES,
    WHITE,
    choose_ink,
    mix,
)
from optimiser.reports.sentences import wrap
from optimiser.runs.compare.wording import round_off, say_term

_ROOM_FOR_NUMBER = 0.045
"""Least share of the longest bar that a segment needs to carry its number."""

AROUND: tuple[tuple[float, float], ...] = (
    (0, 9),
    (0, -9),
    (-9, 0),
    (9, 0),
    (-8, 7),
    (8, 7),
    (-8, -7),
    (8, -7),
)
"""Places of a number around its disc, points; the earlier the better."""

SWEEPS = 8

TOUCHING = 12.0
"""Square points of two numbers' boxes that may lie on one another; digits stand apart."""

MARGIN = 0.05
"""Inches left free around a table of cells."""

GAP = 0.05
"""Inches between a label and what it names."""

COLUMNS_SHARE = 0.6
"""About what of a figure's width a table's columns have, beside the labels of its rows."""

SHORT_LABEL = 30
"""Letters of a label that is not parted."""

LEADING = 1.1
"""Room for a line of a label, for each point of its type."""

KEY_DEEP = 0.36
"""Inches below a table of cells for its key."""

NATIONAL_PATTERN = "////"


def plot_terms(axes: Axes, terms: pd.DataFrame, runs: Sequence[str]) -> None:
    """Cost of each run as one bar of its terms, with the number in each and the sum at the end.

    Args:
        axes: where to draw.
        terms: run, term, cost_m.
        runs: order of the bars, from the top.
    """
    wide = terms.pivot(index="run", columns="term", values="cost_m").reindex(list(runs))
    wide = wide[list(dict.fromkeys(terms["term"]))].fillna(0.0)
    wide = wide.loc[:, wide.abs().max() > 0]
    longest = float(wide.sum(axis=1).max())
    left = np.zeros(len(wide))
    places = np.arange(len(wide))
    for at, term in enumerate(wide.columns):
        values = wide[term].to_numpy(dtype=np.float64)
        colour, pattern = SERIES[at % len(SERIES)], PATTERNS[at % len(PATTERNS)]
        look: Any = {"color": colour, "edgecolor": WHITE, "hatch": pattern}
        bars = axes.barh(places, values, 0.62, left, label=say_term(str(term)), **look)
        told = [
            round_off(v, "£m") if v > _ROOM_FOR_NUMBER * longest else "" for v in values.tolist()
        ]
        # on a plate of its own, for there may be a pattern under it
        plate = {"facecolor": colour, "edgecolor": "none", "pad": 1.2}
        axes.bar_label(
            bars, told, label_type="center", color=choose_ink(colour), fontsize=7.5, bbox=plate
        )
        left = left + values
    sums = [f" {round_off(total, '£m-equivalents')}" for total in left.tolist()]
    whole = axes.barh(places, left, 0.62, fill=False, linewidth=0)
    axes.bar_label(whole, sums, fontweight="bold", fontsize=8)
    axes.set_yticks(places, [wrap(run, 18) for run in wide.index])
    axes.invert_yaxis()
    axes.set_xlim(0, longest * 1.14)
    axes.set_xlabel("Score, £m-equivalents")
    axes.tick_params(axis="y", length=0)
    axes.legend(
        ncols=min(max(len(wide.columns), 1), 3),
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        frameon=False,
        handlelength=2.2,
        handleheight=1.1,
        borderaxespad=0.4,
    )


def plot_volatility(axes: Axes, points: pd.DataFrame, run: str) -> None:
    """Volatility of each footprint's budget against its population; other runs in grey.

    Args:
        axes: where to draw.
        points: run, number, population (persons), cv (share).
        run: whose footprints are drawn in full; :func:`add_numbers` numbers them.
    """
    others, mine = points[points["run"] != run], points[points["run"] == run]
    axes.scatter(
        others["population"] / 1e6, others["cv"] * 100, s=16, c=MID_GREY, marker="x", linewidths=0.8
    )
    axes.scatter(
        mine["population"] / 1e6, mine["cv"] * 100, s=34, c=BLUE, edgecolors=WHITE, zorder=3
    )
    width = axes.get_window_extent().width / axes.figure.dpi
    axes.set_title(wrap(run, max(int(width / 0.085), 12)))
    axes.grid(color=PALE_GREY, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlim(0, points["population"].max() / 1e6 * 1.08)
    axes.set_ylim(0, points["cv"].max() * 100 * 1.12 or 1)  # no budget, no swing: an empty scale


def add_numbers(axes: Axes, points: pd.DataFrame) -> None:
    """Number the discs of :func:`plot_volatility`, once the figure is laid out.

    Args:
        axes: where they stand.
        points: number, population (persons), cv (share) of the footprints drawn in full.
    """
    x, y = points["population"].to_numpy() / 1e6, points["cv"].to_numpy() * 100
    scale = axes.figure.dpi / 72
    pixels = axes.transData.transform(np.column_stack([x, y]))
    spots = [(float(a) / scale, float(b) / scale) for a, b in pixels]
    offsets = place_beside(spots)
    clear = list_clear(spots, offsets)
    for number, across, up, offset, seen in zip(
        points["number"], x, y, offsets, clear, strict=True
    ):
        if not seen:
            continue
        axes.annotate(
            str(number),
            (float(across), float(up)),
            xytext=offset,
            textcoords="offset points",
            color=DARK_BLUE,
            fontsize=8,
            fontweight="bold",
            ha="center",
            va="center_baseline",
        )


def place_beside(spots: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where the number of each disc stands: one of eight places around it, all in points.

    Starts with all above and lets each in turn take the place that covers least of the other
    numbers and discs, until none changes.
    """
    chosen: list[tuple[float, float]] = [AROUND[0]] * len(spots)
    for _ in range(SWEEPS):
        before = list(chosen)
        for at in range(len(spots)):
            chosen[at] = min(AROUND, key=lambda offset: _covered(at, offset, spots, chosen))
        if chosen == before:
            break
    return chosen


def list_clear(
    spots: Sequence[tuple[float, float]], offsets: Sequence[tuple[float, float]]
) -> list[bool]:
    """Which numbers are drawn: those that would cover one before them are not, for neither is read."""
    drawn: list[Box] = []
    clear = []
    for spot, offset in zip(spots, offsets, strict=True):
        box = _box(spot, offset, 5.0, 4.0)
        clear.append(all(overlap(box, other) <= TOUCHING for other in drawn))
        if clear[-1]:
            drawn.append(box)
    return clear


def _covered(
    at: int,
    offset: tuple[float, float],
    spots: Sequence[tuple[float, float]],
    chosen: Sequence[tuple[float, float]],
) -> float:
    """Area a number would cover of others; the first places win ties."""
    box = _box(spots[at], offset, 6.0, 4.8)
    area = 0.1 * AROUND.index(offset)
    for other, spot in enumerate(spots):
        area += overlap(box, _box(spot, (0.0, 0.0), 3.2, 3.2))
        if other != at:
            area += overlap(box, _box(spot, chosen[other], 6.0, 4.8))
    return area


def _box(spot: tuple[float, float], offset: tuple[float, float], wide: float, high: float) -> Box:
    x, y = spot[0] + offset[0], spot[1] + offset[1]
    return x - wide, y - high, x + wide, y + high


SIGNS = {"icb": "*", "collaborative": "+", "footprint": "", "national": ""}
"""What marks who holds a service behind its figure."""


def plot_services(axes: Axes, cells: pd.DataFrame, footprints: Mapping[str, str]) -> None:
    """Services by footprints: share treated outside where held locally, a pattern where national.

    Args:
        axes: where to draw.
        cells: service (as shown), footprint, option, leakage_share; services in order of rows.
        footprints: each footprint, in order, to the heading of its column.
    """
    rows = list(dict.fromkeys(cells["service"]))
    share = _grid(cells, "leakage_share", rows, footprints)
    option = _grid(cells, "level", rows, footprints)
    local = option.to_numpy() != "national"
    amounts = np.where(local, share.fillna(0.0).to_numpy(dtype=np.float64), 0.0)
    strength = 0.06 + 0.9 * (amounts / max(float(amounts.max()), 0.01)) ** 0.7
    grounds = [
        [
            mix(WHITE, DARK_BLUE, strength[y, x]) if local[y, x] else PALE_GREY
            for x in range(len(footprints))
        ]
        for y in range(len(rows))
    ]
    small = 6.2 if len(rows) > 12 else 7.5
    _plot_grid(axes, grounds)
    _hatch_cells(axes, np.argwhere(~local))
    signs = option.replace(SIGNS).to_numpy()
    letters = (
        _in_cell(x, y, f"{100 * amounts[y, x]:.0f}{signs[y, x]}", grounds)
        for y, x in np.argwhere(local)
    )
    stamp_letters(axes, letters, small)
    _label_grid(axes, rows, list(footprints.values()), (small, 6.4), KEY_DEEP)


def plot_together(
    axes: Axes, share: pd.DataFrame, breaks: Sequence[int], labels: Sequence[str]
) -> None:
    """How often each two ICBs are together: white never, dark always, a number in between.

    Args:
        axes: where to draw.
        share: share of plans in which the row's and column's ICB are together.
        breaks: rows after which a heavier line is drawn (footprints of the baseline).
        labels: name of each row.
    """
    values = share.to_numpy(dtype=np.float64)
    size = len(values)
    grounds = [[_shade(value) for value in row] for row in values]
    _plot_grid(axes, grounds)
    letters = (
        _in_cell(x, y, f"{100 * values[y, x]:.0f}", grounds)
        for y, x in np.argwhere((values > 0) & (values < 1))
    )
    stamp_letters(axes, letters, min(4.4, 190 / size))
    for at in breaks:
        axes.axhline(at, color=BLACK, lw=0.8)
        axes.axvline(at, color=BLACK, lw=0.8)
    small = min(6.5, 270 / size)
    _label_grid(axes, labels, list(share.columns), (small, small * 0.85), MARGIN)
    _make_square(axes)


def list_keys(kinds: Sequence[str]) -> list[Patch]:
    """Patches that explain the cells of :func:`plot_services`, of those that occur."""
    every = {
        "local": Patch(
            fc=mix(WHITE, DARK_BLUE, 0.5), label="held locally: % treated outside, darker is more"
        ),
        "icb": Patch(fc=WHITE, ec=WHITE, label="* held by each ICB alone"),
        "collaborative": Patch(fc=WHITE, ec=WHITE, label="+ held by a lead provider"),
        "national": Patch(fc=PALE_GREY, ec=MID_GREY, hatch=NATIONAL_PATTERN, label="national"),
    }
    return [patch for kind, patch in every.items() if kind in kinds]


def _grid(
    cells: pd.DataFrame, value: str, rows: Sequence[str], footprints: Mapping[str, str]
) -> pd.DataFrame:
    wide = cells.pivot(index="service", columns="footprint", values=value)
    return wide.reindex(list(rows))[list(footprints)]


def _shade(share: float) -> str:
    if share <= 0:
        return WHITE
    return DARK_BLUE if share >= 1 else mix(WHITE, BLUE, 0.12 + 0.6 * share)


def _in_cell(x: int, y: int, text: str, grounds: Sequence[Sequence[str]]) -> Letter:
    return Letter(x + 0.5, y + 0.5, text, choose_ink(grounds[y][x]))


def _plot_grid(axes: Axes, grounds: Sequence[Sequence[str]]) -> None:
    """Cells in their colours with thin lines between, no frame, first row on top."""
    height, width = len(grounds), len(grounds[0])
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    places: dict[str, list[tuple[int, int]]] = {}
    for y, row in enumerate(grounds):
        for x, ground in enumerate(row):
            places.setdefault(ground, []).append((y, x))
    for ground, spots in places.items():
        cells = PathPatch(_outline_cells(spots), fc=ground, lw=0, antialiased=False)
        axes.add_artist(cells)
    line = mix(WHITE, MID_GREY, 0.35)
    axes.vlines(np.arange(width + 1), 0, height, color=line, lw=0.4)
    axes.hlines(np.arange(height + 1), 0, width, color=line, lw=0.4)


def _label_grid(
    axes: Axes, rows: Sequence[str], heads: Sequence[str], sizes: tuple[float, float], below: float
) -> None:
    """Label the rows on the left and the columns above, and let the grid take the rest.

    Long labels go over as many lines as a row or column has room for.

    Args:
        axes: with a grid.
        rows: label of each row.
        heads: heading of each column.
        sizes: of the type of rows and headings, points.
        below: inches left free below.
    """
    figure: Any = axes.figure
    width, height = figure.get_size_inches()
    beside, above = (
        axes.transData + ScaledTranslation(*shift, figure.dpi_scale_trans)
        for shift in ((-GAP, 0.0), (0.0, GAP))
    )
    wide = COLUMNS_SHARE * width / len(heads)
    tops = [
        axes.text(at + 0.5, 0, text, size=sizes[1], ha="center", va="bottom", rotation=90,
                  multialignment="left", linespacing=1.0, transform=above)
        for at, text in enumerate(_fold(heads, wide, sizes[1]))
    ]  # fmt: skip
    top = max(text.get_window_extent().height for text in tops) / figure.dpi + GAP + MARGIN
    high = (height - top - below) / len(rows)
    lines = [
        axes.text(0, at + 0.5, text, size=sizes[0], ha="right", va="center", linespacing=1.0,
                  transform=beside)
        for at, text in enumerate(_fold(rows, high, sizes[0]))
    ]  # fmt: skip
    left = max(text.get_window_extent().width for text in lines) / figure.dpi + GAP + MARGIN
    corner = (left / width, below / height)
    axes.set_position((*corner, 1 - (left + MARGIN) / width, 1 - (top + below) / height))


def _fold(labels: Sequence[str], inches: float, size: float) -> list[str]:
    """Labels in as many lines as so many inches hold, and no wider than the longest then needs."""
    most = max(int(inches * POINTS_AN_INCH / (LEADING * size)), 1)
    width = SHORT_LABEL
    while any(wrap(label, width).count("\n") >= most for label in labels):
        width += 2
    return [wrap(label, width) for label in labels]


def _make_square(axes: Axes) -> None:
    """The largest square in the place of the axes, at its upper left."""
    figure: Any = axes.figure
    width, height = figure.get_size_inches()
    place = axes.get_position()
    side = min(place.width * width, place.height * height)
    spare = (place.width * width - side) / 2
    axes.set_position(
        (place.x0 + spare / width, place.y1 - side / height, side / width, side / height)
    )


def _hatch_cells(axes: Axes, places: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> None:
    """A pattern over some cells, given as rows and columns."""
    if len(places):
        whole = _outline_cells([(int(y), int(x)) for y, x in places])
        axes.add_artist(PathPatch(whole, fc="none", ec=MID_GREY, hatch=NATIONAL_PATTERN, lw=0))


def _outline_cells(places: Sequence[tuple[int, int]]) -> Outline:
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], dtype=np.float64)
    corners = np.array([(x, y) for y, x in places], dtype=np.float64)
    points = (corners[:, None, :] + square[None, :, :]).reshape(-1, 2)
    codes = [Outline.MOVETO, *[Outline.LINETO] * 3, Outline.CLOSEPOLY]
    return Outline(points, np.tile(np.array(codes, dtype=Outline.code_type), len(places)))
