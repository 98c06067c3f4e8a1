"""The parts of a uniform portfolio's proof: what prices prove of them and what they leave, by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from support.cases import cut_out, make_case, toy

from optimiser.footprints.candidates import membership
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.portfolio import LevelsForAll
from optimiser.footprints.rules import footprint_rules
from optimiser.proof.verify import branching
from optimiser.proof.verify.bound import CertificateError, list_limits
from optimiser.proof.verify.branching import Ground, Part

SIX = ("A1", "A2", "A3", "B1", "B2", "C1")
FLOOR, CEILING = 40.0, 150.0
USUAL: Mapping[str, object] = {
    "services.portfolio": "uniform",
    "services.year": 2025,
    "services.categories": ("ready", "not_yet"),
    "services.min_providers": 2,
    "services.levels": ("national", "icb", "footprint"),
    "footprints.members": (1, 4),
    "footprints.count": (2, 4),
    "objective.integration": 1.0,
    "objective.contracting": 1.0,
}
LIMITED = {
    **USUAL,
    "services.min_local_spend_m": FLOOR,
    "services.max_local_spend_m": CEILING,
    "services.min_local_services": 1.0,
}


def _open(settings: Mapping[str, object], target: float = 1e9) -> tuple[Ground, Part]:
    case = make_case(cut_out(toy(), SIX, ("S1", "S2", "S3", "S5")), settings)
    masks = list_candidates(case.system, footprint_rules(case.system)).masks
    totals = list_limits(case.system)
    measuring = LevelsForAll(case.system, tuple(totals))
    portfolio = measuring.measure(masks, np.zeros(len(masks)), math.inf)
    ground = Ground(case.system, portfolio, membership(masks, 6), totals, target)
    answers = tuple(np.arange(len(names)) for names in portfolio.names)
    return ground, Part(np.arange(len(masks)), answers, -math.inf)


def _draw_prices(ground: Ground, draw: np.random.Generator) -> dict[str, Any]:
    links = [
        [g, str(draw.choice(names)), int(draw.integers(1, 63)), float(draw.normal(0, 3))]
        for g, names in enumerate(ground.portfolio.names)
        for _ in range(2)
    ]
    return {
        "icb": draw.normal(6, 2, 6).tolist(),
        "count": float(draw.normal()),
        "totals": {name: float(draw.normal(0, 0.02)) for name in ground.totals},
        "links": links,
    }


def _worth(ground: Ground, prices: Mapping[str, Any], f: int, g: int, k: int) -> float:
    """What an answer costs in a candidate, less what totals and links earn on it."""
    portfolio, members = ground.portfolio, ground.inside[f]
    worth = float(portfolio.cost_m[g][f, k])
    for name, by_group in zip(ground.totals, portfolio.amounts, strict=True):
        price = prices["totals"][name]
        if price > 0 or math.isfinite(ground.totals[name][1]):
            worth -= price * float(by_group[g][f, k])
    for group, answer, icbs, price in prices["links"]:
        if (group, answer) == (g, portfolio.names[g][k]):
            inside = [members[i] for i in range(6) if icbs >> i & 1]
            worth -= price * (sum(inside) / len(inside) - sum(members) / 6)
    return worth


def _earn(price: float, least: float, most: float) -> float:
    if price == 0 or (price < 0 and math.isinf(most)):
        return 0.0
    return price * (least if price > 0 else most)


def _by_hand(ground: Ground, prices: Mapping[str, Any]) -> tuple[float, list[float]]:
    """What prices earn, and reduced costs, one by one."""
    earned = sum(prices["icb"]) + _earn(prices["count"], 2, 4)
    earned += sum(_earn(prices["totals"][name], *ends) for name, ends in ground.totals.items())
    reduced = []
    for f, members in enumerate(ground.inside):
        costs = [
            min(_worth(ground, prices, f, g, k) for k in range(len(names)))
            for g, names in enumerate(ground.portfolio.names)
        ]
        own = float(ground.portfolio.fixed_m[f]) + sum(costs) - prices["count"]
        reduced.append(own - float(members @ np.array(prices["icb"])))
    return earned, reduced


@pytest.mark.parametrize("settings", [USUAL, LIMITED])
def test_the_bound_of_a_part_is_what_the_formula_gives(settings: Mapping[str, object]) -> None:
    """What prices earn, the reduced costs, and as often the least of them as there are footprints."""
    ground, part = _open(settings)
    for seed in range(5):
        prices = _draw_prices(ground, np.random.default_rng(seed))
        earned, reduced = _by_hand(ground, prices)
        left, bounding = branching._bound_part(ground, part, prices)
        assert bounding.earned == pytest.approx(earned)
        assert bounding.reduced == pytest.approx(np.array(reduced))
        assert left.bound == pytest.approx(earned + 4 * min(0.0, *reduced))
        assert len(left.rows) == len(part.rows)


def test_candidates_and_answers_that_cost_too_much_are_left_out() -> None:
    """Those whose reduced cost fills the room; of an answer that of the ICB which it suits least."""
    ground, part = _open(USUAL)
    prices = _draw_prices(ground, np.random.default_rng(3))
    earned, reduced = _by_hand(ground, prices)
    least = min(0.0, *reduced)
    lifted = [cost - least for cost in reduced]
    room = float(np.median(lifted)) + 1e-6
    near = Ground(ground.system, ground.portfolio, ground.inside, {}, earned + 4 * least + room)
    left, _ = branching._bound_part(near, part, prices)
    dropped = 0
    for g, names in enumerate(ground.portfolio.names):
        worth = np.array(
            [[_worth(ground, prices, f, g, k) for k in range(len(names))] for f in part.rows]
        )
        excess = worth - worth.min(axis=1)[:, None] + np.array(lifted)[:, None]
        worst = [
            max(min(excess[f, k] for f in part.rows if ground.inside[f, i]) for i in range(6))
            for k in range(len(names))
        ]
        assert left.answers[g].tolist() == [k for k, cost in enumerate(worst) if cost < room]
        dropped += len(names) - len(left.answers[g])
    assert dropped
    costs = zip(ground.portfolio.cost_m, left.answers, strict=True)
    able = np.logical_and.reduce([np.isfinite(cost[:, few]).any(axis=1) for cost, few in costs])
    assert left.rows.tolist() == [f for f, c in enumerate(lifted) if c < room and able[f]]
    assert 0 < len(left.rows) < len(part.rows)


def _divide(ground: Ground, covered: int = 0) -> Iterator[list[int]]:
    if covered == 63:
        yield []
        return
    first = ~covered & (covered + 1)
    for f, mask in enumerate(map(int, ground.portfolio.masks)):
        if mask & first and not mask & covered:
            for rest in _divide(ground, covered | mask):
                yield [f, *rest]


def test_no_plan_whose_footprints_answer_alike_costs_less_than_any_prices_prove() -> None:
    """Every division of the map at its best answers: links earn nothing on it, whatever they cost."""
    ground, part = _open(USUAL)
    plans = [plan for plan in _divide(ground) if 2 <= len(plan) <= 4]
    best = min(
        ground.portfolio.fixed_m[plan].sum()
        + sum(cost[plan].sum(axis=0).min() for cost in ground.portfolio.cost_m)
        for plan in plans
    )
    assert len(plans) > 20
    assert math.isfinite(best)
    for seed in range(40):
        prices = _draw_prices(ground, np.random.default_rng(seed))
        assert branching._bound_part(ground, part, prices)[0].bound <= best + 1e-9


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"icb": [0.0]}, "rows that it has not"),
        ({"links": [[0, "national", 0, 1.0]]}, "rows that it has not"),
        ({"links": [[0, "national", 1, math.nan]]}, "finite"),
        ({"count": math.inf}, "finite"),
    ],
)
def test_prices_that_prove_nothing_are_refused(wrong: dict[str, Any], said: str) -> None:
    """Of rows that are not there, of no ICBs, and no numbers."""
    ground, part = _open(USUAL)
    prices = {**_draw_prices(ground, np.random.default_rng(1)), **wrong}
    with pytest.raises(CertificateError, match=said):
        branching._bound_part(ground, part, prices)
