"""The set-partitioning relaxation over the candidates: its rows, duals, and reduced costs.

Rows, in order: one per ICB (covered once), the number of footprints, one per measure bounded across
footprints, nearness to the baseline (members kept; each baseline footprint matched at most once) and
triple cuts (at most one footprint holds two or more of any three ICBs).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.candidates import as_masks, count_members, count_shared, membership
from optimiser.footprints.system import System
from optimiser.inputs.scenario.scenario import ServiceRules

UNMATCHED = -1


@dataclass(frozen=True)
class Bounded:
    """A measure bounded across footprints: floor, ceiling and the unit that scales its row."""

    name: str
    least: float
    most: float

    @property
    def scale(self) -> float:
        """A size that brings the row near 1, whatever unit it is in."""
        return max(self.least, self.most if np.isfinite(self.most) else 0.0) or 1.0


def bounded_measures(rules: ServiceRules) -> tuple[Bounded, ...]:
    """The floors and ceilings across footprints that the scenario switches on."""
    every = (
        Bounded("local_spend", rules.min_local_spend_m, rules.max_local_spend_m),
        Bounded("local_services", rules.min_local_services, rules.max_local_services),
        Bounded("leakage", 0.0, rules.max_leakage_m),
        Bounded("volatility", 0.0, rules.max_volatility_m),
    )
    return tuple(total for total in every if total.least > 0 or np.isfinite(total.most))


@dataclass(frozen=True)
class Own:
    """Columns of the master that are no candidates: q of them, each within finite bounds.

    Attributes:
        cost: £m, (q,).
        lower: (q,).
        upper: (q,).
        matrix: what each adds to each bounded measure, (number of measures, q).
    """

    cost: Floats
    lower: Floats
    upper: Floats
    matrix: Floats

    def least(self, prices: Floats, cost_share: float) -> float:
        """The least that they come to at prices of the bounded measures, £m."""
        reduced = cost_share * self.cost - prices @ self.matrix
        return float(np.minimum(reduced * self.lower, reduced * self.upper).sum())


NO_OWN = Own(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 0)))


@dataclass(frozen=True)
class Rows:
    """What the rows of the master are, apart from its columns.

    Attributes:
        size: number of ICBs.
        count: fewest and most footprints.
        bounded: measures bounded across footprints.
        baseline: masks of the baseline's footprints; empty when moves are not limited.
        fewest_kept: ICBs that stay, when moves are limited.
        triples: masks of three ICBs each, of the triple cuts.
        own: columns of their own.
    """

    size: int
    count: tuple[int, int]
    bounded: tuple[Bounded, ...]
    baseline: Masks
    fewest_kept: int
    triples: Masks
    own: Own = NO_OWN

    @cached_property
    def scale(self) -> Floats:
        """The size of the row of each bounded measure."""
        return np.array([total.scale for total in self.bounded])

    @property
    def own_matrix(self) -> sparse.csc_array:
        """Coefficients of the columns of their own, (rows, q)."""
        count, columns = len(self.lower), len(self.own.cost)
        matrix = np.zeros((count, columns))
        if columns:
            scaled = self.own.matrix / self.scale[:, None]
            matrix[self.size + 1 : self.size + 1 + len(scaled)] = scaled
        return sparse.csc_array(matrix)

    @cached_property
    def lower(self) -> Floats:
        """Lower bound of each row."""
        return np.concatenate([part[0] for part in self._bounds()])

    @cached_property
    def upper(self) -> Floats:
        """Upper bound of each row."""
        return np.concatenate([part[1] for part in self._bounds()])

    def _bounds(self) -> list[tuple[Floats, Floats]]:
        ones = np.ones(self.size)
        parts = [(ones, ones)]
        parts.append((np.array([float(self.count[0])]), np.array([float(self.count[1])])))
        ends = np.array([(total.least, total.most) for total in self.bounded]).reshape(-1, 2)
        parts.append((ends[:, 0] / self.scale, ends[:, 1] / self.scale))
        if len(self.baseline):
            parts.append((np.array([float(self.fewest_kept)]), np.array([np.inf])))
            groups = len(self.baseline)
            parts.append((np.full(groups, -np.inf), np.ones(groups)))
        parts.append((np.full(len(self.triples), -np.inf), np.ones(len(self.triples))))
        return parts

    def with_triples(self, triples: Masks) -> Rows:
        """The same with more triple cuts."""
        return replace(self, triples=np.concatenate((self.triples, triples)))

    def with_bounds(self, extra: Iterable[Bounded]) -> Rows:
        """The same with further bounds; a measure bounded twice keeps the tighter bounds."""
        merged = {total.name: total for total in self.bounded}
        for total in extra:
            old = merged.get(total.name, total)
            least, most = max(old.least, total.least), min(old.most, total.most)
            merged[total.name] = Bounded(total.name, least, most)
        return replace(self, bounded=tuple(merged.values()))


def master_rows(system: System) -> Rows:
    """The rows that a scenario asks for."""
    rules = system.scenario.footprints
    baseline = as_masks((), system.size)
    kept = 0
    if rules.max_moved is not None and system.baseline is not None:
        groups = range(int(system.baseline.max()) + 1)
        masks = [sum(1 << int(i) for i in np.flatnonzero(system.baseline == g)) for g in groups]
        baseline = as_masks(masks, system.size)
        kept = system.size - rules.max_moved
    fewest, most = rules.count_window
    return Rows(
        size=system.size,
        count=(fewest, min(most, system.size)),
        bounded=bounded_measures(system.scenario.services),
        baseline=baseline,
        fewest_kept=kept,
        triples=as_masks((), system.size),
    )


def count_kept(masks: Masks, rows: Rows) -> float:
    """ICBs that stay in their baseline footprint, footprints matched best; n where none is limited."""
    if not len(rows.baseline):
        return float(rows.size)
    from scipy.optimize import linear_sum_assignment  # slow to load, seldom needed

    shared = count_shared(masks, rows.baseline).astype(float)
    a, b = linear_sum_assignment(-shared)
    return float(shared[a, b].sum())


@dataclass(frozen=True)
class Columns:
    """Columns of the master: a candidate with one choice of levels and one baseline match.

    Attributes:
        masks: (c,).
        cost_m: (c,).
        amounts: amount of each bounded measure, (c, number of measures).
        match: baseline footprint that the column is matched to, or UNMATCHED, (c,).
    """

    masks: Masks
    cost_m: Floats
    amounts: Floats
    match: Ints

    def joined(self, other: Columns) -> Columns:
        """Both, one after the other."""
        return Columns(
            np.concatenate((self.masks, other.masks)),
            np.concatenate((self.cost_m, other.cost_m)),
            np.concatenate((self.amounts, other.amounts)),
            np.concatenate((self.match, other.match)),
        )

    def taken(self, rows: Ints) -> Columns:
        """A selection."""
        return Columns(self.masks[rows], self.cost_m[rows], self.amounts[rows], self.match[rows])

    def leave_out(self, other: Columns) -> Columns:
        """Those of the other that are not here already.

        Columns that are here already cannot improve the master: what their reduced costs are below
        nothing is the solver's rounding, and the bound pays for it.
        """
        known = set(self._keys())
        new = [k for k, key in enumerate(other._keys()) if key not in known]
        return other.taken(np.array(new, dtype=np.int64))

    def _keys(self) -> list[tuple[int, int, bytes]]:
        amounts = [row.tobytes() for row in self.amounts]
        return list(zip(self.masks.tolist(), self.match.tolist(), amounts, strict=True))

    def matrix(self, rows: Rows) -> sparse.csc_array:
        """Coefficients, (rows, c)."""
        scale = rows.scale
        parts = [membership(self.masks, rows.size).T, np.ones((1, len(self.masks)))]
        parts.append((self.amounts / scale).T)
        if len(rows.baseline):
            matched = np.arange(len(rows.baseline))[:, None] == self.match
            kept = count_members(self.masks & rows.baseline[self.match]).astype(float)
            parts.append(np.where(self.match == UNMATCHED, 0.0, kept)[None, :])
            parts.append(matched.astype(float))
        parts.append(holds_two(self.masks, rows.triples).T)
        return sparse.csc_array(np.concatenate(parts))


def holds_two(masks: Masks, triples: Masks) -> Floats:
    """Whether each footprint holds two or more of each triple, as 0/1, (m, number of triples)."""
    return np.asarray((count_shared(masks, triples) >= 2).astype(float))


@dataclass(frozen=True)
class Duals:
    """Dual prices of the master's rows.

    Attributes:
        icb: (n,).
        count: one number.
        bounded: £m per unit of each bounded measure (unscaled).
        kept: price of one ICB kept.
        baseline: price of matching each baseline footprint, at most 0.
        triples: price of each triple cut, at most 0.
    """

    icb: Floats
    count: float
    bounded: Floats
    kept: float
    baseline: Floats
    triples: Floats

    @property
    def prices(self) -> Floats:
        """All prices, in the order of the rows (bounded measures unscaled)."""
        kept = [self.kept] if len(self.baseline) else []
        return np.concatenate(
            (self.icb, [self.count], self.bounded, kept, self.baseline, self.triples)
        )


def read_duals(values: Floats, rows: Rows) -> Duals:
    """Split a dual vector by rows; signs that no bound supports are cut to zero."""
    lower, upper = rows.lower, rows.upper
    values = np.where(np.isinf(lower), np.minimum(values, 0.0), values)
    values = np.where(np.isinf(upper), np.maximum(values, 0.0), values)
    scale = rows.scale
    groups = len(rows.baseline)
    sizes = [rows.size, 1, len(scale), bool(groups), groups, len(rows.triples)]
    icb, count, bounded, kept, baseline, triples = np.split(values, np.cumsum(sizes)[:-1])
    return Duals(icb, float(count[0]), bounded / scale, float(kept.sum()), baseline, triples)


def dual_objective(duals: Duals, rows: Rows, cost_share: float = 1.0) -> float:
    """What the duals earn on the rows' bounds, with the least that own columns come to, £m."""
    prices = duals.prices
    start = rows.size + 1
    prices[start : start + len(rows.bounded)] *= rows.scale
    bound = np.where(prices > 0, rows.lower, rows.upper)
    earned = float(prices @ np.where(np.isinf(bound), 0.0, bound))
    return earned + rows.own.least(duals.bounded, cost_share) if len(rows.own.cost) else earned
