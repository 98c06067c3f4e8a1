"""The second opinion: the same question put to the compact assignment model, candidates unlisted.

It reads the arrays of the raw network and never the candidates, their measures or their prices. It
knows linear terms only, so much of a scenario is beyond it; what is beyond it is refused by name.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from models.inputs import AssignmentInputs, Decision
from optimiser.arrays import Ints
from optimiser.engine.highs.adapter import Highs, Result, solve_pyomo
from optimiser.engine.relaxation.master import bounded_measures
from optimiser.errors import NoPlanError, StoppedWithoutPlanError, UnsupportedError
from optimiser.footprints.costs import measure_barred
from optimiser.footprints.levels import COLLABORATIVE, TERMS, measure_holders, term_weight
from optimiser.footprints.system import System

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SecondOpinion:
    """What the compact model found, and why it stopped.

    Attributes:
        decision: the best plan found, or None.
        result: what HiGHS said: reason, objective and bound, £m a year.
    """

    decision: Decision | None
    result: Result


def solve_compact(system: System, highs: Highs, seconds: float = math.inf) -> Decision:
    """The best plan by the compact model, proven.

    Raises:
        UnsupportedError: the scenario asks for what the compact model can't express.
        NoPlanError: proven that no plan exists.
        StoppedWithoutPlanError: the time came before the proof.
    """
    opinion = ask_compact(system, highs, seconds)
    if opinion.result.reason == "infeasible":
        raise NoPlanError("No plan exists: the compact model has no solution.")
    if opinion.decision is None or opinion.result.reason != "optimal":
        raise StoppedWithoutPlanError("The time limit came before the compact model was proven.")
    return opinion.decision


def ask_compact(system: System, highs: Highs, seconds: float = math.inf) -> SecondOpinion:
    """The best plan the compact model finds within the time, with its bound.

    Raises:
        UnsupportedError: the scenario asks for what the compact model can't express.
    """
    from models.assignment import build_assignment
    from models.solution import read_assignment

    inputs = build_assignment_inputs(system)
    model = build_assignment(inputs)
    result = solve_pyomo(highs, model, seconds)
    decision = None if result.values is None else read_assignment(model, inputs)
    return SecondOpinion(decision, result)


def build_assignment_inputs(system: System) -> AssignmentInputs:
    """The compact model's inputs from the arrays.

    Regions, whole footprints that are given and ICBs fixed as leads become pairs kept together or
    apart; services that are national whatever the footprint become a constant.

    Raises:
        UnsupportedError: with every part of the scenario that the compact model can't express.
    """
    _refuse_beyond(system)
    rules, weights = system.scenario.footprints, system.scenario.objective
    arrays, icbs = system.services, system.icbs
    free = np.flatnonzero(arrays.barred == "")
    codes = tuple(arrays.codes[s] for s in free)
    fewest, most = rules.count_window
    return AssignmentInputs(
        icbs=icbs,
        links=_links(system),
        population=dict(zip(icbs, system.window_population.tolist(), strict=True)),
        population_window=(rules.population_m[0] * 1e6, rules.population_m[1] * 1e6),
        members_window=rules.members,
        count=(fewest, min(most, system.size)),
        services=codes,
        flow_m=_flows(system, free),
        hosted=_hosted(system, free),
        scope_flow_m=_scope_flows(system),
        min_providers=dict(zip(codes, arrays.min_providers[free].tolist(), strict=True)),
        min_spend_m={arrays.codes[s]: _least_spend(system, int(s)) for s in free},
        lead_min_spend_m=_lead_min_spend(system, free),
        apart_m=_by_icb(system, free, held=False),
        held_m=_by_icb(system, free, held=True),
        always_m=_always(system),
        weight_leakage=weights.leakage,
        weight_contracting=weights.contracting,
        holding_cost_m=weights.holding_cost_m,
        lead_provider_cost_m=weights.lead_provider_cost_m,
        committee_cost_m=weights.committee_cost_m,
        governance_cost_m=weights.governance_cost_m,
        stand_alone=rules.stand_alone,
        keep_together=_kept_together(system),
        keep_apart=_kept_apart(system),
    )


def _refuse_beyond(system: System) -> None:
    beyond = list(list_beyond(system))
    if beyond:
        raise UnsupportedError(
            "The compact model can't express this scenario: " + "; ".join(beyond) + "."
        )


def _hosted(system: System, services: Ints) -> dict[tuple[str, str], int]:
    """Providers by service and host."""
    hosted, codes = system.services.hosted, system.services.codes
    return {
        (codes[s], system.icbs[j]): int(hosted[s, j])
        for s in services
        for j in np.flatnonzero(hosted[s])
    }


def _always(system: System) -> dict[str, float]:
    """What every plan pays of each term, £m: for services that none may move."""
    return {
        term: term_weight(system, term) * float(amount.sum())
        for term, amount in measure_barred(system).items()
    }


def list_beyond(system: System) -> Iterator[str]:
    """What the scenario asks for that the compact model can't express, in its settings' words."""
    scenario, services = system.scenario, system.services
    rules, weights = scenario.footprints, scenario.objective
    for term in ("volatility", "disruption", "allocation"):
        if getattr(weights, term):
            yield f"objective.{term} is above 0 (the term is not a sum over pairs of ICBs)"
    if weights.integration and weights.sharing_loss:
        yield "objective.sharing_loss is above 0 (how mixed a footprint is, is no sum over pairs)"
    if np.isfinite(services.max_cv).any():
        yield "max_cv is set (relative volatility is no sum over ICBs)"
    if scenario.services.min_local_share_each or scenario.services.min_local_services_each:
        yield "each footprint has a floor on what it holds"
    if "footprint" not in scenario.services.levels:
        yield "services.levels leaves footprint out"
    if scenario.services.portfolio == "uniform":
        yield 'services.portfolio is "uniform"'
    if rules.max_moved is not None:
        yield "footprints.max_moved is set"
    if rules.spend_m != (0.0, math.inf):
        yield "footprints.spend_m is set"
    if rules.min_shared_border:
        yield "footprints.min_shared_border is set"
    if math.isfinite(rules.max_income_at_risk):
        yield "footprints.max_income_at_risk is set"
    if math.isfinite(rules.max_first_year_change):
        yield "footprints.max_first_year_change is set"
    if math.isfinite(rules.max_travel_minutes):
        yield "footprints.max_travel_minutes is set"
    for total in bounded_measures(scenario.services):
        yield f"there is a floor or ceiling on {total.name} across footprints"
    free = services.barred == ""
    if scenario.readiness.required and _reach(system, False) != "all":
        yield "some footprint may not be ready for a joint committee"
    if scenario.services.force_local:
        yield "services.force_local is set"
    if len(np.unique(services.group[free])) < int(free.sum()):
        yield "some services move together"
    if any(
        _reach(system, bool(need)) == "some" for need in np.unique(services.needs_delegation[free])
    ):
        yield "readiness differs between ICBs on two sides of a threshold"


def _reach(system: System, delegation: bool) -> str:
    """Whether "all", "none" or only "some" footprints can be ready enough to hold a service.

    Each domain's score of a footprint lies between its lowest and its highest member, however the
    members are taken together.
    """
    if system.readiness is None or not system.scenario.readiness.required:
        return "all"
    score = system.readiness + 1e-9
    levels = [system.delegated] if delegation else [system.delegated, system.joint]
    if any(bool((score >= level).all()) for level in levels):
        return "all"
    if all(bool((score < level).all(axis=0).any()) for level in levels):
        return "none"
    return "some"


def _least_spend(system: System, service: int) -> float:
    if _reach(system, bool(system.services.needs_delegation[service])) == "none":
        return math.inf
    return float(system.services.min_spend_m[service])


def _lead_min_spend(system: System, free: Ints) -> dict[str, float]:
    """Least spend at which a lead provider may hold each service of a collaborative."""
    if COLLABORATIVE not in system.scenario.services.levels:
        return {}
    arrays = system.services
    return {arrays.codes[s]: float(arrays.min_spend_m[s]) for s in free if arrays.collaborative[s]}


def _links(system: System) -> Pairs:
    return tuple(
        (system.icbs[i], system.icbs[j])
        for i, j in combinations(range(system.size), 2)
        if int(system.neighbours[i]) >> j & 1
    )


def _flows(system: System, services: Ints) -> dict[tuple[str, str, str], float]:
    """£m by service, residence and host; what no ICB of the map hosts goes to ``""``."""
    found: dict[tuple[str, str, str], float] = {}
    for s in services:
        code = system.services.codes[s]
        within = system.services.within_m[s]
        for i, j in np.argwhere(within > 0):
            found[code, system.icbs[i], system.icbs[j]] = float(within[i, j])
        outside = system.services.spend_m[s] - within.sum(axis=1)
        for i in np.flatnonzero(outside > 1e-12):
            found[code, system.icbs[i], ""] = float(outside[i])
    return found


def _scope_flows(system: System) -> dict[tuple[str, str], float]:
    """£m a year in scope by residence and host; what no ICB of the map hosts goes to ``""``."""
    within = system.services.within_m[system.services.in_scope].sum(axis=0)
    found = {
        (system.icbs[i], system.icbs[j]): float(within[i, j]) for i, j in np.argwhere(within > 0)
    }
    outside = system.scope_spend_m - within.sum(axis=1)
    found |= {(system.icbs[i], ""): float(outside[i]) for i in np.flatnonzero(outside > 1e-12)}
    return found


def _by_icb(system: System, services: Ints, held: bool) -> dict[str, dict[tuple[str, str], float]]:
    """Term to (service, ICB) to its weighted amount, £m: held by a footprint, or by none."""
    arrays = system.services
    holders = measure_holders(system, services)
    alone = "icb" in system.scenario.services.levels
    found = {}
    for term in TERMS:
        if held:
            moved = arrays.national_today[services][:, None] & (term == "transition_delegate")
            amounts = np.where(moved, arrays.spend_m[services], 0.0)
        else:
            amounts = holders.mixed(term) if alone else holders.england[term]
        weighted = term_weight(system, term) * amounts
        found[term] = {
            (arrays.codes[s], icb): float(weighted[k, i])
            for k, s in enumerate(services)
            for i, icb in enumerate(system.icbs)
            if weighted[k, i]
        }
    return found


def _kept_together(system: System) -> Pairs:
    rules = system.scenario.footprints
    groups = (*rules.keep_together, *rules.fixed)
    return tuple(pair for group in groups for pair in combinations(group, 2))


def _kept_apart(system: System) -> Pairs:
    rules, icbs = system.scenario.footprints, system.icbs
    groups = (*rules.keep_apart, system.scenario.lead.fixed)
    pairs = [pair for group in groups for pair in combinations(group, 2)]
    pairs += [(i, j) for group in rules.fixed for i in group for j in icbs if j not in group]
    if rules.within_regions:
        pairs += [
            (icbs[i], icbs[j])
            for i, j in combinations(range(system.size), 2)
            if system.region[i] != system.region[j]
        ]
    return tuple(pairs)
