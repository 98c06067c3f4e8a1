"""Bounds for the search of :mod:`optimiser.footprints.unlisted.branching`, in compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimiser.arrays import Floats, Ints
from optimiser.footprints.compiled.jit import compiled, compiled_loosely
from optimiser.footprints.unlisted.tables import FIXED, LEVELS, RESIDENTS, VARIANCE, Tables

Single = NDArray[np.float32]
State = NDArray[np.int8]
Singles = Single
States = State
FREE, IN, OUT = 0, 1, 2


class Hunt(NamedTuple):
    """What a search reads beside the tables: prices, and what follows from the tables alone.

    Attributes:
        price: what covering each atom earns, £m, (n,).
        most_price: that, and the most that staying with a baseline footprint may earn, (n,).
        footprint: what one more footprint earns, £m.
        kept: what an area that stays with its baseline footprint earns, £m.
        homes: areas of each atom in each baseline footprint, (B, n).
        home_price: what matching each baseline footprint earns, at most 0, (B,).
        triples: atoms of each triple cut, padded with -1, (T, 3).
        fines: what a footprint with two or more of a triple pays, £m, (T,).
        rank: place of each atom among the seeds: a footprint's seed is its first, (n,).
        measure: place in the vector of the measure whose window is the most narrow.
        size: that measure of each atom, (n,).
        window: least and most of it.
        depth: most atoms of a footprint.
        deviation: most variance by size of any atom.
        residents: most residents by size of any atom, and
        least_residents: the least.
        arc_start: first arc of each atom to another with which it saves something, (n + 1,).
        arc_to: that other, (arcs,), and
        arc_back: the arc back from it.
        arc_half: half of what the two save together at most, £m.
        blocks: held, risk, sharing and other cost of each group's services, (n, 4, G).
        pair: as the tables', in single precision.
    """

    price: Floats
    most_price: Floats
    footprint: float
    kept: float
    homes: Floats
    home_price: Floats
    triples: Ints
    fines: Floats
    rank: Ints
    measure: int
    size: Floats
    window: Floats
    depth: int
    deviation: float
    residents: float
    least_residents: float
    arc_start: Ints
    arc_to: Ints
    arc_back: Ints
    arc_half: Floats
    blocks: Single
    pair: Single


@compiled_loosely
def value_level(
    t: Tables,
    h: Hunt,
    x: Floats,
    pair: Single,
    room: float,
    needed: float,
    pool: Ints,
    size: int,
    joins: Floats,
) -> float:
    """The least that what is in costs, whatever joins it; and what each atom that joins adds, £m."""
    groups = len(t.holding)
    rest = 0.0
    for k in range(size):
        rest += t.linear[pool[k], VARIANCE]
    variance = x[VARIANCE] + min(max(room, 0.0) * h.deviation, rest)
    by_sd = 1.0 / np.sqrt(variance) if variance > 0 else 0.0
    mixed = least_mixing(x, t, h, pool, size, max(needed, 0.0), max(room, 0.0))
    cost = x[FIXED] + t.committee
    more_held, more_other = np.zeros(groups, np.float32), np.zeros(groups, np.float32)
    for g in range(groups):
        at = LEVELS + g
        team = min(t.holding[g], t.leading[g])
        held = team + x[at] + x[at + groups] * by_sd + x[at + 2 * groups] * mixed
        other = x[at + 3 * groups]
        cost += min(held, other)
        more_held[g] = max(held - other, 0.0)
        more_other[g] = max(other - held, 0.0)
    q, d = np.float32(by_sd), np.float32(mixed)
    for k in range(size):
        j = pool[k]
        added = np.float32(0.0)
        share = np.float32(min(h.size[j] / room, 1.0)) if room > 0.0 else np.float32(1.0)
        for g in range(groups):
            held = (
                h.blocks[j, 0, g] - pair[j, g + 1] + h.blocks[j, 1, g] * q + h.blocks[j, 2, g] * d
            )
            held += more_held[g] * share
            added += min(held, h.blocks[j, 3, g] + more_other[g] * share)
        joins[j] = t.linear[j, FIXED] - pair[j, 0] + added - h.most_price[j]
    return float(cost)


@compiled
def least_mixing(
    x: Floats, t: Tables, h: Hunt, pool: Ints, size: int, needed: float, room: float
) -> float:
    """The least mixing of a footprint that atoms of a pool join, between two sizes together.

    Mixing is one less the squares of commissioners' residents by the square of all. While a commissioner
    gains, its square grows by no more than the secant to the most that it can have; so the steepest
    secants first give the most squares for any number of residents (a fractional knapsack).
    """
    gains, slopes = list_secants(x, t, pool, size, room * h.residents)
    start, squares = len(x) - len(gains), 0.0
    for c in range(len(gains)):
        squares += x[start + c] * x[start + c]
    people, most = x[RESIDENTS], x[RESIDENTS] + room * h.residents
    least = people + needed * h.least_residents
    share = squares / (people * people) if people >= least else 0.0
    for c in np.argsort(-slopes):
        end = min(people + gains[c], most)
        if end > people and end >= least:
            flat = squares - slopes[c] * people
            share = max(share, most_by_square(flat, slopes[c], max(people, least), end))
        squares += slopes[c] * (end - people)
        people = end
    return float(max(1.0 - share, 0.0)) if share > 0.0 else 0.0


@compiled
def list_secants(x: Floats, t: Tables, pool: Ints, size: int, most: float) -> tuple[Floats, Floats]:
    """Residents that each commissioner may gain from a pool, and the slope of its square until then."""
    start = LEVELS + 4 * len(t.holding) + 2 * len(t.group)
    gains, slopes = np.zeros(len(x) - start), np.empty(len(x) - start)
    for k in range(size):
        for c in range(len(gains)):
            gains[c] += t.linear[pool[k], start + c]
    for c in range(len(gains)):
        gains[c] = min(gains[c], most)
        slopes[c] = 2.0 * x[start + c] + gains[c]
    return gains, slopes


@compiled
def most_by_square(flat: float, slope: float, begin: float, end: float) -> float:
    """The most of (flat + slope p) / p² between two p above nothing: at an end or where it is level."""
    found = 0.0
    for p in (begin, min(max(-2.0 * flat / slope, begin), end), end):
        found = max(found, (flat + slope * p) / (p * p))
    return found


@compiled
def reach(
    t: Tables, h: Hunt, room: float, state: State, near: Floats, pool: Ints, queue: Ints
) -> int:
    """Write the atoms that may still join to ``pool``; returns how many.

    ``near`` becomes the least size of a chain of free atoms that leads to each (itself counted),
    infinite where that does not fit the room.
    """
    n, head, waiting = len(state), 0, 0
    queued = np.zeros(n, np.bool_)
    for j in range(n):
        near[j] = np.inf
        if state[j] == FREE and h.size[j] <= room and touches(t, state, j):
            near[j] = h.size[j]
            queue[waiting] = j
            waiting += 1
            queued[j] = True
    while waiting:
        i = queue[head]
        head = (head + 1) % n
        waiting -= 1
        queued[i] = False
        for j in t.links[i]:
            if j < 0 or state[j] != FREE:
                continue
            length = near[i] + h.size[j]
            if length <= room and length < near[j]:
                near[j] = length
                if not queued[j]:
                    queue[(head + waiting) % n] = j
                    waiting += 1
                    queued[j] = True
    size = 0
    for j in range(n):
        if near[j] < np.inf:
            pool[size] = j
            size += 1
    return size


@compiled
def touches(t: Tables, state: State, j: int) -> bool:
    """Whether an atom is a neighbour of one that is in."""
    found = False
    for i in t.links[j]:
        found = found or (i >= 0 and state[i] == IN)
    return found


@compiled
def leaves_hole(t: Tables, h: Hunt, state: State, near: Floats, queue: Ints) -> bool:
    """Whether a part of the rest of the map holds what stays out, and is too small for a footprint."""
    n = len(state)
    if h.window[0] <= 0.0:
        return False
    seen = np.zeros(n, np.bool_)
    for start in range(n):
        if seen[start] or state[start] == IN:
            continue
        queue[0], head, tail = start, 0, 1
        seen[start] = True
        size, stays, alone = 0.0, False, False
        while head < tail:
            i = queue[head]
            head += 1
            size += h.size[i]
            stays = stays or near[i] == np.inf
            alone = alone or t.alone[i]
            for j in t.links[i]:
                if j >= 0 and not seen[j] and state[j] != IN:
                    seen[j] = True
                    queue[tail] = j
                    tail += 1
        if stays and not alone and size < h.window[0]:
            return True
    return False


@compiled
def value_joins(
    h: Hunt,
    joins: Floats,
    members: Ints,
    count: int,
    near: Floats,
    pool: Ints,
    size: int,
    worth: Floats,
) -> None:
    """Write the least that each atom which may join adds, what it saves with other such atoms apart."""
    for k in range(size):
        worth[pool[k]] = joins[pool[k]]
    for c in range(len(h.fines)):
        held = 0
        for a in range(3):
            for k in range(count):
                held += h.triples[c, a] == members[k]
        if held == 1:  # the first of the other two that joins pays, and each may be the first
            for a in range(3):
                j = h.triples[c, a]
                if j >= 0 and near[j] < np.inf:
                    worth[j] += 0.5 * h.fines[c]
