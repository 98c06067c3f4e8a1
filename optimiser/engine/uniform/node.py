"""The relaxation of a node of the uniform portfolio, as the shared column generation takes it.

Beside the rows of every partition a node has these, with z and v of each undecided group g as columns of
their own (:mod:`optimiser.engine.uniform.portfolio` has the formulas): ``spend`` and ``services`` held
locally; ``own g`` (each footprint for itself), ``joint g`` (the total) and ``floor g`` (the least of v);
``forbids g i``, of those that were found broken. They are measures bounded across footprints, whose
amounts in a candidate do not depend on prices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.listed import ListedPricing, earn
from optimiser.engine.relaxation.master import UNMATCHED, Bounded, Columns, Duals, Own, Rows
from optimiser.engine.relaxation.pricing import (
    Relaxation,
    Seconds,
    solve_first_phase,
    solve_relaxation,
)
from optimiser.engine.uniform.portfolio import Limits, Node, Portfolio
from optimiser.errors import NoPlanError
from optimiser.footprints.candidates import as_masks, membership
from optimiser.tolerances import BROKEN_CUT, CLOSE

FORBIDS_A_ROUND = 40
"""Rows that forbid a group, added at once: about one for each group."""
CERTAIN = 10.0
"""Times what a plan may cost at most: what the prices of an empty node earn, to close it for sure."""


@dataclass(frozen=True)
class NodeSource:
    """The candidates of a node, priced under rows that couple them through groups.

    Attributes:
        portfolio: the candidates that may hold what is settled as held.
        places: where each stands in the whole list, (m,).
        cost_m: with the settled groups, £m, (m,).
        groups: the undecided groups, (k,).
        own: z and v of each, and their part in the rows.
        unit: a power of two near what a candidate costs, £m.
        bounded: the rows, forbidding ones apart.
        forbids: (group, ICB) of the forbidding rows.
        count: fewest and most footprints.
        size: number of ICBs.
    """

    portfolio: Portfolio
    places: Ints
    cost_m: Floats
    groups: Ints
    own: Own
    unit: float
    bounded: tuple[Bounded, ...]
    forbids: tuple[tuple[int, int], ...]
    count: tuple[int, int]
    size: int

    @property
    def rows(self) -> Rows:
        """The rows of the master."""
        none = as_masks((), self.size)
        forbids = tuple(Bounded(f"forbids {g} {i}", -np.inf, 1.0) for g, i in self.forbids)
        matrix = np.zeros((len(forbids), 2 * len(self.groups)))
        for row, (g, _) in enumerate(self.forbids):
            matrix[row, np.searchsorted(self.groups, g)] = 1.0
        own = replace(self.own, matrix=np.concatenate((self.own.matrix, matrix)))
        return Rows(self.size, self.count, self.bounded + forbids, none, 0, none, own)

    def amounts(self, rows: Ints) -> Floats:
        """Amounts of some candidates in the bounded rows, (c, number of rows)."""
        gain = self.portfolio.gain_m[np.ix_(rows, self.groups)]
        inside = membership(self.portfolio.masks[rows], self.size)
        zero = np.zeros((len(rows), 1))
        barred = [inside[:, i] * ~self.portfolio.allowed[rows, g] for g, i in self.forbids]
        parts = [zero, zero, -np.minimum(gain, 0.0), -gain, 0.0 * gain]
        return np.concatenate([*parts, *(column[:, None] for column in barred)], axis=1)

    def columns(self, rows: Ints, cost_share: float = 1.0) -> Columns:
        """Columns of some candidates."""
        masks, cost_m = self.portfolio.masks[rows], cost_share * self.cost_m[rows]
        return Columns(masks, cost_m, self.amounts(rows), np.full(len(rows), UNMATCHED))

    def find(self, masks: Masks) -> Ints:
        """Where some candidates stand among those of the node."""
        return np.searchsorted(self.portfolio.masks, masks)

    def price(self, rows: Rows, duals: Duals, cost_share: float = 1.0) -> ListedPricing:
        """Reduced cost of every candidate of the node."""
        portfolio, k = self.portfolio, len(self.groups)
        reduced = cost_share * self.cost_m - earn(portfolio.masks, rows, duals)[0]
        own, joint, prices = (
            duals.bounded[2 : 2 + k],
            duals.bounded[2 + k :],
            duals.bounded[2 + 3 * k :],
        )
        for place, group in enumerate(self.groups):
            if own[place] or joint[place]:
                gain = portfolio.gain_m[:, group]
                reduced += own[place] * np.minimum(gain, 0.0) + joint[place] * gain
        for price, (g, i) in zip(prices, self.forbids, strict=True):
            if price:
                inside = (portfolio.masks & (1 << i)) > 0
                reduced -= price * (inside & ~portfolio.allowed[:, g])
        return ListedPricing(reduced, _Asked(self, cost_share), self.size)

    def forbid_broken(self, relaxation: Relaxation[ListedPricing]) -> NodeSource:
        """With the worst forbidding row of each undecided group that the fractions break."""
        used = np.flatnonzero(relaxation.weights > 0)
        x, masks = relaxation.weights[used], relaxation.columns.masks[used]
        barred = ~self.portfolio.allowed[np.ix_(self.find(masks), self.groups)]
        share = (barred * x[:, None]).T @ membership(masks, self.size)
        excess = relaxation.own[: len(self.groups)] + share.max(axis=1, initial=0.0) - 1
        worst = [(int(self.groups[g]), int(share[g].argmax())) for g in np.argsort(-excess)]
        broken = [
            pair for pair, by in zip(worst, np.sort(excess)[::-1], strict=True) if by > BROKEN_CUT
        ]
        new = [pair for pair in broken if pair not in self.forbids][:FORBIDS_A_ROUND]
        return replace(self, forbids=(*self.forbids, *new))


@dataclass(frozen=True)
class _Asked:
    """Columns of all candidates of a node, of which only those that are asked for are made."""

    source: NodeSource
    cost_share: float

    @property
    def masks(self) -> Masks:
        return self.source.portfolio.masks

    def taken(self, rows: Ints) -> Columns:
        return self.source.columns(rows, self.cost_share)


@dataclass(frozen=True)
class NodeResult:
    """The solved relaxation of a node.

    Attributes:
        bound: lower bound on every plan of the node, £m; infinite when it holds none.
        x: value of each candidate of ``rows``, only those above zero.
        rows: those candidates, by their places in the whole list.
        groups: the undecided groups, and of each
        z: the value of z, and
        worth_m: of v, £m.
        reduced: reduced cost of every candidate of the node, £m, and
        places: where they stand in the whole list.
        duals: prices of the rows; None where what is settled breaks a limit by itself.
        bounded: names of the bounded rows, in the order of the prices.
        priced: candidates that columns were made of, by their places in the whole list.
        forbids: (group, ICB) of the forbidding rows.
    """

    bound: float
    x: Floats
    rows: Ints
    groups: Ints
    z: Floats
    worth_m: Floats
    reduced: Floats
    places: Ints
    duals: Duals | None
    bounded: tuple[str, ...]
    priced: Ints
    forbids: tuple[tuple[int, int], ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the fractions are a plan."""
        return bool(np.all(self.x > 1 - 1e-6))


def open_node(
    portfolio: Portfolio, limits: Limits, node: Node, span_m: tuple[Floats, Floats], unit: float
) -> NodeSource:
    """The candidates of a node.

    Args:
        portfolio: all candidates.
        limits: across footprints.
        node: what is settled.
        span_m: the least and most that each group can add to a plan's cost, £m, (G,) each.
        unit: a power of two near what a candidate costs, £m.
    """
    part = portfolio.taken(node.rows)
    kept = np.flatnonzero(part.allow(node.held))
    part, groups = part.taken(kept), node.undecided
    least_m, most_m = (span[groups] for span in span_m)
    k, zero = len(groups), np.zeros(len(groups))
    held_m, held = portfolio.spend_m[node.held].sum(), portfolio.services[node.held].sum()
    names = [f"{kind} {g}" for kind in ("own", "joint", "floor") for g in groups]
    floors = np.concatenate((zero, -most_m, zero))
    return NodeSource(
        portfolio=part,
        places=node.rows[kept],
        cost_m=part.total_m(node.held),
        groups=groups,
        own=Own(
            cost=np.concatenate((zero, np.ones(k))),
            lower=np.concatenate((zero, least_m)),
            upper=np.concatenate((np.ones(k), np.maximum(most_m, 0.0))),
            matrix=_weigh_own(portfolio, groups, least_m, most_m),
        ),
        unit=unit,
        bounded=(
            Bounded("spend", *(end - held_m for end in limits.spend_m)),
            Bounded("services", *(end - held for end in limits.services)),
            *(Bounded(name, least, np.inf) for name, least in zip(names, floors, strict=True)),
        ),
        forbids=node.forbids,
        count=limits.count,
        size=limits.size,
    )


def _weigh_own(portfolio: Portfolio, groups: Ints, least_m: Floats, most_m: Floats) -> Floats:
    """What z and v of each undecided group add to the rows, (2 + 3k, 2k)."""
    zero, one = np.zeros((len(groups), len(groups))), np.eye(len(groups))
    return np.block(
        [
            [portfolio.spend_m[None, groups], np.zeros((1, len(groups)))],
            [portfolio.services[None, groups], np.zeros((1, len(groups)))],
            [zero, one],
            [-np.diag(most_m), one],
            [-np.diag(least_m), one],
        ]
    )


def solve_node(highs: Highs, source: NodeSource, pool: Ints, seconds: Seconds) -> NodeResult:
    """Price the relaxation of a node to the end, with the forbidding rows that it breaks.

    Args:
        highs: the solver.
        source: the candidates of the node.
        pool: candidates to begin with, by their places in the whole list.
        seconds: time left.
    """
    columns = source.columns(np.flatnonzero(np.isin(source.places, pool)))
    if _breaks_limits(source):
        return _without_plan(source, None)
    found = None
    while True:
        try:
            found = solve_relaxation(highs, source, source.rows, columns, seconds, before=found)
        except NoPlanError:
            phase = solve_first_phase(highs, source, source.rows, columns, seconds)
            return _without_plan(source, _raise_prices(source, phase))
        wider = source.forbid_broken(found)
        if wider.forbids == source.forbids:
            return _read_node(source, found)
        source, columns = wider, wider.columns(source.find(found.columns.masks))


def _breaks_limits(source: NodeSource) -> bool:
    """Whether what is settled alone rules out that a limit on what is held locally is kept."""
    most = source.own.matrix[:2].sum(axis=1)
    return any(
        most[row] < limit.least - CLOSE or limit.most < -CLOSE
        for row, limit in enumerate(source.bounded[:2])
    )


def _raise_prices(source: NodeSource, phase: Relaxation[ListedPricing]) -> Duals:
    """Prices of the first phase, at which every plan comes out dearer than any plan can be."""
    dearest = source.count[1] * float(np.abs(source.cost_m).max(initial=source.unit))
    times = CERTAIN * (dearest + float(np.abs(source.own.lower).sum())) / phase.bound
    found = phase.duals
    return replace(
        found, icb=times * found.icb, count=times * found.count, bounded=times * found.bounded
    )


def _without_plan(source: NodeSource, duals: Duals | None) -> NodeResult:
    none, no_rows, k = np.zeros(0), np.zeros(0, dtype=np.int64), len(source.groups)
    names = tuple(limit.name for limit in source.rows.bounded)
    zero = np.zeros(k)
    return NodeResult(
        np.inf, none, no_rows, source.groups, zero, zero, none, no_rows, duals, names, no_rows
    )


def _read_node(source: NodeSource, found: Relaxation[ListedPricing]) -> NodeResult:
    used, k = np.flatnonzero(found.weights > 1e-9), len(source.groups)
    return NodeResult(
        bound=found.bound,
        x=found.weights[used],
        rows=source.places[source.find(found.columns.masks[used])],
        groups=source.groups,
        z=found.own[:k],
        worth_m=found.own[k:],
        reduced=found.pricing.reduced,
        places=source.places,
        duals=found.duals,
        bounded=found.totals,
        priced=source.places[source.find(found.columns.masks)],
        forbids=source.forbids,
    )
