"""One build, three maps: 36 ICBs of today, the 42 before them, 106 sub-ICB locations."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from inputs.england.build.facts import read_facts
from optimiser.engine.highs.adapter import Highs
from optimiser.importers.carry.lookup import read_lookup
from optimiser.inputs.connectivity import list_parts
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.questions.case import open_case
from optimiser.questions.evaluate import score_case

INPUTS = Path(__file__).parents[2] / "inputs"
NAMES = ("england", "england-42", "england-106")
PEOPLE = ["population", "registered_population", "weighted_population"]
MONEY = ["patients", "spend_m"]
SAME_PLANS = ("nine-committees-2023", "regions-7", "pan-icb-offices-2027")
"""Plans that no split ICB of 2026 crosses: they can be written on every map as they are."""


@pytest.fixture(scope="module")
def maps() -> dict[str, Dataset]:
    """The three datasets; reading one is the check that it has no faults."""
    return {name: read_dataset(INPUTS / name) for name in NAMES}


def test_the_maps_have_36_42_and_106_areas(maps: dict[str, Dataset]) -> None:
    """Each in one part, and nothing to remark."""
    assert [len(maps[name].icbs) for name in NAMES] == [36, 42, 106]
    for one in maps.values():
        pairs = one.neighbours[["a", "b"]].itertuples(index=False, name=None)
        assert len(list_parts(one.icbs["icb"].tolist(), pairs)) == 1
        assert one.notices == ()


@pytest.mark.parametrize("other", NAMES[1:])
def test_every_total_is_the_same(maps: dict[str, Dataset], other: str) -> None:
    """People to the person; patients and pounds by service and provider to the pound."""
    first, second = maps[NAMES[0]], maps[other]
    assert first.icbs[PEOPLE].sum().to_dict() == second.icbs[PEOPLE].sum().to_dict()
    keys = ["service", "provider"]
    left, right = (one.flows.groupby(keys)[MONEY].sum() for one in (first, second))
    pd.testing.assert_frame_equal(left, right, rtol=0, atol=5e-7)
    assert first.funding is not None
    assert second.funding is not None
    for column in ("historic_m", "needs_based_m"):
        assert first.funding[column].sum() == pytest.approx(second.funding[column].sum(), abs=1e-4)


@pytest.mark.parametrize("plan", SAME_PLANS)
def test_a_plan_leaks_the_same_on_every_map(maps: dict[str, Dataset], plan: str) -> None:
    """Pounds treated outside the residents' footprint, all services, to the pound."""
    leaked = []
    for one in maps.values():
        footprint = one.plans[plan].set_index("icb")["footprint"]
        host = one.providers.set_index("provider")["icb"]
        home = one.flows["icb"].map(footprint)
        treated = one.flows["provider"].map(host).map(footprint)
        leaked.append(one.flows.loc[home != treated, "spend_m"].sum())
        near = pd.read_csv(INPUTS / one.about.name / "mapping" / "plans.csv").set_index("plan")
        assert near.loc[plan, "people_share"] == 1
    assert leaked[0] > 1_000
    assert leaked == pytest.approx([leaked[0]] * 3, abs=1e-6)


@pytest.mark.long
def test_a_plan_scores_the_same_on_the_106_as_on_the_42(maps: dict[str, Dataset]) -> None:
    """Term by term, where a member is the same on both: held by England or footprints, no pairs told.

    With single ICBs it is not: on the 106 a member that holds alone is an area, which bears more of the
    risk, buys more outside itself and is dearer to staff, so that less is held alone; and the pairs that
    must agree are of areas.
    """
    scenario = read_scenario(INPUTS / "england-42" / "scenarios" / "nine-2023.toml")
    scenario = scenario.changed({"footprints.members": (1, 106)})
    alike = {"services.levels": ("national", "footprint"), "objective.governance_cost_m": 0.0}
    same, apart = (
        [_score_terms(maps[name], asked, SAME_PLANS[0]) for name in NAMES[1:]]
        for asked in (scenario.changed(alike), scenario)
    )
    assert same[0].sum() > 900
    pd.testing.assert_series_equal(*same, rtol=0, atol=1e-6)
    differs = (apart[1] - apart[0]).round(6)
    own = ["contracting", "volatility", "integration", "holding", "governance"]
    assert set(differs[differs != 0].index) <= set(own)
    assert differs["governance"] > 0
    assert differs["integration"] > 0


def _score_terms(dataset: Dataset, scenario: Scenario, plan: str) -> pd.Series[float]:
    with Highs() as highs:
        scored = score_case(open_case(scenario, dataset), highs, plan, None, None).plan
    return scored.terms.set_index("term")["cost_m"]


def test_today_has_its_names_codes_and_links(maps: dict[str, Dataset]) -> None:
    """82 links by land, two over the Thames, one crossing; Cornwall is led from Bristol in 160 min."""
    today = maps["england"]
    icbs = today.icbs.set_index("icb")
    assert icbs["gss_code"].is_unique
    new = read_facts().icbs_2026
    assert len(new) == 7
    assert set(new.index) <= set(icbs.index)
    assert (icbs.loc[new.index, "gss_code"] == new["gss_code"]).all()
    assert icbs.loc["S9B9J", "name"] == "NHS Surrey and Sussex Integrated Care Board"
    assert icbs["name"].str.match("NHS .* Integrated Care Board$").all()
    kinds = today.neighbours["kind"].value_counts().to_dict()
    assert kinds == {"land": 82, "river": 2, "estuary_crossing": 1}
    assert today.travel is not None
    minutes = today.travel.set_index(["from_icb", "to_icb"])["minutes"]
    assert minutes["QT6", "QUY"] < 160


def test_what_was_not_split_is_as_before(maps: dict[str, Dataset]) -> None:
    """By the lookup, areas that went whole have the same flows, and their providers went with them."""
    old, new = maps["england-42"], maps["england"]
    file = INPUTS / "england-42" / "mapping" / "icbs-36-2026.csv"
    lookup = read_lookup(file, old.icbs["icb"].tolist())
    target = {a: b for a, b in lookup.frame[["from_icb", "to_icb"]].to_numpy().tolist()
              if a not in lookup.split}  # fmt: skip
    touched = set(lookup.frame.loc[lookup.frame["from_icb"].isin(lookup.split), "to_icb"])
    whole = set(target.values()) - touched
    assert (len(lookup.split), len(whole)) == (3, 30)
    keys = ["service", "icb", "provider"]
    before = old.flows.assign(icb=old.flows["icb"].map(target))
    left, right = (
        rows[rows["icb"].isin(whole)].groupby(keys)[MONEY].sum() for rows in (before, new.flows)
    )
    pd.testing.assert_frame_equal(left, right, rtol=0, atol=5e-7)
    moved = old.providers.assign(new=new.providers["icb"], wanted=old.providers["icb"].map(target))
    moved = moved.dropna(subset=["wanted"])
    assert (moved["new"] == moved["wanted"]).all()
    assert len(moved) > 150
