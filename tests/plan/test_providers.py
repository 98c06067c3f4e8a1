"""Income of trusts: every pound has one holder, and what one loses another gains."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cases import make_case
from support.countries import random_country
from support.money_case import make_money_case
from support.referee_case import SCENARIO

from optimiser.footprints.candidates import as_masks
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.flows import hold_flows
from optimiser.plan.measure_plan import make_plan as make_measured
from optimiser.plan.plan import Outcome, Plan
from optimiser.plan.providers import (
    bring_home,
    list_past,
    list_takers,
    summarise_providers,
    summarise_trade,
)

HALVES = Scenario.model_validate({"footprints": {"baseline": "halves"}})
PENNY = 1e-8
KINDS = ("own_footprint_m", "other_footprints_m", "single_icbs_m", "national_m")


def test_income_by_holder_worked_by_make_money_case() -> None:
    """PC: £1m of C alone and £0.5m of the North for kidney, heart and valve of C and D by the South."""
    plan, dataset = make_money_case()
    table = summarise_providers(hold_flows(plan, dataset), dataset, SCENARIO).set_index("provider")
    row = table.loc["PC"]
    assert row["single_icbs_m"] == pytest.approx(1.0)
    assert row["other_footprints_m"] == pytest.approx(0.5)
    assert row["own_footprint_m"] == pytest.approx((0.5 + 0.1) * 3)
    # England alone pays PB: mind 0.2 and rare 0.1 of 6 million people; B's own kidney is the North's.
    assert table.loc["PB", "national_m"] == pytest.approx(0.3 * 6)
    assert table.loc["PB", "own_footprint_m"] == pytest.approx(1.5)
    assert table.loc["PX", "footprint"] == "Elsewhere"


def test_what_comes_home_worked_by_make_money_case() -> None:
    """Half of B's £0.5m of kidney comes back from C to A and B, half of D's £0.2m from PX to C and D."""
    plan, dataset = make_money_case()
    table = summarise_providers(hold_flows(plan, dataset), dataset, SCENARIO).set_index("provider")
    assert table["lost_m"].to_dict() == pytest.approx(
        {"PA": 0.0, "PB": 0.0, "PC": 0.25, "PD": 0.0, "PX": 0.1}
    )
    gained = {"PA": 0.25 * 1 / 2.5, "PB": 0.25 * 1.5 / 2.5, "PC": 0.1 / 2.8, "PD": 0.1 * 1.8 / 2.8}
    assert table["gained_m"].to_dict() == pytest.approx({**gained, "PX": 0.0})
    # Mind is in scope and all of the South's goes to B, but the South has no centre to bring it home to.
    takers = list_takers(hold_flows(plan, dataset), dataset).set_index(["service", "footprint"])
    assert ("mind", "South") not in takers.index
    rules = SCENARIO.providers.model_copy(update={"smallest_m": 0.1, "most_lost": 0.05})
    past = list_past(table.reset_index(), rules)
    assert past["provider"].tolist()[:1] == ["PC"]
    assert set(past["threshold"]) == {"most_lost"}


def _draw_plan(seed: int) -> tuple[Plan, Dataset]:
    """A random country under random footprints at random levels."""
    draw = random.Random(seed)
    dataset = random_country(seed, 5, 3)
    case = make_case(dataset, {"services.levels": ("national", "footprint", "icb")})
    system = case.system
    parts: dict[int, int] = {}
    for i in range(system.size):
        home = draw.randint(1, 3)
        parts[home] = parts.get(home, 0) | 1 << i
    groups = len(np.unique(system.services.group[system.services.barred == ""]))
    choice = np.array([[draw.randint(0, 2) for _ in range(groups)] for _ in parts], dtype=np.int64)
    masks = as_masks(parts.values(), system.size)
    choice = choice.reshape(len(masks), groups)
    return make_measured(
        "drawn", system, dataset, masks, choice, Outcome("evaluated", 0.0)
    ), dataset


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.floats(0, 1))
def test_tables_of_providers_add_up_to_the_flows(seed: int, share: float) -> None:
    """To a penny: by holder, by provider, by footprint and ICB; what is lost is gained."""
    plan, dataset = _draw_plan(seed)
    flows = hold_flows(plan, dataset)
    paid = dataset.flows.groupby("provider")["spend_m"].sum()
    whole = float(paid.sum())
    table = summarise_providers(flows, dataset, HALVES).set_index("provider")
    assert (table[list(KINDS)].sum(axis=1) - paid.reindex(table.index)).abs().max() < PENNY
    assert abs(table["income_m"].sum() - whole) < PENNY
    held = {"own_footprint_m", "other_footprints_m"}
    collective = plan.footprints["collective_m"].sum()
    assert abs(table[sorted(held)].to_numpy().sum() - collective) < PENNY
    assert abs(table["single_icbs_m"].sum() - plan.footprints["individual_m"].sum()) < PENNY
    moved = bring_home(flows, dataset, share)
    assert abs(moved["lost_m"].sum() - moved["gained_m"].sum()) < PENNY
    for by in ("footprint", "icb"):
        trade = summarise_trade(flows, plan, by)
        assert abs(trade["residents_m"].sum() - whole) < PENNY
        inside = table.loc[table["footprint"] != "Elsewhere", "income_m"].sum()
        assert abs(trade["hosted_m"].sum() - inside) < PENNY
        assert abs(trade["imports_m"].sum() + (whole - inside) - trade["exports_m"].sum()) < PENNY


def test_without_levels_of_today_nothing_is_said_of_before() -> None:
    """A blank is no number of commissioners."""
    plan, dataset = make_money_case()
    unknown = replace(dataset, services=dataset.services.assign(current_level=""))
    table = summarise_providers(hold_flows(plan, unknown), unknown, SCENARIO)
    assert table["commissioners_before"].isna().all()
    assert isinstance(table["commissioners"].dtype, pd.Int64Dtype)
