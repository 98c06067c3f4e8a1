"""What a trade-off may be drawn between: every measure of a plan as a sum over its footprints.

A measure has a part that no level changes (``fixed``) and a part for each level of each group of
services. Any weighted sum of measures can be minimised and any measure bounded, on the same arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks, in_one_thread
from optimiser.footprints.candidates import count_members, sum_over_members
from optimiser.footprints.costs import (
    CandidateCosts,
    cheapest_levels,
    fixed_cost,
    measure_barred,
    measure_disruption,
)
from optimiser.footprints.floors import measure_floors, meet_floors
from optimiser.footprints.levels import (
    FOOTPRINT,
    TERMS,
    ServiceLevels,
    cost_groups,
    free_services,
    measure_levels,
    sum_by_group,
)
from optimiser.footprints.measures import measure_scope_leakage
from optimiser.footprints.system import System

LevelPolicy = Literal["open", "best", "local"]
BLOCK = 4_096


@dataclass(frozen=True)
class Axis:
    """One measure of a plan: what it is, its unit, and which way is better (1: less, -1: more)."""

    title: str
    unit: str
    sense: int = 1


AXES: Mapping[str, Axis] = {
    "cost": Axis("score: all terms with the scenario's weights", "£m-equivalents"),
    "leakage": Axis("in-scope care treated outside its footprint", "£m a year"),
    "contracting": Axis("care that holders buy outside their territory", "£m a year"),
    "volatility": Axis("standard deviation that holders bear", "£m a year"),
    "integration": Axis("integration benefit forgone", "£m a year"),
    "holding": Axis("services held, over all holders", "services"),
    "lead_provider": Axis("services held by lead providers", "services"),
    "transition_delegate": Axis("spend that becomes local", "£m a year"),
    "transition_clawback": Axis("spend that becomes national", "£m a year"),
    "national_spend": Axis("spend held nationally", "£m a year"),
    "local_spend": Axis("spend held locally", "£m a year", -1),
    "local_services": Axis("services held locally", "mean over residents", -1),
    "footprints": Axis("number of footprints", "footprints"),
    "governance": Axis("pairs of members", "pairs"),
    "disruption": Axis("disruption against the baseline", "share of pairs of residents"),
    "allocation": Axis("shift from historic to needs-based money", "£m a year"),
}
"""Measures that a frontier may run between, by name."""


@dataclass(frozen=True)
class Amounts:
    """Measures of m candidates, by level.

    Attributes:
        levels: names of the levels that are still open, O of them.
        fixed: measure to the part that no level changes, (m,).
        by_level: measure to level to its amount, (m, G); absent where always zero.
        allowed: whether each level is allowed, (O, m, G).
        floors: measure to what each candidate must hold of it and what each level adds, (m,) and
            (O, m, G); empty where no floor is set.
        settled: index of the level of each group where none is open, (m, G), or None.
    """

    levels: tuple[str, ...]
    fixed: Mapping[str, Floats]
    by_level: Mapping[str, Mapping[str, Floats]]
    allowed: Bools
    settled: Ints | None = None
    floors: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)

    def taken(self, rows: Ints) -> Amounts:
        """Those of a selection of the candidates."""
        return Amounts(
            self.levels,
            {name: values[rows] for name, values in self.fixed.items()},
            {
                name: {o: values[rows] for o, values in parts.items()}
                for name, parts in self.by_level.items()
            },
            self.allowed[:, rows],
            None if self.settled is None else self.settled[rows],
            {name: (least[rows], held[:, rows]) for name, (least, held) in self.floors.items()},
        )


@in_one_thread
def measure_amounts(
    system: System,
    masks: Masks,
    names: Sequence[str],
    policy: LevelPolicy = "open",
    portfolio: Ints | None = None,
) -> Amounts:
    """Measure candidates.

    Args:
        system: the arrays.
        masks: the candidates, (m,).
        names: measures, keys of :data:`AXES`.
        policy: ``open`` leaves levels open; ``best`` settles each footprint on the levels that
            cost it least under the scenario's weights; ``local`` on the local level wherever it
            is allowed.
        portfolio: one level of each group for all of them, as indices, (G,), in place of a policy.
    """
    if policy == "open" and portfolio is None:
        return _open_amounts(system, masks, names)
    return _settled_amounts(system, masks, names, policy, portfolio)


def allows_portfolio(system: System, masks: Masks, portfolio: Ints) -> Bools:
    """Which candidates may have one given level of each group, (G,) to (m,)."""
    found = np.zeros(len(masks), dtype=bool)
    for start in range(0, len(masks), BLOCK):
        rows = slice(start, start + BLOCK)
        cost = cost_groups(system, masks[rows]).cost_m
        found[rows] = np.isfinite(cost[portfolio, :, np.arange(len(portfolio))]).all(axis=0)
    return found


def _open_amounts(system: System, masks: Masks, names: Sequence[str]) -> Amounts:
    group = system.services.group[free_services(system)]
    shape = (len(masks), len(np.unique(group)))
    levels = system.scenario.services.levels
    allowed = np.zeros((len(levels), *shape), dtype=bool)
    by_level: dict[str, dict[str, Floats]] = {name: {} for name in names}
    floors = {
        name: (least, np.zeros((len(levels), *shape)))
        for name, least in measure_floors(system, masks).items()
    }
    for start in range(0, len(masks), BLOCK):
        rows = slice(start, min(start + BLOCK, len(masks)))
        block = measure_levels(system, masks[rows])
        for place, o in enumerate(levels):
            allowed[place, rows] = sum_by_group((~block.allowed[o]).astype(float), group) == 0
            for name in names:
                amount = _level_amount(block, name, o)
                if amount is not None:
                    whole = by_level[name].setdefault(o, np.zeros(shape))
                    whole[rows] = sum_by_group(amount, group)
        for name in floors:
            for place, o in enumerate(levels):
                floors[name][1][place, rows] = sum_by_group(block.total(name, o), group)
    fixed = {name: fixed_amount(system, masks, name) for name in names}
    return Amounts(levels, fixed, by_level, allowed, floors=floors)


def _level_amount(levels: ServiceLevels, name: str, level: str) -> Floats | None:
    """Amount that a level adds to a measure, (m, k), or None where it is always zero."""
    if name == "cost":
        return np.where(levels.allowed[level], levels.cost_m(level), 0.0)
    if name in TERMS:
        return levels.amount(name, level)
    if name == "national_spend":
        return levels.measures.spend_m - levels.total("local_spend", level)
    return levels.total(name, level) if name in ("local_spend", "local_services") else None


def fixed_amount(system: System, masks: Masks, name: str) -> Floats:
    """The part of a measure that no level changes, (m,)."""
    members = count_members(masks).astype(float)
    arrays = system.services
    barred = arrays.barred != ""
    if name == "national_spend":
        return sum_over_members(masks, arrays.spend_m[barred].sum(axis=0))
    if name in TERMS:
        return sum_over_members(masks, measure_barred(system)[name])
    if name == "leakage":
        return measure_scope_leakage(system, masks)
    if name == "footprints":
        return np.ones(len(masks))
    if name == "governance":
        return np.asarray(members * (members - 1) / 2)
    if name == "disruption":
        return measure_disruption(system, masks)
    if name == "allocation" and system.shift_m is not None:
        return np.abs(sum_over_members(masks, system.shift_m))
    return fixed_cost(system, masks) if name == "cost" else np.zeros(len(masks))


def _settled_amounts(
    system: System,
    masks: Masks,
    names: Sequence[str],
    policy: LevelPolicy,
    portfolio: Ints | None,
) -> Amounts:
    amounts = {name: fixed_amount(system, masks, name) for name in names}
    choices = []
    for start in range(0, len(masks), BLOCK):
        rows = slice(start, min(start + BLOCK, len(masks)))
        block = measure_levels(system, masks[rows])
        choice = settle(system, masks[rows], policy, portfolio)
        choices.append(choice)
        for name in names:
            amounts[name][rows] += settled_amount(block, name, choice)
    groups = len(np.unique(system.services.group[free_services(system)]))
    whole = np.concatenate(choices) if choices else np.zeros((0, groups), dtype=np.int64)
    none = np.zeros((0, len(masks), 0), dtype=bool)
    return Amounts((), amounts, {name: {} for name in names}, none, whole)


def settle(
    system: System, masks: Masks, policy: LevelPolicy, portfolio: Ints | None = None
) -> Ints:
    """Levels of each footprint under a policy or a portfolio, as indices, (m, G)."""
    if portfolio is not None:
        return np.tile(portfolio, (len(masks), 1))
    costs = cost_groups(system, masks)
    best = cheapest_levels(costs, {}).choice
    if policy == "best" or FOOTPRINT not in costs.levels:
        return best
    hold = costs.levels.index(FOOTPRINT)
    return np.where(np.isfinite(costs.cost_m[hold]), hold, best)


def settled_amount(levels: ServiceLevels, name: str, choice: Ints) -> Floats:
    """What the services add to a measure at settled levels, (m,)."""
    group = levels.system.services.group[levels.services]
    taken = choice[:, np.searchsorted(np.unique(group), group)]
    total = np.zeros(len(taken))
    for place, level in enumerate(levels.system.scenario.services.levels):
        amount = _level_amount(levels, name, level)
        if amount is not None:
            total += np.where(taken == place, amount, 0.0).sum(axis=1)
    return total


class MeasuredCosts(CandidateCosts):
    """Candidates priced by any weighted sum of measures, with any measures bounded.

    Stands where :class:`CandidateCosts` stands in the relaxation; everything is measured once and
    shared by all objectives.

    Args:
        system: the arrays.
        masks: the candidates, (m,).
        amounts: their measures.
        weights: measure to its weight in what is minimised.
        totals: measures bounded across footprints.
    """

    def __init__(
        self,
        system: System,
        masks: Masks,
        amounts: Amounts,
        weights: Mapping[str, float],
        totals: tuple[str, ...],
    ) -> None:
        self.system = system
        self.masks = masks
        self.totals = totals
        self.amounts = amounts
        self.weights = weights
        zero = np.zeros(len(masks))
        self.fixed_m = np.asarray(sum((w * amounts.fixed[k] for k, w in weights.items()), zero))

    def subset(self, rows: Ints) -> MeasuredCosts:
        """The same on a selection of the candidates."""
        amounts = self.amounts.taken(rows)
        return MeasuredCosts(self.system, self.masks[rows], amounts, self.weights, self.totals)

    def factors(self, prices: Mapping[str, float], cost_share: float) -> dict[str, float]:
        """Weight of each measure once the bounded ones are priced."""
        found = {name: cost_share * weight for name, weight in self.weights.items()}
        for name, price in prices.items():
            found[name] = found.get(name, 0.0) - price
        return found

    def priced_levels(self, factors: Mapping[str, float], rows: slice) -> Floats:
        """Priced cost of every level, infinite where it is not allowed, (O, r, G)."""
        amounts = self.amounts
        priced = np.where(amounts.allowed[:, rows], 0.0, np.inf)
        for name, factor in factors.items():
            for level, values in amounts.by_level[name].items():
                if factor:
                    priced[amounts.levels.index(level)] += factor * values[rows]
        return priced

    def priced(
        self, prices: Mapping[str, float], cost_share: float = 1.0
    ) -> tuple[Floats, dict[str, Floats]]:
        """As :meth:`CandidateCosts.priced`."""
        factors = self.factors(prices, cost_share)
        fixed = self.amounts.fixed
        cost = np.zeros(len(self.masks))
        for name, factor in factors.items():
            cost += factor * fixed[name]
        found = {name: fixed[name].copy() for name in self.totals}
        for start in range(0, len(cost) if self.amounts.levels else 0, BLOCK):
            rows = slice(start, min(start + BLOCK, len(cost)))
            priced = self.priced_levels(factors, rows)
            best, choice = self._cheapest(priced, rows)
            cost[rows] += best
            for name in self.totals:
                found[name][rows] += self._at(name, rows, choice)
        return cost, found

    def _cheapest(self, priced: Floats, rows: slice) -> tuple[Floats, Ints]:
        """Cost and levels that are cheapest and meet the floors, (r,) and (r, G)."""
        choice = priced.argmin(axis=0)
        cost = np.take_along_axis(priced, choice[None], axis=0)[0].sum(axis=1)
        if not self.amounts.floors:
            return cost, choice
        held = {name: amounts[:, rows] for name, (_, amounts) in self.amounts.floors.items()}
        least = {name: floor[rows] for name, (floor, _) in self.amounts.floors.items()}
        return meet_floors(priced, held, least, cost, choice)

    def _at(self, name: str, rows: slice, choice: Ints) -> Floats:
        """What the levels taken add to a measure, (r,)."""
        total = np.zeros(len(choice))
        for level, values in self.amounts.by_level[name].items():
            place = self.amounts.levels.index(level)
            total += np.einsum("mg,mg->m", values[rows], choice == place)
        return total

    def choices(self, prices: Mapping[str, float]) -> Ints:
        """Index of the best level of every group at these prices, (m, G)."""
        everything = slice(0, len(self.masks))
        if self.amounts.settled is not None:
            return self.amounts.settled
        priced = self.priced_levels(self.factors(prices, 1.0), everything)
        return self._cheapest(priced, everything)[1]

    def at_level(self, name: str, level: str) -> Floats:
        """What a level adds to a measure, or to the ``objective``, of every candidate, (m, G)."""
        amounts = self.amounts
        if name in amounts.floors:
            return np.asarray(amounts.floors[name][1][amounts.levels.index(level)])
        weights = self.weights if name == "objective" else {name: 1.0}
        parts = [(weights[k], amounts.by_level[k].get(level)) for k in weights]
        zero = np.zeros(amounts.allowed.shape[1:])
        return np.asarray(sum((w * part for w, part in parts if part is not None), zero))

    def measure(self, name: str, choice: Ints) -> Floats:
        """A measure of every candidate at given levels, (m,)."""
        fixed = self.amounts.fixed[name]
        if not self.amounts.levels:
            return fixed
        return np.asarray(fixed + self._at(name, slice(0, len(self.masks)), choice))


def measure_grouping(
    system: System, masks: Masks, choice: Ints, names: Sequence[str]
) -> dict[str, float]:
    """Measures of a given grouping at given levels, each added up over its footprints."""
    levels = measure_levels(system, masks)
    return {
        name: float(
            (fixed_amount(system, masks, name) + settled_amount(levels, name, choice)).sum()
        )
        for name in names
    }
