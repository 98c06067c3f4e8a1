"""Candidates that are not listed: those that may improve the relaxation are searched for each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from functools import partial

import numpy as np

from optimiser.arrays import Bools, Floats, Masks
from optimiser.deadline import Deadline, OutOfTimeError
from optimiser.engine.listed import earn
from optimiser.engine.priced.calm import find_calm, find_centre
from optimiser.engine.priced.improving import improve_sets
from optimiser.engine.relaxation.master import Columns, Duals, Rows, dual_objective
from optimiser.footprints.candidates import membership
from optimiser.footprints.compiled.machine import count_cores
from optimiser.footprints.unlisted.bounds import Hunt
from optimiser.footprints.unlisted.pricing import RowPrices, Unlisted
from optimiser.footprints.unlisted.searching import UNLIMITED, Found, search_all, stopping

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
FLAT_NODES = 10_000
"""Nodes for each atom at flat prices: far enough for a good first bound."""
CALMED = 30
"""Times that calm prices are sought anew because more is known: two or three are usual."""
PATIENCE = 150_000
"""Nodes of the whole search at calm prices, after which the bound is raised from the centre if none of
use stands: half a minute with 42 footprints of 325 areas, where that search would take hours."""
OF_NO_USE = 0.5
"""Share of what the duals earn by which a bound falls short of it, to be of no use."""
CLIMBED = 0.15
"""Share of what is missing by which a climb is to raise the bound at a time: the more prices earn, the
longer a search takes, and one that does not end raises nothing."""
NEARLY = 0.01
"""Share of what the duals earn within which a climb ends: calm prices are no harder from there."""
CHUNK = 25
"""Starts that one core takes at a time."""
GROWN = 1.05
"""Growth of what is known after which the best plan of it is sought again."""


@dataclass(frozen=True)
class Priced:
    """What a search found.

    Attributes:
        found: footprints, and bounds by seed.
        columns: the footprints as columns.
        reduced: their reduced costs, £m, (m,).
        prices: at which they were sought.
        short_m: by how much these earn less than the duals that were asked for, £m.
    """

    found: Found
    columns: Columns
    reduced: Floats
    prices: Duals
    short_m: float = 0.0

    def saving(self, most: int) -> float:
        """What a plan's footprints save at most, £m: each has a seed of its own."""
        return save_most(self.found.least, most) - self.short_m

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
        combine: told of duals, all known columns and their reduced costs, £m, when local search ends.
        sets: atoms of every footprint that was met, (m, n), and
        costs: what each costs, £m, (m,).
        combined: how many were known when the best plan of them was sought.
        best: the prices of the best bound so far, and
        best_m: that bound, £m.
        last: rows and prices at which columns were sought last.
        centre: price of each area that calm prices are near, £m, once it is sought, (a,).
        patience: nodes of a search at calm prices before the bound is raised from the centre.
    """

    unlisted: Unlisted
    unit: float
    deadline: Deadline
    tell: Callable[[Rows, Duals, float], None]
    combine: Callable[[Rows, Duals, Columns, Floats], None]
    sets: Bools
    costs: Floats
    combined: int = 0
    best: Duals | None = None
    best_m: float = -np.inf
    last: tuple[Rows, Duals] | None = None
    centre: Floats | None = None
    patience: int = PATIENCE

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
            FLAT_NODES * len(self.unlisted.atoms),
        )
        self._keep(found, rows, prices)
        self._raise_bound(rows, prices, found.least)

    def price(self, rows: Rows, duals: Duals, cost_share: float = 1.0) -> Priced:
        """A quick search at smoothed prices, then one at the true ones; then the whole search at each.

        With a diagram the whole search is as quick.

        Raises:
            OutOfTimeError: the deadline came first; the bounds are told all the same.
        """
        if cost_share == 0.0:
            return self._search_without_costs(rows, duals)
        self.last = rows, duals
        if len(rows.baseline):  # known footprints may pay with another match
            known = self.recall(rows, duals)
            if (known.reduced < -self.tolerance_m).any():
                return known
        for prices in () if self.unlisted.diagram else self._near(duals):
            met = self._improve(rows, prices, duals)
            if (met.reduced < -self.tolerance_m).any():
                return met
        self._combine(rows, duals)
        calm = self._price_calmly(rows, duals)
        if calm is not None:
            return calm
        for prices in self._near(duals):
            searched = self._search_deeper(rows, prices)
            found = self._priced(searched.found, rows, duals)
            if (found.reduced < -self.tolerance_m).any():
                break
        return found

    def _combine(self, rows: Rows, duals: Duals) -> None:
        """Have the best plan of what is known sought, if that has grown since."""
        if len(self.costs) > GROWN * self.combined:
            self.combined = len(self.costs)
            known = self.recall(rows, duals)
            self.combine(rows, duals, known.columns, known.reduced)

    def _price_calmly(self, rows: Rows, duals: Duals) -> Priced | None:
        """The whole search at calm prices; None where none are found.

        What looks better than it may at calm prices alone does not enter: it makes other calm prices.
        """
        if (
            self.unlisted.diagram is not None
            or len(rows.baseline)
            or rows.count[0] != rows.count[1]
        ):
            return None
        for _ in range(CALMED):
            calm = self._find_level(rows, duals)
            known = self.recall(rows, duals)
            if (known.reduced < -self.tolerance_m).any():
                return known
            if calm is None:
                return None
            found = self._search_deeper(rows, calm, self.patience)
            top = dual_objective(duals, rows)
            if found.found.complete and not (found.reduced < -self.tolerance_m).any():
                short_m = top - dual_objective(calm, rows)
                return Priced(found.found, found.columns, found.reduced, calm, short_m)
            if found.found.nodes >= self.patience:
                self.patience = UNLIMITED
                if top - self.best_m > OF_NO_USE * abs(top):
                    self._climb(rows, duals)
        return None

    def _find_centre(self, rows: Rows, duals: Duals) -> Floats:
        """The prices that calm ones are near: sought once, from even shares of cost."""
        if self.centre is None:
            cost_m = dual_objective(duals, rows)
            even = price_by_size(self.unlisted, cost_m).icb
            inside = membership(self.unlisted.atoms, self.unlisted.size)
            self.centre = find_centre(
                self.unlisted, rows.count[0], inside @ even, cost_m, self.deadline
            )
        return self.centre

    def _climb(self, rows: Rows, duals: Duals) -> None:
        """Raise the bound from the centre towards what the duals earn, a part of the way at a time.

        The whole search is quick at the centre, and near it at prices that earn little and so undercut
        little (a level method; Lemaréchal, Nemirovskii & Nesterov, 1995).

        Raises:
            OutOfTimeError: the deadline came first.
        """
        top, centre = dual_objective(duals, rows), self._find_centre(rows, duals)
        none, each = np.zeros(0), (top - centre.sum()) / rows.count[0]
        prices: Duals | None = Duals(centre, each, none, 0.0, none, np.zeros(len(rows.triples)))
        proven = -np.inf
        while prices is not None and top - proven > NEARLY * abs(top):
            found = self._search_whole(rows, prices, 1, UNLIMITED, UNLIMITED)
            bound = dual_objective(prices, rows) + found.saving(rows.count[1])
            if bound > proven:
                proven, self.centre = bound, prices.icb
            prices = self._find_level(rows, duals, proven + CLIMBED * (top - proven))

    def _find_level(self, rows: Rows, duals: Duals, level: float | None = None) -> Duals | None:
        """Prices near the centre that earn what the duals do, or a level, where local search ends."""
        for _ in range(CALMED):
            known = self.recall(rows, duals).columns
            calm = find_calm(known, rows, duals, self._find_centre(rows, duals), level)
            if calm is None:
                break
            if not (self._improve(rows, calm, calm).reduced < -self.tolerance_m).any():
                return calm
        return None

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

    def _priced(self, found: Found, rows: Rows, duals: Duals) -> Priced:
        return Priced(found, *self.columns(found, rows, duals), duals)

    def _near(self, duals: Duals) -> Iterator[Duals]:
        """The duals drawn towards the best so far, where those are of the same rows; then the duals."""
        best = self.best
        if best is not None and len(best.triples) == len(duals.triples):
            parts = zip(astuple(best), astuple(duals), strict=True)
            yield Duals(*(SMOOTHING * old + (1 - SMOOTHING) * new for old, new in parts))
        yield duals

    def recall(self, rows: Rows, duals: Duals) -> Priced:
        """All that is known."""
        return self._priced(_known(self.sets, self.costs), rows, duals)

    def likeliest(self, most: int) -> Masks | None:
        """Those of the least reduced costs at the last prices; None where there were no prices yet."""
        if self.last is None:
            return None
        known = self.recall(*self.last)
        return known.columns.masks[np.argsort(known.reduced, kind="stable")[:most]]

    def _improve(self, rows: Rows, prices: Duals, duals: Duals) -> Priced:
        """Local search at some prices, from the known footprints that are best at them."""
        hunt, n = self.hunt(rows, prices), len(self.unlisted.atoms)
        reduced = self.costs - self.sets @ hunt.price
        starts = self.sets[np.argsort(reduced, kind="stable")[: max(STARTS, 2 * n)]]

        def improve(first: int) -> tuple[Bools, Floats]:
            sets, costs = np.zeros((MOST_MET, n), dtype=bool), np.zeros(MOST_MET)
            chunk = np.ascontiguousarray(starts[first : first + CHUNK])
            tables, threshold = self.unlisted.tables, -self.tolerance_m
            met = improve_sets(tables, hunt, chunk, threshold, sets, costs, stop)
            return sets[:met].copy(), costs[:met].copy()

        with ThreadPoolExecutor(count_cores()) as pool, stopping(self.deadline) as stop:
            # one chunk at least: where nothing is known, nothing is found
            parts = list(pool.map(improve, range(0, max(len(starts), 1), CHUNK)))
        sets, costs = (np.concatenate(column) for column in zip(*parts, strict=True))
        _, first = np.unique(sets, axis=0, return_index=True)
        return self._keep(_known(sets[first], costs[first]), rows, duals)

    def _search_deeper(self, rows: Rows, duals: Duals, patience: int = UNLIMITED) -> Priced:
        """The whole search, until there are columns or patience ends."""
        return self._search_whole(rows, duals, NARROW, patience, most=0)

    def _search_whole(
        self, rows: Rows, duals: Duals, narrow: int, most_nodes: int, most: int
    ) -> Priced:
        prove = partial(self._raise_bound, rows, duals)
        found = search_all(
            self.unlisted,
            self.hunt(rows, duals),
            -self.tolerance_m,
            self.deadline,
            narrow,
            most_nodes,
            most,
            told=prove,
        )
        prove(found.least)
        if not found.complete and self.deadline.passed:
            raise OutOfTimeError
        return self._keep(found, rows, duals)

    def _raise_bound(self, rows: Rows, duals: Duals, least: Floats) -> None:
        """Take note of what prices prove, where no footprint of a seed has a lesser reduced cost."""
        bound = dual_objective(duals, rows) + save_most(least, rows.count[1])
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
        return self._priced(found, rows, duals)

    def _keep(self, found: Found, rows: Rows, duals: Duals) -> Priced:
        self.sets = np.concatenate((self.sets, found.sets))
        self.costs = np.concatenate((self.costs, found.cost_m))
        return self._priced(found, rows, duals)


def save_most(least: Floats, most: int) -> float:
    """What a plan of at most so many footprints saves at most, £m: each has a seed of its own."""
    return float(np.minimum(np.sort(least)[:most], 0.0).sum())


def _known(sets: Bools, cost_m: Floats) -> Found:
    """Footprints that were met, which says nothing of others."""
    return Found(sets, cost_m, np.zeros(0), np.full(sets.shape[1], -np.inf), 0, complete=False)


def price_by_size(unlisted: Unlisted, cost_m: float) -> Duals:
    """Prices at which the areas of each atom pay its share, by size, of what a plan costs."""
    size, inside = unlisted.hunt.size, membership(unlisted.atoms, unlisted.size)
    icb = inside.T @ (cost_m * size / size.sum() / inside.sum(axis=1))
    return Duals(icb, 0.0, np.zeros(0), 0.0, np.zeros(0), np.zeros(0))
