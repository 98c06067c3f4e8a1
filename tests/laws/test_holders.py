"""Every pound has a holder, and every holder is charged alike: the terms by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cases import country, make_case, same_scores
from support.countries import random_country

from optimiser.engine.highs.adapter import Highs
from optimiser.errors import InputError, NoPlanError
from optimiser.footprints.levels import FOOTPRINT, measure_holders, measure_levels
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.measures import measure_mixing
from optimiser.footprints.rules import footprint_rules
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.proof.referee import check_plan
from optimiser.questions.evaluate import score_case
from optimiser.questions.solve import solve_case

many = settings(max_examples=20, deadline=None, derandomize=True, database=None)
ALL_LEVELS = ("national", "footprint", "icb")
WEIGHTS: Mapping[str, object] = {
    "objective.leakage": 0.3,
    "objective.contracting": 0.1,
    "objective.volatility": 0.5,
    "objective.integration": 1.0,
    "objective.holding_cost_m": 1.0,
    "footprints.count": 1,
}


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as process:
        yield process


def two_icbs(current_level: str = "") -> Dataset:
    """A (1 million people, £10m) and B (3 million, £30m); c(1 + k²) = 0.01 · 2, benefit a tenth."""
    flow_m = {
        ("S", "A", "A"): 6.0,
        ("S", "A", "B"): 2.0,
        ("S", "A", ""): 2.0,
        ("S", "B", "B"): 30.0,
    }
    people = {"A": 1_000_000.0, "B": 3_000_000.0}
    dataset = country(flow_m, ["A", "B"], [("A", "B")], people)
    return replace(dataset, services=dataset.services.assign(current_level=current_level))


def terms_of(plan: Plan) -> dict[str, float]:
    """Term to its measure."""
    return dict(zip(plan.terms["term"], plan.terms["measure"].astype(float), strict=True))


def test_a_footprint_pays_for_what_it_buys_outside_its_spread_and_its_own_risk(
    highs: Highs,
) -> None:
    """Held by the footprint of both: the measures are those of a sheet of paper."""
    chosen = {**WEIGHTS, "services.force_local": "all", "objective.sharing_loss": 0.25}
    terms = terms_of(solve_case(make_case(two_icbs(), chosen), highs))
    assert terms["leakage"] == pytest.approx(2.0)
    assert terms["contracting"] == pytest.approx(2.0)
    assert terms["volatility"] == pytest.approx(math.sqrt(0.02 * 40))
    # D = 1 - (1/4)² - (3/4)² = 0.375; benefit £4m; a quarter of D is lost.
    assert terms["integration"] == pytest.approx(0.25 * 0.375 * 4.0)
    assert terms["holding"] == 1.0


def test_england_pays_for_what_it_buys_outside_england_and_forgoes_all_integration(
    highs: Highs,
) -> None:
    """Held by England: one team, England's own deviation, and £2m that no English host earns."""
    terms = terms_of(
        solve_case(make_case(two_icbs(), {**WEIGHTS, "services.levels": ["national"]}), highs)
    )
    assert terms["contracting"] == pytest.approx(2.0)
    assert terms["volatility"] == pytest.approx(math.sqrt(0.02 * 40))
    assert terms["integration"] == pytest.approx(4.0)
    assert terms["holding"] == pytest.approx(1.0)


def test_each_icb_takes_the_cheaper_of_alone_and_national(highs: Highs) -> None:
    """With a team at £1m, A leaves the service to England and B holds it alone.

    A: national 0.1·2 + 0.5·0.2/√0.8 + 1 + 1/4 = 1.562; alone 0.1·4 + 0.5·√0.2 + 0 + 1 = 1.624.
    B: national 0.5·0.6/√0.8 + 3 + 3/4 = 4.085; alone 0.5·√0.6 + 1 = 1.387.
    """
    case = make_case(two_icbs(), {**WEIGHTS, "services.levels": ["national", "icb"]})
    plan = solve_case(case, highs)
    row = plan.services.iloc[0]
    assert (row["level"], row["single_icbs"]) == ("icb", "B")
    a_national = 0.1 * 2 + 0.5 * 0.2 / math.sqrt(0.8) + 1 + 0.25
    b_alone = 0.5 * math.sqrt(0.6) + 1
    assert plan.objective == pytest.approx(0.3 * 2 + a_national + b_alone)
    assert check_plan(plan, case.dataset, case.scenario) == ()


@pytest.mark.parametrize(("loss", "level"), [(0.25, "footprint"), (1.0, "icb")])
def test_what_sharing_loses_decides_between_together_and_alone(
    loss: float, level: str, highs: Highs
) -> None:
    """Together costs 0.1·2 + 0.5·√0.8 + 1.5·loss + 1: 2.02 at a quarter, 3.15 at all; alone 2.95."""
    chosen = {**WEIGHTS, "services.levels": ALL_LEVELS, "objective.sharing_loss": loss}
    plan = solve_case(make_case(two_icbs(), chosen), highs)
    assert plan.services["level"].tolist() == [level]
    together = 0.1 * 2 + 0.5 * math.sqrt(0.8) + 1.5 * loss + 1
    alone = 1.25 + 0.2 + 0.1 / math.sqrt(0.8) + 0.5 * math.sqrt(0.6) + 1
    assert plan.objective == pytest.approx(0.6 + min(together, alone))


@pytest.mark.parametrize(
    ("today", "level", "delegated", "clawed_back"),
    [
        ("national", "footprint", 40.0, 0.0),
        ("national", "national", 0.0, 0.0),
        ("footprint", "national", 0.0, 40.0),
        ("icb", "national", 0.0, 40.0),
        ("footprint", "footprint", 0.0, 0.0),
        ("icb", "footprint", 0.0, 0.0),
        ("", "footprint", 0.0, 0.0),
        ("", "national", 0.0, 0.0),
    ],
)
def test_only_money_that_changes_hands_costs_a_transition(
    today: str, level: str, delegated: float, clawed_back: float, highs: Highs
) -> None:
    """From national to local is delegation, from local to national clawback, and nothing else."""
    forced = {"services.force_local" if level == FOOTPRINT else "services.force_national": ("S",)}
    chosen = {
        **WEIGHTS,
        **forced,
        "objective.transition_delegate": 0.02,
        "objective.transition_clawback": 0.05,
    }
    case = make_case(two_icbs(today), chosen)
    plan = solve_case(case, highs)
    assert plan.services["level"].tolist() == [level]
    terms = terms_of(plan)
    assert (terms["transition_delegate"], terms["transition_clawback"]) == (delegated, clawed_back)
    costs = dict(zip(plan.terms["term"], plan.terms["cost_m"], strict=True))
    assert costs["transition_delegate"] == pytest.approx(0.02 * delegated)
    assert costs["transition_clawback"] == pytest.approx(0.05 * clawed_back)
    assert check_plan(plan, case.dataset, case.scenario) == ()


def sd_by_hand(dataset: Dataset, icbs: set[str]) -> float:
    """√Σ c(1 + k²)·spend over the residents' flows, c = spend by patients of the service, £m."""
    table = dataset.services.set_index("service")
    factor = table["spend_m"] / table["patients"] * (1 + table["case_cost_cv"] ** 2)
    flows = dataset.flows[dataset.flows["icb"].isin(icbs)]
    return math.sqrt(float((flows["service"].map(factor) * flows["spend_m"]).sum()))


@many
@given(st.integers(0, 10_000), st.integers(1, 63))
def test_the_shares_of_a_holder_of_everything_add_up_to_its_deviation(seed: int, mask: int) -> None:
    """A footprint, England and each ICB alone bear exactly their own deviation if they hold all."""
    dataset = random_country(seed % 50)
    dataset = replace(dataset, readiness=None)
    system = make_case(dataset, {"services.min_providers": 0}).system
    levels = measure_levels(system, np.array([mask], dtype=np.uint64))
    inside = {icb for k, icb in enumerate(system.icbs) if mask >> k & 1}
    whole = sd_by_hand(dataset, inside)
    assert levels.amount("volatility", FOOTPRINT).sum() == pytest.approx(whole)
    holders = measure_holders(system, np.arange(3))
    england = sd_by_hand(dataset, set(system.icbs))
    assert holders.england["volatility"].sum() == pytest.approx(england)
    for k, icb in enumerate(system.icbs):
        own = sd_by_hand(dataset, {icb})
        assert holders.single["volatility"][:, k].sum() == pytest.approx(own)


@many
@given(st.integers(0, 10_000), st.integers(1, 63))
def test_the_chance_that_two_residents_have_different_icbs(seed: int, mask: int) -> None:
    """D(F) is nothing for one ICB, below 1 - 1/members for unequal ones, and counted over pairs."""
    system = make_case(random_country(seed % 50), {}).system
    people = [float(n) for k, n in enumerate(system.residents) if mask >> k & 1]
    apart = sum(a * b for i, a in enumerate(people) for j, b in enumerate(people) if i != j)
    found = float(measure_mixing(system, np.array([mask], dtype=np.uint64))[0])
    assert found == pytest.approx(apart / sum(people) ** 2, abs=1e-12)
    assert found <= 1 - 1 / len(people) + 1e-12


@pytest.mark.parametrize("seed", range(6))
def test_leakage_is_of_the_map_whoever_holds(seed: int, highs: Highs) -> None:
    """The same map leaks the same under every choice of levels: what its residents spend outside it."""
    dataset = replace(random_country(seed), readiness=None)
    choices: tuple[dict[str, object], ...] = (
        {"services.levels": ["national"]},
        {"services.force_local": "all", "services.min_providers": 0},
        {"services.levels": ALL_LEVELS, "objective.sharing_loss": 1.0},
        {"services.force_national": ("S0", "S1")},
    )
    home = dict(dataset.plans["halves"].itertuples(index=False, name=None))
    host = dict(zip(dataset.providers["provider"], dataset.providers["icb"], strict=True))
    flows = dataset.flows
    outside = flows["icb"].map(home) != flows["provider"].map(host).map(home)
    expected = float(flows.loc[outside, "spend_m"].sum())
    held = set()
    services = dataset.services.assign(min_providers=0)
    for chosen in choices:
        case = make_case(replace(dataset, services=services), chosen)
        plan = score_case(case, highs, "halves", None, None).plan
        assert terms_of(plan)["leakage"] == pytest.approx(expected)
        held.add(round(float(plan.footprints["local_spend_m"].sum()), 6))
    assert len(held) >= 3, "the choices of levels are the same, so nothing was tested"


@pytest.mark.parametrize("joint", [2.0, 2.5, 3.0])
def test_a_footprint_that_is_not_ready_is_no_candidate_unless_readiness_is_only_reported(
    joint: float,
) -> None:
    """Required, exactly the sets that reach the joint threshold are listed; reported, all are."""
    scores = {"N0": 2.0, "N1": 2.5, "N2": 3.0, "N3": 3.5}
    dataset = random_country(4, size=4)
    dataset = replace(dataset, readiness=same_scores(list(scores), scores))
    rules: dict[str, object] = {"readiness.joint": joint, "readiness.aggregate": "weakest"}
    listed = {}
    for required in (True, False):
        system = make_case(dataset, {**rules, "readiness.required": required}).system
        masks = list_candidates(system, footprint_rules(system)).masks
        listed[required] = {
            frozenset(icb for k, icb in enumerate(system.icbs) if int(mask) >> k & 1)
            for mask in masks
        }
    ready = {one for one in listed[False] if min(scores[i] for i in one) >= joint}
    assert listed[True] == ready
    assert (len(ready) < len(listed[False])) == (joint > 2.0)


def test_readiness_that_is_only_reported_bars_no_level(highs: Highs) -> None:
    """Where nobody is ready there is no plan if readiness is required, and a local one if not."""
    dataset = two_icbs()
    dataset = replace(dataset, readiness=same_scores(["A", "B"], {"A": 1.0, "B": 1.0}))
    rules: dict[str, object] = {**WEIGHTS, "readiness.joint": 2.0}
    with pytest.raises(NoPlanError):
        solve_case(make_case(dataset, rules), highs)
    case = make_case(dataset, {**rules, "readiness.required": False})
    plan = solve_case(case, highs)
    assert plan.services["level"].tolist() == ["footprint"]
    assert plan.footprints["mode"].tolist() == ["not_ready"]
    assert check_plan(plan, case.dataset, case.scenario) == ()


def test_all_forces_local_what_may_go_local_and_nothing_else(highs: Highs) -> None:
    """``force_local = "all"`` leaves nothing in scope to England, and what is barred where it is."""
    flow_m = {(s, i, i): 5.0 for s in ("S", "T", "U") for i in ("A", "B")}
    dataset = country(flow_m, ["A", "B"], [("A", "B")])
    services = dataset.services.assign(
        integration_benefit=0.0, category=["ready", "not_yet", "ready"]
    )
    dataset = replace(dataset, services=services)
    # Two footprints need two teams for what England's one does; nothing else tells them apart.
    usual = {**WEIGHTS, "services.force_national": ("U",), "footprints.count": 2}
    free = solve_case(make_case(dataset, usual), highs)
    forced = solve_case(make_case(dataset, {**usual, "services.force_local": "all"}), highs)
    assert set(free.services["level"]) == {"national"}
    levels = forced.services.groupby("service")["level"].agg(set).to_dict()
    assert levels == {"S": {"footprint"}, "T": {"national"}, "U": {"national"}}
    assert forced.objective > free.objective


@pytest.mark.parametrize("seed", range(4))
def test_each_footprint_holds_its_share(seed: int, highs: Highs) -> None:
    """Under a floor in each, every footprint's local money is at least that share of its own."""
    chosen = {"footprints.members": (1, 3), "objective.volatility": 30.0}
    dataset = random_country(seed)
    services = dataset.services.assign(min_providers=0, needs_delegation=False)
    dataset = replace(dataset, services=services, readiness=None)
    costs = []
    for share in (0.0, 0.5, 0.9):
        case = make_case(dataset, {**chosen, "services.min_local_share_each": share})
        plan = solve_case(case, highs)
        costs.append(plan.objective)
        home = dict(zip(plan.icbs["icb"], plan.icbs["footprint"], strict=True))
        spent = dataset.flows.assign(footprint=dataset.flows["icb"].map(home))
        level = plan.services.set_index(["service", "footprint"])["level"]
        keys = pd.MultiIndex.from_frame(spent[["service", "footprint"]])
        local = spent[level.reindex(keys).to_numpy() == "footprint"]
        held = local.groupby("footprint")["spend_m"].sum().reindex(sorted(set(home.values())))
        whole = spent.groupby("footprint")["spend_m"].sum()
        assert (held.fillna(0.0) >= share * whole[held.index] - 1e-6).all()
    assert costs[0] <= costs[1] + 1e-9 < costs[2]


@pytest.mark.parametrize(
    ("retired", "successor"),
    [
        ("objective.national", "integration"),
        ("objective.individual", "holding_cost_m"),
        ("objective.travel", "travel"),
        ("services.risk", "volatility"),
    ],
)
def test_a_retired_setting_is_refused_with_what_took_its_place(
    retired: str, successor: str
) -> None:
    """A scenario of before is never read as if the setting were not there."""
    with pytest.raises(InputError, match=successor):
        Scenario().changed({retired: 1.0})
