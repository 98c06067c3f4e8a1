"""Footprints that are not listed, and how a search for them begins at given prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.candidates import as_masks, membership
from optimiser.footprints.listing import pieces_of
from optimiser.footprints.system import System
from optimiser.footprints.unlisted.bounds import Hunt
from optimiser.footprints.unlisted.diagram import Diagram, build_diagram
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
        least_residents=float((t.linear[:, RESIDENTS] / size).min()),
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
