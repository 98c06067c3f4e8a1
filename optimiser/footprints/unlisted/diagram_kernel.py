"""The decision diagram of connected footprints in compiled code: states, table, walks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimiser.arrays import Bools, Floats, Ints
from optimiser.footprints.compiled.jit import compiled, compiled_loosely
from optimiser.footprints.unlisted.bounds import Hunt, Single
from optimiser.footprints.unlisted.branching import earnings, price_set
from optimiser.footprints.unlisted.scoring import add_atom
from optimiser.footprints.unlisted.tables import FIXED, Tables

DEAD, CLOSED = -1, -2
"""Children that are no node: no footprint comes of it; the footprint is complete."""
BITS = 4
"""Of a state for each atom of the frontier: 0 where it is out, else the number of its part."""
MOST_FRONTIER = 14
"""Atoms of the frontier whose parts a state of 64 bits can tell, with one number to spare."""
JOINED = 15
"""The number of a part that an atom has just joined, until parts are numbered anew."""
FAR = np.float32(1e9)
"""£m above any plan: no footprint can be reached."""
SLACK = 1e-2
"""£m by which a table in single precision may be too high: a hundred sums of up to a thousand £m."""
LOOK = 4_096
"""Nodes between looks at the flag that stops: a few milliseconds."""


class Flow(NamedTuple):
    """The diagram.

    Attributes:
        order: the atom of each layer, (n,).
        start: first node of each layer, the one in which nothing was taken yet, (n + 1,).
        child: node after each answer, out or in, (nodes, 2).
        saved: what the atom saves with those that are in, £m, (nodes,).
        steps: size of each layer's atom in whole steps, (n,).
        window: least and most of it, widened by rounding, (2,).
    """

    order: Ints
    start: Ints
    child: Ints
    saved: Floats
    steps: Ints
    window: Ints


class Walk(NamedTuple):
    """The way from a seed to the present node, by layer, and room to work in.

    Attributes:
        node: at each layer, (n + 1,).
        gathered: steps of size, and
        value: cost less earnings of what is in, £m.
        taken: how many atoms are in, and
        tried: answers that were tried.
        members: the atoms that are in.
        x: vector of sums.
        queue: room to work in, and
        seen: another.
    """

    node: Ints
    gathered: Ints
    value: Floats
    taken: Ints
    tried: Ints
    members: Ints
    x: Floats
    queue: Ints
    seen: Bools


@compiled
def branch_states(
    keys: Ints, width: int, near: Ints, pair: Floats, stays: Ints
) -> tuple[Ints, Floats]:
    """The states after an atom is decided, and what it saves by joining.

    Args:
        keys: states of a frontier, (m,), and
        width: how many atoms it holds.
        near: places in it of the atom's neighbours, and
        pair: what it saves with each, £m.
        stays: places that stay in the frontier, ``width`` the atom itself.

    Returns:
        states after out and in, :data:`DEAD` or :data:`CLOSED`, (m, 2); savings, £m, (m,).
    """
    after, saved = np.empty((len(keys), 2), np.int64), np.zeros(len(keys))
    before, part = np.zeros(MOST_FRONTIER + 1, np.int64), np.zeros(MOST_FRONTIER + 1, np.int64)
    for row in range(len(keys)):
        for k in range(width):
            before[k] = (keys[row] >> (BITS * k)) & JOINED
        part[:] = before
        part[width] = 0
        after[row, 0] = close_state(part, width + 1, stays)
        part[:] = before
        part[width] = JOINED
        for a in range(len(near)):
            old = before[near[a]]
            saved[row] += pair[a] if old else 0.0
            for k in range(width):
                if old and part[k] == old:
                    part[k] = JOINED
        after[row, 1] = close_state(part, width + 1, stays)
    return after, saved


@compiled
def close_state(part: Ints, width: int, stays: Ints) -> int:
    """The state of what stays in a frontier; a part that leaves it must be the whole footprint."""
    number = np.zeros(JOINED + 1, np.int64)
    key, count = np.int64(0), 0
    for k in range(len(stays)):
        old = part[stays[k]]
        if old and number[old] == 0:
            count += 1
            number[old] = count
        key |= number[old] << (BITS * k)
    for k in range(width):
        if (
            part[k] and number[part[k]] == 0
        ):  # only one part can have left: that of one atom's closing
            return CLOSED if count == 0 and is_one(part, width) else DEAD
    return int(key)


@compiled
def is_one(part: Ints, width: int) -> bool:
    """Whether all atoms that are in are of one part."""
    first = 0
    for k in range(width):
        if part[k] and first and part[k] != first:
            return False
        first = part[k] if part[k] else first
    return True


@compiled_loosely
def fill_table(f: Flow, cost: Floats, table: Single) -> None:
    """Write the least cost to come by node and steps gathered; ``cost`` of each layer's atom, £m."""
    width = table.shape[1]
    for layer in range(len(f.order) - 1, -1, -1):
        for node in range(f.start[layer], f.start[layer + 1]):
            for b in range(width):
                table[node, b] = FAR
            for k in range(2):
                child = f.child[node, k]
                if child == DEAD:
                    continue
                more = np.float32(cost[layer] - f.saved[node] if k else 0.0)
                step = f.steps[layer] if k else 0
                if child == CLOSED:
                    for b in range(max(f.window[0] - step, 0), f.window[1] - step + 1):
                        table[node, b] = min(table[node, b], more)
                else:
                    for b in range(width - step):
                        table[node, b] = min(table[node, b], more + table[child, b + step])


@compiled
def walk_seed(
    t: Tables,
    h: Hunt,
    f: Flow,
    table: Single,
    layer: int,
    threshold: float,
    narrow: int,
    most: int,
    stop: Bools,
    sets: Bools,
    costs: Floats,
    reduced: Floats,
) -> tuple[int, float, int]:
    """Every footprint whose first atom is a layer's and whose reduced cost is below the threshold.

    Args:
        t: the tables.
        h: the prices.
        f: the diagram, and
        table: its table at these prices.
        layer: of the first atom.
        threshold: £m.
        narrow: once so many are found, only those below the least so far are sought.
        most: footprints after which the walk gives up.
        stop: one flag that makes it give up.
        sets: (room, n), written with the members of what is found, and
        costs: (room,), what each costs, £m, and
        reduced: (room,), its reduced cost, £m.

    Returns:
        As :func:`optimiser.footprints.unlisted.branching.search_seed`.
    """
    w, found, nodes, least = start_walk(t, f, layer), 0, 0, threshold
    offset, threshold = t.committee - h.footprint, min(threshold, float(FAR) / 2)
    at, root = layer, np.inf
    while at >= layer:
        if w.tried[at] == 2:
            at -= 1
            continue
        k = choose_answer(t, h, f, table, w, at, layer)
        child, nodes = f.child[w.node[at], k], nodes + 1
        if nodes % LOOK == 0 and (stop[0] or found > most):
            return found, min(least, root), -nodes
        if child == DEAD:
            continue
        take_answer(t, h, f, w, at, k)
        if child == CLOSED:
            count = w.taken[at + 1]
            if w.value[at + 1] + offset >= threshold + SLACK:
                continue
            cost, value = price_walk(t, h, w, count)
            if value >= threshold or leaves_misfit(t, h, w, count):
                continue
            if found < len(costs):
                for m in range(count):
                    sets[found, w.members[m]] = True
                costs[found], reduced[found] = cost, value
            found += 1
            least = min(least, value)
            threshold = least if found >= narrow else threshold
            continue
        if w.gathered[at + 1] >= table.shape[1]:
            continue
        bound = w.value[at + 1] + offset + table[child, w.gathered[at + 1]] - SLACK
        root = min(root, bound) if at == layer else root
        if bound < threshold:
            at += 1
            w.node[at], w.tried[at] = child, 0
    return found, least, max(nodes, 1)


@compiled
def start_walk(t: Tables, f: Flow, layer: int) -> Walk:
    """Room for a walk that begins by taking the atom of a layer."""
    n, width = t.linear.shape
    w = Walk(
        np.zeros(n + 1, np.int64),
        np.zeros(n + 1, np.int64),
        np.zeros(n + 1),
        np.zeros(n + 1, np.int64),
        np.zeros(n + 1, np.int64),
        np.zeros(n, np.int64),
        np.zeros(width),
        np.zeros(n, np.int64),
        np.zeros(n, np.bool_),
    )
    w.node[layer] = f.start[layer]
    return w


@compiled
def choose_answer(t: Tables, h: Hunt, f: Flow, table: Single, w: Walk, at: int, layer: int) -> int:
    """In or out: the one whose bound is the less first; in alone at the first layer. 1 is in."""
    node, tried = w.node[at], w.tried[at]
    if at == layer:
        w.tried[at] = 2
        return 1
    w.tried[at] += 1
    joins = is_in_first(t, h, f, table, w, at, node)
    return joins if tried == 0 else 1 - joins


@compiled
def is_in_first(t: Tables, h: Hunt, f: Flow, table: Single, w: Walk, at: int, node: int) -> int:
    """Whether taking a layer's atom promises more than leaving it out."""
    out, into, gathered = f.child[node, 0], f.child[node, 1], w.gathered[at]
    if out < 0 or into < 0:
        return 1 if out == DEAD or into == CLOSED else 0
    wider = gathered + f.steps[at]
    if wider >= table.shape[1]:
        return 0
    i = f.order[at]
    more = t.linear[i, FIXED] - h.price[i] - f.saved[node]
    return 1 if more + table[into, wider] < table[out, gathered] else 0


@compiled
def take_answer(t: Tables, h: Hunt, f: Flow, w: Walk, at: int, k: int) -> None:
    """Write what is gathered after a layer's atom stays out (0) or joins (1)."""
    w.gathered[at + 1], w.value[at + 1] = w.gathered[at], w.value[at]
    w.taken[at + 1] = w.taken[at]
    if k:
        i = f.order[at]
        w.members[w.taken[at]] = i
        w.taken[at + 1] += 1
        w.gathered[at + 1] += f.steps[at]
        w.value[at + 1] += t.linear[i, FIXED] - h.price[i] - f.saved[w.node[at]]


@compiled
def price_walk(t: Tables, h: Hunt, w: Walk, count: int) -> tuple[float, float]:
    """Cost and reduced cost of what is in, £m, infinite where it breaks a rule."""
    w.x[:] = 0.0
    for k in range(count):
        for m in range(k):
            if t.barred[w.members[k], w.members[m]]:
                return np.inf, np.inf
        add_atom(w.x, t, w.members[k], w.members, k, 1.0)
    value = price_set(w.x, t, h, w.members, count)
    return value + earnings(h, w.members, count), value


@compiled
def leaves_misfit(t: Tables, h: Hunt, w: Walk, count: int) -> bool:
    """Whether a part of the rest of the map is of a size that no number of footprints has."""
    n = len(w.seen)
    w.seen[:] = False
    for k in range(count):
        w.seen[w.members[k]] = True
    for first in range(n):
        if w.seen[first]:
            continue
        w.queue[0], head, tail, size = first, 0, 1, 0.0
        w.seen[first] = True
        while head < tail:
            i = w.queue[head]
            head += 1
            size += h.size[i]
            for j in t.links[i]:
                if j >= 0 and not w.seen[j]:
                    w.seen[j] = True
                    w.queue[tail] = j
                    tail += 1
        number = np.floor(size / h.window[0] * (1 + 1e-9))
        if number * h.window[1] < size * (1 - 1e-9):
            return True
    return False
