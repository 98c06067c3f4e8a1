"""Heuristic pricing: local search from known footprints to lesser reduced costs, in compiled code."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Bools, Floats, Ints
from optimiser.engine.priced.division import drop_member, is_barred
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.unlisted.bounds import Hunt
from optimiser.footprints.unlisted.branching import earnings
from optimiser.footprints.unlisted.scoring import (
    add_atom,
    breaks_rules,
    is_connected,
    outside_window,
    score,
)
from optimiser.footprints.unlisted.tables import NEVER_M, Tables

LEAST_GAIN = 1e-7
"""£m by which a move must improve: footprints of the master tie at nothing, and less is rounding, which
would go round in circles."""


@compiled
def improve_sets(
    t: Tables,
    h: Hunt,
    starts: Bools,
    threshold: float,
    sets: Bools,
    costs: Floats,
    stop: Bools,
) -> int:
    """Descend from each start by the best of all moves.

    An atom joins, one leaves, or one takes the place of another.

    Args:
        t: the tables.
        h: the prices.
        starts: atoms of connected footprints, (m, n).
        threshold: £m; every footprint met below it is written to
        sets: (room, n), and its cost to
        costs: (room,), until they are full.
        stop: one flag that ends the search.

    Returns:
        how many were written; one may be written twice.
    """
    n, width = starts.shape[1], t.linear.shape[1]
    members, kept, wider = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    queue, seen, inside = np.empty(n, np.int64), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    x, less, more = np.empty(width), np.empty(width), np.empty(width)
    found = 0
    for start in range(len(starts)):
        count = 0
        for w in range(width):
            x[w] = 0.0
        for i in range(n):
            inside[i] = starts[start, i]
            if inside[i]:
                add_atom(x, t, i, members, count, 1.0)
                members[count] = i
                count += 1
        best = price_set(x, t, h, members, count)
        while not stop[0]:
            leaves, joins = -1, -1
            for k in range(-1, count):
                gone = members[k] if k >= 0 else -1
                size = drop_member(members, count, gone, kept)
                for w in range(width):
                    less[w] = x[w]
                if gone >= 0:
                    add_atom(less, t, gone, kept, size, -1.0)
                for j in range(-1, n):
                    if j < 0:
                        if gone < 0 or size == 0:
                            continue
                    elif (
                        inside[j]
                        or not touches_members(t, j, inside, gone)
                        or is_barred(t, j, kept, size)
                    ):
                        continue
                    for w in range(width):
                        more[w] = less[w]
                    for m in range(size):
                        wider[m] = kept[m]
                    if j >= 0:
                        add_atom(more, t, j, kept, size, 1.0)
                        wider[size] = j
                    whole = size + (j >= 0)
                    value = price_set(more, t, h, wider, whole)
                    if value >= max(best, threshold):
                        continue
                    if gone >= 0 and not is_connected(t, wider, whole, queue, seen):
                        continue
                    if value < threshold and found < len(costs):
                        for m in range(whole):
                            sets[found, wider[m]] = True
                        costs[found] = score(more, t, wider, whole)
                        found += 1
                    if value < best - LEAST_GAIN:
                        best, leaves, joins = value, gone, j
            if leaves < 0 and joins < 0:
                break
            if leaves >= 0:
                count = drop_member(members, count, leaves, kept)
                for k in range(count):
                    members[k] = kept[k]
                add_atom(x, t, leaves, members, count, -1.0)
                inside[leaves] = False
            if joins >= 0:
                add_atom(x, t, joins, members, count, 1.0)
                members[count] = joins
                count += 1
                inside[joins] = True
    return found


@compiled
def price_set(x: Floats, t: Tables, h: Hunt, members: Ints, count: int) -> float:
    """Reduced cost of a footprint, £m; infinite where it breaks a rule (but for hanging together)."""
    if outside_window(x, t, count == 1 and t.alone[members[0]]) > 0.0:
        return np.inf
    if breaks_rules(x, t, members, count):
        return np.inf
    cost = score(x, t, members, count)
    return cost - earnings(h, members, count) if cost < NEVER_M / 2 else np.inf


@compiled
def touches_members(t: Tables, j: int, inside: Bools, gone: int) -> bool:
    """Whether an atom is a neighbour of a member other than the one that leaves."""
    found = False
    for i in t.links[j]:
        found = found or (i >= 0 and i != gone and inside[i])
    return found
