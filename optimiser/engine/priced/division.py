"""A division of the map while it is searched, in compiled code: what is where, and what that costs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimiser.arrays import Floats, Ints
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.unlisted.scoring import add_atom, breaks_rules, outside_window, score
from optimiser.footprints.unlisted.tables import Tables

BROKEN = 0.1
"""How far any broken window counts as broken at least: a window missed by a hair is no plan either."""


class Division(NamedTuple):
    """Footprints in the making, some of them empty: F slots.

    Attributes:
        part: slot of each atom, (n,).
        members: atoms of each slot, (F, n), and
        sizes: how many, (F,).
        x: vector of sums of each, (F, W).
        cost: what each costs, £m, (F,), and
        wrong: how far it breaks the rules.
    """

    part: Ints
    members: Ints
    sizes: Ints
    x: Floats
    cost: Floats
    wrong: Floats


@compiled
def open_division(t: Tables, part: Ints, slots: int) -> Division:
    """The division that a part for each atom says."""
    n, width = t.linear.shape
    d = Division(
        part.copy(),
        np.empty((slots, n), np.int64),
        np.zeros(slots, np.int64),
        np.zeros((slots, width)),
        np.zeros(slots),
        np.zeros(slots),
    )
    for i in range(n):
        f = part[i]
        d.members[f, d.sizes[f]] = i
        d.sizes[f] += 1
    for f in range(slots):
        d.cost[f], d.wrong[f] = measure_set(t, d.members[f], d.sizes[f], d.x[f])
    return d


@compiled
def measure_set(t: Tables, members: Ints, count: int, x: Floats) -> tuple[float, float]:
    """Write the vector of some atoms; returns what they cost, £m, and how far they break the rules."""
    for w in range(len(x)):
        x[w] = 0.0
    for k in range(count):
        add_atom(x, t, members[k], members, k, 1.0)
    return judge(x, t, members, count)


@compiled
def judge(x: Floats, t: Tables, members: Ints, count: int) -> tuple[float, float]:
    """What a footprint costs, £m, and how far it breaks the rules; nothing where it has no members."""
    if count == 0:
        return 0.0, 0.0
    wrong = outside_window(x, t, count == 1 and t.alone[members[0]])
    if wrong > 0.0:
        wrong += BROKEN
    elif breaks_rules(x, t, members, count):
        wrong = 1.0
    return score(x, t, members, count), wrong


@compiled
def is_barred(t: Tables, i: int, members: Ints, count: int) -> bool:
    """Whether an atom may not join these."""
    found = False
    for k in range(count):
        found = found or t.barred[i, members[k]]
    return found


@compiled
def drop_member(members: Ints, count: int, i: int, kept: Ints) -> int:
    """Write the members but one to ``kept``; returns how many."""
    size = 0
    for k in range(count):
        if members[k] != i:
            kept[size] = members[k]
            size += 1
    return size
