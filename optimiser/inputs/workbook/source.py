"""Reading a workbook as a source of tables: every cell as the text it would be in a CSV file.

Its sheet ``scenario`` holds settings in rows, so that a workbook is enough to solve.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from optimiser.errors import Fault, InputError
from optimiser.inputs.reading.about import AboutReading, validate_about
from optimiser.inputs.reading.frames import MAY_BE_EMPTY, build_faults
from optimiser.inputs.reading.raw import MOST_ALIKE, RawReading, RawTable, show_text
from optimiser.inputs.scenario.declared import list_settings, to_toml
from optimiser.inputs.scenario.scenario import Scenario, read_overrides
from optimiser.inputs.schema import TABLES
from optimiser.inputs.workbook.formulas import find_unknown_cells
from optimiser.spelling import join_sentences, suggest

ABOUT, PLANS, SCENARIO, NOTES = "about", "plans", "scenario", "notes"
SHEETS = (NOTES, ABOUT, *TABLES, PLANS, SCENARIO)
Row = tuple[int, list[str]]
STRAY = "The column has no header, and nothing is read from it. Clear the cell."


@dataclass(frozen=True)
class WorkbookSource:
    """Tables of a workbook; empty sheets count as absent.

    Attributes:
        path: the workbook as the user typed it.
        sheets: name of each sheet to its rows, each with its number; rows without text left out.
        faults: why it cannot be read, if so.
    """

    path: Path
    sheets: Mapping[str, Sequence[Row]]
    faults: tuple[Fault, ...] = ()
    _letters: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The workbook as the user typed it."""
        return str(self.path)

    @property
    def boundaries(self) -> Path:
        """Where boundaries stand: beside the workbook, under its name."""
        return self.path.with_name(f"{self.path.stem}.boundaries.geojson")

    def name_place(self, sheet: str) -> str:
        """A sheet as faults name it."""
        return f"{self.path} sheet {sheet}"

    def read_table(self, name: str) -> RawReading:
        """The sheet of that name; absent when it has no rows below the header but should have."""
        rows = self.sheets.get(name, ())
        if len(rows) < (1 if name in MAY_BE_EMPTY else 2):
            return RawReading(None)
        return self._make_table(name, name, rows[0], rows[1:])

    def list_plans(self) -> tuple[str, ...]:
        """Names in the first column of the sheet ``plans``, in order."""
        return tuple(dict.fromkeys(cells[0] for _, cells in self._plan_rows if cells[0]))

    def read_plan(self, name: str) -> RawReading:
        """Rows of the sheet ``plans`` of that name; the column of names apart."""
        (line, header), rows = self.sheets[PLANS][0], self._plan_rows
        mine = [(number, cells[1:]) for number, cells in rows if cells[0] == name]
        return self._make_table("plans", PLANS, (line, header[1:]), mine, first=1)

    @cached_property
    def _plan_rows(self) -> Sequence[Row]:
        return [(line, cells or [""]) for line, cells in self.sheets.get(PLANS, ())[1:]]

    def _make_table(
        self, name: str, sheet: str, header: Row, rows: Sequence[Row], first: int = 0
    ) -> RawReading:
        line, titles = header
        width = max([len(titles), *(len(cells) for _, cells in rows)])
        padded = [(number, (cells + [""] * width)[:width]) for number, cells in rows]
        titles = (titles + [""] * width)[:width]
        filled = {k: [number for number, cells in padded if cells[k]] for k in range(width)}
        untitled = {k: filled[k] for k in range(width) if not titles[k].strip() and filled[k]}
        used = [k for k in range(width) if titles[k].strip()]
        place = self.name_place(sheet)
        if len(untitled) > len(used):
            remedy = "Most columns have no header here. Delete what stands above the headers."
            return RawReading(None, (Fault(place, line, "", "", "header", remedy),))
        faults = [fault for k, lines in untitled.items()
                  for fault in _without_header(place, line, name_column(k + first), lines)]  # fmt: skip
        padded = [row for row in padded if any(row[1][k] for k in used)]
        self._letters[place] = {titles[k].strip(): name_column(k + first) for k in used}
        columns = tuple([cells[k] for _, cells in padded] for k in used)
        lines = [number for number, _ in padded]
        table = RawTable(name, place, tuple(titles[k] for k in used), line, columns, lines)
        return RawReading(table, tuple(faults))

    def read_about(self) -> AboutReading:
        """The sheet ``about``: a key and a value in each row; ``modelled`` may stand many times."""
        place = self.name_place(ABOUT)
        rows = self.sheets.get(ABOUT, ())
        if not rows:
            remedy = (
                "The sheet is missing. Add it with a row for name; `footprints template` has one."
            )
            return AboutReading(None, {}, (Fault(place, 0, "", "", "sheet_exists", remedy),))
        raw: dict[str, Any] = {}
        faults = check_pairs(place, rows, may_repeat=("modelled",))
        for line, cells in rows[1:]:
            key, value = [*cells, "", ""][:2]
            if value and key.strip() and not _put(raw, key.strip(), value):
                remedy = "It is a value and a section at once. Keep one of the rows."
                faults.append(Fault(place, line, key, show_text(value), "duplicate", remedy))
        read = validate_about(place, raw)
        return replace(read, faults=(*faults, *read.faults))

    def locate(self, fault: Fault) -> Fault:
        """The fault with its cell, where it is in one."""
        letter = self._letters.get(fault.file, {}).get(fault.column)
        if letter is None or not fault.line:
            return fault
        cell = f"cell {letter}{fault.line}"
        return replace(fault, column=f"{fault.column} ({cell})" if fault.column else cell)

    def describe_unknown(self) -> list[str]:
        """Sheets that are no part of a dataset, in sentences."""
        return [
            join_sentences(f'Sheet "{name}" is no part of a dataset and is not read.',
                           suggest(name, SHEETS) if name.casefold() not in SHEETS else "")
            for name in self.sheets
            if name not in SHEETS
        ]  # fmt: skip


def _without_header(place: str, header: int, letter: str, lines: Sequence[int]) -> list[Fault]:
    """Faults of a column that has no header: few cells in it are strays, many lack it."""
    if len(lines) > MOST_ALIKE:
        remedy = "The column has no header. Name it, or delete the column."
        return [Fault(place, header, f"cell {letter}{header}", "", "blank_header", remedy)]
    return [Fault(place, n, f"cell {letter}{n}", "", "stray_cell", STRAY) for n in lines]


def _list_nameless(place: str, rows: Sequence[Row]) -> list[Fault]:
    """Faults of the sheet of plans: rows that name no plan, from which nothing would be read."""
    remedy = "The row names no plan. Give its name, or clear the row."
    found = [
        (line, "", remedy) for line, cells in rows[1:] if not cells[0].strip() and any(cells[1:3])
    ]
    return build_faults(place, "plan", "blank", found)


def check_pairs(place: str, rows: Sequence[Row], may_repeat: Sequence[str] = ()) -> list[Fault]:
    """Faults of a sheet of keys and values below a header: keys given twice, and stray cells.

    Args:
        place: the sheet as faults name it.
        rows: its rows, the header first.
        may_repeat: keys that may stand in many rows.
    """
    first, faults = dict[str, int](), []
    width = max((k for k, title in enumerate(rows[0][1] if rows else (), 1) if title), default=2)
    for line, cells in rows[1:]:
        key, value = [*(cell.strip() for cell in cells), "", ""][:2]
        earlier = first.setdefault(key, line) if key and value else line
        if earlier != line and key not in may_repeat:
            remedy = f"The key stands in row {earlier} as well. Keep one of the rows."
            faults.append(Fault(place, line, show_text(key), show_text(value), "duplicate", remedy))
        if value and not key:
            remedy = "It stands beside no key. Name one in the first column, or clear the cell."
            faults.append(Fault(place, line, "value", show_text(value), "stray_cell", remedy))
        for k in range(width, len(cells)):
            if cells[k].strip():
                where = f"cell {name_column(k)}{line}"
                faults.append(Fault(place, line, where, show_text(cells[k]), "stray_cell", STRAY))
    return faults


def _put(raw: dict[str, Any], key: str, text: str) -> bool:
    """One row of ``about`` as TOML would hold it; False where a section meets a value."""
    section, dot, last = key.partition(".")
    if key == "modelled":
        raw.setdefault("modelled", []).append(text)
    elif dot:
        if not isinstance(raw.setdefault(section, {}), dict):
            return False
        raw[section][last] = _to_number(text)
    else:
        raw[key] = _to_number(text) if key.startswith("total_") else text
    return True


def _to_number(text: str) -> str | float | int:
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number


def open_workbook(path: Path) -> WorkbookSource:
    """Read every sheet; a file that is no workbook gives a source without sheets and a fault."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            sheets = {
                name: _list_rows(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
                for name in book.sheet_names
            }
        unknown = find_unknown_cells(path, [name for name in SHEETS if name != NOTES])
    except (CalamineError, OSError, ValueError, LookupError, BadZipFile) as error:
        remedy = f"It is not readable as a workbook: {error}. Save it again as .xlsx."
        return WorkbookSource(path, {}, (Fault(str(path), 0, "", "", "readable", remedy),))
    nameless = _list_nameless(f"{path} sheet {PLANS}", sheets.get(PLANS, ()))
    return WorkbookSource(path, sheets, (*unknown, *nameless))


def _list_rows(rows: Sequence[Sequence[object]]) -> list[Row]:
    listed = [(k, [to_text(cell) for cell in row]) for k, row in enumerate(rows, start=1)]
    return [(line, cells) for line, cells in listed if any(cells)]


def to_text(cell: object) -> str:
    """A cell as it would stand in a CSV file."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()[:10]
    return "" if cell is None else str(cell)


def name_column(index: int) -> str:
    """Letters of a column counted from 0: A, B, ..., Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def list_given(scenario: Scenario) -> dict[str, str]:
    """Settings that are not at their default, as TOML; plain texts without quotes."""
    blank, mine = Scenario().model_dump(mode="python"), scenario.model_dump(mode="python")
    given = {}
    for setting in list_settings(Scenario):
        section, _, key = setting.key.rpartition(".")
        value = mine[section][key] if section else mine[key]
        if value != (blank[section][key] if section else blank[key]):
            given[setting.key] = value if isinstance(value, str) else to_toml(value)
    return given


def read_workbook_scenario(path: Path, overrides: tuple[str, ...] = ()) -> Scenario:
    """The scenario of a workbook: its sheet ``scenario`` with the workbook as the dataset.

    Raises:
        InputError: with every fault of the sheet, each with its cell.
    """
    source = open_workbook(path)
    if source.faults:
        raise InputError(source.faults)
    place = source.name_place(SCENARIO)
    faults = check_pairs(place, source.sheets.get(SCENARIO, ()))
    if faults:
        raise InputError(faults)
    rows = {
        cells[0].strip(): (line, cells[1].strip())
        for line, cells in source.sheets.get(SCENARIO, ())[1:]
        if len(cells) > 1 and cells[0].strip() and cells[1].strip()
    }
    given = [f"{key}={value}" for key, (_, value) in rows.items()]
    try:
        return read_overrides([*given, *overrides], path.stem, path.parent, path.name, place)
    except InputError as error:
        raise InputError([_locate(fault, rows) for fault in error.faults]) from None


def _locate(fault: Fault, rows: Mapping[str, tuple[int, str]]) -> Fault:
    for key, (line, value) in rows.items():
        if fault.column == key or fault.column.startswith(f"{key}."):
            return Fault(fault.file, line, f"{key} (cell B{line})", value, fault.rule, fault.remedy)
    return fault
