"""Neighbours from boundary files: any format and coordinate system, everything odd is listed."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import CliRunner
from shapely import affinity
from shapely.geometry import LineString, Polygon, box

from optimiser.cli import main
from optimiser.errors import InputError
from optimiser.importers.neighbours import find_neighbours, format_boundaries, read_areas
from optimiser.inputs.reading.boundaries import check_boundaries

# A B .   D (2 km east of B)   I (an island 30 km off)
# C           (C meets A along 10 km and B in a corner)
KM = 1000
PLACE = {
    "A": box(0, 10, 10, 20),
    "B": box(10, 10, 20, 20),
    "C": box(0, 0, 10, 10),
    "D": box(22, 10, 32, 20),
    "I": box(62, 10, 72, 20),
}


def _map(**changed: object) -> gpd.GeoDataFrame:
    shapes = {**PLACE, **changed}
    grown = [affinity.scale(s, KM, KM, origin=(0, 0)) for s in shapes.values()]
    moved = [affinity.translate(s, 400_000, 300_000) for s in grown]
    return gpd.GeoDataFrame({"code": list(shapes)}, geometry=moved, crs=27700)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The map as a GeoPackage on the British grid."""
    _map().to_file(tmp_path / "map.gpkg")
    return tmp_path / "map.gpkg"


def test_borders_have_their_length(file: Path) -> None:
    """Two borders of 10 km; a common corner is no border."""
    reading = find_neighbours(read_areas(file, "code"))
    rows = reading.links[["a", "b", "border_km"]].to_numpy().tolist()
    assert rows == [["A", "B", 10.0], ["A", "C", 10.0]]


def test_islands_crossings_and_corners_are_listed(file: Path) -> None:
    """D is across water, I is far, B and C meet in a corner: all for a person to judge."""
    review = find_neighbours(read_areas(file, "code")).review
    rows = review[["topic", "a", "b", "km"]].to_numpy().tolist()
    assert rows == [
        ["island", "D", "B", 2.0],
        ["island", "I", "D", 30.0],
        ["near", "B", "C", 0.0],
        ["near", "B", "D", 2.0],
    ]


def test_parts_cut_off_are_listed(tmp_path: Path) -> None:
    """Two areas joined to each other and to nothing else."""
    _map(E=box(32, 10, 40, 20)).to_file(tmp_path / "m.gpkg")
    review = find_neighbours(read_areas(tmp_path / "m.gpkg", "code")).review
    row = review[review["topic"] == "cut_off"].iloc[0]
    assert (row["a"], row["b"], row["km"]) == ("D", "B", 2.0)
    assert "with D, E" in row["note"]


@pytest.mark.parametrize(
    ("ending", "crs"), [("geojson", 4326), ("shp", 27700), ("gpkg", 3857), ("gpkg", 3035)]
)
def test_format_and_coordinates_do_not_matter(
    tmp_path: Path, file: Path, ending: str, crs: int
) -> None:
    """GeoJSON in degrees, Shapefile, web Mercator and the European grid give the same links."""
    path = tmp_path / f"other.{ending}"
    _map().to_crs(crs).to_file(path)
    found = find_neighbours(read_areas(path, "code")).links
    expected = find_neighbours(read_areas(file, "code")).links
    pd.testing.assert_frame_equal(found, expected, check_exact=False, atol=0.01)


def test_invalid_shapes_are_mended_and_named(tmp_path: Path) -> None:
    """A bow-tie is mended, two shapes of one code are joined, and both are said."""
    bow = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    frame = _map(C=bow)
    extra = _map(X=box(20, 10, 21, 20)).iloc[[-1]].assign(code="B")
    pd.concat([frame, extra]).to_file(tmp_path / "m.gpkg")
    areas = read_areas(tmp_path / "m.gpkg", "code")
    assert (areas.mended, areas.joined) == (("C",), ("B",))
    assert areas.frame.geometry.is_valid.all()
    said = " ".join(find_neighbours(areas).notices)
    assert "mended: C" in said
    assert "joined to one each: B" in said


def test_overlaps_and_weak_borders_are_listed(tmp_path: Path) -> None:
    """Shapes that overlap and a border of 500 m are kept as links and told."""
    _map(B=box(9.9, 10, 20, 20), C=box(0, 0, 10, 10), W=box(20, 19.5, 22, 25)).to_file(
        tmp_path / "m.gpkg"
    )
    review = find_neighbours(read_areas(tmp_path / "m.gpkg", "code")).review
    assert ["A", "B"] in review[review["topic"] == "overlap"][["a", "b"]].to_numpy().tolist()
    weak = review[review["topic"] == "weak"][["a", "b", "km"]].to_numpy().tolist()
    assert ["B", "W", 0.5] in weak


def test_boundaries_are_written_for_a_dataset(file: Path, tmp_path: Path) -> None:
    """Degrees, keyed by icb, whole: the dataset's own check passes them."""
    areas = read_areas(file, "code")
    path = tmp_path / "boundaries.geojson"
    path.write_text(format_boundaries(areas, 100, "Invented"), encoding="utf-8")
    assert check_boundaries(path, {code: code for code in PLACE}) == []
    assert json.loads(path.read_text(encoding="utf-8"))["attribution"] == "Invented"
    again = find_neighbours(read_areas(path, "icb")).links
    expected = find_neighbours(areas).links
    pd.testing.assert_frame_equal(again, expected, check_exact=False, atol=0.02)


def test_england_is_found_again() -> None:
    """The carried boundaries give the carried neighbours, but for what is across the estuary."""
    links = find_neighbours(read_areas(Path("inputs/england-42/boundaries.geojson"), "icb")).links
    carried = pd.read_csv("inputs/england-42/neighbours.csv")
    found = {frozenset(pair) for pair in links[["a", "b"]].to_numpy().tolist()}
    expected = {frozenset(pair) for pair in carried[["a", "b"]].to_numpy().tolist()}
    assert found <= expected
    assert frozenset({"QH8", "QKS"}) in expected - found
    assert len(expected - found) <= 2


def test_every_refusal_says_what_to_do(tmp_path: Path, file: Path) -> None:
    """Files, properties, shapes and coordinate systems that cannot be used."""
    (tmp_path / "text.geojson").write_text("hello", encoding="utf-8")
    lines = gpd.GeoDataFrame({"code": ["A"]}, geometry=[LineString([(0, 0), (1, 1)])], crs=27700)
    lines.to_file(tmp_path / "lines.gpkg")
    _map().assign(code=[None, *"BCDI"]).to_file(tmp_path / "blank.gpkg")
    _map().to_file(tmp_path / "bare.shp")
    (tmp_path / "bare.prj").unlink()
    cases = {
        "no such file": (tmp_path / "none.gpkg", "code", ""),
        "not readable": (tmp_path / "text.geojson", "code", ""),
        'mean "code"': (file, "coed", ""),
        "must be a polygon": (tmp_path / "lines.gpkg", "code", ""),
        "shape has no code": (tmp_path / "blank.gpkg", "code", ""),
        "--crs EPSG:27700": (tmp_path / "bare.shp", "code", ""),
        "no such coordinate system": (tmp_path / "bare.shp", "code", "EPSG:999999"),
    }
    for message, words in cases.items():
        with pytest.raises(InputError, match=message):
            read_areas(*words)
    assert len(read_areas(tmp_path / "bare.shp", "code", "EPSG:27700").frame) == 5


def test_degrees_that_are_none_are_refused(tmp_path: Path) -> None:
    """Metres in a file that says degrees."""
    _map().set_crs(4326, allow_override=True).to_file(tmp_path / "m.gpkg")
    with pytest.raises(InputError, match="numbers are none"):
        read_areas(tmp_path / "m.gpkg", "code")


def test_the_command_writes_and_never_over(tmp_path: Path, file: Path) -> None:
    """neighbours.csv and boundaries.geojson are written once."""
    to, shapes = tmp_path / "neighbours.csv", tmp_path / "b.geojson"
    words = [
        "neighbours",
        str(file),
        "--code",
        "code",
        "--to",
        str(to),
        "--boundaries-to",
        str(shapes),
    ]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert to.read_text(encoding="utf-8").splitlines()[:2] == [
        "a,b,kind,border_km,reason",
        "A,B,land,10,",
    ]
    assert shapes.is_file()
    assert CliRunner().invoke(main, words).exit_code == 1
    result = CliRunner().invoke(main, [*words[:4], "--format", "json"])
    assert '"island"' in result.output


def test_boundaries_that_are_no_utf8_are_told(tmp_path: Path) -> None:
    """A byte that is no letter is a fault: read as another letter, a name would change unseen."""
    file = tmp_path / "map.geojson"
    _map().to_crs(4326).to_file(file)
    file.write_bytes(file.read_bytes().replace(b'"A"', b'"\xff"', 1))
    with pytest.raises(InputError, match="UTF-8"):
        read_areas(file, "code")
