"""The best path of every service over the years of a roadmap, in each footprint, exactly.

With the grouping fixed over the years, the cost of a footprint is a sum over groups of services, and
that of a group is a shortest path: it is national or held by the footprint in each year, or left to the
single ICBs for a run of years. Within such a run each ICB has a shortest path of its own between
England and itself, which does not depend on its footprint: the cost of a run is a sum over members, as
everything that England bears and every move is. So a candidate has one cost, and the partition engine
proves the best grouping with all paths at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks, in_one_thread
from optimiser.footprints.candidates import count_members, membership
from optimiser.footprints.levels import CHEAPER
from optimiser.footprints.years import (
    Charges,
    Years,
    find_led,
    measure_by_level,
    measure_collective,
    measure_unmoved,
)

ENGLAND, HELD, ALONE = 0, 1, 2
"""Who holds: England, the footprint, or each member what is cheapest for it."""
START, END = (-1, ENGLAND), (-2, ENGLAND)
"""Before the first year and after the last."""
BLOCK = 512
"""Footprints measured at once: what is worked on stays in the processor's cache."""
BARRED = 1e12
"""£m-equivalents, more than anything costs, for what may not be: infinity times a member that is not
there would be no number."""

Node = tuple[int, int]
"""A year and who holds in it: England or the footprint."""


class Arc(NamedTuple):
    """From one node to the next; the years between them, if any, are left to the single ICBs."""

    source: Node
    target: Node
    between: range


@dataclass(frozen=True)
class Paths:
    """Who holds each group of services over the years, in some footprints.

    Attributes:
        state: :data:`ENGLAND`, :data:`HELD` or :data:`ALONE`, (T, K, G).
        single: ICBs that hold alone, (T, K, G, n); only members of the footprint, only under ALONE.
        led: whether a lead provider holds what a footprint does, (T, K, G).
    """

    state: Ints
    single: Bools
    led: Bools


class Network:
    """The arcs of a roadmap and what each costs an ICB.

    Args:
        years: the years.
    """

    def __init__(self, years: Years) -> None:
        self.years = years
        self.arcs = list_arcs(len(years.numbers), years.single_open)

    @cached_property
    def by_icb(self) -> list[Floats]:
        """Cost of every arc, what England bears in its target included, (n, G) each."""
        found = [cost_arc(self.years.charges, arc)[0] for arc in self.arcs]
        return [np.ascontiguousarray(np.minimum(cost, BARRED).T) for cost in found]

    @in_one_thread
    def cost(self, masks: Masks) -> Floats:
        """£m-equivalents of each footprint over all years, best paths, infinite if it has none, (m,)."""
        cost = measure_unmoved(self.years, masks)
        order = np.argsort(count_members(masks), kind="stable")  # like sizes are measured together
        for start in range(0, len(order), BLOCK):
            rows = order[start : start + BLOCK]
            best = self._shortest(masks[rows])[END]
            cost[rows] += np.where(best < BARRED, best, np.inf).sum(axis=1)
        return cost

    def _shortest(self, masks: Masks) -> dict[Node, Floats]:
        """Cost of the best path to every node, (m, G) each."""
        inside = membership(masks, self.years.size)
        collective = measure_collective(self.years, masks)
        shape = (len(masks), len(self.years.groups))
        best: dict[Node, Floats] = {START: np.zeros(shape)}
        for target, numbers in self._into.items():
            table = np.concatenate([self.by_icb[number] for number in numbers], axis=1)
            came = (inside @ table).reshape(len(masks), len(numbers), shape[1])
            for place, number in enumerate(numbers):
                came[:, place] += best[self.arcs[number].source]
            best[target] = came.min(axis=1)
            if target[1] == HELD:
                best[target] += collective[target[0]]
        return best

    @cached_property
    def _into(self) -> dict[Node, list[int]]:
        """Arcs into each node that some service may take, by number, nodes in order of years."""
        found: dict[Node, list[int]] = {arc.target: [] for arc in self.arcs}
        for number, arc in enumerate(self.arcs):
            if (self.by_icb[number] < BARRED).all(axis=0).any() or not arc.between:
                found[arc.target].append(number)
        return found

    def paths(self, masks: Masks) -> Paths:
        """The best paths of some footprints, (K,)."""
        best, inside = self._shortest(masks), membership(masks, self.years.size)
        T, (K, G) = len(self.years.numbers), best[END].shape
        led = np.array(find_led(self.years, masks)).reshape(T, K, G)
        single = np.zeros((T, K, G, self.years.size), bool)
        found = Paths(np.zeros((T, K, G), np.int64), single, led)
        walks = [cost_arc(self.years.charges, arc)[1] for arc in self.arcs]
        for f, g in np.ndindex(K, G):
            node = END
            while node != START:
                came = [
                    best[self.arcs[a].source][f, g] + inside[f] @ self.by_icb[a][:, g]
                    for a in self._into[node]
                ]
                number = self._into[node][int(np.argmin(came))]
                if node != END:
                    found.state[node[0], f, g] = node[1]
                for step, t in enumerate(self.arcs[number].between):
                    single = walks[number][step, g] & (inside[f] > 0)
                    found.single[t, f, g] = single
                    found.state[t, f, g] = ALONE if single.any() else ENGLAND
                node = self.arcs[number].source
        return found


def list_arcs(years: int, single_open: bool) -> list[Arc]:
    """Every arc, those into one node together and after those into the nodes before it."""
    found = []
    for t in range(years + 1):
        for target in [(t, ENGLAND), (t, HELD)] if t < years else [END]:
            for begin in range(t, -1 if single_open else t - 1, -1):
                sources = [START] if begin == 0 else [(begin - 1, ENGLAND), (begin - 1, HELD)]
                found += [Arc(source, target, range(begin, t)) for source in sources]
    return found


Pair = tuple[Floats, Floats]
"""Of what England holds and of what the ICB holds, (G, n) each."""


def cost_arc(charges: Charges, arc: Arc) -> tuple[Floats, Bools]:
    """What an arc costs each ICB, (G, n), and whether it holds alone in each year between, (b, G, n).

    In the years between an ICB moves between England and itself as is cheapest for it, from where the
    source leaves it to what the target asks. England's charge in the target's year is included; the
    footprint's is not, as it is no sum over members.
    """
    nothing, never = np.zeros(charges.england.shape[1:]), np.full(charges.england.shape[1:], np.inf)
    at: Pair = (never, nothing) if arc.source[1] == HELD else (nothing, never)
    steps = []
    for t in arc.between:
        moved, came = _move(charges, t, at)
        at = moved[0] + charges.england[t], moved[1] + charges.alone[t]
        steps.append(came)
    if arc.target == END:
        cost, was_local = np.minimum(*at), at[1] < at[0] * (1 - CHEAPER)
    else:
        t, who = arc.target
        moved, came = _move(charges, t, at)
        cost = moved[who] + (charges.england[t] if who == ENGLAND else 0.0)
        was_local = came[who]
    return cost, _walk_back(steps, was_local)


def follow_held(charges: Charges, held: int) -> tuple[Floats, Bools]:
    """If footprints hold in some years, what each ICB bears at its best in the others, moves among it.

    Args:
        charges: by year, group and ICB.
        held: the years in which footprints hold, as bits, the first the lowest.

    Returns:
        the cost, infinite where it has no path, (G, n); whether it holds alone, (T, G, n).
    """
    nothing, never = np.zeros(charges.england.shape[1:]), np.full(charges.england.shape[1:], np.inf)
    at: Pair = (nothing, never)
    steps, by_footprint = [], [bool(held >> t & 1) for t in range(len(charges.england))]
    for t, of_all in enumerate(by_footprint):
        moved, came = _move(charges, t, at)
        steps.append(came)
        england, alone = (never, nothing) if of_all else (charges.england[t], charges.alone[t])
        at = moved[0] + england, moved[1] + alone
    cost, was_local = np.minimum(*at), at[1] < at[0] * (1 - CHEAPER)
    local = _walk_back(steps, was_local)
    return cost, local & ~np.array(by_footprint)[:, None, None]


def _move(charges: Charges, t: int, at: Pair) -> tuple[Pair, tuple[Bools, Bools]]:
    """Cheapest ways to be England's and to be local in year t, and whether each was local before."""
    if t == 0:
        none = np.zeros(at[0].shape, dtype=bool)
        return (charges.clawback[0], charges.delegate[0]), (none, none)
    back, out = at[1] + charges.clawback[t], at[0] + charges.delegate[t]
    was_local = back < at[0] * (1 - CHEAPER), at[1] <= out
    return (np.minimum(at[0], back), np.minimum(at[1], out)), was_local


def _walk_back(steps: Sequence[tuple[Bools, Bools]], was_local: Bools) -> Bools:
    """Whether each ICB holds alone in each of some years, from whether it does in the last of them."""
    found = []
    for from_england, from_local in reversed(steps):
        found.append(was_local)
        was_local = np.where(was_local, from_local, from_england)
    return np.array(found[::-1]).reshape(len(steps), *was_local.shape)


def cost_step_by_step(years: Years, masks: Masks) -> float:
    """£m-equivalents of some footprints if each year's levels are the best for that year alone.

    Under one list for all England they are the best for all of them together. Infinite where the levels
    of one year leave a later one none.
    """
    charges, inside = years.charges, (membership(masks, years.size) > 0)[:, None, :]
    total, by_level = float(measure_unmoved(years, masks).sum()), measure_by_level(years, masks)
    local = np.zeros((len(masks), len(years.groups), years.size), dtype=bool)
    for t in range(len(years.numbers)):
        clawback = charges.clawback[t] if t == 0 else np.where(local, charges.clawback[t], 0.0)
        delegate = charges.delegate[t] if t == 0 else np.where(local, 0.0, charges.delegate[t])
        england, alone = charges.england[t] + clawback, charges.alone[t] + delegate
        joining = np.where(inside, delegate, 0.0).sum(axis=2)
        options = np.stack(
            [
                np.where(inside, england, 0.0).sum(axis=2),
                np.where(inside, np.minimum(england, alone), 0.0).sum(axis=2),
                *(joining + held for held in by_level[t]),
            ]
        )
        compared = options.sum(axis=1, keepdims=True) if years.one_list else options
        chosen = np.broadcast_to(compared.argmin(axis=0), options.shape[1:])
        total += float(np.take_along_axis(options, chosen[None], axis=0).sum())
        local = (chosen > 1)[..., None] | ((chosen == 1)[..., None] & (alone < england))
    return total
