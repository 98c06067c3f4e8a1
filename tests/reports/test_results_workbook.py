"""The workbook: typed, frozen, filtered, never merged; and inputs that load back."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from support.saved import Saved

from optimiser.inputs.reading.load import read_dataset
from optimiser.reports.workbook import list_sheets, write_inputs, write_workbook
from optimiser.runs.compare import Comparison


@pytest.fixture(scope="module")
def book(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook of the comparison."""
    return write_workbook(comparison, tmp_path_factory.mktemp("book"))


def _rows(book: Path, sheet: str) -> list[list[object]]:
    with CalamineWorkbook.from_path(str(book)) as opened:
        return [*map(list, opened.get_sheet_by_name(sheet).to_python(skip_empty_area=False))]


def test_every_table_is_a_sheet_with_all_its_rows(comparison: Comparison, book: Path) -> None:
    """Each sheet has the rows and the column names of its table."""
    for sheet in list_sheets(comparison):
        head, *rows = _rows(book, sheet.name)
        assert [str(cell).split("\n")[0] for cell in head] == list(sheet.frame.columns)
        assert len(rows) == len(sheet.frame)


def test_numbers_are_numbers_to_the_last_digit_of_excel(comparison: Comparison, book: Path) -> None:
    """Figures come back to 15 digits, which is what a spreadsheet holds, and codes as text."""
    head, *rows = _rows(book, "Measures")
    at = head.index("value")
    read = [row[at] for row in rows]
    for mine, value in zip(read, comparison.measures["value"], strict=True):
        assert mine == ("" if value != value else pytest.approx(value, rel=1e-15, abs=1e-15))
    assert all(isinstance(row[head.index("figure")], str) for row in rows)


def test_headers_stay_filter_and_nothing_is_merged(comparison: Comparison, book: Path) -> None:
    """Each table sheet is frozen below its header, has a filter, and no cell is merged."""
    with zipfile.ZipFile(book) as packed:
        texts = [
            packed.read(name).decode()
            for name in packed.namelist()
            if name.startswith("xl/worksheets/sheet")
        ]
    assert len(texts) == len(list_sheets(comparison)) + 1
    assert not any("mergeCell" in text for text in texts)
    assert (
        sum('state="frozen"' in text and "<autoFilter" in text for text in texts) == len(texts) - 1
    )


def test_units_and_weak_inputs_stand_in_the_headers(book: Path) -> None:
    """A money column says £m, and what rests on illustrative inputs says so."""
    head = {str(cell).split("\n")[0]: str(cell) for cell in _rows(book, "Footprint measures")[0]}
    assert "£m a year" in head["leakage_m"]
    assert head["leakage_m"].endswith("illustrative")


def test_provenance_lists_every_input_with_its_hash(comparison: Comparison, book: Path) -> None:
    """Each input file of each run is there, with the hash the run was made with."""
    rows = _rows(book, "Provenance")
    listed = {(row[0], row[1], row[-1]) for row in rows}
    for label, run in zip(comparison.names, comparison.runs, strict=True):
        for file, sha256 in run.manifest["dataset"]["files"].items():
            assert (label, f"input {file}", sha256) in listed


def test_the_same_comparison_gives_the_same_bytes(
    comparison: Comparison, book: Path, tmp_path: Path
) -> None:
    """No time of day is in the file."""
    assert write_workbook(comparison, tmp_path).read_bytes() == book.read_bytes()


def test_inputs_load_back_as_the_dataset(
    saved: Saved, comparison: Comparison, tmp_path: Path
) -> None:
    """The workbook of inputs reads as a dataset with the same tables and the compared plans."""
    path = write_inputs(comparison, saved.dataset, tmp_path)[0]
    again = read_dataset(path)
    for table in ("icbs", "services", "flows", "travel"):
        pd.testing.assert_frame_equal(getattr(again, table), getattr(saved.dataset, table))
    assert set(again.plans) >= {"rows", "columns"}


def test_the_sheet_of_plans_is_in_the_form_of_an_input(comparison: Comparison, book: Path) -> None:
    """Its columns are those of a dataset's plans, without units."""
    head, *rows = _rows(book, "plans")
    assert head == ["plan", "icb", "footprint"]
    grouping = {row[1]: row[2] for row in rows if row[0] == comparison.baseline}
    icbs = comparison.plans[comparison.baseline].icbs
    assert grouping == dict(zip(icbs["icb"], icbs["footprint"], strict=True))


def test_every_sheet_prints_on_few_pages(comparison: Comparison, book: Path) -> None:
    """Across, fitted to pages, headings on each; of thousands of rows the first page alone."""
    with zipfile.ZipFile(book) as packed:
        texts = [packed.read(n).decode() for n in packed.namelist() if "worksheets/sheet" in n]
        names = packed.read("xl/workbook.xml").decode()
    assert all('orientation="landscape"' in text and "fitToPage" in text for text in texts)
    areas = re.findall(r"Print_Area[^>]*>[^<]*\$(\d+)</definedName>", names)
    full = [sheet for sheet in list_sheets(comparison) if len(sheet.frame)]
    assert len(areas) == len(full)
    assert max(map(int, areas)) <= 61


def test_the_contents_lead_to_every_sheet(comparison: Comparison, book: Path) -> None:
    """The first sheet names each, with what it holds and how many rows."""
    texts = {str(row[0]): str(row[1]) for row in _rows(book, "Contents")}
    for sheet in list_sheets(comparison):
        assert texts[sheet.name].startswith(sheet.about)
