"""How many groupings obey the rules, exactly, and a sample in which each is equally likely.

A dynamic programme over sets of covered ICBs: the first uncovered ICB is given to each candidate that
holds it and fits. It is exact wherever its table of covered sets fits.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from optimiser.arrays import Masks
from optimiser.footprints.candidates import as_masks

MOST_STATES = 200_000


class TooManyStatesError(Exception):
    """The exact count needs more memory than it is given."""


@dataclass(frozen=True)
class PlanCounter:
    """The filled table.

    Attributes:
        size: number of ICBs.
        count: fewest and most footprints.
        by_first: candidates by their first ICB.
        ways: covered set to the number of ways to finish it, by number of footprints still to come.
    """

    size: int
    count: tuple[int, int]
    by_first: tuple[Masks, ...]
    ways: dict[int, dict[int, int]]

    @property
    def total(self) -> int:
        """Groupings into candidates with an allowed number of footprints."""
        low, high = self.count
        return sum(ways for k, ways in self.ways[0].items() if low <= k <= high)

    def draw(self, random: np.random.Generator) -> Masks:
        """One grouping, each equally likely."""
        low, high = self.count
        sizes = [k for k in self.ways[0] if low <= k <= high]
        left = _pick(random, sizes, [self.ways[0][k] for k in sizes])
        covered, chosen = 0, []
        while left:
            levels = [int(m) for m in _fitting(self, covered)]
            weights = [self.ways[covered | m].get(left - 1, 0) for m in levels]
            mask = _pick(random, levels, weights)
            chosen.append(mask)
            covered, left = covered | mask, left - 1
        return np.sort(as_masks(chosen, self.size))


def count_plans(
    masks: Masks, size: int, count: tuple[int, int], most_states: int = MOST_STATES
) -> PlanCounter:
    """Count the groupings of all ICBs into candidates.

    Args:
        masks: the candidates.
        size: number of ICBs.
        count: fewest and most footprints.
        most_states: covered sets that memory is given for.

    Raises:
        TooManyStatesError: more are needed.
    """
    lowest = np.array([(int(m) & -int(m)).bit_length() - 1 for m in masks], dtype=int)
    by_first = tuple(masks[lowest == i] for i in range(size))
    counter = PlanCounter(size, count, by_first, {(1 << size) - 1: {0: 1}})
    stack = [0]
    while stack:
        covered = stack[-1]
        if covered in counter.ways:
            stack.pop()
            continue
        after = [covered | int(m) for m in _fitting(counter, covered)]
        missing = [state for state in after if state not in counter.ways]
        if missing:
            stack += missing
            continue
        counter.ways[covered] = _add_up(counter, after)
        if len(counter.ways) > most_states:
            raise TooManyStatesError
        stack.pop()
    return counter


def _add_up(counter: PlanCounter, after: list[int]) -> dict[int, int]:
    total: dict[int, int] = {}
    for state in after:
        for k, ways in counter.ways[state].items():
            if k < counter.count[1]:
                total[k + 1] = total.get(k + 1, 0) + ways
    return total


def _fitting(counter: PlanCounter, covered: int) -> Masks:
    first = (~covered & (covered + 1)).bit_length() - 1
    levels = counter.by_first[first]
    return np.asarray(levels[(levels & covered) == 0])


def _pick(random: np.random.Generator, levels: list[int], weights: list[int]) -> int:
    """One level with integer weights of any size, exactly."""
    bound = sum(weights)
    words = -(-bound.bit_length() // 32) + 1
    value = int.from_bytes(random.bytes(4 * words), "little") % bound  # bias below 2^-32
    return levels[bisect(list(accumulate(weights)), value)]
