"""Patients' own travel: by hand, and adding up to the flows."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from support.money_case import make_money_case

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.questions import AccessRules
from optimiser.plan.access import (
    MOST_DEPRIVED,
    follow_patients,
    summarise_access,
    tabulate_access,
)
from optimiser.plan.flows import hold_flows
from optimiser.plan.plan import Plan

FAR = AccessRules(far_minutes=30)


@pytest.fixture(scope="module")
def four() -> tuple[Plan, Dataset]:
    """Four ICBs under a plan of two footprints."""
    return make_money_case()


def _tables(plan: Plan, dataset: Dataset) -> dict[str, pd.DataFrame]:
    return tabulate_access(hold_flows(plan, dataset), dataset, FAR)


def _minutes(dataset: Dataset) -> dict[tuple[str, str], float]:
    assert dataset.travel is not None
    pairs = zip(dataset.travel["from_icb"], dataset.travel["to_icb"], strict=True)
    return dict(zip(pairs, dataset.travel["minutes"], strict=True))


def test_travel_of_a_service_worked_by_hand(four: tuple[Plan, Dataset]) -> None:
    """Kidney: half a patient of B's goes to C; the fifth of D's that leaves the map is not known."""
    plan, dataset = four
    far = _minutes(dataset)
    kidney = _tables(plan, dataset)["services"].set_index("service").loc["kidney"]
    assert kidney["patients"] == pytest.approx(6.0)
    assert kidney["known_patients"] == pytest.approx(5.8)
    at_home = far["A", "A"] + 1.5 * far["B", "B"] + far["C", "C"] + 1.8 * far["D", "D"]
    assert kidney["minutes"] == pytest.approx((at_home + 0.5 * far["B", "C"]) / 5.8)
    assert kidney["outside_patients"] == pytest.approx(0.7)


def test_coming_home_worked_by_hand(four: tuple[Plan, Dataset]) -> None:
    """B's half patient would go to the nearer of A and B, in the place of C."""
    plan, dataset = four
    far = _minutes(dataset)
    north = _tables(plan, dataset)["footprints"].set_index("footprint").loc["North"]
    assert north["leaving_patients"] == pytest.approx(0.5)
    assert north["minutes_now"] == pytest.approx(far["B", "C"])
    assert north["minutes_home"] == pytest.approx(min(far["B", "A"], far["B", "B"]))
    assert north["home_change_minutes"] == pytest.approx(
        north["minutes_home"] - north["minutes_now"]
    )


def test_who_has_no_centre_and_where_they_go(four: tuple[Plan, Dataset]) -> None:
    """Mind and rare are given at B alone: the South's go there, all of them."""
    table = _tables(*four)["without_centre"]
    assert {*zip(table["service"], table["footprint"], strict=True)} == {
        ("mind", "South"),
        ("rare", "South"),
    }
    assert set(table["goes_to"]) == {"North"}
    assert table["goes_to_share"].tolist() == [1.0, 1.0]
    assert table["patients"].tolist() == pytest.approx([0.6, 0.3])


def test_deprived_residents_travel_as_their_icb_does(four: tuple[Plan, Dataset]) -> None:
    """Only A has any, so theirs is A's mean; without the column nothing is said."""
    plan, dataset = four
    tables = _tables(plan, dataset)
    north = tables["footprints"].set_index("footprint").loc["North"]
    a = tables["icbs"].set_index("icb").loc["A"]
    assert north["deprived_minutes"] == pytest.approx(a["minutes"])
    assert north["deprived_far_share"] == pytest.approx(a["far_share"])
    blank = replace(dataset, icbs=dataset.icbs.assign(deprived_share=float("nan")))
    assert _tables(plan, blank)["footprints"]["deprived_minutes"].isna().all()
    assert _tables(plan, blank)["deprivation"].empty


def test_deprived_and_others_are_everyone(four: tuple[Plan, Dataset]) -> None:
    """A third of A's patients on one side, all the rest on the other; minutes add up to all travel."""
    plan, dataset = four
    tables = _tables(plan, dataset)
    sides = tables["deprivation"].set_index(["residents", "footprint"])
    a = tables["icbs"].set_index("icb").loc["A", "patients"]
    assert sides.loc[(MOST_DEPRIVED, "North"), "patients"] == pytest.approx(a / 3)
    travelled = (sides["minutes"].fillna(0) * sides["known_patients"]).groupby("footprint").sum()
    whole = tables["footprints"].set_index("footprint")
    assert travelled.to_dict() == pytest.approx(
        (whole["minutes"] * whole["known_patients"]).to_dict()
    )


@pytest.mark.parametrize("by", [["footprint"], ["icb"], ["service"]])
def test_every_patient_is_counted_once(four: tuple[Plan, Dataset], by: list[str]) -> None:
    """However they are grouped, the patients, the far and those who leave add up alike."""
    plan, dataset = four
    flows = follow_patients(hold_flows(plan, dataset), dataset, FAR)
    table = summarise_access(flows, by)
    assert table["patients"].sum() == pytest.approx(dataset.flows["patients"].sum())
    far = (table["far_share"] * table["known_patients"]).sum()
    assert far == pytest.approx(flows.loc[flows["minutes"] > 30, "patients"].sum())
    assert table["outside_patients"].sum() == pytest.approx(
        (flows["patients"] * flows["outside"]).sum()
    )


def test_without_travel_who_leaves_is_still_told(four: tuple[Plan, Dataset]) -> None:
    """Minutes are blank, and no share of far is made up."""
    plan, dataset = four
    tables = _tables(plan, replace(dataset, travel=None))
    assert tables["footprints"][["minutes", "far_share", "minutes_home"]].isna().all(axis=None)
    assert tables["footprints"]["outside_patients"].sum() > 0
    assert isinstance(tables["without_centre"], pd.DataFrame)
