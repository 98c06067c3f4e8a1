"""Faults of headers, files, rows, ``dataset.toml`` and boundaries, planted one at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.datasets import (
    append_row,
    boundaries,
    drop_column,
    rename_column,
    write_tiny_dataset,
)

from optimiser.errors import Fault
from optimiser.inputs.reading.load import check_dataset
from optimiser.inputs.reading.raw import MOST_ALIKE


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A sound dataset."""
    return write_tiny_dataset(tmp_path / "tiny")


def only_fault(folder: Path) -> Fault:
    """The one fault of a folder."""
    faults = check_dataset(folder)
    assert len(faults) == 1, "\n".join(map(str, faults))
    return faults[0]


HEADERS = {
    "unknown_column": lambda path: rename_column(path, "provenance", "origin"),
    "duplicate_header": lambda path: rename_column(path, "provenance", "name"),
    "missing_column": lambda path: drop_column(path, "patients"),
    "spaces": lambda path: rename_column(path, "patients", "patients "),
    "blank_header": lambda path: rename_column(path, "provenance", ""),
}


@pytest.mark.parametrize("rule", HEADERS)
def test_one_fault_of_the_header_is_one_fault(tiny: Path, rule: str) -> None:
    """Headers are read strictly: nothing unknown is passed over."""
    change: Callable[[Path], None] = HEADERS[rule]
    change(tiny / "services.csv")
    fault = only_fault(tiny)
    assert (fault.rule, fault.line) == (rule, 1)


def test_a_misspelled_header_names_the_likely_column_and_is_read_as_it(tiny: Path) -> None:
    """Cells below a misspelled header are checked all the same."""
    rename_column(tiny / "icbs.csv", "population", "Populaton")
    lines = (tiny / "icbs.csv").read_text().replace("800000,", "none,")
    (tiny / "icbs.csv").write_text(lines)
    header, cell = check_dataset(tiny)
    assert (header.rule, header.value) == ("unknown_column", "Populaton")
    assert '"population"' in header.remedy
    assert (cell.line, cell.column, cell.value) == (4, "population", "none")


def test_a_file_without_a_header_is_one_fault(tiny: Path) -> None:
    """The remedy lists the columns."""
    lines = (tiny / "flows.csv").read_text().splitlines(keepends=True)
    (tiny / "flows.csv").write_text("".join(lines[1:]))
    fault = only_fault(tiny)
    assert (fault.line, fault.rule) == (1, "header")
    assert "service, icb, provider, patients, spend_m" in fault.remedy


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "header"),
        (b"service,icb,provider,patients,spend_m\n", "no_rows"),
        (b"service;icb;provider;patients;spend_m\nS1;QAA;P1;1;1\n", "commas"),
        ("service,icb,provider,patients,spend_m\n".encode("utf-16"), "encoding"),
        (b"PK\x03\x04 a workbook", "encoding"),
        (b'service,icb,provider,patients,spend_m\nS1,"QAA,P1,1,1\nS1,QBB,P1,1,1\n', "quotes"),
    ],
)
def test_a_file_that_is_no_table_is_one_fault(tiny: Path, content: bytes, rule: str) -> None:
    """What can't be read as a table is told once, whatever hangs on it."""
    (tiny / "flows.csv").write_bytes(content)
    assert only_fault(tiny).rule == rule


def test_a_header_in_a_wrong_encoding_can_be_shown(tiny: Path) -> None:
    """A message is always text that can be written out."""
    header, *rest = (tiny / "sources.csv").read_bytes().split(b"\n")
    header = header.replace(b"note", b"not\xe9")
    (tiny / "sources.csv").write_bytes(b"\n".join([header, *rest]))
    fault = only_fault(tiny)
    assert (fault.column, fault.rule) == ("noté", "unknown_column")
    assert str(fault).encode()


def test_broken_quotes_are_told_where_they_start(tiny: Path) -> None:
    """An unclosed quote swallows the rest of the file, so the first line counts."""
    text = (tiny / "providers.csv").read_text().replace("Second", '"Second')
    (tiny / "providers.csv").write_text(text)
    fault = only_fault(tiny)
    assert (fault.line, fault.rule) == (3, "quotes")


@pytest.mark.parametrize("row", ["QBB,QCC,river,5", "QBB,QCC,river,5,a bridge,over water"])
def test_a_ragged_row_is_one_fault(tiny: Path, row: str) -> None:
    """Too few or too many fields are told with both numbers."""
    text = (tiny / "neighbours.csv").read_text().replace("QBB,QCC,river,5,a bridge", row)
    (tiny / "neighbours.csv").write_text(text)
    fault = only_fault(tiny)
    assert (fault.line, fault.value, fault.rule) == (3, row, "fields")
    assert f"{row.count(',') + 1} fields where the header has 5" in fault.remedy


def test_rows_that_are_all_off_alike_are_one_fault(tiny: Path) -> None:
    """Decimals with a comma: neither each row nor the sums that follow are mistakes of their own."""
    head, *rows = (tiny / "flows.csv").read_text().splitlines()
    assert len(rows) > MOST_ALIKE
    (tiny / "flows.csv").write_text("\n".join([head, *(f"{row},5" for row in rows)]) + "\n")
    assert f"{len(rows)} rows have this fault" in only_fault(tiny).remedy


def test_a_service_without_flows_is_one_fault(tiny: Path) -> None:
    """Not one for its patients and one for its money."""
    lines = (tiny / "flows.csv").read_text().splitlines(keepends=True)
    (tiny / "flows.csv").write_text("".join(line for line in lines if not line.startswith("S1,")))
    fault = only_fault(tiny)
    assert (fault.file, fault.rule) == (str(tiny / "services.csv"), "has_flows")


def test_an_icb_without_a_row_is_one_fault(tiny: Path) -> None:
    """That it has a shape, and that the others are fewer people, are no further mistakes."""
    (tiny / "boundaries.geojson").write_text(json.dumps(boundaries()))
    lines = (tiny / "icbs.csv").read_text().splitlines(keepends=True)
    (tiny / "icbs.csv").write_text("".join(line for line in lines if not line.startswith("QDD,")))
    assert only_fault(tiny).rule == "missing_row"


def test_an_empty_row_is_one_fault(tiny: Path) -> None:
    """Spreadsheets leave rows of commas behind."""
    line = append_row(tiny / "icbs.csv", *[""] * 10)
    fault = only_fault(tiny)
    assert (fault.line, fault.rule) == (line, "empty_row")


def test_a_wrong_encoding_is_told_with_the_word(tiny: Path) -> None:
    """Text saved as Windows text is told cell by cell and shown as it was meant."""
    text = (tiny / "icbs.csv").read_text().replace(",Birchdale,", ",Bîrchdale,")
    (tiny / "icbs.csv").write_bytes(text.encode("cp1252"))
    fault = only_fault(tiny)
    assert (fault.line, fault.column, fault.value) == (3, "short_name", "Bîrchdale")
    assert fault.rule == "encoding"


def test_two_files_of_flows_are_a_fault(tiny: Path) -> None:
    """It must be clear which one counts."""
    (tiny / "flows.parquet").write_bytes(b"anything")
    assert only_fault(tiny).rule == "one_flows_file"


ABOUT = [
    ('name = "tiny"\n', "", "blank", "name"),
    ("title =", "titel =", "unknown_key", "titel"),
    ('["Everything."]', '"Everything."', "list_of_texts", "modelled"),
    (
        "total_population = 4500000",
        "total_population = 5600000",
        "totals_agree",
        "total_population",
    ),
    ("total_population = 4500000", 'total_population = "many"', "number", "total_population"),
    ('vintage = "invented"', "vintage = true", "text", "vintage"),
    ('vintage = "invented"', "unplaced_share = 12", "share", "unplaced_share"),
]


@pytest.mark.parametrize(("old", "new", "rule", "column"), ABOUT)
def test_faults_of_dataset_toml(tiny: Path, old: str, new: str, rule: str, column: str) -> None:
    """Keys are read as strictly as columns."""
    path = tiny / "dataset.toml"
    path.write_text(path.read_text().replace(old, new))
    fault = only_fault(tiny)
    assert (fault.file, fault.rule, fault.column) == (str(path), rule, column)


def test_toml_that_cannot_be_read_names_the_line(tiny: Path) -> None:
    """Syntax errors come with their line."""
    (tiny / "dataset.toml").write_text('name = "tiny"\ntitle = \n')
    fault = only_fault(tiny)
    assert (fault.line, fault.rule) == (2, "toml")
    (tiny / "dataset.toml").write_text(f"name = {'[' * 5_000}")
    assert "nested too deeply" in only_fault(tiny).remedy


def _spoil_boundaries(folder: Path, spoil: Callable[..., object]) -> None:
    content = boundaries()
    spoil(content)
    (folder / "boundaries.geojson").write_text(json.dumps(content))


BOUNDARIES: list[tuple[str, Callable[..., object]]] = [
    ("every_icb", lambda c: c["features"].pop()),
    ("duplicate", lambda c: c["features"].append(c["features"][0])),
    ("unknown_code", lambda c: c["features"][0]["properties"].update(icb="QAX")),
    ("feature_code", lambda c: c["features"].append({"type": "Feature", "properties": {}})),
    ("polygon", lambda c: c["features"][0]["geometry"].update(type="Point")),
    ("degrees", lambda c: c["features"][0]["geometry"].update(coordinates=[[[5e5, 2e5]]])),
    ("degrees", lambda c: c.update(crs={"properties": {"name": "EPSG:27700"}})),
    ("coordinates", lambda c: c["features"][0]["geometry"].update(coordinates=[1, 2])),
    ("area", lambda c: c["features"][0]["geometry"].update(coordinates=[[[1, 52]] * 5])),
    ("geojson", lambda c: c.clear()),
]


@pytest.mark.parametrize(("rule", "spoil"), BOUNDARIES)
def test_faults_of_the_boundaries(tiny: Path, rule: str, spoil: Callable[..., object]) -> None:
    """One polygon for each ICB, in degrees."""
    _spoil_boundaries(tiny, spoil)
    assert only_fault(tiny).rule == rule


@pytest.mark.parametrize(
    ("text", "words"), [("", "is empty"), ("[" * 200_000, "too deeply"), ("{", "not readable")]
)
def test_boundaries_that_are_no_json_are_told_in_plain_words(
    tiny: Path, text: str, words: str
) -> None:
    """Not in those of the library that reads them, where a person has better ones."""
    (tiny / "boundaries.geojson").write_text(text)
    assert words in only_fault(tiny).remedy
