"""Volatility estimated from a history of yearly spend, with how sure the estimate is.

The model of volatility says that the spend of a service on residents of ICB i varies from year to
year about its trend m as sd² = φ·m + (σ·m)², where φ = c(1 + k²) comes from the cases (and pools over
ICBs) and σ is a shock that all ICBs share in a year (and does not pool). Both are read from past years:

1. For each ICB a straight line over the years is taken out. Of T years, T - 2 independent contrasts u
   are left, each with u[i] = m[i]·σ·ζ + sqrt(φ·m[i])·η[i]; ζ is the shock that all share, η their own.
2. *Between years.* B = Σ (Σ_i u[i])² / Σ_i m[i], over contrasts, is (φ + σ²·Σm) times a χ² with T - 2
   degrees of freedom: what all ICBs do together.
3. *Within years, across ICBs.* W = Σ Σ_i u[i]² / m[i] - B is φ times a χ² with (n - 1)(T - 2) degrees
   of freedom: what is left when the common movement is taken out.

B and W are independent, so φ has an exact χ² interval, and σ² the interval of Williams (1962,
Biometrika 49; recalled, not looked up again) for a variance component. Both rest on yearly spend being
near normal and on the trend being a straight line; a bend that all ICBs share is read as a common shock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from optimiser.arrays import Floats
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.runs.saving import save_tables

LEVEL = 0.9
"""How often the intervals are meant to hold the truth."""
FEWEST_YEARS = 3
"""A straight line takes two degrees of freedom, so two years say nothing."""
FEWEST_ICBS = 2

_LIMITS = (
    "case_factor_m",
    "case_factor_low_m",
    "case_factor_high_m",
    "common_shock",
    "common_shock_low",
    "common_shock_high",
)


@dataclass(frozen=True)
class Estimate:
    """A number with the interval that is meant to hold the true one.

    Attributes:
        value: best estimate.
        low: lower end.
        high: upper end.
    """

    value: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies in the interval."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Spread:
    """The two sums of squares of one service, and their degrees of freedom.

    Attributes:
        within: W, £m.
        within_freedom: (n - 1)(T - 2).
        between: B, £m.
        between_freedom: T - 2.
        spend_m: Σ m over the ICBs, £m a year.
    """

    within: float
    within_freedom: int
    between: float
    between_freedom: int
    spend_m: float


def measure_spread(spend_m: Floats, years: Floats) -> Spread:
    """The sums of squares within and between years.

    Args:
        spend_m: £m by ICB and year, (n, T); each ICB spends something in some year.
        years: the years, (T,); they need not follow each other.
    """
    count, span = spend_m.shape
    mean_m = spend_m.mean(axis=1)
    contrasts = spend_m @ _trend_free(years)
    total = mean_m.sum()
    between = float((contrasts.sum(axis=0) ** 2).sum() / total)
    every = float((contrasts**2 / mean_m[:, None]).sum())
    free = span - 2
    return Spread(max(every - between, 0.0), (count - 1) * free, between, free, float(total))


def _trend_free(years: Floats) -> Floats:
    """Orthonormal contrasts that no straight line over the years changes, (T, T - 2)."""
    line = np.column_stack((np.ones(len(years)), years - years.mean()))
    basis = np.linalg.qr(line, mode="complete")[0]
    return np.asarray(basis[:, 2:], dtype=float)


def estimate_case_factor(spread: Spread, level: float = LEVEL) -> Estimate:
    """φ = c(1 + k²), £m, with its χ² interval."""
    free, tail = spread.within_freedom, (1 - level) / 2
    low, high = _chi_square(free, 1 - tail), _chi_square(free, tail)
    return Estimate(spread.within / free, spread.within / low, spread.within / high)


def estimate_common_shock(spread: Spread, level: float = LEVEL) -> Estimate:
    """σ, a share of spend, with Williams' interval; what would be below 0 is 0.

    σ²·Σm lies between (B - φ·(T-2)·F[1-a]) / χ²[1-a] and the same with a = (1 - level) / 2, where F has
    T - 2 and (n - 1)(T - 2) degrees of freedom and φ is estimated from W.
    """
    tail, noise = (1 - level) / 2, spread.within / spread.within_freedom
    value = spread.between / spread.between_freedom - noise
    squares = (value, _shock_bound(spread, noise, 1 - tail), _shock_bound(spread, noise, tail))
    value, low, high = (math.sqrt(max(square, 0.0) / spread.spend_m) for square in squares)
    return Estimate(value, low, high)


def _shock_bound(spread: Spread, noise: float, share: float) -> float:
    free = spread.between_freedom
    expected = noise * free * float(special.fdtri(free, spread.within_freedom, share))
    return (spread.between - expected) / _chi_square(free, share)


def _chi_square(free: int, share: float) -> float:
    """The value that a χ² stays below with this probability."""
    return float(special.chdtri(free, 1 - share))


@dataclass(frozen=True)
class Volatility:
    """The volatility parameters of every service that history tells of, beside those carried.

    Attributes:
        dataset: with or without a history.
        services: one row per service: service, name, years, first_year, last_year, icbs (used),
            icbs_left_out (without spend, or without a figure for every year), case_factor_m
            (c(1 + k²), £m), its _low_m and _high_m, common_shock (share), its _low and _high,
            case_cost_cv (the k that case_factor_m implies at today's mean cost of a case; NaN where
            it is below that cost), the carried values of all three (carried_...), whether each
            carried value lies in its interval (case_factor_agrees, common_shock_agrees; NA where
            nothing is estimated) and note (why nothing is estimated). Estimates are NaN where
            history is too short.
        level: how often each interval is meant to hold the truth, 0 to 1.
    """

    dataset: Dataset
    services: pd.DataFrame
    level: float

    def save(self, folder: str | Path) -> Path:
        """Save the table in a new folder.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        return save_tables(folder, "volatility", {"volatility": self.services}, self.dataset)


def volatility(dataset: Dataset | str | Path, level: float = LEVEL) -> Volatility:
    """Estimate how volatile each service is from its spend in past years.

    Args:
        dataset: loaded, or its folder or workbook.
        level: how often each interval is meant to hold the truth, 0 to 1.

    Raises:
        InputError: with every fault of the dataset.
    """
    found = dataset if isinstance(dataset, Dataset) else read_dataset(dataset)
    rows = [
        {**_identity(service), **_from_history(found, service["service"], level)}
        for service in found.services.to_dict(orient="records")
    ]
    return Volatility(found, _compare(pd.DataFrame(rows)), level)


def _identity(service: Mapping[Any, Any]) -> dict[str, object]:
    """What is carried of a service, with its mean cost of a case, £m."""
    patients, k = float(service["patients"]), float(service["case_cost_cv"])
    case_m = float(service["spend_m"]) / patients if patients > 0 else math.nan
    return {
        "service": service["service"],
        "name": service["name"],
        "case_m": case_m,
        "carried_case_factor_m": case_m * (1 + k**2),
        "carried_case_cost_cv": k,
        "carried_common_shock": float(service["common_shock"]),
    }


def _from_history(dataset: Dataset, service: object, level: float) -> dict[str, object]:
    if dataset.history is None:
        return _nothing("the dataset has no history")
    rows = dataset.history[dataset.history["service"] == service]
    if rows.empty:
        return _nothing("history does not tell of the service")
    table = rows.pivot(index="icb", columns="year", values="spend_m")
    usable = table[table.notna().all(axis=1) & (table.sum(axis=1) > 0)]
    span = {
        "years": table.shape[1],
        "first_year": int(table.columns.min()),
        "last_year": int(table.columns.max()),
        "icbs": len(usable),
        "icbs_left_out": len(dataset.icbs) - len(usable),
    }
    if table.shape[1] < FEWEST_YEARS or len(usable) < FEWEST_ICBS:
        asked = f"at least {FEWEST_YEARS} years and {FEWEST_ICBS} ICBs with every year are needed"
        return {**_nothing(asked), **span}
    years = usable.columns.to_numpy(float)
    spread = measure_spread(usable.to_numpy(float), years)
    case, shock = estimate_case_factor(spread, level), estimate_common_shock(spread, level)
    found = (case.value, case.low, case.high, shock.value, shock.low, shock.high)
    return {**span, **dict(zip(_LIMITS, found, strict=True)), "note": ""}


def _nothing(note: str) -> dict[str, object]:
    span = {"years": 0, "first_year": pd.NA, "last_year": pd.NA, "icbs": 0, "icbs_left_out": 0}
    return {**span, **dict.fromkeys(_LIMITS, np.nan), "note": note}


def _compare(found: pd.DataFrame) -> pd.DataFrame:
    """Set what is carried beside what is estimated."""
    implied = found["case_factor_m"] / found["case_m"] - 1
    known = found["common_shock"].notna()
    case = found["carried_case_factor_m"].between(
        found["case_factor_low_m"], found["case_factor_high_m"]
    )
    shock = found["carried_common_shock"].between(
        found["common_shock_low"], found["common_shock_high"]
    )
    years = {name: found[name].astype("Int64") for name in ("first_year", "last_year")}
    added = {
        "case_cost_cv": np.sqrt(implied.where(implied >= 0)),
        "case_factor_agrees": case.astype("boolean").where(known),
        "common_shock_agrees": shock.astype("boolean").where(known),
    }
    order = [
        *("service", "name", "years", "first_year", "last_year", "icbs", "icbs_left_out"),
        *(_LIMITS[:3]),
        *("carried_case_factor_m", "case_factor_agrees"),
        *(_LIMITS[3:]),
        *("carried_common_shock", "common_shock_agrees", "case_cost_cv", "carried_case_cost_cv"),
        "note",
    ]
    return found.assign(**years, **added)[order]
