"""The toy dataset says what its README says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from optimiser.inputs.reading.load import read_dataset

TOY = Path(__file__).parents[2] / "inputs" / "toy"
PLANS = sorted((TOY / "plans").glob("*.csv"))


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(TOY / f"{name}.csv", keep_default_na=False)


def _leaked(plan: str, service: str) -> dict[str, float]:
    """£m leaked by each footprint of a plan, written out the long way."""
    footprint = dict(_read(f"plans/{plan}").itertuples(index=False, name=None))
    host = dict(zip(_read("providers")["provider"], _read("providers")["icb"], strict=True))
    leaked: dict[str, float] = {}
    flows = _read("flows")
    mine = flows[flows["service"] == service]
    for icb, provider, spend_m in zip(mine["icb"], mine["provider"], mine["spend_m"], strict=True):
        home = footprint[icb]
        if footprint.get(host[provider]) != home:
            leaked[home] = round(leaked.get(home, 0.0) + float(spend_m), 6)
    return leaked


def test_flows_sum_to_what_services_say() -> None:
    """Patients and spend of each service are the sums of its flows."""
    services = _read("services").set_index("service")
    sums = _read("flows").groupby("service")[["patients", "spend_m"]].sum()
    for column in sums.columns:
        assert sums[column].to_dict() == pytest.approx(services[column].to_dict())


def test_demand_is_the_same_everywhere() -> None:
    """Patients for each 100,000 people are the same in every ICB."""
    people = _read("icbs").set_index("icb")["population"]
    patients = _read("flows").pivot_table(
        index="service", columns="icb", values="patients", aggfunc="sum"
    )
    rate = patients / people * 100_000
    assert (rate.max(axis=1) - rate.min(axis=1)).max() < 1e-9


def test_leakage_is_what_the_readme_walks_through() -> None:
    """Renal care leaks £1.9m by rows and £9.9m by columns."""
    assert _leaked("rows", "S1") == {"North": 1.0, "South": 0.9}
    assert _leaked("columns", "S1") == {"West": 4.8, "East": 5.1}


def test_the_second_plan_is_the_poor_one() -> None:
    """Columns leak more than rows in every ready service but those centred in one place."""
    for service in ("S1", "S2", "S3", "S6"):
        rows, columns = _leaked("rows", service), _leaked("columns", service)
        assert sum(columns.values()) > sum(rows.values())


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_plans_cover_every_icb_within_two_to_five_million(path: Path) -> None:
    """Each ICB is in one footprint, of 2 to 5 million people."""
    plan = pd.read_csv(path)
    people = _read("icbs").set_index("icb")["population"]
    assert sorted(plan["icb"]) == sorted(people.index)
    totals = people[plan["icb"]].groupby(plan["footprint"].to_numpy()).sum()
    assert totals.between(2_000_000, 5_000_000).all()


def test_heart_surgery_has_two_providers_in_each_row_and_none_in_the_east() -> None:
    """The provider-count rule bites on the columns alone."""
    flows, providers = _read("flows"), _read("providers").set_index("provider")["icb"]
    centres = flows.loc[flows["service"] == "S3", "provider"].unique()
    assert all(sum(providers[p].startswith(row) for p in centres) == 2 for row in "ABC")
    assert not {providers[p] for p in centres} & {"A3", "B3"}


def test_the_rare_service_is_too_volatile_for_all_england() -> None:
    """Even the whole country exceeds max_cv, so no footprint can hold it."""
    rare = dict(_read("services").set_index("service").loc["S5"])
    relative = math.sqrt((1 + float(rare["case_cost_cv"]) ** 2) / float(rare["patients"]))
    assert relative > float(rare["max_cv"])


def test_both_fundings_share_one_total() -> None:
    """Historic and needs-based money are the same £252m."""
    sums = _read("funding")[["historic_m", "needs_based_m"]].sum()
    assert sums.tolist() == pytest.approx([252.0, 252.0])


def test_the_island_hangs_on_one_link_and_one_border_is_weak() -> None:
    """Holm meets Gorse alone; exactly one land border is shorter than 1 km."""
    links = _read("neighbours")
    holm = links[(links["a"] == "C3") | (links["b"] == "C3")]
    assert list(holm["kind"]) == ["estuary_crossing"]
    assert len(links[(links["kind"] == "land") & (links["border_km"] < 1)]) == 1


def test_every_column_has_a_source() -> None:
    """sources.csv names every column of every table, and no other."""
    named = set(_read("sources")[["table", "column"]].itertuples(index=False, name=None))
    tables = [path.stem for path in TOY.glob("*.csv") if path.stem != "sources"]
    there = {(t, column) for t in tables for column in _read(t).columns}
    there |= {("plans", c) for path in PLANS for c in pd.read_csv(path).columns}
    there |= {("boundaries", c) for c in ("icb", "name", "geometry")}
    assert named == there


def test_boundaries_are_keyed_by_icb() -> None:
    """Each ICB has one polygon."""
    features = json.loads((TOY / "boundaries.geojson").read_text(encoding="utf-8"))["features"]
    keys = [feature["properties"]["icb"] for feature in features]
    assert sorted(keys) == sorted(_read("icbs")["icb"])


def test_what_stands_beside_the_carried_england_is_known() -> None:
    """Facts, lookups, scenarios and what builds it: no folder is told to be no part of a dataset."""
    england = read_dataset(TOY.parent / "england-42")
    assert not [notice for notice in england.notices if "is no part of a dataset" in notice]
