"""The exact method under one list for all England: bound, choose candidates and answers, search.

Were every footprint to give its own answers, a candidate would have one cost: the relaxation of that is
a first bound, whose prices tell which candidates and answers a better plan than the first could use.
Those alone are kept for the search (:mod:`optimiser.engine.uniform.branch_and_bound`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.listed import Listed, find_unit
from optimiser.engine.partition import solve_partition
from optimiser.engine.relaxation.master import Bounded, Rows, bounded_measures
from optimiser.engine.relaxation.pricing import no_columns, solve_relaxation
from optimiser.engine.search import Search, Status
from optimiser.engine.selection import build_single_sum
from optimiser.engine.uniform.branch_and_bound import Node, branch_and_bound, write_prices
from optimiser.engine.uniform.confirm import confirm
from optimiser.engine.uniform.plans import (
    IMPROVING_SECONDS,
    UniformSearch,
    best_answers,
    improve,
)
from optimiser.footprints.costs import KnownCosts
from optimiser.footprints.portfolio import LevelsForAll, Measuring, Portfolio
from optimiser.footprints.system import System

NEAR = 5_000
"""Candidates of the smallest reduced costs, among which first plans are sought: seconds."""
START_SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
"""A first plan gives answers that at least this share of the candidates may give: from the cautious,
which always has a plan, to the bold."""


def search_one_list(
    search: Search, measuring: Measuring, masks: Masks, rows: Rows, limits: tuple[Bounded, ...]
) -> Status:
    """The best grouping together with one answer per service for all England, proven.

    Args:
        search: has begun; holds the plan and the bound at the end.
        measuring: of candidates.
        masks: all candidates, (m,).
        rows: of the partition, limits apart.
        limits: measures bounded across footprints, in the order that candidates are measured in.
    """
    return search.run(lambda: _take_steps(search, measuring, masks, rows, limits))


def _take_steps(
    search: Search, measuring: Measuring, masks: Masks, rows: Rows, limits: tuple[Bounded, ...]
) -> Status:
    cost_m = measuring.cheapest(masks)
    able = np.isfinite(cost_m)
    masks, cost_m = masks[able], cost_m[able]
    if not len(masks) or int(np.bitwise_or.reduce(masks)) != (1 << rows.size) - 1:
        return "infeasible"
    search.unit = find_unit(cost_m)
    search.done("measure", f"every service in every candidate ({len(masks):,})")
    source = Listed(KnownCosts(masks, cost_m), rows.size, build_single_sum)
    free = solve_relaxation(search.highs, source, rows, no_columns(rows), search.deadline.left)
    search.raise_bound(free.bound)
    reduced = free.pricing.reduced - free.pricing.least
    _find_plans(search, measuring, source, rows, limits, reduced)
    room = search.best_m - free.bound + search.tolerance_m
    first = "no plan yet" if search.incumbent is None else f"first plan scores {search.best_m:,.2f}"
    kept = np.flatnonzero(reduced <= room)
    portfolio = measuring.measure(masks[kept], reduced[kept], room)
    search.done("plan", f"{first}; {len(kept):,} candidates may be in a better one")
    state = UniformSearch(search, portfolio, rows, limits, (write_prices(free.duals),))
    if search.incumbent is not None:
        state.recall(search.incumbent.masks)
    answers = tuple(np.arange(len(names)) for names in portfolio.names)
    search.survivors = len(kept)
    branch_and_bound(state, Node(answers, np.arange(len(kept)), free.bound))
    if search.incumbent is None:
        return "infeasible"
    parts = "1 part" if len(state.tree) == 1 else f"{len(state.tree)} parts"
    search.done("prove", f"best plan scores {search.best_m:,.2f}, proven in {parts}")
    search.certificate = {
        "method": "branch and bound",
        "parts": len(state.tree),
        "tree": state.tree,
    }
    if isinstance(measuring, LevelsForAll):
        assert state.chosen is not None
        confirm(search, measuring.system, portfolio, state.chosen[1])
    return "optimal"


def _find_plans(
    search: Search,
    measuring: Measuring,
    source: Listed,
    rows: Rows,
    limits: tuple[Bounded, ...],
    reduced: Floats,
) -> None:
    """First plans, among the likeliest candidates.

    One where each footprint has its own answers, and some of answers that many candidates may give.
    """
    near = np.sort(np.argsort(reduced, kind="stable")[:NEAR])
    own = solve_partition(source, rows, search.highs, search.deadline.sooner(IMPROVING_SECONDS))
    if own.status == "interrupted":
        raise KeyboardInterrupt
    if own.incumbent is not None:
        places = np.searchsorted(source.masks, own.incumbent.masks)
        near = np.union1d(near, places)
    portfolio = measuring.measure(source.masks[near], reduced[near], math.inf)
    state = UniformSearch(search, portfolio, rows, limits)
    if own.incumbent is not None:
        answers = state.offer(np.searchsorted(near, places))
        if answers is not None:
            improve(state, answers)
    for least in START_SHARES:
        improve(state, _answers_of_many(portfolio, least))


def _answers_of_many(portfolio: Portfolio, least: float) -> Ints:
    """The cheapest answer of each group among those that a share of the candidates may give, (G,)."""
    found = []
    for cost in portfolio.cost_m:
        finite = np.isfinite(cost)
        share = finite.mean(axis=0)
        mean = np.where(finite, cost, 0.0).sum(axis=0) / np.maximum(finite.sum(axis=0), 1)
        many = share >= min(least, share.max())
        found.append(int(np.where(many, mean, np.inf).argmin()))
    return np.array(found, dtype=np.int64)


def measure_one_year(system: System) -> tuple[LevelsForAll, tuple[Bounded, ...]]:
    """How a scenario's candidates are measured, and its measures bounded across footprints."""
    limits = bounded_measures(system.scenario.services)
    return LevelsForAll(system, tuple(limit.name for limit in limits)), limits


def settle_one_list(
    measuring: Measuring, limits: Sequence[Bounded], highs: Highs, masks: Masks
) -> tuple[tuple[str, ...], Ints, float]:
    """Best answers for given footprints: their names, their places, (G,), and the cost, £m.

    The cost is infinite where none are allowed.
    """
    plan = measuring.measure(masks, np.zeros(len(masks)), math.inf)
    if not all(plan.names):
        return (), np.zeros(0, np.int64), math.inf
    answers, cost_m = best_answers(highs, plan, limits, find_unit(plan.fixed_m))
    named = zip(plan.names, answers, strict=True)
    return tuple(names[k] for names, k in named), answers, cost_m


def settle_uniform(system: System, highs: Highs, masks: Masks) -> tuple[Ints, float]:
    """Best uniform levels of a given grouping, (K, G), and its cost, £m (inf when none is allowed)."""
    measuring, limits = measure_one_year(system)
    _, answers, cost_m = settle_one_list(measuring, limits, highs, masks)
    return np.tile(answers, (len(masks), 1)), cost_m
