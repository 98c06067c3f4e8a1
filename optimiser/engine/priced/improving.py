"""Heuristic pricing: local search from known footprints to lesser reduced costs, in compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimiser.arrays import Bools, Floats, Ints
from optimiser.engine.priced.division import drop_member, is_barred
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.unlisted.bounds import Hunt
from optimiser.footprints.unlisted.branching import price_set
from optimiser.footprints.unlisted.scoring import (
    add_atom,
    is_connected,
    score,
)
from optimiser.footprints.unlisted.tables import Tables

LEAST_GAIN = 1e-7
"""£m by which a move must improve: footprints of the master tie at nothing, and less is rounding, which
would go round in circles."""


class Descent(NamedTuple):
    """A footprint that improves, and room to try moves of it.

    Attributes:
        members: its atoms, (n,), and
        inside: whether each is one, and
        x: its vector of sums.
        kept: atoms once one has left, and
        less: their vector.
        wider: those once one has joined, and
        more: their vector.
        queue: room to work in, and
        seen: another.
    """

    members: Ints
    inside: Bools
    x: Floats
    kept: Ints
    less: Floats
    wider: Ints
    more: Floats
    queue: Ints
    seen: Bools


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
    d, found = start_descent(t), 0
    for start in range(len(starts)):
        count = open_set(t, d, starts[start])
        best = price_set(d.x, t, h, d.members, count)
        while not stop[0]:
            best, leaves, joins, found = find_move(
                t, h, d, count, best, threshold, sets, costs, found
            )
            if leaves < 0 and joins < 0:
                break
            count = make_move(t, d, count, leaves, joins)
    return found


@compiled
def start_descent(t: Tables) -> Descent:
    """Room for a descent."""
    n, width = t.linear.shape
    return Descent(
        np.empty(n, np.int64),
        np.zeros(n, np.bool_),
        np.empty(width),
        np.empty(n, np.int64),
        np.empty(width),
        np.empty(n, np.int64),
        np.empty(width),
        np.empty(n, np.int64),
        np.zeros(n, np.bool_),
    )


@compiled
def open_set(t: Tables, d: Descent, start: Bools) -> int:
    """Write the footprint that a descent starts from; returns how many members it has."""
    count = 0
    d.x[:] = 0.0
    for i in range(len(start)):
        d.inside[i] = start[i]
        if start[i]:
            add_atom(d.x, t, i, d.members, count, 1.0)
            d.members[count] = i
            count += 1
    return count


@compiled
def find_move(
    t: Tables,
    h: Hunt,
    d: Descent,
    count: int,
    best: float,
    threshold: float,
    sets: Bools,
    costs: Floats,
    found: int,
) -> tuple[float, int, int, int]:
    """The best of all moves: its reduced cost, £m, who leaves, who joins (-1: nobody); finds so far."""
    leaves, joins = -1, -1
    for k in range(-1, count):
        gone = d.members[k] if k >= 0 else -1
        size = drop_member(d.members, count, gone, d.kept)
        d.less[:] = d.x
        if gone >= 0:
            add_atom(d.less, t, gone, d.kept, size, -1.0)
        for j in range(-1, len(d.inside)):
            if not is_open(t, d, j, gone, size):
                continue
            whole = join_kept(t, d, j, size)
            value = price_set(d.more, t, h, d.wider, whole)
            if value >= max(best, threshold):
                continue
            if gone >= 0 and not is_connected(t, d.wider, whole, d.queue, d.seen):
                continue
            if value < threshold and found < len(costs):
                for m in range(whole):
                    sets[found, d.wider[m]] = True
                costs[found] = score(d.more, t, d.wider, whole)
                found += 1
            if value < best - LEAST_GAIN:
                best, leaves, joins = value, gone, j
    return best, leaves, joins, found


@compiled
def is_open(t: Tables, d: Descent, j: int, gone: int, size: int) -> bool:
    """Whether an atom (-1: none) may join what is left of the footprint."""
    if j < 0:
        return gone >= 0 and size > 0
    if d.inside[j] or not touches_members(t, j, d.inside, gone):
        return False
    return not is_barred(t, j, d.kept, size)


@compiled
def join_kept(t: Tables, d: Descent, j: int, size: int) -> int:
    """Write what is left with an atom (-1: none) that joins; returns how many members that has."""
    d.more[:] = d.less
    for m in range(size):
        d.wider[m] = d.kept[m]
    if j < 0:
        return size
    add_atom(d.more, t, j, d.kept, size, 1.0)
    d.wider[size] = j
    return size + 1


@compiled
def make_move(t: Tables, d: Descent, count: int, leaves: int, joins: int) -> int:
    """Let one atom leave and another join (-1: none); returns how many members there are then."""
    if leaves >= 0:
        count = drop_member(d.members, count, leaves, d.kept)
        for k in range(count):
            d.members[k] = d.kept[k]
        add_atom(d.x, t, leaves, d.members, count, -1.0)
        d.inside[leaves] = False
    if joins >= 0:
        add_atom(d.x, t, joins, d.members, count, 1.0)
        d.members[count] = joins
        count += 1
        d.inside[joins] = True
    return count


@compiled
def touches_members(t: Tables, j: int, inside: Bools, gone: int) -> bool:
    """Whether an atom is a neighbour of a member other than the one that leaves."""
    found = False
    for i in t.links[j]:
        found = found or (i >= 0 and i != gone and inside[i])
    return found
