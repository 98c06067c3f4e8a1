"""Pooled risk: what pools, what does not, and what the engine makes of it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest
from support.cases import country, make_case, toy

from optimiser.engine.highs.adapter import Highs
from optimiser.errors import UnsupportedError
from optimiser.footprints.measures import measure_footprints
from optimiser.inputs.dataset import Dataset
from optimiser.questions.evaluate import score_case
from optimiser.questions.solve import solve_case

OPEN: dict[str, object] = {
    "services.levels": ["national", "footprint", "icb"],
    "services.categories": ["ready", "not_yet"],
    "services.year": 2025,
}


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as process:
        yield process


def sd_m(dataset: Dataset, *groups: tuple[str, ...]) -> list[float]:
    """Standard deviation of the first service in each group of ICBs, £m, by the engine."""
    system = make_case(dataset, {}).system
    masks = np.array([system.mask_of(group) for group in groups], dtype=np.uint64)
    return [float(sd) for sd in measure_footprints(system, masks, np.array([0])).volatility_m[:, 0]]


def twins(common_shock: float, case_cost_cv: float = 1.0) -> Dataset:
    """Two equal ICBs with one service."""
    dataset = country({("S", "A", "A"): 4.0, ("S", "B", "B"): 4.0}, ["A", "B"], [("A", "B")])
    services = dataset.services.assign(common_shock=common_shock, case_cost_cv=case_cost_cv)
    return replace(dataset, services=services)


def test_two_equal_independent_icbs_pool_to_the_square_root_of_two() -> None:
    """Without common shocks the two together have √2 times the sd of one, not twice."""
    one, other, both = sd_m(twins(0.0), ("A",), ("B",), ("A", "B"))
    assert one == other
    assert both == pytest.approx(math.sqrt(2) * one, rel=1e-12)


def test_relative_risk_of_the_two_is_29_per_cent_less() -> None:
    """1 - 1/√2 of the relative risk is gone."""
    one, both = sd_m(twins(0.0), ("A",), ("A", "B"))
    assert 1 - (both / 8.0) / (one / 4.0) == pytest.approx(1 - 1 / math.sqrt(2), rel=1e-12)


def test_common_shocks_do_not_pool() -> None:
    """Where all risk is the common shock, the two together have twice the sd of one."""
    shocks = country({("S", "A", "A"): 4e9, ("S", "B", "B"): 4e9}, ["A", "B"], [("A", "B")])
    services = shocks.services.assign(common_shock=0.05, patients=1e18, case_cost_cv=0.0)
    one, both = sd_m(replace(shocks, services=services), ("A",), ("A", "B"))
    assert one == pytest.approx(0.05 * 4e9, rel=1e-6)
    assert both == pytest.approx(2 * one, rel=1e-6)


@pytest.mark.parametrize("shock", [0.0, 0.01, 0.05, 0.5])
def test_two_icbs_pool_to_something_between_both_laws(shock: float) -> None:
    """With some of each kind of risk the pair lies between √2 and 2 times one ICB."""
    one, both = sd_m(twins(shock), ("A",), ("A", "B"))
    assert math.sqrt(2) * one - 1e-12 <= both <= 2 * one + 1e-12


def test_more_members_never_have_more_relative_risk() -> None:
    """Risk by spend never rises when ICBs with the same service join, on the toy country."""
    icbs = list(toy().icbs["icb"])
    system = make_case(toy(), {}).system
    small = [tuple(icbs[:k]) for k in range(1, 9)]
    masks = np.array([system.mask_of(group) for group in small], dtype=np.uint64)
    measures = measure_footprints(system, masks, np.arange(len(system.services.codes)))
    relative = measures.volatility_m / measures.spend_m
    assert (np.diff(relative, axis=0) <= 1e-12).all()


@pytest.mark.parametrize("plan", ["rows", "columns"])
@pytest.mark.parametrize("levels", [["national", "footprint"], ["national", "footprint", "icb"]])
def test_pooled_risk_is_at_most_the_sum_of_standalone(
    plan: str, levels: list[str], highs: Highs
) -> None:
    """In every footprint sqrt(Σ sd²) <= Σ sd, so the best cost is no more than standalone."""
    both = {}
    for risk in ("standalone", "pooled"):
        case = make_case(toy(), {**OPEN, "services.levels": levels, "services.risk": risk})
        scored = score_case(case, highs, plan, None, None).plan
        table = scored.footprints
        assert (table["pooled_volatility_m"] <= table["volatility_m"] + 1e-9).all()
        several = table["local_services"] > 1
        assert (table["pooled_volatility_m"] < table["volatility_m"])[several].all()
        both[risk] = scored.objective
    assert both["pooled"] <= both["standalone"] + 1e-9


def test_pooling_is_worth_nothing_to_a_single_service(highs: Highs) -> None:
    """With one service held, pooled and standalone risk and cost are the same."""
    costs = []
    for risk in ("standalone", "pooled"):
        case = make_case(twins(0.02), {"services.risk": risk, "footprints.count": 1})
        plan = solve_case(case, highs)
        assert plan.footprints["pooled_volatility_m"].iloc[0] == pytest.approx(
            plan.footprints["volatility_m"].iloc[0]
        )
        costs.append(plan.objective)
    assert costs[0] == pytest.approx(costs[1])


def many_services(seed: int) -> Dataset:
    """One ICB with seven services of all sizes and risks."""
    draw = np.random.default_rng(seed)
    flows = {(f"S{k}", "A", "A"): float(draw.uniform(0.5, 20)) for k in range(7)}
    dataset = country(flows, ["A"], [])
    count = len(dataset.services)
    services = dataset.services.assign(
        common_shock=draw.uniform(0, 0.1, count),
        case_cost_cv=draw.uniform(0.5, 3, count),
        integration_benefit=draw.uniform(0.0, 0.2, count),
    )
    return replace(dataset, services=services)


def cheapest_set(case_dataset: Dataset, settings: Mapping[str, object]) -> float:
    """Least cost over all 2^7 sets of services held locally, with pooled risk, by trying them all."""
    case = make_case(case_dataset, settings)
    arrays, weights = case.system.services, case.scenario.objective
    spend = arrays.spend_m.sum(axis=1)
    variance = arrays.variance_factor * spend + (arrays.common_shock * spend) ** 2
    benefit = arrays.benefit_share * spend
    costs = []
    for held in itertools.product((False, True), repeat=len(spend)):
        local = np.array(held)
        risk = math.sqrt(float(variance[local].sum()))
        costs.append(weights.volatility * risk + weights.national * float(benefit[~local].sum()))
    return min(costs)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("volatility", [0.2, 0.6, 1.5])
def test_the_best_set_of_services_under_pooled_risk_is_found(
    seed: int, volatility: float, highs: Highs
) -> None:
    """Sorting by cost to variance finds the best of all 128 sets of services."""
    settings = {"services.risk": "pooled", "objective.volatility": volatility}
    dataset = many_services(seed)
    plan = solve_case(make_case(dataset, settings), highs)
    assert plan.objective == pytest.approx(cheapest_set(dataset, settings), rel=1e-9)


def test_pooled_risk_under_a_uniform_portfolio_is_refused_with_the_reason(highs: Highs) -> None:
    """It says that pooled risk is no sum over services, and what to do instead."""
    settings = {**OPEN, "services.portfolio": "uniform", "services.risk": "pooled"}
    with pytest.raises(UnsupportedError, match="not a sum over services") as refused:
        solve_case(make_case(toy(), settings), highs)
    assert "standalone" in str(refused.value)


def test_a_uniform_plan_still_reports_its_pooled_volatility(highs: Highs) -> None:
    """Under standalone risk the pooled figure stands beside it, sqrt(Σ sd²) of the local services."""
    settings = {**OPEN, "services.levels": ["national", "footprint"], "footprints.count": 3}
    case = make_case(toy(), {**settings, "services.portfolio": "uniform"})
    plan = solve_case(case, highs)
    local = plan.services[plan.services["level"] == "footprint"]
    assert len(local)
    squares = (local["volatility_m"] ** 2).groupby(local["footprint"]).sum()
    told = plan.footprints.set_index("footprint")["pooled_volatility_m"]
    for name, square in squares.items():
        assert told[name] == pytest.approx(math.sqrt(square))
