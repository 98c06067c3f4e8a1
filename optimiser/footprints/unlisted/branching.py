"""Every footprint below a reduced cost: depth-first search from one seed, with bounds, in compiled code.

A node has atoms that are in, in turn; atoms that are out; and the rest, which may still join. The bound
takes each term at its most favourable:

- risk and sharing at the largest deviation and the least mixing that are still possible;
- each service at the cheaper of held and other for what is in; each atom that may join takes the cheaper
  too, but pays for the other by its share of the room what that costs more for what is in (so that no
  atom takes for nothing a level that only a whole footprint pays for);
- half of what two joining atoms save together credited to each, as a fractional knapsack over the room;
- of the atoms that may join, the cheapest that fill the window, as a fractional knapsack.

A hole (a part of the rest of the map that is too small for a footprint) prunes, as does what cannot be
reached within the room. Not in the bound: the shift of money (taken as nothing), the floors of each
footprint, and how joining atoms must hang together.
"""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Bools, Floats, Ints
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.unlisted.bounds import (
    FREE,
    IN,
    OUT,
    Hunt,
    Single,
    State,
    fill_window,
    leaves_hole,
    reach,
    touches,
    value_joins,
    value_level,
)
from optimiser.footprints.unlisted.scoring import add_atom, breaks_rules, outside_window, score
from optimiser.footprints.unlisted.tables import MEMBERS, NEVER_M, Tables

LOOK = 256
"""Nodes between looks at the flag that stops: a few milliseconds."""
SLACK = 1e-3
"""£m by which a bound in single precision may be too high: sums of a hundred products of up to a
thousand £m, each good to seven digits."""


@compiled
def search_seed(
    t: Tables,
    h: Hunt,
    seed: int,
    threshold: float,
    narrow: int,
    most_nodes: int,
    stop: Bools,
    sets: Bools,
    costs: Floats,
    reduced: Floats,
) -> tuple[int, float, int]:
    """Every footprint with this seed whose reduced cost is below the threshold.

    Args:
        t: the tables.
        h: the prices.
        seed: first member; atoms of lower rank stay out.
        threshold: £m.
        narrow: once so many are found, only those below the least so far are sought.
        most_nodes: after which the search gives up.
        stop: one flag that makes it give up.
        sets: (room, n), written with the members of what is found, and
        costs: (room,), what each costs, £m, and
        reduced: (room,), its reduced cost, £m.

    Returns:
        how many were found (more than the room if some were not written); no footprint with this seed
        has a lesser reduced cost, but for what is not below the threshold; nodes, negative if
        it gave up.
    """
    n, depth = len(h.size), h.depth
    x = np.zeros((depth, t.linear.shape[1]))
    pair = np.zeros((depth, n, h.pair.shape[2]), np.float32)
    joins, bounds, base = np.zeros((depth, n)), np.zeros(depth), np.zeros(depth)
    members, outs, first_out = (
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.zeros(depth, np.int64),
    )
    state, pool, worth = np.zeros(n, np.int8), np.empty(n, np.int64), np.empty(n)
    near, queue, order = np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64)
    for i in range(n):
        if h.rank[i] < h.rank[seed]:
            state[i] = OUT
    found, nodes, least, level, out_count = 0, 0, threshold, -1, 0
    joining = seed
    while True:
        if joining >= 0:
            level += 1
            members[level], first_out[level] = joining, out_count
            grow(t, h, level, members, x, pair, state)
            for j in range(n):
                if t.barred[joining, j] and state[j] == FREE:
                    state[j] = OUT
                    outs[out_count] = j
                    out_count += 1
            earned = earnings(h, members, level + 1)
            if outside_window(x[level], t, level == 0 and t.alone[seed]) == 0.0:
                cost = score(x[level], t, members, level + 1)
                value = cost - earned
                possible = value < threshold and cost < NEVER_M / 2
                if possible and not breaks_rules(x[level], t, members, level + 1):
                    if found < len(costs):
                        for j in range(n):
                            sets[found, j] = state[j] == IN
                        costs[found], reduced[found] = cost, value
                    found += 1
                    least = min(least, value)
                    if found >= narrow:
                        threshold = least
            room = h.window[1] - x[level, h.measure]
            base[level] = (
                value_level(t, h, x[level], pair[level], room, state, joins[level]) - earned
            )
        room = h.window[1] - x[level, h.measure]
        needed = max(h.window[0] - x[level, h.measure], 0.0)
        bounds[level], count = np.inf, 0
        if level + 1 < depth and not overfull(x[level], t):
            count = reach(t, h, room, state, near, pool, queue)
            if count > 0 and not leaves_hole(t, h, state, near, queue):
                value_joins(h, joins[level], members, level + 1, near, room, pool, count, worth)
                rest = fill_window(h, pool, count, worth, room, needed, order)
                bounds[level] = base[level] + rest - SLACK
        nodes += 1
        if nodes % LOOK == 0 and (stop[0] or nodes > most_nodes):
            for above in range(level + 1):
                least = min(least, bounds[above])
            return found, least, -nodes
        joining = -1
        if bounds[level] < threshold:
            joining = choose(t, state, pool, count, worth)
        if joining >= 0:
            state[joining] = OUT
            outs[out_count] = joining
            out_count += 1
            continue
        while out_count > first_out[level]:
            out_count -= 1
            state[outs[out_count]] = FREE
        if level == 0:
            return found, least, nodes
        state[members[level]] = OUT
        level -= 1


@compiled
def grow(
    t: Tables, h: Hunt, level: int, members: Ints, x: Floats, pair: Single, state: State
) -> None:
    """Write vector and pair sums of a level from those of the level before."""
    i = members[level]
    state[i] = IN
    for w in range(x.shape[1]):
        x[level, w] = x[level - 1, w] if level else 0.0
    add_atom(x[level], t, i, members, level, 1.0)
    for j in range(len(h.size)):
        if state[j] != FREE:
            continue
        for g in range(pair.shape[2]):
            before = pair[level - 1, j, g] if level else np.float32(0.0)
            pair[level, j, g] = before + h.pair[i, j, g]


@compiled
def overfull(x: Floats, t: Tables) -> bool:
    """Whether a footprint is above a window already, so that none that holds it can obey."""
    found = False
    for k in range(3):
        found = found or x[MEMBERS + k] > t.window[k, 1]
    return found


@compiled
def earnings(h: Hunt, members: Ints, count: int) -> float:
    """What the prices of the rows earn on a footprint, £m."""
    earned, home = h.footprint, 0.0
    for k in range(count):
        earned += h.price[members[k]]
    for b in range(len(h.home_price)):
        kept = 0.0
        for k in range(count):
            kept += h.homes[b, members[k]]
        home = max(home, h.kept * kept + h.home_price[b])
    for c in range(len(h.fines)):
        held = 0
        for a in range(3):
            for k in range(count):
                held += h.triples[c, a] == members[k]
        if held >= 2:
            earned -= h.fines[c]
    return earned + home


@compiled
def choose(t: Tables, state: State, pool: Ints, size: int, worth: Floats) -> int:
    """The neighbour of what is in that adds the least for its size's sake; -1 if there is none."""
    best, place = np.inf, -1
    for k in range(size):
        j = pool[k]
        if worth[j] < best and touches(t, state, j):
            best, place = worth[j], j
    return place
