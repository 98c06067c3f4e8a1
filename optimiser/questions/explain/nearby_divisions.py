"""Every division of the map near a given plan, looked through one by one.

For relaxations whose rules the set partition cannot hold: a uniform portfolio, or moves that are counted
against two plans at once. Exact where few ICBs have to move, which is when there are few such divisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.errors import StoppedWithoutPlanError
from optimiser.footprints.candidates import count_members
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.portfolio import LevelsForAll
from optimiser.footprints.system import System
from optimiser.questions.explain.differences import list_moved
from optimiser.questions.explain.presolve import obeys_map

MOST_STEPS = 400_000
MOST_DIVISIONS = 20_000


@dataclass
class NearbyDivisions:
    """Divisions of the map into candidates that move few ICBs of a given plan.

    Args:
        system: the arrays.
        masks: every candidate, (m,).
        given: footprints of the given plan, (K,).
        seconds: time left; raises TimeoutError when there is none.
    """

    system: System
    masks: Masks
    given: Masks
    seconds: Callable[[], float]
    _steps: int = 0

    def list(self, most_moved: int) -> list[Masks]:
        """Every division that obeys the rules of the map and moves at most so many ICBs.

        Raises:
            StoppedWithoutPlanError: there are too many to look through.
        """
        found: list[Masks] = []
        for masks in self._divide(most_moved):
            if len(list_moved(self.given, masks, self.system.size)) > most_moved:
                continue
            if obeys_map(self.system, masks):
                found.append(masks)
            if len(found) > MOST_DIVISIONS:
                raise StoppedWithoutPlanError(_too_many(most_moved))
        return found

    def _divide(self, most_moved: int) -> Iterator[Masks]:
        """Divisions whose footprints, each beside the given one it shares most with, move few ICBs."""
        shared = np.bitwise_count(self.masks[:, None] & self.given[None, :]).astype(np.int64)
        near = np.flatnonzero(count_members(self.masks) - shared.max(axis=1) <= most_moved)
        masks, kept = [int(mask) for mask in self.masks[near]], shared[near]
        size = self.system.size
        holding = [[k for k, mask in enumerate(masks) if mask >> i & 1] for i in range(size)]
        most = min(self.system.scenario.footprints.count_window[1], size)
        everyone = (1 << size) - 1

        # Of each given footprint stay at most the ICBs of the part that holds most of them, or those
        # that no part holds yet.
        def divide(covered: int, best: Ints, left_over: Ints, parts: list[int]) -> Iterator[Masks]:
            if covered == everyone:
                yield np.array(parts, dtype=np.uint64)
                return
            if len(parts) == most:
                return
            left = ~covered & everyone
            first = (left & -left).bit_length() - 1
            for k in holding[first]:
                if masks[k] & covered:
                    continue
                self._step(most_moved)
                stay, rest = np.maximum(best, kept[k]), left_over - kept[k]
                if size - int(np.maximum(stay, rest).sum()) <= most_moved:
                    yield from divide(covered | masks[k], stay, rest, [*parts, masks[k]])

        sizes = np.bitwise_count(self.given).astype(np.int64)
        yield from divide(0, np.zeros_like(sizes), sizes, [])

    def _step(self, most_moved: int) -> None:
        self._steps += 1
        if self._steps % 1_000 == 0:
            self.seconds()
        if self._steps > MOST_STEPS:
            raise StoppedWithoutPlanError(_too_many(most_moved))


def _too_many(moved: int) -> str:
    return f"There are too many plans that move at most {moved} ICBs to look through them all."


def bound_costs(system: System, divisions: list[Masks]) -> Floats:
    """The least that each division can cost, £m: at its best levels, limits on totals apart."""
    every = np.unique(np.concatenate(divisions))
    if system.scenario.services.portfolio != "uniform":
        cost = CandidateCosts(system, every).priced({})[0]
        return np.array([cost[np.searchsorted(every, masks)].sum() for masks in divisions])
    portfolio = LevelsForAll(system).measure(every, np.zeros(len(every)), np.inf)
    plans = (portfolio.taken(np.searchsorted(every, masks)) for masks in divisions)
    return np.array(
        [plan.fixed_m.sum() + sum(c.sum(axis=0).min() for c in plan.cost_m) for plan in plans]
    )
