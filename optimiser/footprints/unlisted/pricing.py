"""Pricing footprints that are not listed: every one below a reduced cost, at given prices."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.deadline import Deadline
from optimiser.footprints.candidates import as_masks, membership
from optimiser.footprints.compiled.machine import count_cores
from optimiser.footprints.listing import pieces_of
from optimiser.footprints.system import System
from optimiser.footprints.unlisted.bounds import Hunt
from optimiser.footprints.unlisted.branching import search_seed
from optimiser.footprints.unlisted.diagram import Diagram, build_diagram
from optimiser.footprints.unlisted.diagram_kernel import walk_seed
from optimiser.footprints.unlisted.scoring import is_connected
from optimiser.footprints.unlisted.tables import (
    LEVELS,
    MEMBERS,
    NEVER_M,
    RESIDENTS,
    VARIANCE,
    Tables,
    areas_of,
    build_tables,
)

ROOM = 4_096
"""Footprints of one seed that are written at first; where there are more, the search is run again with
room for all of them (their number is known then)."""
UNLIMITED = 2**62


@dataclass(frozen=True)
class RowPrices:
    """Prices of the rows of a plan, as duals of the restricted master or of a certificate have them.

    Attributes:
        icb: of covering each area, (a,).
        count: of one footprint.
        kept: of one area kept with its baseline footprint.
        baseline: of matching each baseline footprint, (B,).
        triples: masks of three areas.
        triple_prices: of each, at most 0.
    """

    icb: Floats
    count: float
    kept: float
    baseline: Floats
    triples: Masks
    triple_prices: Floats


@dataclass(frozen=True)
class Found:
    """What a search over all seeds found.

    Attributes:
        sets: atoms of each footprint, (m, n).
        cost_m: what each costs, £m, (m,).
        reduced: its reduced cost, £m, (m,).
        least: no footprint of each seed has a lesser reduced cost (nor one below the threshold, where
            none is written), (n,).
        nodes: looked at.
        ended: whether the search of each seed ended, (n,); else its ``least`` holds all the same, from
            the bounds of what was left.
    """

    sets: Bools
    cost_m: Floats
    reduced: Floats
    least: Floats
    nodes: int
    ended: Bools

    @property
    def complete(self) -> bool:
        """Whether every footprint that was asked for is here."""
        return bool(self.ended.all())


@dataclass(frozen=True)
class Unlisted:
    """The footprints of a scenario, none of them listed.

    Attributes:
        size: areas of the map.
        atoms: masks of the atoms, (n,).
        tables: what they cost and which rules they keep.
        hunt: a search without prices.
        homes: masks of the baseline's footprints, where moves are limited.
        diagram: of all connected footprints, where links alone tell what they cost; else None.
    """

    size: int
    atoms: Masks
    tables: Tables
    hunt: Hunt
    homes: Masks
    diagram: Diagram | None

    def masks(self, sets: Bools) -> Masks:
        """Masks of areas of sets of atoms."""
        return areas_of(self.atoms, sets, self.size)

    def sets(self, masks: Masks) -> Bools:
        """Atoms of masks of areas, (m, n)."""
        first = membership(self.atoms, self.size).argmax(axis=1)
        return np.asarray(membership(masks, self.size)[:, first] > 0)

    def hang_together(self, sets: Bools) -> Bools:
        """Whether the atoms of each set are linked through each other, (m,)."""
        n = len(self.atoms)
        queue, seen = np.empty(n, dtype=np.int64), np.zeros(n, dtype=bool)
        return np.array(
            [
                is_connected(self.tables, found, len(found), queue, seen)
                for found in (np.flatnonzero(row) for row in sets)
            ],
            dtype=bool,
        )

    def without_costs(self) -> Unlisted:
        """The same where every footprint costs nothing: the first phase."""
        tables = free_of_costs(self.tables)
        return Unlisted(
            self.size,
            self.atoms,
            tables,
            _start_hunt(tables, self._inside(), self.homes),
            self.homes,
            None if self.diagram is None else self.diagram.without_savings(),
        )

    def _inside(self) -> Floats:
        return membership(self.atoms, self.size)

    def at(self, prices: RowPrices) -> Hunt:
        """A search at prices."""
        inside = self._inside()
        price = inside @ prices.icb
        most = prices.kept * self.hunt.homes.max(axis=0, initial=0.0)
        return self.hunt._replace(
            price=price,
            most_price=price + most,
            footprint=float(prices.count),
            kept=float(prices.kept),
            home_price=np.ascontiguousarray(prices.baseline, dtype=float),
            triples=_triple_atoms(prices.triples, inside),
            fines=np.ascontiguousarray(-prices.triple_prices, dtype=float),
        )


def build_unlisted(system: System, homes: Masks) -> Unlisted:
    """The footprints of a scenario; ``homes`` are the baseline's where moves are limited."""
    atoms = as_masks(pieces_of(system), system.size)
    tables = build_tables(system, atoms)
    hunt = _start_hunt(tables, membership(atoms, system.size), homes)
    return Unlisted(system.size, atoms, tables, hunt, homes, build_diagram(tables, hunt))


def free_of_costs(t: Tables) -> Tables:
    """Tables in which nothing costs anything, and all rules stay."""
    linear = t.linear.copy()
    linear[:, :2] = 0.0
    levels = linear[:, LEVELS : LEVELS + 4 * len(t.holding)]
    levels[:] = np.where(levels >= NEVER_M / 2, NEVER_M, 0.0)
    return t._replace(
        linear=linear,
        pair=np.zeros_like(t.pair),
        holding=np.zeros_like(t.holding),
        leading=np.where(t.leading >= NEVER_M / 2, NEVER_M, 0.0),
        committee=0.0,
        shift=0.0,
    )


def _start_hunt(t: Tables, inside: Floats, homes: Masks) -> Hunt:
    n, groups = len(t.linear), len(t.holding)
    totals = t.linear[:, MEMBERS : MEMBERS + 3].sum(axis=0)
    most = np.minimum(t.window[:, 1], totals)
    narrow = int((totals / most).argmax())
    size = np.maximum(t.linear[:, MEMBERS + narrow], 1e-9)
    saved = np.maximum(t.pair, 0.0).sum(axis=2)
    begin, end = np.nonzero(saved)
    place = np.zeros((n, n), dtype=np.int64)
    place[begin, end] = np.arange(len(begin))
    blocks = t.linear[:, LEVELS : LEVELS + 4 * groups].reshape(n, 4, groups)
    return Hunt(
        price=np.zeros(n),
        most_price=np.zeros(n),
        footprint=0.0,
        kept=0.0,
        homes=(membership(homes, inside.shape[1]) @ inside.T).reshape(-1, n),
        home_price=np.zeros(len(homes)),
        triples=np.zeros((0, 3), dtype=np.int64),
        fines=np.zeros(0),
        rank=np.argsort(np.argsort(-size, kind="stable"), kind="stable"),
        measure=MEMBERS + narrow,
        size=size,
        window=np.array([t.window[narrow, 0], most[narrow]]),
        depth=int((np.cumsum(np.sort(size)) <= most[narrow]).sum()) + 1,
        deviation=float((t.linear[:, VARIANCE] / size).max()),
        residents=float((t.linear[:, RESIDENTS] / size).max()),
        arc_start=np.searchsorted(begin, np.arange(n + 1)),
        arc_to=np.ascontiguousarray(end),
        arc_back=np.ascontiguousarray(place[end, begin]),
        arc_half=np.ascontiguousarray(saved[begin, end] / 2),
        blocks=np.ascontiguousarray(blocks, dtype=np.float32),
        pair=np.ascontiguousarray(t.pair, dtype=np.float32),
    )


def _triple_atoms(triples: Masks, inside: Floats) -> Ints:
    """Atoms of each triple, padded with -1: two areas of one atom are one."""
    found = np.full((len(triples), 3), -1, dtype=np.int64)
    held = membership(triples, inside.shape[1]) @ inside.T > 0
    for row, atoms in zip(found, held, strict=True):
        places = np.flatnonzero(atoms)
        row[: len(places)] = places
    return found


@contextmanager
def stopping(deadline: Deadline) -> Iterator[Bools]:
    """A flag that is raised when the deadline comes, and when the block is left by an error."""
    stop = np.zeros(1, dtype=bool)

    def raise_flag() -> None:
        stop[0] = True

    timer = threading.Timer(min(max(deadline.left(), 0.0), threading.TIMEOUT_MAX), raise_flag)
    timer.daemon = True
    timer.start()
    try:
        yield stop
    finally:
        raise_flag()
        timer.cancel()


def search_all(
    unlisted: Unlisted,
    hunt: Hunt,
    threshold: float,
    deadline: Deadline,
    narrow: int = UNLIMITED,
    most_nodes: int = UNLIMITED,
    most: int = UNLIMITED,
    only: Bools | None = None,
) -> Found:
    """Every footprint whose reduced cost is below a threshold, £m.

    Args:
        unlisted: the footprints.
        hunt: the prices.
        threshold: £m.
        deadline: when to stop.
        narrow: footprints of one seed after which only better ones are sought.
        most_nodes: of one seed.
        most: footprints after which the search gives up.
        only: seeds to search, (n,); all of them when None. The others count as ended without a find.
    """
    seeds = np.argsort(hunt.rank)
    if only is not None:
        seeds = seeds[only[seeds]]
    n, t = len(hunt.rank), unlisted.tables
    diagram = None if unlisted.diagram is None else unlisted.diagram.at(t, hunt)
    with ThreadPoolExecutor(count_cores()) as pool, stopping(deadline) as stop:

        def search(seed: int) -> tuple[int, Bools, Floats, Floats, float, int]:
            room = ROOM
            while True:
                sets, costs, reduced = np.zeros((room, n), bool), np.zeros(room), np.zeros(room)
                written = sets, costs, reduced
                if diagram is None:
                    limits = threshold, narrow, most_nodes
                    found, least, nodes = search_seed(t, hunt, seed, *limits, stop, *written)
                else:
                    bounds = threshold, narrow, most
                    at = diagram.flow, diagram.table, int(diagram.place[seed])
                    found, least, nodes = walk_seed(t, hunt, *at, *bounds, stop, *written)
                if found <= room or nodes < 0:
                    kept = min(found, room)
                    return found, sets[:kept], costs[:kept], reduced[:kept], least, nodes
                room = found

        total, parts = 0, []
        futures = [pool.submit(search, int(seed)) for seed in seeds]
        for future in futures:
            parts.append(future.result())
            total += parts[-1][0]
            if total > most:
                stop[0] = True
    least, ended = np.full(n, threshold), np.ones(n, dtype=bool)
    least[seeds] = [part[4] for part in parts]
    ended[seeds] = [part[5] >= 0 for part in parts]
    return Found(
        sets=np.concatenate([part[1] for part in parts]),
        cost_m=np.concatenate([part[2] for part in parts]),
        reduced=np.concatenate([part[3] for part in parts]),
        least=least,
        nodes=sum(abs(part[5]) for part in parts),
        ended=ended,
    )
