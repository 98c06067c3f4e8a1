"""One plan on real boundaries: footprints told apart by hue, pattern and label, drawn on given axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from shapely.geometry.base import BaseGeometry

from optimiser.plan.plan import Plan
from optimiser.reports.atlas import (
    CROWDED_REGION,
    Atlas,
    Bounds,
    find_emptiest,
    list_touching,
)
from optimiser.reports.lettering import POINTS_AN_INCH, Box, Label, box_of, place_labels
from optimiser.reports.palette import HATCH_INK, Fill, choose_fills, share_fills
from optimiser.reports.sentences import (
    wrap,
)

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "footprints",
}
"""Same font, same ids in the file: the same plan gives the same bytes."""

LABELLED_IN_FULL = 14
"""With more footprints than this, labels are numbers only and the key says the rest."""

INSET = (0.31, 0.25)
"""Width and height of the inset, shares of the map."""

LEAST_GROUND_M = 20_000.0
"""Metres across the map of a country that is but one point."""
DISC = 14.0
"""Diameter of the point that stands for an ICB without boundaries, points."""

LINE_INK = "#1a1a1a"
_HALO = [withStroke(linewidth=1.6, foreground="white")]


@dataclass(frozen=True)
class Picture:
    """One plan ready to be drawn.

    Attributes:
        atlas: the ground.
        groups: footprint to its ICBs, in the plan's order.
        areas: footprint to its area; empty without boundaries.
        fills: footprint to its fill.
        labels: footprint to the lines of its label.
        numbers: footprint to its number.
    """

    atlas: Atlas
    groups: Mapping[str, tuple[str, ...]]
    areas: Mapping[str, BaseGeometry]
    fills: Mapping[str, Fill]
    labels: Mapping[str, str]
    numbers: Mapping[str, int]


def prepare_picture(plan: Plan, atlas: Atlas) -> Picture:
    """Merge the areas of a plan's footprints and choose fills and labels."""
    groups = {
        str(name): tuple(str(icbs).split())
        for name, icbs in zip(plan.footprints["footprint"], plan.footprints["icbs"], strict=True)
    }
    numbers = {name: at for at, name in enumerate(groups, 1)}
    return Picture(
        atlas=atlas,
        groups=groups,
        areas={name: atlas.merge(icbs) for name, icbs in groups.items()} if atlas.shapes else {},
        fills=choose_fills(list_touching(groups, atlas)),
        labels=_label(plan, numbers),
        numbers=numbers,
    )


def continue_picture(first: Picture, plan: Plan, continues: Mapping[str, str]) -> Picture:
    """A picture of another plan: a footprint that continues one of the first has its number and fill.

    Args:
        first: the picture of the first plan.
        plan: the other plan, of the same ICBs.
        continues: footprint of the other plan to that of the first which it continues.
    """
    own = prepare_picture(plan, first.atlas)
    old = {name: at for at, name in enumerate(first.groups, 1)}
    fresh = count(len(old) + 1)
    kept = {name: continues.get(name, "") for name in own.groups}
    numbers = {name: old[before] if before else next(fresh) for name, before in kept.items()}
    fills = share_fills(own.fills, first.fills, kept)
    return replace(own, fills=fills, labels=_label(plan, numbers), numbers=numbers)


def plot_picture(axes: Axes, picture: Picture) -> None:
    """Draw a prepared plan on given axes."""
    axes.set_axis_off()
    fit_view(axes, picture.atlas)
    _plot_ground(axes, picture)
    crowded = picture.atlas.crowded
    if not crowded:
        _plot_labels(axes, picture, picture.groups, _list_discs(axes, picture.atlas))
        return
    inset = open_inset(axes, picture.atlas)
    _plot_ground(inset, picture)
    inside = [name for name, icbs in picture.groups.items() if mostly(icbs, crowded)]
    shown = {name: [icb for icb in picture.groups[name] if icb in crowded] for name in inside}
    _plot_labels(inset, picture, shown, ())
    outside = {name: icbs for name, icbs in picture.groups.items() if name not in shown}
    _plot_labels(axes, picture, outside, (box_around(inset),))


def fit_view(axes: Axes, atlas: Atlas) -> None:
    """Show the whole ground, at equal scale both ways."""
    _set_view(axes, atlas.bounds, margin=0.01 if atlas.shapes else 0.07)


def _plot_ground(axes: Axes, picture: Picture) -> None:
    if not picture.atlas.shapes:
        _plot_nodes(axes, picture)
        return
    for name, area in picture.areas.items():
        _plot_area(axes, trace([area]), picture.fills[name])
    shapes = picture.atlas.shapes.values()
    _plot_outline(axes, trace(shapes), color="white", width=0.6)
    _plot_outline(axes, trace(picture.areas.values()), color=LINE_INK, width=1.1)


def _plot_area(axes: Axes, outline: Outline, fill: Fill) -> None:
    hatch = fill.hatch or None
    add_patch(axes, PathPatch(outline, fc=fill.colour, ec=HATCH_INK, hatch=hatch, linewidth=0))


def _plot_outline(axes: Axes, outline: Outline, color: str, width: float) -> None:
    add_patch(
        axes, PathPatch(outline, fill=False, edgecolor=color, linewidth=width, joinstyle="round")
    )


def add_patch(axes: Axes, patch: PathPatch) -> None:
    """Add a patch without measuring it: the view is set, and measuring coasts takes seconds."""
    axes.add_artist(patch)
    patch.set_clip_path(axes.patch)


def _plot_nodes(axes: Axes, picture: Picture) -> None:
    points = picture.atlas.points
    home = {icb: name for name, icbs in picture.groups.items() for icb in icbs}
    for a, b in picture.atlas.links:
        inside = home[a] == home[b]
        xs, ys = zip(points[a], points[b], strict=True)
        axes.plot(
            xs, ys, zorder=1, color=LINE_INK if inside else "#bbbbbb", lw=2.2 if inside else 0.8
        )
    for icb, (x, y) in points.items():
        fill = picture.fills[home[icb]]
        axes.scatter(
            [x], [y], s=DISC**2, zorder=2, color=fill.colour, ec=LINE_INK, hatch=fill.hatch or None
        )
        axes.text(x, y, icb, fontsize=5, ha="center", va="center", zorder=3, path_effects=_HALO)


def _list_discs(axes: Axes, atlas: Atlas) -> list[Box]:
    """Boxes of the points that stand for ICBs, which labels leave free."""
    if atlas.shapes:
        return []
    half = DISC / 2 * axes.figure.dpi / POINTS_AN_INCH
    middles = axes.transData.transform(list(atlas.points.values()))
    return [(x - half, y - half, x + half, y + half) for x, y in middles]


def trace(areas: Iterable[BaseGeometry]) -> Outline:
    """The outlines of areas, holes and islands with them, as one path."""
    rings = [
        np.asarray(ring.coords)
        for area in areas
        for part in shapely.get_parts(area)
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    ]
    return Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings))


def open_inset(
    axes: Axes, atlas: Atlas, size: tuple[float, float] = INSET, margin: float = 0.04
) -> Axes:
    """Room for the crowded ICBs, larger, in the corner where least of the map is covered.

    Args:
        axes: the map, whose view is set.
        atlas: its ground.
        size: width and height of the inset, shares of the map.
        margin: of the ground around the crowded ICBs, as a share of theirs, that is shown too.
    """
    west, south, east, north = atlas.bounds_of(atlas.crowded)
    inset: Axes = axes.inset_axes(_emptiest_corner(axes, atlas, size), zorder=5)
    _set_view(inset, (west, south, east, north), margin)
    inset.set(xticks=[], yticks=[], facecolor="white")
    inset.spines[:].set_visible(True)
    _name_inset(inset)
    frame = Rectangle((west, south), east - west, north - south, fill=False, ec=LINE_INK, lw=0.7)
    axes.add_artist(frame)
    return inset


def _name_inset(inset: Axes) -> None:
    """Say below it what it shows, in a size that fits its width and covers none of its labels."""
    text = f"{CROWDED_REGION}, enlarged"
    left, _, right, _ = box_around(inset)
    points = (right - left) * POINTS_AN_INCH / inset.figure.dpi
    size = min(6.5, points / (0.6 * len(text)))
    inset.text(
        0.0, -0.03, text, fontsize=size, va="top", path_effects=_HALO, transform=inset.transAxes
    )


def _emptiest_corner(axes: Axes, atlas: Atlas, size: tuple[float, float]) -> Bounds:
    width, height = size
    corners = np.array([(x, y) for y in (1 - height, 0.0) for x in (1 - width, 0.0)])
    to_data = axes.transAxes + axes.transData.inverted()
    ends = np.hstack([to_data.transform(corners), to_data.transform(corners + size)])
    x, y = corners[find_emptiest(ends, atlas.merge(atlas.shapes))].tolist()
    return x, y, width, height


def _plot_labels(
    axes: Axes, picture: Picture, shown: Mapping[str, Sequence[str]], barred: Sequence[Box]
) -> None:
    """Label footprints amid those of their ICBs that are shown."""
    anchors = {name: picture.atlas.anchor(icbs) for name, icbs in shown.items()}
    texts = [_add_label(axes, picture.labels[name], anchor) for name, anchor in anchors.items()]
    labels = [label_of(text) for text in texts]
    places = place_labels(labels, box_around(axes), barred)
    for text, label, place in zip(texts, labels, places, strict=True):
        _move(axes, text, label, place)


def label_of(text: Text) -> Label:
    """Where a text stands and what room it takes."""
    left, bottom, right, top = box_around(text)
    return Label((left + right) / 2, (bottom + top) / 2, right - left + 2, top - bottom + 2)


def box_around(artist: Artist) -> Box:
    """The box of an artist, pixels."""
    left, bottom, right, top = (float(edge) for edge in artist.get_window_extent().extents)
    return left, bottom, right, top


def _add_label(axes: Axes, label: str, anchor: tuple[float, float]) -> Text:
    return axes.text(
        *anchor,
        label,
        fontsize=6.8,
        ha="center",
        va="center",
        linespacing=1.15,
        color=LINE_INK,
        path_effects=_HALO,
        zorder=6,
    )


def _move(axes: Axes, text: Text, label: Label, place: Label) -> None:
    """Put a label in its place, with a line to its anchor when that is no longer under it."""
    to_data = axes.transData.inverted()
    x, y = to_data.transform((place.x, place.y))
    text.set_position((float(x), float(y)))
    left, bottom, right, top = box_of(place)
    if left <= label.x <= right and bottom <= label.y <= top:
        return
    xs, ys = to_data.transform([(label.x, label.y), (place.x, place.y)]).T
    axes.plot(xs, ys, color=LINE_INK, lw=0.7, marker="o", markevery=[0], ms=2.5, zorder=5.5)


def _label(plan: Plan, numbers: Mapping[str, int]) -> dict[str, str]:
    rows: list[Any] = list(plan.footprints.itertuples(index=False))
    if len(rows) > LABELLED_IN_FULL:
        return {name: str(at) for name, at in numbers.items()}
    return {
        row.footprint: f"{wrap(f'{numbers[row.footprint]} {row.footprint}', 22)}\n"
        f"{row.population / 1e6:.1f}m"
        for row in rows
    }


def mostly(icbs: Sequence[str], crowded: Sequence[str]) -> bool:
    """Whether more of a footprint's ICBs are among the crowded ones than not."""
    return 2 * len(set(icbs) & set(crowded)) > len(icbs)


def _set_view(axes: Axes, bounds: Bounds, margin: float) -> None:
    """Show some ground at equal scale both ways, in the middle of the axes."""
    west, south, east, north = bounds
    left, bottom, right, top = box_around(axes)
    room = 1 + 2 * margin
    scale = room * max((east - west) / (right - left), (north - south) / (top - bottom))
    scale = scale or LEAST_GROUND_M / (right - left)
    wide, high = scale * (right - left) / 2, scale * (top - bottom) / 2
    axes.set_xlim((west + east) / 2 - wide, (west + east) / 2 + wide)
    axes.set_ylim((south + north) / 2 - high, (south + north) / 2 + high)
