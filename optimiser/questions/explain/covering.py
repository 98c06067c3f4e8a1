"""Is there any plan among the candidates, and the least that a sum over its footprints can be.

A plan is looked for by diving: the likeliest footprint of the relaxation is settled, candidates that
overlap it are left out, and the relaxation is solved again; where that fails, it is ruled out.
Left to its end this is a branch and bound, so its "no" is a proof.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs, Problem, Result
from optimiser.engine.listed import Listed, ListedPricing
from optimiser.engine.relaxation.master import Columns, Rows
from optimiser.engine.relaxation.pricing import Relaxation, cut_rounds, no_columns, solve_relaxation
from optimiser.engine.selection import build_single_sum
from optimiser.errors import NoPlanError
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.system import System

FIRST = 3_000
MOST_PROVEN = 60_000
ROUNDS = 6
MOST_DIVES = 40
"""Relaxations that one dive solves at most."""
WHOLE = 1e-6


class KnownCosts(CandidateCosts):
    """Candidates whose cost is known already.

    Args:
        system: the arrays.
        masks: the candidates, (m,).
        cost_m: cost of each at its best levels, (m,).
    """

    def __init__(self, system: System, masks: Masks, cost_m: Floats) -> None:
        self.system = system
        self.masks = masks
        self.totals = ()
        self.fixed_m = cost_m
        self._kept = []
        self._keep = False
        self._cost_m = cost_m

    def taken(self, rows: Ints) -> KnownCosts:
        """A selection."""
        return KnownCosts(self.system, self.masks[rows], self.fixed_m[rows])

    subset = taken


def list_source(costs: KnownCosts) -> Listed:
    """The candidates as the engine takes them."""
    return Listed(costs, costs.system.size, build_single_sum)


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
        start = solve_relaxation(highs, list_source(costs), rows, no_columns(rows), seconds)
        for relaxation in cut_rounds(highs, list_source(costs), start, seconds, ROUNDS):
            cover = _best_of_few(highs, costs, relaxation, enough, seconds)
            if cover.value <= enough or relaxation.bound > enough:
                return cover
            if cover.value - cover.least <= WHOLE * max(1.0, abs(cover.least)):
                return cover
    except NoPlanError:
        return Cover(np.inf, np.inf, None, "optimal")
    return _prove(highs, relaxation, cover, seconds)


def find_within(
    highs: Highs, costs: KnownCosts, rows: Rows, room: float, seconds: Callable[[], float]
) -> Cover:
    """Any plan whose candidates' costs add up to no more than the room.

    Args:
        highs: the solver.
        costs: every candidate; none costs less than nothing.
        rows: rows of the master, none of them bounded measures.
        room: the most that a plan may cost; may be infinite.
        seconds: time left; raises TimeoutError when there is none.

    Returns:
        the plan; or ``least`` above the room (infinite where not even fractions fit), when it is
        proven that there is none.
    """
    costs = costs.taken(np.flatnonzero(costs.fixed_m <= room))
    try:
        start = solve_relaxation(highs, list_source(costs), rows, no_columns(rows), seconds)
        for relaxation in cut_rounds(highs, list_source(costs), start, seconds, ROUNDS):
            if relaxation.bound > room or _whole(relaxation):
                return _read_whole(relaxation, room)
            found = _Dive(highs, room, seconds).find(costs, relaxation)
            if found is not None:
                return found
    except NoPlanError:
        return Cover(np.inf, np.inf, None, "optimal")
    nothing = Cover(relaxation.bound, room, None, "dive")
    proven = _prove(highs, relaxation, nothing, seconds)
    return replace(proven, value=np.inf) if proven.masks is None else proven


def _read_whole(relaxation: Relaxation[ListedPricing], room: float) -> Cover:
    if relaxation.bound > room:
        return Cover(relaxation.bound, np.inf, None, "optimal")
    chosen = relaxation.columns.taken(np.flatnonzero(relaxation.weights > 0.5))
    return Cover(relaxation.bound, float(chosen.cost_m.sum()), chosen.masks, "optimal")


@dataclass
class _Dive:
    """A depth-first search over footprints that are settled or ruled out."""

    highs: Highs
    room: float
    seconds: Callable[[], float]
    left: int = MOST_DIVES

    def find(self, costs: KnownCosts, relaxation: Relaxation[ListedPricing]) -> Cover | None:
        """The first plan within the room, or None: there is none, or the dives are used up."""
        if relaxation.bound > self.room:
            return None
        if _whole(relaxation):
            return _read_whole(relaxation, self.room)
        pick = _likeliest(relaxation)
        for keep in (
            lambda masks: (masks == pick) | ((masks & pick) == 0),
            lambda masks: masks != pick,
        ):
            if self.left <= 0:
                return None
            self.left -= 1
            found = self._enter(costs, relaxation, keep)
            if found is not None:
                return found
        return None

    def _enter(
        self,
        costs: KnownCosts,
        relaxation: Relaxation[ListedPricing],
        keep: Callable[[Masks], Bools],
    ) -> Cover | None:
        inner = costs.taken(np.flatnonzero(keep(costs.masks)))
        columns = relaxation.columns.taken(np.flatnonzero(keep(relaxation.columns.masks)))
        try:
            narrower = solve_relaxation(
                self.highs, list_source(inner), relaxation.rows, columns, self.seconds
            )
        except NoPlanError:
            return None
        return self.find(inner, narrower)


def _likeliest(relaxation: Relaxation[ListedPricing]) -> np.uint64:
    """The footprint with the largest weight that is not whole."""
    masks, place = np.unique(relaxation.columns.masks, return_inverse=True)
    weight = np.bincount(place, relaxation.weights)
    weight[weight > 1 - WHOLE] = 0.0
    return np.uint64(masks[int(weight.argmax())])


def _whole(relaxation: Relaxation[ListedPricing]) -> bool:
    weights = relaxation.weights
    return bool(np.all((weights < WHOLE) | (weights > 1 - WHOLE)))


def _best_of_few(
    highs: Highs,
    costs: KnownCosts,
    relaxation: Relaxation[ListedPricing],
    enough: float,
    seconds: Callable[[], float],
) -> Cover:
    if _whole(relaxation):
        chosen = relaxation.columns.taken(np.flatnonzero(relaxation.weights > 0.5))
        return Cover(relaxation.bound, float(chosen.cost_m.sum()), chosen.masks, "optimal")
    order = np.argsort(relaxation.pricing.reduced, kind="stable")[:FIRST]
    columns = relaxation.columns.joined(relaxation.pricing.best.taken(order))
    if enough == np.inf:
        columns = replace(columns, cost_m=np.zeros(len(columns.masks)))
    return _read(columns, _solve(highs, columns, relaxation.rows, seconds()), relaxation.bound)


def _prove(
    highs: Highs, relaxation: Relaxation[ListedPricing], cover: Cover, seconds: Callable[[], float]
) -> Cover:
    """All candidates that a better plan may use, in one MIP."""
    room = cover.value - relaxation.bound + WHOLE * max(1.0, abs(relaxation.bound))
    open_: Ints = np.flatnonzero(relaxation.pricing.reduced <= room)
    if len(open_) > MOST_PROVEN:
        return Cover(relaxation.bound, cover.value, cover.masks, "too_many")
    columns = relaxation.pricing.best.taken(open_)
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
    result = highs.solve(
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
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    return result
