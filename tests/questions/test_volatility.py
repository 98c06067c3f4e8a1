"""Volatility from past spend: what is put in is found again, as surely as is claimed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.cases import toy

from optimiser.inputs.dataset import Dataset
from optimiser.questions.volatility import (
    estimate_case_factor,
    estimate_common_shock,
    measure_spread,
    volatility,
)

YEARS = np.arange(2014.0, 2024.0)
MEAN_M = np.geomspace(2.0, 60.0, 42)
"""£m a year of each ICB: thirty times as much in the largest as in the smallest."""


def draw_history(
    rng: np.random.Generator, case_factor_m: float, shock: float, growth: float = 0.0
) -> np.ndarray:
    """Spend by ICB and year from the model: own noise, and a shock that a year's ICBs share."""
    trend = MEAN_M[:, None] * (1 + growth * (YEARS - YEARS.mean()))
    own = np.sqrt(case_factor_m * trend) * rng.standard_normal(trend.shape)
    return trend * (1 + shock * rng.standard_normal(len(YEARS))) + own


def draw_cases(rng: np.random.Generator, case_m: float, cv: float, shock: float) -> np.ndarray:
    """Spend as a sum of cases: their number Poisson, the cost of each gamma."""
    shape = 1 / cv**2
    level = 1 + shock * rng.standard_normal(len(YEARS))
    cases = rng.poisson(MEAN_M[:, None] / case_m * np.ones(len(YEARS)))
    return rng.gamma(np.maximum(cases * shape, 1e-9), case_m / shape) * level


LEVELS = (0.5, 0.9)
DRAWS = 600


@pytest.mark.parametrize(("case_factor_m", "shock"), [(0.02, 0.02), (0.2, 0.05), (0.5, 0.005)])
def test_intervals_hold_the_truth_as_often_as_claimed(case_factor_m: float, shock: float) -> None:
    """Over 600 simulated histories each interval holds the truth as often as its level says.

    The sampling error of a share over 600 draws is at most 2.1 points, so 6 points are a wide net;
    the interval of the common shock may be too wide, never too narrow, where the shock is small.
    """
    rng = np.random.default_rng(20)
    held = dict.fromkeys(LEVELS, np.zeros(2))
    for _ in range(DRAWS):
        spread = measure_spread(draw_history(rng, case_factor_m, shock), YEARS)
        for level in LEVELS:
            case = estimate_case_factor(spread, level).holds(case_factor_m)
            held[level] = held[level] + (case, estimate_common_shock(spread, level).holds(shock))
    for level in LEVELS:
        case_share, shock_share = held[level] / DRAWS
        assert case_share == pytest.approx(level, abs=0.06)
        assert shock_share >= level - 0.06
        assert shock < 0.02 or shock_share <= level + 0.06


def test_estimates_are_right_on_average() -> None:
    """The mean of many estimates of φ and of σ² is what was put in, growth or none."""
    rng = np.random.default_rng(3)
    for growth in (0.0, 0.01):
        spreads = [measure_spread(draw_history(rng, 0.1, 0.03, growth), YEARS) for _ in range(600)]
        case = np.mean([estimate_case_factor(spread).value for spread in spreads])
        square = np.mean(
            [
                (s.between / s.between_freedom - s.within / s.within_freedom) / s.spend_m
                for s in spreads
            ]
        )
        assert case == pytest.approx(0.1, rel=0.02)
        assert square == pytest.approx(0.03**2, rel=0.1)


def test_spend_made_of_cases_gives_back_their_cost_and_variation() -> None:
    """From Poisson numbers of gamma costs, φ is c(1 + k²) and σ the shock, within the interval."""
    rng = np.random.default_rng(5)
    held = np.zeros(2)
    for _ in range(200):
        spread = measure_spread(draw_cases(rng, 0.01, 1.5, 0.03), YEARS)
        held += (
            estimate_case_factor(spread).holds(0.01 * (1 + 1.5**2)),
            estimate_common_shock(spread).holds(0.03),
        )
    assert held[0] / 200 >= 0.83
    assert held[1] / 200 >= 0.83


def test_a_straight_trend_is_no_volatility() -> None:
    """Spend that rises by the same amount each year has neither case noise nor shocks."""
    spend = MEAN_M[:, None] * (1 + 0.05 * (YEARS - YEARS[0]))
    spread = measure_spread(spend, YEARS)
    assert estimate_case_factor(spread).value == pytest.approx(0.0, abs=1e-12)
    assert estimate_common_shock(spread).value == pytest.approx(0.0, abs=1e-9)


def test_the_same_noise_in_all_icbs_is_a_common_shock() -> None:
    """What all ICBs do together counts as shock, and nothing is left for the cases."""
    level = 1 + 0.04 * np.random.default_rng(2).standard_normal(len(YEARS))
    spread = measure_spread(MEAN_M[:, None] * level, YEARS)
    assert spread.within == pytest.approx(0.0, abs=1e-9)
    assert estimate_common_shock(spread).value > 0.02


def test_currency_and_order_of_icbs_do_not_matter() -> None:
    """In thousands of pounds φ is a thousand times as much and σ the same, in any order of ICBs."""
    spend = draw_history(np.random.default_rng(7), 0.1, 0.03)
    plain, other = measure_spread(spend, YEARS), measure_spread(1000 * spend[::-1], YEARS)
    assert estimate_case_factor(other).high == pytest.approx(
        1000 * estimate_case_factor(plain).high
    )
    assert estimate_common_shock(other).low == pytest.approx(estimate_common_shock(plain).low)


def with_history(years: range, drop: tuple[str, ...] = ()) -> Dataset:
    """The toy country with a history of its renal care."""
    rng = np.random.default_rng(11)
    rows = [
        ("S1", icb, year, 10 * (1 + 0.1 * rng.standard_normal()))
        for icb in toy().icbs["icb"]
        for year in years
        if not (icb in drop and year == years[0])
    ]
    return replace(toy(), history=pd.DataFrame(rows, columns=["service", "icb", "year", "spend_m"]))


def test_a_dataset_tells_what_its_history_says_of_each_service() -> None:
    """Services in the history are estimated beside what is carried; the others say why not."""
    found = volatility(with_history(range(2016, 2024), drop=("A1",))).services.set_index("service")
    renal = found.loc["S1"]
    assert (renal["years"], renal["first_year"], renal["last_year"]) == (8, 2016, 2023)
    assert (renal["icbs"], renal["icbs_left_out"]) == (8, 1)
    assert renal["case_factor_low_m"] < renal["case_factor_m"] < renal["case_factor_high_m"]
    assert renal["common_shock_low"] <= renal["common_shock"] <= renal["common_shock_high"]
    assert renal["carried_case_factor_m"] == pytest.approx(0.01 * 2)
    assert not renal["case_factor_agrees"]
    assert found.loc["S2", "note"] == "history does not tell of the service"
    assert math.isnan(found["common_shock"]["S2"])


def test_two_years_are_too_few() -> None:
    """After a straight line two years leave nothing to judge by, and the table says so."""
    row = volatility(with_history(range(2022, 2024))).services.set_index("service").loc["S1"]
    assert row["years"] == 2
    assert "at least 3 years" in row["note"]
    assert np.isnan(row["case_factor_m"])
    assert row["case_factor_agrees"] is pd.NA


def test_without_a_history_nothing_is_estimated() -> None:
    """The carried values stand alone, and every row says that there is no history."""
    found = volatility(toy()).services
    assert (found["note"] == "the dataset has no history").all()
    assert found["common_shock"].isna().all()
    assert found["carried_common_shock"].notna().all()
