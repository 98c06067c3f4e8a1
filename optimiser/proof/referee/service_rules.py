"""Rules of the service levels: what may be held by whom."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator

from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.proof.referee.facts import Claim, Facts, mode_of
from optimiser.proof.referee.map_rules import why_national
from optimiser.proof.referee.verdict import SOLVED, BrokenRule, is_above, is_below, tell_beside

NATIONAL, FOOTPRINT, ICB, COLLABORATIVE = "national", "footprint", "icb", "collaborative"


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
        if is_forced_local(facts, scenario, s):
            sentence = f"Service {s} is national in {f}; the scenario forces it local."
            yield BrokenRule("force_local", where, level, "local", sentence)
        return
    for rule, reason in why_national(facts, scenario, s).items():
        sentence = f"Service {s} is held locally in {f}; it must be national: {reason}."
        yield BrokenRule(rule, where, level, NATIONAL, sentence)
    members, lead = claim.groups[f], claim.lead(f)
    if level == COLLABORATIVE:
        yield from _check_collaborative(facts, scenario, s, f, members)
    elif level == ICB:
        for i in list_single(facts, scenario, claim, s, f):
            yield from _check_holder(facts, scenario, s, facts.said(i), (i,), i)
    else:
        yield from _check_holder(facts, scenario, s, f, members, lead)


def is_forced_local(facts: Facts, scenario: Scenario, service: str) -> bool:
    """Whether a service may not be national; ``"all"`` are those that may go local."""
    if scenario.services.force_local == "all":
        group = list_group(facts, service)
        return not any(why_national(facts, scenario, s) for s in group)
    return service in scenario.services.force_local


def list_group(facts: Facts, service: str) -> tuple[str, ...]:
    """The services that move together with a service, itself among them."""
    found, before = {service}, 0
    while len(found) > before:
        before = len(found)
        found |= {other for s in found if (other := facts.services[s]["moves_with"])}
        found |= {s for s in _moving(facts) if facts.services[s]["moves_with"] in found}
    return tuple(s for s in facts.services if s in found) if len(found) > 1 else (service,)


def _moving(facts: Facts) -> list[str]:
    key = ("moving",)
    if key not in facts.kept:
        facts.kept[key] = [s for s, row in facts.services.items() if row["moves_with"]]
    found: list[str] = facts.kept[key]
    return found


def list_single(
    facts: Facts, scenario: Scenario, claim: Claim, service: str, footprint: str
) -> tuple[str, ...]:
    """ICBs of a footprint that hold a service alone, at level ``icb``.

    Those that the plan names, where it does. Else all, if it is forced local; else those that may, and
    for whom it is cheaper than to leave it to England.
    """
    if claim.single is not None:
        return claim.single.get((service, footprint), ())
    group = list_group(facts, service)
    members = claim.groups[footprint]
    if any(is_forced_local(facts, scenario, s) for s in group):
        return tuple(members)
    return tuple(i for i in members if _holds_alone(facts, scenario, group, i))


def _holds_alone(facts: Facts, scenario: Scenario, group: Collection[str], icb: str) -> bool:
    key = ("alone", icb, *group)
    if key not in facts.kept:
        facts.kept[key] = _is_cheaper_alone(facts, scenario, group, icb)
    return bool(facts.kept[key])


def _is_cheaper_alone(facts: Facts, scenario: Scenario, group: Collection[str], icb: str) -> bool:
    if any(_check_single(facts, scenario, s, icb) for s in group):
        return False
    own = sum(charge_m(facts, scenario, s, ICB, (icb,)) for s in group)
    england = sum(charge_m(facts, scenario, s, NATIONAL, (icb,)) for s in group)
    return own < england - 1e-12 * max(abs(own), abs(england))


def _check_single(facts: Facts, scenario: Scenario, service: str, icb: str) -> bool:
    """Whether one ICB may not hold a service alone."""
    broken = _check_holder(facts, scenario, service, icb, (icb,), icb)
    return bool(why_national(facts, scenario, service)) or any(broken)


def _check_collaborative(
    facts: Facts, scenario: Scenario, s: str, f: str, members: Collection[str]
) -> Iterator[BrokenRule]:
    """A lead provider holds only what is in a provider collaborative; no ICB need be ready for it."""
    if not facts.services[s]["collaborative"]:
        sentence = (
            f"A lead provider holds service {s} in {f}, which is in no provider collaborative."
        )
        yield BrokenRule("collaborative", f"{s} in {f}", COLLABORATIVE, "marked", sentence)
    yield from _check_size(facts, scenario, s, f, members)


def _check_holder(
    facts: Facts, scenario: Scenario, s: str, name: str, members: Collection[str], lead: str
) -> Iterator[BrokenRule]:
    """What a holder, a footprint or one ICB, needs to hold a service."""
    row, where = facts.services[s], f"{s} in {name}"
    mode = mode_of(facts, scenario, members, lead)
    fit = {"delegated", "not_assessed"} | (set() if row["needs_delegation"] else {"joint"})
    if mode not in fit and scenario.readiness.required:
        needed = "delegated" if row["needs_delegation"] else "joint"
        sentence = f"{name} is {mode} and holds service {s}, which needs at least {needed}."
        yield BrokenRule("readiness", where, mode, needed, sentence)
    yield from _check_size(facts, scenario, s, name, members)


def _check_size(
    facts: Facts, scenario: Scenario, s: str, name: str, members: Collection[str]
) -> Iterator[BrokenRule]:
    """Providers, patients and budget that a holder needs, whoever it is."""
    rules, row, where = scenario.services, facts.services[s], f"{s} in {name}"
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
    budget_m = facts.budget_m(members)
    cv = facts.sd_m(members) / budget_m if budget_m else 0.0
    if is_above(cv, ceiling):
        sentence = (
            f"{name}: a year's spend on everything in scope varies by {cv:.3f} of its mean; "
            f"at most {ceiling:g} is allowed where {s} is held."
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
    rules, local = scenario.services, list_local(facts, scenario, claim)
    people = sum(facts.residents.values())
    spend_m = sum(facts.spend_m(s, holder) for s, _, holder in local)
    services = sum(facts.residents[i] / people for _, _, holder in local for i in holder)
    leakage_m = sum(
        facts.leakage_m(s, members) for s in facts.in_scope for members in claim.groups.values()
    )
    volatility_m = measure_terms(facts, scenario, claim)["volatility"]
    for name, value, least, most, unit in (
        ("local_spend_m", spend_m, rules.min_local_spend_m, rules.max_local_spend_m, "£m local"),
        (
            "local_services",
            services,
            rules.min_local_services,
            rules.max_local_services,
            "services local in the mean",
        ),
        ("leakage_m", leakage_m, 0.0, rules.max_leakage_m, "£m treated outside"),
        ("volatility_m", volatility_m, 0.0, rules.max_volatility_m, "£m of standard deviation"),
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


def check_floors(facts: Facts, scenario: Scenario, claim: Claim) -> Iterator[BrokenRule]:
    """Floors on what each footprint, or its members, hold."""
    rules = scenario.services
    local = list_local(facts, scenario, claim)
    for f, members in claim.groups.items():
        own = [(s, holder) for s, g, holder in local if g == f]
        budget_m = facts.budget_m(members)
        held_m = sum(facts.spend_m(s, holder) for s, holder in own)
        people = sum(facts.residents[i] for i in members)
        services = sum(facts.residents[i] / people for _, holder in own for i in holder)
        if is_below(held_m, rules.min_local_share_each * budget_m, SOLVED):
            share = held_m / budget_m
            sentence = (
                f"{f} holds {share:.1%} of what is in scope; "
                f"at least {rules.min_local_share_each:.0%} is needed."
            )
            yield BrokenRule("min_local_share_each", f, share, rules.min_local_share_each, sentence)
        if is_below(services, rules.min_local_services_each, SOLVED):
            least = rules.min_local_services_each
            sentence = f"{f} holds {services:.2f} services; at least {least:g} are needed."
            yield BrokenRule("min_local_services_each", f, services, least, sentence)


def list_local(
    facts: Facts, scenario: Scenario, claim: Claim
) -> list[tuple[str, str, tuple[str, ...]]]:
    """(service, footprint, holder) for each body that holds a service: a footprint or one ICB."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for (s, f), given in claim.levels.items():
        if s not in facts.services or f not in claim.groups:
            continue
        if given[0] in (FOOTPRINT, COLLABORATIVE):
            found.append((s, f, claim.groups[f]))
        if given[0] == ICB:
            found += [(s, f, (i,)) for i in list_single(facts, scenario, claim, s, f)]
    return found


def charge_m(
    facts: Facts, scenario: Scenario, service: str, level: str, members: Collection[str]
) -> float:
    """Weighted sum of what a service's terms come to for some residents at a level, £m-equivalents."""
    weights = scenario.objective
    named = {"holding": weights.holding_cost_m, "lead_provider": weights.lead_provider_cost_m}
    return sum(
        (named[term] if term in named else float(getattr(weights, term))) * amount
        for term, amount in charges(facts, scenario, service, level, members).items()
    )


def charges(
    facts: Facts, scenario: Scenario, service: str, level: str, members: Collection[str]
) -> dict[str, float]:
    """Term to its unweighted measure for one service held at a level for these residents.

    England is charged for them pro rata: it buys outside England, bears their share of its own
    standard deviation, forgoes the whole benefit and runs one team for each service.
    """
    row, everyone = facts.services[service], facts.icbs
    spend_m = facts.spend_m(service, members)
    national = level == NATIONAL
    scope = service in facts.in_scope or not national
    holder = everyone if national else members
    sd_m = facts.sd_m(holder)
    lost = 1.0 if national else scenario.objective.sharing_loss * facts.mixing(members)
    whole_m = facts.spend_m(service, everyone)
    share = (spend_m / whole_m if whole_m else 0.0) if national else 1.0
    led = level == COLLABORATIVE
    today = str(row["current_level"])
    was_local = today in (FOOTPRINT, ICB, COLLABORATIVE)
    return {
        "contracting": _outside_m(facts, service, members, holder) if scope else 0.0,
        "volatility": facts.variance(service, members) / sd_m if scope and sd_m else 0.0,
        "integration": lost * float(row["integration_benefit"]) * spend_m,
        "holding": share if scope and not led else 0.0,
        "lead_provider": 1.0 if led else 0.0,
        "transition_delegate": spend_m if not national and today == NATIONAL else 0.0,
        "transition_clawback": spend_m if national and scope and was_local else 0.0,
    }


def _outside_m(
    facts: Facts, service: str, residents: Collection[str], territory: Collection[str]
) -> float:
    """£m a year that residents spend on a service outside a territory."""
    return sum(
        amount
        for i in residents
        for host, amount in facts.spent_m.get((service, i), {}).items()
        if host not in territory
    )


def measure_terms(facts: Facts, scenario: Scenario, claim: Claim) -> Counter[str]:
    """Term to its unweighted measure over the whole plan, for the terms of levels."""
    total: Counter[str] = Counter()
    for (s, f), given in claim.levels.items():
        if s not in facts.services or f not in claim.groups:
            continue
        members = claim.groups[f]
        single = list_single(facts, scenario, claim, s, f) if given[0] == ICB else ()
        england = [i for i in members if i not in single]
        if given[0] in (FOOTPRINT, COLLABORATIVE):
            total.update(charges(facts, scenario, s, given[0], members))
            continue
        for i in single:
            total.update(charges(facts, scenario, s, ICB, (i,)))
        if england:
            total.update(charges(facts, scenario, s, NATIONAL, england))
    return total


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
