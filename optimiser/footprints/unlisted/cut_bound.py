"""The bound of what joins a footprint by minimum cut, in compiled code.

What a footprint leaks is a cut of the map: two atoms save their flows only where both are in. For given
prices, the least that joining atoms add, hanging together and window apart, is thus a minimum cut, and
by duality a maximum flow: the saving of a pair is split between its two ends, and any split is a valid
bound, so that a flow that is stopped early proves less, but nothing wrong. The window is kept by a
fractional knapsack over what the split leaves of each atom, whose last atom's worth by size is the
multiplier at which the flow goes on (Lagrangian relaxation; Fisher, 1981). A child begins with the split
of its parent.
"""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Floats, Ints
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.unlisted.bounds import Hunt

WAVES = 12
"""Waves of flow at a node: the first few do most; what is not pruned by then is cheaper to branch."""
WORTH_A_WAVE = 0.02
"""Share of what is missing to prune that a wave must gain to be followed by another."""
DUST = 1e-9
"""£m below which a capacity or an excess is rounding."""


@compiled
def split_savings(
    h: Hunt, split: Floats, pool: Ints, size: int, near: Floats, worth: Floats
) -> None:
    """Take off each atom's worth its part of what it saves with others that may join."""
    for k in range(size):
        j = pool[k]
        for a in range(h.arc_start[j], h.arc_start[j + 1]):
            if near[h.arc_to[a]] < np.inf:
                worth[j] -= h.arc_half[a] - split[a]


@compiled
def rank_from_sinks(
    h: Hunt,
    split: Floats,
    pool: Ints,
    size: int,
    near: Floats,
    worth: Floats,
    multiplier: float,
    order: Ints,
    steps: Ints,
) -> int:
    """Write the atoms from which flow reaches one worth less than the multiplier, nearest first.

    ``steps`` is how far each is from such an atom, -1 if there is no way; returns how many they are.
    """
    tail, head = 0, 0
    for k in range(size):
        j = pool[k]
        steps[j] = -1
        if worth[j] - multiplier * h.size[j] > DUST:
            steps[j] = 0
            order[tail] = j
            tail += 1
    while head < tail:
        k = order[head]
        head += 1
        for a in range(h.arc_start[k], h.arc_start[k + 1]):
            j, back = h.arc_to[a], h.arc_back[a]
            if near[j] < np.inf and steps[j] < 0 and h.arc_half[back] - split[back] > DUST:
                steps[j] = steps[k] + 1
                order[tail] = j
                tail += 1
    return tail


@compiled
def push_wave(
    h: Hunt,
    split: Floats,
    near: Floats,
    worth: Floats,
    multiplier: float,
    order: Ints,
    count: int,
    steps: Ints,
) -> float:
    """Push what joining is worth to atoms that are worth less, farthest first; returns the gain, £m."""
    gain = 0.0
    for place in range(count - 1, -1, -1):
        j = order[place]
        excess = multiplier * h.size[j] - worth[j]
        if steps[j] == 0 or excess <= DUST:
            continue
        for a in range(h.arc_start[j], h.arc_start[j + 1]):
            k = h.arc_to[a]
            if near[k] == np.inf or steps[k] != steps[j] - 1:
                continue
            pushed = min(excess, h.arc_half[a] - split[a])
            if steps[k] == 0:
                pushed = min(pushed, worth[k] - multiplier * h.size[k])
            if pushed <= 0.0:
                continue
            split[a] += pushed
            split[h.arc_back[a]] -= pushed
            worth[j] += pushed
            worth[k] -= pushed
            excess -= pushed
            gain += pushed if steps[k] == 0 else 0.0
            if excess <= DUST:
                break
    return gain


@compiled
def fill_window(
    h: Hunt, pool: Ints, size: int, worth: Floats, room: float, needed: float, order: Ints
) -> tuple[float, float]:
    """The least that joining atoms add within the window, in fractions.

    Returns:
        that, £m, infinite if none fill it; and the worth by size of the last atom that joins, or 0.
    """
    for k in range(size):  # by worth for size, the best first
        j, place = pool[k], k
        ratio = worth[j] / h.size[j]
        while place > 0 and worth[order[place - 1]] / h.size[order[place - 1]] > ratio:
            order[place] = order[place - 1]
            place -= 1
        order[place] = j
    total, filled, last = 0.0, 0.0, 0.0
    for k in range(size):
        j = order[k]
        share = find_share(h, j, worth[j], filled, room, needed)
        if share <= 0.0:
            break
        total += share * worth[j]
        filled += share * h.size[j]
        last = worth[j] / h.size[j] if share < 1.0 or worth[j] >= 0.0 else 0.0
    return (float(total) if filled >= needed - 1e-9 else float(np.inf)), last


@compiled
def find_share(h: Hunt, j: int, worth: float, filled: float, room: float, needed: float) -> float:
    """The share of an atom that joins after those that fill so much; what costs joins if needed."""
    return float(min(1.0, ((needed if worth >= 0.0 else room) - filled) / h.size[j]))


@compiled
def bound_joins(
    h: Hunt,
    split: Floats,
    pool: Ints,
    size: int,
    near: Floats,
    worth: Floats,
    room: float,
    needed: float,
    enough: float,
    order: Ints,
    steps: Ints,
) -> float:
    """The least that joining atoms add, £m: waves of flow until it is enough, or they gain little."""
    split_savings(h, split, pool, size, near, worth)
    least, multiplier = fill_window(h, pool, size, worth, room, needed, order)
    for _ in range(WAVES):
        if least >= enough:
            break
        count = rank_from_sinks(h, split, pool, size, near, worth, multiplier, order, steps)
        push_wave(h, split, near, worth, multiplier, order, count, steps)
        more, multiplier = fill_window(h, pool, size, worth, room, needed, order)
        gained, least = more - least, max(more, least)
        if gained < WORTH_A_WAVE * (enough - least):
            break
    return least
