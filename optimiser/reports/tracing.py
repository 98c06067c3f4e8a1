"""The ground of an interactive map as short SVG paths; fills as SVG patterns. No plotting library."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from optimiser.reports.atlas import CROWDED_REGION, Atlas, find_emptiest
from optimiser.reports.palette import BLACK, Fill

HEIGHT = 4000
"""Units of the longer side of the map; coordinates are whole units."""

DETAIL = 1 / 900
"""Detail that is kept, as a share of the longer side."""

INSET = 0.3
"""Width of the inset as a share of the map's."""

DISC = 0.28
"""Radius of the disc that stands for an ICB without boundaries, in distances to its nearest."""

Point = tuple[int, int]
Segment = tuple[Point, Point]
View = tuple[int, int, int, int]

TILE = 96
"""Side of a pattern's tile, units of the map: some ten pixels on a screen."""

_STROKES = {
    "": "",
    "////": "M0 96L96 0M-24 24L24 -24M72 120L120 72",
    "\\\\\\\\": "M0 0L96 96M72 -24L120 24M-24 72L24 120",
    "||||": "M24 0V96M72 0V96",
    "----": "M0 24H96M0 72H96",
    "xxxx": "M0 0L96 96M0 96L96 0",
    "++++": "M48 0V96M0 48H96",
    "...": "M24 24h.1M72 72h.1",
}
"""Lines of each of the maps' hatches on a tile."""


@dataclass(frozen=True)
class Tile:
    """A fill as an SVG pattern."""

    id: str
    colour: str
    strokes: str
    ink: str
    width: int
    side: int = TILE


def make_tile(at: int, fill: Fill) -> Tile:
    """A fill as the pattern with a number."""
    dotted = fill.hatch == "..."
    return Tile(f"fill-{at}", fill.colour, _STROKES[fill.hatch], BLACK, 26 if dotted else 9)


@dataclass(frozen=True)
class Line:
    """A border as a path: between two ICBs, or of one ICB where ``other`` is empty."""

    icb: str
    other: str
    path: str


@dataclass(frozen=True)
class Inset:
    """The crowded ICBs again, larger: what part of the map, and where it stands on it."""

    title: str
    view: View
    place: View


@dataclass(frozen=True)
class Ground:
    """The map in SVG units, north up.

    Attributes:
        size: width and height.
        areas: ICB to its path.
        lines: borders.
        links: neighbours' links as one path, where ICBs are discs; else empty.
        inset: the crowded ICBs again, or None.
        origin: west, north (metres) and metres a unit, to place labels.
    """

    size: tuple[int, int]
    areas: Mapping[str, str]
    lines: tuple[Line, ...]
    links: str
    inset: Inset | None
    origin: tuple[float, float, float]

    def place(self, x: float, y: float) -> Point:
        """A point in metres as a point of the map."""
        return _place(x, y, self.origin)


def _place(x: float, y: float, origin: tuple[float, float, float]) -> Point:
    west, north, unit = origin
    return round((x - west) / unit), round((north - y) / unit)


def trace_ground(atlas: Atlas) -> Ground:
    """Turn an atlas into short paths."""
    shapes = _simplify(atlas.shapes) if atlas.shapes else _list_discs(atlas)
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    unit = max(east - west, north - south) / HEIGHT
    origin = (float(west), float(north), float(unit))
    rings = {icb: list(_list_rings(shape, origin)) for icb, shape in shapes.items()}
    size = (round((east - west) / unit), round((north - south) / unit))
    return Ground(
        size=size,
        areas={
            icb: "".join(f"{_steps(ring[:-1])}z" for ring in mine) for icb, mine in rings.items()
        },
        lines=tuple(_list_lines(rings)),
        links="" if atlas.shapes else _list_links(atlas, origin),
        inset=_place_inset(rings, atlas.crowded, size) if atlas.crowded else None,
        origin=origin,
    )


def _simplify(shapes: Mapping[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """Fewer points, the same ones on both sides of a border."""
    areas = list(shapes.values())
    west, south, east, north = shapely.total_bounds(areas)
    tolerance = max(east - west, north - south) * DETAIL
    return dict(zip(shapes, shapely.coverage_simplify(areas, tolerance), strict=True))


def _list_discs(atlas: Atlas) -> dict[str, BaseGeometry]:
    places = np.array(list(atlas.points.values()))
    apart = np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    nearest = float(np.median(apart.min(axis=1))) if len(places) > 1 else 1.0
    discs = shapely.buffer(shapely.points(places), DISC * nearest, quad_segs=6)
    return dict(zip(atlas.points, discs, strict=True))


def _list_links(atlas: Atlas, origin: tuple[float, float, float]) -> str:
    flat = {icb: _place(x, y, origin) for icb, (x, y) in atlas.points.items()}
    return "".join(f"M{flat[a][0]} {flat[a][1]}L{flat[b][0]} {flat[b][1]}" for a, b in atlas.links)


def _list_rings(shape: BaseGeometry, origin: tuple[float, float, float]) -> Iterator[list[Point]]:
    """Outlines of a shape in whole units, without repeated points; specks are dropped."""
    west, north, unit = origin
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors):
            flat = (np.asarray(ring.coords) - (west, north)) / (unit, -unit)
            points = [(int(x), int(y)) for x, y in np.rint(flat)]
            kept = [point for at, point in enumerate(points) if not at or point != points[at - 1]]
            if len(kept) > 3:
                yield kept


def _steps(points: Sequence[Point]) -> str:
    """A path of relative steps, which are short numbers."""
    (x, y), text = points[0], [f"M{points[0][0]} {points[0][1]}l"]
    for a, b in points[1:]:
        text.append(f"{a - x} {b - y} ")
        x, y = a, b
    return "".join(text).rstrip()


def _list_lines(rings: Mapping[str, Sequence[Sequence[Point]]]) -> Iterator[Line]:
    """Borders by whom they part: pieces that two outlines share lie between the two."""
    owners: dict[Segment, list[str]] = defaultdict(list)
    for icb, mine in rings.items():
        for ring in mine:
            for a, b in itertools.pairwise(ring):
                owners[(a, b) if a < b else (b, a)].append(icb)
    pieces: dict[tuple[str, str], list[Segment]] = defaultdict(list)
    for segment, found in owners.items():
        pieces[found[0], found[1] if len(found) > 1 else ""].append(segment)
    for (icb, other), segments in pieces.items():
        yield Line(icb, other, _join(segments))


def _join(segments: Iterable[Segment]) -> str:
    merged = shapely.line_merge(shapely.multilinestrings(list(segments)))
    return "".join(
        _steps([(int(x), int(y)) for x, y in line.coords]) for line in shapely.get_parts(merged)
    )


def _place_inset(
    rings: Mapping[str, Sequence[Sequence[Point]]], crowded: Sequence[str], size: tuple[int, int]
) -> Inset:
    """In the corner where it covers least of the ground."""
    points = np.array([point for icb in crowded for ring in rings[icb] for point in ring])
    (west, north), (east, south) = points.min(axis=0), points.max(axis=0)
    margin = round(0.06 * (east - west))
    wide, high = int(east - west) + 2 * margin, int(south - north) + 2 * margin
    view = (int(west) - margin, int(north) - margin, wide, high)
    width = round(INSET * size[0])
    height = round(width * high / wide)
    ground = shapely.union_all(
        [shapely.make_valid(shapely.polygons(ring)) for mine in rings.values() for ring in mine]
    )
    corners = [(x, y) for y in (0, size[1] - height) for x in (size[0] - width, 0)]
    boxes = np.array([(x, y, x + width, y + height) for x, y in corners], dtype=np.float64)
    corner = corners[find_emptiest(boxes, ground)]
    return Inset(f"{CROWDED_REGION}, enlarged", view, (*corner, width, height))
