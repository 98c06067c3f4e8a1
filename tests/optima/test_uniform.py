"""Laws of the uniform portfolio: exact against brute force, and never cheaper than by footprint."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from optimiser.errors import StoppedWithoutPlanError, UnsupportedError
from optimiser.footprints.costs import fixed_cost
from optimiser.footprints.levels import cost_groups
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.questions import solve as workflow
from optimiser.questions.case import open_case

TOY = """
dataset = "{folder}"
[footprints]
count = [2, 4]
population_m = [1.5, 6]
[services]
portfolio = "uniform"
"""


def toy(tmp_path: Path, **overrides: object) -> Scenario:
    """The toy country under a uniform portfolio, with settings replaced."""
    file = tmp_path / "toy.toml"
    folder = Path(__file__).parents[2] / "inputs" / "toy"
    file.write_text(TOY.format(folder=folder.as_posix()), encoding="utf-8")
    changes = {key.replace("__", "."): value for key, value in overrides.items()}
    return read_scenario(file).changed(changes)


def partitions(masks: list[int], everyone: int) -> Iterator[tuple[int, ...]]:
    """Every way to divide the map into listed footprints."""
    if not everyone:
        yield ()
        return
    lowest = everyone & -everyone
    for mask in masks:
        if mask & lowest and not mask & ~everyone:
            for rest in partitions(masks, everyone & ~mask):
                yield (mask, *rest)


def brute_force(system: System) -> float:
    """Cheapest plan over every grouping and, for each, every group's levels one by one."""
    candidates = list_candidates(system, footprint_rules(system))
    index = {int(mask): k for k, mask in enumerate(candidates.masks)}
    cost = cost_groups(system, candidates.masks).cost_m
    fixed = fixed_cost(system, candidates.masks)
    fewest, most = system.scenario.footprints.count_window
    best = np.inf
    for plan in partitions(list(index), (1 << system.size) - 1):
        if fewest <= len(plan) <= most:
            rows = [index[mask] for mask in plan]
            best = min(best, fixed[rows].sum() + cost[:, rows].sum(axis=1).min(axis=0).sum())
    return float(best)


CASES = {
    "plain": {},
    "three levels": {"services.levels": ("national", "footprint", "icb")},
    "dear leakage": {"objective.leakage": 3.0},
    "calm": {"services.max_cv": 0.1, "objective.integration": 3.0},
    "forced local": {"services.force_local": ("KIDNEY",)},
    "two providers": {"services.min_providers": 2, "objective.integration": 3.0},
}


@pytest.mark.parametrize("name", CASES)
def test_uniform_optimum_is_that_of_brute_force(name: str, tmp_path: Path) -> None:
    """Branch and bound finds what trying every grouping with every level for all England finds."""
    scenario = toy(tmp_path)
    overrides = dict(CASES[name])
    case = open_case(scenario)
    if "services.force_local" in overrides:
        free = [
            code
            for code, barred in zip(
                case.system.services.codes, case.system.services.barred, strict=True
            )
            if not barred
        ]
        overrides["services.force_local"] = (free[0],)
    scenario = scenario.changed(overrides)
    case = open_case(scenario)
    plan = workflow.solve(scenario)
    assert plan.outcome.status == "optimal"
    assert plan.objective == pytest.approx(brute_force(case.system), rel=1e-9)
    assert plan.outcome.gap == 0.0


def test_every_service_has_one_level_in_all_england(tmp_path: Path) -> None:
    """Under a uniform portfolio no service has two levels."""
    plan = workflow.solve(toy(tmp_path))
    assert (plan.services.groupby("service")["level"].nunique() == 1).all()


@pytest.mark.parametrize("leakage", [0.2, 1.0, 4.0])
def test_uniform_costs_at_least_as_much_as_by_footprint(leakage: float, tmp_path: Path) -> None:
    """One level for all is a restriction: it never costs less than each footprint's own choice."""
    uniform = toy(tmp_path, objective__leakage=leakage)
    own = uniform.changed({"services.portfolio": "by_footprint"})
    assert workflow.solve(uniform).objective >= workflow.solve(own).objective - 1e-9


def test_opening_an_level_never_worsens_the_uniform_optimum(tmp_path: Path) -> None:
    """With single ICBs as a third level the best plan costs no more."""
    two = toy(tmp_path)
    three = two.changed({"services.levels": ("national", "footprint", "icb")})
    assert workflow.solve(three).objective <= workflow.solve(two).objective + 1e-9


def test_services_forced_either_way_stay_so(tmp_path: Path) -> None:
    """What is forced national or local is so in every footprint of the best plan."""
    scenario = toy(tmp_path)
    case = open_case(scenario)
    free = [
        code
        for code, barred in zip(
            case.system.services.codes, case.system.services.barred, strict=True
        )
        if not barred
    ]
    for one, other in itertools.permutations(free[:2]):
        forced = scenario.changed(
            {"services.force_local": (one,), "services.force_national": (other,)}
        )
        table = workflow.solve(forced).services.set_index("service")["level"]
        assert (table.loc[[one]] != "national").all()
        assert (table.loc[[other]] == "national").all()


def test_a_floor_on_local_services_is_kept(tmp_path: Path) -> None:
    """A floor on the number of local services binds and is met."""
    scenario = toy(tmp_path, objective__integration=0.0)
    floored = scenario.changed({"services.min_local_services": 2})
    plan = workflow.solve(floored)
    assert plan.footprints["local_services"].min() >= 2
    assert plan.objective >= workflow.solve(scenario).objective - 1e-9


@pytest.mark.parametrize(
    "override",
    [
        {"services.min_local_share_each": 0.5},
        {"services.max_leakage_m": 5.0},
        {"footprints.baseline": "rows", "footprints.max_moved": 2},
    ],
)
def test_what_is_not_solved_is_refused_with_the_reason(
    override: dict[str, object], tmp_path: Path
) -> None:
    """Combinations that the search can't price are refused by name, never ignored."""
    with pytest.raises(UnsupportedError, match="uniform"):
        workflow.solve(toy(tmp_path).changed(override))


def test_a_limit_leaves_an_honest_gap(tmp_path: Path) -> None:
    """Stopped early, the plan held is still right and the bound is below it; some limit leaves one."""
    plans = []
    for seconds in (0.1, 1.0, 30.0):
        try:
            plans.append(workflow.solve(toy(tmp_path, solver__time_limit=seconds)))
        except StoppedWithoutPlanError:
            assert seconds < 30
    bounds = [plan.outcome.bound for plan in plans]
    assert bounds[-1] is not None
    for plan, bound in zip(plans, bounds, strict=True):
        assert bound is None or bound <= plan.objective + 1e-9
        assert (bound is None) == (plan.outcome.gap is None)
