"""Engine, compact model and brute force agree wherever all three apply."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.brute import find_best
from support.cases import (
    connected_icbs,
    cut_out,
    england,
    make_case,
    same_scores,
    toy,
    without_pairs,
)

from optimiser.engine.assignment import solve_compact
from optimiser.engine.highs.adapter import Highs
from optimiser.errors import NoPlanError, UnsupportedError
from optimiser.inputs.dataset import Dataset
from optimiser.questions.case import Case
from optimiser.questions.solve import solve_case

LINEAR = {
    "objective.volatility": 0.0,
    "objective.sharing_loss": 0.0,
    "objective.contracting": 1.0,
    "objective.holding_cost_m": 0.1,
}
SERVICES = ("S1", "S2", "S3", "S4", "S7")
TOY_CASES: dict[str, dict[str, object]] = {
    "a window": {"footprints.population_m": (1.0, 4.0)},
    "a count": {"footprints.count": (3, 5), "objective.governance_cost_m": 0.2},
    "members": {"footprints.members": (2, 3), "objective.integration": 2.0},
    "within regions": {"footprints.within_regions": True, "objective.committee_cost_m": 0.5},
    "kept": {
        "footprints.keep_together": (("A1", "B1"),),
        "footprints.keep_apart": (("A2", "B2", "C2"),),
    },
    "a fixed footprint": {
        "footprints.fixed": (("A1", "A2"),),
        "footprints.population_m": (1.0, 4.0),
    },
    "stand alone": {
        "footprints.population_m": (1.5, 4.0),
        "footprints.stand_alone": ("A1", "C3"),
        "footprints.min_border_km": 1.0,
    },
    "two fixed leads": {"lead.fixed": ("A1", "B3"), "objective.integration": 3.0},
    "providers and patients": {
        "services.min_providers": 2,
        "services.min_patients": 60.0,
        "objective.integration": 3.0,
        "footprints.members": (1, 4),
    },
    "single ICBs too": {
        "services.levels": ("national", "footprint", "icb"),
        "services.min_providers": 2,
        "footprints.members": (1, 4),
    },
    "all readiness reported": {"readiness.joint": 4.0, "readiness.required": False},
    "kept national": {"services.force_national": ("S1",), "footprints.members": (1, 4)},
    "anywhere": {"footprints.contiguous": False, "footprints.count": 3},
    "no plan": {"footprints.keep_apart": (("A1", "A2"),), "footprints.count": 1},
}
PIECES = [
    ("QGH", 7, 4),
    *(
        pytest.param(*p, marks=pytest.mark.long)
        for p in [("QOQ", 8, 1), ("QMJ", 7, 2), ("QT6", 7, 3)]
    ),
]
CUT_OUT = {
    "footprints.population_m": (1.5, 6.0),
    "services.max_cv": 0.25,
    "readiness.joint": 0.0,
    "objective.governance_cost_m": 0.2,
}
"""Every second service of England's list that may go local, and two that may not."""


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as process:
        yield process


def small_toy() -> Dataset:
    """Seven ICBs of the toy country, no services tied to each other, all ICBs ready."""
    seven = cut_out(toy(), ("A1", "A2", "A3", "B1", "B2", "B3", "C2"), SERVICES)
    return replace(without_pairs(seven), readiness=None)


def some_services(dataset: Dataset) -> tuple[str, ...]:
    """Nine services of England: every sixth that is ready, and one that is national."""
    table = dataset.services
    ready = table.loc[table["category"] == "ready", "service"].tolist()[::7][:9]
    return (*ready, table.loc[table["category"] == "national", "service"].iloc[0])


def compare(case: Case, highs: Highs) -> None:
    """All three give the same least cost, or all three say that there is no plan."""
    expected = find_best(case.dataset, case.scenario)
    if expected is None:
        for solver in (lambda: solve_case(case, highs), lambda: solve_compact(case.system, highs)):
            with pytest.raises(NoPlanError):
                solver()
        return
    plan = solve_case(case, highs)
    assert plan.objective == pytest.approx(expected.cost_m, rel=1e-7, abs=1e-6)
    decision = solve_compact(case.system, highs)
    assert sum(decision.terms_m.values()) == pytest.approx(expected.cost_m, rel=1e-6, abs=1e-5)


@pytest.mark.parametrize("name", TOY_CASES)
def test_on_the_toy_country(name: str, highs: Highs) -> None:
    """Three methods, one answer, for each rule that the compact model can express."""
    settings = {k: v for k, v in TOY_CASES[name].items() if "C3" not in str(v)}
    compare(make_case(small_toy(), {**LINEAR, **settings}), highs)


@pytest.mark.parametrize(("first", "size", "seed"), PIECES)
def test_on_pieces_of_england(first: str, size: int, seed: int, highs: Highs) -> None:
    """Engine and brute force agree on pieces of England with chance; all three without."""
    icbs = connected_icbs(england(), first, size, seed)
    piece = cut_out(england(), icbs, some_services(england()))
    with_risk = make_case(piece, CUT_OUT)
    expected = find_best(piece, with_risk.scenario)
    assert expected is not None
    assert solve_case(with_risk, highs).objective == pytest.approx(expected.cost_m, rel=1e-7)
    alone = without_pairs(piece)
    linear = replace(alone, services=alone.services.assign(max_cv=math.nan))
    compare(make_case(linear, {**CUT_OUT, **LINEAR, "services.max_cv": math.inf}), highs)


@pytest.mark.parametrize(("threshold", "local"), [(2.0, True), (4.0, False)])
def test_readiness_that_is_alike_everywhere(threshold: float, local: bool, highs: Highs) -> None:
    """Where all ICBs, or none, reach a threshold, the compact model needs no readiness."""
    scores = dict.fromkeys(toy().icbs["icb"], 3.0)
    seven = small_toy()
    dataset = replace(
        seven,
        services=seven.services.assign(needs_delegation=True),
        readiness=same_scores(list(seven.icbs["icb"]), scores),
    )
    settings = {"readiness.joint": 2.0, "readiness.delegated": threshold}
    case = make_case(dataset, {**LINEAR, "footprints.members": (1, 3), **settings})
    compare(case, highs)
    held = solve_case(case, highs).footprints["local_services"].sum()
    assert (held > 0) == local


BEYOND = {
    "volatility": {"objective.volatility": 1.0},
    "sharing_loss": {"objective.sharing_loss": 0.25},
    "max_cv": {"services.max_cv": 0.1},
    "floor on what it holds": {"services.min_local_share_each": 0.5},
    "uniform": {"services.portfolio": "uniform"},
    "max_moved": {"footprints.baseline": "rows", "footprints.max_moved": 1},
    "spend_m": {"footprints.spend_m": (1.0, 99.0)},
    "max_travel_minutes": {"footprints.max_travel_minutes": 60.0},
    "min_shared_border": {"footprints.min_shared_border": 0.2},
    "max_first_year_change": {"footprints.max_first_year_change": 0.02},
    "max_income_at_risk": {"footprints.max_income_at_risk": 0.1},
    "local_spend": {"services.min_local_spend_m": 1.0},
    "force_local": {"services.force_local": ("S1",)},
    "move together": {},
    "readiness": {"readiness.joint": 2.5},
}


@pytest.mark.parametrize("word", BEYOND)
def test_the_compact_model_says_what_it_cannot_express(word: str, highs: Highs) -> None:
    """A scenario beyond the compact model is refused, and the reason is named."""
    case = make_case(toy(), {**LINEAR, **BEYOND[word]})
    with pytest.raises(UnsupportedError, match=word):
        solve_compact(case.system, highs)


def test_what_no_footprint_may_hold_is_national_in_the_compact_model(highs: Highs) -> None:
    """A service that no footprint has patients enough for stays national in both models."""
    settings = {**LINEAR, "services.min_patients": 1e6, "footprints.members": (1, 3)}
    case = make_case(small_toy(), settings)
    decision = solve_compact(case.system, highs)
    assert set(decision.levels.values()) == {"national"}
    assert math.isclose(sum(decision.terms_m.values()), solve_case(case, highs).objective)
