"""Candidates that are not listed: those that may improve the relaxation are searched for each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, replace

import numpy as np

from optimiser.arrays import Bools, Floats
from optimiser.deadline import Deadline, OutOfTimeError
from optimiser.engine.listed import earn
from optimiser.engine.priced.improving import improve_sets
from optimiser.engine.relaxation.master import Columns, Duals, Rows, dual_objective
from optimiser.footprints.candidates import membership
from optimiser.footprints.unlisted.bounds import Hunt
from optimiser.footprints.unlisted.pricing import (
    UNLIMITED,
    Found,
    RowPrices,
    Unlisted,
    search_all,
    stopping,
)

STARTS = 200
"""Known footprints of the least reduced costs from which local search starts: about as many as the rows
of the master, so that each part of the map has one."""
MOST_MET = 3_000
"""Footprints that one local search writes: more would slow the master for little."""
NARROW = 8
"""Columns of each seed after which only better ones are sought: a few of each seed make few rounds."""
SMOOTHING = 0.6
"""Weight of the best prices so far in those at which columns are sought first: duals of a small master
swing, and columns that look good at their extremes are of no use."""
COARSE = 2e-7
"""Share of the unit below which a reduced cost is rounding: HiGHS prices to half of it, and what is left
of it is paid for in the bound."""
DEPTHS = (2_000, 50_000, UNLIMITED)
"""Nodes of each seed, one search after another while none finds a column: most seeds end in the first,
and the bounds of those that do not are worth telling before the last ends, which may take minutes."""


@dataclass(frozen=True)
class Priced:
    """What a search found.

    Attributes:
        found: footprints, and bounds by seed.
        columns: the footprints as columns.
        reduced: their reduced costs, £m, (m,).
    """

    found: Found
    columns: Columns
    reduced: Floats

    def saving(self, most: int) -> float:
        """What a plan's footprints save at most, £m: each has a seed of its own."""
        return float(np.minimum(np.sort(self.found.least)[:most], 0.0).sum())

    def entering(self, tolerance: float) -> Columns:
        """Columns whose reduced costs are below -tolerance."""
        return self.columns.taken(np.flatnonzero(self.reduced < -tolerance))


@dataclass
class PricedSource:
    """Candidates that are searched for.

    Attributes:
        unlisted: the candidates.
        unit: a power of two near what a candidate costs, £m.
        deadline: when to stop.
        tell: told of every better bound, £m, and of the prices that prove it.
        sets: atoms of every footprint that was met, (m, n), and
        costs: what each costs, £m, (m,).
        best: the prices of the best bound so far, and
        best_m: that bound, £m.
    """

    unlisted: Unlisted
    unit: float
    deadline: Deadline
    tell: Callable[[Rows, Duals, float], None]
    sets: Bools
    costs: Floats
    best: Duals | None = None
    best_m: float = -np.inf

    def begin(self, rows: Rows, cost_m: float) -> None:
        """Search at the prices of a plan of this cost, each atom paying by its size.

        Where pairs alone tell plans apart, they bound at once what a small master's first prices are
        far from bounding. Where atoms cost unlike amounts a head, they bound little (on England).
        """
        prices = price_by_size(self.unlisted, cost_m)
        found = search_all(
            self.unlisted,
            self.hunt(rows, prices),
            -self.tolerance_m,
            self.deadline,
            NARROW,
            DEPTHS[1],
        )
        self._raise_bound(rows, prices, self._keep(found, rows, prices))

    def price(self, rows: Rows, duals: Duals, cost_share: float = 1.0) -> Priced:
        """A quick search at smoothed prices, then one at the true ones; then the whole search at each.

        With a diagram the whole search is as quick.

        Raises:
            OutOfTimeError: the deadline came first; the bounds are told all the same.
        """
        if cost_share == 0.0:
            return self._search_without_costs(rows, duals)
        if len(rows.baseline):  # known footprints may pay with another match
            known = self._recall(rows, duals)
            if (known.reduced < -self.tolerance_m).any():
                return known
        for prices in () if self.unlisted.diagram else self._near(duals):
            met = self._improve(rows, prices, duals)
            if (met.reduced < -self.tolerance_m).any():
                return met
        for prices in self._near(duals):
            searched = self._search_deeper(rows, prices)
            found = Priced(searched.found, *self.columns(searched.found, rows, duals))
            if (found.reduced < -self.tolerance_m).any():
                break
        return found

    @property
    def tolerance_m(self) -> float:
        """Reduced costs above minus this are rounding, £m."""
        return COARSE * self.unit

    def hunt(self, rows: Rows, duals: Duals) -> Hunt:
        """A search at duals."""
        return self.unlisted.at(self._prices(rows, duals))

    def _prices(self, rows: Rows, duals: Duals) -> RowPrices:
        return RowPrices(
            icb=duals.icb,
            count=duals.count,
            kept=duals.kept,
            baseline=duals.baseline,
            triples=rows.triples,
            triple_prices=duals.triples,
        )

    def columns(self, found: Found, rows: Rows, duals: Duals) -> tuple[Columns, Floats]:
        """Columns of what was found, and their reduced costs, £m."""
        masks, cost_m = self.unlisted.masks(found.sets), found.cost_m
        earned, match = earn(masks, rows, duals)
        return Columns(masks, cost_m, np.zeros((len(masks), 0)), match), cost_m - earned

    def _near(self, duals: Duals) -> Iterator[Duals]:
        """The duals drawn towards the best so far, where those are of the same rows; then the duals."""
        best = self.best
        if best is not None and len(best.triples) == len(duals.triples):
            parts = zip(astuple(best), astuple(duals), strict=True)
            yield Duals(*(SMOOTHING * old + (1 - SMOOTHING) * new for old, new in parts))
        yield duals

    def _recall(self, rows: Rows, duals: Duals) -> Priced:
        n = len(self.unlisted.atoms)
        unknown, none = np.full(n, -np.inf), np.zeros(n, dtype=bool)
        found = Found(self.sets, self.costs, np.zeros(0), unknown, 0, none)
        return Priced(found, *self.columns(found, rows, duals))

    def _improve(self, rows: Rows, prices: Duals, duals: Duals) -> Priced:
        """Local search at some prices, from the known footprints that are best at them."""
        hunt, n = self.hunt(rows, prices), len(self.unlisted.atoms)
        reduced = self.costs - self.sets @ hunt.price
        starts = self.sets[np.argsort(reduced, kind="stable")[:STARTS]]
        sets, costs = np.zeros((MOST_MET, n), dtype=bool), np.zeros(MOST_MET)
        with stopping(self.deadline) as stop:
            met = improve_sets(
                self.unlisted.tables, hunt, starts, -self.tolerance_m, sets, costs, stop
            )
        _, first = np.unique(sets[:met], axis=0, return_index=True)
        unknown = np.full(n, -np.inf)
        found = Found(sets[first], costs[first], np.zeros(0), unknown, 0, np.zeros(n, dtype=bool))
        return self._keep(found, rows, duals)

    def _search_deeper(self, rows: Rows, duals: Duals) -> Priced:
        """Every seed, a little at first; then those that did not end, until there are columns."""
        hunt, least = self.hunt(rows, duals), np.full(len(self.unlisted.atoms), -np.inf)
        open_ = np.ones(len(least), dtype=bool)
        for nodes in DEPTHS:
            found = search_all(
                self.unlisted, hunt, -self.tolerance_m, self.deadline, NARROW, nodes, only=open_
            )
            least[open_] = np.maximum(least, found.least)[open_]
            open_ = ~found.ended
            priced = self._keep(replace(found, least=least), rows, duals)
            self._raise_bound(rows, duals, priced)
            if self.deadline.passed and open_.any():
                raise OutOfTimeError
            if len(priced.reduced) or not open_.any():
                break
        return priced

    def _raise_bound(self, rows: Rows, duals: Duals, priced: Priced) -> None:
        bound = dual_objective(duals, rows) + priced.saving(rows.count[1])
        if bound > self.best_m:
            self.best, self.best_m = duals, bound
            self.tell(rows, duals, bound)

    def _search_without_costs(self, rows: Rows, duals: Duals) -> Priced:
        free = self.unlisted.without_costs()
        found = search_all(
            free, free.at(self._prices(rows, duals)), -COARSE, self.deadline, narrow=NARROW
        )
        if not found.complete:
            raise OutOfTimeError
        return Priced(found, *self.columns(found, rows, duals))

    def _keep(self, found: Found, rows: Rows, duals: Duals) -> Priced:
        self.sets = np.concatenate((self.sets, found.sets))
        self.costs = np.concatenate((self.costs, found.cost_m))
        return Priced(found, *self.columns(found, rows, duals))


def price_by_size(unlisted: Unlisted, cost_m: float) -> Duals:
    """Prices at which the areas of each atom pay its share, by size, of what a plan costs."""
    size, inside = unlisted.hunt.size, membership(unlisted.atoms, unlisted.size)
    icb = inside.T @ (cost_m * size / size.sum() / inside.sum(axis=1))
    return Duals(icb, 0.0, np.zeros(0), 0.0, np.zeros(0), np.zeros(0))
