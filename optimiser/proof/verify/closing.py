"""The last step of the proof: no set of candidates is better than claimed, by an exact search.

A plan that costs less than the claim has reduced costs that add up to less than the claim less what
the prices earn. Few candidates have reduced costs so small, so every way to divide the map into them
is looked at: always the ICB that is left with the fewest candidates next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.costs import fixed_cost, fixed_totals, price_levels
from optimiser.footprints.levels import cost_groups
from optimiser.footprints.system import System
from optimiser.proof.verify.bound import LIMITS, Bounding, Prices, baseline_masks
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
    lift = -min(float(bounding.reduced.min(initial=0.0)), 0.0)
    room = target - bounding.earned + bounding.most * lift
    lifted = bounding.reduced + lift
    rows = np.flatnonzero(lifted < room)
    if room <= 0 or not len(rows):
        return Closing(True, len(rows))
    if len(rows) > MOST_SURVIVORS:
        return Closing(None, len(rows))
    search = _Search(system, masks[rows], lifted[rows], bounding.cost_m[rows], prices, target, room)
    if cost_of is not None:
        search.cost_of = lambda parts: cost_of(rows[parts])
    try:
        better = search.find_better()
    except _TooLongError:
        return Closing(None, len(rows), search.steps, search.looked_at)
    if better is not None:
        return Closing(False, len(rows), search.steps, search.looked_at, better)
    return Closing(True, len(rows), search.steps, search.looked_at)


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
        most = min(self.system.scenario.footprints.count_window[1], n)

        def divide(
            covered: int, left: float, parts: list[int]
        ) -> Iterator[tuple[list[int], float]]:
            if covered == everyone:
                yield [int(order[k]) for k in parts], left
                return
            if len(parts) == most:
                return
            choices = _fewest(holding, sets, costs, covered, left, n)
            for k in choices:
                self.steps += 1
                if self.steps > MOST_STEPS:
                    raise _TooLongError
                yield from divide(covered | sets[k], left - costs[k], [*parts, k])

        yield from divide(0, self.room, [])

    def _cost(self, parts: list[int], left: float) -> float:
        """Least cost of a division that obeys the rules across footprints; infinite if none does."""
        fewest, most = self.system.scenario.footprints.count_window
        if not fewest <= len(parts) <= most or not self._near_enough(self.masks[parts]):
            return math.inf
        if self.cost_of is not None:
            return self.cost_of(parts)
        if self.prices is None or not self.prices.bounded:
            return float(self.cost_m[parts].sum())
        return _settle(self, self.prices, self.masks[parts], left)

    def _near_enough(self, masks: Masks) -> bool:
        homes, moved = baseline_masks(self.system), self.system.scenario.footprints.max_moved
        if moved is None or not len(homes):
            return True
        from scipy.optimize import linear_sum_assignment  # slow to load, seldom needed

        shared = np.bitwise_count(masks[:, None] & homes[None, :]).astype(np.int64)
        rows, columns = linear_sum_assignment(shared, maximize=True)
        return bool(self.system.size - int(shared[rows, columns].sum()) <= moved)


def _fewest(
    holding: list[list[int]],
    sets: list[int],
    costs: list[float],
    covered: int,
    left: float,
    size: int,
) -> list[int]:
    """Candidates of the uncovered ICB that has the fewest which fit; candidates rise in cost."""
    best: list[int] | None = None
    for i in range(size):
        if covered >> i & 1:
            continue
        fit = []
        for k in holding[i]:
            if costs[k] >= left:
                break
            if not sets[k] & covered:
                fit.append(k)
                if best is not None and len(fit) >= len(best):
                    break
        if best is None or len(fit) < len(best):
            best = fit
            if not best:
                break
    return best or []


def _settle(search: _Search, prices: Prices, masks: Masks, left: float) -> float:
    """Least true cost of levels within the room that obey the floors and ceilings.

    Every level costs something over the best at these prices; levels are changed one cell
    (footprint and group of services) after another while what they cost fits the room.
    """
    system = search.system
    names = tuple(prices.bounded)
    grouped = cost_groups(system, masks, names)
    priced = price_levels(grouped, prices.bounded)
    best = priced.argmin(axis=0)
    extra = priced - priced.min(axis=0)
    fixed = float(_fixed(search, masks).sum())
    cells = [
        (f, g, [o for o in np.argsort(extra[:, f, g], kind="stable") if extra[o, f, g] < left])
        for f in range(len(masks))
        for g in range(priced.shape[2])
    ]
    start = np.take_along_axis(grouped.cost_m, best[None], axis=0)[0]
    amounts = {n: np.take_along_axis(grouped.totals[n], best[None], axis=0)[0] for n in names}
    open_ = [cell for cell in cells if len(cell[2]) > 1]
    always = fixed_totals(system, masks, names)
    base = np.array([fixed + start.sum(), *(amounts[n].sum() + always[n].sum() for n in names)])

    def value(f: int, g: int, o: int) -> Floats:
        moved = [grouped.cost_m[o, f, g] - start[f, g]]
        moved += [grouped.totals[n][o, f, g] - amounts[n][f, g] for n in names]
        return np.array(moved)

    def settle(place: int, now: Floats, room: float) -> float:
        search.steps += 1
        if search.steps > MOST_STEPS:
            raise _TooLongError
        if place == len(open_):
            return float(now[0]) if _within(system, names, now[1:]) else math.inf
        f, g, choices = open_[place]
        costs = [
            settle(place + 1, now + value(f, g, int(o)), room - float(extra[o, f, g]))
            for o in choices
            if extra[o, f, g] < room
        ]
        return min(costs, default=math.inf)

    return settle(0, base, left)


def _fixed(search: _Search, masks: Masks) -> Floats:

    return fixed_cost(search.system, masks)


def _within(system: System, names: tuple[str, ...], amounts: Floats) -> bool:
    rules = system.scenario.services
    for name, amount in zip(names, amounts, strict=True):
        floor, ceiling = LIMITS[name]
        least = float(getattr(rules, floor)) if floor else 0.0
        most = float(getattr(rules, ceiling))
        if amount < least - 1e-9 * max(1.0, least) or amount > most + 1e-9 * max(1.0, abs(most)):
            return False
    return True
