"""Reading the extracts: CSV or zip, from a path or an address, one month or many.

Only the dozen columns that are needed are kept, with codes as categories, so that a file of 180,000
rows and 121 columns takes seconds and little memory.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.importers.rtt.layout import Layout, find_layout
from optimiser.inputs.reading.cells import SUPPRESSED, THOUSANDS, explain_no_number
from optimiser.inputs.reading.frames import build_faults

PREAMBLE = 10
"""Lines in which the header is looked for: files before October 2017 have two lines above it."""
FIELDS = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
UNCLOSED = re.compile(r"EOF inside string starting at row (\d+)")
ZIP_BEGINS = b"PK\x03\x04"
"""A zip file that is cut off begins with these too, but has lost the list of its files."""
BARE_RETURN = re.compile(r"\r(?=[^\n])")
PLAIN = re.compile(r"[0-9]{1,12}", re.ASCII)
"""A count in plain digits; twelve of them are more than all people there are."""
MOST_BYTES = 2**30
"""One month unpacked: 1 GB is ten times a published file. More is a bomb, and is refused while it is
read, before it fills the memory."""
MOST_COLUMNS = 1_000
"""A published file has 121 columns."""
MOST_MONTHS = 120
"""CSV files that one zip file may hold: ten years of months."""
CHUNK = 2**20
NEVER_BLANK = ("period", "provider", "commissioner", "part", "function")


@dataclass(frozen=True)
class Extract:
    """The rows of one or many files of one kind.

    Attributes:
        layout: their layout.
        frame: period, host, provider, provider_name, parent (ICB, blank when there is none),
            commissioner, commissioner_name, part (RTT alone), function, function_name, and a column
            for each count, named by its header.
        places: the files, as the user would type them.
    """

    layout: Layout
    frame: pd.DataFrame
    places: tuple[str, ...]


@dataclass(frozen=True)
class _Month:
    layout: Layout
    frame: pd.DataFrame
    place: str


def read_extract(sources: Sequence[str]) -> Extract:
    """Read every file; all must be of one kind, and each month may stand in one of them alone.

    Args:
        sources: paths or http addresses of CSV files, or of zip files that hold them.

    Raises:
        InputError: with every fault of all files.
    """
    months: list[_Month] = []
    faults: list[Fault] = []
    for source in sources:
        try:
            months += [_read_csv(place, stream) for place, stream in _open(source)]
        except InputError as error:
            faults += error.faults
    faults += _check_together(months)
    if faults:
        raise InputError(faults)
    frame = pd.concat([month.frame for month in months], ignore_index=True)
    # Joining categories of different months makes plain text of them.
    frame = frame.astype(dict.fromkeys(frame.select_dtypes(["object", "str"]).columns, "category"))
    return Extract(months[0].layout, frame, tuple(month.place for month in months))


def _open(source: str) -> Iterator[tuple[str, BinaryIO]]:
    stream = _open_address(source) if re.match(r"https?://", source) else _open_path(source)
    with stream:
        whole = zipfile.is_zipfile(stream)
        stream.seek(0)
        if not whole and stream.read(len(ZIP_BEGINS)) == ZIP_BEGINS:
            remedy = "The zip file is cut off. Fetch it again."
            raise _refusal(source, 0, "", "", "archive", remedy)
        stream.seek(0)
        if not whole:
            yield source, _read_whole(source, stream)
            return
        try:
            yield from _unpack(source, stream)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as e:
            # zipfile raises RuntimeError for archives with a password.
            remedy = f"The zip file cannot be unpacked: {e}. Unpack it and give the CSV file."
            raise _refusal(source, 0, "", "", "archive", remedy) from None


def _unpack(source: str, stream: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    with zipfile.ZipFile(stream) as archive:
        members = [n for n in archive.namelist() if n.lower().endswith(".csv")]
        members = [n for n in members if not n.startswith("__MACOSX")]
        if not members:
            raise _refusal(source, 0, "", "", "csv_inside", "The zip file holds no CSV file.")
        if len(members) > MOST_MONTHS:
            remedy = f"The zip file holds {len(members):,} CSV files. Give {MOST_MONTHS} at most."
            raise _refusal(source, 0, "", "", "csv_inside", remedy)
        for member in members:
            with archive.open(member) as inside:
                content = _read_whole(f"{source}/{member}", inside)
            yield f"{source}/{member}", content


def _read_whole(place: str, stream: IO[bytes]) -> BinaryIO:
    """The file in memory, unless it is larger than any published one or no text in UTF-8."""
    content = io.BytesIO()
    decoder = codecs.getincrementaldecoder("utf-8")()
    while chunk := stream.read(CHUNK):
        content.write(chunk)
        if content.tell() > MOST_BYTES:
            remedy = f"It holds more than {MOST_BYTES >> 20:,} MB, which no month does."
            raise _refusal(place, 0, "", "", "size", remedy)
        _check_letters(place, decoder, chunk)
    if decoder.getstate()[0]:
        raise _wrong_encoding(place)
    content.seek(0)
    return content


def _check_letters(place: str, decoder: codecs.IncrementalDecoder, chunk: bytes) -> None:
    try:
        text = decoder.decode(chunk)
    except UnicodeDecodeError:
        raise _wrong_encoding(place) from None
    if "\x00" in text:
        remedy = "It holds bytes of nought, which no text has. Fetch the file again."
        raise _refusal(place, 0, "", "", "encoding", remedy)
    bare = BARE_RETURN.search(text)
    if bare:
        remedy = "Its lines end in carriage returns alone. Save it again as CSV UTF-8."
        raise _refusal(place, 0, "", "", "line_ends", remedy)


def _wrong_encoding(place: str) -> InputError:
    remedy = "It is not UTF-8 text. Give the file as published, or save it as CSV UTF-8."
    return _refusal(place, 0, "", "", "encoding", remedy)


def _open_path(source: str) -> BinaryIO:
    path = Path(source)
    try:
        if path.is_fifo() or path.is_char_device():  # which may be without an end
            raise OSError(0, "it is a pipe or a device")
        return path.open("rb")
    except OSError as error:
        remedy = f"It cannot be read: {error.strerror}. Give the path of a CSV or zip file."
        raise _refusal(source, 0, "", "", "readable", remedy) from None


def _open_address(source: str) -> BinaryIO:
    try:
        with urllib.request.urlopen(source, timeout=60) as answer:
            return io.BytesIO(answer.read(MOST_BYTES + 1))  # more is told
    except OSError as error:
        remedy = f"It cannot be fetched: {error}. Fetch it with a browser and give the file."
        raise _refusal(source, 0, "", "", "readable", remedy) from None


def _read_csv(place: str, stream: BinaryIO) -> _Month:
    skipped, header = _find_header(place, stream)
    layout = find_layout(header)
    assert layout is not None, "the header was found by its layout"
    twice = [name for name in layout.columns if header.count(name) > 1]
    missing = [name for name in layout.columns if name not in header]
    if twice:
        remedy = "The header stands twice. Give the file as published."
        _refuse_columns(place, skipped + 1, twice, "duplicate_header", remedy)
    _check_widths(place, stream, skipped, len(header))
    if missing:
        remedy = f"The column is missing. Give the file as published ({layout.title})."
        _refuse_columns(place, skipped + 1, missing, "missing_column", remedy)
    frame = _parse(place, stream, skipped, layout)
    frame, faults = _check_cells(place, frame, skipped, layout)
    if faults:
        raise InputError(faults)
    return _Month(layout, frame, place)


def _refuse_columns(place: str, line: int, names: list[str], rule: str, remedy: str) -> None:
    raise InputError([Fault(place, line, name, "", rule, remedy) for name in names])


def _check_widths(place: str, stream: BinaryIO, skipped: int, width: int) -> None:
    """Refuse rows with more fields than the header has: their values stand in wrong columns.

    Fields are counted only where a line has more commas than the header, as a value in quotes may
    hold commas too.
    """
    for number, line in enumerate(stream, start=1):
        if number <= skipped + 1 or line.count(b",") < width:
            continue
        cells = _split(place, number, line.decode("utf-8"))
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            remedy = f"The row has {len(cells)} fields where the header has {width}."
            remedy += " A value that holds a comma stands in double quotes."
            raise _refusal(place, number, "", "", "fields", remedy)
    stream.seek(0)


def _split(place: str, number: int, line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error as error:
        raise _refuse_row(place, number, error) from None


def _refuse_row(place: str, number: int, error: Exception) -> InputError:
    remedy = f"The row cannot be divided into columns: {error}. Fetch the file again."
    return _refusal(place, number, "", "", "fields", remedy)


def _find_header(place: str, stream: BinaryIO) -> tuple[int, list[str]]:
    """Number of lines above the header, and the header."""
    lines = [stream.readline().decode("utf-8-sig", "replace") for _ in range(PREAMBLE)]
    stream.seek(0)
    for k, line in enumerate(lines):
        header = _split_header(place, k + 1, line)
        if find_layout(header):
            return k, header
    remedy = (
        "No header of a known extract is in the first lines. Give the full CSV of RTT waiting times "
        '("Treatment Function Code") or of diagnostics ("Diagnostic Tests").'
    )
    raise _refusal(place, 1, "", lines[0].strip()[:80], "header", remedy)


def _split_header(place: str, number: int, line: str) -> list[str]:
    header = [name.strip() for name in _split(place, number, line)]
    if len(header) > MOST_COLUMNS:
        remedy = f"It has {len(header):,} columns. A published file has at most {MOST_COLUMNS:,}."
        raise _refusal(place, number, "", "", "columns", remedy)
    return header


def _parse(place: str, stream: BinaryIO, skipped: int, layout: Layout) -> pd.DataFrame:
    wanted = set(layout.columns)
    counts = {part.count for part in layout.parts.values()}
    try:
        return pd.read_csv(
            stream,
            skiprows=skipped,
            index_col=False,
            usecols=lambda name: name.strip() in wanted,
            dtype={name: "str" if name in counts else "category" for name in wanted},
            encoding="utf-8-sig",
            encoding_errors="replace",
            keep_default_na=False,
            skip_blank_lines=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        unclosed = UNCLOSED.search(str(error))
        if unclosed:
            remedy = "A double quote is opened and not closed. Fetch the file again."
            line = skipped + int(unclosed.group(1)) + 1
            raise _refusal(place, line, "", "", "fields", remedy) from None
        found = FIELDS.search(str(error))
        line = int(found.group(2)) if found else 0
        raise _refuse_row(place, line, error) from None


def _check_cells(
    place: str, frame: pd.DataFrame, skipped: int, layout: Layout
) -> tuple[pd.DataFrame, list[Fault]]:
    """The frame under the names used here with counts as numbers; faults of single cells."""
    frame.columns = frame.columns.str.strip()
    headers = {name: header for header, name in layout.columns.items()}
    if layout.function == layout.function_name:
        headers["function"] = layout.function
        frame = frame.assign(function=frame[layout.function])
    frame = frame.rename(columns={h: n for h, n in layout.columns.items() if h in frame})
    # A missing field at the end of a line, or an empty line, is NaN; blanks are empty texts.
    frame.index = pd.RangeIndex(skipped + 2, skipped + 2 + len(frame))
    empty = (frame["provider"].isna() | (frame["provider"] == "")) & (
        frame["period"].isna() | (frame["period"] == "")
    )
    frame = frame[~empty]
    faults: list[Fault] = []
    for name in NEVER_BLANK:
        if name in frame:
            blank = frame.index[frame[name].isna() | (frame[name] == "")]
            found = [(int(k), "", "It is blank in the file.") for k in blank]
            faults += build_faults(place, headers[name], "blank", found)
    faults += _check_parts(place, frame, layout)
    for header in sorted({part.count for part in layout.parts.values()}):
        frame, found = _read_counts(frame, header)
        faults += build_faults(place, header, "count", found)
    return frame, faults + _check_repeats(place, frame)


def _read_counts(
    frame: pd.DataFrame, header: str
) -> tuple[pd.DataFrame, list[tuple[int, str, str]]]:
    texts = frame[header].fillna("").astype(str)
    wrong = ~texts.str.fullmatch(PLAIN)
    numbers = pd.to_numeric(texts.where(~wrong, "0"))
    found = [(k, text, _explain(text)) for k, text in _by_line(texts[wrong])]
    return frame.assign(**{header: numbers.astype("int64")}), found


def _by_line(values: pd.Series) -> list[tuple[int, str]]:
    return list(zip(values.index.tolist(), values.astype(str).tolist(), strict=True))


def _explain(text: str) -> str:
    if not text:
        return "The count is blank, which it never is in a published file. Fetch it again."
    try:
        float(text)
    except ValueError:
        if SUPPRESSED.fullmatch(text):
            return (
                "It is a suppressed number; the published file has none. Give a number, or no row."
            )
        if THOUSANDS.fullmatch(text):
            return explain_no_number(text)
    return "It must be a whole number, 0 or more, in plain digits and nothing else."


def _check_parts(place: str, frame: pd.DataFrame, layout: Layout) -> list[Fault]:
    """Parts that are none: as a rule a comma without quotes has moved the row's values along."""
    if not layout.part:
        return []
    known = [part.label for part in layout.parts.values()]
    strange = frame.loc[~frame["part"].isin([*known, ""]) & frame["part"].notna(), "part"]
    remedy = f"It must be one of {', '.join(known)}; perhaps the row has a comma too many."
    found = [(line, value, remedy) for line, value in _by_line(strange)]
    return build_faults(place, layout.part, "known_part", found)


def _check_repeats(place: str, frame: pd.DataFrame) -> list[Fault]:
    keys = [k for k in ("period", "provider", "commissioner", "part", "function") if k in frame]
    again = frame[frame.duplicated(keys)]
    values = (", ".join(map(str, row)) for row in again[keys].to_numpy())
    remedy = "The row stands twice. Keep one."
    found = [(k, value, remedy) for k, value in zip(again.index.tolist(), values, strict=True)]
    return build_faults(place, "", "duplicate", found)


def _check_together(months: Sequence[_Month]) -> list[Fault]:
    faults, first = [], dict[str, str]()
    for month in months:
        if month.layout is not months[0].layout:
            remedy = f"It is of another kind than {months[0].place}. Import the two on their own."
            faults.append(Fault(month.place, 0, "", month.layout.name, "one_kind", remedy))
        for period in month.frame["period"].unique():
            if period in first:
                remedy = f"The month stands in {first[period]} as well. Give one of the two."
                faults.append(Fault(month.place, 0, "Period", period, "month_once", remedy))
            first.setdefault(str(period), month.place)
        if month.frame.empty:
            faults.append(Fault(month.place, 0, "", "", "no_rows", "It has a header and no rows."))
    return faults


def _refusal(place: str, line: int, column: str, value: str, rule: str, remedy: str) -> InputError:
    return InputError([Fault(place, line, column, value, rule, remedy)])
