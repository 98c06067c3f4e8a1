"""Candidates by the million: mask and cost are kept of each, all else is measured of those looked at.

Costs are those of :mod:`optimiser.footprints.compiled`, right to a margin that is known; whatever leaves
here has been priced anew, exactly, by the source of listed candidates (:mod:`optimiser.engine.listed`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.inputs import SelectionInputs
from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.engine.listed import ADDED, Build, Listed, ListedPricing, find_unit
from optimiser.engine.relaxation.master import Columns, Duals, Rows
from optimiser.engine.selection import build_by_footprint
from optimiser.engine.source import Survivors
from optimiser.footprints.compiled.costs import (
    NOT_ALLOWED,
    Costs32,
    build_costs,
    check_sample,
    find_delegated,
    find_margin,
)
from optimiser.footprints.compiled.reduced import add_triples, reduce_masks
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.system import System

LOOKED_AT = 20 * ADDED
"""Candidates of the least reduced costs from which those that enter are chosen, worst and of each ICB;
and the most that are priced exactly at once."""
SAMPLE = 20_000
"""Reduced costs, evenly through the list, that tell about how many are below nothing."""
FEW_BELOW = 200
"""Of the sample: fewer tell nothing, and are not worth a second look at the list."""


@dataclass(frozen=True)
class CompiledPricing:
    """Every candidate priced, to a margin.

    Attributes:
        source: the candidates.
        rows: the master's rows.
        duals: their prices.
        cost_share: 1, or 0 in the first phase.
        reduced: reduced cost of each, triple cuts apart, £m, (m,).
        margin: what these may be off by, £m.
    """

    source: CompiledList
    rows: Rows
    duals: Duals
    cost_share: float
    reduced: Costs32
    margin: float

    @cached_property
    def least(self) -> float:
        """Least reduced cost, £m; 0 when none is below."""
        least = 0.0
        for few, floor in self._by_reduced():
            least = min(least, float(few.reduced.min(initial=0.0)))
            if floor > least:
                break
        return least

    def saving(self, most: int) -> float:
        """Even were every footprint the one that saves most, £m."""
        return most * self.least

    def entering(self, tolerance: float) -> Columns:
        """The worst overall, and the worst few of every ICB."""
        found = self.source.none
        for few, _ in self._by_reduced():
            found = few.entering(tolerance)
            if len(found.masks):
                break
        return found

    def likeliest(self, most: int) -> Columns:
        """Columns of the smallest reduced costs, smallest first."""
        return self._price(_lowest(self.reduced, most)).likeliest(most)

    def count_within(self, room: float) -> int:
        """How many candidates may have a reduced cost of at most ``room``."""
        return len(self._list_within(room)[0])

    def within(
        self, room: float, besides: Masks | None = None, most: int | None = None
    ) -> Survivors:
        """Candidates within ``room`` (the ``most`` smallest), and some besides, in the list's order."""
        rows, reduced = self._list_within(room)
        rows = rows if most is None else rows[_lowest(reduced, most)]
        if besides is not None:
            rows = np.union1d(rows, self.source.places(besides))
        return self._price(rows).within(room, besides, most)

    def _list_within(self, room: float) -> tuple[Ints, Floats]:
        """Places of candidates that may be within, ascending; their reduced costs with the cuts'."""
        rows = np.flatnonzero(self.reduced <= _round_up(room + self.margin))
        reduced = self.reduced[rows].astype(float)
        priced = np.flatnonzero(self.duals.triples)
        if not len(priced):
            return rows, reduced
        triples = np.asarray(self.rows.triples[priced], dtype=np.uint64)
        add_triples(self.source.masks[rows], triples, self.duals.triples[priced], reduced)
        near = reduced <= room + self.margin
        return rows[near], reduced[near]

    def _by_reduced(self) -> Iterator[tuple[ListedPricing, float]]:
        """Candidates that may be below nothing, the lowest first, exactly; and the least of the rest."""
        above = -math.inf
        for room in self._rooms():
            rows, reduced = self._list_within(room)
            rows, reduced = rows[reduced > above], reduced[reduced > above]
            take = LOOKED_AT
            while len(rows) > take:
                chosen = _lowest(reduced, take)
                yield self._price(rows[chosen]), float(reduced[chosen].max()) - self.margin
                rest = np.ones(len(rows), dtype=bool)
                rest[chosen] = False
                rows, reduced, take = rows[rest], reduced[rest], 2 * take
            above = room + self.margin
            yield self._price(rows), room if room < 0 else math.inf

    def _rooms(self) -> tuple[float, ...]:
        """Reduced costs up to which candidates are looked at: few at first where very many are below."""
        sample = self.reduced[:: max(1, len(self.reduced) // SAMPLE)]
        below = sample[sample <= 0]
        share = LOOKED_AT / max(len(self.reduced), 1) * len(sample) / max(len(below), 1)
        if len(below) < FEW_BELOW or share >= 0.5:
            return (0.0,)
        return min(float(np.quantile(below, share)), 0.0), 0.0

    def _price(self, rows: Ints) -> ListedPricing:
        """Some candidates priced exactly, in the list's order."""
        few = self.source.listed(rows)
        return few.price(self.rows, self.duals, self.cost_share)


@dataclass(frozen=True)
class CompiledList:
    """A long list of candidates.

    Attributes:
        system: the arrays.
        masks: the candidates, ascending, (m,).
        delegated: whether each may hold what needs full delegation, (m,).
        cost_m: of each at its best levels, £m, (m,).
        margin: what a cost may be off by, £m.
        totals: measures bounded across footprints.
    """

    system: System
    masks: Masks
    delegated: Bools
    cost_m: Costs32
    margin: float
    totals: tuple[str, ...]

    @cached_property
    def unit(self) -> float:
        """A power of two near the median cost of a sample; raises as :func:`find_unit`."""
        step = max(1, len(self.masks) // 1000)
        return find_unit(self.cost_m[::step].astype(float))

    def measure_costs(self) -> Floats:
        """Cost of each at its best levels, nothing priced, £m, (m,), to seven digits."""
        return self.cost_m.astype(float)

    @property
    def build(self) -> Build:
        """Writes the selection model of some candidates."""
        return build_by_footprint(self.system)

    def listed(self, rows: Ints) -> Listed:
        """Some of the candidates, to be measured exactly."""
        costs = CandidateCosts(self.system, self.masks[rows], self.totals)
        return Listed(costs, self.system.size, self.build)

    def places(self, masks: Masks) -> Ints:
        """Where some candidates stand in the list."""
        return np.searchsorted(self.masks, np.asarray(masks, dtype=np.uint64))

    @property
    def none(self) -> Columns:
        """No columns at all."""
        return Columns(
            self.masks[:0],
            np.zeros(0),
            np.zeros((0, len(self.totals))),
            np.zeros(0, dtype=np.int64),
        )

    def price(self, rows: Rows, duals: Duals, cost_share: float = 1.0) -> CompiledPricing:
        """Reduced cost of every candidate at its best levels and match."""
        cost_m, margin = self.cost_m, self.margin
        if self.totals and duals.bounded.any():
            prices = dict(zip(self.totals, duals.bounded.tolist(), strict=True))
            tables = build_costs(self.system, prices, cost_share)
            cost_m = tables.cost(self.masks, self.delegated)
            margin = find_margin(cost_m)
        elif cost_share == 0:
            cost_m = np.zeros_like(cost_m)
        reduced = reduce_masks(
            self.masks, cost_m, duals.icb, duals.count, rows.baseline, duals.kept, duals.baseline
        )
        return CompiledPricing(self, rows, duals, cost_share, reduced, margin)

    def settle(self, mask: int, chosen: bool) -> CompiledList:
        """The candidates left when a footprint is chosen (none overlaps it) or ruled out."""
        footprint = np.uint64(mask)
        here = self.masks == footprint
        rows = here | ((self.masks & footprint) == 0) if chosen else ~here
        return replace(
            self,
            masks=self.masks[rows],
            delegated=self.delegated[rows],
            cost_m=self.cost_m[rows],
        )

    def build_inputs(
        self, survivors: Survivors, rows: Rows, prices: Mapping[str, float], room: float
    ) -> SelectionInputs:
        """The selection model on survivors."""
        costs = CandidateCosts(self.system, survivors.columns.masks, self.totals)
        return self.build(costs, survivors, rows, prices, room)


def build_compiled(system: System, masks: Masks, totals: tuple[str, ...]) -> CompiledList:
    """Cost a long list; candidates that no levels are allowed in are left out.

    Raises:
        RefereeError: compiled costs differ from those reckoned in Python.
    """
    delegated = find_delegated(system, masks)
    cost_m = build_costs(system).cost(masks, delegated)
    margin = find_margin(cost_m)
    check_sample(system, masks, cost_m, margin)
    allowed = cost_m < NOT_ALLOWED / 2
    if not allowed.all():
        masks, delegated, cost_m = masks[allowed], delegated[allowed], cost_m[allowed]
    return CompiledList(system, masks, delegated, cost_m, margin, totals)


def _round_up(value: float) -> np.float32:
    """The least short float that is no less: compared as one, a bound must not shrink by rounding."""
    largest = float(np.finfo(np.float32).max)
    if value > largest:
        return np.float32(np.inf)
    near = np.float32(max(value, -largest))
    return near if float(near) >= value else np.nextafter(near, np.float32(np.inf))


def _lowest(values: NDArray[np.floating[Any]], count: int) -> Ints:
    """Places of the least of some values, ascending."""
    if count >= len(values):
        return np.arange(len(values))
    return np.sort(np.argpartition(values, count)[:count])
