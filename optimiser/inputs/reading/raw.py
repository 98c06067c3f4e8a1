"""Tables as they stand in a file: a header and text cells, with the line of every row.

:class:`TableSource` is the seam to where tables come from. A folder is one source; anything that
can give headers, text cells and line numbers, such as a workbook, can be another.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from optimiser.csv_text import GUARDED, unguard
from optimiser.errors import Fault

FLOWS_FILES = ("flows.csv", "flows.csv.gz", "flows.parquet")
MOST_BYTES = 256 * 2**20
"""Text of one table: 256 MB hold some five million flows, a hundred times England's. What is larger
is no table of ours but a bomb or another file, and would be read for minutes before it is refused."""
WORKBOOKS = (".xlsx", ".xlsm", ".ods")
"""Endings of workbooks that can be read; written is ``.xlsx`` alone."""
MOST_COLUMNS = 1_000
"""Fifty times the widest table; a wider header is one fault, not one for each of its columns."""

MOST_ALIKE = 3
"""Faults alike in column, rule and value that are told one by one: more of them are one mistake."""


@dataclass(frozen=True)
class RawTable:
    """One table as text.

    Attributes:
        name: the table.
        place: the file as the user would type it.
        header: headers as they stand.
        header_line: line of the header.
        columns: cells of each column, as text; all of one length.
        lines: line of each row.
        ragged: rows with too many or too few fields, already reported; their cells are not checked.
    """

    name: str
    place: str
    header: tuple[str, ...]
    header_line: int
    columns: tuple[Sequence[str], ...]
    lines: Sequence[int]
    ragged: frozenset[int] = frozenset()


@dataclass(frozen=True)
class RawReading:
    """A table, or None when it is absent or cannot be read, and what was wrong with it."""

    table: RawTable | None
    faults: tuple[Fault, ...] = ()


class TableSource(Protocol):
    """Where tables come from."""

    @property
    def place(self) -> str:
        """The source as the user would type it."""

    def list_plans(self) -> tuple[str, ...]:
        """Names of the carried plans."""

    def read_table(self, name: str) -> RawReading:
        """A table by name, such as ``icbs``; absent ones give neither table nor fault."""

    def read_plan(self, name: str) -> RawReading:
        """A carried plan by name."""


@dataclass(frozen=True)
class FolderSource:
    """A folder of CSV files; the flows may be gzipped or a Parquet file.

    Attributes:
        folder: the folder as the user typed it.
    """

    folder: Path

    @property
    def place(self) -> str:
        """The folder as the user typed it."""
        return str(self.folder)

    def list_plans(self) -> tuple[str, ...]:
        """Stems of ``plans/*.csv``, sorted."""
        return tuple(sorted(path.stem for path in self.folder.glob("plans/*.csv")))

    def read_plan(self, name: str) -> RawReading:
        """Read ``plans/<name>.csv``."""
        return read_csv_table("plans", self.folder / "plans" / f"{name}.csv")

    def read_table(self, name: str) -> RawReading:
        """Read ``<name>.csv``, or whichever file holds the flows."""
        names = FLOWS_FILES if name == "flows" else (f"{name}.csv",)
        found = [self.folder / n for n in names if (self.folder / n).is_file()]
        if not found:
            return RawReading(None)
        read = read_parquet_table if found[0].suffix == ".parquet" else read_csv_table
        reading = read(name, found[0])
        if len(found) == 1:
            return reading
        both = ", ".join(path.name for path in found)
        remedy = "The flows stand in more than one file. Keep one of them."
        fault = Fault(self.place, 0, "", both, "one_flows_file", remedy)
        return replace(reading, faults=(fault, *reading.faults))


def read_csv_table(name: str, path: Path) -> RawReading:
    """Read a CSV file as text, gzipped or not."""
    place = str(path)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        remedy = f"It cannot be read: {error}. Save it again."
        return RawReading(None, (Fault(place, 0, "", "", "readable", remedy),))
    unreadable = _unreadable_as_text(content)
    if unreadable:
        rule, remedy = unreadable
        return RawReading(None, (Fault(place, 0, "", "", rule, remedy),))
    # Bytes that are not UTF-8 become lone surrogates, which the check of the cell reports.
    text = content.decode("utf-8-sig", errors="surrogateescape")
    return _split_csv(name, place, text)


def read_parquet_table(name: str, path: Path) -> RawReading:
    """Read a Parquet file; lines count as if it were a CSV file with a header."""
    import pandas as pd

    place = str(path)
    try:
        frame = pd.read_parquet(path)
    except ImportError:
        remedy = 'Reading Parquet needs the package "pyarrow". Install it, or save flows.csv.gz.'
        return RawReading(None, (Fault(place, 0, "", "", "readable", remedy),))
    except (OSError, ValueError) as error:
        remedy = f"It is not readable as Parquet: {error}."
        return RawReading(None, (Fault(place, 0, "", "", "readable", remedy),))
    columns = tuple(
        ["" if missing else str(cell) for cell, missing in zip(values, values.isna(), strict=True)]
        for _, values in frame.items()
    )
    header = tuple(str(column) for column in frame.columns)
    return RawReading(RawTable(name, place, header, 1, columns, range(2, len(frame) + 2)))


def _unreadable_as_text(content: bytes) -> tuple[str, str] | None:
    """Rule and remedy when the bytes are no text with commas at all."""
    if not content.strip():
        return "header", "The file is empty. The first line must name the columns."
    if len(content) > MOST_BYTES:
        return "size", f"It holds more than {MOST_BYTES >> 20} MB of text, which no table does."
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "encoding", "It is a spreadsheet or zip file. Save the sheet as CSV UTF-8."
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content:
        return "encoding", "It is not UTF-8 text (perhaps UTF-16). Save it as CSV UTF-8."
    return None


def _split_csv(name: str, place: str, text: str) -> RawReading:
    """Cells of a CSV text; a fast way when every row is one line of equal width."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    widths: list[int] = []
    cells: list[str] = []
    try:
        for row in reader:
            widths.append(len(row))
            cells += row
        if GUARDED.search(text):
            cells = [unguard(cell) for cell in cells]
    except csv.Error:
        return _split_unevenly(name, place, text)
    width = max(widths)
    if width > MOST_COLUMNS:
        remedy = f"A line has {width:,} fields. A table has at most {MOST_COLUMNS:,} columns."
        return RawReading(None, (Fault(place, 1, "", "", "columns", remedy),))
    if width == 0 or set(widths) != {width} or reader.line_num != len(widths):
        return _split_unevenly(name, place, text)
    columns = tuple(cells[k + width :: width] for k in range(width))
    if "" in columns[0]:  # perhaps an empty row
        return _split_unevenly(name, place, text)
    lines = range(2, len(widths) + 1)
    return RawReading(RawTable(name, place, tuple(cells[:width]), 1, columns, lines))


def _split_unevenly(name: str, place: str, text: str) -> RawReading:
    """Cells of a CSV text row by row: keeps lines, finds ragged and empty rows, broken quotes."""
    rows, faults = _number_rows(place, text)
    if not rows:
        return RawReading(None, tuple(faults) or (_no_header(place),))
    (header_line, header), *body = rows
    width = len(header)
    faults += [_empty_row(place, line) for line, row in body if not any(row)]
    body = [(line, row) for line, row in body if any(row)]
    ragged = frozenset(k for k, (_, row) in enumerate(body) if len(row) != width)
    faults += _tell_once([_ragged(place, *body[k], width) for k in sorted(ragged)])
    padded = [(row + [""] * width)[:width] for _, row in body]
    columns = tuple([row[k] for row in padded] for k in range(width))
    lines = [line for line, _ in body]
    table = RawTable(name, place, tuple(header), header_line, columns, lines, ragged)
    broken = any(fault.rule == "quotes" for fault in faults)
    return RawReading(None if broken else table, tuple(faults))


def _number_rows(place: str, text: str) -> tuple[list[tuple[int, list[str]]], list[Fault]]:
    """Rows with the line each starts on; lines without any text are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for row in reader:
            if row:
                rows.append((start, [unguard(cell) for cell in row]))
            start = reader.line_num + 1
    except csv.Error as error:
        remedy = f"Quotes are broken from here on: {error}. Close them, and double those inside."
        return rows, [Fault(place, start, "", "", "quotes", remedy)]
    return rows, []


def _no_header(place: str) -> Fault:
    remedy = "The file is empty. The first line must name the columns."
    return Fault(place, 0, "", "", "header", remedy)


def _empty_row(place: str, line: int) -> Fault:
    return Fault(place, line, "", "", "empty_row", "The row has no values. Delete the line.")


def _tell_once(faults: list[Fault]) -> list[Fault]:
    """Many rows that are off alike are one mistake, such as decimals with a comma."""
    found: list[Fault] = []
    for remedy in dict.fromkeys(fault.remedy for fault in faults):
        alike = [fault for fault in faults if fault.remedy == remedy]
        more = f" {len(alike)} rows have this fault: from here to line {alike[-1].line}."
        few = len(alike) <= MOST_ALIKE
        found += alike if few else [replace(alike[0], remedy=remedy + more)]
    return sorted(found, key=lambda fault: fault.line)


def _ragged(place: str, line: int, row: list[str], width: int) -> Fault:
    many = len(row) > width
    advice = (
        "A value that holds a comma stands in double quotes; numbers have no thousands separators."
        if many
        else "Add what is missing; a blank value still needs its comma."
    )
    fields = f"{len(row)} field{'s' if len(row) != 1 else ''}"
    remedy = f"The row has {fields} where the header has {width}. {advice}"
    return Fault(place, line, "", show_text(",".join(row)), "fields", remedy)


def show_text(text: str) -> str:
    """The text on one line, not too long; bytes that are not UTF-8 are read as Windows text."""
    if has_stray_bytes(text):
        text = text.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    text = text.replace("\r", " ").replace("\n", " ")
    return text if len(text) <= 80 else text[:77] + "..."


def is_workbook(path: Path) -> bool:
    """Whether a path names a workbook by its ending."""
    return path.suffix.lower() in WORKBOOKS


def has_stray_bytes(text: str) -> bool:
    """Whether the text held bytes that are not UTF-8."""
    return not text.isascii() and any("\udc80" <= letter <= "\udcff" for letter in text)
