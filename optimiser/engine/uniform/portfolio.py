"""The uniform portfolio: one level per service for all England, decided with the grouping, exactly.

National and single-ICB costs are sums over ICBs, so over all England they are constants; what couples
the footprints is the choice z[g] to let footprints hold group g, allowed only where *every* chosen
footprint may. With L_g(x) = Σ_F x[F]·d[g,F], d the footprint level less the best constant one:

    min  Σ_F x[F]·c[F] + Σ_g v_g        with v_g the lesser of 0 and L_g(x), and 0 if z[g] = 0

The relaxation keeps x and z fractional and v_g between

    v_g >= Σ_F x[F]·min(d[g,F], 0)      (each footprint taking what is best for itself)
    v_g >= L_g(x) - U_g (1 - z[g])      (U_g: the most that L_g can be)
    v_g >= l_g z[g]                     (l_g: the least that L_g can be)
    z[g] + Σ {x[F]: i in F, g not allowed in F} <= 1     for every ICB i

and is priced over all candidates. Branching on z makes it exact: a service that is settled either way
needs no row, only another cost, so the last node is a plain set partition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.candidates import membership, singletons, sum_over_members
from optimiser.footprints.costs import fixed_cost
from optimiser.footprints.levels import FOOTPRINT, NATIONAL, cost_groups
from optimiser.footprints.system import System

BLOCK = 4_096


@dataclass(frozen=True)
class Portfolio:
    """Candidates and what each group of services would cost in them under one level for all.

    Attributes:
        masks: the candidates, (m,).
        cost_m: fixed terms and every group at its best constant level, £m, (m,).
        gain_m: d, the footprint level less that, £m; 0 where not allowed, (m, G).
        allowed: whether the candidate may hold the group, (m, G).
        constant: index of the best constant level of each group, (G,).
        forced: groups with no constant level, (G,).
        spend_m: £m a year of each group, England, (G,).
        services: services of each group, (G,).
    """

    masks: Masks
    cost_m: Floats
    gain_m: Floats
    allowed: Bools
    constant: Ints
    forced: Bools
    spend_m: Floats
    services: Ints

    def taken(self, rows: Ints) -> Portfolio:
        """A selection of the candidates."""
        return replace(
            self,
            masks=self.masks[rows],
            cost_m=self.cost_m[rows],
            gain_m=self.gain_m[rows],
            allowed=self.allowed[rows],
        )


def measure_portfolio(system: System, masks: Masks) -> Portfolio:
    """Measure every group in every candidate under one level for all England."""
    names = system.scenario.services.levels
    constant, constant_m = _constant_levels(system)
    forced = np.isinf(constant_m)
    hold = names.index(FOOTPRINT) if FOOTPRINT in names else None
    count = len(constant)
    cost = fixed_cost(system, masks)
    gain = np.zeros((len(masks), count))
    allowed = np.zeros((len(masks), count), dtype=bool)
    for start in range(0, len(masks), BLOCK):
        rows = slice(start, start + BLOCK)
        groups = cost_groups(system, masks[rows])
        base = groups.cost_m[constant, :, np.arange(count)].T
        base = np.where(forced, 0.0, base)
        cost[rows] += base.sum(axis=1)
        if hold is not None:
            allowed[rows] = np.isfinite(groups.cost_m[hold])
            gain[rows] = np.where(allowed[rows], groups.cost_m[hold] - base, 0.0)
    group = system.services.group
    free = np.unique(group[system.services.barred == ""])
    national_m = system.services.spend_m.sum(axis=1)
    return Portfolio(
        masks=masks,
        cost_m=cost,
        gain_m=gain,
        allowed=allowed,
        constant=constant,
        forced=forced,
        spend_m=np.array([national_m[group == g].sum() for g in free]),
        services=np.array([int((group == g).sum()) for g in free]),
    )


def _constant_levels(system: System) -> tuple[Ints, Floats]:
    """Best level of each group that does not depend on the grouping, and its cost for England."""
    names = system.scenario.services.levels
    alone = singletons(system.size)
    total = cost_groups(system, alone).cost_m.sum(axis=1)
    if FOOTPRINT in names:
        total[names.index(FOOTPRINT)] = np.inf
    best = total.argmin(axis=0)
    cost = total.min(axis=0)
    return np.where(np.isinf(cost), names.index(NATIONAL), best), cost


@dataclass(frozen=True)
class Node:
    """A part of the search: groups settled as held by footprints, settled as not, and the rest.

    Attributes:
        held: groups that every footprint holds, (G,).
        dropped: groups that none holds, (G,).
        bound: lower bound on every plan in this part, £m.
        rows: candidates of the portfolio that may still be in a better plan.
        parent: number of the part that this one was split from, -1 for the first.
        last: the group that was settled in splitting, and whether as held.
    """

    held: Bools
    dropped: Bools
    bound: float
    rows: Ints
    parent: int = -1
    last: tuple[int, bool] | None = None

    @property
    def undecided(self) -> Ints:
        """Groups not settled yet."""
        return np.flatnonzero(~self.held & ~self.dropped)

    def with_group(self, group: int, held: bool) -> Node:
        """The part in which one more group is settled."""
        one = np.zeros_like(self.held)
        one[group] = True
        if held:
            return replace(self, held=self.held | one, last=(group, True))
        return replace(self, dropped=self.dropped | one, last=(group, False))


@dataclass(frozen=True)
class Limits:
    """Limits across footprints that bear on z and x alone.

    Attributes:
        count: fewest and most footprints.
        spend_m: least and most £m held locally.
        services: least and most services held locally.
    """

    count: tuple[int, int]
    spend_m: tuple[float, float]
    services: tuple[float, float]

    @property
    def bind(self) -> bool:
        """Whether local spend or local services are limited at all."""
        return (*self.spend_m, *self.services) != (0.0, np.inf, 0.0, np.inf)

    def meet(self, spend_m: float, services: float) -> bool:
        """Whether what is held locally is within the limits."""
        (least, most), (fewest, many) = self.spend_m, self.services
        near = 1e-6
        return least - near <= spend_m <= most + near and fewest - near <= services <= many + near


@dataclass(frozen=True)
class NodeModel:
    """The relaxation of a node without its candidate columns.

    Columns: z then v of each undecided group, then the candidates. Rows: one per ICB; the count;
    local spend; local services; three per undecided group (a: each footprint for itself, b: the
    total, c: the floor on v); forbidding rows (group, ICB) found violated so far.
    """

    size: int
    limits: Limits
    groups: Ints
    least_m: Floats
    most_m: Floats
    settled_spend_m: float
    settled_services: float
    spend_m: Floats
    services: Ints
    forbids: tuple[tuple[int, int], ...]

    @property
    def row_bounds(self) -> tuple[Floats, Floats]:
        """Lower and upper bound of every row."""
        k, inf = len(self.groups), np.inf
        spend = [limit - self.settled_spend_m for limit in self.limits.spend_m]
        services = [limit - self.settled_services for limit in self.limits.services]
        lower = np.concatenate(
            (
                np.ones(self.size),
                [self.limits.count[0], spend[0], services[0]],
                np.zeros(k),
                -self.most_m,
                np.zeros(k),
                np.full(len(self.forbids), -inf),
            )
        )
        upper = np.concatenate(
            (
                np.ones(self.size),
                [self.limits.count[1], spend[1], services[1]],
                np.full(3 * k, inf),
                np.ones(len(self.forbids)),
            )
        )
        return lower, upper

    @property
    def own_columns(self) -> sparse.csc_array:
        """Coefficients of z and v, (rows, 2k)."""
        k, start = len(self.groups), self.size + 1
        table = np.zeros((self.size + 3 + 3 * k + len(self.forbids), 2 * k))
        z, v = np.arange(k), np.arange(k, 2 * k)
        a, b, c = (start + 2 + part * k + np.arange(k) for part in range(3))
        table[start, z] = self.spend_m
        table[start + 1, z] = self.services
        table[a, v] = table[b, v] = table[c, v] = 1.0
        table[b, z] = -self.most_m
        table[c, z] = -self.least_m
        for row, (g, _) in enumerate(self.forbids):
            table[start + 2 + 3 * k + row, int(np.flatnonzero(self.groups == g)[0])] = 1.0
        return sparse.csc_array(table)

    def candidate_columns(self, portfolio: Portfolio, rows: Ints) -> sparse.csc_array:
        """Coefficients of candidates, (rows, number of candidates)."""
        inside = membership(portfolio.masks[rows], self.size)
        gain = portfolio.gain_m[np.ix_(rows, self.groups)]
        parts = [
            inside.T,
            np.ones((1, len(rows))),
            np.zeros((2, len(rows))),
            -np.minimum(gain, 0.0).T,
            -gain.T,
            np.zeros((len(self.groups), len(rows))),
        ]
        parts += [(inside[:, i] * ~portfolio.allowed[rows, g])[None, :] for g, i in self.forbids]
        return sparse.csc_array(np.concatenate(parts))

    def reduced_costs(self, portfolio: Portfolio, cost_m: Floats, duals: Floats) -> Floats:
        """Reduced cost of every candidate of the portfolio, £m, (m,)."""
        k, start = len(self.groups), self.size
        own, joint = (duals[start + 3 + part * k : start + 3 + (part + 1) * k] for part in range(2))
        reduced = cost_m - sum_over_members(portfolio.masks, duals[: self.size])
        reduced -= duals[start]
        for column, group in enumerate(self.groups):
            if own[column] or joint[column]:
                gain = portfolio.gain_m[:, group]
                reduced += own[column] * np.minimum(gain, 0.0) + joint[column] * gain
        prices = duals[start + 3 + 3 * k :]
        for price, (g, i) in zip(prices, self.forbids, strict=True):
            if price:
                inside = (portfolio.masks & (1 << i)) > 0
                reduced -= price * (inside & ~portfolio.allowed[:, g])
        return reduced
