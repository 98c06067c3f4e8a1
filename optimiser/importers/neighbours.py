"""Neighbours from a boundary file in any format and coordinate system that geopandas reads.

Two areas are neighbours when they share a border of some length; a common corner is none. What a
border cannot show (a bridge, a ferry) is listed for review, never guessed.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from optimiser.errors import Fault, InputError
from optimiser.inputs.connectivity import list_parts
from optimiser.spelling import join_sentences, suggest

BRITISH_GRID = 27700
DEGREES = 4326
WEAK_KM = 1.0
REVIEW_KM = 5.0
SLIVER_M2 = 1.0
"""Overlaps below this are rounding of shared borders, not worth a word."""
GREAT_BRITAIN = (-9.0, 49.0, 2.5, 61.5)


@dataclass(frozen=True)
class Areas:
    """Areas of a map, one valid polygon each, in metres.

    Attributes:
        frame: geometry indexed by code, in code order.
        mended: codes whose shape was not valid and was mended.
        joined: codes that had several shapes, which were made one.
        notices: what else was done.
    """

    frame: gpd.GeoDataFrame
    mended: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class NeighbourReading:
    """What a boundary file gives.

    Attributes:
        links: a, b, kind, border_km, reason: rows of ``neighbours.csv``.
        review: what a person should look at: topic (island, cut_off, near, weak, overlap), a, b,
            km, note.
        notices: what was done to the shapes, in sentences.
    """

    links: pd.DataFrame
    review: pd.DataFrame
    notices: tuple[str, ...]


def read_areas(path: Path, code: str, crs: str = "") -> Areas:
    """Read boundaries, mend invalid shapes, join shapes of one code and turn them into metres.

    Args:
        path: GeoPackage, GeoJSON, Shapefile or the like.
        code: name of the property that holds the code of the area.
        crs: coordinate system, such as ``EPSG:27700``, where the file states none.

    Raises:
        InputError: the file, the codes or the coordinate system cannot be used.
    """
    frame, notices = _open(path)
    _check_codes(path, frame, code)
    frame = _place(path, frame, crs)
    frame = frame[[code, "geometry"]].rename(columns={code: "icb"})
    frame["icb"] = frame["icb"].astype("str").str.strip()
    _check_shapes(path, frame)
    broken = ~frame.geometry.is_valid
    mended = tuple(sorted(set(frame.loc[broken, "icb"])))
    frame.loc[broken, "geometry"] = _mend(frame.loc[broken].geometry)
    joined = tuple(sorted(set(frame.loc[frame["icb"].duplicated(), "icb"])))
    merged = frame.dissolve(by="icb").sort_index()
    metres = merged.to_crs(_choose_metres(merged))
    return Areas(metres, mended, joined, (*notices, f"Lengths are measured in {metres.crs.name}."))


def _open(path: Path) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """The shapes, and what the library that reads them warns of, each in a sentence."""
    from pyogrio.errors import DataSourceError

    if not path.exists():
        remedy = "There is no such file. Give a GeoPackage, GeoJSON or Shapefile."
        raise InputError([Fault(str(path), 0, "", "", "file_exists", remedy)])
    _refuse_unsound(path)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            frame = gpd.read_file(path)
    except (DataSourceError, ValueError, shapely.errors.ShapelyError) as error:
        remedy = f"It is not readable as boundaries: {error}."
        raise InputError([Fault(str(path), 0, "", "", "readable", remedy)]) from None
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        remedy = "It holds no shapes."
        raise InputError([Fault(str(path), 0, "", "", "no_shapes", remedy)])
    texts = dict.fromkeys(str(warning.message).rstrip(".") for warning in warned)
    return frame, tuple(f"{path.name}: {text}." for text in texts)


def _refuse_unsound(path: Path) -> None:
    """GeoJSON is UTF-8 without zero bytes; the library reads other bytes as some other letter."""
    if path.suffix.lower() not in (".geojson", ".json") or not path.is_file():
        return
    try:
        if "\x00" not in path.read_text(encoding="utf-8-sig"):
            return
        found = "it holds a zero byte"
    except UnicodeDecodeError as error:
        found = str(error)
    remedy = f"It is not text in UTF-8 ({found}). Save it as UTF-8."
    raise InputError([Fault(str(path), 0, "", "", "readable", remedy)])


def _check_codes(path: Path, frame: gpd.GeoDataFrame, code: str) -> None:
    known = [str(name) for name in frame.columns if name != "geometry"]
    if code not in known:
        hint = suggest(code, known) or f"Known: {', '.join(known)}."
        remedy = join_sentences("There is no such property.", hint)
        raise InputError([Fault(str(path), 0, "--code", code, "known_property", remedy)])
    blank = frame[code].isna() | (frame[code].astype("str").str.strip() == "")
    remedy = "The shape has no code. Give it one, or delete the shape."
    faults = [
        Fault(str(path), 0, code, f"shape {k + 1}", "blank", remedy)
        for k in np.flatnonzero(blank.to_numpy())
    ]
    if faults:
        raise InputError(faults)


def _place(path: Path, frame: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    from pyproj.exceptions import CRSError

    try:
        placed = frame.set_crs(crs) if crs and frame.crs is None else frame
    except CRSError:
        remedy = "There is no such coordinate system. Write it as EPSG:27700."
        raise InputError([Fault("--crs", 0, "", crs, "crs", remedy)]) from None
    if placed.crs is None:
        remedy = "The file does not say its coordinate system. Say it, such as --crs EPSG:27700."
        raise InputError([Fault(str(path), 0, "crs", "", "crs", remedy)])
    left, low, right, high = placed.total_bounds
    if placed.crs.is_geographic and max(abs(left), abs(right), 2 * abs(low), 2 * abs(high)) > 180:
        remedy = "The file says degrees, but its numbers are none. Correct it, or save it again."
        raise InputError([Fault(str(path), 0, "crs", placed.crs.name, "degrees", remedy)])
    return placed


def _check_shapes(path: Path, frame: gpd.GeoDataFrame) -> None:
    empty = frame.geometry.isna() | frame.geometry.is_empty
    flat = ~empty & ~frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    faults = [
        Fault(str(path), 0, "geometry", code, "empty", "The area has no shape.")
        for code in frame.loc[empty, "icb"]
    ]
    faults += [
        Fault(str(path), 0, "geometry", f"{code}: {kind}", "polygon", "It must be a polygon.")
        for code, kind in zip(frame.loc[flat, "icb"], frame[flat].geometry.geom_type, strict=True)
    ]
    if faults:
        raise InputError(faults)


def _mend(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Valid shapes of the same areas; lines and points that mending leaves over are dropped."""
    valid = shapely.make_valid(shapes.to_numpy(), method="structure", keep_collapsed=False)
    return gpd.GeoSeries(valid, index=shapes.index, crs=shapes.crs)


def _choose_metres(frame: gpd.GeoDataFrame) -> object:
    """The British grid for Great Britain, else the UTM zone; web maps' metres are none."""
    left, low, right, high = frame.to_crs(DEGREES).total_bounds
    west, south, east, north = GREAT_BRITAIN
    if left > west and right < east and low > south and high < north:
        return BRITISH_GRID
    return frame.estimate_utm_crs()


def find_neighbours(areas: Areas, review_km: float = REVIEW_KM) -> NeighbourReading:
    """Links with the length of their border, and what a person should look at.

    Args:
        areas: the map.
        review_km: areas apart by water or a gap up to this are listed as possible crossings.
    """
    shapes = areas.frame.geometry
    pairs = _list_pairs(shapes, 0.0)
    rows, review = [], []
    for i, j in pairs:
        a, b = str(shapes.index[i]), str(shapes.index[j])
        border_km, overlap_m2 = _measure_border(shapes.iloc[i], shapes.iloc[j])
        if overlap_m2 > SLIVER_M2:
            note = f"the shapes overlap by {overlap_m2 / 1e6:.6f} km²"
            review.append(("overlap", a, b, border_km, note))
        if border_km <= 0:
            continue
        weak = border_km < WEAK_KM
        reason = f"weak: the shared border is {border_km * 1000:.0f} m" if weak else ""
        rows.append((a, b, "land", border_km, reason))
        if weak:
            review.append(("weak", a, b, border_km, "keep it, delete it, or ask for min_border_km"))
    links = pd.DataFrame(rows, columns=["a", "b", "kind", "border_km", "reason"])
    review += _list_near(shapes, links, review_km) + _list_parts(shapes, links)
    table = pd.DataFrame(review, columns=["topic", "a", "b", "km", "note"])
    return NeighbourReading(links, table.sort_values(["topic", "a", "b"], ignore_index=True),
                            tuple(_describe(areas)))  # fmt: skip


def _list_pairs(shapes: gpd.GeoSeries, within_m: float) -> list[tuple[int, int]]:
    """Positions of pairs of areas that meet, or are within a distance; the first is the lesser."""
    if within_m:
        left, right = shapes.sindex.query(shapes, predicate="dwithin", distance=within_m)
    else:
        left, right = shapes.sindex.query(shapes, predicate="intersects")
    return sorted((int(i), int(j)) for i, j in zip(left, right, strict=True) if i < j)


def _measure_border(a: shapely.Geometry, b: shapely.Geometry) -> tuple[float, float]:
    """Length of the shared border, km to the metre, and the area of overlap, m².

    Where shapes overlap, the border is half the outline of the overlap (each side has its own).
    """
    shared = shapely.intersection(a, b)
    parts = shapely.get_parts(shared)
    kinds = shapely.get_dimensions(parts)
    line_m = float(shapely.length(parts[kinds == 1]).sum())
    patch_m = float(shapely.length(parts[kinds == 2]).sum()) / 2
    return round((line_m + patch_m) / 1000, 3), float(shapely.area(parts[kinds == 2]).sum())


def _list_near(
    shapes: gpd.GeoSeries, links: pd.DataFrame, review_km: float
) -> list[tuple[str, str, str, float, str]]:
    """Areas that do not touch but are near: perhaps a bridge, tunnel or ferry joins them."""
    known = set(zip(links["a"], links["b"], strict=True))
    rows = []
    for i, j in _list_pairs(shapes, review_km * 1000):
        a, b = str(shapes.index[i]), str(shapes.index[j])
        if (a, b) not in known:
            km = round(float(shapes.iloc[i].distance(shapes.iloc[j])) / 1000, 3)
            note = "they meet in a corner" if km == 0 else "add a row if a crossing joins them"
            rows.append(("near", a, b, km, note))
    return rows


def _list_parts(
    shapes: gpd.GeoSeries, links: pd.DataFrame
) -> list[tuple[str, str, str, float, str]]:
    """Islands and groups that hang on nothing, each with the nearest area of the rest."""
    codes = [str(code) for code in shapes.index]
    parts = list_parts(codes, zip(links["a"], links["b"], strict=True))
    rows = []
    for part in parts[1:]:
        own, rest = shapes[list(part)], shapes.drop(list(part))
        apart = np.array([[float(x.distance(y)) for y in rest] for x in own])
        m, k = np.unravel_index(int(apart.argmin()), apart.shape)
        topic = "island" if len(part) == 1 else "cut_off"
        group = "" if len(part) == 1 else f"with {', '.join(part)}; "
        note = f"{group}no border with the rest: add the crossing that joins them"
        km = round(float(apart[m, k]) / 1000, 3)
        rows.append((topic, str(own.index[m]), str(rest.index[k]), km, note))
    return rows


def _describe(areas: Areas) -> list[str]:
    said = [f"{len(areas.frame)} areas."]
    if areas.mended:
        said.append(f"Shapes that were not valid and were mended: {', '.join(areas.mended)}.")
    if areas.joined:
        said.append(f"Codes with several shapes, joined to one each: {', '.join(areas.joined)}.")
    return [*said, *areas.notices]


def format_boundaries(areas: Areas, simplify_m: float, attribution: str) -> str:
    """GeoJSON in degrees keyed by ``icb``, simplified without gaps between neighbours.

    Args:
        areas: the map.
        simplify_m: detail that may be lost, metres; 0 keeps every point.
        attribution: whom to credit; kept in the file.
    """
    shapes = areas.frame.geometry.to_numpy()
    if simplify_m:
        shapes = shapely.coverage_simplify(shapes, simplify_m)
    degrees = gpd.GeoSeries(shapes, crs=areas.frame.crs).to_crs(DEGREES)
    rounded = shapely.set_precision(degrees.to_numpy(), 1e-5, mode="pointwise")
    features = [
        {
            "type": "Feature",
            "properties": {"icb": str(code)},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for code, shape in zip(areas.frame.index, rounded, strict=True)
    ]
    head = {"type": "FeatureCollection", "attribution": attribution, "features": features}
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":"), default=float)
    return f"{_shorten(text)}\n"


def _shorten(text: str) -> str:
    """Coordinates with at most five decimals: 1 m, and half the size."""
    rounded = json.loads(text, parse_float=lambda number: round(float(number), 5))
    return json.dumps(rounded, ensure_ascii=False, separators=(",", ":"))
