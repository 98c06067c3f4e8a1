"""The engine against brute force on the toy country, one test for each rule and their mixtures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import pytest
from support.brute import find_best
from support.cases import cut_out, make_case, toy, without_table

from optimiser.engine.highs.adapter import Highs
from optimiser.errors import NoPlanError
from optimiser.inputs.dataset import Dataset
from optimiser.questions.solve import solve_case

SIX = ("A1", "A2", "A3", "B1", "B2", "B3")
EVERY_SERVICE = ("S1", "S2", "S3", "S4", "S5", "S6", "S7")
USUAL = {
    "footprints.population_m": (2.0, 5.0),
    "services.categories": ("ready", "not_yet"),
    "services.year": 2025,
    "objective.volatility": 0.4,
}
EAGER = {"objective.integration": 4.0}
ALL_LEVELS = {"services.levels": ("national", "footprint", "icb")}

MAP_RULES = {
    "defaults": {"footprints.population_m": (0.0, math.inf)},
    "three footprints": {"footprints.count": 3},
    "two to four footprints": {
        "footprints.count": (2, 4),
        "footprints.population_m": (1.0, 5.0),
    },
    "nine alone": {"footprints.count": 9, "footprints.population_m": (0.0, 9.0)},
    "a window on members": {"footprints.members": (2, 4), "footprints.population_m": (0.0, 9.0)},
    "a window on registered people": {"footprints.population_base": "registered"},
    "a window on spend": {"footprints.spend_m": (60.0, 130.0)},
    "near the lead": {"footprints.max_travel_minutes": 60.0},
    "near a fixed lead": {
        "footprints.max_travel_minutes": 60.0,
        "lead.fixed": ("A1", "C2"),
        "footprints.population_m": (1.0, 9.0),
    },
    "leads by travel alone": {
        "lead.readiness": 0.0,
        "lead.hosting": 0.0,
        "footprints.max_travel_minutes": 60.0,
        "footprints.population_m": (1.0, 5.0),
    },
    "within regions": {
        "footprints.within_regions": True,
        "footprints.population_m": (0.0, 9.0),
    },
    "no weak border": {"footprints.min_border_km": 1.0, "footprints.population_m": (0.0, 9.0)},
    "no weak border, the island alone": {
        "footprints.min_border_km": 1.0,
        "footprints.stand_alone": ("C3",),
    },
    "anywhere": {"footprints.contiguous": False, "footprints.count": 3},
    "kept together": {"footprints.keep_together": (("A1", "B1", "C1"),)},
    "kept apart": {"footprints.keep_apart": (("A2", "B2"), ("C1", "C2"))},
    "a fixed footprint": {"footprints.fixed": (("A3", "B3"),)},
    "one stands alone": {
        "footprints.fixed": (("C3",),),
        "footprints.stand_alone": ("C3", "B1"),
        "footprints.population_m": (1.5, 5.0),
    },
    "one may move": {"footprints.baseline": "columns", "footprints.max_moved": 1},
    "three may move": {
        "footprints.baseline": "columns",
        "footprints.max_moved": 3,
        "footprints.population_m": (1.0, 5.0),
    },
    "none may move": {"footprints.baseline": "rows", "footprints.max_moved": 0},
    "few may move, at a cost": {
        "footprints.baseline": "columns",
        "footprints.max_moved": 4,
        "objective.disruption": 9.0,
        "objective.committee_cost_m": 1.0,
    },
    "moving costs": {"footprints.baseline": "columns", "objective.disruption": 20.0},
    "committees cost": {
        "objective.committee_cost_m": 2.0,
        "objective.governance_cost_m": 0.5,
        "footprints.population_m": (0.0, 9.0),
    },
    "leakage costs": {"objective.leakage": 3.0},
    "mixed footprints cost": {**EAGER, "objective.sharing_loss": 1.0},
    "shifts of money cost": {"objective.allocation": 0.1},
    "no trust loses much": {"footprints.max_income_at_risk": 0.25, "footprints.count": 3},
    "money changes slowly": {"footprints.max_first_year_change": 0.02},
}
SERVICE_RULES = {
    "two providers": {**EAGER, "services.min_providers": 2},
    "calm spend": {**EAGER, "services.max_cv": 0.1, "footprints.population_m": (0.0, 9.0)},
    "enough patients": {
        **EAGER,
        "services.min_patients": 500.0,
        "footprints.population_m": (0.0, 9.0),
    },
    "ready services alone": {"services.categories": ("ready",), "services.year": 2023},
    "before its year": {"services.year": 2024},
    "ready on average": {**EAGER, "readiness.joint": 2.5, "readiness.delegated": 3.4},
    "ready at the weakest": {
        **EAGER,
        "readiness.aggregate": "weakest",
        "readiness.joint": 2.5,
        "readiness.delegated": 3.0,
        "footprints.population_m": (1.0, 5.0),
    },
    "ready at the lead": {
        **EAGER,
        "readiness.aggregate": "lead",
        "readiness.joint": 3.0,
        "readiness.delegated": 3.6,
        "footprints.population_m": (1.0, 5.0),
    },
    "digital alone": {**EAGER, "readiness.delegated": {"digital": 3.2}, "readiness.year": 2023},
    "forced local": {"services.force_local": ("S2", "S3")},
    "forced national": {"services.force_national": ("S1", "S3")},
    "single ICBs too": {**EAGER, **ALL_LEVELS, "footprints.population_m": (1.0, 5.0)},
    "single ICBs, cheap": {**ALL_LEVELS, **EAGER, "objective.sharing_loss": 1.0},
    "single ICBs or none": {
        "services.levels": ("national", "icb"),
        "objective.holding_cost_m": 0.1,
        **EAGER,
    },
    "nothing local": {"services.levels": ("national",), "objective.governance_cost_m": 1.0},
    "everything local": {"services.force_local": "all", "objective.volatility": 6.0},
    "everything local, single ICBs": {**ALL_LEVELS, "services.force_local": "all"},
    "teams cost": {**EAGER, **ALL_LEVELS, "objective.holding_cost_m": 1.5},
    "contracting costs": {"objective.contracting": 4.0},
    "readiness reported": {**EAGER, "readiness.joint": 4.0, "readiness.required": False},
    "a share in each": {"services.min_local_share_each": 0.8, "objective.volatility": 6.0},
    "a number in each": {"services.min_local_services_each": 4.0, "objective.volatility": 6.0},
    "a share in each, single ICBs": {
        **ALL_LEVELS,
        "services.min_local_share_each": 0.7,
        "objective.volatility": 4.0,
        "objective.sharing_loss": 1.0,
    },
    "much volatility": {
        **EAGER,
        "objective.volatility": 4.0,
        "footprints.population_m": (0.0, 9.0),
    },
    "no volatility": {"objective.volatility": 0.0, "footprints.population_m": (1.0, 9.0)},
}
TOTALS = {
    "a floor on local spend": {"services.min_local_spend_m": 160.0, "objective.volatility": 6.0},
    "a ceiling on local spend": {"services.max_local_spend_m": 60.0},
    "a narrow window on local spend": {
        "services.min_local_spend_m": 76.0,
        "services.max_local_spend_m": 80.0,
    },
    "a floor on local services": {
        "services.min_local_services": 4.2,
        "objective.volatility": 6.0,
    },
    "a ceiling on local services": {"services.max_local_services": 2.2},
    "a ceiling on leakage": {
        "services.max_leakage_m": 16.0,
        "objective.leakage": 0.0,
        "objective.volatility": 0.2,
        "objective.governance_cost_m": 1.0,
    },
    "a ceiling on volatility": {
        "services.max_volatility_m": 4.2,
        "objective.volatility": 0.0,
    },
    "two limits": {
        "services.max_leakage_m": 16.0,
        "services.max_local_spend_m": 160.0,
        "objective.governance_cost_m": 1.0,
    },
    "limits and moves": {
        "services.max_leakage_m": 23.0,
        "services.max_local_services": 2.5,
        "footprints.baseline": "columns",
        "footprints.max_moved": 3,
    },
    "limits and single ICBs": {
        **ALL_LEVELS,
        "services.max_volatility_m": 4.4,
        "services.min_local_spend_m": 90.0,
        "objective.holding_cost_m": 0.1,
    },
    "limits with a count": {
        "services.max_local_spend_m": 70.0,
        "footprints.count": 2,
        "footprints.population_m": (0.0, 9.0),
    },
}


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as process:
        yield process


def compare(dataset: Dataset, settings: Mapping[str, object], highs: Highs) -> None:
    """The engine's proven plan costs what brute force says, and its bound meets it."""
    case = make_case(dataset, settings)
    expected = find_best(dataset, case.scenario)
    if expected is None:
        with pytest.raises(NoPlanError):
            solve_case(case, highs)
        return
    plan = solve_case(case, highs)
    assert plan.outcome.status == "optimal"
    assert plan.objective == pytest.approx(expected.cost_m, rel=1e-7, abs=1e-6)
    assert plan.outcome.bound == pytest.approx(expected.cost_m, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", MAP_RULES)
def test_rules_of_the_map(name: str, highs: Highs) -> None:
    """Under each rule of the map the engine finds the best of all divisions."""
    compare(toy(), {**USUAL, **MAP_RULES[name]}, highs)


@pytest.mark.parametrize("name", SERVICE_RULES)
def test_rules_of_the_services(name: str, highs: Highs) -> None:
    """Under each rule of the services the engine finds the best of all plans."""
    compare(toy(), {**USUAL, **SERVICE_RULES[name]}, highs)


@pytest.mark.parametrize("name", TOTALS)
def test_floors_and_ceilings_across_footprints(name: str, highs: Highs) -> None:
    """With a limit on a sum over England the engine finds the best of all choices, at a price."""
    six = cut_out(toy(), SIX, EVERY_SERVICE)
    limited = {**USUAL, "footprints.population_m": (1.0, 5.0), **TOTALS[name]}
    compare(six, limited, highs)
    free = {
        k: v for k, v in limited.items() if k.removeprefix("services.")[:4] not in ("min_", "max_")
    }
    dearer, cheaper = (solve_case(make_case(six, one), highs).objective for one in (limited, free))
    assert dearer > cheaper + 1e-6, "the limit does not bind, so nothing was tested"


@pytest.mark.parametrize("table", ["travel", "readiness", "funding"])
def test_a_missing_table(table: str, highs: Highs) -> None:
    """Without a table that may be absent the engine and the referee still agree."""
    settings = {**USUAL, "objective.allocation": 0.1}
    compare(without_table(toy(), table), settings, highs)
