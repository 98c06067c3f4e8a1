"""The workbook: typed, frozen, filtered, never merged; and inputs that load back."""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from support.saved import Saved

from optimiser.inputs.reading.load import read_dataset
from optimiser.reports.paper.pdf import find_office
from optimiser.reports.sheets import list_sheets
from optimiser.reports.workbook import write_inputs, write_workbook
from optimiser.runs.compare import Comparison


@pytest.fixture(scope="module")
def books(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The workbooks of the comparison: to print, and of data."""
    return write_workbook(comparison, tmp_path_factory.mktemp("book"))


def _rows(books: list[Path], sheet: str) -> list[list[object]]:
    opened = [CalamineWorkbook.from_path(str(book)) for book in books]
    return next(_read(book, sheet) for book in opened if sheet in book.sheet_names)


def _read(book: CalamineWorkbook, sheet: str) -> list[list[object]]:
    with book:
        return [*map(list, book.get_sheet_by_name(sheet).to_python(skip_empty_area=False))]


def test_every_table_is_a_sheet_with_all_its_rows(
    comparison: Comparison, books: list[Path]
) -> None:
    """Each sheet has the rows and the column names of its table."""
    for sheet in list_sheets(comparison):
        head, *rows = _rows(books, sheet.name)
        assert [str(cell).split("\n")[0] for cell in head] == list(sheet.frame.columns)
        assert len(rows) == len(sheet.frame)


def test_numbers_are_numbers_to_the_last_digit_of_excel(
    comparison: Comparison, books: list[Path]
) -> None:
    """Figures come back to 15 digits, which is what a spreadsheet holds, and codes as text."""
    head, *rows = _rows(books, "Measures")
    at = head.index("value")
    read = [row[at] for row in rows]
    for mine, value in zip(read, comparison.measures["value"], strict=True):
        assert mine == ("" if value != value else pytest.approx(value, rel=1e-15, abs=1e-15))
    assert all(isinstance(row[head.index("figure")], str) for row in rows)


def test_headers_stay_filter_and_nothing_is_merged(
    comparison: Comparison, books: list[Path]
) -> None:
    """Each table sheet is frozen below its header, has a filter, and no cell is merged."""
    texts = [text for book in books for text in _parts(book, "xl/worksheets/sheet")]
    assert len(texts) == len(list_sheets(comparison)) + len(books)
    assert not any("mergeCell" in text for text in texts)
    tables = [text for text in texts if 'state="frozen"' in text and "<autoFilter" in text]
    assert len(tables) == len(texts) - len(books)


def _parts(book: Path, start: str) -> list[str]:
    with zipfile.ZipFile(book) as packed:
        return [packed.read(name).decode() for name in packed.namelist() if name.startswith(start)]


def test_units_and_weak_inputs_stand_in_the_headers(books: list[Path]) -> None:
    """A money column says £m, and what rests on illustrative inputs says so."""
    head = {str(cell).split("\n")[0]: str(cell) for cell in _rows(books, "Footprint measures")[0]}
    assert "£m a year" in head["leakage_m"]
    assert head["leakage_m"].endswith("illustrative")


def test_provenance_lists_every_input_with_its_hash(
    comparison: Comparison, books: list[Path]
) -> None:
    """Each input file of each run is there, with the hash the run was made with."""
    rows = _rows(books, "Provenance")
    listed = {(row[0], row[1], row[-1]) for row in rows}
    for label, run in zip(comparison.names, comparison.runs, strict=True):
        for file, sha256 in run.manifest["dataset"]["files"].items():
            assert (label, f"input {file}", sha256) in listed


def test_the_same_comparison_gives_the_same_bytes(
    comparison: Comparison, books: list[Path], tmp_path: Path
) -> None:
    """No time of day is in the files."""
    again = write_workbook(comparison, tmp_path)
    assert [book.read_bytes() for book in again] == [book.read_bytes() for book in books]


def test_inputs_load_back_as_the_dataset(
    saved: Saved, comparison: Comparison, tmp_path: Path
) -> None:
    """The workbook of inputs reads as a dataset with the same tables and the compared plans."""
    path = write_inputs(comparison, saved.dataset, tmp_path)[0]
    again = read_dataset(path)
    for table in ("icbs", "services", "flows", "travel"):
        pd.testing.assert_frame_equal(getattr(again, table), getattr(saved.dataset, table))
    assert set(again.plans) >= {"rows", "columns"}


def test_the_sheet_of_plans_is_in_the_form_of_an_input(
    comparison: Comparison, books: list[Path]
) -> None:
    """Its columns are those of a dataset's plans, without units."""
    head, *rows = _rows(books, "plans")
    assert head == ["plan", "icb", "footprint"]
    grouping = {row[1]: row[2] for row in rows if row[0] == comparison.baseline}
    icbs = comparison.plans[comparison.baseline].icbs
    assert grouping == dict(zip(icbs["icb"], icbs["footprint"], strict=True))


def test_every_sheet_is_laid_out_for_print(comparison: Comparison, books: list[Path]) -> None:
    """Across, fitted to pages, with headings; what is to be printed whole, of data a first page."""
    sheets = list_sheets(comparison)
    for book, data in zip(books, (False, True), strict=True):
        texts = _parts(book, "xl/worksheets/sheet")
        assert all('orientation="landscape"' in text and "fitToPage" in text for text in texts)
        (names,) = _parts(book, "xl/workbook.xml")
        areas = [
            int(row) for row in re.findall(r"Print_Area[^>]*>[^<]*\$(\d+)</definedName>", names)
        ]
        rows = [len(sheet.frame) for sheet in sheets if sheet.data == data and len(sheet.frame)]
        assert sorted(areas) == sorted(min(many, 40) + 1 if data else many + 1 for many in rows)


@pytest.mark.long
@pytest.mark.skipif(find_office() is None, reason="no LibreOffice")
def test_what_is_to_be_printed_takes_about_ten_pages(books: list[Path], tmp_path: Path) -> None:
    """Counted in what LibreOffice prints of the whole book."""
    command = [str(find_office()), f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"]
    command += ["--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(books[0])]
    subprocess.run(command, capture_output=True, timeout=180, check=True)
    pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "results.pdf").read_bytes())
    assert 5 < len(pages) <= 12


def test_the_contents_lead_to_every_sheet(comparison: Comparison, books: list[Path]) -> None:
    """The first sheet names each, with what it holds and how many rows."""
    guides = [_read(CalamineWorkbook.from_path(str(book)), "Contents") for book in books]
    told = {(str(row[0]), str(row[1]).split(" (")[0]) for guide in guides for row in guide}
    assert {(sheet.name, sheet.about) for sheet in list_sheets(comparison)} <= told
