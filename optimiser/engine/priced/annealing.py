"""A first plan of any map: simulated annealing on moves of one atom at a time, under the true cost."""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from optimiser.arrays import Bools, Floats, Ints
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.unlisted.scoring import (
    add_atom,
    breaks_rules,
    is_connected,
    outside_window,
    score,
)
from optimiser.footprints.unlisted.tables import PEOPLE, Tables

HOTTEST, COLDEST = 0.1, 1e-4
"""Temperatures, as shares of a footprint's mean cost: at first a move that costs a tenth of a
footprint is taken one time in three, at last none that costs a thousandth."""
LEAST_FINE, MOST_FINE = 2.0, 100.0
"""Fine on breaking a rule by its own size, in mean footprints' costs, at first and at last: low enough
to pass through, then too high to pay."""
BROKEN = 0.1
"""How far any broken window counts as broken at least: a window missed by a hair is no plan either."""
SPLITS = 0.02
"""Share of moves that try an atom as a footprint of its own."""
SPARE = 2
"""Footprints that a division may have too many or too few on the way: one that is dissolved where there
is no room for it rises again elsewhere, which no move of one atom at a fixed number can do."""
OFF = 0.5
"""How far each of them counts as broken."""
LOOK = 1_024
"""Moves between looks at the flag that stops: a few milliseconds."""


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
    n, width = t.linear.shape
    slots = most + SPARE
    members, sizes = np.empty((slots, n), np.int64), np.zeros(slots, np.int64)
    x = np.zeros((slots, width))
    cost, wrong = np.zeros(slots), np.zeros(slots)
    gave, got = np.empty(width), np.empty(width)
    smaller, larger = np.empty(n, np.int64), np.empty(n, np.int64)
    queue, seen = np.empty(n, np.int64), np.zeros(n, np.bool_)
    for i in range(n):
        f = part[i]
        add_atom(x[f], t, i, members[f], sizes[f], 1.0)
        members[f, sizes[f]] = i
        sizes[f] += 1
    count, total, broken = 0, 0.0, 0.0
    for f in range(slots):
        cost[f], wrong[f] = judge(x[f], t, members[f], sizes[f])
        count += sizes[f] > 0
        total += cost[f]
        broken += wrong[f]
    broken += OFF * off_count(count, fewest, most)
    unit = max(abs(total) / count, 1e-9)
    best, best_cost = np.empty(n, np.int64), np.inf
    for move in range(moves):
        if move % LOOK == 0 and stop[0]:
            break
        i = int(random.integers(0, n))
        f, g = part[i], choose_part(t, i, part, sizes, random)
        if g < 0 or g == f or (sizes[f] == 1 and sizes[g] == 0):
            continue
        after = count + (sizes[g] == 0) - (sizes[f] == 1)
        if after < max(fewest - SPARE, 1):
            continue
        kept = drop_member(members[f], sizes[f], i, smaller)
        if is_barred(t, i, members[g], sizes[g]):
            continue
        if not is_connected(t, smaller, kept, queue, seen):
            continue
        for w in range(width):
            gave[w], got[w] = x[f, w], x[g, w]
        add_atom(gave, t, i, smaller, kept, -1.0)
        add_atom(got, t, i, members[g], sizes[g], 1.0)
        for k in range(sizes[g]):
            larger[k] = members[g, k]
        larger[sizes[g]] = i
        gave_cost, gave_wrong = judge(gave, t, smaller, kept)
        got_cost, got_wrong = judge(got, t, larger, sizes[g] + 1)
        more = gave_cost + got_cost - cost[f] - cost[g]
        worse = gave_wrong + got_wrong - wrong[f] - wrong[g]
        worse += OFF * (off_count(after, fewest, most) - off_count(count, fewest, most))
        done = move / moves
        change = more + worse * unit * LEAST_FINE * (MOST_FINE / LEAST_FINE) ** done
        heat = unit * HOTTEST * (COLDEST / HOTTEST) ** done
        if change > 0 and random.random() >= math.exp(-change / heat):
            continue
        count = after
        for w in range(width):
            x[f, w], x[g, w] = gave[w], got[w]
        for k in range(kept):
            members[f, k] = smaller[k]
        members[g, sizes[g]] = i
        sizes[f], sizes[g] = kept, sizes[g] + 1
        cost[f], cost[g], wrong[f], wrong[g] = gave_cost, got_cost, gave_wrong, got_wrong
        part[i] = g
        total, broken = total + more, broken + worse
        if broken < BROKEN / 2 and total < best_cost:
            best_cost = total
            for j in range(n):
                best[j] = part[j]
    if best_cost < np.inf:
        for j in range(n):
            part[j] = best[j]
    return best_cost


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
