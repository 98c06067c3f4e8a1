"""Plans under one list for all England: the best so far, and better ones near to given answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from optimiser.arrays import Ints, Masks
from optimiser.deadline import Deadline, OutOfTimeError
from optimiser.engine.highs.adapter import Highs, Problem
from optimiser.engine.listed import Listed
from optimiser.engine.partition import solve_partition
from optimiser.engine.relaxation.master import Bounded, Rows
from optimiser.engine.search import Search
from optimiser.engine.selection import build_single_sum
from optimiser.engine.uniform.node import Choices
from optimiser.footprints.costs import KnownCosts
from optimiser.footprints.portfolio import Portfolio
from optimiser.tolerances import ROUNDING

IMPROVING_SECONDS = 10.0
"""After which a better plan for given answers is given up: none is needed for the proof."""
ALTERNATIONS = 6
"""Between best plan and best answers: it seldom takes more than three until nothing changes."""


@dataclass
class UniformSearch:
    """State of the branch and bound.

    Attributes:
        search: holds the best plan and the bound.
        portfolio: all candidates and answers.
        rows: of the partition where all answers are given, limits apart.
        limits: measures bounded across footprints.
        first: prices that candidates and answers were chosen by, as they are saved.
        chosen: the best plan: places of its candidates, and of its answer to each group.
        pool: columns that other parts were solved on.
        tried: answers for which the best plan was sought.
        tree: what is saved of the parts.
    """

    search: Search
    portfolio: Portfolio
    rows: Rows
    limits: tuple[Bounded, ...] = ()
    first: tuple[dict[str, object], ...] = ()
    chosen: tuple[Ints, Ints] | None = None
    pool: Choices | None = None
    tried: set[bytes] = field(default_factory=set)
    tree: list[dict[str, object]] = field(default_factory=list)
    reported: float = field(default_factory=time.monotonic)

    @property
    def room_of(self) -> float:
        """What no plan of interest costs more than, £m."""
        return self.search.best_m - self.search.tolerance_m

    def beaten(self, bound: float) -> bool:
        """Whether no plan of this bound can be better than the best held; never while none is."""
        return bool(np.isfinite(self.search.best_m) and bound >= self.room_of)

    def offer(self, rows: Ints) -> Ints | None:
        """Keep a plan at its best answers if it is the best so far; its answers, None if it has none."""
        answers, cost_m = best_answers(
            self.search.highs, self.portfolio.taken(rows), self.limits, self.search.unit
        )
        if np.isinf(cost_m):
            return None
        if cost_m < self.search.best_m:
            self.search.offer(self.portfolio.masks[rows], cost_m)
            self.chosen = rows, answers
        return answers

    def recall(self, masks: Masks) -> None:
        """Take up a plan that the search holds already."""
        rows = np.searchsorted(self.portfolio.masks, masks)
        plan = self.portfolio.taken(rows)
        answers, cost_m = best_answers(self.search.highs, plan, self.limits, self.search.unit)
        if np.isfinite(cost_m):
            self.chosen = rows, answers


def best_answers(
    highs: Highs, plan: Portfolio, limits: Sequence[Bounded], unit: float
) -> tuple[Ints, float]:
    """Best answer of each group for a plan, (G,), and its cost, £m, infinite where there is none.

    Raises:
        KeyboardInterrupt: the user interrupted.
    """
    costs = [cost.sum(axis=0) for cost in plan.cost_m]
    answers = np.array([int(cost.argmin()) for cost in costs], dtype=np.int64)
    cost_m = float(plan.fixed_m.sum() + sum(cost.min() for cost in costs))
    if np.isinf(cost_m) or _within(plan, limits, answers):
        return answers, cost_m
    if not costs:  # nothing may be answered otherwise
        return answers, np.inf
    flat = np.concatenate(costs)
    group = np.repeat(np.arange(len(costs)), [len(cost) for cost in costs])
    totals = [np.concatenate([of.sum(axis=0) for of in by]) for by in plan.amounts]
    open_ = np.isfinite(flat)
    one = (np.arange(len(costs))[:, None] == group).astype(float)
    result = highs.solve(
        Problem(
            cost=np.where(open_, flat, 0.0),
            lower=np.zeros(len(flat)),
            upper=open_.astype(float),
            integer=np.ones(len(flat), dtype=bool),
            matrix=sparse.csc_array(np.vstack([one, *totals])),
            row_lower=np.array([*np.ones(len(costs)), *(limit.least for limit in limits)]),
            row_upper=np.array([*np.ones(len(costs)), *(limit.most for limit in limits)]),
            unit=unit,
        )
    )
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    if result.values is None:
        return answers, np.inf
    taken = np.flatnonzero(result.values > 0.5)
    first = np.searchsorted(group, np.arange(len(costs)))
    return taken - first, float(plan.fixed_m.sum() + flat[taken].sum())


def _within(plan: Portfolio, limits: Sequence[Bounded], answers: Ints) -> bool:
    """Whether what these answers come to is within the limits."""
    for limit, by in zip(limits, plan.amounts, strict=True):
        amount = sum(float(of[:, k].sum()) for of, k in zip(by, answers, strict=True))
        near = ROUNDING * max(1.0, amount)
        if not limit.least - near <= amount <= limit.most + near:
            return False
    return True


def improve(state: UniformSearch, answers: Ints) -> None:
    """Best plan for the answers, best answers for the plan, until nothing changes."""
    search = state.search
    for _ in range(ALTERNATIONS):
        if answers.tobytes() in state.tried:
            return
        state.tried.add(answers.tobytes())
        try:
            plan = best_plan(state, answers, search.deadline.sooner(IMPROVING_SECONDS))
        except OutOfTimeError:
            search.deadline.left()
            return
        found = None if plan is None else state.offer(plan)
        if found is None:
            return
        answers = found


def best_plan(
    state: UniformSearch, answers: Ints, deadline: Deadline, among: Ints | None = None
) -> Ints | None:
    """The best plan at given answers, limits apart; None where none is better than the best held.

    Args:
        state: of the search.
        answers: one for each group, (G,).
        deadline: when to stop.
        among: the candidates that may be in it; all by default.

    Raises:
        OutOfTimeError: the deadline came first.
        KeyboardInterrupt: the user interrupted.
    """
    portfolio, search = state.portfolio, state.search
    cost_m = portfolio.total_m(answers.tolist())
    able = np.flatnonzero(np.isfinite(cost_m))
    places = able if among is None else np.intersect1d(able, among)
    if not len(places):
        return None
    costs = KnownCosts(portfolio.masks[places], cost_m[places])
    source = Listed(costs, state.rows.size, build_single_sum)
    found = solve_partition(source, state.rows, search.highs, deadline, cutoff=search.best_m)
    if found.status == "interrupted":
        raise KeyboardInterrupt
    if found.status == "time_limit":
        raise OutOfTimeError
    if found.incumbent is None:
        return None
    return np.searchsorted(portfolio.masks, found.incumbent.masks)
