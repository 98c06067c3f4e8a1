"""A first plan of any map: simulated annealing on moves of one atom at a time, under the true cost."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from optimiser.arrays import Bools, Floats, Ints
from optimiser.engine.priced.division import (
    BROKEN,
    Division,
    drop_member,
    is_barred,
    judge,
    open_division,
)
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.unlisted.scoring import add_atom, is_connected
from optimiser.footprints.unlisted.tables import PEOPLE, Tables

HOTTEST, COLDEST = 0.1, 1e-4
"""Temperatures, as shares of a footprint's mean cost: at first a move that costs a tenth of a
footprint is taken one time in three, at last none that costs a thousandth."""
LEAST_FINE, MOST_FINE = 2.0, 100.0
"""Fine on breaking a rule by its own size, in mean footprints' costs, at first and at last: low enough
to pass through, then too high to pay."""
SPLITS = 0.02
"""Share of moves that try an atom as a footprint of its own."""
SPARE = 2
"""Footprints that a division may have too many or too few on the way: one that is dissolved where there
is no room for it rises again elsewhere, which no move of one atom at a fixed number can do."""
OFF = 0.5
"""How far each of them counts as broken."""
LOOK = 1_024
"""Moves between looks at the flag that stops: a few milliseconds."""


class Move(NamedTuple):
    """One atom that leaves a footprint for another: what both then are, 0 the one that is left.

    Attributes:
        members: atoms of both, (2, n), and
        sizes: how many, (2,).
        x: vectors of sums, (2, W).
        cost: £m, (2,), and
        wrong: how far each breaks the rules.
        queue: room to work in, and
        seen: another.
    """

    members: Ints
    sizes: Ints
    x: Floats
    cost: Floats
    wrong: Floats
    queue: Ints
    seen: Bools


@compiled
def anneal(
    t: Tables,
    part: Ints,
    fewest: int,
    most: int,
    moves: int,
    random: np.random.Generator,
    stop: Bools,
) -> float:
    """Divide the atoms into connected footprints, cheaply.

    Args:
        t: the tables.
        part: a first division, the footprint of each atom, (n,); the best one found is written to it.
        fewest: footprints, at least.
        most: footprints, at most.
        moves: how many to try.
        random: where random numbers come from.
        stop: one flag, looked at often.

    Returns:
        what the plan costs, £m; infinite (and any division) if none within the rules was met.
    """
    d, m = open_division(t, part, most + SPARE), start_move(t)
    count = 0
    for f in range(len(d.sizes)):
        count += d.sizes[f] > 0
    total, broken = d.cost.sum(), d.wrong.sum() + OFF * off_count(count, fewest, most)
    unit, best_cost = max(abs(total) / count, 1e-9), np.inf
    for move in range(moves):
        if move % LOOK == 0 and stop[0]:
            break
        i = int(random.integers(0, len(part)))
        f, g = d.part[i], choose_part(t, i, d.part, d.sizes, random)
        if g < 0 or g == f or (d.sizes[f] == 1 and d.sizes[g] == 0):
            continue
        after = count + (d.sizes[g] == 0) - (d.sizes[f] == 1)
        if after < max(fewest - SPARE, 1) or not try_move(t, d, i, f, g, m):
            continue
        more = m.cost.sum() - d.cost[f] - d.cost[g]
        worse = m.wrong.sum() - d.wrong[f] - d.wrong[g]
        worse += OFF * (off_count(after, fewest, most) - off_count(count, fewest, most))
        if not is_taken(more, worse, move / moves, unit, random):
            continue
        take_move(d, i, f, g, m)
        count, total, broken = after, total + more, broken + worse
        if broken < BROKEN / 2 and total < best_cost:
            best_cost = total
            part[:] = d.part
    return best_cost


@compiled
def start_move(t: Tables) -> Move:
    """Room for a move."""
    n, width = t.linear.shape
    return Move(
        np.empty((2, n), np.int64),
        np.zeros(2, np.int64),
        np.empty((2, width)),
        np.zeros(2),
        np.zeros(2),
        np.empty(n, np.int64),
        np.zeros(n, np.bool_),
    )


@compiled
def try_move(t: Tables, d: Division, i: int, f: int, g: int, m: Move) -> bool:
    """Write what two footprints are once an atom has moved; False where it may not."""
    kept = drop_member(d.members[f], d.sizes[f], i, m.members[0])
    if is_barred(t, i, d.members[g], d.sizes[g]):
        return False
    if not is_connected(t, m.members[0], kept, m.queue, m.seen):
        return False
    for w in range(d.x.shape[1]):
        m.x[0, w], m.x[1, w] = d.x[f, w], d.x[g, w]
    add_atom(m.x[0], t, i, m.members[0], kept, -1.0)
    add_atom(m.x[1], t, i, d.members[g], d.sizes[g], 1.0)
    for k in range(d.sizes[g]):
        m.members[1, k] = d.members[g, k]
    m.members[1, d.sizes[g]] = i
    m.sizes[0], m.sizes[1] = kept, d.sizes[g] + 1
    for k in range(2):
        m.cost[k], m.wrong[k] = judge(m.x[k], t, m.members[k], m.sizes[k])
    return True


@compiled
def is_taken(
    more: float, worse: float, done: float, unit: float, random: np.random.Generator
) -> bool:
    """Whether a move is taken at a share of the way."""
    change = more + worse * unit * LEAST_FINE * (MOST_FINE / LEAST_FINE) ** done
    heat = unit * HOTTEST * (COLDEST / HOTTEST) ** done
    return change <= 0 or random.random() < math.exp(-change / heat)


@compiled
def take_move(d: Division, i: int, f: int, g: int, m: Move) -> None:
    """Put an atom from one footprint into another."""
    for k in range(2):
        slot = g if k else f
        d.x[slot] = m.x[k]
        d.sizes[slot], d.cost[slot], d.wrong[slot] = m.sizes[k], m.cost[k], m.wrong[k]
        for place in range(m.sizes[k]):
            d.members[slot, place] = m.members[k, place]
    d.part[i] = g


@compiled
def off_count(count: int, fewest: int, most: int) -> int:
    """How many footprints there are too many or too few."""
    return max(fewest - count, count - most, 0)


@compiled
def choose_part(t: Tables, i: int, part: Ints, sizes: Ints, random: np.random.Generator) -> int:
    """The part of a random neighbour, now and then an empty one; -1 where there is none."""
    if random.random() < SPLITS:
        for f in range(len(sizes)):
            if sizes[f] == 0:
                return f
    degree = 0
    for j in t.links[i]:
        degree += j >= 0
    return part[t.links[i, random.integers(0, degree)]] if degree else -1


def find_islands(t: Tables) -> Ints:
    """Which atoms hang together by any chain of neighbours, numbered, (n,)."""
    a, k = np.nonzero(t.links >= 0)
    graph = csr_array((np.ones(len(a)), (a, t.links[a, k])), shape=(len(t.linear),) * 2)
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def grow_parts(t: Tables, count: int, random: np.random.Generator) -> Ints:
    """Divide the map roughly evenly: the part with the fewest people takes a random neighbour."""
    n = len(t.linear)
    part = np.full(n, -1, dtype=np.int64)
    island = find_islands(t)
    order = random.permutation(n)
    first = np.unique(island[order], return_index=True)[
        1
    ]  # each island has a part, if there are enough
    seeds = np.concatenate((order[first], np.delete(order, first)))[:count]
    part[seeds] = np.arange(len(seeds))
    open_ = set(range(len(seeds)))
    while open_ and (part < 0).any():
        people = {f: t.linear[part == f, PEOPLE].sum() for f in open_}
        f = min(people, key=people.__getitem__)
        around = np.unique(t.links[part == f])
        around = around[(around >= 0) & (part[around] < 0)]
        if len(around):
            part[random.choice(around)] = f
        else:
            open_.remove(f)
    part[part < 0] = 0
    return part
