"""The workbook: typed, frozen, filtered, never merged; and inputs that load back."""

from __future__ import annotations

import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from support.saved import Saved

import optimiser as fp
from optimiser.inputs.reading.load import read_dataset
from optimiser.reports.paper.pdf import find_office
from optimiser.reports.printed import PRINTED, drop_blank
from optimiser.reports.sheets import list_sheets
from optimiser.reports.workbook import write_inputs, write_workbook
from optimiser.runs.columns import COLUMNS
from optimiser.runs.compare import Comparison, compare_folders

ENGLAND = Path(__file__).parents[2] / "inputs" / "england"
GIVEN = ("pan-icb-offices-2027", "clusters-26")
RULES = ("mergers-2027", "within-regions")


@pytest.fixture(scope="module")
def books(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The workbooks of the comparison: to print, and of data."""
    return write_workbook(comparison, tmp_path_factory.mktemp("book"))


def _rows(books: list[Path], sheet: str, data: bool = True) -> list[list[object]]:
    return _read(CalamineWorkbook.from_path(str(books[data])), sheet)


def _read(book: CalamineWorkbook, sheet: str) -> list[list[object]]:
    with book:
        return [*map(list, book.get_sheet_by_name(sheet).to_python(skip_empty_area=False))]


def test_every_table_is_a_sheet_with_all_its_rows(
    comparison: Comparison, books: list[Path]
) -> None:
    """Each sheet has the rows of its table, and its titles or, in the data, its columns' names."""
    for sheet in list_sheets(comparison):
        head, *rows = _rows(books, sheet.name, sheet.data)
        titles = [sheet.titles.get(str(name), str(name)) for name in sheet.frame]
        assert [str(cell).split("\n")[0] for cell in head] == titles
        assert len(rows) == len(sheet.frame)
        assert not (sheet.data and sheet.titles)


def test_what_is_printed_is_headed_in_words(comparison: Comparison) -> None:
    """No heading on paper holds an underscore or is a column's name: each is a title or a run."""
    printed = [sheet for sheet in list_sheets(comparison) if not sheet.data]
    assert len(printed) == 6
    for sheet in printed:
        heads = [sheet.titles.get(str(name), str(name)) for name in sheet.frame]
        assert all(heads)
        assert not any("_" in head for head in heads)
        others = [str(name) for name in sheet.frame if str(name) not in sheet.titles]
        assert all(name.split(" − ")[0] in comparison.names for name in others), others
        assert len(set(heads)) == len(heads)


@pytest.mark.parametrize("table", sorted({table for _, table, *_ in PRINTED if table}))
def test_every_column_of_a_printed_table_has_a_title(table: str) -> None:
    """Also a column that only some runs have, such as a level that is seldom open."""
    titles = [column.title for column in COLUMNS[table].values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)


def test_what_is_printed_names_icbs(comparison: Comparison) -> None:
    """ICBs stand by name before their codes, and among the measures of footprints by name alone."""
    sheets = {sheet.name: sheet.frame for sheet in list_sheets(comparison) if not sheet.data}
    name, *_, code = sheets["ICBs"]
    assert (name, code) == ("name", "icb")
    for run, plan in comparison.plans.items():
        names = set(plan.icbs["name"])
        table = sheets["Footprint measures"]
        mine = table[table["run"] == run]
        assert {name for text in mine["icbs"] for name in text.split(", ")} == names
        assert set(mine["lead_name"]) <= names
        assert "lead" not in mine


def test_services_of_a_roadmap_are_named_and_numbers_are_whole(
    comparison: Comparison, tmp_path: Path
) -> None:
    """What becomes local stands by name, and no whole number ends in a bare point."""
    known = comparison.services.drop_duplicates("service").head(2)
    columns = dict.fromkeys(COLUMNS["roadmap_milestones"], 1.0)
    row = {"run": comparison.baseline, **columns, "milestone": ""}
    row |= {"year": 2027, "new_services": " ".join(known["service"].astype("str"))}
    views = {**comparison.views, "roadmap_milestones": pd.DataFrame([row])}
    book = write_workbook(replace(comparison, views=views), tmp_path)
    (head, cells) = _rows(book, "Roadmap by year", data=False)
    told = dict(zip((str(cell).split("\n")[0] for cell in head), cells, strict=True))
    assert told["Local for the first time"] == ", ".join(known["name"])
    assert told["Year"] == 2027
    (styles,) = _parts(book[0], "xl/styles.xml")
    assert "0.##" not in styles  # Excel shows a whole number so with a bare point


def test_the_data_have_every_column_of_what_is_printed(comparison: Comparison) -> None:
    """What paper leaves out or says in words stands whole in the data workbook, under one tab."""
    sheets = list_sheets(comparison)
    data = {sheet.name: sheet.frame for sheet in sheets if sheet.data}
    printed = {sheet.name: sheet.frame for sheet in sheets if not sheet.data}
    for name in printed.keys() - {"Side by side"}:  # the long table Measures has those
        assert set(printed[name]) <= set(data[name])
        assert len(printed[name]) == len(data[name])
    assert set(COLUMNS["footprints"]) - {"collaborative_m"} <= set(data["Footprint measures"])


def test_columns_without_a_word_are_not_printed(comparison: Comparison) -> None:
    """No printed column is blank in every row."""
    for sheet in list_sheets(comparison):
        if not sheet.data:
            assert list(drop_blank(sheet.frame)) == list(sheet.frame)


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
    for data, column in enumerate(("Treated outside, in scope", "leakage_m")):
        cells = map(str, _rows(books, "Footprint measures", bool(data))[0])
        head = {cell.split("\n")[0]: cell for cell in cells}
        assert head[column].split("\n")[1:] == ["£m a year", "illustrative"]


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
def test_what_is_to_be_printed_takes_ten_pages_at_most(tmp_path: Path) -> None:
    """Counted in what LibreOffice prints of four options of England, one with 26 footprints."""
    scenario = fp.read_scenario(ENGLAND / "scenarios" / "today.toml")
    asked = [fp.read_scenario(ENGLAND / "scenarios" / f"{name}.toml") for name in RULES]
    plans = [fp.evaluate(scenario, name, no_optimum=True) for name in GIVEN]
    plans += [fp.evaluate(rules, GIVEN[0], no_optimum=True) for rules in asked]
    runs = [plan.save(tmp_path / str(at)) for at, plan in enumerate(plans)]
    book = write_workbook(compare_folders(runs), tmp_path)[0]
    command = [str(find_office()), f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"]
    command += ["--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(book)]
    subprocess.run(command, capture_output=True, timeout=180, check=True)
    pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "results.pdf").read_bytes())
    assert 5 < len(pages) <= 10


def test_the_contents_lead_to_every_sheet(comparison: Comparison, books: list[Path]) -> None:
    """The first sheet names each, with what it holds and how many rows."""
    guides = [_read(CalamineWorkbook.from_path(str(book)), "Contents") for book in books]
    told = {(str(row[0]), str(row[1]).split(" (")[0]) for guide in guides for row in guide}
    assert {(sheet.name, sheet.about) for sheet in list_sheets(comparison)} <= told
