"""Levels that cost the same are told apart by their order, not by the last digit of a sum."""

from __future__ import annotations

import numpy as np
from support.toy import TOY

import optimiser as fp
from optimiser.engine.assign_levels import take_first


def test_the_first_of_equal_levels_is_taken() -> None:
    """Whatever rounding adds to either; a level that is truly cheaper, or alone allowed, stays."""
    noise = 1e-15
    cost_m = np.array(
        [[[5.0, 2.0, np.inf]], [[3.0, 2.0 + noise, np.inf]], [[3.0 - noise, 1.9, 4.0]]]
    )
    cheapest = np.asarray(cost_m.argmin(axis=0))
    assert cheapest.tolist() == [[2, 2, 2]]
    assert take_first(cost_m, cheapest).tolist() == [[1, 2, 2]]


def test_a_footprint_of_one_icb_holds_what_it_holds_itself() -> None:
    """Each ICB alone: no service is said to be held by single ICBs where the footprint may hold it."""
    levels = ['services.levels=["national", "footprint", "icb"]']
    scenario = fp.read_scenario(TOY / "scenarios" / "base.toml", levels)
    icbs = fp.load(TOY).icbs["icb"].astype("str")
    alone = {icb: [icb] for icb in icbs}
    plan = fp.evaluate(scenario, alone, no_optimum=True).plan
    held = plan.services[plan.services["level"] != "national"]
    assert len(held)
    assert set(held["level"]) == {"footprint"}
