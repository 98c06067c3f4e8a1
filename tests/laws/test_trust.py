"""What the tool calls impossible or best is so by brute force, whatever unit the money is in."""

from __future__ import annotations

import numpy as np
import pytest
from support.brute import find_best
from support.cases import Settings, make_case, toy
from support.countries import random_country

from optimiser.engine.highs.adapter import Highs
from optimiser.errors import NoPlanError
from optimiser.footprints.candidates import singletons
from optimiser.footprints.costs import CandidateCosts
from optimiser.inputs.checks.windows import check_windows
from optimiser.inputs.dataset import Dataset
from optimiser.questions.solve import solve_case

WEIGHTS = (
    "leakage",
    "contracting",
    "volatility",
    "integration",
    "committee_cost_m",
    "governance_cost_m",
)
SCALES = (1e-8, 3e-6, 1.0, 1e6)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("seed", [None, 11])
def test_weights_all_scaled_alike_leave_the_best_plan(scale: float, seed: int | None) -> None:
    """The plan costs what brute force finds, whatever number all weights are multiplied by."""
    dataset = toy() if seed is None else random_country(seed)
    case = make_case(dataset, {"footprints.members": (1, 3)})
    weights = {
        f"objective.{name}": scale * getattr(case.scenario.objective, name) for name in WEIGHTS
    }
    settings: Settings = {"footprints.members": (1, 3), "footprints.count": (2, 4), **weights}
    scaled = make_case(dataset, settings)
    best = find_best(scaled.dataset, scaled.scenario)
    assert best is not None
    with Highs() as highs:
        plan = solve_case(scaled, highs)
    assert plan.objective == pytest.approx(best.cost_m, rel=1e-6, abs=0.0)


def _windows(dataset: Dataset) -> list[Settings]:
    """Spend windows and years around what a country can meet, and some that it can't."""
    codes = tuple(dataset.services["service"])
    return [
        {"services.year": year, "footprints.spend_m": window, "services.force_national": barred}
        for year in (2022, 2024, 2026)
        for window in ((0.0, 1.0), (0.1, 60.0), (5.0, 1000.0))
        for barred in ((), codes[:1], codes[:-1])
    ]


def test_impossible_is_impossible() -> None:
    """Whenever a check or the engine finds that there is no plan, brute force finds none either."""
    refused = solved = by_checks = 0
    with Highs() as highs:
        for dataset in (toy(), random_country(5)):
            for window in _windows(dataset):
                case = make_case(dataset, {"footprints.members": (1, 4), **window})
                faults = check_windows(case.scenario, dataset, "")
                try:
                    plan = solve_case(case, highs)
                except NoPlanError:
                    plan = None
                if plan is None or faults:
                    assert find_best(case.dataset, case.scenario) is None, (window, faults)
                    refused += 1
                    by_checks += bool(faults)
                else:
                    solved += 1
    assert refused >= 15
    assert by_checks >= 10
    assert solved >= 15


def test_what_is_barred_stays_barred_at_no_cost() -> None:
    """Where no level is allowed a candidate's cost is infinite, even at a share of nothing."""
    system = make_case(toy(), {"services.force_local": ("S3",)}).system
    costs = CandidateCosts(system, singletons(system.size))
    barred = np.isinf(costs.priced({})[0])
    free = costs.priced({}, 0.0)[0]
    assert barred.any()
    assert (np.isinf(free) == barred).all()
    assert (free[~barred] == 0).all()
