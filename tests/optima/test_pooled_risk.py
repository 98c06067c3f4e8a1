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
from optimiser.footprints.measures import measure_footprints, measure_line_sd
from optimiser.inputs.dataset import Dataset
from optimiser.questions.solve import solve_case


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as process:
        yield process


def sd_m(dataset: Dataset, *groups: tuple[str, ...]) -> list[float]:
    """Standard deviation of the in-scope budget of each group of ICBs, £m, by the engine."""
    system = make_case(dataset, {}).system
    masks = np.array([system.mask_of(group) for group in groups], dtype=np.uint64)
    return measure_footprints(system, masks, np.array([0])).sd_m.tolist()


def twins(common_shock: float) -> Dataset:
    """Two equal ICBs with one service of £4m in each, c(1 + k²) = 0.01 · 2."""
    dataset = country({("S", "A", "A"): 4.0, ("S", "B", "B"): 4.0}, ["A", "B"], [("A", "B")])
    return replace(dataset, services=dataset.services.assign(common_shock=common_shock))


@pytest.mark.parametrize("shock", [0.0, 0.05])
def test_two_equal_icbs_pool_to_the_square_root_of_two(shock: float) -> None:
    """The two together have √2 times the sd of one; the shock that all share stands outside."""
    one, other, both = sd_m(twins(shock), ("A",), ("B",), ("A", "B"))
    assert one == other == pytest.approx(math.sqrt(0.02 * 4.0))
    assert both == pytest.approx(math.sqrt(2) * one, rel=1e-12)


def test_the_deviation_of_a_line_holds_its_common_shock() -> None:
    """Reported beside the plan, not optimised: √(0.02·4 + (0.05·4)²)."""
    system = make_case(twins(0.05), {}).system
    found = measure_line_sd(system, np.array([[4.0]]))[0, 0]
    assert found == pytest.approx(math.sqrt(0.02 * 4.0 + 0.2**2))


def test_more_members_never_have_more_relative_risk() -> None:
    """Risk by spend never rises when ICBs with like services join, on the toy country."""
    icbs = list(toy().icbs["icb"])
    system = make_case(toy(), {}).system
    masks = np.array([system.mask_of(tuple(icbs[:k])) for k in range(1, 9)], dtype=np.uint64)
    relative = measure_footprints(system, masks, np.arange(len(system.services.codes))).cv
    assert (np.diff(relative) <= 1e-12).all()


def many_services(seed: int) -> Dataset:
    """Two ICBs that treat their own, with six services of all sizes and risks."""
    draw = np.random.default_rng(seed)
    flows = {(f"S{k}", i, i): float(draw.uniform(0.5, 20)) for k in range(6) for i in "AB"}
    dataset = country(flows, ["A", "B"], [("A", "B")])
    services = dataset.services.assign(
        case_cost_cv=draw.uniform(0.5, 3, 6), integration_benefit=draw.uniform(0.0, 0.05, 6)
    )
    return replace(dataset, services=services)


def cheapest_sets(dataset: Dataset, weights: Mapping[str, float]) -> float:
    """Least cost over all 2^6 sets that each ICB, a footprint alone, may hold, by trying them all.

    A line's share of a holder's deviation is v / SD_T, whatever else the holder holds.
    """
    table = dataset.services.set_index("service")
    factor = table["spend_m"] / table["patients"] * (1 + table["case_cost_cv"] ** 2)
    spend = dataset.flows.pivot_table(index="service", columns="icb", values="spend_m")
    variance = spend.mul(factor, axis=0)
    england = math.sqrt(variance.to_numpy().sum())
    cost = 0.0
    for icb in ("A", "B"):
        own = weights["volatility"] * variance[icb] / math.sqrt(variance[icb].sum())
        held = (own + weights["holding_cost_m"]).to_numpy()
        team = weights["holding_cost_m"] * spend[icb] / spend.sum(axis=1)
        forgone = table["integration_benefit"] * spend[icb]
        left = (weights["volatility"] * variance[icb] / england + forgone + team).to_numpy()
        sets = itertools.product((False, True), repeat=len(held))
        cost += min(float(np.where(local, held, left).sum()) for local in sets)
    return cost


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("volatility", [0.2, 0.6, 1.5])
def test_the_best_set_of_services_is_found(seed: int, volatility: float, highs: Highs) -> None:
    """Of all sets of services the engine takes the cheapest, and some are held and some are not."""
    weights = {"volatility": volatility, "holding_cost_m": 0.05}
    settings = {f"objective.{name}": weight for name, weight in weights.items()}
    dataset = many_services(seed)
    plan = solve_case(make_case(dataset, {**settings, "footprints.count": 2}), highs)
    assert plan.objective == pytest.approx(cheapest_sets(dataset, weights), rel=1e-9)
    assert set(plan.services["level"]) == {"national", "footprint"}


def test_the_root_of_what_is_held_stands_beside_its_shares(highs: Highs) -> None:
    """√Σv over what a footprint holds is reported, and is never below the shares that it pays."""
    plan = solve_case(make_case(toy(), {"footprints.count": 3, "objective.volatility": 3.0}), highs)
    table = toy().services.set_index("service")
    factor = table["spend_m"] / table["patients"] * (1 + table["case_cost_cv"] ** 2)
    told = plan.footprints.set_index("footprint")
    held = plan.services[plan.services["level"] == "footprint"]
    assert 0 < len(held) < len(plan.services)
    for name, lines in held.groupby("footprint"):
        variance = float((lines["service"].map(factor) * lines["spend_m"]).sum())
        assert told.loc[name, "held_volatility_m"] == pytest.approx(math.sqrt(variance))
        shares = variance / told.loc[name, "pooled_volatility_m"]
        assert lines["volatility_m"].sum() == pytest.approx(shares)
        assert shares <= math.sqrt(variance) + 1e-9
