"""Is there any plan among the candidates whose footprints add up to no more than is allowed?

A plan is looked for by diving: the likeliest footprint of the relaxation is chosen, candidates that
overlap it are left out, and the relaxation is solved again; where that fails, it is ruled out.
Left to its end this is a branch and bound, so its "no" is a proof.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs, Problem
from optimiser.engine.relaxation.master import Rows
from optimiser.engine.relaxation.pricing import Relaxation, cut_rounds, no_columns, solve_relaxation
from optimiser.errors import NoPlanError
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.system import System

MOST_PROVEN = 60_000
"""Candidates that one integer program takes: more do not end within a question's patience."""
ROUNDS = 6
"""Rounds of cuts: each is followed by a dive, which finds most plans; later rounds rarely help it."""
MOST_DIVES = 40
"""Relaxations that one dive solves at most."""
WHOLE = 1e-6
"""Weights this near 0 or 1 are whole: HiGHS works to 1e-7. Wider would take fractions for plans."""


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
        start = solve_relaxation(highs, costs, rows, no_columns(rows), seconds)
        for relaxation in cut_rounds(highs, costs, start, seconds, ROUNDS):
            if relaxation.bound > room or _whole(relaxation):
                return _read_whole(relaxation, room)
            found = _Dive(highs, room, seconds).find(costs, relaxation)
            if found is not None:
                return found
    except NoPlanError:
        return Cover(np.inf, np.inf, None, "optimal")
    return _prove(highs, relaxation, room, seconds)


def _read_whole(relaxation: Relaxation, room: float) -> Cover:
    if relaxation.bound > room:
        return Cover(relaxation.bound, np.inf, None, "optimal")
    chosen = relaxation.columns.taken(np.flatnonzero(relaxation.weights > 0.5))
    return Cover(relaxation.bound, float(chosen.cost_m.sum()), chosen.masks, "optimal")


@dataclass
class _Dive:
    """A depth-first search over footprints that are chosen or ruled out."""

    highs: Highs
    room: float
    seconds: Callable[[], float]
    left: int = MOST_DIVES

    def find(self, costs: KnownCosts, relaxation: Relaxation) -> Cover | None:
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
        self, costs: KnownCosts, relaxation: Relaxation, keep: Callable[[Masks], Bools]
    ) -> Cover | None:
        inner = costs.taken(np.flatnonzero(keep(costs.masks)))
        columns = relaxation.columns.taken(np.flatnonzero(keep(relaxation.columns.masks)))
        try:
            narrower = solve_relaxation(self.highs, inner, relaxation.rows, columns, self.seconds)
        except NoPlanError:
            return None
        return self.find(inner, narrower)


def _likeliest(relaxation: Relaxation) -> np.uint64:
    """The footprint with the largest weight that is not whole."""
    masks, place = np.unique(relaxation.columns.masks, return_inverse=True)
    weight = np.bincount(place, relaxation.weights)
    weight[weight > 1 - WHOLE] = 0.0
    return np.uint64(masks[int(weight.argmax())])


def _whole(relaxation: Relaxation) -> bool:
    weights = relaxation.weights
    return bool(np.all((weights < WHOLE) | (weights > 1 - WHOLE)))


def _prove(
    highs: Highs, relaxation: Relaxation, room: float, seconds: Callable[[], float]
) -> Cover:
    """All candidates that a plan within the room may use, in one integer program."""
    slack = WHOLE * max(1.0, abs(relaxation.bound))
    open_: Ints = np.flatnonzero(relaxation.reduced <= room - relaxation.bound + slack)
    if len(open_) > MOST_PROVEN:
        return Cover(relaxation.bound, np.inf, None, "too_many")
    columns, rows = relaxation.best.taken(open_), relaxation.rows
    count = len(columns.masks)
    problem = Problem(
        cost=columns.cost_m,
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.ones(count, dtype=bool),
        matrix=columns.matrix(rows),
        row_lower=rows.lower,
        row_upper=rows.upper,
    )
    result = highs.solve(problem, seconds())
    if result.reason == "infeasible":
        return Cover(np.inf, np.inf, None, "optimal")
    if result.reason != "optimal" or result.values is None:
        return Cover(relaxation.bound, np.inf, None, result.reason)
    chosen = columns.taken(np.flatnonzero(result.values > 0.5))
    value = float(chosen.cost_m.sum())
    # What was left out costs more than the room: when even the best of the rest does, nothing fits.
    return Cover(value, value, chosen.masks if value <= room else None, "optimal")
