"""The objective's terms, added up again from the dataset."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import combinations

import pandas as pd

from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.proof.referee.facts import Claim, Facts
from optimiser.proof.referee.service_rules import FOOTPRINT, ICB, NATIONAL, list_local
from optimiser.proof.referee.verdict import SOLVED, BrokenRule

UNITS = {
    "leakage": "£m",
    "volatility": "£m",
    "national": "£m of benefit forgone",
    "individual": "£m",
    "committee_cost": "footprints",
    "governance": "pairs of members",
    "travel": "million person-minutes",
    "disruption": "share of pairs of residents",
    "allocation": "£m shifted",
}


def score_claim(facts: Facts, scenario: Scenario, claim: Claim) -> pd.DataFrame:
    """The terms of a plan: term, weight, measure, unit, cost_m."""
    measures = {
        "leakage": sum(facts.leakage_m(s, holder) for s, _, holder in list_local(facts, claim)),
        "volatility": _volatility(facts, scenario, claim),
        "national": _spend_at(facts, claim, NATIONAL, by_benefit),
        "individual": _spend_at(facts, claim, ICB, by_pound),
        "committee_cost": float(len(claim.groups)),
        "governance": float(sum(math.comb(len(m), 2) for m in claim.groups.values())),
        "travel": _travel(facts, claim),
        "disruption": _disruption(facts, claim),
        "allocation": _allocation(facts, claim),
    }
    weights = _weights(scenario)
    return pd.DataFrame(
        {
            "term": term,
            "weight": weights[term],
            "measure": measure,
            "unit": UNITS[term],
            "cost_m": weights[term] * measure if weights[term] else 0.0,
        }
        for term, measure in measures.items()
    )


def _weights(scenario: Scenario) -> dict[str, float]:
    objective = scenario.objective
    named = {"committee_cost": "committee_cost_m", "governance": "governance_cost_m"}
    return {term: float(getattr(objective, named.get(term, term))) for term in UNITS}


Worth = Callable[[Facts, str], float]
"""What a £ of a service counts for."""


def by_benefit(facts: Facts, service: str) -> float:
    """Worth of commissioning a service locally, per £."""
    return float(facts.services[service]["integration_benefit"])


def by_pound(facts: Facts, service: str) -> float:
    """Each £ counts once, whatever the service."""
    return 1.0


def _spend_at(facts: Facts, claim: Claim, level: str, worth: Worth) -> float:
    return float(
        sum(
            worth(facts, s) * facts.spend_m(s, claim.groups[f])
            for (s, f), given in claim.levels.items()
            if given[0] == level and s in facts.services and f in claim.groups
        )
    )


def _volatility(facts: Facts, scenario: Scenario, claim: Claim) -> float:
    """Sum of standard deviations where held; pooled: one root of summed squares for a footprint."""
    alone, pooled = 0.0, dict.fromkeys(claim.groups, 0.0)
    for s, f, holder in list_local(facts, claim):
        sd_m = facts.sd_m(s, holder)
        if scenario.services.risk == "pooled" and claim.level(s, f) == FOOTPRINT:
            pooled[f] += sd_m**2
        else:
            alone += sd_m
    return alone + sum(math.sqrt(variance) for variance in pooled.values())


def _travel(facts: Facts, claim: Claim) -> float:
    if not facts.minutes:
        return 0.0
    return sum(
        facts.residents.get(i, 0.0) / 1e6 * facts.minutes.get((i, claim.lead(f)), math.nan)
        for f, members in claim.groups.items()
        for i in members
    )


def _disruption(facts: Facts, claim: Claim) -> float:
    """Share of pairs of residents of different ICBs that are joined or parted."""
    if not facts.baseline:
        return 0.0
    home = {i: f for f, members in claim.groups.items() for i in members}
    changed = everything = 0.0
    for i, j in combinations(facts.icbs, 2):
        pairs = facts.residents[i] * facts.residents[j]
        everything += pairs
        were = facts.baseline.get(i) == facts.baseline.get(j)
        if were != (home.get(i) == home.get(j)):
            changed += pairs
    return changed / everything if everything else 0.0


def _allocation(facts: Facts, claim: Claim) -> float:
    return sum(
        abs(sum(facts.shift_m.get(i, 0.0) for i in members)) for members in claim.groups.values()
    )


def check_terms(facts: Facts, scenario: Scenario, claim: Claim, plan: Plan) -> Iterator[BrokenRule]:
    """The plan's terms and objective are what the dataset gives."""
    mine = score_claim(facts, scenario, claim)
    stated = plan.terms.set_index("term")
    for row in mine.to_dict("records"):
        term = str(row["term"])
        if term not in stated.index:
            sentence = (
                f"The plan does not state the term {term}, which comes to {row['cost_m']} £m."
            )
            yield BrokenRule("terms_agree", term, "missing", float(row["cost_m"]), sentence)
            continue
        # A measure that weighs nothing need not be stated.
        for column in ("weight", "cost_m", *(("measure",) if row["weight"] else ())):
            yield from _compare(f"{term}, {column}", float(stated[column][term]), row[column])
    for term in sorted(set(stated.index) - set(mine["term"])):
        sentence = f"The plan states a term {term}, which the scenario does not have."
        yield BrokenRule("terms_agree", term, term, "a term of the objective", sentence)
    yield from _compare("objective", plan.outcome.objective, float(mine["cost_m"].sum()))


def _compare(where: str, stated: float, measured: float) -> Iterator[BrokenRule]:
    if not math.isclose(stated, measured, rel_tol=SOLVED, abs_tol=SOLVED):
        sentence = f"The plan states {where} {stated:.9g}; added up again it is {measured:.9g}."
        yield BrokenRule("terms_agree", where, stated, measured, sentence)
