"""The claim that no plan exists is made only where there is none."""

from __future__ import annotations

import random
from dataclasses import replace

import pandas as pd
import pytest
from support.brute import find_best
from support.cases import toy
from support.countries import random_country

from optimiser.engine.highs.adapter import Highs
from optimiser.errors import NoPlanError
from optimiser.footprints.system import build_system
from optimiser.inputs.checks.scenario import check_scenario
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.questions.case import Case
from optimiser.questions.solve import solve_case

COUNTRIES = 24


def _with_years_and_groups(dataset: Dataset, draw: random.Random) -> Dataset:
    """Some services ready late, some highly specialised, some that move with another."""
    table = dataset.services.copy()
    years = [draw.choice([pd.NA, 2022, 2024]) for _ in range(len(table))]
    table["ready_year"] = pd.array(years, dtype="Int64")
    table["category"] = [draw.choice(["ready", "ready", "not_yet"]) for _ in years]
    table["highly_specialised"] = [draw.random() < 0.15 for _ in years]
    codes = table["service"].tolist()
    table["moves_with"] = [
        draw.choice(["", *(code for code in codes if code != own)]) if draw.random() < 0.4 else ""
        for own in codes
    ]
    return replace(dataset, services=table)


def _drawn_rules(dataset: Dataset, draw: random.Random) -> dict[str, object]:
    """Windows near the edge of what can be met, and forced services."""
    total = float(dataset.flows["spend_m"].sum())
    low = draw.choice([0.0, 0.05, 0.2]) * total
    codes = dataset.services["service"].tolist()
    rules: dict[str, object] = {
        "footprints.count": draw.choice([2, 3]),
        "footprints.spend_m": (low, low + draw.choice([0.02, 0.15, 0.5, 1.0]) * total),
        "services.year": draw.choice([2021, 2023, 2025]),
        "services.categories": draw.choice([("ready",), ("ready", "not_yet")]),
        "services.force_national": tuple(draw.sample(codes, draw.choice([0, 1, 2]))),
        "services.min_local_spend_m": draw.choice([0.0, 0.0, 0.3 * total]),
        "readiness.joint": 0.0,
    }
    return rules


def _claims_impossible(case: Case, highs: Highs) -> bool:
    """Whether the checks of the scenario, or the engine, say that no plan exists."""
    faults = check_scenario(case.scenario, case.dataset, "drawn.toml")
    assert all(fault.rule.startswith("impossible_") for fault in faults), faults
    if faults:
        return True
    try:
        solve_case(case, highs)
    except NoPlanError:
        return True
    return False


def test_impossible_is_said_where_brute_force_finds_nothing_and_nowhere_else() -> None:
    """Years on ready services, partners that hold each other back, forced services, money windows."""
    counts = {True: 0, False: 0}
    with Highs() as highs:
        for seed in range(COUNTRIES):
            draw = random.Random(seed)
            dataset = _with_years_and_groups(random_country(seed, size=5, services=4), draw)
            scenario = Scenario().changed(_drawn_rules(dataset, draw))
            case = Case(scenario, dataset, build_system(dataset, scenario))
            nothing = find_best(dataset, scenario) is None
            assert _claims_impossible(case, highs) == nothing, f"seed {seed}"
            counts[nothing] += 1
    assert min(counts.values()) >= 3, (
        counts
    )  # each answer is seen some times, or the law says little


@pytest.mark.parametrize(
    "rules",
    [
        {"services.year": 2022, "footprints.spend_m": (0.0, 1.0)},
        {"services.force_national": ("S1", "S2", "S3", "S5"), "footprints.spend_m": (0.1, 100.0)},
    ],
)
def test_a_window_on_money_counts_what_the_engine_counts(rules: dict[str, object]) -> None:
    """Two scenarios of the toy country that were once called impossible have a plan."""
    scenario = Scenario().changed(rules)
    assert not check_scenario(scenario, toy(), "toy.toml")
    with Highs() as highs:
        solve_case(Case(scenario, toy(), build_system(toy(), scenario)), highs)


def test_a_forced_service_brings_its_partners_or_nothing_can_hold_it() -> None:
    """Forced local, with a partner that few footprints may hold: the best plan is brute force's."""
    found = {"plan": 0, "nothing": 0}
    with Highs() as highs:
        for seed in range(14):
            draw = random.Random(seed)
            dataset = random_country(seed, size=5, services=3)
            table = dataset.services.assign(
                moves_with=["S1", "", ""], min_providers=[0, draw.randint(1, 4), 0]
            )
            dataset = replace(dataset, services=table)
            levels = draw.choice([("national", "footprint"), ("national", "footprint", "icb")])
            rules = {
                "services.force_local": ("S0",),
                "services.levels": levels,
                "readiness.joint": 0.0,
            }
            scenario = Scenario().changed({"footprints.count": draw.choice([1, 2, 3]), **rules})
            case = Case(scenario, dataset, build_system(dataset, scenario))
            best = find_best(dataset, scenario)
            try:
                plan = solve_case(case, highs)
            except NoPlanError:
                assert best is None, f"seed {seed}"
                found["nothing"] += 1
                continue
            assert best is not None, f"seed {seed}"
            assert plan.objective == pytest.approx(best.cost_m, rel=1e-7), f"seed {seed}"
            found["plan"] += 1
    assert min(found.values()) >= 2, found
