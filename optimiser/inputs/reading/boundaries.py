"""Checking ``boundaries.geojson``: one polygon for each ICB, in degrees."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from optimiser.errors import Fault
from optimiser.spelling import join_sentences, suggest_code

FILE = "boundaries.geojson"
DEGREES = ("CRS84", "4326")


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
    except (ValueError, OSError) as error:
        return [Fault(place, 0, "", "", "geojson", f"It is not readable as GeoJSON: {error}.")]
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
    try:
        outside = any(abs(p[0]) > 180 or abs(p[1]) > 90 for p in _points(geometry["coordinates"]))
    except (KeyError, IndexError, TypeError):
        remedy = f"The coordinates of {code} are not pairs of numbers."
        return [Fault(place, 0, "geometry", code, "coordinates", remedy)]
    if not outside:
        return []
    remedy = "Coordinates must be longitude and latitude in degrees. Reproject the file."
    return [Fault(place, 0, "geometry", code, "degrees", remedy)]


def _points(coordinates: Sequence[Any]) -> Iterator[Sequence[float]]:
    for item in coordinates:
        if isinstance(item[0], list):
            yield from _points(item)
        else:
            yield item


def _check_codes(
    place: str, codes: Sequence[str], names: Mapping[str, str], unread: int
) -> list[Fault]:
    faults = []
    strangers = {code for code in codes if code not in names}
    for code in dict.fromkeys(codes):
        if code in strangers and len(strangers) > unread:
            remedy = join_sentences("There is no such icb in icbs.", suggest_code(code, names))
            faults.append(Fault(place, 0, "icb", code, "unknown_code", remedy))
        if codes.count(code) > 1:
            remedy = "The ICB has more than one feature. Make them one MultiPolygon."
            faults.append(Fault(place, 0, "icb", code, "duplicate", remedy))
    missing = [code for code in names if code not in codes]
    if len(missing) > len(strangers):
        remedy = "The ICB has no boundary. Add a feature, or delete the file."
        faults += [Fault(place, 0, "icb", code, "every_icb", remedy) for code in missing]
    return faults
