"""Explain, solve and brute force hold the same countries for impossible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from support.brute import find_best
from support.cases import Settings, make_case
from support.countries import random_country

from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.errors import InputError, NoPlanError
from optimiser.questions.case import Case
from optimiser.questions.explain.feasibility import Feasibility
from optimiser.questions.explain.rules import Variant
from optimiser.questions.solve import solve_case

COUNTRIES = 2
RULES: tuple[Settings, ...] = (
    {"footprints.count": 2, "footprints.members": (3, 3)},
    {"footprints.count": (2, 3), "footprints.population_m": (3.4, 9.0)},
    {"footprints.count": 3, "footprints.keep_apart": (("N0", "N1"), ("N1", "N2"))},
    {"footprints.count": 2, "footprints.max_travel_minutes": 60.0},
    {"footprints.count": 3, "services.force_local": ("S0", "S1")},
    {"footprints.count": (1, 3), "services.min_local_services": 2.5},
    {"footprints.count": 2, "services.min_local_spend_m": 110.0, "footprints.members": (1, 4)},
    {"footprints.count": (2, 3), "services.min_local_share_each": 0.8},
    {"footprints.count": (2, 3), "services.force_local": "all"},
    {"footprints.count": (2, 3), "services.max_leakage_m": 20.0},
)


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all tests here."""
    with Highs() as process:
        yield process


def _solves(case: Case, highs: Highs) -> bool:
    try:
        solve_case(case, highs)
    except (NoPlanError, InputError):
        return False
    return True


@pytest.mark.long
def test_explain_solve_and_brute_force_agree_on_what_is_impossible(highs: Highs) -> None:
    """On random countries under each kind of rule all three give one verdict; both verdicts occur."""
    seen: Counter[bool] = Counter()
    for seed in range(COUNTRIES):
        dataset = random_country(seed)
        for rules in RULES:
            case = make_case(dataset, rules)
            possible = find_best(dataset, case.scenario) is not None
            checker = Feasibility(highs, Deadline.after(300), patience=300)
            verdict = checker.check(Variant(case.scenario, dataset))
            assert verdict.possible is possible, (seed, rules, verdict.cause)
            assert _solves(case, highs) is possible, (seed, rules)
            seen[possible] += 1
    assert seen[True] >= 4, seen
    assert seen[False] >= 4, seen
