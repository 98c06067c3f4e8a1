"""The last step of the proof: no set of candidates is better than claimed, by an exact search.

A plan that costs less than the claim has reduced costs that add up to less than the claim less what
the prices earn. Few candidates have reduced costs so small, so every way to divide the map into them
is looked at: always the ICB that is left with the fewest candidates next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.costs import (
    cheapest_levels,
    fixed_cost,
    fixed_totals,
    price_levels,
    taken_amounts,
)
from optimiser.footprints.levels import cost_groups
from optimiser.footprints.system import System
from optimiser.proof.referee.verdict import is_above, is_below
from optimiser.proof.verify.bound import Bounding, Prices, baseline_masks, list_limits
from optimiser.tolerances import CLOSE, size_of

MOST_STEPS = 2_000_000
MOST_SURVIVORS = 20_000


@dataclass(frozen=True)
class Closing:
    """Whether the claim holds.

    Attributes:
        proven: True: no plan costs less; False: one does; None: the search was too long.
        survivors: candidates that a better plan could use.
        steps: footprints tried in the search.
        looked_at: divisions of the map that were costed.
        better_m: cost of the better plan, when there is one.
    """

    proven: bool | None
    survivors: int
    steps: int = 0
    looked_at: int = 0
    better_m: float = math.nan


class _TooLongError(Exception):
    pass


def close_gap(
    system: System, masks: Masks, bounding: Bounding, prices: Prices, claim: float
) -> Closing:
    """Prove that no plan costs less than the claim (rounding apart), or find one that does."""
    return search_divisions(system, masks, bounding, prices, target=claim - CLOSE * size_of(claim))


def search_divisions(
    system: System,
    masks: Masks,
    bounding: Bounding,
    prices: Prices | None,
    target: float,
    cost_of: Callable[[Ints], float] | None = None,
) -> Closing:
    """Look at every division of the map that could cost less than the target.

    Args:
        system: the arrays.
        masks: the candidates, (m,).
        bounding: what the prices prove of them.
        prices: the prices, where floors and ceilings across footprints are to be followed down to the
            levels; None where each candidate's cost is final.
        target: £m.
        cost_of: of a division, by its candidates' places, where it is no sum of theirs.
    """
    lift = -float(bounding.reduced.min(initial=0.0))
    room = target - bounding.earned + bounding.most * lift
    lifted = bounding.reduced + lift
    rows = np.flatnonzero(lifted < room)
    if len(rows) > MOST_SURVIVORS:
        return Closing(None, len(rows))
    search = _Search(system, masks[rows], lifted[rows], bounding.cost_m[rows], prices, target, room)
    if cost_of is not None:
        search.cost_of = lambda parts: cost_of(rows[parts])
    try:
        better = search.find_better()
    except _TooLongError:
        return Closing(None, len(rows), search.steps, search.looked_at)
    least = math.nan if better is None else better
    return Closing(better is None, len(rows), search.steps, search.looked_at, least)


@dataclass
class _Search:
    system: System
    masks: Masks
    reduced: Floats
    cost_m: Floats
    prices: Prices | None
    target: float
    room: float
    cost_of: Callable[[list[int]], float] | None = None
    steps: int = 0
    looked_at: int = 0

    def find_better(self) -> float | None:
        """Cost of the first plan found that is better than the target, or None."""
        for parts, left in self._divide():
            self.looked_at += 1
            cost = self._cost(parts, left)
            if cost < self.target:
                return cost
        return None

    def _divide(self) -> Iterator[tuple[list[int], float]]:
        """Every division of the map into candidates within the room, and the room that is left."""
        order = np.argsort(self.reduced, kind="stable")
        sets = [int(mask) for mask in self.masks[order]]
        costs = self.reduced[order].tolist()
        n = self.system.size
        holding = [[k for k, mask in enumerate(sets) if mask >> i & 1] for i in range(n)]
        everyone = (1 << n) - 1
        most = self.system.scenario.footprints.count_window[1]

        def divide(
            covered: int, left: float, parts: list[int]
        ) -> Iterator[tuple[list[int], float]]:
            if covered == everyone:
                yield [int(order[k]) for k in parts], left
                return
            if len(parts) == most:
                return
            for k in _fewest(holding, sets, costs, covered, left):
                self.count_step()
                yield from divide(covered | sets[k], left - costs[k], [*parts, k])

        yield from divide(0, self.room, [])

    def count_step(self) -> None:
        """One step more of divisions or levels.

        Raises:
            _TooLongError: there were too many.
        """
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise _TooLongError

    def _cost(self, parts: list[int], left: float) -> float:
        """Least cost of a division that obeys the rules across footprints; infinite if none does."""
        fewest = self.system.scenario.footprints.count_window[0]
        if len(parts) < fewest or not self._near_enough(self.masks[parts]):
            return math.inf
        if self.cost_of is not None:
            return self.cost_of(parts)
        if self.prices is None or not self.prices.bounded:
            return float(self.cost_m[parts].sum())
        return _settle(self, self.prices, self.masks[parts], left)

    def _near_enough(self, masks: Masks) -> bool:
        homes, moved = baseline_masks(self.system), self.system.scenario.footprints.max_moved
        if not len(homes):
            return True
        assert moved is not None
        from scipy.optimize import linear_sum_assignment  # slow to load, seldom needed

        shared = np.bitwise_count(masks[:, None] & homes[None, :]).astype(np.int64)
        rows, columns = linear_sum_assignment(shared, maximize=True)
        return bool(self.system.size - int(shared[rows, columns].sum()) <= moved)


def _fewest(
    holding: list[list[int]], sets: list[int], costs: list[float], covered: int, left: float
) -> list[int]:
    """Candidates of the uncovered ICB that has the fewest which fit; candidates rise in cost."""
    found: list[int] = []
    fewest = len(sets) + 1
    for i, held in enumerate(holding):
        if not covered >> i & 1:
            fit = list(islice(_list_fitting(held, sets, costs, covered, left), fewest))
            if len(fit) < fewest:
                found, fewest = fit, len(fit)
    return found


def _list_fitting(
    held: list[int], sets: list[int], costs: list[float], covered: int, left: float
) -> Iterator[int]:
    for k in held:
        if costs[k] >= left:
            return
        if not sets[k] & covered:
            yield k


def _settle(search: _Search, prices: Prices, masks: Masks, left: float) -> float:
    """Least true cost of levels within the room that obey floors and ceilings.

    Every level costs something over the best at these prices; levels are changed one cell
    (footprint and group of services) after another while what they cost fits the room. Where each
    footprint must hold a least amount, its reduced cost is that of the cheapest levels that do: what
    those cost over the best is room, too.
    """
    division = _Division(search.system, masks, tuple(prices.bounded))
    priced = price_levels(division.grouped, prices.bounded)
    best = priced.min(axis=0)
    met = cheapest_levels(division.grouped, prices.bounded).cost_m
    extra, levels = priced - best, priced.argmin(axis=0)
    room = left + float((met - best.sum(axis=1)).sum())
    open_ = np.argwhere((extra < room).sum(axis=0) > 1).tolist()

    def settle(place: int, room: float) -> float:
        search.count_step()
        if place == len(open_):
            return division.cost(levels)
        f, g = open_[place]
        found = math.inf
        for level in np.flatnonzero(extra[:, f, g] < room):
            levels[f, g] = level
            found = min(found, settle(place + 1, room - float(extra[level, f, g])))
        return found

    return settle(0, room)


class _Division:
    """The footprints of a plan whose levels are open."""

    def __init__(self, system: System, masks: Masks, names: tuple[str, ...]) -> None:
        self.grouped = cost_groups(system, masks, names)
        self.fixed_m = float(fixed_cost(system, masks).sum())
        always = fixed_totals(system, masks, names)
        self.always = {name: float(amounts.sum()) for name, amounts in always.items()}
        self.limits = list_limits(system)

    def cost(self, levels: Ints) -> float:
        """True cost at given levels, (k, G); infinite where a floor or ceiling is broken."""
        held = {
            name: taken_amounts(amounts, levels).sum(axis=1)
            for name, amounts in self.grouped.totals.items()
        }
        for name, floors in self.grouped.floors.items():
            if any(map(is_below, held[name], floors)):
                return math.inf
        for name, (least, most) in self.limits.items():
            amount = float(held[name].sum()) + self.always[name]
            if is_below(amount, least) or is_above(amount, most):
                return math.inf
        return self.fixed_m + float(taken_amounts(self.grouped.cost_m, levels).sum())
