"""Laws that hold in every country, on countries drawn at random."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.brute import find_best
from support.cases import Settings, country, grid, make_case, network, permuted, toy
from support.countries import random_country

from optimiser.engine.highs.adapter import Basis, Highs, Problem, Result
from optimiser.engine.listed import Listed
from optimiser.engine.relaxation.master import dual_objective, master_rows
from optimiser.engine.relaxation.pricing import no_columns, solve_relaxation
from optimiser.engine.selection import build_by_footprint
from optimiser.engine.solve import engine_settings
from optimiser.errors import NoPlanError, StoppedWithoutPlanError
from optimiser.footprints.candidates import list_connected
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.measures import measure_footprints
from optimiser.footprints.rules import footprint_rules
from optimiser.inputs.dataset import Dataset
from optimiser.plan.plan import Plan
from optimiser.proof.referee import check_plan
from optimiser.questions.case import Case
from optimiser.questions.solve import solve_case

SEEDS = st.integers(0, 10_000)
few = settings(max_examples=6, deadline=None, derandomize=True, database=None)
many = settings(max_examples=20, deadline=None, derandomize=True, database=None)
CONSTRAINED: Settings = {
    "services.max_leakage_m": 45.0,
    "services.min_local_services": 0.8,
    "footprints.count": (2, 4),
    "objective.integration": 2.0,
}
MILD: Settings = {"readiness.joint": 1.0, "readiness.delegated": 2.0}


@cache
def process() -> Highs:
    """One HiGHS process for all laws."""
    return Highs()


@pytest.fixture(scope="module", autouse=True)
def _end_of_process() -> object:
    yield
    process().close()
    process.cache_clear()


def solved(case: Case) -> Plan | None:
    """The best plan, or None when it is proven that there is none."""
    try:
        return solve_case(case, process())
    except NoPlanError:
        return None


def optimum(dataset: Dataset, chosen: Settings) -> float:
    """Cost of the best plan; infinite when there is none."""
    plan = solved(make_case(dataset, chosen))
    return math.inf if plan is None else plan.objective


@many
@given(SEEDS, st.integers(1, 254), st.integers(1, 254))
def test_leakage_never_rises_when_footprints_merge(seed: int, one: int, two: int) -> None:
    """What leaks from a union is no more than what leaks from its parts."""
    two &= ~one
    assume(two)
    system = make_case(random_country(seed % 20, size=8), {}).system
    masks = np.array([one, two, one | two], dtype=np.uint64)
    leak = measure_footprints(system, masks, np.arange(3)).leakage_m
    assert np.all(leak[2] <= leak[0] + leak[1] + 1e-9)


@many
@given(SEEDS, st.integers(1, 254), st.integers(1, 254))
def test_risk_pools(seed: int, one: int, two: int) -> None:
    """Variances of chance add up when footprints merge, so deviations grow by less than they do."""
    two &= ~one
    assume(two)
    system = make_case(random_country(seed % 20, size=8), {}).system
    masks = np.array([one, two, one | two], dtype=np.uint64)
    sd = measure_footprints(system, masks, np.arange(3)).sd_m
    assert sd[2] ** 2 == pytest.approx(sd[0] ** 2 + sd[1] ** 2)
    assert sd[2] < sd[0] + sd[1]


TIGHT_AND_LOOSE: tuple[tuple[Settings, Settings], ...] = (
    ({"footprints.count": 3}, {"footprints.count": (2, 4)}),
    ({"footprints.population_m": (1.5, 4.0)}, {"footprints.population_m": (1.0, 5.0)}),
    ({"footprints.members": (2, 3)}, {"footprints.members": (1, 4)}),
    ({"footprints.max_travel_minutes": 90.0}, {"footprints.max_travel_minutes": 120.0}),
    ({"services.min_providers": 3}, {"services.min_providers": 1}),
    ({"services.max_cv": 0.05}, {"services.max_cv": 0.1}),
    ({"services.min_local_share_each": 0.9}, {"services.min_local_share_each": 0.5}),
    ({"services.min_local_services_each": 3.0}, {"services.min_local_services_each": 2.0}),
    ({"readiness.joint": 2.6}, {"readiness.joint": 2.6, "readiness.required": False}),
    ({"services.force_local": "all"}, {"services.force_local": ("S0",)}),
    ({"services.min_patients": 200.0}, {"services.min_patients": 50.0}),
    ({"readiness.delegated": 3.0}, {"readiness.delegated": 2.0}),
    ({"services.max_leakage_m": 40.0}, {"services.max_leakage_m": 45.0}),
    ({"services.min_local_spend_m": 30.0}, {"services.min_local_spend_m": 10.0}),
    ({"services.max_volatility_m": 2.0}, {"services.max_volatility_m": 5.0}),
    ({"services.max_local_services": 1.0}, {"services.max_local_services": 2.5}),
    ({"services.force_local": ("S0",)}, {}),
    ({"footprints.keep_together": (("N0", "N1"),)}, {}),
    ({"footprints.keep_apart": (("N0", "N1"),)}, {}),
    (
        {"footprints.baseline": "halves", "footprints.max_moved": 1},
        {"footprints.baseline": "halves", "footprints.max_moved": 3},
    ),
    ({"footprints.contiguous": True}, {"footprints.contiguous": False}),
    ({"services.portfolio": "uniform"}, {}),
    ({"services.levels": ("national",)}, {"services.levels": ("national", "footprint")}),
    (
        {"services.levels": ("national", "footprint")},
        {"services.levels": ("national", "footprint", "icb")},
    ),
)


@pytest.mark.parametrize(("tight", "loose"), TIGHT_AND_LOOSE, ids=lambda part: " ".join(part))
@pytest.mark.parametrize("seed", [5])
def test_a_looser_rule_or_one_more_level_never_worsens_the_optimum(
    tight: Mapping[str, object], loose: Mapping[str, object], seed: int
) -> None:
    """Whatever obeys the tighter rule obeys the looser one."""
    usual = {**MILD, "footprints.members": (1, 4), "objective.governance_cost_m": 0.1}
    dataset = random_country(seed)
    assert optimum(dataset, {**usual, **loose}) <= optimum(dataset, {**usual, **tight}) + 1e-6


@few
@given(SEEDS)
def test_relabelling_changes_nothing(seed: int) -> None:
    """The order of the tables' rows has no say in what the best plan costs."""
    chosen = {**MILD, "footprints.members": (1, 4), "services.max_local_spend_m": 60.0}
    dataset = random_country(seed)
    shuffled = permuted(dataset, seed + 1)
    assert optimum(shuffled, chosen) == pytest.approx(optimum(dataset, chosen), abs=1e-6)


@many
@given(SEEDS, st.integers(1, 9))
def test_listing_meets_each_connected_set_once(seed: int, size: int) -> None:
    """The listing is every connected set of the map, found the slow way, each once."""
    system = make_case(random_country(seed, size=max(size, 2), services=1), {}).system
    neighbours = [int(mask) for mask in system.neighbours]
    naive = [mask for mask in range(1, 1 << system.size) if _is_connected(mask, neighbours)]
    listed = list_connected(system.neighbours, lambda masks: np.ones(len(masks), dtype=bool))
    assert listed.tolist() == naive


def _is_connected(mask: int, neighbours: list[int]) -> bool:
    reached = mask & -mask
    while True:
        grown = reached
        for i in range(len(neighbours)):
            if reached >> i & 1:
                grown |= neighbours[i] & mask
        if grown == reached:
            return reached == mask
        reached = grown


@few
@given(SEEDS, st.booleans(), st.booleans())
def test_the_relaxation_proves_a_bound(seed: int, bounded: bool, moves: bool) -> None:
    """No reduced cost is negative, the duals earn the bound, and no plan is below it."""
    chosen: dict[str, object] = {**MILD, "footprints.members": (1, 3), "footprints.count": (2, 4)}
    chosen |= {"services.max_leakage_m": 40.0} if bounded else {}
    chosen |= {"footprints.baseline": "halves", "footprints.max_moved": 2} if moves else {}
    case = make_case(random_country(seed), chosen)
    rows = master_rows(case.system)
    masks = list_candidates(case.system, footprint_rules(case.system)).masks
    costs = CandidateCosts(case.system, masks, tuple(one.name for one in rows.bounded))
    source = Listed(costs, rows.size, build_by_footprint(case.system))
    best = find_best(case.dataset, case.scenario)
    try:
        relaxed = solve_relaxation(process(), source, rows, no_columns(rows), lambda: 60.0)
    except NoPlanError:
        assert best is None
        return
    scale = max(1.0, abs(relaxed.bound))
    assert relaxed.pricing.reduced.min() >= -1e-8 * scale
    assert dual_objective(relaxed.duals, rows) == pytest.approx(relaxed.bound, abs=1e-6 * scale)
    assert best is None or relaxed.bound <= best.cost_m + 1e-6


@few
@given(SEEDS, st.sampled_from([0.0, 0.5]), st.booleans())
def test_the_referee_passes_every_plan(seed: int, floor: float, singly: bool) -> None:
    """A plan that the engine returns breaks no rule and adds up; its bound is its cost."""
    levels = ("national", "footprint", "icb") if singly else ("national", "footprint")
    chosen = {
        "footprints.members": (1, 4),
        "services.min_local_share_each": floor,
        "services.levels": levels,
        "objective.holding_cost_m": 0.1,
        "objective.transition_delegate": 0.02,
        "objective.transition_clawback": 0.05,
        "objective.allocation": 0.2,
        "services.min_providers": 0,
        "readiness.delegated": 2.7,
    }
    dataset = random_country(seed)
    services = dataset.services.assign(min_providers=0, needs_delegation=False)
    case = make_case(replace(dataset, services=services), chosen)
    plan = solved(case)
    assert plan is not None
    assert check_plan(plan, case.dataset, case.scenario) == ()
    assert plan.outcome.bound == pytest.approx(plan.objective)


@pytest.mark.parametrize("seconds", [1e-6, 0.02, 0.06, 0.2, 5.0])
def test_little_time_gives_an_honest_answer(seconds: float) -> None:
    """At the limit there is no plan, and that is said, or a plan with a bound not above it."""
    case = make_case(toy(), {"solver.time_limit": seconds, "services.max_leakage_m": 3.0})
    try:
        plan = solve_case(case, process())
    except StoppedWithoutPlanError:
        assert seconds < 5
        return
    assert plan.outcome.bound is not None
    assert plan.outcome.bound <= plan.objective + 1e-9
    assert check_plan(plan, case.dataset, case.scenario) == ()


class Contented(Highs):
    """HiGHS that stops at the first plan it meets, as a wide gap lets it."""

    def solve(
        self, problem: Problem, seconds: float = math.inf, basis: Basis | None = None
    ) -> Result:
        """Any feasible solution of a MIP; an LP as ever."""
        if not problem.integer.any():
            return super().solve(problem, seconds, basis)
        found = super().solve(replace(problem, cost=-problem.cost), seconds)
        if found.values is None:
            return found
        objective = float(problem.cost @ found.values) + problem.offset
        return replace(found, objective=objective, bound=-math.inf)


def test_a_permitted_gap_is_not_called_proof() -> None:
    """Where HiGHS may stop early, the bound is still at or below the true optimum."""
    gaps = []
    for seed in range(4):
        case = make_case(random_country(seed), {**MILD, **CONSTRAINED, "solver.gap": 0.9})
        best = find_best(case.dataset, case.scenario)
        assert best is not None
        with Contented(engine_settings(case.system)) as early:
            plan = solve_case(case, early)
        assert plan.outcome.bound is not None
        assert plan.outcome.bound <= best.cost_m + 1e-6
        assert plan.objective >= best.cost_m - 1e-6
        gaps.append(plan.outcome.gap or 0.0)
    assert max(gaps) > 0.01, "no case stopped early, so nothing was tested"


def ring(size: int) -> Dataset:
    """ICBs in a ring, alike in everything."""
    icbs = [f"R{k}" for k in range(size)]
    links = [(icbs[k], icbs[(k + 1) % size]) for k in range(size)]
    return country({("S", i, i): 1.0 for i in icbs}, icbs, links)


IMPOSSIBLE: Mapping[str, tuple[Dataset, Settings]] = {
    "a triangle in pairs": (ring(3), {"footprints.members": (2, 2)}),
    "a ring of seven in pairs": (ring(7), {"footprints.members": (2, 2)}),
    "two of a ring of four in threes": (ring(4), {"footprints.members": (3, 3)}),
    "more footprints than pairs": (
        ring(4),
        {"footprints.members": (2, 2), "footprints.count": 3},
    ),
    "too few people": (ring(4), {"footprints.population_m": (5.0, 9.0)}),
    "a floor out of reach": (ring(4), {"services.min_local_spend_m": 4.1}),
    "a floor and a ceiling that clash": (
        ring(4),
        {"services.min_local_services": 1.0, "services.max_local_spend_m": 3.9},
    ),
    "apart on all sides": (
        ring(4),
        {"footprints.keep_apart": (("R0", "R1"), ("R0", "R3")), "footprints.members": (2, 4)},
    ),
    "an odd grid in dominoes": (network(grid(3, 3)), {"footprints.members": (2, 2)}),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_no_plan_is_proven(name: str) -> None:
    """Where no plan exists, in fractions or in whole footprints, that is what is said."""
    dataset, chosen = IMPOSSIBLE[name]
    case = make_case(dataset, {**chosen, "objective.volatility": 0.0})
    assert find_best(dataset, case.scenario) is None
    with pytest.raises(NoPlanError):
        solve_case(case, process())


def test_a_forbidden_level_stays_shut_before_any_plan_is_held() -> None:
    """With no plan held the gap is infinite, and still a rule is a rule.

    Members that come in pairs of a triangle with tails leave the relaxation fractional, and the
    ceiling leaves the levels open to the last step.
    """
    found = []
    for seed in range(8):
        chosen = {
            "footprints.members": (2, 4),
            "footprints.count": (2, 3),
            "services.max_leakage_m": 35.0 + 5.0 * (seed % 4),
            "services.min_local_services": 0.8,
            "readiness.delegated": 3.0,
            "objective.integration": 4.0,
        }
        case = make_case(random_country(seed), chosen)
        best = find_best(case.dataset, case.scenario)
        expected = math.inf if best is None else best.cost_m
        assert optimum(case.dataset, chosen) == pytest.approx(expected, abs=1e-6)
        found.append(best is not None)
    assert any(found), "no case has a plan, so nothing was tested"


EXACT_LIMITS = {
    "people": {"footprints.population_m": (1.001, 2.002)},
    "spend": {"footprints.spend_m": (0.3, 0.6)},
    "patients": {
        "services.min_patients": 30.0,
        "services.min_providers": 0,
        "services.force_local": ("S",),
    },
}


@pytest.mark.parametrize("name", EXACT_LIMITS)
def test_what_just_meets_a_limit_obeys_it(name: str) -> None:
    """A footprint that has exactly the least or the most is inside, whatever the rounding."""
    icbs = ["A", "B", "C", "D"]
    flow_m = {("S", i, j): 0.1 for i in icbs for j in icbs[:3]}
    links = [("A", "B"), ("B", "C"), ("C", "D")]
    dataset = country(flow_m, icbs, links, dict.fromkeys(icbs, 1_001_000.0))
    for count in (2, 3, 4):
        case = make_case(dataset, {**EXACT_LIMITS[name], "footprints.count": count})
        best = find_best(dataset, case.scenario)
        assert best is not None
        assert optimum(dataset, {**EXACT_LIMITS[name], "footprints.count": count}) == pytest.approx(
            best.cost_m
        )
