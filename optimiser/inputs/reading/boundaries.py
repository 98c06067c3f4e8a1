"""Checking ``boundaries.geojson``: one polygon for each ICB, in degrees."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optimiser.errors import Fault
from optimiser.inputs.reading.raw import show_text
from optimiser.spelling import join_sentences, suggest_code

FILE = "boundaries.geojson"
DEGREES = ("CRS84", "4326")
Ring = list[tuple[float, float]]


def check_boundaries(path: Path, names: Mapping[str, str], unread: int = 0) -> list[Fault]:
    """Every fault of the boundaries.

    Args:
        path: the GeoJSON file.
        names: code to name of every ICB; empty when they are not known.
        unread: number of ICBs whose code could not be read.
    """
    place = str(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError, RecursionError) as error:
        return [Fault(place, 0, "", "", "geojson", _why_unreadable(path, error))]
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        remedy = "It must be a GeoJSON FeatureCollection with one feature for each ICB."
        return [Fault(place, 0, "features", "", "geojson", remedy)]
    faults = _check_degrees(place, content)
    codes = [_code(feature) for feature in features]
    for place_in_file, (code, feature) in enumerate(zip(codes, features, strict=True), start=1):
        faults += _check_feature(place, place_in_file, code, feature)
    if not names:
        return faults
    return faults + _check_codes(place, [code for code in codes if code], names, unread)


def _why_unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "It is not readable as GeoJSON: it is nested too deeply."
    if isinstance(error, ValueError) and not path.read_bytes().strip():
        return "It is empty. Save the boundaries anew, or delete the file."
    return f"It is not readable as GeoJSON: {show_text(str(error))}."


def _code(feature: Any) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = properties.get("icb") if isinstance(properties, dict) else None
    return code if isinstance(code, str) else ""


def _check_degrees(place: str, content: Mapping[str, Any]) -> list[Fault]:
    named = json.dumps(content.get("crs", "CRS84"))
    if any(known in named for known in DEGREES):
        return []
    remedy = "Coordinates must be longitude and latitude (EPSG:4326). Reproject the file."
    return [Fault(place, 0, "crs", named, "degrees", remedy)]


def _check_feature(place: str, number: int, code: str, feature: Any) -> list[Fault]:
    if not code:
        remedy = f"Feature {number} has no property icb. Give it the code of its ICB."
        return [Fault(place, 0, "icb", "", "feature_code", remedy)]
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        remedy = f"The feature of {code} must be a Polygon or MultiPolygon."
        return [Fault(place, 0, "geometry", str(kind), "polygon", remedy)]
    rule, remedy = _judge_shape(geometry)
    if not rule:
        return []
    remedy = f"Feature {number}: {remedy}"
    return [Fault(place, 0, "geometry", show_text(code), rule, remedy)]


def _judge_shape(geometry: Mapping[str, Any]) -> tuple[str, str]:
    """Rule and remedy of a shape that cannot be drawn, or that would be drawn in the wrong place."""
    whole: Any = geometry.get("coordinates")
    try:
        given: Sequence[Any] = whole if geometry["type"] == "MultiPolygon" else [whole]
        polygons = [[[_to_point(p) for p in ring] for ring in polygon] for polygon in given]
    except (IndexError, TypeError, ValueError):
        return "coordinates", "the coordinates are not pairs of finite numbers."
    rings = [ring for polygon in polygons for ring in polygon]
    if any(abs(x) > 180 or abs(y) > 90 for ring in rings for x, y in ring):
        return "degrees", (
            "coordinates must be longitude and latitude in degrees. Reproject the file."
        )
    if not rings or not all(polygons) or any(len(ring) < 4 for ring in rings):
        return "ring", "a ring has fewer than four points. Draw it, or delete it."
    if any(ring[0] != ring[-1] for ring in rings):
        return "ring", "a ring is not closed. Its last point must be its first."
    return _judge_validity(polygons)


def _to_point(point: Sequence[Any]) -> tuple[float, float]:
    x, y = point[0], point[1]
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in (x, y)):
        raise TypeError
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError
    return float(x), float(y)


def _judge_validity(polygons: Sequence[Sequence[Ring]]) -> tuple[str, str]:
    """A shape that crosses itself has no inside: areas and borders of it mean nothing."""
    import shapely

    for shell, *holes in polygons:
        why = shapely.is_valid_reason(shapely.Polygon(shell, holes))
        # Rounding leaves rings of no width ("Too few points"), which draw as nothing.
        if "Self-intersection" in why:
            return "crosses_itself", f"the shape is not valid ({why}). Mend it and save it again."
    if not any(shapely.Polygon(shell).area for shell, *_ in polygons):
        return "area", "the shape has no area. Draw it, or delete the file."
    return "", ""


def _check_codes(
    place: str, codes: Sequence[str], names: Mapping[str, str], unread: int
) -> list[Fault]:
    faults = []
    unknown = {code for code in codes if code not in names}
    for code in dict.fromkeys(codes):
        if code in unknown and len(unknown) > unread:
            remedy = join_sentences("There is no such icb in icbs.", suggest_code(code, names))
            faults.append(Fault(place, 0, "icb", code, "unknown_code", remedy))
        if codes.count(code) > 1:
            remedy = "The ICB has more than one feature. Make them one MultiPolygon."
            faults.append(Fault(place, 0, "icb", code, "duplicate", remedy))
    missing = [code for code in names if code not in codes]
    if len(missing) > len(unknown):
        remedy = "The ICB has no boundary. Add a feature, or delete the file."
        faults += [Fault(place, 0, "icb", code, "every_icb", remedy) for code in missing]
    return faults
