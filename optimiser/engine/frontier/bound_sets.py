"""Every non-dominated plan of two measures, where each footprint's levels are settled.

Two phases, after Ulungu and Teghem (1995). First weighted sums w·(x, y) of the two measures are
minimised, each between two plans next to each other. Every relaxation leaves a lower bound with
reduced costs r_w that hold for *all* plans:

    w·(x, y) of a plan  >=  bound_w + Σ r_w[F] over its footprints F

Together they are a bound set (Ehrgott and Gandibleux 2007). Then a depth-first search fits footprints
together and gives up where some w shows, for every corner between two plans next to each other, that
nothing left can lie below and left of it. What the search does not visit is dominated.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.engine.partitions import search_plans
from optimiser.errors import NoPlanError

LEVELS = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0)
"""Shares of the way from the bound to the highest corner at which a search is ended and begun anew."""
RANGE = 1_000.0
"""Both measures are scaled so that their range between the ends is this."""
NEAR = 1e-4
"""Scaled values closer than this are taken as one plan: a ten-millionth of the range, above the
sums' rounding, below any difference a reader would act on."""


@dataclass(frozen=True)
class Weighted:
    """What the relaxation of one weighted sum proves about every plan.

    Attributes:
        weights: of the two scaled measures, (2,).
        bound: least weighted sum of any plan.
        reduced: by how much each candidate raises it, none negative, (m,).
    """

    weights: Floats
    bound: float
    reduced: Floats


@dataclass
class Staircase:
    """Plans of which none dominates another, by rising first measure.

    Attributes:
        values: both scaled measures of each, (p, 2).
        plans: rows of its candidates, one array each.
    """

    values: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    plans: list[Ints] = field(default_factory=list)

    def offer(self, value: Floats, rows: Ints) -> bool:
        """Take a plan in, unless one at hand is as good; what it dominates leaves."""
        if np.all(self.values <= value + NEAR, axis=1).any():
            return False
        stays = ~np.all(self.values >= value - NEAR, axis=1)
        kept = np.flatnonzero(stays)
        values = np.vstack([self.values[kept], value])
        plans = [self.plans[k] for k in kept] + [rows]
        order = np.argsort(values[:, 0], kind="stable")
        self.values, self.plans = values[order], [plans[k] for k in order]
        return True

    def corners(self, low: float, high: float) -> Floats:
        """Where a plan that is missing must lie below and left of, between two first values, (c, 2)."""
        inside = (self.values[:, 0] >= low - NEAR) & (self.values[:, 0] <= high + NEAR)
        between = self.values[inside]
        return np.stack([between[1:, 0], between[:-1, 1]], axis=1) - NEAR


@dataclass(frozen=True)
class Space:
    """The candidates, what they measure and which plans obey the rules across footprints.

    Attributes:
        masks: the candidates, (m,).
        size: number of ICBs.
        values: both scaled measures, less is better, (m, 2).
        most: a plan has at most this many footprints.
        allows: whether a plan (rows of candidates) obeys all rules across footprints.
        deadline: ``time.monotonic()`` at which TimeoutError is raised.
    """

    masks: Masks
    size: int
    values: Floats
    most: int
    allows: Callable[[Ints], bool]
    deadline: float


FIRST = 60
"""Candidates that a search for one best plan begins with, those of least reduced cost."""


def find_best(space: Space, proven: Weighted) -> Ints:
    """The plan of least weighted sum, as rows of candidates.

    Searched first within a room above the bound that few candidates fit in, then in wider ones: once a
    plan is found, whatever was left out is worse.

    Raises:
        NoPlanError: no plan obeys the rules across footprints.
        TimeoutError: the deadline came first.
    """
    order = np.sort(proven.reduced)
    kept = FIRST
    best: Ints | None = None
    while best is None:
        whole = kept >= len(order)
        limits = np.array([[np.inf if whole else proven.bound + order[kept]]])
        for rows in _search(space, [proven], limits, 0):
            value = float(proven.weights @ space.values[rows].sum(axis=0))
            if space.allows(rows) and value < limits[0, 0]:
                best, limits[0, 0] = rows, value
        if best is None and whole:
            raise NoPlanError("No plan obeys all rules and bounds together.")
        kept *= 2
    return best


@dataclass(frozen=True)
class Unfinished:
    """Between two plans of a staircase the search ran out of time.

    Attributes:
        low: first value of the one, scaled.
        high: first value of the other.
        weights: weighted sum by which the search went, (2,).
        level: every plan whose weighted sum is at most this has been found.
    """

    low: float
    high: float
    weights: Floats
    level: float

    def proves(self, value: Floats) -> bool:
        """Whether a plan is known to be non-dominated, (2,)."""
        inside = self.low + NEAR < value[0] < self.high - NEAR
        return not inside or float(self.weights @ value) <= self.level


def close_staircase(
    space: Space, stairs: Staircase, proven: list[Weighted], report: Callable[[str], None]
) -> list[Unfinished]:
    """Find every plan that is missing between the plans of a staircase whose ends are proven.

    Args:
        space: the candidates.
        stairs: plans at hand; the missing ones are added.
        proven: relaxations of weighted sums.
        report: called after each step.

    Returns:
        where the time came before the end; empty when the staircase is whole.
    """
    ends = stairs.values[:, 0].copy()
    found = []
    for low, high in itertools.pairwise(ends):
        rest = _close(space, stairs, proven, float(low), float(high))
        found += [] if rest is None else [rest]
        report(f"{len(stairs.plans)} plans so far")
    return found


def _close(
    space: Space,
    stairs: Staircase,
    proven: list[Weighted],
    low: float,
    high: float,
) -> Unfinished | None:
    """Search between two plans, at first only near the bound: what is found there lowers the rest."""
    weights = np.stack([weighting.weights for weighting in proven])
    main = _steepest(stairs, weights, low, high)
    done = -np.inf
    for share in LEVELS:
        corners = stairs.corners(low, high)
        limits = corners @ weights.T
        top, base = float(limits[:, main].max()), proven[main].bound
        if top <= done:
            break
        level = base + share * (top - base)
        limits[:, main] = np.minimum(limits[:, main], level)
        try:
            for rows in _search(space, proven, limits, main):
                if space.allows(rows):
                    stairs.offer(space.values[rows].sum(axis=0), rows)
        except TimeoutError:
            return Unfinished(low, high, weights[main], done)
        done = level
    return None


def _steepest(stairs: Staircase, weights: Floats, low: float, high: float) -> int:
    """The weighted sum whose direction is nearest to the line between two plans."""
    a, b = (stairs.values[np.abs(stairs.values[:, 0] - end).argmin()] for end in (low, high))
    normal = np.array([a[1] - b[1], b[0] - a[0]])
    across = weights @ normal / np.linalg.norm(weights, axis=1)
    return int(across.argmax())


def _search(space: Space, proven: list[Weighted], limits: Floats, main: int) -> Iterator[Ints]:
    """Every plan that some corner leaves possible by all bounds, as rows of candidates."""
    bound = np.array([weighting.bound for weighting in proven])
    reduced = np.stack([weighting.reduced for weighting in proven], axis=1)
    masks, size, deadline = space.masks, space.size, space.deadline
    return search_plans(masks, bound, reduced, limits, size, deadline, main, space.most)
