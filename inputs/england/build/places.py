"""Where providers stand, and road minutes from every LSOA to each of them.

A trust with hospital units in the wheel takes the wheel's calibrated road times (the nearest of
its units). A place without road times borrows those of the nearest unit that has them, corrected
by the difference that straight-line distance makes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from inputs.england.build.facts import Facts, take_number, take_text
from inputs.england.build.wheel import Wheel, measure_km

LEAST_MINUTES = 3.0
FIT_WITHIN_KM = 120.0


def list_provider_places(facts: Facts, wheel: Wheel, icb_places: pd.DataFrame) -> pd.DataFrame:
    """Give each provider one point: its first unit, its recalled place, or its ICB's centre.

    Returns:
        Frame indexed by provider with lon and lat (degrees), in the order of the facts.
    """
    points = {
        provider: _find_point(provider, icb, facts.provider_model, wheel, icb_places)
        for provider, icb in zip(facts.providers["provider"], facts.providers["icb"], strict=True)
    }
    return pd.DataFrame.from_dict(points, orient="index", columns=["lon", "lat"]).round(5)


def _find_point(
    provider: str, icb: str, model: pd.DataFrame, wheel: Wheel, icb_places: pd.DataFrame
) -> tuple[float, float]:
    units = take_text(model, provider, "units").split()
    if units:
        return _take_point(wheel.units, units[0])
    if take_text(model, provider, "lat"):
        return _take_point(model, provider)
    return _take_point(icb_places, icb)


def _take_point(table: pd.DataFrame, row: str) -> tuple[float, float]:
    return take_number(table, row, "lon"), take_number(table, row, "lat")


def measure_provider_minutes(facts: Facts, wheel: Wheel, places: pd.DataFrame) -> pd.DataFrame:
    """Road minutes from each LSOA (rows) to each provider (columns): its nearest site."""
    slope = _fit_minutes_per_km(wheel)
    columns = {}
    for provider in places.index:
        sites = _list_sites(provider, facts.provider_model, wheel, places)
        times = [_measure_site(lon, lat, unit, wheel, slope) for lon, lat, unit in sites]
        columns[provider] = np.min(times, axis=0)
    return pd.DataFrame(columns, index=wheel.lsoas.index).astype("float32")


def measure_point_minutes(points: pd.DataFrame, wheel: Wheel) -> pd.DataFrame:
    """Road minutes from each LSOA (rows) to each point (columns: its index; lon and lat)."""
    slope = _fit_minutes_per_km(wheel)
    columns = {
        str(name): _borrow_minutes(*_take_point(points, str(name)), wheel, slope)
        for name in points.index
    }
    return pd.DataFrame(columns, index=wheel.lsoas.index).astype("float32")


def _list_sites(
    provider: str, model: pd.DataFrame, wheel: Wheel, places: pd.DataFrame
) -> list[tuple[float, float, str]]:
    """List (lon, lat, unit postcode or blank) of a provider."""
    codes = take_text(model, provider, "units").split()
    if not codes:
        return [(*_take_point(places, provider), "")]
    return [(*_take_point(wheel.units, code), code) for code in codes]


def _measure_site(
    lon: float, lat: float, unit: str, wheel: Wheel, minutes_per_km: float
) -> np.ndarray:
    if unit in wheel.minutes.columns:
        return wheel.minutes[unit].to_numpy(dtype="float64")
    return _borrow_minutes(lon, lat, wheel, minutes_per_km)


def _borrow_minutes(lon: float, lat: float, wheel: Wheel, minutes_per_km: float) -> np.ndarray:
    """Take the nearest timed unit's minutes, corrected by the difference of straight lines."""
    timed = wheel.units.loc[wheel.minutes.columns]
    apart = measure_km(timed["lon"].to_numpy(), timed["lat"].to_numpy(), lon, lat)
    near = str(timed.index[int(np.argmin(apart))])
    lsoa_lon, lsoa_lat = wheel.lsoas["lon"].to_numpy(), wheel.lsoas["lat"].to_numpy()
    here = measure_km(lsoa_lon, lsoa_lat, lon, lat)
    there = measure_km(lsoa_lon, lsoa_lat, *_take_point(timed, near))
    known = wheel.minutes[near].to_numpy(dtype="float64")
    borrowed: np.ndarray = np.maximum(known + minutes_per_km * (here - there), LEAST_MINUTES)
    return borrowed


def _fit_minutes_per_km(wheel: Wheel) -> float:
    """Slope b of minutes = a + b·km, least squares over LSOA-unit pairs within 120 km."""
    pairs = []
    lon, lat = wheel.lsoas["lon"].to_numpy(), wheel.lsoas["lat"].to_numpy()
    for unit in wheel.minutes.columns:
        km = measure_km(lon, lat, *_take_point(wheel.units, str(unit)))
        near = km < FIT_WITHIN_KM
        pairs.append(np.column_stack([km[near], wheel.minutes[unit].to_numpy()[near]]))
    stacked = np.vstack(pairs)
    return float(np.polyfit(stacked[:, 0], stacked[:, 1], 1)[0])


def measure_nearest_unit(wheel: Wheel, home: pd.Series[str]) -> pd.DataFrame:
    """Minutes from the residents of each area to the nearest hospital unit in each area.

    Residents are weighted by stroke admissions, as in the wheel's own flows.

    Args:
        wheel: the wheel's tables.
        home: area of each piece.

    Returns:
        Square frame, rows from, columns to, in code order (minutes to 0.1).
    """
    unit_home = wheel.units.loc[wheel.minutes.columns, "piece"].map(home)
    return _mean_minutes(wheel, wheel.minutes.T.groupby(unit_home).min().T, home)


def measure_point_travel(wheel: Wheel, home: pd.Series[str], places: pd.DataFrame) -> pd.DataFrame:
    """As :func:`measure_nearest_unit`, to the point that stands for each area."""
    return _mean_minutes(wheel, measure_point_minutes(places, wheel), home)


def _mean_minutes(wheel: Wheel, minutes: pd.DataFrame, home: pd.Series[str]) -> pd.DataFrame:
    here = wheel.lsoas["piece"].map(home).to_numpy()
    weight = wheel.lsoas["admissions"].to_numpy()
    areas = sorted(set(home))
    values = minutes[areas].to_numpy()
    rows = [np.average(values[here == i], axis=0, weights=weight[here == i]) for i in areas]
    return pd.DataFrame(rows, index=areas, columns=areas).round(1)
