"""What each footprint must hold: how much, and its cheapest levels that do."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from support.cases import make_case, toy

from optimiser.arrays import Floats
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.floors import measure_floors, meet_floors

LEVELS, FOOTPRINTS, GROUPS = 3, 6, 4


def test_the_cheapest_levels_that_hold_enough_are_found() -> None:
    """Every choice of levels looked through, up to floors that some choice fills exactly."""
    free = changed = impossible = 0
    for seed in range(6):
        draw = np.random.default_rng(seed)
        shape = (LEVELS, FOOTPRINTS, GROUPS)
        priced = draw.uniform(-1, 3, shape)
        priced[draw.random(shape) < 0.1] = np.inf
        amounts: dict[str, Floats] = {
            "local_spend": 1e3 * draw.integers(0, 4, shape),
            "local_services": draw.integers(0, 3, shape) / 10,
        }
        floors: dict[str, Floats] = {
            "local_spend": 1e3 * draw.integers(0, 11, FOOTPRINTS),
            "local_services": draw.integers(0, 7, FOOTPRINTS) / 10,
        }
        cheapest = priced.min(axis=0).sum(axis=1)
        cost, choice = meet_floors(priced, amounts, floors, cheapest, priced.argmin(axis=0))
        for f in range(FOOTPRINTS):
            best = np.inf
            for levels in product(range(LEVELS), repeat=GROUPS):
                at = (list(levels), f, range(GROUPS))
                held = all(amounts[n][at].sum() >= floors[n][f] - 1e-9 for n in floors)
                best = min(best, float(priced[at].sum()) if held else np.inf)
            assert cost[f] == pytest.approx(best)
            if np.isfinite(best):
                at = (choice[f].tolist(), f, range(GROUPS))
                assert priced[at].sum() == pytest.approx(best)
                assert all(amounts[n][at].sum() >= floors[n][f] - 1e-9 for n in floors)
            free += best == cheapest[f]
            changed += cheapest[f] < best < np.inf
            impossible += np.isfinite(cheapest[f]) and np.isinf(best)
    assert min(free, changed, impossible) > 2


def test_a_footprint_without_open_services_holds_no_more() -> None:
    """Where something is asked of it there is no plan, and where nothing is it costs nothing."""
    none, nothing = np.zeros((LEVELS, 2, 0)), np.zeros(2)
    floors = {"local_spend": np.array([1.0, 0.0])}
    found = meet_floors(none, {"local_spend": none}, floors, nothing, np.zeros((2, 0), np.int64))
    assert found[0].tolist() == [np.inf, 0.0]


def test_a_floor_is_a_share_of_spend_or_a_number_for_each_resident() -> None:
    """Only those that are set; of a footprint's spend, and of its part of England's residents."""
    share, number = "services.min_local_share_each", "services.min_local_services_each"
    system = make_case(toy(), {}).system
    masks = as_masks([0b11, 0b111000000], system.size)
    members = [slice(0, 2), slice(6, 9)]
    spend = np.array([system.scope_spend_m[those].sum() for those in members])
    part = np.array([system.residents[those].sum() for those in members]) / system.residents.sum()
    for settings, expected in (
        ({share: 0.0, number: 0.0}, {}),
        ({share: 0.4}, {"local_spend": 0.4 * spend}),
        ({number: 0.5}, {"local_services": 0.5 * part}),
        ({share: 0.4, number: 2.0}, {"local_spend": 0.4 * spend, "local_services": 2 * part}),
    ):
        found = measure_floors(make_case(toy(), settings).system, masks)
        assert found.keys() == expected.keys()
        for name, least in expected.items():
            assert found[name] == pytest.approx(least)
