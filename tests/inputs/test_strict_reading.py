"""Inputs that once passed, or broke the program, are each one clear fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.rtt_files import RTT_HEADER, rtt_row

from optimiser.errors import InputError
from optimiser.importers.rtt import reading as rtt
from optimiser.inputs.reading.boundaries import check_boundaries
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.reading.plans import read_grouping, read_rows
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.inputs.writing import write_bytes

TOY_ICBS = ("A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3")
BASE = Path(__file__).parents[2] / "inputs" / "toy" / "scenarios" / "base.toml"


@pytest.mark.parametrize(
    "override",
    [
        "solver.threads=true",
        'solver.threads="1_000"',
        "solver.threads=1000000",
        'footprints.count=" 3 "',
        'footprints.contiguous="off"',
        "footprints.population_m=[0,nan]",
        "objective.leakage=" + "9" * 400,
        "solver.seed=0x" + "f" * 5000,
        "footprints.fixed=" + "[" * 5000,
        "a." * 3000 + "b=1",
        "footprints=1",
        "objective.leakage=1e308",
        "uncertainty.weights={leakage=[0,1e308]}",
        "readiness.joint={finance=true}",
    ],
)
def test_no_setting_is_coerced_and_none_breaks_the_reader(override: str) -> None:
    """What is no value of a setting is one fault, of a length and in words that a person reads."""
    with pytest.raises(InputError) as caught:
        read_scenario(BASE, [override])
    assert len(caught.value.faults) == 1
    assert len(str(caught.value)) < 1_000
    assert "Input should be" not in str(caught.value)


@pytest.mark.parametrize("pair", [("solver=1", "solver.gap=0"), ("solver.gap=0", "solver=1")])
def test_a_value_and_a_section_of_one_name_are_a_fault(pair: tuple[str, str]) -> None:
    """In either order."""
    with pytest.raises(InputError, match="as a value and as a section"):
        read_scenario(BASE, pair)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"a,b,a\n1,2,3\n", "duplicate_header"),
        (b"a,b\n1,2,3\n", "fields"),
        (b"a,b\n1,2\n1,2\n", "duplicate"),
        (b"a,b\n1,\xff\n", "encoding"),
        (b"a\n1\n", "column"),
        (b",".join([b"a"] * 100_000) + b"\n", "columns"),
    ],
)
def test_a_table_of_plans_or_levels_is_not_guessed_at(
    tmp_path: Path, content: bytes, rule: str
) -> None:
    """One fault each."""
    path = tmp_path / "levels.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_rows(path, ("a", "b"), ("a", "b"))
    assert [fault.rule for fault in caught.value.faults] == [rule]


def _extract(count: str = "1", header: list[str] | None = None) -> bytes:
    row = [str(cell) for cell in rtt_row("QAA", "RAA", "QAA", "01A", "C_110", 1)]
    row[RTT_HEADER.index("Total All")] = count
    return "\n".join(",".join(line) for line in (header or RTT_HEADER, row)).encode() + b"\n"


@pytest.mark.parametrize("count", ["1e3", "12.0", " 12", "+12", "1e30", "-1", "", "9" * 30])
def test_counts_are_plain_digits(tmp_path: Path, count: str) -> None:
    """Anything else is a fault of the cell."""
    path = tmp_path / "rtt.csv"
    path.write_bytes(_extract(count))
    with pytest.raises(InputError) as caught:
        rtt.read_extract([str(path)])
    assert [fault.rule for fault in caught.value.faults] == ["count"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (_extract().replace(b"QAA", b"Q\xe9A"), "encoding"),
        (_extract().replace(b"\n", b"\r"), "line_ends"),
        (_extract(header=[*RTT_HEADER[:-1], "Total All", "Total All"]), "duplicate_header"),
        (b",".join([b"a"] * 100_000) + b"\n", "columns"),
    ],
)
def test_an_extract_that_is_no_published_file_is_one_fault(
    tmp_path: Path, content: bytes, rule: str
) -> None:
    """Encoding, line ends, headers and width."""
    path = tmp_path / "rtt.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        rtt.read_extract([str(path)])
    assert [fault.rule for fault in caught.value.faults] == [rule]


def test_a_file_beyond_the_ceiling_is_refused_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large the rest would be."""
    monkeypatch.setattr(rtt, "MOST_BYTES", 100)
    path = tmp_path / "rtt.csv"
    path.write_bytes(_extract())
    with pytest.raises(InputError, match="holds more than"):
        rtt.read_extract([str(path)])


SQUARE = [[0.0, 50.0], [0.0, 51.0], [1.0, 51.0], [1.0, 50.0], [0.0, 50.0]]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda ring: [ring[0], ring[2], ring[1], ring[3], ring[0]], "crosses_itself"),
        (lambda ring: ring[:-1], "ring"),
        (lambda ring: [*ring[:2], [float("nan"), 51.0], *ring[3:]], "coordinates"),
        (lambda ring: ring, ""),
    ],
)
def test_a_shape_that_cannot_be_drawn_is_a_fault(
    tmp_path: Path, change: Callable[[list[list[float]]], object], rule: str
) -> None:
    """Bow-ties, open rings and coordinates that are no numbers; a square is none."""
    shape = {"type": "Polygon", "coordinates": [change(SQUARE)]}
    feature = {"type": "Feature", "properties": {"icb": "QAA"}, "geometry": shape}
    path = tmp_path / "boundaries.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    faults = check_boundaries(path, {"QAA": "A"})
    assert [fault.rule for fault in faults] == ([rule] if rule else [])
    assert all("Feature 1" in fault.remedy for fault in faults)


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails leaves the earlier file and nothing beside it."""
    path = tmp_path / "links.csv"
    write_bytes(path, b"old")

    def fail(_: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "rule"),
    [("icb,footprint\nA9,x\n", "known_icb"), ("icb;footprint\nA1;x\n", "column")],
)
def test_one_mistake_in_a_plan_is_one_fault(tmp_path: Path, text: str, rule: str) -> None:
    """An ICB that is spelt wrongly is not left out as well; a file without commas lacks no columns."""
    rest = "".join(f"{icb},x\n" for icb in TOY_ICBS[1:]) if rule == "known_icb" else ""
    (tmp_path / "plan.csv").write_text(text + rest, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_grouping(tmp_path / "plan.csv", read_dataset(BASE.parents[1]))
    assert [fault.rule for fault in caught.value.faults] == [rule]
