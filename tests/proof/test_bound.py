"""What prices prove: the bound by the formula, and never more than the best plan there is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from support.brute import find_best
from support.cases import cut_out, make_case, toy
from support.countries import random_country
from support.row_prices import draw_prices, reduced_costs

from optimiser.arrays import Masks
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.costs import CandidateCosts, price_levels
from optimiser.footprints.levels import cost_groups
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.footprints.unlisted.pricing import RowPrices
from optimiser.proof.verify import closing
from optimiser.proof.verify.bound import (
    CertificateError,
    Prices,
    leave_out_dear,
    list_limits,
    measure_bound,
    read_prices,
)
from optimiser.proof.verify.closing import close_gap
from optimiser.questions.case import Case

SEVEN = ("A1", "A2", "A3", "B1", "B2", "B3", "C1")
NEAR = {"footprints.baseline": "columns", "footprints.max_moved": 2}
BOUNDED = {
    "services.min_local_spend_m": 20.0,
    "services.max_local_services": 2.5,
    "services.max_leakage_m": 60.0,
}
RULES: Mapping[str, Mapping[str, object]] = {
    "plain": {},
    "near a baseline": NEAR,
    "bounded": BOUNDED,
    "both": {**NEAR, **BOUNDED, "footprints.count": (3, 5)},
}


def _open(settings: Mapping[str, object]) -> tuple[System, Masks]:
    usual = {"footprints.members": (2, 4), "footprints.count": (2, 4)}
    case = make_case(cut_out(toy(), SEVEN, ("S1", "S2", "S3")), {**usual, **settings})
    return case.system, list_candidates(case.system, footprint_rules(case.system)).masks


def _draw(system: System, masks: Masks, seed: int, sign: float) -> Prices:
    """Prices of every row there is, with the signs that its limits support."""
    draw = np.random.default_rng(seed)
    rules = system.scenario.services
    floors = {"local_spend": rules.min_local_spend_m, "local_services": rules.min_local_services}
    bounded = {
        name: draw.uniform(0.01, 0.2) * (1 if floors.get(name, 0) > 0 else -1)
        for name in list_limits(system)
    }
    cost_m = CandidateCosts(system, masks, tuple(bounded)).priced(bounded)[0]
    rows = draw_prices(system, masks, cost_m, seed)
    return Prices(
        rows.icb, sign * 0.3, bounded, rows.kept, rows.baseline, rows.triples, rows.triple_prices
    )


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_bound_is_what_the_formula_gives(name: str, sign: float) -> None:
    """Reduced costs footprint by footprint, what rows earn on their limits, and the most savings."""
    system, masks = _open(RULES[name])
    rules, services = system.scenario.footprints, system.scenario.services
    prices = _draw(system, masks, 2, sign)
    costs = CandidateCosts(system, masks, tuple(prices.bounded))
    priced, amounts = costs.priced(prices.bounded)
    found = measure_bound(system, masks, prices)
    rows = (prices.icb, prices.count, prices.kept, prices.baseline)
    by_hand = reduced_costs(
        system, masks, priced, RowPrices(*rows, prices.triples, prices.triple_prices)
    )
    assert found.reduced == pytest.approx(by_hand)
    true_m = priced + sum(prices.bounded[n] * amounts[n] for n in prices.bounded)
    assert found.cost_m == pytest.approx(true_m)
    fewest, most = rules.count_window
    limits = {
        "local_spend": services.min_local_spend_m,
        "local_services": services.max_local_services,
        "leakage": services.max_leakage_m,
    }
    earned = prices.icb.sum() + prices.count * (fewest if sign > 0 else most)
    earned += sum(price * limits[n] for n, price in prices.bounded.items())
    earned += prices.kept * (7 - 2) + prices.baseline.sum() + prices.triple_prices.sum()
    assert found.earned == pytest.approx(earned)
    assert found.most == most
    assert found.bound == pytest.approx(earned + most * min(0.0, by_hand.min()))
    assert set(prices.bounded) == (set() if name in ("plain", "near a baseline") else set(limits))
    no_savings = replace(found, reduced=found.reduced - found.reduced.min() + 0.5)
    assert no_savings.bound == pytest.approx(earned)


@pytest.mark.long  # compiles the costs
@pytest.mark.parametrize("name", RULES)
def test_what_a_long_list_leaves_out_is_in_no_better_plan(name: str) -> None:
    """Those stay whose reduced costs, with the most that others save, are within the claim."""
    system, masks = _open(RULES[name])
    dropped = 0
    for seed in range(6):
        drawn = replace(
            _draw(system, masks, seed, 1.0), triples=masks[:0], triple_prices=np.zeros(0)
        )
        least = float(measure_bound(system, masks, drawn).reduced.min())
        prices = replace(
            drawn, count=drawn.count + least + 0.1 * (seed % 2)
        )  # nothing saves, or one
        found = measure_bound(system, masks, prices)
        saved = (found.most - 1) * max(0.0, -float(found.reduced.min()))
        for claim in (found.earned - 1.0, found.earned + 0.5, found.earned + 4.0):
            room = max(claim - found.earned, 0.0) + 1e-6 * abs(claim) + saved
            stay = leave_out_dear(system, masks, prices, claim)
            assert set(masks[found.reduced <= room]) <= set(stay)
            assert set(stay) <= set(masks[found.reduced <= room + 1e-3])
            dropped += len(masks) - len(stay)
    assert dropped > 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kept": -0.01}, "sign"),
        ({"baseline": [0.0, 0.01, 0.0]}, "sign"),
        ({"triples": [7], "triple_prices": [0.01]}, "sign"),
        ({"triples": [7 << 5], "triple_prices": [-0.5]}, "three ICBs"),
        ({"triples": [15], "triple_prices": [-0.5]}, "three ICBs"),
        ({"triples": [7], "triple_prices": []}, "one price for each row"),
        ({"icb": [0.0] * 8}, "one price for each row"),
        ({"baseline": [0.0, 0.0]}, "each baseline footprint"),
        ({"bounded": {}}, "floor and ceiling"),
        ({"bounded": {"local_spend": math.nan, "local_services": 0, "leakage": 0}}, "finite"),
        ({"kept": math.inf}, "finite"),
        ({"baseline": [0.0, -math.inf, 0.0]}, "finite"),
    ],
)
def test_prices_of_a_wrong_shape_or_sign_are_refused(
    change: Mapping[str, object], said: str
) -> None:
    """Were they by a hundredth: a wrong sign could prove what is not true."""
    system, _ = _open({**NEAR, **BOUNDED})
    bounded = {"local_spend": 0.1, "local_services": -0.1, "leakage": -0.01}
    sound = {"icb": [0.0] * 7, "count": 0.0, "bounded": bounded, "kept": 0.5,
             "baseline": [0.0, -0.1, 0.0], "triples": [7], "triple_prices": [-0.1]}  # fmt: skip
    assert read_prices(sound, system).kept == 0.5
    free = {"kept": 0.0, "triple_prices": [0.0], "bounded": dict.fromkeys(bounded, 0.0)}
    assert read_prices({**sound, **free}, system).triple_prices.tolist() == [0.0]
    with pytest.raises(CertificateError, match=said):
        read_prices({**sound, **change}, system)


def test_a_price_whose_limit_is_nowhere_proves_nothing() -> None:
    """A ceiling cannot earn upwards, a floor that is not set not downwards; rounding is let off."""
    system, masks = _open({"services.min_local_spend_m": 20.0, "services.max_leakage_m": 60.0})
    prices = replace(_draw(system, masks, 1, 1.0), bounded={"local_spend": 0.1, "leakage": -0.1})
    least = measure_bound(system, masks, prices).earned
    wrong = replace(prices, bounded={"local_spend": -0.01, "leakage": -0.1})
    with pytest.raises(CertificateError, match="sign"):
        measure_bound(system, masks, wrong)
    for price in (1e-13, 0.7):  # there is no floor of leakage, so nothing is earned on one
        wrong = replace(prices, bounded={"local_spend": 0.1, "leakage": price})
        assert measure_bound(system, masks, wrong).earned == pytest.approx(least + 0.1 * 60.0)


def _prices(case: Case, seed: int, size: float = 0.05) -> Prices:
    """Prices of every ICB, and of every floor and ceiling with the sign that it supports."""
    draw, system = np.random.default_rng(seed), case.system
    floors = ("local_spend",) if case.scenario.services.min_local_spend_m else ()
    bounded = {
        name: draw.uniform(0, size) * (1 if name in floors else -1) for name in list_limits(system)
    }
    none = np.zeros(0)
    return Prices(draw.normal(1, 1, system.size), 0.0, bounded, 0.0, none,
                  as_masks((), system.size), none)  # fmt: skip


BINDING: tuple[tuple[int, int, Mapping[str, float]], ...] = (
    (1, 2, {"min_local_spend_m": 95.0}),
    (3, 2, {"min_local_spend_m": 70.0}),
    (1, 2, {"max_leakage_m": 15.0}),
    (5, 2, {"max_volatility_m": 4.0}),
    (3, 2, {"max_local_services": 1.5}),
    (5, 2, {"max_local_services": 0.5}),
    (3, 3, {"max_local_services": 1.5, "min_local_services_each": 1.0}),
    (6, 3, {"max_volatility_m": 3.0, "min_local_services_each": 1.0}),
)
"""Countries by seed and services, and limits that cost something there; some hold each footprint too."""


@pytest.mark.parametrize(("seed", "services", "limits"), BINDING)
def test_a_claim_is_proven_up_to_the_best_plan_under_limits(
    seed: int, services: int, limits: Mapping[str, float]
) -> None:
    """Levels are followed down to the cell where floors and ceilings bind, as brute force does."""
    settings = {
        "footprints.members": (1, 3),
        "objective.volatility": 1.0,
        "objective.leakage": 0.1,
        "objective.integration": 0.5,
        "services.levels": ("national", "footprint", "icb"),
        **{f"services.{name}": limit for name, limit in limits.items()},
    }
    dataset = random_country(seed, size=5, services=services)
    case = make_case(dataset, settings)
    best = find_best(dataset, case.scenario)
    assert best is not None
    masks = list_candidates(case.system, footprint_rules(case.system)).masks
    for size in (0.0, 0.05):
        prices = _prices(case, seed, size)
        bounding = measure_bound(case.system, masks, prices)
        proven = close_gap(case.system, masks, bounding, prices, best.cost_m)
        assert proven.proven is True
        assert proven.looked_at > 0  # without the limits there would be a better plan
        refuted = close_gap(case.system, masks, bounding, prices, best.cost_m + 1e-3)
        assert refuted.proven is False
        assert refuted.better_m == pytest.approx(best.cost_m)


def test_every_choice_of_levels_within_the_room_is_costed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two footprints of three services at three levels each: counted one by one."""
    settings = {"footprints.members": (1, 3), "services.min_local_spend_m": 1.0,
                "services.levels": ("national", "footprint", "icb")}  # fmt: skip
    system = make_case(random_country(3, size=5, services=3), settings).system
    masks, prices = as_masks([0b00011, 0b11100], 5), _prices(make_case(toy(), settings), 1)
    prices = replace(prices, bounded={"local_spend": 0.02})
    priced = price_levels(cost_groups(system, masks, ("local_spend",)), prices.bounded)
    extra = (priced - priced.min(axis=0)).reshape(3, -1)
    sums = [sum(one) for one in product(*extra.T.tolist())]
    costed: list[int] = []

    def count(*_: object) -> float:
        costed.append(1)
        return 0.0

    monkeypatch.setattr(closing._Division, "cost", count)
    for room in (0.5, 2.0, 8.0):
        costed.clear()
        search = closing._Search(system, masks, np.zeros(2), np.zeros(2), prices, 0.0, room)
        closing._settle(search, prices, masks, room)
        assert len(costed) == sum(extra < room for extra in sums)
    assert 1 < len(costed) < len(sums)


def test_a_search_of_levels_that_is_too_long_proves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Steps are counted in divisions and in levels alike."""
    dataset = random_country(1, size=5, services=2)
    case = make_case(dataset, {"footprints.members": (1, 3), "services.min_local_spend_m": 16.0})
    best = find_best(dataset, case.scenario)
    assert best is not None
    masks = list_candidates(case.system, footprint_rules(case.system)).masks
    prices = _prices(case, 1)
    bounding = measure_bound(case.system, masks, prices)
    whole = close_gap(case.system, masks, bounding, prices, best.cost_m)
    assert whole.steps > whole.looked_at > 0
    for most, proven in ((whole.steps, True), (whole.steps - 1, None)):
        monkeypatch.setattr(closing, "MOST_STEPS", most)
        assert close_gap(case.system, masks, bounding, prices, best.cost_m).proven is proven
