"""Every footprint below a reduced cost: depth-first search of one part, with bounds, in compiled code.

A node has atoms that are in, in turn; atoms that are out; and the rest, which may still join. The bound
takes each term at its most favourable:

- risk and sharing at the largest deviation and the least mixing that are still possible with what can
  be reached;
- each service at the cheaper of held and other for what is in; each atom that may join takes the cheaper
  too, but pays for the other by its share of the room what that costs more for what is in (so that no
  atom takes for nothing a level that only a whole footprint pays for);
- what joining atoms save together is split between them by a flow (:mod:`.cut_bound`), and the cheapest
  that fill the window join, as a fractional knapsack.

A hole (a part of the rest of the map that is too small for a footprint) prunes, as does what cannot be
reached within the room. Not in the bound: the shift of money (taken as nothing), the floors of each
footprint, and how joining atoms must hang together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimiser.arrays import Bools, Floats, Ints
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.unlisted.bounds import (
    FREE,
    IN,
    OUT,
    Hunt,
    Single,
    Singles,
    State,
    States,
    leaves_hole,
    reach,
    touches,
    value_joins,
    value_level,
)
from optimiser.footprints.unlisted.cut_bound import bound_joins
from optimiser.footprints.unlisted.scoring import add_atom, breaks_rules, outside_window, score
from optimiser.footprints.unlisted.tables import MEMBERS, NEVER_M, Tables

LOOK = 256
"""Nodes between looks at the flag that stops: a few milliseconds."""
SLACK = 1e-3
"""£m by which a bound in single precision may be too high: sums of a hundred products of up to a
thousand £m, each good to seven digits."""


class Path(NamedTuple):
    """The nodes from the seed to the present one, a level for each atom that is in.

    Attributes:
        x: vector of sums, (depth, W).
        pair: what each atom saves with those that are in, (depth, n, 1 + G).
        joins: what each atom that joins adds, £m, (depth, n).
        split: how what two atoms save is split between them beyond a half, £m, (depth, arcs).
        base: least that what is in costs less what it earns, £m, (depth,).
        bounds: no footprint below a node has a lesser reduced cost, £m, (depth,).
        members: what is in, by level.
        outs: what was put out, in turn.
        first_out: how many had been put out when each level began.
        state: of each atom, (n,).
    """

    x: Floats
    pair: Single
    joins: Floats
    split: Floats
    base: Floats
    bounds: Floats
    members: Ints
    outs: Ints
    first_out: Ints
    state: State


class Desk(NamedTuple):
    """Room to work in at one node: atoms that may join, their worth, how near they are, two queues."""

    pool: Ints
    worth: Floats
    near: Floats
    queue: Ints
    order: Ints
    steps: Ints


@compiled
def search_part(
    t: Tables,
    h: Hunt,
    begin: State,
    split: Single,
    fresh: bool,
    seed: int,
    least: float,
    threshold: float,
    narrow: int,
    most_nodes: int,
    stop: Bools,
    sets: Bools,
    costs: Floats,
    reduced: Floats,
    parts: States,
    splits: Singles,
    bounds: Floats,
) -> tuple[int, int, int, float]:
    """Every footprint of a part of a seed's search whose reduced cost is below the threshold.

    Args:
        t: the tables.
        h: the prices.
        begin: of each atom, whether it is in, out or may join.
        split: how what two atoms save is split where it begins, (arcs,) or nothing.
        fresh: whether what is in is to be priced: where a search gave up and left this part, it was.
        seed: first member; atoms of lower rank are out.
        least: reduced cost of the best footprint of this seed so far, £m.
        threshold: £m.
        narrow: once so many are found, only those below the least so far are sought.
        most_nodes: after which the search gives up.
        stop: one flag that makes it give up.
        sets: (room, n), written with the members of what is found, and
        costs: (room,), what each costs, £m, and
        reduced: (room,), its reduced cost, £m; there is room for one a node.
        parts: (depth, n), written with what is left where it gave up, and
        splits: (depth, arcs), how savings are split there, and
        bounds: (depth,), of each: no footprint of it has a lesser reduced cost, £m.

    Returns:
        how many were found; how many nodes were looked at; how many parts are left; and what the reduced
        costs of all other footprints of this part are at least, £m.
    """
    p, d = start_path(t, h, begin), start_desk(len(h.size))
    found, nodes, others = 0, 0, np.inf
    base, out_count = step_in(t, h, p, -1, seed, 0)
    joining = next_decided(begin, p.state)
    while joining >= 0:
        base, out_count = step_in(t, h, p, base, joining, out_count)
        joining = next_decided(begin, p.state)
    level = base
    cost, value = price_node(t, h, p, d, base)
    for a in range(len(split)):
        p.split[base, a] = split[a]
    if not fresh:
        value = np.inf
    while True:
        if joining >= 0:
            level, out_count = step_in(t, h, p, level, joining, out_count)
            cost, value = price_node(t, h, p, d, level)
        if value < threshold:
            for j in range(len(h.size)):
                sets[found, j] = p.state[j] == IN
            costs[found], reduced[found] = cost, value
            found += 1
            least = min(least, value)
            if found >= narrow:
                threshold = least
        else:
            others = min(others, value)
        value = np.inf
        count = bound_node(t, h, p, d, level, threshold)
        nodes += 1
        if nodes >= most_nodes or (nodes % LOOK == 0 and stop[0]):
            left = write_parts(p, begin, base, level, out_count, parts, splits, bounds)
            return found, nodes, left, others
        joining = -1
        if p.bounds[level] < threshold:
            joining = choose(t, p.state, d.pool, count, d.worth)
        else:
            others = min(others, p.bounds[level])
        if joining >= 0:
            p.state[joining] = OUT
            p.outs[out_count] = joining
            out_count += 1
            continue
        while out_count > p.first_out[level]:
            out_count -= 1
            p.state[p.outs[out_count]] = FREE
        if level == base:
            return found, nodes, 0, others
        p.state[p.members[level]] = OUT
        level -= 1


@compiled
def step_in(
    t: Tables, h: Hunt, p: Path, level: int, joining: int, out_count: int
) -> tuple[int, int]:
    """Let an atom in at a new level; returns that level, and how many are out by then."""
    p.first_out[level + 1] = out_count
    return level + 1, take_in(t, h, p, level + 1, joining, out_count)


@compiled
def next_decided(begin: State, state: State) -> int:
    """The next atom that a part begins with and that is not in yet; -1 if all are."""
    for j in range(len(begin)):
        if begin[j] == IN and state[j] != IN:
            return j
    return -1


@compiled
def write_parts(
    p: Path,
    begin: State,
    base: int,
    level: int,
    out_count: int,
    parts: States,
    splits: Singles,
    bounds: Floats,
) -> int:
    """Write what is left of a search at each of its levels; returns how many parts that makes."""
    for above in range(base, level + 1):
        row = parts[above - base]
        row[:] = begin
        until = out_count if above == level else p.first_out[above + 1]
        for k in range(until):
            row[p.outs[k]] = OUT
        for k in range(base + 1, above + 1):  # each was put out where it was chosen
            row[p.members[k]] = IN
        splits[above - base] = p.split[above]
        bounds[above - base] = p.bounds[above]
    return level + 1 - base


@compiled
def start_path(t: Tables, h: Hunt, begin: State) -> Path:
    """Room for a search; what is out at first stays out."""
    n, depth = len(h.size), h.depth
    state = np.zeros(n, np.int8)
    for i in range(n):
        if begin[i] == OUT:
            state[i] = OUT
    return Path(
        np.zeros((depth, t.linear.shape[1])),
        np.zeros((depth, n, h.pair.shape[2]), np.float32),
        np.zeros((depth, n)),
        np.zeros((depth, len(h.arc_to))),
        np.zeros(depth),
        np.zeros(depth),
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.zeros(depth, np.int64),
        state,
    )


@compiled
def start_desk(n: int) -> Desk:
    """Room to work in."""
    return Desk(
        np.empty(n, np.int64),
        np.empty(n),
        np.empty(n),
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.empty(n, np.int64),
    )


@compiled
def take_in(t: Tables, h: Hunt, p: Path, level: int, i: int, out_count: int) -> int:
    """Write a level from the one before and an atom that joins; returns how many are out by then."""
    p.members[level], p.state[i] = i, IN
    for w in range(p.x.shape[1]):
        p.x[level, w] = p.x[level - 1, w] if level else 0.0
    add_atom(p.x[level], t, i, p.members, level, 1.0)
    for a in range(p.split.shape[1] if level else 0):
        p.split[level, a] = p.split[level - 1, a]
    for j in range(len(h.size)):
        if p.state[j] != FREE:
            continue
        for g in range(p.pair.shape[2]):
            before = p.pair[level - 1, j, g] if level else np.float32(0.0)
            p.pair[level, j, g] = before + h.pair[i, j, g]
        if t.barred[i, j]:
            p.state[j] = OUT
            p.outs[out_count] = j
            out_count += 1
    return out_count


@compiled
def price_node(t: Tables, h: Hunt, p: Path, d: Desk, level: int) -> tuple[float, float]:
    """Cost and reduced cost of what is in, infinite where that is no footprint; writes its ``base``."""
    x, members, count = p.x[level], p.members, level + 1
    earned = earnings(h, members, count)
    room, needed = h.window[1] - x[h.measure], h.window[0] - x[h.measure]
    size = reach(t, h, room, p.state, d.near, d.pool, d.queue)
    least = value_level(t, h, x, p.pair[level], room, needed, d.pool, size, p.joins[level])
    p.base[level] = least - earned
    if outside_window(x, t, level == 0 and t.alone[members[0]]) > 0.0:
        return np.inf, np.inf
    cost = score(x, t, members, count)
    if cost >= NEVER_M / 2 or breaks_rules(x, t, members, count):
        return np.inf, np.inf
    return cost, cost - earned


@compiled
def bound_node(t: Tables, h: Hunt, p: Path, d: Desk, level: int, threshold: float) -> int:
    """Bound what is below a node; returns how many atoms may join."""
    p.bounds[level] = np.inf
    x = p.x[level]
    if level + 1 >= h.depth or overfull(x, t):
        return 0
    room = h.window[1] - x[h.measure]
    needed = max(h.window[0] - x[h.measure], 0.0)
    count = reach(t, h, room, p.state, d.near, d.pool, d.queue)
    if count == 0 or leaves_hole(t, h, p.state, d.near, d.queue):
        return 0
    value_joins(h, p.joins[level], p.members, level + 1, d.near, d.pool, count, d.worth)
    enough = threshold + SLACK - p.base[level]
    rest = bound_joins(
        h, p.split[level], d.pool, count, d.near, d.worth, room, needed, enough, d.order, d.steps
    )
    p.bounds[level] = p.base[level] + rest - SLACK
    return count


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
def price_set(x: Floats, t: Tables, h: Hunt, members: Ints, count: int) -> float:
    """Reduced cost of a footprint, £m; infinite where it breaks a rule (but for hanging together)."""
    if outside_window(x, t, count == 1 and t.alone[members[0]]) > 0.0:
        return np.inf
    if breaks_rules(x, t, members, count):
        return np.inf
    cost = score(x, t, members, count)
    return cost - earnings(h, members, count) if cost < NEVER_M / 2 else np.inf


@compiled
def choose(t: Tables, state: State, pool: Ints, size: int, worth: Floats) -> int:
    """The neighbour of what is in that adds the least for its size's sake; -1 if there is none."""
    best, place = np.inf, -1
    for k in range(size):
        j = pool[k]
        if worth[j] < best and touches(t, state, j):
            best, place = worth[j], j
    return place
