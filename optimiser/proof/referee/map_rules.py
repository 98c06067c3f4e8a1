"""Rules of the grouping: who is with whom, how many, how large, how far."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator

import numpy as np

from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.proof.referee.facts import Claim, Facts, mode_of, why_out_of_scope
from optimiser.proof.referee.verdict import BrokenRule, is_above, is_below, tell_beside

MILLION = 1e6


def check_cover(facts: Facts, claim: Claim) -> Iterator[BrokenRule]:
    """Each ICB of the dataset is in exactly one footprint, and there are no others."""
    times = Counter(i for members in claim.groups.values() for i in members)
    for i in facts.icbs:
        if times[i] != 1:
            sentence = f"{facts.said(i)} is in {times[i]} footprints; each ICB is in exactly one."
            yield BrokenRule("each_icb_in_one_footprint", i, times[i], 1, sentence)
    for i in sorted(set(times) - set(facts.icbs)):
        sentence = f"{i} is no ICB of the dataset."
        yield BrokenRule("each_icb_in_one_footprint", i, i, "an ICB of the dataset", sentence)


def check_count(scenario: Scenario, claim: Claim) -> Iterator[BrokenRule]:
    """The number of footprints is in its range."""
    fewest, most = scenario.footprints.count_window
    number = len(claim.groups)
    if not fewest <= number <= most:
        limit = str(fewest) if fewest == most else f"{fewest} to {most}"
        sentence = f"The plan has {number} footprints; the scenario asks for {limit}."
        yield BrokenRule("count", "England", number, limit, sentence)


def check_footprint(
    facts: Facts, scenario: Scenario, claim: Claim, footprint: str
) -> Iterator[BrokenRule]:
    """Every rule that looks at one footprint alone."""
    members = claim.groups[footprint]
    if scenario.footprints.contiguous:
        yield from _contiguous(facts, footprint, members)
    yield from _windows(facts, scenario, footprint, members)
    yield from _regions(facts, scenario, footprint, members)
    yield from _shape(facts, scenario, footprint, members)
    yield from _funding(facts, scenario, footprint, members)
    yield from _providers(facts, scenario, footprint, members)
    yield from _lead(facts, scenario, claim, footprint)
    yield from _travel(facts, scenario, claim, footprint)
    yield from _ready(facts, scenario, claim, footprint)


def _contiguous(facts: Facts, footprint: str, members: Collection[str]) -> Iterator[BrokenRule]:
    start = min(members)
    reached, waiting = {start}, [start]
    while waiting:
        near = facts.neighbours.get(waiting.pop(), frozenset()) & set(members)
        waiting += sorted(near - reached)
        reached |= near
    cut_off = [i for i in members if i not in reached]
    if cut_off:
        names = ", ".join(facts.said(i) for i in cut_off)
        sentence = (
            f"{footprint}: {names} cannot be reached from {facts.said(start)} through members."
        )
        yield BrokenRule("contiguous", footprint, " ".join(cut_off), "none cut off", sentence)


def _windows(
    facts: Facts, scenario: Scenario, footprint: str, members: Collection[str]
) -> Iterator[BrokenRule]:
    rules = scenario.footprints
    people_m = sum(facts.counted.get(i, 0.0) for i in members) / MILLION
    spend_m = facts.budget_m(members)
    exempt = len(members) == 1 and next(iter(members)) in rules.stand_alone
    for rule, value, (least, most), unit in (
        ("population_m", people_m, rules.population_m, f"million {rules.population_base} people"),
        ("members", float(len(members)), rules.members, "ICBs"),
        ("spend_m", spend_m, rules.spend_m, "£m a year on services in scope"),
    ):
        if is_below(value, least) and not exempt:
            told = f"{footprint} has {tell_beside(value, least)} {unit}"
            sentence = f"{told}; at least {least:g} are needed."
            yield BrokenRule(rule, footprint, value, float(least), sentence)
        if is_above(value, most):
            told = f"{footprint} has {tell_beside(value, most)} {unit}"
            sentence = f"{told}; at most {most:g} are allowed."
            yield BrokenRule(rule, footprint, value, float(most), sentence)


def why_national(facts: Facts, scenario: Scenario, service: str) -> dict[str, str]:
    """Rule to reason for each rule that keeps a service national in every footprint."""
    found = why_out_of_scope(facts.services[service], scenario)
    if service in scenario.services.force_national:
        found["force_national"] = "the scenario forces it national"
    return found


def _ready(facts: Facts, scenario: Scenario, claim: Claim, footprint: str) -> Iterator[BrokenRule]:
    """Where the scenario requires it, a footprint is ready for a joint committee at least."""
    if not scenario.readiness.required:
        return
    mode = mode_of(facts, scenario, claim.groups[footprint], claim.lead(footprint))
    if mode == "not_ready":
        sentence = f"{footprint} is not ready for a joint committee, which the scenario requires."
        yield BrokenRule("readiness", footprint, mode, "joint", sentence)


def _regions(
    facts: Facts, scenario: Scenario, footprint: str, members: Collection[str]
) -> Iterator[BrokenRule]:
    regions = sorted({facts.regions.get(i, "") for i in members})
    if scenario.footprints.within_regions and len(regions) > 1:
        sentence = f"{footprint} crosses the regions {', '.join(regions)}."
        yield BrokenRule("within_regions", footprint, ", ".join(regions), "one region", sentence)


def _shape(
    facts: Facts, scenario: Scenario, footprint: str, members: Collection[str]
) -> Iterator[BrokenRule]:
    """No member hangs on by less of its border than the scenario asks."""
    least = scenario.footprints.min_shared_border
    for i in members if least and len(members) > 1 else ():
        borders = facts.border_km.get(i, {})
        whole = sum(borders.values())
        shared = sum(km for j, km in borders.items() if j in members)
        if is_below(shared, least * whole):
            sentence = (
                f"{footprint}: {facts.said(i)} shares {shared / whole:.0%} of its border with its "
                f"fellow members; at least {least:.0%} is asked."
            )
            yield BrokenRule("min_shared_border", footprint, shared / whole, least, sentence)


def _funding(
    facts: Facts, scenario: Scenario, footprint: str, members: Collection[str]
) -> Iterator[BrokenRule]:
    """The first of equal steps to its target changes a footprint's money by no more than is allowed."""
    most = scenario.footprints.max_first_year_change
    if math.isinf(most) or not facts.historic_m:
        return
    historic = sum(facts.historic_m[i] for i in members)
    step = abs(sum(facts.shift_m[i] for i in members)) / scenario.funding.years
    if is_above(step, most * historic):
        sentence = (
            f"{footprint}: the first of {scenario.funding.years} steps to its target moves "
            f"£{step:,.1f}m of £{historic:,.1f}m; at most {most:.1%} is allowed."
        )
        yield BrokenRule("max_first_year_change", footprint, step, most * historic, sentence)


def _providers(
    facts: Facts, scenario: Scenario, footprint: str, members: Collection[str]
) -> Iterator[BrokenRule]:
    """No trust of the footprint would lose more of its income than is allowed, came care home."""
    most, rules = scenario.footprints.max_income_at_risk, scenario.providers
    for provider, host in facts.host.items() if not math.isinf(most) else ():
        income = facts.income_m.get(provider, 0.0)
        if host not in members or income <= 0 or income < rules.smallest_m:
            continue
        outside = sum(m for i, m in facts.paid_m.get(provider, {}).items() if i not in members)
        lost = rules.brought_home * outside
        if is_above(lost, most * income):
            sentence = (
                f"{footprint}: {provider} would lose £{lost:,.1f}m of £{income:,.1f}m if "
                f"{rules.brought_home:.0%} of what other footprints send it were brought home; at most "
                f"{most:.1%} is allowed."
            )
            yield BrokenRule("max_income_at_risk", provider, lost, most * income, sentence)


def _lead(facts: Facts, scenario: Scenario, claim: Claim, footprint: str) -> Iterator[BrokenRule]:
    leads = claim.leads[footprint]
    if len(leads) != 1:
        sentence = f"{footprint} has {len(leads)} lead ICBs; each footprint has one."
        yield BrokenRule("one_lead", footprint, " ".join(leads), "one lead", sentence)
    for fixed in scenario.lead.fixed:
        if fixed in claim.groups[footprint] and claim.lead(footprint) != fixed:
            sentence = f"{facts.said(fixed)} is a member of {footprint} and must lead it."
            yield BrokenRule("fixed_lead", footprint, claim.lead(footprint), fixed, sentence)


def _travel(facts: Facts, scenario: Scenario, claim: Claim, footprint: str) -> Iterator[BrokenRule]:
    most, lead = scenario.footprints.max_travel_minutes, claim.lead(footprint)
    if math.isinf(most) or not facts.minutes or not lead:
        return
    for i in claim.groups[footprint]:
        minutes = facts.minutes.get((i, lead), math.inf)
        if is_above(minutes, most):
            sentence = (
                f"{footprint}: {facts.said(i)} is {minutes:.0f} minutes from the lead "
                f"{facts.said(lead)}; at most {most:g} are allowed."
            )
            yield BrokenRule("max_travel_minutes", footprint, minutes, most, sentence)


def check_groups(facts: Facts, scenario: Scenario, claim: Claim) -> Iterator[BrokenRule]:
    """Groups that are kept together, kept apart, or given as whole footprints."""
    home = {i: f for f, members in claim.groups.items() for i in members}
    rules = scenario.footprints
    kept = [
        [i for i in facts.whole if facts.whole[i] == f] for f in dict.fromkeys(facts.whole.values())
    ]
    for group in (*rules.keep_together, *kept):
        homes = sorted({home.get(i, "no footprint") for i in group})
        if len(homes) > 1:
            sentence = f"{_list(facts, group)} share a footprint; they are in {', '.join(homes)}."
            yield BrokenRule("keep_together", " ".join(group), ", ".join(homes), "one", sentence)
    for group in rules.keep_apart:
        for f, number in Counter(home[i] for i in group if i in home).items():
            if number > 1:
                sentence = f"{number} of {_list(facts, group)} are in {f}; no two may share one."
                yield BrokenRule("keep_apart", f, number, 1, sentence)
    whole = {frozenset(members) for members in claim.groups.values()}
    for group in rules.fixed:
        if frozenset(group) not in whole:
            sentence = f"{_list(facts, group)} are given as a whole footprint; the plan has none."
            yield BrokenRule("fixed", " ".join(group), "not a footprint", "a footprint", sentence)


def _list(facts: Facts, group: Collection[str]) -> str:
    return ", ".join(facts.said(i) for i in group)


def check_moves(facts: Facts, scenario: Scenario, claim: Claim) -> Iterator[BrokenRule]:
    """At most so many ICBs leave their baseline footprint."""
    most = scenario.footprints.max_moved
    if most is None:
        return
    moved = count_moved(facts, claim)
    if moved > most:
        sentence = (
            f"{moved} ICBs leave their footprint of {scenario.footprints.baseline}; "
            f"at most {most} may."
        )
        yield BrokenRule("max_moved", "England", moved, most, sentence)


def count_moved(facts: Facts, claim: Claim) -> int:
    """ICBs less those that stay under the best pairing of footprints with baseline ones."""
    homes = sorted(set(facts.baseline.values()))
    shared = np.array(
        [
            [sum(facts.baseline.get(i) == home for i in members) for home in homes]
            for members in claim.groups.values()
        ]
    )
    from scipy.optimize import linear_sum_assignment  # slow to load, seldom needed

    rows, columns = linear_sum_assignment(shared, maximize=True)
    return len(facts.icbs) - int(shared[rows, columns].sum())


def check_footprint_figures(
    facts: Facts, scenario: Scenario, claim: Claim, plan: Plan
) -> Iterator[BrokenRule]:
    """The plan's table of footprints says what its table of ICBs and the dataset say."""
    rows = {str(row["footprint"]): row for row in plan.footprints.to_dict("records")}
    for f in sorted(set(claim.groups) ^ set(rows)):
        sentence = f"{f} is not in both the plan's table of ICBs and its table of footprints."
        yield BrokenRule("figures_agree", f, f, "in both tables", sentence)
    for f in [f for f in claim.groups if f in rows]:
        members = claim.groups[f]
        expected: dict[str, float | str] = {
            "icbs": " ".join(sorted(members)),
            "members": len(members),
            "population": sum(facts.residents.get(i, 0.0) for i in members),
            "lead": claim.lead(f),
            "mode": mode_of(facts, scenario, members, claim.lead(f)),
        }
        for column, value in expected.items():
            stated = rows[f][column]
            said = " ".join(sorted(str(stated).split())) if column == "icbs" else stated
            if said != value:
                sentence = (
                    f"{f}: the plan states {column} {stated}; from the dataset it is {value}."
                )
                yield BrokenRule("figures_agree", f"{f}, {column}", str(stated), value, sentence)
