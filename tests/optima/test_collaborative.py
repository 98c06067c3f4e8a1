"""The fourth level: a lead provider holds a service of its collaborative for a footprint."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from fuzz.countries import draw_settings, open_collaboratives
from support.brute import find_best
from support.cases import make_case
from support.countries import random_country

from optimiser.engine.assignment import solve_compact
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import solve_priced
from optimiser.errors import NoPlanError, UnsupportedError
from optimiser.footprints.compiled.costs import NOT_ALLOWED, build_costs, find_delegated
from optimiser.footprints.costs import CandidateCosts
from optimiser.proof.referee import check_plan
from optimiser.questions.case import Case
from optimiser.questions.solve import solve_case

LIMIT = 600.0
"""Seconds: a first run compiles the search."""
FEW = range(3)
MANY = [*FEW, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 24))]


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as one:
        yield one


def _draw(seed: int, linear: bool = False, portfolio: str = "by_footprint") -> Case:
    """A country of five ICBs with services in collaboratives."""
    draw = random.Random(seed)
    settings = draw_settings(draw, 5, linear) | {"services.portfolio": portfolio}
    dataset, opened = open_collaboratives(draw, random_country(seed, 5, 2), settings)
    if linear:
        dataset = replace(dataset, readiness=None)
    return make_case(dataset, settings | opened)


def _score(case: Case, highs: Highs) -> float:
    try:
        return solve_case(case, highs).objective
    except NoPlanError:
        return float("inf")


@pytest.mark.parametrize("seed", MANY)
def test_every_choice_of_four_levels_looked_through_gives_the_same(seed: int, highs: Highs) -> None:
    """The engine, brute force and the referee agree, with floors and with ready and unready ICBs."""
    case = _draw(seed)
    best = find_best(case.dataset, case.scenario)
    if best is None:
        with pytest.raises(NoPlanError):
            solve_case(case, highs)
        return
    plan = solve_case(case, highs)
    assert plan.objective == pytest.approx(best.cost_m, rel=1e-7, abs=1e-7)
    assert not check_plan(plan, case.dataset, case.scenario)


def test_the_drawn_countries_have_lead_providers_in_their_best_plans(highs: Highs) -> None:
    """The law above is not empty: some best plans hold through a lead provider, some do not."""
    levels = []
    for seed in range(8):
        try:
            levels.append(set(solve_case(_draw(seed), highs).services["level"]))
        except NoPlanError:
            continue
    assert 0 < sum("collaborative" in found for found in levels) < len(levels)


@pytest.mark.long  # compiles the costs
@pytest.mark.parametrize("seed", MANY)
def test_compiled_code_costs_lead_providers_as_python_does(seed: int) -> None:
    """Every set of ICBs, whatever the rules of the map, to the margin that compiled code states."""
    case = _draw(seed)
    each = {"services.min_local_share_each": 0.0, "services.min_local_services_each": 0.0}
    system = replace(case.system, scenario=case.scenario.changed(each))
    masks = np.arange(1, 32, dtype=np.uint64)
    cost_m = build_costs(system).cost(masks, find_delegated(system, masks))
    exact = CandidateCosts(system, masks).priced({})[0]
    known = np.isfinite(exact)
    assert (cost_m[~known] > NOT_ALLOWED / 2).all()
    assert cost_m[known] == pytest.approx(exact[known], rel=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_footprints_that_are_priced_give_the_same(seed: int, highs: Highs) -> None:
    """Where candidates are not listed, pricing knows the lead providers' teams too."""
    case = _draw(seed)
    try:
        priced = solve_priced(case.system, highs, LIMIT).objective
    except (NoPlanError, UnsupportedError):
        return
    assert priced == pytest.approx(_score(case, highs), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("seed", MANY)
def test_the_compact_model_agrees(seed: int, highs: Highs) -> None:
    """It writes a lead provider as a second way to hold, and never sees a candidate."""
    case = _draw(seed, linear=True)
    try:
        decision = solve_compact(case.system, highs)
    except NoPlanError:
        assert _score(case, highs) == float("inf")
        return
    assert sum(decision.terms_m.values()) == pytest.approx(_score(case, highs), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", MANY)
def test_opening_the_level_never_worsens_the_optimum(seed: int, highs: Highs) -> None:
    """And where nothing is marked it changes nothing."""
    case = _draw(seed)
    levels = [o for o in case.scenario.services.levels if o != "collaborative"]
    shut = make_case(case.dataset, case.scenario.changed({"services.levels": levels}).model_dump())
    assert _score(case, highs) <= _score(shut, highs) + 1e-7
    unmarked = replace(case.dataset, services=case.dataset.services.assign(collaborative=False))
    same = _score(make_case(unmarked, case.scenario.model_dump()), highs)
    assert same == pytest.approx(_score(shut, highs), rel=1e-9)


@pytest.mark.parametrize("seed", [1, 12, 20, *MANY[6:]])
def test_one_level_for_all_england_may_be_the_lead_providers(seed: int, highs: Highs) -> None:
    """Chosen once for all footprints, as brute force chooses; what else is refused is so by name."""
    case = _draw(seed, portfolio="uniform")
    best = find_best(case.dataset, case.scenario)
    try:
        plan = solve_case(case, highs)
    except UnsupportedError:  # floors in each footprint, say
        return
    except NoPlanError:
        assert best is None
        return
    assert best is not None
    assert plan.objective == pytest.approx(best.cost_m, rel=1e-7, abs=1e-7)
    assert plan.services.groupby("service")["level"].nunique().max() == 1
    assert not check_plan(plan, case.dataset, case.scenario)


def test_some_best_lists_for_england_have_lead_providers(highs: Highs) -> None:
    """The law above is not empty."""
    for seed in (12, 17, 20):
        plan = solve_case(_draw(seed, portfolio="uniform"), highs)
        assert "collaborative" in set(plan.services["level"]), seed
