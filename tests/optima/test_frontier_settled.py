"""Complete frontiers of settled levels: harder rules, one portfolio for all, and a time limit."""

from __future__ import annotations

import numpy as np
import pytest
from support.more_answers import keep_best, list_groupings, list_values, opened, toy

from optimiser.engine.frontier.bound_sets import (
    NEAR,
    Space,
    Staircase,
    Unfinished,
    Weighted,
    find_best,
)
from optimiser.engine.frontier.epsilon_constraint import trace_frontier
from optimiser.engine.frontier.tracing import open_tracer
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.relaxation.master import Bounded
from optimiser.errors import UnsupportedError
from optimiser.footprints.totals import measure_amounts
from optimiser.questions.frontier import frontier
from optimiser.questions.solve import solve


def _values(x: str, y: str, floor: float) -> np.ndarray:
    every = list_values(opened(), (x, y, "local_spend"), "local")
    return keep_best(every[every[:, 2] >= floor - 1e-9][:, :2])


@pytest.mark.parametrize("floor", [0.0, 100.0, 140.0, 160.0])
def test_a_floor_on_local_spend_leaves_what_brute_force_leaves(floor: float) -> None:
    """Under a floor across footprints every non-dominated plan is found, and nothing else."""
    held = (Bounded("local_spend", floor, np.inf),) if floor else ()
    names = ("leakage", "volatility", "local_spend")
    with Highs() as highs:
        tracer = open_tracer(opened().system, highs, names, "local", 60, fixed_bounds=held)
        found = trace_frontier(tracer, "leakage", "volatility", method="all")
    got = np.array([[one.measures["leakage"], one.measures["volatility"]] for one in found.points])
    np.testing.assert_allclose(got, _values("leakage", "volatility", floor), atol=1e-6)
    assert found.complete


@pytest.mark.long
@pytest.mark.parametrize("moved", [1, 2, 3])
def test_a_limit_on_moves_leaves_what_brute_force_leaves(moved: int) -> None:
    """Plans that move more ICBs than allowed are on no frontier."""
    names = ("cost", "disruption")
    change = (("footprints__max_moved", moved),)
    free, held = opened(), opened(change)
    groupings = list_groupings(free)
    rows = free.system.baseline
    assert rows is not None
    from optimiser.plan.distance import homes, measure_distance

    inside = []
    for masks in groupings:
        away = measure_distance(rows, homes(masks, free.system.size), free.system.residents)
        if away.icbs_moved <= moved:
            amounts = measure_amounts(free.system, masks, names, "best")
            inside.append([amounts.fixed[name].sum() for name in names])
    with Highs() as highs:
        tracer = open_tracer(held.system, highs, names, "best", 60)
        found = trace_frontier(tracer, *names, method="all")
    got = np.array([[one.measures[name] for name in names] for one in found.points])
    np.testing.assert_allclose(got, keep_best(np.array(inside)), atol=1e-6)


def test_under_one_portfolio_the_best_plan_begins_the_frontier() -> None:
    """The cheapest plan of the frontier is the best plan, whose portfolio all its plans have."""
    scenario = toy(services__portfolio="uniform")
    best = solve(scenario)
    traced = frontier(scenario, "cost", "disruption", method="all")
    first = traced.frontier.points[0]
    assert first.measures["cost"] == pytest.approx(best.objective, abs=1e-6)
    for point in traced.frontier.points:
        assert (point.choice == first.choice[0]).all()
    with pytest.raises(UnsupportedError, match="--levels best"):
        frontier(scenario, "cost", "disruption", levels="open")


def test_one_plan_that_is_best_in_both_is_the_whole_frontier() -> None:
    """With one number of footprints, the plan of least cost is the only answer."""
    names = ("cost", "footprints")
    with Highs() as highs:
        tracer = open_tracer(opened((("footprints__count", 3),)).system, highs, names, "best", 60)
        found = trace_frontier(tracer, *names, method="all")
    assert len(found.points) == 1
    assert found.complete
    assert "no trade-off" in found.statement


def test_a_staircase_keeps_what_nothing_dominates() -> None:
    """Whatever the order of offers, the plans kept are those that brute force keeps."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        values = rng.integers(0, 12, (20, 2)).astype(float)
        stairs = Staircase()
        for value in values:
            stairs.offer(value, np.zeros(0, dtype=np.int64))
        np.testing.assert_allclose(stairs.values, keep_best(values))


def test_a_plan_of_an_unfinished_search_is_kept_only_when_it_is_proven() -> None:
    """Inside the part that is open, a plan above the level reached may be dominated."""
    rest = Unfinished(0.0, 10.0, np.array([0.5, 0.5]), 4.0)
    assert rest.proves(np.array([3.0, 5.0]))
    assert not rest.proves(np.array([4.0, 5.0]))
    assert rest.proves(np.array([10.0, 1.0]))
    assert rest.proves(np.array([12.0, 9.0]))


def test_a_search_out_of_time_says_so() -> None:
    """The deadline ends a search for one best plan rather than letting it claim one."""
    size = 18
    bits = [1 << i for i in range(size)]
    masks = np.array(bits + [a | b for a in bits for b in bits if a < b], dtype=np.uint64)
    order = np.argsort(masks)
    values = np.ones((len(masks), 2))
    space = Space(masks[order], size, values, size, lambda rows: False, 0.0)
    proven = Weighted(np.array([1.0, 0.0]), 0.0, np.full(len(masks), NEAR))
    with pytest.raises(TimeoutError):
        find_best(space, proven)
