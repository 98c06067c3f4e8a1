"""Branch and bound for the uniform portfolio, every node priced over all candidates."""

from __future__ import annotations

import heapq
import itertools
import time
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from optimiser.arrays import Bools, Floats, Ints
from optimiser.deadline import Deadline, OutOfTimeError
from optimiser.engine.highs.adapter import Highs, Problem
from optimiser.engine.listed import Listed
from optimiser.engine.partition import Aim, solve_partition
from optimiser.engine.relaxation.master import UNMATCHED, Columns, Rows
from optimiser.engine.search import Search
from optimiser.engine.selection import build_single_sum
from optimiser.engine.uniform.node import NodeResult, open_node, solve_node
from optimiser.engine.uniform.portfolio import Limits, Node, Portfolio
from optimiser.engine.uniform.tree import EMPTY, SEARCHED, SPLIT, Tree
from optimiser.footprints.costs import KnownCosts
from optimiser.tolerances import WHOLE

IMPROVING_SECONDS = 10.0
"""After which a better plan for given levels is given up: none is needed for the proof."""
ALTERNATIONS = 6
"""Between best plan and best levels: it seldom takes more than three until nothing changes."""
IMPROVED_FIRST, IMPROVED_EACH = 5, 5
"""Nodes near which better plans are sought: the first few, then every so many."""
SECONDS_BETWEEN_REPORTS = 2.0
"""Often enough to see it move, seldom enough to be read."""


@dataclass
class UniformSearch:
    """State of the branch and bound: the search, what is held in its plan, the pool of columns.

    Attributes:
        search: holds the best plan and the bound.
        portfolio: all candidates.
        limits: across footprints.
        rows: of the partition with all groups settled.
        span_m: the least and most that each group can add to a plan's cost, £m, (G,) each.
        held: groups that footprints hold in the best plan, (G,).
        pool: candidates whose columns other nodes were solved on.
        nodes: how many were solved.
        tried: groups for which the best plan was sought.
        tree: what is saved of the nodes.
    """

    search: Search
    portfolio: Portfolio
    limits: Limits
    rows: Rows
    span_m: tuple[Floats, Floats]
    held: Bools
    pool: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    nodes: int = 0
    tried: set[bytes] = field(default_factory=set)
    tree: Tree = field(default_factory=Tree)
    reported: float = field(default_factory=time.monotonic)

    def beaten(self, bound: float) -> bool:
        """Whether no plan of this bound can be better than the best held; never while none is."""
        best, tolerance = self.search.best_m, self.search.tolerance_m
        return bool(np.isfinite(best) and bound >= best - tolerance)

    def offer(self, rows: Ints, held: Bools) -> None:
        """Keep a plan with given levels if they are allowed, within the limits, and the best so far."""
        plan = self.portfolio.taken(rows)
        if plan.allow(held).all() and self.limits.meet(plan, held):
            cost_m = float(plan.total_m(held).sum())
            if cost_m < self.search.best_m:
                self.search.offer(plan.masks, cost_m)
                self.held = held

    def solve(self, node: Node) -> NodeResult:
        """The relaxation of a node."""
        search = self.search
        source = open_node(self.portfolio, self.limits, node, self.span_m, search.unit)
        result = solve_node(search.highs, source, self.pool, search.deadline.left)
        self.pool = np.union1d(self.pool, result.priced)
        return result


def best_levels(highs: Highs, plan: Portfolio, limits: Limits, unit: float) -> tuple[Bools, float]:
    """Best groups for the footprints of a plan to hold, (G,), and its cost, £m.

    The cost is infinite where no groups are allowed within the limits.

    Raises:
        KeyboardInterrupt: the user interrupted.
    """
    held, cost_m = plan.best_groups()
    if np.isinf(cost_m) or limits.meet(plan, held):
        return held, cost_m
    total = plan.gain_m.sum(axis=0)
    result = highs.solve(
        Problem(
            cost=total,
            lower=plan.forced.astype(float),
            upper=plan.allowed.all(axis=0).astype(float),
            integer=np.ones(len(total), dtype=bool),
            matrix=sparse.csc_array(np.vstack([plan.spend_m, plan.services])),
            row_lower=np.array([limits.spend_m[0], limits.services[0]]),
            row_upper=np.array([limits.spend_m[1], limits.services[1]]),
            unit=unit,
        )
    )
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    if result.values is None:
        return held, np.inf
    held = np.asarray(result.values > 0.5)
    return held, float(plan.total_m(held).sum())


def improve(state: UniformSearch, held: Bools) -> None:
    """Best plan for the levels, best levels for the plan, until nothing changes."""
    search = state.search
    for _ in range(ALTERNATIONS):
        key = held.tobytes()
        if key in state.tried:
            return
        state.tried.add(key)
        try:
            plan = best_plan(state, held, search.deadline.sooner(IMPROVING_SECONDS))
        except OutOfTimeError:
            search.deadline.left()
            return
        if plan is None:
            return
        state.offer(plan, held)
        held, cost_m = best_levels(
            search.highs, state.portfolio.taken(plan), state.limits, search.unit
        )
        if np.isinf(cost_m):
            return
        state.offer(plan, held)


def best_plan(
    state: UniformSearch, held: Bools, deadline: Deadline, among: Ints | None = None
) -> Ints | None:
    """The best plan when exactly these groups are held by footprints; None where none is better.

    Args:
        state: of the search.
        held: the groups, (G,).
        deadline: when to stop.
        among: the candidates that may be in it; all by default.

    Raises:
        OutOfTimeError: the deadline came first.
        KeyboardInterrupt: the user interrupted.
    """
    portfolio, search = state.portfolio, state.search
    every = np.arange(len(portfolio.masks)) if among is None else among
    places = every[portfolio.taken(every).allow(held)]
    part = portfolio.taken(places)
    costs = KnownCosts(part.masks, part.total_m(held))
    source = Listed(costs, state.limits.size, build_single_sum)
    known = np.flatnonzero(np.isin(places, state.pool))
    unmatched, no_amounts = np.full(len(known), UNMATCHED), np.zeros((len(known), 0))
    start = Columns(part.masks[known], costs.cost_m[known], no_amounts, unmatched)
    aim = Aim(cutoff=search.best_m)
    found = solve_partition(source, state.rows, search.highs, deadline, aim=aim, start=start)
    if found.relaxation is not None:
        priced = np.searchsorted(portfolio.masks, found.relaxation.columns.masks)
        state.pool = np.union1d(state.pool, priced)
    if found.status == "interrupted":
        raise KeyboardInterrupt
    if found.status == "time_limit":
        raise OutOfTimeError
    if found.incumbent is None:
        return None
    return np.searchsorted(portfolio.masks, found.incumbent.masks)


def branch_group(state: UniformSearch, result: NodeResult) -> int | None:
    """The undecided group whose answer the relaxation knows least; None when it is a plan."""
    if not len(result.groups):
        return None
    portfolio, cells = state.portfolio, np.ix_(result.rows, result.groups)
    gain = result.x @ portfolio.gain_m[cells]
    barred = result.x @ ~portfolio.allowed[cells]
    truth = np.where(barred > WHOLE, 0.0, np.minimum(gain, 0.0))
    doubt = truth - result.worth_m
    if doubt.max() > state.search.tolerance_m:
        return int(result.groups[doubt.argmax()])
    broken = np.minimum(result.z, 1 - result.z)
    if state.limits.bind and broken.max() > WHOLE:
        return int(result.groups[broken.argmax()])
    return None


def branch_and_bound(state: UniformSearch, root: Node) -> None:
    """Search until proof: the bound is the best plan's cost when it has ended.

    Raises:
        OutOfTimeError: a limit came first; the bound so far holds.
    """
    order, search = itertools.count(), state.search
    heap: list[tuple[float, int, Node]] = [(root.bound, next(order), root)]
    while heap:
        bound, _, node = heapq.heappop(heap)
        if state.beaten(bound):
            break
        search.raise_bound(bound)
        search.survivors = len(node.rows)
        _tell(state, len(heap) + 1)
        for child in _expand(state, node):
            heapq.heappush(heap, (child.bound, next(order), child))
    search.raise_bound(search.best_m)


def _tell(state: UniformSearch, parts: int) -> None:
    search, now = state.search, time.monotonic()
    if now - state.reported > SECONDS_BETWEEN_REPORTS and np.isfinite(search.bound_m):
        state.reported = now
        search.report(
            "search",
            f"a plan scores {search.best_m:,.2f}, none less than {search.bound_m:,.2f}, "
            f"gap {search.gap_m / search.size_m:.2%}, {parts} open parts, "
            f"{search.survivors:,} candidates",
        )


def _expand(state: UniformSearch, node: Node) -> list[Node]:
    """Solve a node, look for plans near it, and split it."""
    state.nodes += 1
    result = state.solve(node)
    number = state.tree.add(node, result)
    if np.isinf(result.bound) and result.duals is not None:
        state.tree.end(number, EMPTY)
    if np.isinf(result.bound) or state.beaten(result.bound):
        return []
    _look_near(state, node, result)
    room = state.search.best_m - result.bound + state.search.tolerance_m
    rows, bound = result.places[result.reduced <= room], max(node.bound, result.bound)
    smaller = replace(node, bound=bound, rows=rows, parent=number, forbids=result.forbids)
    group = branch_group(state, result)
    if group is None and not result.whole and len(result.groups):
        group = int(result.groups[np.abs(result.worth_m).argmax()])
    if group is not None:
        state.tree.end(number, SPLIT)
        return [smaller.with_group(group, held) for held in (True, False)]
    if not result.whole:
        _search_out(state, smaller)
    return []


def _look_near(state: UniformSearch, node: Node, result: NodeResult) -> None:
    held = node.held.copy()
    held[result.groups[result.z > 0.5]] = True
    search = state.search
    if result.whole:
        plan = state.portfolio.taken(result.rows)
        state.offer(result.rows, held)
        state.offer(result.rows, best_levels(search.highs, plan, state.limits, search.unit)[0])
    if state.nodes <= IMPROVED_FIRST or state.nodes % IMPROVED_EACH == 0:
        improve(state, held)


def _search_out(state: UniformSearch, node: Node) -> None:
    """All groups are settled, but the relaxation is fractional: the best plan, exactly."""
    state.tree.end(node.parent, SEARCHED)
    plan = best_plan(state, node.held, state.search.deadline, node.rows)
    if plan is not None:
        state.offer(plan, node.held)
