"""Rules of the service levels: what may be held by whom."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.proof.referee.facts import Claim, Facts, mode_of
from optimiser.proof.referee.map_rules import why_national
from optimiser.proof.referee.verdict import SOLVED, BrokenRule, is_above, is_below, tell_beside

NATIONAL, FOOTPRINT, ICB = "national", "footprint", "icb"


def check_levels(facts: Facts, scenario: Scenario, claim: Claim) -> Iterator[BrokenRule]:
    """Each service has one of the open levels in each footprint, one that it may have."""
    for s in facts.services:
        for f in claim.groups:
            given = claim.levels.get((s, f), ())
            if len(given) != 1:
                sentence = f"Service {s} has {len(given)} levels in {f}; it has exactly one."
                yield BrokenRule("one_level_per_service", f"{s} in {f}", len(given), 1, sentence)
                continue
            yield from _check_level(facts, scenario, claim, s, f)
    known = {(s, f) for s in facts.services for f in claim.groups}
    for s, f in sorted(set(claim.levels) - known):
        sentence = f"The plan gives service {s} a level in {f}; one of the two does not exist."
        yield BrokenRule("one_level_per_service", f"{s} in {f}", 1, 0, sentence)


def _check_level(
    facts: Facts, scenario: Scenario, claim: Claim, s: str, f: str
) -> Iterator[BrokenRule]:
    level, where = claim.level(s, f), f"{s} in {f}"
    if level not in scenario.services.levels:
        allowed = ", ".join(scenario.services.levels)
        sentence = f"Service {s} is {level} in {f}; the scenario's levels are {allowed}."
        yield BrokenRule("levels", where, level, allowed, sentence)
    if level == NATIONAL:
        if s in scenario.services.force_local:
            sentence = f"Service {s} is national in {f}; the scenario forces it local."
            yield BrokenRule("force_local", where, level, "local", sentence)
        return
    for rule, reason in why_national(facts, scenario, s).items():
        sentence = f"Service {s} is held locally in {f}; it must be national: {reason}."
        yield BrokenRule(rule, where, level, NATIONAL, sentence)
    members, lead = claim.groups[f], claim.lead(f)
    if level == ICB:
        for i in members:
            yield from _check_holder(facts, scenario, s, facts.said(i), (i,), i)
    else:
        yield from _check_holder(facts, scenario, s, f, members, lead)


def _check_holder(
    facts: Facts, scenario: Scenario, s: str, name: str, members: Collection[str], lead: str
) -> Iterator[BrokenRule]:
    """What a holder, a footprint or one ICB, needs to hold a service."""
    rules, row, where = scenario.services, facts.services[s], f"{s} in {name}"
    mode = mode_of(facts, scenario, members, lead)
    fit = {"delegated", "not_assessed"} | (set() if row["needs_delegation"] else {"joint"})
    if mode not in fit:
        needed = "delegated" if row["needs_delegation"] else "joint"
        sentence = f"{name} is {mode} and holds service {s}, which needs at least {needed}."
        yield BrokenRule("readiness", where, mode, needed, sentence)
    fewest = max(int(row["min_providers"]), rules.min_providers)
    hosted = facts.providers(s, members)
    if hosted < fewest:
        sentence = f"{name} hosts {hosted} providers of service {s}; at least {fewest} are needed."
        yield BrokenRule("min_providers", where, hosted, fewest, sentence)
    least = max(float(row["min_patients"]), rules.min_patients)
    patients = facts.patients(s, members)
    if is_below(patients, least):
        sentence = (
            f"{name} expects {patients:.1f} patients a year of service {s}; "
            f"at least {least:g} are needed."
        )
        yield BrokenRule("min_patients", where, patients, least, sentence)
    yield from _check_volatility(facts, scenario, s, name, members)


def _check_volatility(
    facts: Facts, scenario: Scenario, s: str, name: str, members: Collection[str]
) -> Iterator[BrokenRule]:
    own = float(facts.services[s]["max_cv"])
    ceiling = min(scenario.services.max_cv, math.inf if math.isnan(own) else own)
    if math.isinf(ceiling):
        return
    spend_m = facts.spend_m(s, members)
    cv = facts.sd_m(s, members) / spend_m if spend_m else math.inf
    if is_above(cv, ceiling):
        sentence = (
            f"{name}: a year's spend on service {s} varies by {cv:.3f} of its mean; "
            f"at most {ceiling:g} is allowed."
        )
        yield BrokenRule("max_cv", f"{s} in {name}", cv, ceiling, sentence)


def check_pairs(facts: Facts, claim: Claim) -> Iterator[BrokenRule]:
    """Services that move together have the same level in each footprint."""
    for s, row in facts.services.items():
        other = row["moves_with"]
        for f in claim.groups if other else ():
            one, two = claim.level(s, f), claim.level(other, f)
            if one != two:
                sentence = f"In {f} service {s} is {one} and {other} is {two}; they move together."
                yield BrokenRule("moves_with", f"{s} in {f}", one, two, sentence)


def check_portfolio(facts: Facts, scenario: Scenario, claim: Claim) -> Iterator[BrokenRule]:
    """Under a uniform portfolio each service has one level for all England."""
    if scenario.services.portfolio != "uniform":
        return
    for s in facts.services:
        levels = sorted({claim.level(s, f) for f in claim.groups})
        if len(levels) > 1:
            said = ", ".join(levels)
            sentence = f"Service {s} is {said} in different footprints; the portfolio is uniform."
            yield BrokenRule("portfolio", s, said, "one level", sentence)


def check_totals(facts: Facts, scenario: Scenario, claim: Claim) -> Iterator[BrokenRule]:
    """Floors and ceilings on sums over all footprints."""
    rules, local = scenario.services, list_local(facts, claim)
    people = sum(facts.residents.values())
    share = {
        f: sum(facts.residents.get(i, 0.0) for i in members) / people
        for f, members in claim.groups.items()
    }
    spend_m = sum(facts.spend_m(s, holder) for s, _, holder in local)
    services = sum(share[f] for _, f in {(s, f) for s, f, _ in local})
    leakage_m = sum(facts.leakage_m(s, holder) for s, _, holder in local)
    volatility_m = sum(facts.sd_m(s, holder) for s, _, holder in local)
    for name, value, least, most, unit in (
        ("local_spend_m", spend_m, rules.min_local_spend_m, rules.max_local_spend_m, "£m local"),
        (
            "local_services",
            services,
            rules.min_local_services,
            rules.max_local_services,
            "services local in the mean",
        ),
        ("leakage_m", leakage_m, 0.0, rules.max_leakage_m, "£m leaking"),
        ("volatility_m", volatility_m, 0.0, rules.max_volatility_m, "£m of volatility"),
    ):
        if is_below(value, least, SOLVED):
            sentence = (
                f"The plan has {tell_beside(value, least)} {unit}; at least {least:g} is needed."
            )
            yield BrokenRule(f"min_{name}", "England", value, least, sentence)
        if is_above(value, most, SOLVED):
            sentence = (
                f"The plan has {tell_beside(value, most)} {unit}; at most {most:g} is allowed."
            )
            yield BrokenRule(f"max_{name}", "England", value, most, sentence)


def list_local(facts: Facts, claim: Claim) -> list[tuple[str, str, tuple[str, ...]]]:
    """(service, footprint, holder) for each body that holds a service: a footprint or one ICB."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for (s, f), given in claim.levels.items():
        if s not in facts.services or f not in claim.groups:
            continue
        if given[0] == FOOTPRINT:
            found.append((s, f, claim.groups[f]))
        if given[0] == ICB:
            found += [(s, f, (i,)) for i in claim.groups[f]]
    return found


def check_service_figures(facts: Facts, claim: Claim, plan: Plan) -> Iterator[BrokenRule]:
    """Spend, providers and patients in the plan's table of services are those of the dataset."""
    rows = plan.services
    for column in ("spend_m", "providers", "patients"):
        for s, f, stated in zip(rows["service"], rows["footprint"], rows[column], strict=True):
            if s not in facts.services or f not in claim.groups or stated != stated:
                continue
            members = claim.groups[f]
            measured = {
                "spend_m": facts.spend_m,
                "providers": facts.providers,
                "patients": facts.patients,
            }[column](s, members)
            if not math.isclose(stated, measured, rel_tol=SOLVED, abs_tol=SOLVED):
                sentence = f"{s} in {f}: the plan states {column} {stated}; it is {measured}."
                yield BrokenRule("figures_agree", f"{s} in {f}", stated, measured, sentence)
