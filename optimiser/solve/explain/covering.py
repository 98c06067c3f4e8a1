"""Is there any plan among the candidates, and the least that a sum over its footprints can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.errors import NoPlanError
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.system import System
from optimiser.solve.highs import Highs, Problem, Result
from optimiser.solve.master import Columns, Rows
from optimiser.solve.pricing import Relaxation, no_columns, solve_relaxation, violated_triples

FIRST = 3_000
MOST_PROVEN = 60_000
ROUNDS = 6
WHOLE = 1e-6


class KnownCosts(CandidateCosts):
    """Candidates whose cost is known already.

    Args:
        system: the arrays.
        masks: the candidates, (m,).
        cost_m: cost of each at its best options, (m,).
    """

    def __init__(self, system: System, masks: Masks, cost_m: Floats) -> None:
        self.system = system
        self.masks = masks
        self.totals = ()
        self.fixed_m = cost_m
        self._kept = []
        self._keep = False
        self._cost_m = cost_m


@dataclass(frozen=True)
class Cover:
    """What was found.

    Attributes:
        least: a lower bound on the sum in every plan.
        value: the sum in the plan found, infinite when none was.
        masks: that plan's footprints, or None.
        reason: why the search stopped.
    """

    least: float
    value: float
    masks: Masks | None
    reason: str


def minimise_sum(
    highs: Highs,
    costs: KnownCosts,
    rows: Rows,
    enough: float,
    seconds: Callable[[], float],
) -> Cover:
    """The plan whose candidates' costs add up to least, or any plan that is good enough.

    Args:
        highs: the solver.
        costs: every candidate.
        rows: rows of the master, none of them bounded measures.
        enough: stop at the first plan whose sum is not above this, or when no plan can reach it.
        seconds: time left; raises TimeoutError when there is none.

    Returns:
        the plan and the bound; ``least`` is infinite when it is proven that there is no plan.
    """
    try:
        relaxation = solve_relaxation(highs, costs, rows, no_columns(rows), seconds)
        for _ in range(ROUNDS):
            cover = _best_of_few(highs, costs, relaxation, enough, seconds)
            if cover.value <= enough or relaxation.bound > enough:
                return cover
            if cover.value - cover.least <= WHOLE * max(1.0, abs(cover.least)):
                return cover
            triples = violated_triples(relaxation, 40)
            if not len(triples):
                break
            tighter = relaxation.rows.with_triples(triples)
            relaxation = solve_relaxation(highs, costs, tighter, relaxation.columns, seconds)
    except NoPlanError:
        return Cover(np.inf, np.inf, None, "optimal")
    return _prove(highs, relaxation, cover, seconds)


def _whole(relaxation: Relaxation) -> bool:
    weights = relaxation.weights
    return bool(np.all((weights < WHOLE) | (weights > 1 - WHOLE)))


def _best_of_few(
    highs: Highs,
    costs: KnownCosts,
    relaxation: Relaxation,
    enough: float,
    seconds: Callable[[], float],
) -> Cover:
    if _whole(relaxation):
        chosen = relaxation.columns.taken(np.flatnonzero(relaxation.weights > 0.5))
        return Cover(relaxation.bound, float(chosen.cost_m.sum()), chosen.masks, "optimal")
    order = np.argsort(relaxation.reduced, kind="stable")[:FIRST]
    columns = relaxation.columns.joined(relaxation.best.taken(order))
    if enough == np.inf:
        columns = replace(columns, cost_m=np.zeros(len(columns.masks)))
    return _read(columns, _solve(highs, columns, relaxation.rows, seconds()), relaxation.bound)


def _prove(
    highs: Highs, relaxation: Relaxation, cover: Cover, seconds: Callable[[], float]
) -> Cover:
    """All candidates that a better plan may use, in one MIP."""
    room = cover.value - relaxation.bound + WHOLE * max(1.0, abs(relaxation.bound))
    open_: Ints = np.flatnonzero(relaxation.reduced <= room)
    if len(open_) > MOST_PROVEN:
        return Cover(relaxation.bound, cover.value, cover.masks, "too_many")
    columns = relaxation.best.taken(open_)
    result = _solve(highs, columns, relaxation.rows, seconds())
    if result.reason == "infeasible":
        return Cover(np.inf, np.inf, None, "optimal")
    if result.reason != "optimal":
        return Cover(relaxation.bound, cover.value, cover.masks, result.reason)
    found = _read(columns, result, relaxation.bound)
    return Cover(found.value, found.value, found.masks, "optimal")


def _read(columns: Columns, result: Result, bound: float) -> Cover:
    if result.values is None:
        return Cover(bound, np.inf, None, result.reason)
    chosen = np.flatnonzero(result.values > 0.5)
    value = float(columns.cost_m[chosen].sum())
    return Cover(bound, value, columns.masks[chosen], result.reason)


def _solve(highs: Highs, columns: Columns, rows: Rows, seconds: float) -> Result:
    count = len(columns.masks)
    return highs.solve(
        Problem(
            cost=columns.cost_m,
            lower=np.zeros(count),
            upper=np.ones(count),
            integer=np.ones(count, dtype=bool),
            matrix=columns.matrix(rows),
            row_lower=rows.lower,
            row_upper=rows.upper,
        ),
        seconds,
    )
