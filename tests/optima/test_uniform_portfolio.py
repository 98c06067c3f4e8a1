"""One level for all England: the branch and bound against brute force, which tries every portfolio."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.brute import find_best
from support.cases import cut_out, make_case, toy
from support.countries import random_country

from optimiser.engine.highs.adapter import Highs
from optimiser.errors import NoPlanError
from optimiser.questions.solve import solve_case

EVERY_SERVICE = ("S1", "S2", "S3", "S4", "S5", "S6", "S7")
USUAL = {
    "services.portfolio": "uniform",
    "services.categories": ("ready", "not_yet"),
    "services.year": 2025,
    "footprints.population_m": (1.0, 5.0),
    "objective.volatility": 0.4,
    "objective.integration": 3.0,
}
CASES = {
    "the toy country": {},
    "three footprints": {"footprints.count": 3},
    "two providers": {"services.min_providers": 2, "footprints.population_m": (0.0, 9.0)},
    "calm spend": {"services.max_cv": 0.1, "footprints.population_m": (0.0, 9.0)},
    "forced local": {"services.force_local": ("S2", "S3")},
    "ready at the weakest": {
        "readiness.aggregate": "weakest",
        "readiness.joint": 2.5,
        "readiness.delegated": 3.0,
    },
    "single ICBs too": {"services.levels": ("national", "footprint", "icb")},
    "nothing local": {"services.levels": ("national",), "objective.governance_cost_m": 1.0},
    "single ICBs under a ceiling": {
        "services.levels": ("national", "footprint", "icb"),
        "services.max_local_services": 2.0,
    },
    "a floor on local spend": {"services.min_local_spend_m": 150.0},
    "a ceiling on local services": {"services.max_local_services": 2.0},
    "a window on local spend": {
        "services.min_local_spend_m": 40.0,
        "services.max_local_spend_m": 60.0,
    },
    "no such count": {
        "footprints.count": 2,
        "footprints.keep_apart": (("A1", "A2", "A3"),),
        "footprints.population_m": (0.0, 9.0),
    },
    "moving costs": {"footprints.baseline": "columns", "objective.disruption": 20.0},
}


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as process:
        yield process


@pytest.mark.parametrize("name", CASES)
def test_under_each_rule(name: str, highs: Highs) -> None:
    """The plan found costs what the best of all plans and portfolios costs."""
    dataset = cut_out(toy(), ("A1", "A2", "A3", "B1", "B2", "B3", "C2"), EVERY_SERVICE)
    case = make_case(dataset, {**USUAL, **CASES[name]})
    expected = find_best(dataset, case.scenario)
    if expected is None:
        with pytest.raises(NoPlanError):
            solve_case(case, highs)
        return
    plan = solve_case(case, highs)
    assert plan.outcome.status == "optimal"
    assert plan.objective == pytest.approx(expected.cost_m, rel=1e-7)
    assert plan.outcome.bound == pytest.approx(expected.cost_m, rel=1e-6)
    assert plan.services.groupby("service")["level"].nunique().max() == 1


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
@pytest.mark.parametrize("portfolio", ["uniform", "by_footprint"])
def test_the_unit_of_money_does_not_matter(portfolio: str, scale: float, highs: Highs) -> None:
    """All weights times a million make the optimum cost a million times as much."""
    weights = {"leakage": 1.0, "volatility": 0.5, "integration": 2.0, "committee_cost_m": 0.5}
    settings = {f"objective.{term}": weight * scale for term, weight in weights.items()}
    settings |= {"services.portfolio": portfolio, "footprints.count": (2, 4)}
    case = make_case(random_country(3), settings)
    expected = find_best(case.dataset, case.scenario)
    assert expected is not None
    assert solve_case(case, highs).objective == pytest.approx(expected.cost_m, rel=1e-6)
