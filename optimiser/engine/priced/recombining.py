"""Better plans where windows are narrow: two footprints are merged and cut anew along a tree.

A move of one atom hardly ever keeps a window of half a per cent. A random tree through both footprints
has an edge for each atom, and each cuts it into two connected parts: among so many, one often fits
(recombination; DeFord, Duchin and Solomon, 2021). Here it anneals towards the least cost.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from optimiser.arrays import Bools, Floats, Ints
from optimiser.engine.priced.division import Division, is_barred, measure_set, open_division
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.unlisted.tables import MEMBERS, Tables

HOTTEST, COLDEST = 0.05, 1e-3
"""Temperatures, as shares of a footprint's mean cost: a cut changes far more than a move of one atom."""
FINE = 20.0
"""Fine on breaking a rule by its own size, in mean footprints' costs: no move that breaks more pays."""
TRIES = 8
"""Trees drawn through one pair of footprints until one has a cut within the windows."""
LOOK = 64
"""Moves between looks at the flag that stops: a few milliseconds."""


class Tree(NamedTuple):
    """A tree through some atoms: each with its parent, in the order of joining, and sums below each."""

    order: Ints
    parent: Ints
    below: Floats
    inside: Bools
    arcs: Ints


@compiled
def recombine(
    t: Tables,
    part: Ints,
    moves: int,
    random: np.random.Generator,
    stop: Bools,
    met: Bools,
) -> tuple[float, int]:
    """Improve a division whose number of footprints stays the same.

    Args:
        t: the tables.
        part: a division into connected parts, numbered from 0, (n,); the best one is written to it.
        moves: how many to try.
        random: where random numbers come from.
        stop: one flag, looked at often.
        met: footprints within the rules that were met are written here until it is full, (room, n).

    Returns:
        what the plan costs, £m, infinite if none within the rules was met; and how many footprints were.
    """
    n, slots = len(part), int(part.max()) + 1
    d = open_division(t, part, slots)
    tree = Tree(
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.zeros((n, 3)),
        np.zeros(n, np.bool_),
        np.empty((t.links.size, 2), np.int64),
    )
    sides, counts = np.empty((2, n), np.int64), np.zeros(2, np.int64)
    x, cost, wrong = np.zeros((2, t.linear.shape[1])), np.zeros(2), np.zeros(2)
    unit, best_cost, found = max(abs(d.cost.sum()) / slots, 1e-9), np.inf, 0
    for move in range(moves):
        if move % LOOK == 0 and stop[0]:
            break
        f, g = choose_pair(t, d.part, random)
        if g < 0 or not cut_pair(t, d, f, g, tree, sides, counts, random):
            continue
        for k in range(2):
            cost[k], wrong[k] = measure_set(t, sides[k], counts[k], x[k])
            wrong[k] += holds_barred(t, sides[k], counts[k])
            if wrong[k] == 0.0 and found < len(met):
                for m in range(counts[k]):
                    met[found, sides[k, m]] = True
                found += 1
        more = cost.sum() - d.cost[f] - d.cost[g]
        worse = wrong.sum() - d.wrong[f] - d.wrong[g]
        heat = unit * HOTTEST * (COLDEST / HOTTEST) ** (move / moves)
        change = more + worse * unit * FINE
        if change > 0 and random.random() >= math.exp(-change / heat):
            continue
        put_sides(d, f, g, sides, counts, x, cost, wrong)
        if d.wrong.sum() == 0.0 and d.cost.sum() < best_cost:
            best_cost = d.cost.sum()
            part[:] = d.part
    return best_cost, found


@compiled
def choose_pair(t: Tables, part: Ints, random: np.random.Generator) -> tuple[int, int]:
    """Two footprints on either side of a random border; -1 for the second where none was met."""
    for _ in range(len(part)):
        i = int(random.integers(0, len(part)))
        j = t.links[i, random.integers(0, t.links.shape[1])]
        if j >= 0 and part[i] != part[j]:
            return part[i], part[j]
    return 0, -1


@compiled
def cut_pair(
    t: Tables,
    d: Division,
    f: int,
    g: int,
    tree: Tree,
    sides: Ints,
    counts: Ints,
    random: np.random.Generator,
) -> bool:
    """Write two parts of a merged pair, cut where windows are broken least; False if there is none."""
    best = np.inf
    for _ in range(TRIES):
        size = draw_tree(t, d, f, g, tree, random)
        cut, wrong = choose_cut(t, tree, size, random)
        if cut >= 0 and wrong < best:
            best = wrong
            write_sides(tree, size, cut, sides, counts)
        if best == 0.0:
            break
    return best < np.inf


@compiled
def draw_tree(
    t: Tables, d: Division, f: int, g: int, tree: Tree, random: np.random.Generator
) -> int:
    """Grow a random tree through two footprints by random links; returns how many atoms it has."""
    for i in range(len(d.part)):
        tree.inside[i] = d.part[i] == f or d.part[i] == g
    start = d.members[f, random.integers(0, d.sizes[f])]
    tree.arcs[0, 0], tree.arcs[0, 1] = -1, start
    waiting, size = 1, 0
    while waiting:
        pick = int(random.integers(0, waiting))
        i, j = tree.arcs[pick, 0], tree.arcs[pick, 1]
        waiting -= 1
        tree.arcs[pick, 0], tree.arcs[pick, 1] = tree.arcs[waiting, 0], tree.arcs[waiting, 1]
        if not tree.inside[j]:
            continue
        tree.inside[j] = False
        tree.order[size], tree.parent[j] = j, i
        size += 1
        for k in t.links[j]:
            if k >= 0 and tree.inside[k]:
                tree.arcs[waiting, 0], tree.arcs[waiting, 1] = j, k
                waiting += 1
    return size


@compiled
def choose_cut(t: Tables, tree: Tree, size: int, random: np.random.Generator) -> tuple[int, float]:
    """The atom above which a cut breaks the windows least, ties at random; -1 if there is one atom."""
    for k in range(size):
        for w in range(3):
            tree.below[tree.order[k], w] = t.linear[tree.order[k], MEMBERS + w]
    for k in range(size - 1, 0, -1):
        i = tree.order[k]
        for w in range(3):
            tree.below[tree.parent[i], w] += tree.below[i, w]
    whole, cut, best, ties = tree.below[tree.order[0]], -1, np.inf, 0
    for k in range(1, size):
        i, wrong = tree.order[k], 0.0
        for w in range(3):
            least, most, value = t.window[w, 0], t.window[w, 1], tree.below[i, w]
            for side in (value, whole[w] - value):
                wrong += max(side / most - 1.0, 0.0)
                wrong += max(1.0 - side / least, 0.0) if least > 0.0 else 0.0
        ties = ties + 1 if wrong == best else 1
        if wrong < best or (wrong == best and random.random() * ties < 1.0):
            cut, best = i, wrong
    return cut, best


@compiled
def write_sides(tree: Tree, size: int, cut: int, sides: Ints, counts: Ints) -> None:
    """Write what is below a cut, and the rest."""
    counts[:] = 0
    for k in range(size):
        i = tree.order[k]
        tree.inside[i] = i == cut or (k > 0 and tree.inside[tree.parent[i]])
        side = 1 if tree.inside[i] else 0
        sides[side, counts[side]] = i
        counts[side] += 1


@compiled
def holds_barred(t: Tables, members: Ints, count: int) -> float:
    """1 where two atoms may not be together."""
    for k in range(count):
        if is_barred(t, members[k], members, k):
            return 1.0
    return 0.0


@compiled
def put_sides(
    d: Division,
    f: int,
    g: int,
    sides: Ints,
    counts: Ints,
    x: Floats,
    cost: Floats,
    wrong: Floats,
) -> None:
    """Put two parts in the place of two footprints."""
    for side, slot in ((0, f), (1, g)):
        d.sizes[slot] = counts[side]
        d.cost[slot], d.wrong[slot] = cost[side], wrong[side]
        d.x[slot] = x[side]
        for k in range(counts[side]):
            d.members[slot, k] = sides[side, k]
            d.part[sides[side, k]] = slot
