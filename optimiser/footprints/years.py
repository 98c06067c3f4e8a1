"""The years of a roadmap as arrays: what each year's holders are charged, and what a move costs.

A state of a service and an ICB in a year is who holds it: England, the ICB alone, or its footprint.
What England or the ICB bears, and what a move between years costs, is an amount of the ICB whatever
its footprint, so that a footprint's amount is a sum over its members.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.candidates import membership
from optimiser.footprints.costs import fixed_cost
from optimiser.footprints.levels import (
    COLLECTIVE,
    ICB,
    Holders,
    free_services,
    measure_holders,
    measure_levels,
    place_of_groups,
    sum_by_group,
    weigh_terms,
)
from optimiser.footprints.measures import (
    Measures,
    measure_budget,
    measure_footprints,
    measure_modes,
)
from optimiser.footprints.rules import FootprintRule, footprint_rules
from optimiser.footprints.system import System, build_system
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.inputs.years import (
    discount_factors,
    list_growth,
    list_years,
    make_year_dataset,
    make_year_scenario,
)

BY_YEAR = ("max_spend", "min_spend", "max_travel_minutes", "force_local")
"""Rules of one footprint whose answer may differ by year: spend grows, the lead follows readiness,
services join those that may go local. The rest is asked once. Readiness is asked of the last year
alone: until a footprint is ready it holds nothing, which the levels see to."""


@dataclass(frozen=True)
class Years:
    """What a roadmap is chosen from.

    Attributes:
        scenario: the settings.
        numbers: the years, length T.
        factors: what a pound of each year counts, (T,).
        systems: the arrays of each year, moves of services left out.
        growth: what spend and patients of a service are of those of the first year, (T, S).
    """

    scenario: Scenario
    numbers: tuple[int, ...]
    factors: Floats
    systems: tuple[System, ...]
    growth: Floats

    @property
    def size(self) -> int:
        """Number of ICBs, n."""
        return self.systems[0].size

    @property
    def last(self) -> System:
        """The arrays of the last year."""
        return self.systems[-1]

    @property
    def single_open(self) -> bool:
        """Whether single ICBs may hold services."""
        return ICB in self.scenario.services.levels

    @property
    def one_list(self) -> bool:
        """Whether a service has one level for all England in each year."""
        return self.scenario.services.portfolio == "uniform"

    @cached_property
    def groups(self) -> Ints:
        """First service of each group that may go local in some year, (G,)."""
        found = [s.services.group[free_services(s)] for s in self.systems]
        return np.unique(np.concatenate(found))

    @cached_property
    def collective(self) -> tuple[System, ...]:
        """The arrays of each year where footprints are the one local level."""
        found = []
        for system in self.systems:
            kept = [o for o in system.scenario.services.levels if o != ICB]
            scenario = system.scenario.changed({"services.levels": kept})
            found.append(replace(system, scenario=scenario))
        return tuple(found)

    @cached_property
    def charges(self) -> Charges:
        """What is charged by ICB of residence."""
        return measure_charges(self)

    def place(self, system: System) -> Ints:
        """Place among all groups of those that may go local in a year."""
        return np.searchsorted(self.groups, np.unique(system.services.group[free_services(system)]))

    def until(self, last: int) -> Years:
        """The first so many years."""
        return Years(
            self.scenario,
            self.numbers[:last],
            self.factors[:last],
            self.systems[:last],
            self.growth[:last],
        )


@dataclass(frozen=True)
class Charges:
    """Weighted and discounted £m by year, group of services and ICB of residence, (T, G, n) each.

    Attributes:
        england: if England holds; infinite where the service may not be national.
        alone: if the ICB holds alone; infinite where it may not.
        delegate: for becoming local in that year.
        clawback: for becoming national in that year; infinite where it may not.
    """

    england: Floats
    alone: Floats
    delegate: Floats
    clawback: Floats


def build_years(dataset: Dataset, scenario: Scenario) -> Years:
    """The arrays of every year of a scenario's roadmap."""
    numbers = list_years(scenario)
    systems = tuple(
        build_system(make_year_dataset(dataset, scenario, year), make_year_scenario(scenario, year))
        for year in numbers
    )
    growth = np.array([list_growth(dataset, scenario, year) for year in numbers])
    return Years(scenario, numbers, np.array(discount_factors(scenario)), systems, growth)


def measure_charges(years: Years) -> Charges:
    """What England and single ICBs are charged, and what moves cost, in every year."""
    shape = (len(years.numbers), len(years.groups), years.size)
    england, alone = np.zeros(shape), np.full(shape, np.inf)
    for t, system in enumerate(years.systems):
        free, here = free_services(system), years.place(system)
        holders, group = measure_holders(system, free), system.services.group[free]
        england[t, here], alone[t, here] = _holders_m(system, holders, group)
        forced = np.isin(years.groups, system.services.group[free[_forced(system, free)]])
        england[t, forced] = np.inf
        if not years.single_open:
            alone[t] = np.inf
    factors = years.factors[:, None, None]
    return Charges(england * factors, alone * factors, *_moves(years))


def _forced(system: System, free: Ints) -> Bools:
    return np.asarray(system.services.forced_local[free])


def _holders_m(system: System, holders: Holders, group: Ints) -> tuple[Floats, Floats]:
    """Weighted charge of England and of the ICB alone by group of services, (G, n) each."""
    england, alone = (
        sum_by_group(weigh_terms(system, terms).T, group).T
        for terms in (holders.england, holders.single)
    )
    able = np.zeros(alone.shape, dtype=bool)
    able[place_of_groups(group)] = holders.able
    return england, np.where(able, alone, np.inf)


def _moves(years: Years) -> tuple[Floats, Floats]:
    """Charge for becoming local and national, (T, G, n) each.

    Before the first year a service is where it is held today, which may be unknown: then neither move
    costs anything. From then on it is where the roadmap has it.
    """
    weights = years.scenario.objective
    delegate, clawback = [], []
    for t, system in enumerate(years.systems):
        national, local = held_today(system) if t == 0 else (np.True_, np.True_)
        spend = [np.where(who, system.services.spend_m.T, 0.0).T for who in (national, local)]
        summed = [_sum_all(years, system, amount) * years.factors[t] for amount in spend]
        delegate.append(weights.transition_delegate * summed[0])
        back = weights.transition_clawback * summed[1]
        barred = t > 0 and not years.scenario.roadmap.clawback
        clawback.append(np.full_like(back, np.inf) if barred else back)
    return np.array(delegate), np.array(clawback)


def held_today(system: System) -> tuple[Bools, Bools]:
    """Whether a service is national, and local, today and may be charged for leaving that, (S,)."""
    arrays = system.services
    return arrays.national_today, arrays.local_today & arrays.in_scope


def _sum_all(years: Years, system: System, amount: Floats) -> Floats:
    """Add up services of each group, whether or not they may go local that year, (S, n) to (G, n)."""
    kept = np.flatnonzero(np.isin(system.services.group, years.groups))
    return sum_by_group(amount[kept].T, system.services.group[kept]).T


def measure_unmoved(years: Years, masks: Masks) -> Floats:
    """Discounted £m that no choice of levels changes, all years together, (m,).

    What England bears for services that are never local is in each year's fixed cost; that some of them
    are local today and are taken back in the first year is added here.
    """
    first = years.systems[0]
    never = held_today(first)[1] & ~np.isin(first.services.group, years.groups)
    back = years.scenario.objective.transition_clawback * first.services.spend_m[never].sum(axis=0)
    cost = membership(masks, years.size) @ back
    for factor, system in zip(years.factors, years.systems, strict=True):
        cost = cost + factor * fixed_cost(system, masks)
    return np.asarray(cost)


def measure_collective(years: Years, masks: Masks) -> list[Floats]:
    """Discounted £m if one budget is held for each footprint, by year, (m, G) each.

    By its committee or by a lead provider, whichever costs less; infinite where neither may.
    """
    return [np.minimum.reduce(by_level) for by_level in measure_by_level(years, masks)]


def find_led(years: Years, masks: Masks) -> list[Bools]:
    """Whether what is held for a footprint is held by a lead provider, by year, (m, G) each."""
    return [lead < team for team, lead in measure_by_level(years, masks)]


def measure_by_level(years: Years, masks: Masks) -> list[Floats]:
    """By year, £m at each level of :data:`COLLECTIVE`, infinite where not allowed, (2, m, G) each.

    Flows are measured once: those of another year are the same, grown.
    """
    shape = (len(COLLECTIVE), len(masks), len(years.groups))
    found = [np.full(shape, np.inf) for _ in years.numbers]
    if not set(COLLECTIVE) & set(years.scenario.services.levels):
        return found
    last, inside = free_services(years.last), membership(masks, years.size)
    whole = measure_footprints(years.last, masks, last)
    for t, system in enumerate(years.collective):
        free = free_services(system)
        few, grown = np.searchsorted(last, free), years.growth[t, free] / years.growth[-1, free]
        measures = Measures(
            spend_m=whole.spend_m[:, few] * grown,
            leakage_m=whole.leakage_m[:, few] * grown,
            providers=whole.providers[:, few],
            mode=measure_modes(system, masks),
            **measure_budget(system, inside),
        )
        levels = measure_levels(system, masks, free, measures)
        group, here = system.services.group[free], years.place(system)
        for k, level in enumerate(COLLECTIVE):
            if level in levels.allowed:
                cost = sum_by_group(years.factors[t] * levels.cost_m(level), group)
                found[t][k][:, here] = cost
    return found


def lasting_rules(years: Years) -> list[FootprintRule]:
    """The rules of a footprint in the last year; :func:`keep_earlier` asks those of the years before.

    A service is forced local only from the year in which it may be local.
    """
    last = years.last
    may = {c for c, why in zip(last.services.codes, last.services.barred, strict=True) if not why}
    return [r for r in footprint_rules(last) if r.name != "force_local" or r.group[0] in may]


def can_last(years: Years, masks: Masks) -> bool:
    """Whether given footprints obey the rules in every year."""
    kept = [rule.keeps(masks).all() for rule in lasting_rules(years)]
    return all(kept) and bool(keep_earlier(years, masks).all())


def keep_earlier(years: Years, masks: Masks) -> Bools:
    """Which footprints obey those rules of the years before the last that differ by year, (m,)."""
    kept = np.ones(len(masks), dtype=bool)
    for t, system in enumerate(years.systems[:-1]):
        same_leads = np.array_equal(_scores(system), _scores(years.systems[t + 1]))
        for rule in lasting_rules(years.until(t + 1)):
            if rule.name in BY_YEAR and not (rule.name == "max_travel_minutes" and same_leads):
                kept[kept] = rule.keeps(masks[kept])
    return kept


def _scores(system: System) -> Floats:
    return np.zeros(0) if system.readiness is None else system.readiness
