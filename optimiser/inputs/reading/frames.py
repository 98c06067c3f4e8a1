"""From raw text to a clean frame, column by column, so that a bad cell never hides another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimiser.errors import Fault, InputError
from optimiser.inputs.reading.cells import Cell, Value, read_cell
from optimiser.inputs.reading.raw import MOST_ALIKE, RawTable, read_csv_table, show_text
from optimiser.inputs.schema import Column, TableSchema
from optimiser.spelling import find_likely, join_sentences, name_some, shorten_name, suggest

MOST_TOLD = 10
"""Values that break one rule of a column that are told one by one; the others are counted."""
MAY_BE_EMPTY = ("neighbours",)
"""Tables that may have no rows: a country of one ICB has no neighbours."""
NO_ROWS = "There is a header but there are no rows. Add them, or delete the file."
DIGITS = b"0123456789.eE+-"
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """A table whose own cells have been checked.

    Attributes:
        schema: its rules.
        place: the file as the user would type it.
        lines: line of each row.
        frame: all columns of the schema, with defaults where a column was left out.
        texts: cells of the columns in the file, without spaces around them, as they stood.
        usable: per column, rows whose value is sound (columns without an entry are sound).
        left_out: columns that may be left out and were, in some rows at least, with how many.
    """

    schema: TableSchema
    place: str
    lines: Sequence[int]
    frame: pd.DataFrame
    texts: Mapping[str, Sequence[str]]
    usable: Mapping[str, Bools]
    left_out: Mapping[str, int]

    def is_usable(self, *columns: str) -> Bools:
        """Rows whose values in these columns are sound, (rows,)."""
        sound = np.ones(len(self.frame), dtype=bool)
        for column in columns:
            if column in self.usable:
                sound &= self.usable[column]
        return sound

    def list_values(self, column: str) -> Sequence[str]:
        """Texts of a column as in the frame; quicker than going through a pandas column."""
        return self.texts[column] if column in self.texts else self.frame[column].tolist()

    @cached_property
    def repeats(self) -> dict[int, int]:
        """Rows that repeat the key of an earlier row, each with that row; links are unordered."""
        sound = self.is_usable(*self.schema.key)
        keys: list[tuple[object, ...]] = list(
            zip(*map(self._key_values, self.schema.key), strict=True)
        )
        if self.schema.name == "neighbours":
            keys = [tuple(sorted(key, key=str)) for key in keys]
        if sound.all() and len(set(keys)) == len(keys):
            return {}
        first: dict[tuple[object, ...], int] = {}
        found = {}
        for row in np.flatnonzero(sound).tolist():
            earlier = first.setdefault(keys[row], row)
            if earlier != row:
                found[row] = earlier
        return found

    def _key_values(self, column: str) -> Sequence[object]:
        kind = next(c.kind for c in self.schema.columns if c.name == column)
        return self.frame[column].tolist() if kind == "whole" else self.list_values(column)

    def count_unread(self, column: str) -> int:
        """Number of rows whose value in a column is not known."""
        return int((~self.is_usable(column)).sum())

    def find_faults(self, rows: Iterable[int], column: str, rule: str, remedy: str) -> list[Fault]:
        """One fault for each of the rows, all with the same rule and remedy."""
        texts = self.texts.get(column)
        found = [(self.lines[k], texts[k] if texts is not None else "", remedy) for k in rows]
        return build_faults(self.place, column, rule, found)

    def find_fault(self, column: str, value: str, rule: str, remedy: str) -> Fault:
        """A fault of the whole table."""
        return Fault(self.place, 0, column, value, rule, remedy)


def build_faults(
    place: str, column: str, rule: str, found: Sequence[tuple[int, str, str]]
) -> list[Fault]:
    """Faults of one column and rule from (line, value, remedy): one mistake is one fault.

    A value that stands in many lines is one fault with their number; so are the values after the tenth.
    """
    alike: dict[str, list[tuple[int, str]]] = {}
    for line, value, remedy in found:
        alike.setdefault(value, []).append((line, remedy))
    faults: list[Fault] = []
    for value, told in list(alike.items())[:MOST_TOLD]:
        shown = told if len(told) <= MOST_ALIKE else [_count_lines(told)]
        faults += [Fault(place, n, column, show_text(value), rule, remedy) for n, remedy in shown]
    rest = list(alike.items())[MOST_TOLD:]
    if rest:
        value, told = rest[0]
        lines = sum(len(each) for _, each in rest)
        said = f"{told[0][1]} {len(rest)} further values in {lines} lines have this fault, from here on."
        faults.append(Fault(place, told[0][0], column, show_text(value), rule, said))
    return faults


def _count_lines(told: Sequence[tuple[int, str]]) -> tuple[int, str]:
    (first, remedy), last = told[0], told[-1][0]
    where = f": from here to line {last}" if last else ""
    return first, f"{remedy} {len(told)} lines have this fault{where}."


def read_table_file(schema: TableSchema, path: Path, missing: str) -> tuple[Table, list[Fault]]:
    """Read a CSV file that is no part of a dataset by the rules of its columns.

    Args:
        schema: its rules.
        path: the file as the user typed it.
        missing: what to do when there is no such file.

    Returns:
        the table, and what is wrong with its header and cells.

    Raises:
        InputError: there is no table to look at.
    """
    if not path.is_file():
        raise InputError([Fault(str(path), 0, "", "", "file_exists", missing)])
    reading = read_csv_table(schema.name, path)
    table, found = build_table(schema, reading.table) if reading.table else (None, [])
    faults = [*reading.faults, *found]
    if table is None:
        raise InputError(faults)
    return table, faults


def list_absent(
    place: str, column: str, rule: str, codes: Sequence[str], remedy: str
) -> list[Fault]:
    """A fault for each code that is absent, or one for them all when they are many."""
    if len(codes) > MOST_ALIKE:
        return [Fault(place, 0, column, name_some(codes), rule, f"{len(codes)} of them: {remedy}")]
    return [Fault(place, 0, column, code, rule, remedy) for code in codes]


def build_table(schema: TableSchema, raw: RawTable) -> tuple[Table | None, list[Fault]]:
    """Check a raw table against the rules of its columns and turn it into values.

    Returns:
        the table, or None when its header is of no use or it has no rows; and every fault found.
    """
    places, faults = _find_columns(schema, raw)
    if not places:
        return None, faults
    if not raw.lines and schema.name not in MAY_BE_EMPTY:
        return None, [*faults, Fault(raw.place, 0, "", "", "no_rows", NO_ROWS)]
    series: dict[str, pd.Series] = {}
    usable: dict[str, Bools] = {}
    texts: dict[str, Sequence[str]] = {}
    for column in schema.columns:
        if column.name not in places:
            series[column.name] = _default_series(column, series, len(raw.lines))
            if column.required:
                usable[column.name] = np.zeros(len(raw.lines), dtype=bool)
            continue
        read = _read_column(column, raw, raw.columns[places[column.name]])
        series[column.name], texts[column.name] = read.series, read.texts
        if column.copies:
            names = series[column.copies].map(shorten_name)
            series[column.name] = read.series.where(read.series != "", names)
        if read.usable is not None:
            usable[column.name] = read.usable
        faults += read.faults
    may_miss = [c for c in schema.columns if not (c.required or c.unused)]
    blanks = {c.name: _count_blanks(c, texts.get(c.name), len(raw.lines)) for c in may_miss}
    left_out = {name: rows for name, rows in blanks.items() if rows}
    frame = pd.DataFrame(series, copy=False)
    return Table(schema, raw.place, raw.lines, frame, texts, usable, left_out), faults


def _count_blanks(column: Column, texts: Sequence[str] | None, rows: int) -> int:
    """Rows without a value, of a column that may be left out but not be blank by itself."""
    if texts is None:
        return rows
    return 0 if column.blank else sum(not text for text in texts)


def _find_columns(schema: TableSchema, raw: RawTable) -> tuple[dict[str, int], list[Fault]]:
    """Place of each known column in the header, and the faults of the header."""
    places: dict[str, int] = {}
    faults: list[Fault] = []
    unknown: list[tuple[int, str]] = []
    for place, header in enumerate(raw.header):
        name = header.strip()
        if name != header and name:
            remedy = "There are spaces before or after the header. Take them out."
            faults.append(_header_fault(raw, name, header, "spaces", remedy))
        if name in places:
            remedy = "The header stands twice. Delete or rename one of the columns."
            faults.append(_header_fault(raw, name, header, "duplicate_header", remedy))
        elif name in schema.names:
            places[name] = place
        else:
            unknown.append((place, name))
    if not places and not _any_likely(schema, unknown):
        return {}, [_no_header(schema, raw)]
    faults += _place_unknown_columns(schema, raw, unknown, places)
    faults += [
        _header_fault(
            raw, c.name, "", "missing_column", f"The column is missing. Add it: {c.meaning}."
        )
        for c in schema.columns
        if c.required and c.name not in places
    ]
    return places, faults


def _header_fault(raw: RawTable, column: str, value: str, rule: str, remedy: str) -> Fault:
    shown = show_text(column)
    return Fault(raw.place, raw.header_line, shown, show_text(value), rule, remedy)


def _any_likely(schema: TableSchema, unknown: Sequence[tuple[int, str]]) -> bool:
    return any(find_likely(name, schema.names) for _, name in unknown if name)


def _no_header(schema: TableSchema, raw: RawTable) -> Fault:
    line = ",".join(raw.header)
    remedy = f"The first line must name the columns: {', '.join(schema.names)}."
    if len(raw.header) == 1 and any(mark in line for mark in ";\t|"):
        remedy = "The values are not divided by commas. Save the file as CSV with commas."
        return _header_fault(raw, "", line, "commas", remedy)
    return _header_fault(raw, "", line, "header", remedy)


def _place_unknown_columns(
    schema: TableSchema,
    raw: RawTable,
    unknown: Sequence[tuple[int, str]],
    places: dict[str, int],
) -> list[Fault]:
    """Report headers that are not known; one that is likely meant for a column is read as it."""
    faults = []
    for place, name in unknown:
        if not name:
            remedy = f"Column {place + 1} has no header. Name it, or delete the column."
            faults.append(_header_fault(raw, "", "", "blank_header", remedy))
            continue
        open_names = [known for known in schema.names if known not in places]
        likely = find_likely(name, open_names)
        if likely:
            places[likely] = place
        hint = suggest(name, open_names) if likely else _known_columns(schema)
        remedy = join_sentences("There is no such column; nothing is read from it.", hint)
        faults.append(_header_fault(raw, name, name, "unknown_column", remedy))
    return faults


def _known_columns(schema: TableSchema) -> str:
    return f"Delete it, or use one of {', '.join(schema.names)}."


@dataclass(frozen=True)
class _ColumnReading:
    series: pd.Series
    texts: Sequence[str]
    usable: Bools | None
    faults: Sequence[Fault] = ()


def _read_column(column: Column, raw: RawTable, texts: Sequence[str]) -> _ColumnReading:
    if column.kind in ("number", "whole") and not raw.ragged:
        numbers = _read_plain_numbers(column, texts)
        if numbers is not None:
            return _ColumnReading(_number_series(column, numbers), texts, None)
    return _read_by_text(column, raw, texts)


def _read_plain_numbers(column: Column, texts: Sequence[str]) -> NDArray[np.float64] | None:
    """All numbers at once when every cell is plainly sound, else None."""
    letters = "".join(texts)
    if not letters.isascii() or letters.encode().translate(None, DIGITS):
        return None
    try:
        numbers = np.fromiter(map(float, texts), dtype=float, count=len(texts))
    except ValueError:
        return None
    low = numbers > column.least if column.above_least else numbers >= column.least
    sound = low & (numbers <= column.most) & np.isfinite(numbers)
    if column.kind == "whole":
        sound &= numbers == np.floor(numbers)
    return numbers if bool(sound.all()) else None


def _read_by_text(column: Column, raw: RawTable, texts: Sequence[str]) -> _ColumnReading:
    """Read each distinct text once, then place the values and faults on the rows."""
    cells = {text: read_cell(column, text) for text in set(texts)}
    sound = not raw.ragged and not any(cell.rule for cell in cells.values())
    plain = not (column.default and "" in cells)
    if sound and plain and column.kind not in ("number", "whole", "flag"):
        return _ColumnReading(pd.Series(texts, dtype="str"), texts, None)
    series = _typed_series(column, [cells[text].value for text in texts])
    if sound:
        return _ColumnReading(series, texts, None)
    usable = np.fromiter((cells[text].usable for text in texts), bool, len(texts))
    for row in raw.ragged:
        # A key of a ragged row still counts as known, so that the row is reported once.
        usable[row] &= column.kind == "code" and not column.blank and texts[row] != ""
    faults = _cell_faults(column, raw, texts, cells)
    return _ColumnReading(series, [text.strip() for text in texts], usable, faults)


def _cell_faults(
    column: Column, raw: RawTable, texts: Sequence[str], cells: Mapping[str, Cell]
) -> list[Fault]:
    by_rule: dict[str, list[tuple[int, str, str]]] = {}
    for row, text in enumerate(texts):
        cell = cells[text]
        if cell.rule and row not in raw.ragged:
            by_rule.setdefault(cell.rule, []).append((raw.lines[row], text, cell.remedy))
    return [
        fault
        for rule, found in by_rule.items()
        for fault in build_faults(raw.place, column.name, rule, found)
    ]


def _typed_series(column: Column, values: Sequence[Value]) -> pd.Series:
    if column.kind in ("number", "whole"):
        return _number_series(column, np.array(values, dtype=float))
    if column.kind == "flag":
        return pd.Series(values, dtype=bool)
    return pd.Series(values, dtype="str")


def _number_series(column: Column, numbers: NDArray[np.float64]) -> pd.Series:
    if column.kind == "number":
        return pd.Series(numbers)
    if column.blank or column.default == "":
        return pd.Series(numbers).astype("Int64")
    # A bad cell is NaN here; it never leaves the checks, so any whole number may stand for it.
    return pd.Series(np.nan_to_num(numbers)).astype("int64")


def _default_series(column: Column, series: Mapping[str, pd.Series], rows: int) -> pd.Series:
    if column.copies:
        return series[column.copies].map(shorten_name)
    text = column.default or ""
    cell = read_cell(column, text) if text else None
    missing: Value = np.nan if column.kind in ("number", "whole") else ""
    if column.kind == "flag":
        missing = False
    return _typed_series(column, [cell.value if cell else missing] * rows)
