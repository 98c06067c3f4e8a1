"""docs/tutorial-own-workbook.md, followed by the letter: its tables filled in, its commands run."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner
from support.toy import ROOT

from optimiser.cli import main
from optimiser.inputs.schema import TABLES

PAGE = (ROOT / "docs" / "tutorial-own-workbook.md").read_text(encoding="utf-8")
Rows = list[list[str]]


def _tables() -> dict[str, Rows]:
    """The tables of the page by the headers of their first column and the sheet that is named before."""
    found = {}
    for before, block in re.findall(r"([^\n|]*(?:\n[^\n|]+)*)\n\n((?:\|.*\n)+)", PAGE):
        rows = [[c.strip() for c in line.strip("|").split("|")] for line in block.splitlines()]
        named = re.findall(r"[Ss]heet `(\w+)`", before)
        found[named[0] if named else "idea"] = [rows[0], *rows[2:]]
    return found


def _fill_template(path: Path, tables: dict[str, Rows]) -> None:
    """The template's sheets with every header, and the page's rows below the dark ones."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name in ("about", *TABLES, "scenario"):
            header, *rows = tables.get(name, [["key", "value"]])
            titles = list(TABLES[name].names) if name in TABLES else header
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, titles)
            for k, row in enumerate(rows if name in tables else [], start=1):
                for title, cell in zip(header, row, strict=True):
                    sheet.write(k, titles.index(title), _value(cell))


def _value(cell: str) -> str | float | bool:
    if cell in ("TRUE", "FALSE"):
        return cell == "TRUE"
    return float(cell) if re.fullmatch(r"[\d.]+", cell) else cell


@pytest.mark.long
def test_the_page_is_followed_to_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command ends with 0 and prints what the page shows, on a workbook without places."""
    monkeypatch.chdir(tmp_path)
    tables = _tables()
    assert {
        "about",
        "icbs",
        "neighbours",
        "services",
        "providers",
        "flows",
        "scenario",
        "idea",
    } == set(tables)
    required = {name: [c.name for c in TABLES[name].columns if c.required] for name in TABLES}
    assert all(tables[n][0] == required[n] for n in tables if n in TABLES)
    with Path("idea.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(tables["idea"])
    printed = ""
    for command in re.findall(r"^    footprints (.+)$", PAGE, re.M):
        result = CliRunner().invoke(main, command.split())
        assert result.exit_code == 0, f"{command}\n{result.output}"
        printed += result.stdout
        if command.startswith("template"):
            Path("mine.xlsx").unlink()
            _fill_template(Path("mine.xlsx"), tables)
    for shown in re.findall(r"```text\n(.*?)```", PAGE, re.S):
        assert shown in printed
    assert "No map was drawn: there are no boundaries" in printed
    assert not Path("first", "map.png").exists()
