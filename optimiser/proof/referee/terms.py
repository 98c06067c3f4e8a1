"""The objective's terms, added up again from the dataset."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.proof.referee.facts import Claim, Facts
from optimiser.proof.referee.service_rules import measure_terms
from optimiser.proof.referee.verdict import SOLVED, BrokenRule

UNITS = {
    "leakage": "£m in scope treated outside the footprint",
    "contracting": "£m bought outside the holder's territory",
    "volatility": "£m of standard deviation",
    "integration": "£m of benefit forgone",
    "holding": "services held",
    "lead_provider": "services held by lead providers",
    "committee_cost": "footprints",
    "governance": "pairs of members",
    "transition_delegate": "£m",
    "transition_clawback": "£m",
    "disruption": "share of pairs of residents",
    "allocation": "£m shifted",
}
OF_LEVELS = (
    "contracting",
    "volatility",
    "integration",
    "holding",
    "lead_provider",
    "transition_delegate",
    "transition_clawback",
)


def score_claim(facts: Facts, scenario: Scenario, claim: Claim) -> pd.DataFrame:
    """The terms of a plan: term, weight, measure, unit, cost_m."""
    of_levels = measure_terms(facts, scenario, claim)
    measures = {
        "leakage": sum(
            facts.leakage_m(s, members) for s in facts.in_scope for members in claim.groups.values()
        ),
        **{term: of_levels[term] for term in OF_LEVELS},
        "committee_cost": float(len(claim.groups)),
        "governance": float(sum(math.comb(len(m), 2) for m in claim.groups.values())),
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
        for term, measure in ((term, measures[term]) for term in UNITS)
    )


def _weights(scenario: Scenario) -> dict[str, float]:
    objective = scenario.objective
    named = {
        "committee_cost": "committee_cost_m",
        "governance": "governance_cost_m",
        "holding": "holding_cost_m",
        "lead_provider": "lead_provider_cost_m",
    }
    return {term: float(getattr(objective, named.get(term, term))) for term in UNITS}


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
        if term not in stated.index and not row["measure"]:
            continue  # a run that was saved before the term was known
        if term not in stated.index:
            sentence = f"The plan does not state the term {term}, which comes to {row['cost_m']}."
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
