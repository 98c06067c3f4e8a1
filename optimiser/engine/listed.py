"""Candidates that are listed and measured: the whole list is priced each time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from models.inputs import SelectionInputs
from optimiser.arrays import Floats, Ints, Masks
from optimiser.engine.relaxation.master import (
    UNMATCHED,
    Columns,
    Duals,
    Rows,
    holds_two,
)
from optimiser.engine.source import Survivors
from optimiser.errors import UnsupportedError
from optimiser.footprints.candidates import count_members, membership, sum_over_members
from optimiser.footprints.costs import Costs
from optimiser.tolerances import LARGEST_UNIT, SMALLEST_UNIT

ADDED = 300
"""Columns that one round adds: enough that few rounds are needed, few enough that the master stays
small."""
ADDED_PER_ICB = 6
"""Beside the worst of all, the worst few of each ICB, so that no corner of the map waits."""
SAMPLE = 1_000
"""Candidates, evenly spaced through the list, whose median cost sets the unit."""
BLOCK = 50_000
"""Candidates times triples at once: bounds the memory of the cuts' table."""

Build = Callable[[Costs, Survivors, Rows, Mapping[str, float], float], SelectionInputs]
"""Writes the selection model of some candidates: what a source's objective knows of levels."""


class Columned(Protocol):
    """A column of every candidate, of which some can be taken."""

    @property
    def masks(self) -> Masks:
        """The candidates, ascending, (m,)."""

    def taken(self, rows: Ints) -> Columns:
        """Columns of a selection."""


@dataclass(frozen=True)
class ListedPricing:
    """Every candidate priced.

    Attributes:
        reduced: reduced cost of every candidate, £m, (m,).
        best: the column of every candidate at these prices; its masks ascend.
        size: number of ICBs.
    """

    reduced: Floats
    best: Columned
    size: int

    @property
    def least(self) -> float:
        """Least reduced cost, £m; 0 when none is below."""
        return min(float(self.reduced.min(initial=0.0)), 0.0)

    def saving(self, most: int) -> float:
        """Even were every footprint the one that saves most, £m."""
        return most * self.least

    def entering(self, tolerance: float) -> Columns:
        """The worst overall, and the worst few of every ICB."""
        negative = np.flatnonzero(self.reduced < -tolerance)
        if len(negative) > ADDED:
            order = negative[np.argsort(self.reduced[negative], kind="stable")]
            tail = order[: 20 * ADDED]
            inside = membership(self.best.masks[tail], self.size) > 0
            of_icbs = [tail[inside[:, i]][:ADDED_PER_ICB] for i in range(self.size)]
            negative = np.unique(np.concatenate([order[:ADDED], *of_icbs]))
        return self.best.taken(negative)

    def likeliest(self, most: int) -> Columns:
        """Columns of the smallest reduced costs, smallest first."""
        return self.best.taken(np.argsort(self.reduced, kind="stable")[:most])

    def count_within(self, room: float) -> int:
        """How many candidates have a reduced cost of at most ``room``."""
        return int(np.count_nonzero(self.reduced <= room))

    def within(
        self, room: float, besides: Masks | None = None, most: int | None = None
    ) -> Survivors:
        """Candidates within ``room`` (the ``most`` smallest), and some besides, in the list's order."""
        rows: Ints = np.flatnonzero(self.reduced <= room)
        if most is not None and len(rows) > most:
            rows = np.sort(rows[np.argsort(self.reduced[rows], kind="stable")[:most]])
        if besides is not None:
            rows = np.union1d(rows, np.flatnonzero(np.isin(self.best.masks, besides)))
        return Survivors(self.best.taken(rows), self.reduced[rows])


@dataclass(frozen=True)
class Listed:
    """A list of candidates with their costs.

    Attributes:
        costs: the candidates.
        size: number of ICBs.
        build: writes the selection model of some of them.
    """

    costs: Costs
    size: int
    build: Build

    @property
    def masks(self) -> Masks:
        """The candidates, ascending, (m,)."""
        return self.costs.masks

    def measure_costs(self) -> Floats:
        """Cost of each at its best levels, nothing priced, £m, (m,)."""
        return self.costs.priced(dict.fromkeys(self.costs.totals, 0.0))[0]

    @cached_property
    def unit(self) -> float:
        """A power of two near the median cost of a sample; raises as :func:`find_unit`."""
        step = max(1, len(self.costs.masks) // SAMPLE)
        few = self.costs.subset(np.arange(0, len(self.costs.masks), step))
        return find_unit(few.priced(dict.fromkeys(few.totals, 0.0))[0])

    def price(self, rows: Rows, duals: Duals, cost_share: float = 1.0) -> ListedPricing:
        """Reduced cost of every candidate at its best levels and match."""
        costs = self.costs
        prices = dict(zip(costs.totals, duals.bounded, strict=True))
        priced, by_total = costs.priced(prices, cost_share)
        amounts = np.zeros((len(priced), len(costs.totals)))
        for k, name in enumerate(costs.totals):
            amounts[:, k] = by_total[name]
        earned, match = earn(costs.masks, rows, duals)
        reduced = priced - earned
        cost_m = priced + amounts @ duals.bounded
        return ListedPricing(reduced, Columns(costs.masks, cost_m, amounts, match), self.size)

    def settle(self, mask: int, chosen: bool) -> Listed:
        """The candidates left when a footprint is chosen (none overlaps it) or ruled out."""
        masks = self.costs.masks
        footprint = mask if masks.dtype == object else np.uint64(mask)
        here = masks == footprint
        rows = np.flatnonzero(here | ((masks & footprint) == 0) if chosen else ~here)
        return Listed(self.costs.subset(rows), self.size, self.build)

    def build_inputs(
        self, survivors: Survivors, rows: Rows, prices: Mapping[str, float], room: float
    ) -> SelectionInputs:
        """The selection model on survivors."""
        places = np.searchsorted(self.costs.masks, survivors.columns.masks)
        return self.build(self.costs.subset(places), survivors, rows, prices, room)


def find_unit(cost_m: Floats) -> float:
    """A power of two near the median of some costs, £m; what costs nothing or is barred is left out.

    Raises:
        UnsupportedError: the costs are too small or too large to be told apart.
    """
    sizes = np.abs(cost_m)
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not len(sizes):
        return 1.0
    typical = float(np.median(sizes))
    if not SMALLEST_UNIT <= typical <= LARGEST_UNIT:
        raise UnsupportedError(
            f"A footprint scores about {typical:.1e} £m-equivalents under this scenario's weights: too "
            "far from 1 for scores to be told apart. Multiply all weights of [objective] by the same "
            "number; the best plan stays the same."
        )
    return float(2.0 ** round(math.log2(typical)))


def earn(masks: Masks, rows: Rows, duals: Duals) -> tuple[Floats, Ints]:
    """What the prices of the rows earn on footprints, bounded measures apart, £m; their best matches."""
    match, worth = _best_match(masks, rows, duals)
    earned = sum_over_members(masks, duals.icb) + duals.count + worth
    for start in range(0, len(masks) if len(duals.triples) else 0, BLOCK):
        part = slice(start, start + BLOCK)
        earned[part] += holds_two(masks[part], rows.triples) @ duals.triples
    return earned, match


def _best_match(masks: Masks, rows: Rows, duals: Duals) -> tuple[Ints, Floats]:
    """The baseline footprint that each candidate is best matched to, and what that is worth."""
    match, worth = np.full(len(masks), UNMATCHED), np.zeros(len(masks))
    for b, group in enumerate(rows.baseline):
        value = duals.kept * count_members(masks & group) + duals.baseline[b]
        better = value > worth
        match[better], worth[better] = b, value[better]
    return match, worth
