"""The answer by looking at every division of the map and every choice of levels.

What is measured and what is allowed comes from the referee and from plain code here; nothing is
shared with the engine or with the models.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimiser.inputs.dataset import PDAF_DOMAINS, Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.proof.referee import map_rules, service_rules, terms
from optimiser.proof.referee.facts import Claim, Facts, gather_facts

Floats = NDArray[np.float64]
Members = tuple[str, ...]
ME = "the footprint"
ROOM = 1e-7
"""Slack on floors and ceilings across footprints, as a solver has it."""


@dataclass(frozen=True)
class Piece:
    """One possible footprint with every allowed choice of levels.

    Attributes:
        members: its ICBs.
        lead: its lead ICB.
        picks: one row per allowed choice: index of the level of each group of services, (C, G).
        cost_m: cost of each choice, disruption apart, £m, (C,).
        amounts: measure bounded across footprints to its amount under each choice, (C,).
    """

    members: Members
    lead: str
    picks: NDArray[np.int64]
    cost_m: Floats
    amounts: Mapping[str, Floats]


@dataclass(frozen=True)
class Best:
    """The best plan.

    Attributes:
        cost_m: £m a year.
        groups: its footprints.
        claim: the same as the referee reads plans.
        looked_at: divisions of the map that obey the rules of the map.
    """

    cost_m: float
    groups: tuple[Members, ...]
    claim: Claim
    looked_at: int


def find_best(dataset: Dataset, scenario: Scenario) -> Best | None:
    """The best plan of all, or None when there is none.

    Raises:
        AssertionError: the referee finds fault with the plan, or adds it up to something else.
    """
    facts = gather_facts(dataset, scenario)
    bundles = list_bundles(facts)
    pieces = list_pieces(facts, dataset, scenario, bundles)
    found: tuple[float, tuple[Piece, ...], tuple[int, ...]] | None = None
    looked_at = 0
    for parts in sorted(_divisions(facts, pieces), key=lambda parts: _at_least(parts, facts)):
        if not _map_obeys(facts, scenario, parts):
            continue
        looked_at += 1
        if found is not None and _at_least(parts, facts) >= found[0]:
            continue
        settled = _settle(scenario, parts)
        if settled is not None:
            cost = settled[0] + _disruption_m(facts, scenario, parts)
            if found is None or cost < found[0]:
                found = (cost, parts, settled[1])
    if found is None:
        return None
    claim = _claim(scenario, bundles, found[1], found[2])
    _pass_referee(facts, scenario, claim, found[0])
    return Best(found[0], tuple(part.members for part in found[1]), claim, looked_at)


def list_bundles(facts: Facts) -> list[Members]:
    """Services that move together, each bundle once; a service alone is a bundle of one."""
    bundles = [{s} for s in facts.services]
    for s, row in facts.services.items():
        if row["moves_with"]:
            one = next(b for b in bundles if s in b)
            two = next(b for b in bundles if row["moves_with"] in b)
            if one is not two:
                bundles.remove(two)
                one |= two
    return [tuple(s for s in facts.services if s in b) for b in bundles]


def list_pieces(
    facts: Facts, dataset: Dataset, scenario: Scenario, bundles: Sequence[Members]
) -> list[Piece]:
    """Every set of ICBs that obeys the rules of one footprint and has some allowed levels."""
    found = []
    income = hosted_income(dataset)
    for size in range(1, len(facts.icbs) + 1):
        for members in itertools.combinations(facts.icbs, size):
            lead = find_lead(facts, scenario, income, members)
            alone = Claim({ME: members}, {ME: (lead,)}, {})
            if any(map_rules.check_footprint(facts, scenario, alone, ME)):
                continue
            if _splits_a_group(scenario, members):
                continue
            piece = _measure(facts, scenario, bundles, members, lead)
            if len(piece.cost_m):
                found.append(piece)
    return found


def _splits_a_group(scenario: Scenario, members: Members) -> bool:
    """Cheap early cut only: the referee judges every whole division again."""
    rules, inside = scenario.footprints, set(members)
    return any(inside & set(g) and not set(g) <= inside for g in rules.keep_together) or any(
        inside & set(g) and set(g) != inside for g in rules.fixed
    )


def hosted_income(dataset: Dataset) -> dict[str, float]:
    """£m a year that the providers of each ICB are paid."""
    host = dict(zip(dataset.providers["provider"], dataset.providers["icb"], strict=True))
    income: dict[str, float] = {}
    for provider, amount in zip(dataset.flows["provider"], dataset.flows["spend_m"], strict=True):
        income[host[provider]] = income.get(host[provider], 0.0) + float(amount)
    return income


def find_lead(
    facts: Facts, scenario: Scenario, income: Mapping[str, float], members: Members
) -> str:
    """The member with the best lead score (the scenario's description of ``[lead]``)."""
    rules = scenario.lead
    people = sum(facts.residents[i] for i in members)
    hosted = sum(income.get(i, 0.0) for i in members)

    def score(lead: str) -> float:
        total = 1e6 * (lead in rules.fixed)
        if facts.scores is not None:
            marks = [facts.scores.get((lead, domain), 0.0) for domain in PDAF_DOMAINS]
            total += rules.readiness * sum(marks) / len(marks) / 4
        if hosted > 0:
            total += rules.hosting * income.get(lead, 0.0) / hosted
        if facts.minutes:
            journeys = sum(facts.residents[i] * facts.minutes[i, lead] for i in members)
            total += rules.travel * max(0.0, 1 - journeys / people / 120)
        return round(total, 12)

    return max(members, key=score)


def _measure(
    facts: Facts, scenario: Scenario, bundles: Sequence[Members], members: Members, lead: str
) -> Piece:
    levels = scenario.services.levels
    barred = {o: _forbidden(facts, scenario, members, lead, o) for o in levels}
    allowed = [
        [k for k, o in enumerate(levels) if not barred[o] & set(bundle)] for bundle in bundles
    ]
    picks = np.array(list(itertools.product(*allowed)), dtype=np.int64).reshape(-1, len(bundles))
    tables = _tables(facts, scenario, bundles, members)

    def summed(name: str) -> Floats:
        table = tables[name]
        return sum((table[picks[:, g], g] for g in range(len(bundles))), start=np.zeros(len(picks)))

    cost = summed("charges") + _whole_footprint_m(facts, scenario, members, lead)
    leakage = sum(facts.leakage_m(s, members) for s in facts.in_scope)
    amounts = {name: summed(name) for name in ("local_spend", "local_services", "volatility")}
    amounts["leakage"] = np.full(len(picks), leakage)
    enough = _holds_enough(facts, scenario, members, amounts)
    return Piece(
        members,
        lead,
        picks[enough],
        np.asarray(cost)[enough],
        {name: amount[enough] for name, amount in amounts.items()},
    )


def _holds_enough(
    facts: Facts, scenario: Scenario, members: Members, amounts: Mapping[str, Floats]
) -> NDArray[np.bool_]:
    """Choices of levels that meet the floors of each footprint."""
    rules = scenario.services
    share = sum(facts.residents[i] for i in members) / sum(facts.residents.values())
    least_m = rules.min_local_share_each * facts.budget_m(members)
    least = rules.min_local_services_each * share
    return np.asarray(
        (amounts["local_spend"] >= least_m - ROOM) & (amounts["local_services"] >= least - ROOM)
    )


def _forbidden(
    facts: Facts, scenario: Scenario, members: Members, lead: str, level: str
) -> set[str]:
    """Services that the referee would not let have this level here."""
    levels = {(s, ME): (level,) for s in facts.services}
    claim = Claim({ME: members}, {ME: (lead,)}, levels)
    broken = service_rules.check_levels(facts, scenario, claim)
    return {rule.where.split(" in ")[0] for rule in broken}


def _tables(
    facts: Facts, scenario: Scenario, bundles: Sequence[Members], members: Members
) -> dict[str, Floats]:
    """Measure to its amount by level and bundle, (O, G); all the referee's own figures."""
    levels = scenario.services.levels
    people = sum(facts.residents.values())
    names = ("charges", "volatility", "local_spend", "local_services")
    tables = {name: np.zeros((len(levels), len(bundles))) for name in names}
    for g, bundle in enumerate(bundles):
        for k, level in enumerate(levels):
            for s in bundle:
                for holder, residents in _who_holds(facts, scenario, members, s, level):
                    charges = service_rules.charges(facts, scenario, s, holder, residents)
                    tables["volatility"][k, g] += charges["volatility"]
                    tables["charges"][k, g] += service_rules.charge_m(
                        facts, scenario, s, holder, residents
                    )
                    if holder != "national":
                        tables["local_spend"][k, g] += facts.spend_m(s, residents)
                        share = sum(facts.residents[i] for i in residents) / people
                        tables["local_services"][k, g] += share
    return tables


def _who_holds(
    facts: Facts, scenario: Scenario, members: Members, service: str, level: str
) -> list[tuple[str, Members]]:
    """Level of each holder of a service and the residents it holds for."""
    if level != "icb":
        return [(level, members)]
    claim = Claim({ME: members}, {ME: (members[0],)}, {})
    single = service_rules.list_single(facts, scenario, claim, service, ME)
    return [("icb" if i in single else "national", (i,)) for i in members]


def _whole_footprint_m(facts: Facts, scenario: Scenario, members: Members, lead: str) -> float:
    """Terms that no level changes, added up by the referee; disruption needs the whole map."""
    claim = Claim({ME: members}, {ME: (lead,)}, {})
    table = terms.score_claim(replace(facts, baseline={}), scenario, claim)
    return float(table["cost_m"].sum())


def _divisions(facts: Facts, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, ...]]:
    """Every way to divide the map into pieces."""
    starting: dict[str, list[Piece]] = {}
    for piece in pieces:
        starting.setdefault(piece.members[0], []).append(piece)

    def divide(left: Members) -> Iterator[tuple[Piece, ...]]:
        if not left:
            yield ()
            return
        free = set(left)
        for piece in starting.get(left[0], []):
            if free.issuperset(piece.members):
                rest = tuple(i for i in left if i not in piece.members)
                for others in divide(rest):
                    yield (piece, *others)

    return divide(facts.icbs)


def _at_least(parts: Sequence[Piece], facts: Facts) -> float:
    return float(sum(part.cost_m.min() for part in parts))


def _map_obeys(facts: Facts, scenario: Scenario, parts: Sequence[Piece]) -> bool:
    groups = {str(k): part.members for k, part in enumerate(parts)}
    claim = Claim(groups, {str(k): (part.lead,) for k, part in enumerate(parts)}, {})
    return not (
        any(map_rules.check_cover(facts, claim))
        or any(map_rules.check_count(scenario, claim))
        or any(map_rules.check_groups(facts, scenario, claim))
        or any(map_rules.check_moves(facts, scenario, claim))
    )


def _limits(scenario: Scenario) -> dict[str, tuple[float, float]]:
    rules = scenario.services
    every = {
        "local_spend": (rules.min_local_spend_m, rules.max_local_spend_m),
        "local_services": (rules.min_local_services, rules.max_local_services),
        "leakage": (0.0, rules.max_leakage_m),
        "volatility": (0.0, rules.max_volatility_m),
    }
    return {k: (low, high) for k, (low, high) in every.items() if low > 0 or math.isfinite(high)}


def _settle(scenario: Scenario, parts: Sequence[Piece]) -> tuple[float, tuple[int, ...]] | None:
    """The cheapest choices of all parts together, and which of each part's choices they are."""
    limits = _limits(scenario)
    if scenario.services.portfolio == "uniform":
        return _settle_alike(parts, limits)
    if not limits:
        best = [int(part.cost_m.argmin()) for part in parts]
        cost = sum(float(part.cost_m[k]) for part, k in zip(parts, best, strict=True))
        return cost, tuple(best)
    costs: Floats = np.zeros(1)
    amounts: dict[str, Floats] = {name: np.zeros(1) for name in limits}
    for part in parts:
        costs = np.add.outer(costs, part.cost_m)
        amounts = {name: np.add.outer(amounts[name], part.amounts[name]) for name in limits}
    found = _cheapest_within(costs, amounts, limits)
    return None if found is None else (float(costs[found]), tuple(int(k) for k in found[1:]))


def _cheapest_within(
    cost: Floats, amounts: Mapping[str, Floats], limits: Mapping[str, tuple[float, float]]
) -> tuple[np.intp, ...] | None:
    fits = np.ones(cost.shape, dtype=bool)
    for name, (low, high) in limits.items():
        fits &= (amounts[name] >= low - ROOM) & (amounts[name] <= high + ROOM)
    if not fits.any():
        return None
    return np.unravel_index(int(np.where(fits, cost, np.inf).argmin()), cost.shape)


def _settle_alike(
    parts: Sequence[Piece], limits: Mapping[str, tuple[float, float]]
) -> tuple[float, tuple[int, ...]] | None:
    """One choice for all parts: those that every part allows."""
    places = [{tuple(pick): k for k, pick in enumerate(part.picks.tolist())} for part in parts]
    common = [pick for pick in places[0] if all(pick in place for place in places)]
    if not common:
        return None
    rows = np.array([[place[pick] for pick in common] for place in places])
    cost = np.sum([part.cost_m[row] for part, row in zip(parts, rows, strict=True)], axis=0)
    amounts = {
        name: np.sum(
            [part.amounts[name][row] for part, row in zip(parts, rows, strict=True)], axis=0
        )
        for name in limits
    }
    best = _cheapest_within(cost, amounts, limits)
    return None if best is None else (float(cost[best]), tuple(rows[:, best[0]].tolist()))


def _disruption_m(facts: Facts, scenario: Scenario, parts: Sequence[Piece]) -> float:
    if not scenario.objective.disruption:
        return 0.0
    groups = {str(k): part.members for k, part in enumerate(parts)}
    claim = Claim(groups, {str(k): (part.lead,) for k, part in enumerate(parts)}, {})
    table = terms.score_claim(facts, scenario, claim).set_index("term")
    return float(table["cost_m"]["disruption"])


def _claim(
    scenario: Scenario,
    bundles: Sequence[Members],
    parts: Sequence[Piece],
    choices: Sequence[int],
) -> Claim:
    names = [str(k) for k in range(len(parts))]
    levels = scenario.services.levels
    return Claim(
        groups={f: part.members for f, part in zip(names, parts, strict=True)},
        leads={f: (part.lead,) for f, part in zip(names, parts, strict=True)},
        levels={
            (s, f): (levels[part.picks[k, g]],)
            for f, part, k in zip(names, parts, choices, strict=True)
            for g, bundle in enumerate(bundles)
            for s in bundle
        },
    )


def _pass_referee(facts: Facts, scenario: Scenario, claim: Claim, cost_m: float) -> None:
    broken = [
        *map_rules.check_cover(facts, claim),
        *map_rules.check_count(scenario, claim),
        *(r for f in claim.groups for r in map_rules.check_footprint(facts, scenario, claim, f)),
        *map_rules.check_groups(facts, scenario, claim),
        *map_rules.check_moves(facts, scenario, claim),
        *service_rules.check_levels(facts, scenario, claim),
        *service_rules.check_pairs(facts, claim),
        *service_rules.check_portfolio(facts, scenario, claim),
        *service_rules.check_totals(facts, scenario, claim),
        *service_rules.check_floors(facts, scenario, claim),
    ]
    assert not broken, broken
    scored = float(terms.score_claim(facts, scenario, claim)["cost_m"].sum())
    assert math.isclose(scored, cost_m, rel_tol=1e-9, abs_tol=1e-9), (scored, cost_m)
