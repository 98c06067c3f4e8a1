"""What the tool calls best is so by brute force, whatever unit the money is in."""

from __future__ import annotations

import numpy as np
import pytest
from support.brute import find_best
from support.cases import Settings, make_case, toy
from support.countries import random_country

from optimiser.engine.highs.adapter import Highs
from optimiser.footprints.candidates import singletons
from optimiser.footprints.costs import CandidateCosts
from optimiser.questions.solve import solve_case

WEIGHTS = (
    "leakage",
    "contracting",
    "volatility",
    "integration",
    "committee_cost_m",
    "governance_cost_m",
)
SCALES = (1e-8, 3e-6, 1e6)


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


def test_what_is_barred_stays_barred_at_no_cost() -> None:
    """Where no level is allowed a candidate's cost is infinite, even at a share of nothing."""
    system = make_case(toy(), {"services.force_local": ("S3",)}).system
    costs = CandidateCosts(system, singletons(system.size))
    barred = np.isinf(costs.priced({})[0])
    free = costs.priced({}, 0.0)[0]
    assert barred.any()
    assert (np.isinf(free) == barred).all()
    assert (free[~barred] == 0).all()
