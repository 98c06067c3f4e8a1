"""How many groupings obey the rules, exactly, and a sample in which each is equally likely.

A dynamic programme over sets of covered ICBs, one layer a footprint: the first uncovered ICB is given to
each candidate that holds it and fits, so that each grouping is met once. ICBs are numbered along the map
(reverse Cuthill-McKee), which keeps what is covered in one piece and the covered sets few. It is exact
wherever its layers fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.deadline import NEVER, Deadline
from optimiser.footprints.candidates import singletons, sum_over_members
from optimiser.footprints.system import System

MOST_STATES = 20_000_000
"""Covered sets of all layers: 16 bytes each, so a third of a gigabyte."""
AT_ONCE = 10_000_000
"""Pairs of a covered set and a candidate looked at together: some hundred megabytes."""
LARGEST_COUNT = 2.0**53
"""Whole numbers up to here are exact as doubles."""


class TooManyStatesError(Exception):
    """The exact count needs more memory or larger numbers than it is given."""


@dataclass(frozen=True)
class Layer:
    """Sets of ICBs that some footprints cover.

    Attributes:
        covered: the sets, ascending, (s,).
        ways: groupings of each into that many footprints, whole numbers, (s,).
    """

    covered: Masks
    ways: Floats


@dataclass(frozen=True)
class PlanCounter:
    """The filled layers.

    Attributes:
        masks: the candidates, (m,).
        numbered: the same, ICBs numbered along the map, (m,).
        whole: every ICB.
        count: fewest and most footprints.
        layers: by the number of footprints, from none.
    """

    masks: Masks
    numbered: Masks
    whole: int
    count: tuple[int, int]
    layers: tuple[Layer, ...]

    @property
    def total(self) -> int:
        """Groupings into candidates with an allowed number of footprints."""
        return sum(int(ways) for ways in self._wholes())

    def draw(self, random: np.random.Generator) -> Masks:
        """One grouping, each equally likely."""
        wholes = np.array(self._wholes())
        footprints = self.count[0] + _pick(random, wholes)
        covered, chosen = self.whole, []
        for layer in reversed(self.layers[:footprints]):
            places, before = self._last_ones(covered)
            at = np.searchsorted(layer.covered, before)
            at[at == len(layer.covered)] = 0
            ways = np.where(layer.covered[at] == before, layer.ways[at], 0.0)
            last = _pick(random, ways)
            chosen.append(places[last])
            covered = int(before[last])
        return np.sort(self.masks[chosen])

    def _wholes(self) -> list[float]:
        low, high = self.count
        return [_ways_of(layer, self.whole) for layer in self.layers[low : high + 1]]

    def _last_ones(self, covered: int) -> tuple[Ints, Masks]:
        """Candidates that may have come last, and what was covered before: all ICBs ahead of each."""
        inside = np.flatnonzero((self.numbered & (self.whole ^ covered)) == 0)
        chosen = self.numbered[inside]
        before = chosen ^ covered
        ahead = (chosen & (~chosen + 1)) - 1
        came_last = (before & ahead) == ahead
        return inside[came_last], before[came_last]


def count_plans(
    system: System,
    masks: Masks,
    count: tuple[int, int],
    most_states: int = MOST_STATES,
    deadline: Deadline = NEVER,
) -> PlanCounter:
    """Count the groupings of all ICBs into candidates.

    Args:
        system: the map.
        masks: the candidates, (m,).
        count: fewest and most footprints.
        most_states: covered sets that memory is given for.
        deadline: when to give up.

    Raises:
        TooManyStatesError: more are needed, or there are more plans than can be counted exactly.
        OutOfTimeError: the deadline came.
    """
    order = _along_the_map(system)
    numbered = _renumber(masks, order)
    residents = system.residents[order]
    people = sum_over_members(numbered, residents)
    bits = singletons(system.size)
    by_first = [numbered[(numbered & (~numbered + 1)) == bit] for bit in bits]
    room = _Room(_renumber(system.neighbours[order], order), residents, people, count)
    layers = [Layer(np.zeros(1, dtype=masks.dtype), np.ones(1))]
    for k in range(1, count[1] + 1):
        deadline.left()
        parts = [room.keep(part, k) for part in _grow(layers[-1], by_first, deadline)]
        layers.append(_join(parts, masks))
        if sum(len(layer.covered) for layer in layers) > most_states:
            raise TooManyStatesError
    if max(layer.ways.max(initial=0.0) for layer in layers) >= LARGEST_COUNT:
        raise TooManyStatesError
    return PlanCounter(masks, numbered, room.whole, count, tuple(layers))


@dataclass(frozen=True)
class _Room:
    """What the uncovered ICBs must be for footprints to cover them.

    Attributes:
        neighbours: of each ICB, (n,).
        residents: of each ICB, (n,).
        people: of each candidate, (m,).
        count: fewest and most footprints.
    """

    neighbours: Masks
    residents: Floats
    people: Floats
    count: tuple[int, int]

    @property
    def whole(self) -> int:
        """Every ICB."""
        return (1 << len(self.residents)) - 1

    def keep(self, layer: Layer, footprints: int) -> Layer:
        """The covered sets whose rest so many footprints leave enough people for, and none too many."""
        left: Masks = (layer.covered ^ self.whole).astype(layer.covered.dtype, copy=False)
        there = sum_over_members(left, self.residents)
        slack = 1e-9 * self.residents.sum()  # sums in another order differ in the last digits
        least = self.people.min(initial=np.inf)
        fewest = max(self.count[0] - footprints, 0) * least
        most = (self.count[1] - footprints) * self.people.max(initial=0.0)
        kept = (fewest - slack <= there) & (there <= most + slack) | (left == 0)
        kept[kept] = self._no_hole(left[kept], least - slack)
        return Layer(layer.covered[kept], layer.ways[kept])

    def _no_hole(self, left: Masks, least: float) -> Bools:
        """Whether each connected piece of what is left has the people of the smallest candidate."""
        good = np.ones(len(left), dtype=bool)
        open_ = np.flatnonzero(left != 0)
        while len(open_):
            rest = left[open_]
            piece = rest & (~rest + 1)
            while True:
                grown = (piece | _reach(piece, self.neighbours)) & rest
                if (grown == piece).all():
                    break
                piece = grown
            good[open_] &= sum_over_members(piece, self.residents) >= least
            left = left.copy()
            left[open_] ^= piece
            open_ = open_[good[open_] & (left[open_] != 0)]
        return good


def _reach(sets: Masks, neighbours: Masks) -> Masks:
    """The neighbours of any member of each set."""
    found = np.zeros_like(sets)
    for i, near in enumerate(neighbours):
        found |= (sets >> i & 1) * near
    return found


def _grow(layer: Layer, by_first: list[Masks], deadline: Deadline) -> Iterator[Layer]:
    """Covered sets with one more footprint, in parts that may repeat one another's sets."""
    first_left = ~layer.covered & (layer.covered + 1)
    for i, candidates in enumerate(by_first):
        here = np.flatnonzero(first_left == 1 << i)
        step = max(AT_ONCE // max(len(candidates), 1), 1)
        for start in range(0, len(here), step):
            deadline.left()
            places = here[start : start + step]
            rows, columns = np.nonzero((layer.covered[places, None] & candidates[None, :]) == 0)
            taken = places[rows]
            grown = Layer(layer.covered[taken] | candidates[columns], layer.ways[taken])
            yield _join([grown], layer.covered)


def _join(parts: list[Layer], like: Masks) -> Layer:
    """One layer, each set once."""
    if not parts:
        return Layer(np.zeros(0, dtype=like.dtype), np.zeros(0))
    covered, at = np.unique(np.concatenate([part.covered for part in parts]), return_inverse=True)
    ways = np.concatenate([part.ways for part in parts])
    return Layer(covered, np.bincount(at, ways, len(covered)).astype(np.float64, copy=False))


def _along_the_map(system: System) -> Ints:
    """ICBs in an order in which neighbours are near each other, (n,)."""
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    bits = singletons(system.size)
    links = csr_array((system.neighbours[:, None] & bits[None, :]) > 0)
    return np.asarray(reverse_cuthill_mckee(links, symmetric_mode=True), dtype=np.int64)


def _renumber(masks: Masks, order: Ints) -> Masks:
    """The same sets, the ICB in place ``order[k]`` now being number k."""
    found = np.zeros_like(masks)
    for k, i in enumerate(order):
        found |= ((masks >> int(i)) & 1) << k
    return found


def _ways_of(layer: Layer, covered: int) -> float:
    return float(layer.ways[layer.covered == covered].sum())


def _pick(random: np.random.Generator, weights: Floats) -> int:
    """A place with probability in proportion to its weight."""
    return int(random.choice(len(weights), p=weights / weights.sum()))
