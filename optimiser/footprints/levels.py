"""The levels of each service in a footprint: which are allowed, and what each costs.

Every pound has a holder, and every holder is charged alike (model.md): England for what is national,
the footprint for what it holds, an ICB for what it holds alone. A term is a rate per ICB of residence at
the national and the ICB level, so that a footprint's amount is a sum over its members; at the footprint
level it follows from the footprint's measures.

Services that move together form a group with one level; a service alone is a group of one. Services
that are national whatever the footprint (``barred``) are left out here: their cost is a constant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks, in_one_thread
from optimiser.footprints.candidates import membership, singletons
from optimiser.footprints.floors import measure_floors
from optimiser.footprints.measures import (
    DELEGATED,
    JOINT,
    Measures,
    measure_footprints,
    measure_mixing,
    measure_sd,
)
from optimiser.footprints.system import ROUNDING, System
from optimiser.inputs.scenario.settings import LEVELS

NATIONAL, FOOTPRINT, ICB, COLLABORATIVE = LEVELS
COLLECTIVE = (FOOTPRINT, COLLABORATIVE)
"""Levels at which one budget is held for all residents of a footprint: by its committee, or by the lead
provider of a collaborative. The second differs in who may hold and in what the team costs, no more."""
TERMS = (
    "contracting",
    "volatility",
    "integration",
    "holding",
    "lead_provider",
    "transition_delegate",
    "transition_clawback",
)
"""Terms of the objective that depend on levels."""
TOTALS = ("local_spend", "local_services", "leakage", "volatility")
"""Measures that may be bounded across footprints."""
CHEAPER = 1e-12
"""An ICB holds alone only where that is cheaper than national by more than rounding, relatively."""


def term_weight(system: System, term: str) -> float:
    """Weight of a term that levels change, £m per unit of its measure."""
    named = {"holding": "holding_cost_m", "lead_provider": "lead_provider_cost_m"}
    return float(getattr(system.scenario.objective, named.get(term, term)))


def free_services(system: System) -> Ints:
    """Indices of the services that are not barred from going local."""
    return np.flatnonzero(system.services.barred == "")


@dataclass(frozen=True)
class Holders:
    """What England and single ICBs bear for k services, by ICB of residence.

    Attributes:
        england: term to its amount if England holds the service, (k, n).
        single: term to its amount if the ICB holds it alone, (k, n).
        alone: whether the ICB holds it alone where no footprint does: it may, and it is cheaper than
            national (or the service may not be national), (k, n).
        able: whether the ICB may hold it alone, (k, n).
    """

    england: Mapping[str, Floats]
    single: Mapping[str, Floats]
    alone: Bools
    able: Bools

    def mixed(self, term: str) -> Floats:
        """Amount where each ICB does what is cheaper for it, (k, n)."""
        return np.where(self.alone, self.single[term], self.england[term])


def measure_holders(system: System, services: Ints) -> Holders:
    """What England and single ICBs bear for services; measured once and kept."""
    key = ("holders", services.tobytes())
    if key not in system.kept:
        system.kept[key] = _measure_holders(system, services)
    found: Holders = system.kept[key]
    return found


def _measure_holders(system: System, services: Ints) -> Holders:
    arrays = system.services
    measures = measure_footprints(system, singletons(system.size), services)
    england, single = _england(system, services), _single(system, services, measures)
    able = allowed_locally(system, measures, services).T
    group = arrays.group[services]
    able = sum_by_group((~able).T.astype(float), group).T[place_of_groups(group)] == 0
    costs = [sum_by_group(weigh_terms(system, by).T, group).T for by in (england, single)]
    cheaper = costs[1] < costs[0] - CHEAPER * np.maximum(np.abs(costs[0]), np.abs(costs[1]))
    forced = np.isin(group, group[arrays.forced_local[services]])
    alone = able & (cheaper[place_of_groups(group)] | forced[:, None])
    told = system.kept.get(HELD_ALONE)
    return Holders(england, single, alone if told is None else told[services], able)


HELD_ALONE = ("held alone", b"")
"""Where a system keeps which ICBs hold alone, when that is told and not what is cheaper for them."""


def hold_alone(system: System, alone: Bools) -> System:
    """The arrays where these ICBs hold services alone, (S, n), as a path over years has it."""
    given = replace(system)
    given.kept[HELD_ALONE] = alone
    return given


def weigh_terms(system: System, amounts: Mapping[str, Floats]) -> Floats:
    """Weighted sum of the terms, £m, of the shape of each."""
    return np.asarray(sum(term_weight(system, term) * amounts[term] for term in TERMS))


def place_of_groups(group: Ints) -> Ints:
    """Place of each service's group among the groups, (k,)."""
    return np.searchsorted(np.unique(group), group)


def _england(system: System, services: Ints) -> dict[str, Floats]:
    """Amount of each term if England holds, by ICB of residence, (k, n) each.

    England buys outside England, bears its share of one national budget's deviation, forgoes the whole
    benefit of integration, and runs one team for each service, shared out by spend.
    """
    arrays = system.services
    spend = arrays.spend_m[services]
    scope = arrays.in_scope[services][:, None]
    national = spend.sum(axis=1, keepdims=True)
    everyone = np.ones((1, system.size))
    variance = np.where(scope, arrays.variance_factor[services][:, None] * spend, 0.0)
    return {
        "contracting": np.where(scope, np.maximum(spend - arrays.within_m[services].sum(2), 0), 0),
        "volatility": _share(variance, measure_sd(system, everyone)[0]),
        "integration": arrays.benefit_share[services][:, None] * spend,
        "holding": np.where(scope, _share(spend, national), 0.0),
        "lead_provider": np.zeros_like(spend),
        "transition_delegate": np.zeros_like(spend),
        "transition_clawback": np.where(arrays.local_today[services][:, None] & scope, spend, 0.0),
    }


def _single(system: System, services: Ints, measures: Measures) -> dict[str, Floats]:
    """Amount of each term if the ICB of residence holds alone, (k, n) each."""
    arrays = system.services
    spend = arrays.spend_m[services]
    variance = arrays.variance_factor[services][:, None] * spend
    return {
        "contracting": measures.leakage_m.T,
        "volatility": _share(variance, measures.sd_m[None, :]),
        "integration": np.zeros_like(spend),
        "holding": np.ones_like(spend),
        "lead_provider": np.zeros_like(spend),
        "transition_delegate": np.where(arrays.national_today[services][:, None], spend, 0.0),
        "transition_clawback": np.zeros_like(spend),
    }


def _share(amounts: Floats, whole: Floats | float) -> Floats:
    """Amounts by a whole; nothing of nothing is nothing."""
    wholes = np.broadcast_to(whole, amounts.shape)
    return np.asarray(np.divide(amounts, wholes, out=np.zeros_like(amounts), where=wholes > 0))


@dataclass(frozen=True)
class ServiceLevels:
    """Levels of k services in m footprints.

    Attributes:
        system: the arrays.
        masks: the footprints, (m,).
        services: indices of the services, (k,).
        measures: the measures of the footprints.
        holders: what England and single ICBs bear.
        allowed: level to whether it is allowed, (m, k).
    """

    system: System
    masks: Masks
    services: Ints
    measures: Measures
    holders: Holders
    allowed: Mapping[str, Bools]

    @cached_property
    def inside(self) -> Floats:
        """0/1 membership, (m, n)."""
        return membership(self.masks, self.system.size)

    def amount(self, term: str, level: str) -> Floats:
        """Unweighted measure of a term at a level, (m, k)."""
        if level in COLLECTIVE:
            return self._held(term, level)
        by_icb = self.holders.mixed(term) if level == ICB else self.holders.england[term]
        return np.asarray(self.inside @ by_icb.T)

    def _held(self, term: str, level: str) -> Floats:
        """Unweighted measure of a term where one budget is held for the footprint, (m, k)."""
        arrays, spend = self.system.services, self.measures.spend_m
        if term == "contracting":
            return self.measures.leakage_m
        if term == "volatility":
            factor = arrays.variance_factor[self.services]
            return _share(factor * spend, self.measures.sd_m[:, None])
        if term == "integration":
            lost = self.system.scenario.objective.sharing_loss * self._mixing[:, None]
            return np.asarray(lost * arrays.benefit_share[self.services] * spend)
        if term in ("holding", "lead_provider"):
            return np.full_like(spend, (term == "lead_provider") == (level == COLLABORATIVE))
        moved = term == "transition_delegate"
        return np.where(arrays.national_today[self.services] & moved, spend, 0.0)

    @cached_property
    def _mixing(self) -> Floats:
        return measure_mixing(self.system, self.masks)

    def cost_m(self, level: str) -> Floats:
        """Weighted cost of a level, £m, (m, k), infinite where it is not allowed."""
        if level in COLLECTIVE:
            team = "holding" if level == FOOTPRINT else "lead_provider"
            cost = self._held_cost() + term_weight(self.system, team)
        else:
            by_icb = self.holders.england
            if level == ICB:
                by_icb = {term: self.holders.mixed(term) for term in TERMS}
            cost = self.inside @ weigh_terms(self.system, by_icb).T
        cost[~self.allowed[level]] = np.inf
        return cost

    def _held_cost(self) -> Floats:
        """Weighted sum of what :meth:`_held` gives, its team apart, in fewer passes, (m, k)."""
        arrays, weights = self.system.services, self.system.scenario.objective
        by_spend = _share(np.full(len(self.masks), weights.volatility), self.measures.sd_m)
        cost = by_spend[:, None] * arrays.variance_factor[self.services]
        lost = weights.integration * weights.sharing_loss * self._mixing
        cost += lost[:, None] * arrays.benefit_share[self.services]
        cost += weights.transition_delegate * arrays.national_today[self.services]
        cost *= self.measures.spend_m
        cost += weights.contracting * self.measures.leakage_m
        return np.asarray(cost)

    def measure(self, name: str, level: str) -> Floats:
        """Amount of a term, or of a bounded measure, at a level, (m, k)."""
        return self.amount(name, level) if name in TERMS else self.total(name, level)

    def total(self, name: str, level: str) -> Floats:
        """Amount that a level adds to a bounded measure, (m, k)."""
        spend = self.measures.spend_m
        if name == "volatility":
            return self.amount(name, level)
        if level == NATIONAL or name == "leakage":
            return np.zeros_like(spend)
        if level in COLLECTIVE and name == "local_spend":
            return np.asarray(spend)
        people = self.system.residents / self.system.residents.sum()
        if level in COLLECTIVE:
            return np.asarray(np.broadcast_to((self.inside @ people)[:, None], spend.shape))
        worth = self.system.services.spend_m[self.services] if name == "local_spend" else people
        return np.asarray(self.inside @ np.where(self.holders.alone, worth, 0.0).T)


@in_one_thread
def measure_levels(
    system: System,
    masks: Masks,
    services: Ints | None = None,
    measures: Measures | None = None,
) -> ServiceLevels:
    """Measure the levels of services (all free ones by default) in footprints (measured, or not yet)."""
    chosen = free_services(system) if services is None else services
    measures = measures or measure_footprints(system, masks, chosen)
    holders = measure_holders(system, chosen)
    open_levels = system.scenario.services.levels
    forced = system.services.forced_local[chosen]
    allowed = {NATIONAL: np.broadcast_to(~forced, (len(masks), len(chosen)))}
    if FOOTPRINT in open_levels:
        allowed[FOOTPRINT] = allowed_locally(system, measures, chosen)
    if COLLABORATIVE in open_levels:
        allowed[COLLABORATIVE] = allowed_by_lead_provider(system, measures, chosen)
    if ICB in open_levels:
        allowed[ICB] = _allowed_alone(system, masks, holders, chosen)
    return ServiceLevels(system, masks, chosen, measures, holders, allowed)


def _allowed_alone(system: System, masks: Masks, holders: Holders, services: Ints) -> Bools:
    """Whether members may hold a service alone: one does, or all must and can, (m, k).

    Where no member would, the level is national by another name and is left out; under a uniform
    portfolio it is England's members that count.
    """
    inside = membership(masks, system.size)
    someone_does = inside @ holders.alone.T.astype(float) > 0
    if system.scenario.services.portfolio == "uniform":
        someone_does[:] = holders.alone.any(axis=1)
    someone_does &= system.services.barred[services] == ""
    forced, group = system.services.forced_local[services], system.services.group[services]
    if forced.any():
        must = np.isin(group, group[forced])
        someone_does[:, must] &= inside @ (~holders.able[must]).T.astype(float) == 0
    return np.asarray(someone_does)


def check_local_rules(system: System, measures: Measures, services: Ints) -> dict[str, Bools]:
    """Rule name to whether the holder obeys it for each service, (m, k), in the order asked."""
    arrays = system.services
    shape = measures.spend_m.shape
    ready = np.ones(shape, dtype=bool)
    if system.scenario.readiness.required:
        delegated = (measures.mode >= DELEGATED)[:, None]
        joint = (measures.mode >= JOINT)[:, None]
        ready = np.where(arrays.needs_delegation[services], delegated, joint)
    return {
        "readiness": ready,
        "min_providers": measures.providers >= arrays.min_providers[services],
        "min_patients": measures.spend_m >= arrays.min_spend_m[services],
        "max_cv": measures.cv[:, None] <= arrays.max_cv[services] * (1 + ROUNDING),
    }


def allowed_locally(system: System, measures: Measures, services: Ints) -> Bools:
    """Whether a holder with these measures may hold each service, (m, k)."""
    barred = system.services.barred[services] != ""
    checks = check_local_rules(system, measures, services).values()
    return np.asarray(np.logical_and.reduce(list(checks)) & ~barred)


def allowed_by_lead_provider(system: System, measures: Measures, services: Ints) -> Bools:
    """Whether a lead provider may hold each service for a footprint with these measures, (m, k).

    Of the services in provider collaboratives, under a footprint's rules but readiness: that is asked of
    ICBs that take on NHS England's functions, and here the provider's team carries them.
    """
    marked = system.services.collaborative[services] & (system.services.barred[services] == "")
    checks = check_local_rules(system, measures, services)
    asked = [kept for rule, kept in checks.items() if rule != "readiness"]
    return np.asarray(np.logical_and.reduce(asked) & marked)


@dataclass(frozen=True)
class GroupCosts:
    """Cost of each level of each group of services that move together.

    Attributes:
        levels: the open levels, in the scenario's order.
        groups: index of each group's first service, (G,).
        cost_m: weighted cost, £m, infinite where not allowed, (O, m, G).
        totals: bounded measure to its amount, (O, m, G).
        floors: what each footprint must hold, by measure of it, (m,).
    """

    levels: tuple[str, ...]
    groups: Ints
    cost_m: Floats
    totals: Mapping[str, Floats]
    floors: Mapping[str, Floats]


@in_one_thread
def cost_groups(system: System, masks: Masks, totals: tuple[str, ...] = ()) -> GroupCosts:
    """Cost of each level of each group in each footprint."""
    levels = measure_levels(system, masks)
    names = system.scenario.services.levels
    group = system.services.group[levels.services]
    cost = np.stack([sum_by_group(levels.cost_m(o), group) for o in names])
    floors = measure_floors(system, masks)
    amounts = {
        name: np.stack([sum_by_group(levels.total(name, o), group) for o in names])
        for name in dict.fromkeys((*totals, *floors))
    }
    return GroupCosts(names, np.unique(group), cost, amounts, floors)


def sum_by_group(values: Floats, group: Ints) -> Floats:
    """Add up columns that belong to the same group, (m, k) to (m, G); groups in rising order."""
    first, start, place = np.unique(group, return_index=True, return_inverse=True)
    if len(first) == len(group):
        return values
    summed = values[:, start]
    for column in np.setdiff1d(np.arange(len(group)), start):
        summed[:, place[column]] += values[:, column]
    return summed


def sum_taken(levels: ServiceLevels, name: str, taken: Ints) -> Floats:
    """Unweighted measure over the services at the levels taken, (m,).

    Args:
        levels: the measured levels.
        name: one of :data:`TERMS` or :data:`TOTALS`.
        taken: index of each service's level, or -1 for a service to leave out, (m, k).
    """
    total = np.zeros(len(taken))
    for place, level in enumerate(levels.system.scenario.services.levels):
        chosen = taken == place
        if chosen.any():
            total += np.where(chosen, levels.measure(name, level), 0.0).sum(axis=1)
    return total
