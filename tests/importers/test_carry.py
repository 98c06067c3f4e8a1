"""Carrying between sets of ICBs: whole ones exactly, split ones by share, and all of it told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import CliRunner
from shapely.geometry import box
from support.datasets import write_csv, write_tiny_dataset

from optimiser.cli import main
from optimiser.errors import InputError
from optimiser.importers.carry.dataset import carry_dataset, round_to_total, write_carried
from optimiser.importers.carry.lookup import Lookup, carry_plan, carry_plan_back, read_lookup
from optimiser.importers.neighbours import read_areas
from optimiser.inputs.checks.scenario import check_scenario
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import read_scenario

FILE = Path("inputs/england-42/mapping/icbs-36-2026.csv")
ICBS = ["QAA", "QBB", "QCC", "QDD"]
MERGE = [("QAA", "W", 1), ("QBB", "W", 1), ("QCC", "QCC", 1), ("QDD", "QDD", 1)]
SPLIT = [
    ("QAA", "QAA", 1),
    ("QBB", "QAA", 0.25),
    ("QBB", "N", 0.75),
    ("QCC", "N", 1),
    ("QDD", "QDD", 1),
]
SAME = [(icb, icb, 1) for icb in ICBS]


@pytest.fixture
def base(tmp_path: Path) -> Dataset:
    """Four ICBs in a row."""
    return read_dataset(write_tiny_dataset(tmp_path / "base"))


def _lookup(folder: Path, rows: Sequence[tuple[str, str, float]]) -> Lookup:
    write_csv(folder / "lookup.csv", ("from_icb", "to_icb", "share"), rows)
    return read_lookup(folder / "lookup.csv", ICBS)


def test_the_same_icbs_change_nothing(tmp_path: Path, base: Dataset) -> None:
    """A lookup of every ICB to itself gives the same tables."""
    carried = carry_dataset(base, _lookup(tmp_path, SAME), "same")
    assert carried.account.empty
    again = read_dataset(write_carried(carried, tmp_path / "same"))
    for name in ("icbs", "flows", "services", "providers", "funding", "travel"):
        first, second = getattr(base, name), getattr(again, name)
        key = list(first.columns[:3])
        pd.testing.assert_frame_equal(
            first.sort_values(key, ignore_index=True),
            second.sort_values(key, ignore_index=True)[list(first.columns)],
        )
    pd.testing.assert_frame_equal(base.plans["halves"], again.plans["halves"])


@pytest.mark.parametrize("rows", [MERGE, SPLIT])
def test_totals_are_kept_and_the_dataset_is_sound(
    tmp_path: Path, base: Dataset, rows: Sequence[tuple[str, str, float]]
) -> None:
    """People, patients, money and funding add up to what they were; the check passes."""
    carried = carry_dataset(base, _lookup(tmp_path, rows), "new")
    new = read_dataset(write_carried(carried, tmp_path / "new"))
    assert new.icbs["population"].sum() == base.icbs["population"].sum()
    assert base.funding is not None
    assert new.funding is not None
    for name, column in (("flows", "patients"), ("flows", "spend_m"), ("funding", "needs_based_m"),
                         ("icbs", "weighted_population")):  # fmt: skip
        first, second = getattr(base, name)[column].sum(), getattr(new, name)[column].sum()
        assert second == pytest.approx(first)


def test_a_merger_is_exact(tmp_path: Path, base: Dataset) -> None:
    """Neighbours, shapes, places and shares of merged ICBs are certain; nothing to account for."""
    carried = carry_dataset(base, _lookup(tmp_path, MERGE), "new")
    assert carried.account.empty
    links = carried.new.tables["neighbours"][["a", "b", "kind", "border_km"]].to_numpy().tolist()
    assert links == [["QCC", "QDD", "land", 30.0], ["QCC", "W", "river", 5.0]]
    new = read_dataset(write_carried(carried, tmp_path / "new"))
    assert new.boundaries is not None
    shapes = gpd.read_file(new.boundaries).set_index("icb").geometry
    assert shapes["W"].bounds == (0, 52, 2, 53)
    west = base.flows[base.flows["icb"].isin(["QAA", "QBB"])]["spend_m"].sum()
    assert new.flows[new.flows["icb"] == "W"]["spend_m"].sum() == pytest.approx(west)
    hosts = dict(zip(new.providers["provider"], new.providers["icb"], strict=True))
    assert hosts == {"P1": "W", "P2": "QCC", "P3": ""}


def test_travel_of_a_merger_is_the_mean_to_the_nearest_part(tmp_path: Path, base: Dataset) -> None:
    """From W to QCC: 75 minutes from QAA, 45 from QBB, weighted by people."""
    travel = carry_dataset(base, _lookup(tmp_path, MERGE), "new").new.tables["travel"]
    minutes = travel.set_index(["from_icb", "to_icb"])["minutes"]
    assert minutes["W", "QCC"] == pytest.approx((75 * 1.0 + 45 * 1.2) / 2.2, abs=0.05)
    assert minutes["QCC", "W"] == 45


def test_a_split_is_told(tmp_path: Path, base: Dataset) -> None:
    """Shares, uncertain links and shapes of a split ICB are in the account; amounts go by share."""
    carried = carry_dataset(base, _lookup(tmp_path, SPLIT), "new")
    told = carried.account.groupby("topic").size().to_dict()
    assert told == {"split": 2, "plan halves": 1, "neighbours": 1, "boundaries": 1}
    flows = carried.new.tables["flows"]
    own = base.flows.groupby("icb")["spend_m"].sum()
    assert flows[flows["icb"] == "N"]["spend_m"].sum() == pytest.approx(
        0.75 * own["QBB"] + own["QCC"]
    )
    links = carried.new.tables["neighbours"].set_index(["a", "b"])
    assert set(links.index) == {("N", "QAA"), ("N", "QDD")}
    assert links.loc[("N", "QAA"), "reason"] == "rests on a split ICB; check it"
    assert any("divided by share of people" in text for text in carried.new.about.modelled)


def test_boundaries_of_the_new_icbs_settle_the_map(tmp_path: Path, base: Dataset) -> None:
    """With new shapes the links are measured and providers placed by their point."""
    write_csv(tmp_path / "base" / "providers.csv",
              ("provider", "name", "icb", "lon", "lat", "specialised_income_share"),
              [("P1", "First", "QAA", 0.0, 52.5, 0.3), ("P2", "Second", "QBB", 1.1, 52.5, 0.2),
               ("P3", "Far", "", "", "", "")])  # fmt: skip
    base = read_dataset(tmp_path / "base")
    shapes = gpd.GeoDataFrame(
        {"icb": ["QAA", "N", "QDD"]},
        geometry=[box(0, 52, 1.25, 53), box(1.25, 52, 3, 53), box(3, 52, 4, 53)],
        crs=4326,
    )
    shapes.to_file(tmp_path / "new.gpkg")
    lookup = _lookup(tmp_path, SPLIT)
    blind = carry_dataset(base, lookup, "new")
    assert "provider" in set(blind.account["topic"])
    carried = carry_dataset(base, lookup, "new", read_areas(tmp_path / "new.gpkg", "icb"))
    assert set(carried.account["topic"]) == {"split", "plan halves"}
    hosts = dict(carried.new.tables["providers"][["provider", "icb"]].to_numpy().tolist())
    assert (hosts["P2"], blind.new.tables["providers"]["icb"].iloc[1]) == ("QAA", "N")
    links = carried.new.tables["neighbours"]
    assert {frozenset(p) for p in links[["a", "b"]].to_numpy().tolist()} == {
        frozenset({"QAA", "N"}), frozenset({"N", "QDD"})}  # fmt: skip
    assert links["border_km"].min() > 100


def test_boundaries_must_fit_the_lookup(tmp_path: Path, base: Dataset) -> None:
    """A boundary file of other areas is refused with the codes that differ."""
    assert base.boundaries is not None
    areas = read_areas(base.boundaries, "icb")
    with pytest.raises(InputError) as caught:
        carry_dataset(base, _lookup(tmp_path, SPLIT), "new", areas)
    assert {fault.value for fault in caught.value.faults} == {"N", "QBB", "QCC"}


def test_a_plan_joins_the_largest_part(tmp_path: Path) -> None:
    """The footprint with most people decides, and the others are told."""
    lookup = _lookup(tmp_path, SPLIT)
    people = dict.fromkeys(ICBS, 100.0)
    plan = pd.DataFrame({"icb": ICBS, "footprint": ["X", "Y", "Z", "Z"]})
    carried = carry_plan(plan, lookup, people)
    assert dict(carried.plan.to_numpy().tolist()) == {"N": "Z", "QAA": "X", "QDD": "Z"}
    assert [(m[0], m[1], round(m[2], 4)) for m in carried.mixed] == [
        ("N", "Z", 0.5714), ("QAA", "X", 0.8)]  # fmt: skip
    assert "42.9% in Y" in carried.mixed[0][3]
    back = carry_plan_back(
        pd.DataFrame({"icb": ["QAA", "N", "QDD"], "footprint": list("ABB")}), lookup
    )
    assert dict(back.plan.to_numpy().tolist()) == {"QAA": "A", "QBB": "B", "QCC": "B", "QDD": "B"}
    assert [m[:2] for m in back.mixed] == [("QBB", "B")]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (SPLIT[:2] + SPLIT[3:], "add up to 0.25"),
        (MERGE[:3], "no row for it"),
        ([*MERGE, ("QEE", "W", 1)], "no such ICB"),
        ([*MERGE, MERGE[0]], "same pair"),
        ([("QAA", "W", 1.5), *MERGE[1:]], "between 0 and 1"),
    ],
)
def test_a_bad_lookup_is_refused(
    tmp_path: Path, rows: Sequence[tuple[str, str, float]], message: str
) -> None:
    """Shares, gaps, unknown codes and repeats each have a message."""
    with pytest.raises(InputError, match=message):
        _lookup(tmp_path, rows)


def test_whole_people_keep_their_total() -> None:
    """Largest remainders: whole numbers, the same sum."""
    rounded = round_to_total(pd.Series([1.5, 2.5, 3.0, 0.25, 0.75]))
    assert rounded.tolist() == [2, 2, 3, 0, 1]


def test_the_lookup_of_2026_splits_three() -> None:
    """36 new ICBs, three split, shares that add up."""
    known = pd.read_csv("inputs/england-42/icbs.csv")["icb"].tolist()
    lookup = read_lookup(FILE, known)
    assert len(lookup.new) == 36
    assert lookup.split == ["QJG", "QM7", "QNQ"]


@pytest.mark.long
def test_england_is_carried_to_36(tmp_path: Path) -> None:
    """England's dataset of 36 ICBs is sound and keeps its totals."""
    words = ["carry", "inputs/england-42", "--lookup", str(FILE), "--to", str(tmp_path / "new")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    first, second = read_dataset("inputs/england-42"), read_dataset(tmp_path / "new")
    assert len(second.icbs) == 36
    assert second.flows["spend_m"].sum() == pytest.approx(first.flows["spend_m"].sum())


def test_commands_carry_plans_and_datasets(tmp_path: Path, base: Dataset) -> None:
    """A plan file and a dataset, never over anything; --back is for plans alone."""
    _lookup(tmp_path, SPLIT)
    lookup = ["--lookup", str(tmp_path / "lookup.csv")]
    plan = tmp_path / "base" / "plans" / "halves.csv"
    words = [
        "carry",
        str(plan),
        *lookup,
        "--base",
        str(base.folder),
        "--to",
        str(tmp_path / "p.csv"),
    ]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "p.csv").read_text(encoding="utf-8").startswith("icb,footprint\n")
    assert CliRunner().invoke(main, words).exit_code == 1
    words = ["carry", str(base.folder), *lookup, "--to", str(tmp_path / "d")]
    assert CliRunner().invoke(main, [*words, "--back"]).exit_code == 2
    result = CliRunner().invoke(main, [*words, "--format", "csv"])
    assert "split,QBB" in result.output
    carried = read_dataset(tmp_path / "d")
    assert len(carried.icbs) == 3
    first = read_scenario(tmp_path / "d" / "scenarios" / "base.toml")
    assert not check_scenario(first, carried, "base.toml")


def test_a_new_icb_has_one_name(tmp_path: Path) -> None:
    """Of two, one was taken without a word; blanks take the other rows' name."""
    header = ("from_icb", "to_icb", "share", "to_name")
    rows = [(icb, "N", 1, "" if icb == ICBS[0] else "North") for icb in ICBS]
    write_csv(tmp_path / "lookup.csv", header, rows)
    read_lookup(tmp_path / "lookup.csv", ICBS)
    write_csv(tmp_path / "lookup.csv", header, [*rows[:-1], (ICBS[-1], "N", 1, "Nord")])
    with pytest.raises(InputError, match=r'to_name: "Nord"\. N has "North" on line 3'):
        read_lookup(tmp_path / "lookup.csv", ICBS)


def test_an_icb_spelt_wrongly_is_one_fault(tmp_path: Path) -> None:
    """It is not left out as well."""
    rows = [("QXX" if icb == ICBS[0] else icb, icb, 1.0) for icb in ICBS]
    with pytest.raises(InputError) as caught:
        _lookup(tmp_path, rows)
    assert [fault.rule for fault in caught.value.faults] == ["known_icb"]
