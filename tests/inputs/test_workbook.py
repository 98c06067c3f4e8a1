"""Workbooks: a round trip changes nothing, faults name sheet, cell and value."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from click.testing import CliRunner
from support.datasets import write_tiny_dataset

from optimiser.cli import main
from optimiser.errors import InputError, OutputExistsError
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import check_dataset, read_dataset
from optimiser.inputs.scenario.declared import list_settings
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.inputs.schema import TABLES
from optimiser.inputs.workbook.source import (
    name_column,
    open_workbook,
    read_workbook_scenario,
    to_text,
)
from optimiser.inputs.workbook.writing import write_workbook

Sheets = dict[str, list[list[object]]]
APART = ("folder", "boundaries", "hashes", "notices", "plans", "filled")


def _assert_same(first: Dataset, second: Dataset) -> None:
    for field in fields(Dataset):
        a, b = getattr(first, field.name), getattr(second, field.name)
        if isinstance(a, pd.DataFrame):
            pd.testing.assert_frame_equal(a, b, check_exact=True)
        elif field.name not in APART:
            assert a == b, field.name
    assert list(first.plans) == list(second.plans)
    for name, plan in first.plans.items():
        pd.testing.assert_frame_equal(plan, second.plans[name])
    if first.boundaries is not None:
        assert second.boundaries is not None
        assert first.boundaries.read_bytes() == second.boundaries.read_bytes()


def _sheets(path: Path) -> Sheets:
    """All cells of a workbook as text, to be changed and written again."""
    source = open_workbook(path)
    return {
        name: [list[object](cells) for _, cells in rows] for name, rows in source.sheets.items()
    }


def _write(path: Path, sheets: Sheets) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for k, row in enumerate(rows):
                for m, cell in enumerate(row):
                    if cell != "":
                        sheet.write(k, m, cell)
    return path


@pytest.fixture
def tiny(tmp_path: Path) -> Dataset:
    """The tiny dataset in a folder."""
    return read_dataset(write_tiny_dataset(tmp_path / "tiny"))


@pytest.fixture
def book(tmp_path: Path, tiny: Dataset) -> Path:
    """The tiny dataset as a workbook."""
    return write_workbook(tmp_path / "tiny.xlsx", tiny)[0]


def test_round_trip_changes_nothing(tmp_path: Path, tiny: Dataset, book: Path) -> None:
    """Folder to workbook to dataset, and again from the workbook: every cell is the same."""
    once = read_dataset(book)
    _assert_same(tiny, once)
    _assert_same(once, read_dataset(write_workbook(tmp_path / "again.xlsx", once)[0]))


@pytest.mark.parametrize("name", ["toy", pytest.param("england-42", marks=pytest.mark.long)])
def test_carried_datasets_survive(tmp_path: Path, name: str) -> None:
    """The carried datasets, their stated totals among them, come back as they were."""
    first = read_dataset(Path("inputs") / name)
    _assert_same(first, read_dataset(write_workbook(tmp_path / "w.xlsx", first)[0]))


@pytest.mark.long
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_workbook_saved_by_libreoffice_reads_the_same(tmp_path: Path) -> None:
    """Opened and saved by Calc, England's workbook keeps every number, note and validation."""
    england = read_dataset(Path("inputs/england-42"))
    book = write_workbook(tmp_path / "england.xlsx", england)[0]
    home = (tmp_path / "user").as_uri()
    words = ["soffice", f"-env:UserInstallation={home}", "--headless", "--convert-to", "xlsx"]
    subprocess.run(
        [*words, "--outdir", str(tmp_path / "saved"), str(book)], check=True, timeout=120
    )
    saved = tmp_path / "saved" / "england.xlsx"
    if not saved.is_file():
        pytest.skip("LibreOffice has no Calc")
    shutil.copy(tmp_path / "england.boundaries.geojson", saved.parent)
    _assert_same(england, read_dataset(saved))
    for path in (book, saved):
        with zipfile.ZipFile(path) as parts:
            names = parts.namelist()
            text = b"".join(parts.read(n) for n in names if n.startswith("xl/worksheets/sheet"))
        assert len([name for name in names if "comments" in name]) >= 10
        assert text.count(b"<dataValidation ") > 40


def test_numbers_of_seventeen_digits_survive(tmp_path: Path) -> None:
    """A number that sixteen digits do not hold comes back as the same number."""
    folder = write_tiny_dataset(tmp_path / "d")
    icbs = folder / "icbs.csv"
    awkward = repr(0.1 + 0.2)
    icbs.write_text(icbs.read_text(encoding="utf-8").replace(",2.0,52.5", f",{awkward},52.5"),
                    encoding="utf-8")  # fmt: skip
    first = read_dataset(folder)
    second = read_dataset(write_workbook(tmp_path / "w.xlsx", first)[0])
    assert second.icbs["lon"].tolist() == first.icbs["lon"].tolist()
    assert float(awkward) in second.icbs["lon"].tolist()


def test_suppressed_cells_stay_suppressed(tmp_path: Path) -> None:
    """Marks and policy go into the workbook, not the numbers that filled them."""
    folder = write_tiny_dataset(tmp_path / "d")
    flows, about = folder / "flows.csv", folder / "dataset.toml"
    flows.write_text(flows.read_text(encoding="utf-8").replace("S1,QAA,P3,1,0.01", "S1,QAA,P3,<5,*"),
                     encoding="utf-8")  # fmt: skip
    rule = '\n[suppression]\npolicy = "value"\nvalue = 2\n'
    about.write_text(about.read_text(encoding="utf-8") + rule, encoding="utf-8")
    first = read_dataset(folder)
    path = write_workbook(tmp_path / "w.xlsx", first)[0]
    assert ["S1", "QAA", "P3", "<5", "*"] in _sheets(path)["flows"]
    second = read_dataset(path)
    _assert_same(first, second)
    assert second.filled is not None


def test_the_same_dataset_gives_the_same_bytes(tmp_path: Path, tiny: Dataset, book: Path) -> None:
    """Nothing in a workbook depends on the clock."""
    other = write_workbook(tmp_path / "other.xlsx", tiny)[0]
    with zipfile.ZipFile(book) as one, zipfile.ZipFile(other) as two:
        assert one.namelist() == two.namelist()
        assert all(one.read(name) == two.read(name) for name in one.namelist())


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value", "cell", "rule"),
    [
        ("icbs", 2, "population", "-4210", "F3", "range"),
        ("icbs", 1, "population", "many", "F2", "number"),
        ("flows", 4, "provider", "P9", "C5", "unknown_code"),
        ("services", 1, "category", "raedy", "D2", "choice"),
        ("plans", 3, "icb", "QXX", "B4", "unknown_code"),
        ("neighbours", 1, "b", "QAA", "B2", "self_link"),
    ],
)
def test_faults_name_sheet_cell_and_value(
    tmp_path: Path, book: Path, sheet: str, row: int, column: str, value: str, cell: str, rule: str
) -> None:
    """A wrong cell is told by sheet, cell, value and remedy."""
    sheets = _sheets(book)
    sheets[sheet][row][sheets[sheet][0].index(column)] = value
    path = _write(tmp_path / "wrong.xlsx", sheets)
    fault = next(fault for fault in check_dataset(path) if fault.rule == rule)
    assert fault.file == f"{path} sheet {sheet}"
    assert fault.column == f"{column} (cell {cell})"
    assert fault.value == value
    assert fault.remedy


def test_typed_cells_are_read_as_text(tmp_path: Path, book: Path) -> None:
    """Numbers typed as codes, dates, errors and booleans come through as a check can judge them."""
    assert [to_text(c) for c in (1.0, 2.5, True, None, 1e300)] == ["1", "2.5", "true", "", "1e+300"]
    import datetime

    assert to_text(datetime.date(2024, 3, 1)) == "2024-03-01"
    sheets = _sheets(book)
    sheets["services"][1][5] = False
    sheets["icbs"][1][5] = 1_000_000
    assert check_dataset(_write(tmp_path / "typed.xlsx", sheets)) == []
    path = tmp_path / "date.xlsx"
    sheets["providers"][1][0] = datetime.datetime(2024, 3, 1)
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yy"}) as out:
        for name, rows in sheets.items():
            page = out.add_worksheet(name)
            for k, row in enumerate(rows):
                page.write_row(k, 0, row)
    assert "mangled_code" in {fault.rule for fault in check_dataset(path)}


@pytest.mark.parametrize("sheet", ["icbs", "providers"])
def test_a_formula_without_its_value_is_a_fault(tmp_path: Path, book: Path, sheet: str) -> None:
    """It reads as a blank, which some columns allow: the cell is named; with a value it passes."""
    sheets = _sheets(book)
    for value, rules in (("", ["formula"]), ("#DIV/0!", ["spreadsheet_error"]), ("X", [])):
        path = tmp_path / f"{len(rules)}{len(value)}.xlsx"
        with xlsxwriter.Workbook(str(path)) as out:
            for name, rows in sheets.items():
                page = out.add_worksheet(name)
                for k, row in enumerate(rows):
                    page.write_row(k, 0, row)
                if name == sheet:
                    page.write_formula(1, 1, '="X"', None, value)
        found = check_dataset(path)
        assert [fault.rule for fault in found] == rules
        assert all(fault.file.endswith(f"sheet {sheet}") for fault in found)
        assert all((fault.column, fault.line) == ("cell B2", 2) for fault in found)


def test_many_formulas_are_counted(tmp_path: Path) -> None:
    """Ten are named, the rest counted."""
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(str(path)) as out:
        page = out.add_worksheet("flows")
        for k in range(40):
            page.write_formula(k, 0, "=1+1", None, "")
    faults = check_dataset(path)
    assert len(faults) == 10
    assert "30 more cells" in faults[-1].remedy


def test_stray_cells_are_faults(tmp_path: Path, book: Path) -> None:
    """A value beside no key, and one where there is no column, in about and in scenario alike."""
    for sheet, column in (("about", 3), ("scenario", 4)):
        for row in (["", "alone"], [""] * column + ["astray"]):
            sheets = _sheets(book)
            sheets[sheet].append(list(row))
            path = _write(tmp_path / f"{sheet}{len(row)}.xlsx", sheets)
            result = CliRunner().invoke(main, ["check", str(path)])
            assert result.exit_code == 1
            told = result.output + result.stderr
            assert "beside no key" in told if len(row) == 2 else "has no header" in told


TABLES_SPOILT: dict[str, Callable[[Sheets], object]] = {
    "cell U6: The column has no header": lambda s: s["icbs"].append([*[""] * 20, "a note"]),
    "cell U1: The column has no header": lambda s: s.update(
        icbs=[[*row, *[""] * (20 - len(row)), "x" * bool(k)] for k, row in enumerate(s["icbs"])]
    ),
    "Delete what stands above the headers": lambda s: s["icbs"].insert(0, ["Our ICBs"]),
    "names no plan": lambda s: s["plans"].append(["", "QAA", "North"]),
}


@pytest.mark.parametrize("words", TABLES_SPOILT)
def test_a_cell_astray_in_a_table_is_one_fault(tmp_path: Path, book: Path, words: str) -> None:
    """Neither a row that lacks its values nor a column for each cell; no row is passed over."""
    sheets = _sheets(book)
    TABLES_SPOILT[words](sheets)
    fault, *others = check_dataset(_write(tmp_path / "astray.xlsx", sheets))
    assert words in str(fault)
    assert not others


def test_two_files_are_written_both_or_neither(
    tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the second cannot be put in its place, the first is taken away again."""
    rename = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target.name.endswith(".geojson"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_workbook(tmp_path / "out" / "w.xlsx", tiny)
    assert list((tmp_path / "out").iterdir()) == []


def test_missing_and_unknown_sheets(tmp_path: Path, book: Path) -> None:
    """A needed sheet that is missing is a fault, a strange one a notice with the likely meant name."""
    sheets = _sheets(book)
    del sheets["flows"]
    sheets["flwos"] = [["a"], ["b"]]
    faults = check_dataset(_write(tmp_path / "gone.xlsx", sheets))
    assert [fault.rule for fault in faults] == ["sheet_exists"]
    sheets = {**_sheets(book), "servces": [["a"], ["b"]]}
    notices = read_dataset(_write(tmp_path / "more.xlsx", sheets)).notices
    assert any('"servces"' in text and 'mean "services"' in text for text in notices)


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    """Text under a workbook's name, and a workbook that is not there."""
    path = tmp_path / "text.xlsx"
    path.write_text("icb,name\n", encoding="utf-8")
    assert [fault.rule for fault in check_dataset(path)] == ["readable"]
    assert [fault.rule for fault in check_dataset(tmp_path / "none.xlsx")] == ["folder_exists"]


def test_nothing_is_written_over(tmp_path: Path, tiny: Dataset, book: Path) -> None:
    """Workbooks and the boundaries beside them are never replaced; other endings are refused."""
    with pytest.raises(OutputExistsError):
        write_workbook(book, tiny)
    (tmp_path / "n.boundaries.geojson").write_text("{}", encoding="utf-8")
    with pytest.raises(OutputExistsError):
        write_workbook(tmp_path / "n.xlsx", tiny)
    with pytest.raises(InputError, match="written as"):
        write_workbook(tmp_path / "m.xls", tiny)


def test_the_template_guards_each_column(tmp_path: Path) -> None:
    """Every sheet is there; choices, flags, codes and ranges carry drop-downs or validation."""
    path = write_workbook(tmp_path / "empty.xlsx")[0]
    with zipfile.ZipFile(path) as parts:
        names = parts.read("xl/workbook.xml").decode()
        order = [part.split('"')[0] for part in names.split('<sheet name="')[1:]]
        texts = {
            name: parts.read(f"xl/worksheets/sheet{k}.xml").decode()
            for k, name in enumerate(order, start=1)
        }
    for name, schema in TABLES.items():
        guarded = [
            c
            for c in schema.columns
            if c.kind in ("choice", "flag") or c.refers_to or c.least > float("-inf")
        ]
        assert texts[name].count("<dataValidation ") == len(guarded), name
    assert "ready,not_yet,national" in texts["services"]
    assert "icbs!$A$2" in texts["neighbours"]
    keys = {cells[0] for _, cells in open_workbook(path).sheets["scenario"][1:]}
    assert keys == {setting.key for setting in list_settings(Scenario)}


def test_settings_of_the_workbook_are_the_scenario(tmp_path: Path, tiny: Dataset) -> None:
    """Settings written to the sheet come back; the dataset is the workbook itself."""
    asked = Scenario().changed(
        {
            "title": "Two halves",
            "footprints.count": 2,
            "footprints.population_m": (1.0, 3.5),
            "footprints.keep_apart": (("QAA", "QDD"),),
            "services.portfolio": "uniform",
            "objective.volatility": 0.5,
        }
    )
    path = write_workbook(tmp_path / "w.xlsx", tiny, asked)[0]
    scenario = read_workbook_scenario(path, ("objective.leakage=2",))
    assert scenario.dataset_path == path
    expected = {**asked.settings(), "dataset": "w.xlsx"}
    expected["objective"] = {**expected["objective"], "leakage": 2.0}
    assert scenario.settings() == expected


def test_a_bad_setting_names_its_cell(tmp_path: Path, tiny: Dataset) -> None:
    """A setting that cannot be read is told with the cell and the value."""
    path = write_workbook(tmp_path / "w.xlsx", tiny)[0]
    sheets = _sheets(path)
    row = next(k for k, r in enumerate(sheets["scenario"]) if r[0] == "footprints.members")
    sheets["scenario"][row][1] = "[3, 1]"
    wrong = _write(tmp_path / "wrong.xlsx", sheets)
    result = CliRunner().invoke(main, ["check", str(wrong), "--format", "json"])
    assert result.exit_code == 1
    assert "sheet scenario" in result.output
    sheets["scenario"][row][1] = "few"
    wrong = _write(tmp_path / "wrong2.xlsx", sheets)
    with pytest.raises(InputError) as caught:
        read_workbook_scenario(wrong)
    assert f"(cell B{row + 1})" in str(caught.value)
    assert '"few"' in str(caught.value)


def test_commands_take_a_workbook(tmp_path: Path, book: Path) -> None:
    """Template from a folder, check and solve of the workbook, with no scenario file at all."""
    run = CliRunner().invoke
    made = tmp_path / "toy.xlsx"
    result = run(main, ["template", str(made), "--from", "inputs/toy"])
    assert result.exit_code == 0, result.output
    assert run(main, ["check", str(made)]).exit_code == 0
    words = ["solve", str(made), "--out", str(tmp_path / "run"), "--set", "footprints.count=3"]
    result = run(main, words)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "run" / "manifest.json").is_file()


def test_columns_have_their_letters() -> None:
    """A, Z, AA, as spreadsheets count."""
    assert [name_column(k) for k in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
