"""The uniform portfolio: one level per service for all England, decided with the grouping, exactly.

National and single-ICB costs are sums over ICBs, so over all England they are constants; what couples
the footprints is the choice z[g] to let footprints hold group g, allowed only where *every* chosen
footprint may. With L_g(x) = Σ_F x[F]·d[g,F], d the footprint level less the best constant one:

    min  Σ_F x[F]·c[F] + Σ_g v_g        with v_g the lesser of 0 and L_g(x), and 0 if z[g] = 0

The relaxation (:mod:`optimiser.engine.uniform.node`) keeps x and z fractional and v_g between

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

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.candidates import singletons
from optimiser.footprints.costs import fixed_cost
from optimiser.footprints.levels import FOOTPRINT, NATIONAL, cost_groups
from optimiser.footprints.system import System
from optimiser.tolerances import CLOSE

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

    def total_m(self, held: Bools) -> Floats:
        """Cost of each candidate where footprints hold exactly these groups, £m, (m,)."""
        return np.asarray(self.cost_m + self.gain_m[:, held].sum(axis=1))

    def allow(self, held: Bools) -> Bools:
        """Which candidates may hold these groups, (m,)."""
        return np.asarray(self.allowed[:, held].all(axis=1))

    def best_groups(self) -> tuple[Bools, float]:
        """Groups that are best held were all candidates one plan, limits across footprints apart.

        Returns:
            (G,); the plan's cost, £m, infinite where it may not hold what it must.
        """
        possible = self.allowed.all(axis=0)
        total = self.gain_m.sum(axis=0)
        held = self.forced | (possible & (total < 0))
        barred = bool((self.forced & ~possible).any())
        return held, np.inf if barred else float(self.cost_m.sum() + total[held].sum())

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
        forbids: (group, ICB) of the forbidding rows that the part it was split from has broken.
    """

    held: Bools
    dropped: Bools
    bound: float
    rows: Ints
    parent: int = -1
    last: tuple[int, bool] | None = None
    forbids: tuple[tuple[int, int], ...] = ()

    @property
    def undecided(self) -> Ints:
        """Groups not settled yet."""
        return np.flatnonzero(~self.held & ~self.dropped)

    def with_group(self, group: int, held: bool) -> Node:
        """The part in which one more group is settled."""
        one = np.arange(len(self.held)) == group
        forbids = tuple(pair for pair in self.forbids if pair[0] != group)
        settled = {"held": self.held | one} if held else {"dropped": self.dropped | one}
        return replace(self, **settled, last=(group, held), forbids=forbids)


@dataclass(frozen=True)
class Limits:
    """Limits across footprints that bear on z and x alone.

    Attributes:
        size: number of ICBs.
        count: fewest and most footprints.
        spend_m: least and most £m held locally.
        services: least and most services held locally.
    """

    size: int
    count: tuple[int, int]
    spend_m: tuple[float, float]
    services: tuple[float, float]

    @property
    def bind(self) -> bool:
        """Whether local spend or local services are limited at all."""
        return (*self.spend_m, *self.services) != (0.0, np.inf, 0.0, np.inf)

    def meet(self, portfolio: Portfolio, held: Bools) -> bool:
        """Whether what these groups come to is within the limits."""
        (least, most), (fewest, many) = self.spend_m, self.services
        spend_m, services = portfolio.spend_m[held].sum(), portfolio.services[held].sum()
        near = CLOSE * max(1.0, spend_m)
        return bool(
            least - near <= spend_m <= most + near and fewest - CLOSE <= services <= many + CLOSE
        )
