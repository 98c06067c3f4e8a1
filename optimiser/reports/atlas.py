"""The ground a map is drawn on: ICBs as areas on a flat grid, or as points without boundaries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from optimiser.errors import FootprintsError
from optimiser.inputs.dataset import Dataset

Points = NDArray[np.float64]
Projection = Callable[[Points], Points]
Bounds = tuple[float, float, float, float]

ENGLAND = (-6.5, 49.8, 1.8, 55.9)
"""West, south, east, north in degrees; ground inside it is drawn on the British National Grid."""

BRITISH_GRID = (
    "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy +units=m"
)
"""EPSG:27700 without its change of datum, which moves all of England by some 100 m, less than a map
shows, and takes longer to look up than the rest of the map to read."""

CROWDED_REGION = "London"
"""The region that is drawn again, larger, in an inset."""

_METRES_A_DEGREE = 111_195.0  # of a great circle on a sphere of radius 6,371 km


class UndrawableError(FootprintsError):
    """There is no picture to be had of these boundaries or places; the plan itself is unharmed."""


@contextmanager
def drawable() -> Iterator[None]:
    """Turn what the geometry library says of areas that are none into one error of ours.

    Raises:
        UndrawableError: an area crosses itself, is not closed or has a corner that is nowhere.
    """
    try:
        yield
    except shapely.errors.ShapelyError as error:
        reason = f"The boundaries cannot be drawn: {error}. Mend or leave out boundaries.geojson."
        raise UndrawableError(reason) from error


@dataclass(frozen=True)
class Atlas:
    """The ICBs of a dataset on a flat grid.

    Attributes:
        shapes: ICB to its area, metres; empty when the dataset has no boundaries.
        points: ICB to its centre, metres.
        links: pairs of neighbouring ICBs.
        crowded: ICBs that an inset shows again.
    """

    shapes: Mapping[str, BaseGeometry]
    points: Mapping[str, tuple[float, float]]
    links: tuple[tuple[str, str], ...]
    crowded: tuple[str, ...]

    @cached_property
    def bounds(self) -> Bounds:
        """West, south, east, north of all ICBs, metres."""
        if self.shapes:
            return self.bounds_of(self.shapes)
        west, south = np.min(list(self.points.values()), axis=0)
        east, north = np.max(list(self.points.values()), axis=0)
        return float(west), float(south), float(east), float(north)

    def bounds_of(self, icbs: Iterable[str]) -> Bounds:
        """West, south, east, north of some ICBs' areas, metres."""
        west, south, east, north = shapely.total_bounds([self.shapes[icb] for icb in icbs])
        return float(west), float(south), float(east), float(north)

    def merge(self, icbs: Iterable[str]) -> BaseGeometry:
        """The area of some ICBs as one."""
        parts = [self.shapes[icb] for icb in icbs if icb in self.shapes]
        with drawable():
            return shapely.union_all(shapely.set_precision(parts, grid_size=1.0))

    def anchor(self, icbs: Sequence[str]) -> tuple[float, float]:
        """Where a label of some ICBs stands: deep inside their largest area, or amid points."""
        key = tuple(icbs)
        if key not in self._anchors:
            self._anchors[key] = self._find_anchor(key)
        return self._anchors[key]

    @cached_property
    def _anchors(self) -> dict[tuple[str, ...], tuple[float, float]]:
        """Those found so far: every size of every map asks for the same."""
        return {}

    def _find_anchor(self, icbs: Sequence[str]) -> tuple[float, float]:
        if not self.shapes:
            x, y = np.mean([self.points[icb] for icb in icbs], axis=0)
            return float(x), float(y)
        largest = max(shapely.get_parts(self.merge(icbs)), key=shapely.area)
        centre = shapely.get_point(shapely.maximum_inscribed_circle(largest, tolerance=2_000), 0)
        return float(centre.x), float(centre.y)


def read_atlas(dataset: Dataset) -> Atlas:
    """Read the boundaries of a dataset, or its ICBs' places when it has none.

    Raises:
        UndrawableError: the areas are none, or an ICB has neither an area nor a place.
    """
    icbs = dataset.icbs
    places = icbs[["lon", "lat"]].to_numpy(dtype=np.float64)
    raw = _read_boundaries(dataset.boundaries) if dataset.boundaries else {}
    raw = {icb: raw[icb] for icb in icbs["icb"] if icb in raw}
    corners = shapely.get_coordinates(list(raw.values())) if raw else places
    if not np.isfinite(corners).all():
        why = (
            "a corner of the boundaries has no longitude and latitude"
            if raw
            else "there are no boundaries, and an ICB has no longitude and latitude"
        )
        raise UndrawableError(f"There is no map: {why}.")
    project = choose_projection(corners)
    shapes = dict(zip(raw, shapely.transform(list(raw.values()), project), strict=True))
    flat = project(places)
    links = dataset.neighbours[["a", "b"]].itertuples(index=False, name=None)
    return Atlas(
        shapes=shapes,
        points={icb: (float(x), float(y)) for icb, (x, y) in zip(icbs["icb"], flat, strict=True)},
        links=tuple((str(a), str(b)) for a, b in links),
        crowded=_list_crowded(dataset, shapes),
    )


def find_atlas(dataset: Dataset) -> Atlas | None:
    """The ground of a dataset; None where no map can be drawn of it."""
    with suppress(UndrawableError):
        return read_atlas(dataset)
    return None


def read_atlases(datasets: Mapping[str, Dataset]) -> dict[str, Atlas]:
    """The ground of each run that has one; runs on one dataset share it."""
    read: dict[int, Atlas | None] = {}
    for dataset in datasets.values():
        if id(dataset) not in read:
            read[id(dataset)] = find_atlas(dataset)
    grounds = {run: read[id(dataset)] for run, dataset in datasets.items()}
    return {run: ground for run, ground in grounds.items() if ground is not None}


def choose_projection(degrees: Points) -> Projection:
    """British National Grid for ground in England, else equirectangular at the mean latitude.

    Args:
        degrees: longitude and latitude of the ground's points, one row each.
    """
    west, south, east, north = ENGLAND
    inside = (degrees >= (west, south)) & (degrees <= (east, north))
    if inside.all():
        from pyproj import Proj

        grid = Proj(BRITISH_GRID)
        return lambda points: np.column_stack(grid(points[:, 0], points[:, 1]))
    narrowing = float(np.cos(np.radians(degrees[:, 1].mean())))
    return lambda points: points * np.array([narrowing, 1.0]) * _METRES_A_DEGREE


def find_emptiest(boxes: Points, ground: BaseGeometry) -> int:
    """Place of the box (west, south, east, north) that covers least of the ground."""
    covered = shapely.area(shapely.intersection(shapely.box(*np.transpose(boxes)), ground))
    return int(np.argmin(covered))


def list_touching(groups: Mapping[str, Sequence[str]], atlas: Atlas) -> dict[str, frozenset[str]]:
    """Each footprint to those it borders, on the map or by the dataset's links."""
    home = {icb: name for name, icbs in groups.items() for icb in icbs}
    around: dict[str, set[str]] = {name: set() for name in groups}
    for a, b in [*atlas.links, *list_adjacent(atlas.shapes)]:
        if a in home and b in home and home[a] != home[b]:
            around[home[a]].add(home[b])
            around[home[b]].add(home[a])
    return {name: frozenset(others) for name, others in around.items()}


def list_adjacent(shapes: Mapping[str, BaseGeometry]) -> list[tuple[str, str]]:
    """Pairs of areas that meet, if only at a point; the first stands before the second."""
    names, areas = list(shapes), list(shapes.values())
    if not areas:
        return []
    with drawable():
        left, right = shapely.STRtree(areas).query(areas, predicate="intersects")
    return [(names[a], names[b]) for a, b in zip(left, right, strict=True) if a < b]


def _read_boundaries(path: Path) -> dict[str, BaseGeometry]:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    with drawable():
        areas = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features])
    codes = [str(feature["properties"]["icb"]) for feature in features]
    return dict(zip(codes, areas, strict=True))


def _list_crowded(dataset: Dataset, shapes: Mapping[str, BaseGeometry]) -> tuple[str, ...]:
    """The crowded region's ICBs, unless the region is all there is."""
    members = dataset.icbs.loc[dataset.icbs["region"] == CROWDED_REGION, "icb"]
    found = tuple(str(icb) for icb in members if icb in shapes)
    return found if 1 < len(found) < len(shapes) else ()
