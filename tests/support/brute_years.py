"""The best roadmap by looking at every division of the map and every path of every service.

What is charged and allowed comes from the referee, one year and one holder at a time; who holds in each
year is listed whole, single ICBs by every set of them: nothing is shared with the shortest paths.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from support.brute import ME, Members, find_lead, hosted_income, list_bundles

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.inputs.years import (
    discount_factors,
    list_years,
    make_year_dataset,
    make_year_scenario,
)
from optimiser.proof.referee import map_rules, service_rules, terms
from optimiser.proof.referee.facts import Claim, Facts, gather_facts
from optimiser.proof.referee.roadmap import force_what_may

Holder = tuple[str, Members]
"""A level, and the members that hold alone."""


class Year:
    """One year as the referee sees it."""

    def __init__(self, dataset: Dataset, scenario: Scenario, year: int, factor: float) -> None:
        self.scenario = make_year_scenario(scenario, year)
        own = make_year_dataset(dataset, scenario, year)
        self.facts = gather_facts(own, self.scenario)
        self.scenario = force_what_may(self.facts, self.scenario)
        self.income = hosted_income(own)
        self.factor = factor
        self.last = year == list_years(scenario)[-1]
        self.kept: dict[tuple[Members, Members, Holder], float] = {}

    def claim(self, members: Members, levels: dict[str, Holder]) -> Claim:
        """One footprint with some levels."""
        lead = find_lead(self.facts, self.scenario, self.income, members)
        return Claim(
            {ME: members},
            {ME: (lead,)},
            {(s, ME): (level,) for s, (level, _) in levels.items()},
            {(s, ME): single for s, (_, single) in levels.items()},
        )


def find_best_years(dataset: Dataset, scenario: Scenario) -> float:
    """Score of the best roadmap, infinite if there is none."""
    years = [
        Year(dataset, scenario, year, factor)
        for year, factor in zip(list_years(scenario), discount_factors(scenario), strict=True)
    ]
    facts = years[0].facts
    bundles = list_bundles(facts)
    if scenario.services.portfolio == "uniform":
        return _find_best_of_one_list(scenario, years, bundles)
    cost = {
        members: _cost(scenario, years, bundles, members)
        for size in range(1, len(facts.icbs) + 1)
        for members in itertools.combinations(facts.icbs, size)
    }
    low, high = scenario.footprints.count_window
    return min(
        (
            sum(cost[part] for part in parts)
            for parts in _divisions(facts.icbs)
            if low <= len(parts) <= high
        ),
        default=math.inf,
    )


def _find_best_of_one_list(scenario: Scenario, years: list[Year], bundles: list[Members]) -> float:
    """The same where each service has one level for all England in each year."""
    icbs, (low, high) = years[0].facts.icbs, scenario.footprints.count_window
    best, kept = math.inf, dict[Members, float]()
    for parts in _divisions(tuple(icbs)):
        if not low <= len(parts) <= high:
            continue
        for members in parts:
            if members not in kept:
                kept[members] = _cost(scenario, years, [], members)
        cost = sum(kept[members] for members in parts)
        if math.isfinite(cost):
            best = min(best, cost + sum(_best_for_all(scenario, years, b, parts) for b in bundles))
    return best


def _best_for_all(
    scenario: Scenario, years: list[Year], bundle: Members, parts: list[Members]
) -> float:
    """The best sequence of levels for all England, each ICB at its own best where it may choose."""
    levels = scenario.services.levels
    return min(
        sum(_best_at(scenario, years, bundle, members, path) for members in parts)
        for path in itertools.product(levels, repeat=len(years))
    )


def _best_at(
    scenario: Scenario,
    years: list[Year],
    bundle: Members,
    members: Members,
    path: tuple[str, ...],
) -> float:
    """One footprint along a sequence of levels: at level ``icb`` some ICBs hold alone, maybe none."""
    some = [s for k in range(1, len(members) + 1) for s in itertools.combinations(members, k)]
    options: list[list[Holder]] = []
    for year, level in zip(years, path, strict=True):
        every: list[Holder] = [(level, ())]
        if level == "icb":
            every = [("national", ()), *(("icb", single) for single in some)]
        options.append([h for h in every if math.isfinite(_running_m(year, bundle, members, h))])
    return min(
        (
            sum(
                _running_m(year, bundle, members, h) for year, h in zip(years, holders, strict=True)
            )
            + _moves_m(scenario, years, bundle, members, holders)
            for holders in itertools.product(*options)
        ),
        default=math.inf,
    )


def _divisions(left: Members) -> Iterator[list[Members]]:
    if not left:
        yield []
        return
    first, rest = left[0], left[1:]
    for size in range(len(rest) + 1):
        for others in itertools.combinations(rest, size):
            remaining = tuple(i for i in rest if i not in others)
            for parts in _divisions(remaining):
                yield [(first, *others), *parts]


def _cost(scenario: Scenario, years: list[Year], bundles: list[Members], members: Members) -> float:
    total = 0.0
    for year in years:
        waits = year.scenario.changed(
            {"readiness.required": year.scenario.readiness.required and year.last}
        )
        bare = year.claim(members, {})
        if any(map_rules.check_footprint(year.facts, waits, bare, ME)):
            return math.inf
        total += year.factor * float(
            terms.score_claim(year.facts, year.scenario, bare)["cost_m"].sum()
        )
    return total + sum(_best_path(scenario, years, bundle, members) for bundle in bundles)


def _best_path(scenario: Scenario, years: list[Year], bundle: Members, members: Members) -> float:
    every: list[Holder] = [("national", ()), ("footprint", ()), ("collaborative", ())]
    for size in range(1, len(members) + 1):
        every += [("icb", single) for single in itertools.combinations(members, size)]
    every = [holder for holder in every if holder[0] in scenario.services.levels]
    running = [{h: _running_m(year, bundle, members, h) for h in every} for year in years]
    best = math.inf
    options = [[h for h in every if math.isfinite(table[h])] for table in running]
    for path in itertools.product(*options):
        cost = sum(table[h] for table, h in zip(running, path, strict=True))
        if cost < best:
            best = min(best, cost + _moves_m(scenario, years, bundle, members, path))
    return best


def _running_m(year: Year, bundle: Members, members: Members, holder: Holder) -> float:
    key = bundle, members, holder
    if key not in year.kept:
        year.kept[key] = _charge_m(year, bundle, members, holder)
    return year.kept[key]


def _charge_m(year: Year, bundle: Members, members: Members, holder: Holder) -> float:
    level, single = holder
    claim = year.claim(members, dict.fromkeys(bundle, holder))
    allowed = [
        rule
        for rule in service_rules.check_levels(year.facts, year.scenario, claim)
        if rule.rule != "one_level_per_service"  # the other services have none here
    ]
    forced = any(service_rules.is_forced_local(year.facts, year.scenario, s) for s in bundle)
    if allowed or (forced and level == "icb" and single != members):
        return math.inf
    parts = [(level, members)]
    if level == "icb":
        parts = [("icb" if i in single else "national", (i,)) for i in members]
    return year.factor * sum(
        service_rules.charge_m(year.facts, year.scenario, s, who, residents)
        for s in bundle
        for who, residents in parts
    )


def _moves_m(
    scenario: Scenario,
    years: list[Year],
    bundle: Members,
    members: Members,
    path: tuple[Holder, ...],
) -> float:
    weights, cost = scenario.objective, 0.0
    then: dict[str, bool] = {}
    for t, (year, (level, single)) in enumerate(zip(years, path, strict=True)):
        facts = year.facts
        now = {i: level in ("footprint", "collaborative") or i in single for i in members}
        for s, i in itertools.product(bundle, members):
            before = then[i] if t else _held_today(facts, s)
            if before is None or before == now[i]:
                continue
            if before and t and not scenario.roadmap.clawback:
                return math.inf
            weight = weights.transition_clawback if before else weights.transition_delegate
            cost += year.factor * weight * facts.spend_m(s, (i,))
        then = now
    return cost


def _held_today(facts: Facts, service: str) -> bool | None:
    """Whether it is local today, where that is known and may be charged for."""
    today = str(facts.services[service]["current_level"])
    if today == "national":
        return False
    return (
        True
        if today in ("footprint", "icb", "collaborative") and service in facts.in_scope
        else None
    )
