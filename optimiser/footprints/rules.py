"""The rules of one footprint, as data: each a name, a sentence and a test on many masks at once.

A rule that looks at one footprint alone is a filter on the candidates and costs the model nothing.
*Hereditary* rules (what breaks them breaks them for every larger footprint) prune while listing; the
others filter the finished list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.candidates import (
    as_masks,
    count_members,
    membership,
    sum_over_members,
)
from optimiser.footprints.leads import find_leads, furthest_minutes
from optimiser.footprints.levels import NATIONAL, cost_groups, measure_levels
from optimiser.footprints.measures import (
    JOINT,
    measure_first_step,
    measure_income_at_risk,
    measure_modes,
)
from optimiser.footprints.system import System

MILLION = 1e6
BLOCK = 2_048
EXACT = 1e-9
"""Relative slack on a window: rounding of sums and of limits, nothing more (as the referee's)."""


@dataclass(frozen=True)
class FootprintRule:
    """One rule of one footprint.

    Attributes:
        name: short name: a setting of the scenario, or one end of a window (``min_population``).
        sentence: what it says, with its values.
        keeps: whether each mask obeys, (m,) to (m,).
        hereditary: a footprint that breaks it can't be mended by more members.
        group: the one group that this rule is about, for rules given as a list of groups.
    """

    name: str
    sentence: str
    keeps: Callable[[Masks], Bools]
    hereditary: bool = False
    group: tuple[str, ...] = ()


def reaches(values: Floats | Ints, floor: Floats | float) -> Bools:
    """Whether each value is at least the floor, rounding apart."""
    return np.asarray(values >= floor - EXACT * np.maximum(1.0, np.abs(floor)))


def keeps_within(values: Floats | Ints, ceiling: float) -> Bools:
    """Whether each value is at most the ceiling, rounding apart."""
    return np.asarray(values <= ceiling + EXACT * max(1.0, abs(ceiling)))


def footprint_rules(system: System) -> tuple[FootprintRule, ...]:
    """Every footprint rule that the scenario switches on, cheapest first."""
    return (
        *_size_rules(system),
        *_group_rules(system),
        *_region_rules(system),
        *_shape_rules(system),
        *_spend_rules(system),
        *_funding_rules(system),
        *_provider_rules(system),
        *_lead_rules(system),
        *_readiness_rules(system),
        *_forced_rules(system),
        *_floor_rules(system),
    )


def _at_most(
    name: str, sentence: str, measure: Callable[[Masks], Floats | Ints], most: float
) -> FootprintRule:
    return FootprintRule(
        name, sentence, lambda masks: keeps_within(measure(masks), most), hereditary=True
    )


def _at_least(
    system: System,
    name: str,
    sentence: str,
    measure: Callable[[Masks], Floats | Ints],
    least: float,
) -> FootprintRule:
    """A floor, which ICBs that may stand alone need not reach alone."""
    alone = stand_alone(system)
    return FootprintRule(
        name, sentence, lambda masks: reaches(measure(masks), least) | np.isin(masks, alone)
    )


def _size_rules(system: System) -> list[FootprintRule]:
    rules = system.scenario.footprints
    (least_m, most_m), (fewest, most) = rules.population_m, rules.members
    people = partial(sum_over_members, values=system.window_population / MILLION)
    unit = f"million {rules.population_base} people"
    found = []
    if np.isfinite(most_m):
        found.append(_at_most("max_population", f"at most {most_m:g} {unit}", people, most_m))
    if most < system.size:
        found.append(_at_most("max_members", f"at most {most} ICBs", count_members, most))
    if least_m > 0:
        sentence = f"at least {least_m:g} {unit}"
        found.append(_at_least(system, "min_population", sentence, people, least_m))
    if fewest > 1:
        sentence = f"at least {fewest} ICBs"
        found.append(_at_least(system, "min_members", sentence, count_members, fewest))
    return found


def stand_alone(system: System) -> Masks:
    """Masks of the ICBs that may be a footprint alone, below the floors."""
    codes = system.scenario.footprints.stand_alone
    return as_masks((system.mask_of([code]) for code in codes), system.size)


def _group_rules(system: System) -> list[FootprintRule]:
    rules = system.scenario.footprints
    return [
        *(_keep_apart(system, group) for group in rules.keep_apart),
        *(_keep_together(system, group) for group in rules.keep_together),
        *(_fixed(system, group) for group in rules.fixed),
    ]


def _said(system: System, group: tuple[str, ...]) -> str:
    names = dict(zip(system.icbs, system.names, strict=True))
    return ", ".join(names[code] for code in group)


def _keep_apart(system: System, group: tuple[str, ...]) -> FootprintRule:
    mask = system.mask_of(group)
    return FootprintRule(
        "keep_apart",
        f"kept apart: {_said(system, group)}",
        lambda masks: np.bitwise_count(masks & mask) <= 1,
        hereditary=True,
        group=group,
    )


def _keep_together(system: System, group: tuple[str, ...]) -> FootprintRule:
    mask = system.mask_of(group)
    return FootprintRule(
        "keep_together",
        f"kept together: {_said(system, group)}",
        lambda masks: ((masks & mask) == 0) | ((masks & mask) == mask),
        group=group,
    )


def _fixed(system: System, group: tuple[str, ...]) -> FootprintRule:
    mask = system.mask_of(group)
    return FootprintRule(
        "fixed",
        f"fixed as one whole footprint: {_said(system, group)}",
        lambda masks: ((masks & mask) == 0) | (masks == mask),
        group=group,
    )


def _region_rules(system: System) -> list[FootprintRule]:
    if not system.scenario.footprints.within_regions:
        return []
    regions = [
        sum(1 << int(i) for i in np.flatnonzero(system.region == r))
        for r in np.unique(system.region)
    ]
    return [
        FootprintRule(
            "within_regions",
            "no footprint crosses an NHS England region",
            lambda masks: np.logical_or.reduce([(masks | region) == region for region in regions]),
            hereditary=True,
        )
    ]


def _shape_rules(system: System) -> list[FootprintRule]:
    """No arms: an ICB that meets its fellow members along little of its border hangs on by a thread."""
    least = system.scenario.footprints.min_shared_border
    if not least:
        return []
    whole = system.border_km.sum(axis=1)

    def keeps(masks: Masks) -> Bools:
        found = np.zeros(len(masks), dtype=bool)
        for start in range(0, len(masks), BLOCK):
            inside = membership(masks[start : start + BLOCK], system.size)
            shared = inside @ system.border_km
            enough = reaches(shared, least * whole) | (inside == 0)
            found[start : start + BLOCK] = enough.all(axis=1) | (inside.sum(axis=1) == 1)
        return found

    return [
        FootprintRule(
            "min_shared_border",
            f"each member shares at least {least:.0%} of its border with its fellow members",
            keeps,
        )
    ]


def _spend_rules(system: System) -> list[FootprintRule]:
    least, most = system.scenario.footprints.spend_m
    spend = partial(sum_over_members, values=system.scope_spend_m)
    found, unit = [], "a year on services in scope"
    if np.isfinite(most):
        found.append(_at_most("max_spend", f"at most £{most:g}m {unit}", spend, most))
    if least > 0:
        found.append(_at_least(system, "min_spend", f"at least £{least:g}m {unit}", spend, least))
    return found


def _funding_rules(system: System) -> list[FootprintRule]:
    """The first of equal steps towards needs-based money is a small share of historic money."""
    most, years = system.scenario.footprints.max_first_year_change, system.scenario.funding.years
    if np.isinf(most) or system.shift_m is None:
        return []
    return [
        FootprintRule(
            "max_first_year_change",
            f"money changes by at most {most:.1%} in the first of {years} steps to its target",
            lambda masks: keeps_within(measure_first_step(system, masks), most),
        )
    ]


def _provider_rules(system: System) -> list[FootprintRule]:
    """No trust lives too much on what other footprints send it: a matter of its own footprint alone."""
    most, rules = system.scenario.footprints.max_income_at_risk, system.scenario.providers
    if np.isinf(most):
        return []
    return [
        FootprintRule(
            "max_income_at_risk",
            f"no trust would lose more than {most:.1%} of its income if {rules.brought_home:.0%} of "
            "what other footprints send it were brought home",
            lambda masks: keeps_within(measure_income_at_risk(system, masks), most),
        )
    ]


def _lead_rules(system: System) -> list[FootprintRule]:
    most = system.scenario.footprints.max_travel_minutes
    found = []
    if len(system.scenario.lead.fixed) > 1:
        fixed = system.mask_of(system.scenario.lead.fixed)
        found.append(
            FootprintRule(
                "fixed_lead",
                "two ICBs that are fixed as leads do not share a footprint",
                lambda masks: np.bitwise_count(masks & fixed) <= 1,
                hereditary=True,
            )
        )
    if np.isfinite(most):
        found.append(
            FootprintRule(
                "max_travel_minutes",
                f"every member within {most:g} minutes of the lead ICB",
                lambda masks: furthest_minutes(system, masks, find_leads(system, masks)) <= most,
            )
        )
    return found


def _readiness_rules(system: System) -> list[FootprintRule]:
    """A footprint that is not even ready for a joint committee is no candidate, where that is asked."""
    if system.readiness is None or not system.scenario.readiness.required:
        return []
    return [
        FootprintRule(
            "readiness",
            "ready for a joint committee at least",
            lambda masks: measure_modes(system, masks) >= JOINT,
        )
    ]


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


def _forced_rules(system: System) -> list[FootprintRule]:
    """A footprint where a service that is forced local may not be local is no candidate."""
    forced = np.flatnonzero(system.services.forced_local)
    return [
        FootprintRule(
            "force_local",
            f"service {system.services.codes[s]} is forced local, so it must be allowed there",
            partial(local_somehow, system, service=int(s)),
            group=(system.services.codes[s],),
        )
        for s in forced
    ]


def _floor_rules(system: System) -> list[FootprintRule]:
    """A footprint that cannot hold as much as each must hold is no candidate."""
    rules = system.scenario.services
    stated = {
        "min_local_share_each": (
            "local_spend",
            f"{rules.min_local_share_each:.0%} of in-scope spend",
        ),
        "min_local_services_each": (
            "local_services",
            f"{rules.min_local_services_each:g} services",
        ),
    }
    return [
        FootprintRule(
            setting,
            f"able to hold at least {what} locally",
            partial(_can_hold, system, name=name),
        )
        for setting, (name, what) in stated.items()
        if getattr(rules, setting) > 0
    ]


def _can_hold(system: System, masks: Masks, name: str) -> Bools:
    """Whether the levels that hold most hold as much as each footprint must, (m,)."""
    found = np.zeros(len(masks), dtype=bool)
    for start in range(0, len(masks), BLOCK):
        rows = slice(start, start + BLOCK)
        costs = cost_groups(system, masks[rows])
        most = np.where(np.isfinite(costs.cost_m), costs.totals[name], 0.0).max(axis=0).sum(axis=1)
        found[rows] = reaches(most, costs.floors[name])
    return found
