"""The levels of each service in a footprint: which are allowed, and what each costs.

Services that move together form a group with one level; a service alone is a group of one. Services
that are national whatever the footprint (``barred``) are left out here: their cost is a constant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.candidates import membership, singletons
from optimiser.footprints.measures import DELEGATED, JOINT, Measures, measure_footprints
from optimiser.footprints.system import System

NATIONAL, FOOTPRINT, ICB = "national", "footprint", "icb"
TERMS = ("leakage", "volatility", "national", "individual")
"""Terms of the objective that depend on levels."""
TOTALS = ("local_spend", "local_services", "leakage", "volatility")
"""Measures that may be bounded across footprints."""


@dataclass(frozen=True)
class ServiceLevels:
    """Levels of k services in m footprints.

    Attributes:
        services: indices of the services, (k,).
        measures: the measures of the footprints.
        allowed: level to whether it is allowed, (m, k).
        amounts: term to level to its unweighted measure, £m, (m, k); absent where always zero.
    """

    services: Ints
    measures: Measures
    allowed: Mapping[str, Bools]
    amounts: Mapping[str, Mapping[str, Floats]]

    def cost_m(self, system: System, level: str) -> Floats:
        """Weighted cost of a level, £m, (m, k), infinite where it is not allowed.

        Under pooled risk the volatility of the footprint level is not in it: see
        :func:`optimiser.footprints.costs.cheapest_pooled`.
        """
        weights = system.scenario.objective
        cost = np.zeros(self.allowed[level].shape)
        for term in TERMS:
            by_level = self.amounts[term]
            pooled = term == "volatility" and level == FOOTPRINT
            if level in by_level and not (pooled and system.scenario.services.risk == "pooled"):
                cost += getattr(weights, term) * by_level[level]
        return np.where(self.allowed[level], cost, np.inf)


def free_services(system: System) -> Ints:
    """Indices of the services that are not barred from going local."""
    return np.flatnonzero(system.services.barred == "")


def measure_levels(system: System, masks: Masks, services: Ints | None = None) -> ServiceLevels:
    """Measure the levels of services (all free ones by default) in footprints."""
    chosen = free_services(system) if services is None else services
    measures = measure_footprints(system, masks, chosen)
    open_levels = system.scenario.services.levels
    allowed = {NATIONAL: _national_allowed(system, len(masks), chosen)}
    spend = measures.spend_m
    amounts: dict[str, dict[str, Floats]] = {
        "leakage": {FOOTPRINT: measures.leakage_m},
        "volatility": {FOOTPRINT: measures.volatility_m},
        "national": {NATIONAL: system.services.benefit_share[chosen] * spend},
        "individual": {},
    }
    if FOOTPRINT in open_levels:
        allowed[FOOTPRINT] = allowed_locally(system, measures, chosen)
    if ICB in open_levels:
        alone = measure_footprints(system, singletons(system.size), chosen)
        inside = membership(masks, system.size)
        allowed[ICB] = inside @ (~allowed_locally(system, alone, chosen)).astype(float) == 0
        amounts["leakage"][ICB] = inside @ alone.leakage_m
        amounts["volatility"][ICB] = inside @ alone.volatility_m
        amounts["individual"][ICB] = spend
    return ServiceLevels(chosen, measures, allowed, amounts)


def _national_allowed(system: System, rows: int, services: Ints) -> Bools:
    return np.broadcast_to(~system.services.forced_local[services], (rows, len(services)))


def check_local_rules(system: System, measures: Measures, services: Ints) -> dict[str, Bools]:
    """Rule name to whether the holder obeys it for each service, (m, k), in the order asked."""
    arrays = system.services
    delegated = (measures.mode >= DELEGATED)[:, None]
    joint = (measures.mode >= JOINT)[:, None]
    mode = np.where(arrays.needs_delegation[services], delegated, joint)
    return {
        "readiness": mode,
        "min_providers": measures.providers >= arrays.min_providers[services],
        "min_spend": measures.spend_m >= arrays.min_spend_m[services],
    }


def allowed_locally(system: System, measures: Measures, services: Ints) -> Bools:
    """Whether a holder with these measures may hold each service, (m, k)."""
    barred = system.services.barred[services] != ""
    checks = check_local_rules(system, measures, services).values()
    return np.asarray(np.logical_and.reduce(list(checks)) & ~barred)


def local_somehow(system: System, masks: Masks, service: int) -> Bools:
    """Whether a service may be local in each footprint by any open level, (m,).

    Services that move together have one level, so all of its group must be allowed at that level.
    """
    group = np.flatnonzero(system.services.group == system.services.group[service])
    found = np.zeros(len(masks), dtype=bool)
    for start in range(0, len(masks), 50_000):
        block = slice(start, start + 50_000)
        allowed = measure_levels(system, masks[block], group).allowed
        local = [allowed[o].all(axis=1) for o in allowed if o != NATIONAL]
        found[block] = np.logical_or.reduce(local) if local else False
    return found


@dataclass(frozen=True)
class GroupCosts:
    """Cost of each level of each group of services that move together.

    Attributes:
        levels: the open levels, in the scenario's order.
        groups: index of each group's first service, (G,).
        cost_m: weighted cost, £m, infinite where not allowed, (O, m, G).
        variance: Σ sd² of the group when held by the footprint, £m², (m, G); empty unless pooled.
        totals: bounded measure to its amount, (O, m, G).
    """

    levels: tuple[str, ...]
    groups: Ints
    cost_m: Floats
    variance: Floats
    totals: Mapping[str, Floats]


def cost_groups(system: System, masks: Masks, totals: tuple[str, ...] = ()) -> GroupCosts:
    """Cost of each level of each group in each footprint."""
    levels = measure_levels(system, masks)
    names = system.scenario.services.levels
    group = system.services.group[levels.services]
    cost = np.stack([sum_by_group(levels.cost_m(system, o), group) for o in names])
    amounts = {
        name: np.stack(
            [sum_by_group(total_amount(system, levels, masks, name, o), group) for o in names]
        )
        for name in totals
    }
    pooled = system.scenario.services.risk == "pooled"
    variance = sum_by_group(levels.measures.volatility_m**2, group) if pooled else np.zeros((0, 0))
    return GroupCosts(names, np.unique(group), cost, variance, amounts)


def sum_by_group(values: Floats, group: Ints) -> Floats:
    """Add up columns that belong to the same group, (m, k) to (m, G); groups in rising order."""
    first, start, place = np.unique(group, return_index=True, return_inverse=True)
    if len(first) == len(group):
        return values
    summed = values[:, start]
    for column in np.setdiff1d(np.arange(len(group)), start):
        summed[:, place[column]] += values[:, column]
    return summed


def total_amount(
    system: System, levels: ServiceLevels, masks: Masks, name: str, level: str
) -> Floats:
    """Amount that a level adds to a bounded measure, (m, k)."""
    spend = levels.measures.spend_m
    if level == NATIONAL:
        return np.zeros_like(spend)
    if name == "local_spend":
        return spend
    if name == "local_services":
        people = membership(masks, system.size) @ system.residents / system.residents.sum()
        return np.broadcast_to(people[:, None], spend.shape)
    return levels.amounts[name][level]


def sum_taken(system: System, levels: ServiceLevels, term: str, taken: Ints) -> Floats:
    """Unweighted measure of a term over the services at the levels taken, £m, (m,).

    Args:
        system: the arrays.
        levels: the measured levels.
        term: one of :data:`TERMS`.
        taken: index of each service's level, or -1 for a service to leave out, (m, k).
    """
    total = np.zeros(len(taken))
    for place, level in enumerate(system.scenario.services.levels):
        amount = levels.amounts[term].get(level)
        if amount is None:
            continue
        chosen = np.where(taken == place, amount, 0.0)
        pooled = system.scenario.services.risk == "pooled" and level == FOOTPRINT
        if term == "volatility" and pooled:
            total += np.sqrt((chosen**2).sum(axis=1))
        else:
            total += chosen.sum(axis=1)
    return total
