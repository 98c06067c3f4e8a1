"""A decision diagram of all connected footprints, where links alone tell what a footprint costs.

Atoms are decided in turn, each in or out. What is left to decide depends on those decided so far only
through those that still have an open neighbour (the frontier): which of them are in, and which of these
hang together. Histories that agree on that share a node (Kawahara and others, 2017, on frontier-based
search). On a planar map of a hundred counties the frontier holds some ten atoms, and all connected sets,
far more than could be listed, share a few hundred thousand nodes. The diagram is built once; for any
prices the least reduced cost to come is then worked out node by node from the end, by the size gathered
so far in whole steps (:mod:`.diagram_kernel`), and every footprint below a threshold is walked to with
hardly a wrong turn.

Sizes are rounded to steps, and the window widened by what rounding may come to, so that it bounds;
each footprint that is reached is measured exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from optimiser.arrays import Floats, Ints
from optimiser.footprints.unlisted.bounds import Hunt, Single
from optimiser.footprints.unlisted.diagram_kernel import (
    DEAD,
    MOST_FRONTIER,
    Flow,
    branch_states,
    fill_table,
)
from optimiser.footprints.unlisted.tables import FIXED, Tables, is_additive

MOST_NODES = 2_000_000
"""Nodes above which no diagram is made: seconds to build, and a table too coarse to bound."""
MOST_CELLS = 120_000_000
"""Cells of the table, four bytes each: half a GiB."""
FEWEST_STEPS = 100
"""Steps of size in the largest footprint: with fewer, rounding widens the window too far."""
ROUNDED = 0.125
"""Of a step, what rounding comes to for each atom in the worst case, about: there are as many steps as
make that no more than the window is wide, if memory allows."""
SCALES = np.linspace(0.9, 1.1, 201)
"""Lengths of a step that are tried, as shares of the first guess: the one that rounds best is taken."""


class Layers(NamedTuple):
    """The diagram's nodes, atom after atom."""

    start: Ints
    child: Ints
    saved: Floats


@dataclass(frozen=True)
class Diagram:
    """All connected footprints.

    Attributes:
        flow: the diagram as compiled code reads it.
        place: layer of each atom, (n,).
        table: the least cost to come by node and steps of size, £m, written for each prices.
    """

    flow: Flow
    place: Ints
    table: Single

    def at(self, t: Tables, hunt: Hunt) -> Diagram:
        """The same with its table written for prices."""
        order = self.flow.order
        cost = t.linear[order, FIXED] - hunt.price[order]
        fill_table(self.flow, cost, self.table)
        return self

    def without_savings(self) -> Diagram:
        """The same where pairs save nothing: the first phase."""
        flow = self.flow
        return replace(self, flow=flow._replace(saved=np.zeros_like(flow.saved)))


def build_diagram(t: Tables, hunt: Hunt) -> Diagram | None:
    """The diagram of a map; None where it does not tell what footprints cost, or would be too large."""
    if not is_additive(t) or t.alone.any() or len(hunt.homes) or hunt.window[0] <= 0.0:
        return None
    order, widest = order_atoms(t.links)
    if widest > MOST_FRONTIER:
        return None
    layers = build_layers(t, order)
    if layers is None:
        return None
    least, most = hunt.window
    fine = ROUNDED * len(order) * most / max(most - least, 1e-4 * most)
    steps = min(int(fine) + FEWEST_STEPS, MOST_CELLS // len(layers.child))
    if steps < FEWEST_STEPS:
        return None
    size, window = round_sizes(hunt.size, hunt.window, steps)
    flow = Flow(
        order=order,
        start=layers.start,
        child=layers.child,
        saved=layers.saved,
        steps=size[order],
        window=window,
    )
    table = np.empty((len(layers.child), window[1] + 1), np.float32)
    return Diagram(flow, np.argsort(order), table)


def round_sizes(size: Floats, window: Floats, steps: int) -> tuple[Ints, Ints]:
    """Sizes in whole steps, (n,), and the window in steps, widened by what rounding comes to, (2,)."""
    best = (np.inf, 1.0)
    for length in SCALES * window[1] / steps:
        off = size / length - np.round(size / length)
        best = min(best, (length * np.abs(off).sum(), length))
    length = best[1]
    whole = np.round(size / length).astype(np.int64)
    off = size / length - whole
    least = np.ceil(window[0] / length - off[off > 0].sum() - 1e-6)
    most = np.floor(window[1] / length - off[off < 0].sum() + 1e-6)
    return whole, np.array([max(least, 0.0), most], dtype=np.int64)


def order_atoms(links: Ints) -> tuple[Ints, int]:
    """Atoms in an order with a narrow frontier, and how many atoms that holds at most.

    From each atom in turn, the next is the one that widens the frontier least, first met first.
    """
    around = [row[row >= 0].tolist() for row in links]
    orders = (_order_from(around, first) for first in range(len(around)))
    _, order, widest = min(orders, key=lambda found: found[0])
    return np.array(order, dtype=np.int64), widest


def _order_from(around: list[list[int]], first: int) -> tuple[float, list[int], int]:
    """What an order costs (each atom of the frontier trebles the nodes), the order, its width."""
    open_ = [len(row) for row in around]
    order: list[int] = []
    met, weight, widest, held = {first: 0}, 0.0, 0, 0
    waiting, done = {first}, [False] * len(around)
    while len(order) < len(around):
        if not waiting:  # another island
            waiting.add(done.index(False))
            met.setdefault(min(waiting), len(met))

        def widens(v: int) -> tuple[int, int]:
            closed = sum(done[u] and open_[u] == 1 for u in around[v])
            return (open_[v] > 0) - closed, met[v]

        v = min(waiting, key=widens)
        held += widens(v)[0]
        waiting.remove(v)
        done[v] = True
        order.append(v)
        for u in around[v]:
            open_[u] -= 1
            met.setdefault(u, len(met))
            if not done[u]:
                waiting.add(u)
        widest = max(widest, held)
        weight += 3.0**held
    return weight, order, widest


def build_layers(t: Tables, order: Ints) -> Layers | None:
    """Nodes by atom, the children of each (out, in) and what its atom saves by joining; None: too many.

    ``start`` (n + 1,); ``child`` and ``saved`` (nodes, 2), (nodes,). The first node of each layer is
    that in which no atom has been taken yet.
    """
    place = np.argsort(order)
    frontier: list[int] = []
    keys, parts, start = np.zeros(1, dtype=np.int64), [], [0]
    for at, i in enumerate(order.tolist()):
        near = t.links[i][t.links[i] >= 0]
        earlier = [int(j) for j in near if place[j] < at]
        slots = np.array([frontier.index(j) for j in earlier], dtype=np.int64)
        wide = [*frontier, i]
        last = [max(place[t.links[j][t.links[j] >= 0]], default=-1) for j in wide]
        stays = np.array([k for k, when in enumerate(last) if when > at], dtype=np.int64)
        after, saved = branch_states(keys, len(frontier), slots, t.pair[i, earlier, 0], stays)
        start.append(start[-1] + len(keys))
        if start[-1] > MOST_NODES:
            return None
        keys = np.unique(after[after >= 0])
        child = np.where(after >= 0, np.searchsorted(keys, after) + start[-1], after)
        if at == len(order) - 1:
            child[child >= 0] = DEAD
        parts.append((child, saved))
        frontier = [wide[k] for k in stays]
    return Layers(
        np.array(start, dtype=np.int64),
        np.concatenate([child for child, _ in parts]),
        np.concatenate([saved for _, saved in parts]),
    )
