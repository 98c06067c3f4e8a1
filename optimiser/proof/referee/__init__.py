"""The referee: re-checks any plan against every rule and adds its costs up again.

It reads the dataset's frames and the plan's claims, in plain Python, and shares no code with the
models or with the engine that measures candidates: an error there shows here as a broken rule.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.proof.referee import map_rules, service_rules, terms
from optimiser.proof.referee.facts import Claim, Facts, gather_facts, read_claim
from optimiser.proof.referee.verdict import RULES, BrokenRule

__all__ = ["RULES", "BrokenRule", "check_plan", "score_plan"]


def check_plan(plan: Plan, dataset: Dataset, scenario: Scenario) -> tuple[BrokenRule, ...]:
    """Every rule that a plan breaks, and every figure of it that the dataset does not bear out.

    Args:
        plan: any plan, solved, evaluated or read from a run folder.
        dataset: the tables it was made from.
        scenario: the scenario it claims to meet.

    Returns:
        the broken rules; empty for a sound plan.
    """
    facts, claim = gather_facts(dataset, scenario), read_claim(plan)
    cover = tuple(map_rules.check_cover(facts, claim))
    unknown = {i for members in claim.groups.values() for i in members} - set(facts.icbs)
    if unknown:
        # Nothing can be measured of an ICB that is not in the dataset.
        return cover
    return (*cover, *_check_rest(facts, scenario, claim, plan))


def _check_rest(facts: Facts, scenario: Scenario, claim: Claim, plan: Plan) -> Iterator[BrokenRule]:
    yield from map_rules.check_count(scenario, claim)
    for footprint in claim.groups:
        yield from map_rules.check_footprint(facts, scenario, claim, footprint)
    yield from map_rules.check_groups(facts, scenario, claim)
    yield from map_rules.check_moves(facts, scenario, claim)
    yield from map_rules.check_footprint_figures(facts, scenario, claim, plan)
    yield from service_rules.check_levels(facts, scenario, claim)
    yield from service_rules.check_pairs(facts, claim)
    yield from service_rules.check_portfolio(facts, scenario, claim)
    yield from service_rules.check_totals(facts, scenario, claim)
    yield from service_rules.check_floors(facts, scenario, claim)
    yield from service_rules.check_service_figures(facts, claim, plan)
    yield from terms.check_terms(facts, scenario, claim, plan)


def score_plan(plan: Plan, dataset: Dataset, scenario: Scenario) -> pd.DataFrame:
    """The terms of a plan's objective, added up from the dataset.

    Returns:
        one row per term: term, weight, measure, unit, cost_m (£m-equivalents, weight applied).
    """
    return terms.score_claim(gather_facts(dataset, scenario), scenario, read_claim(plan))
