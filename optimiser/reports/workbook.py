"""The comparison as two Excel workbooks: tables to read and print, and those to sort and filter.

``results.xlsx`` prints whole, on about ten pages and in words; ``results-data.xlsx`` has every table in
full under the names of its columns, the source of every figure and the plans in the form of inputs. A
program prints all sheets of a book or those in front, so what is not to be printed stands in a book of
its own.

The first row of each sheet heads its columns, each with its unit and, where its figures rest on
modelled or illustrative inputs, that word. Nothing is merged, so every sheet sorts and filters.
"""

from __future__ import annotations

import datetime
import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario, restore_infinities
from optimiser.reports.palette import BLUE, WARM_YELLOW, WHITE
from optimiser.reports.sheets import Sheet, list_sheets
from optimiser.runs.basis import WEAK
from optimiser.runs.compare import Comparison

NAME, DATA = "results.xlsx", "results-data.xlsx"
INPUTS = "inputs.xlsx"
MADE = datetime.datetime(2024, 1, 1)
"""A fixed date, so that the same comparison gives the same workbook."""

MOST_WIDE, PRINTED_WIDE, LISTED_WIDE = 60, 28, 105
"""Characters of a column of text at most; where it is to be printed longer text goes over lines, and
text of more than three such lines, a list or a sentence, has a column that is wide."""

NUMBER_WIDE, NUMBER_PRINTED_WIDE = 14, 12
"""Characters of a column of numbers; on paper its heading goes over lines."""

HEAD_HIGH = 48
"""Points of the headings of a sheet of data: name, unit and kind of input."""
GUIDE_WIDE, LINE_HIGH = 105, 15
"""Characters of a line of the contents sheet, and points that it takes."""

FIRST_PRINTED = 40
"""Rows of a sheet of data that are printed all the same: all would take two thousand pages."""

PAGE_WIDE = 260
"""Characters across a page in a size that is still read."""

MOST_PRINTED = 80
"""Lines that a page of this width holds in the same size; longer tables go on over the next."""

A4_PAPER = 9
"""Excel's number of the paper size."""


def write_workbook(comparison: Comparison, folder: Path) -> list[Path]:
    """Write ``results.xlsx`` and ``results-data.xlsx`` into a folder."""
    sheets = list_sheets(comparison)
    return [
        _write_book(folder / name, comparison, [sheet for sheet in sheets if sheet.data == data])
        for name, data in ((NAME, False), (DATA, True))
    ]


def _write_book(path: Path, comparison: Comparison, sheets: Sequence[Sheet]) -> Path:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    content = io.BytesIO()  # a full disk is then told as one, not in the library's own words
    with xlsxwriter.Workbook(content, {**options, "in_memory": True}) as book:
        book.set_properties({"title": "Comparison of plans", "created": MADE})
        formats = _make_formats(book)
        _write_guide(book, formats, comparison, sheets)
        for sheet in sheets:
            _write_sheet(book, formats, sheet)
    path.write_bytes(content.getvalue())
    return path


def write_inputs(comparison: Comparison, dataset: Dataset, folder: Path) -> list[Path]:
    """Write ``inputs.xlsx``: the dataset with the compared groupings, ready to be solved again."""
    from optimiser.inputs.workbook.writing import write_workbook as write_dataset_workbook

    plans = dict(dataset.plans)
    for name in comparison.on_one_map:
        plan = comparison.plans[name]
        plans.setdefault(
            plan.name if plan.name != "optimal" else name, plan.icbs[["icb", "footprint"]]
        )
    scenario = Scenario(**restore_infinities(comparison.runs[0].manifest["scenario"]))
    return write_dataset_workbook(folder / INPUTS, replace(dataset, plans=plans), scenario)


_HEAD = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
_STYLES: Mapping[str, Mapping[str, object]] = {
    "head": {**_HEAD, "bg_color": BLUE, "font_color": WHITE},
    "weak": {**_HEAD, "bg_color": WARM_YELLOW},
    "title": {"bold": True, "font_size": 14},
    "bold": {"bold": True, "valign": "top"},
    "wrap": {
        "text_wrap": True,
        "valign": "top",
        "align": "left",
        "indent": 1,
    },  # off the number on its left
}
_FORMS = ("0", "0.0%", "#,##0.00", "#,##0", "#,##0.0")


def _make_formats(book: Any) -> dict[str, Any]:
    """Formats of one book: those of words by name, those of numbers by their form."""
    looks = {**_STYLES, **{form: {"num_format": form, "valign": "top"} for form in _FORMS}}
    return {name: book.add_format(dict(look)) for name, look in looks.items()}


_COUNTED = (
    *("persons", "patients a year", "years", "ICBs", "services", "providers"),
    *("footprints", "breaches", "runs"),
)
"""Units of what is counted: a part of one says nothing."""


def number_form(unit: str) -> str:
    """Excel's format of a unit."""
    if unit == "share":
        return "0.0%"
    if unit.startswith("£m"):
        return "#,##0.00"
    if unit in _COUNTED:
        return "#,##0"
    return "#,##0.0"


def _write_guide(
    book: Any, formats: Mapping[str, Any], comparison: Comparison, sheets: Sequence[Sheet]
) -> None:
    page = book.add_worksheet("Contents")
    _lay_out_page(page, "Contents")
    page.set_column(0, 0, 26)
    page.set_column(1, 1, GUIDE_WIDE)
    page.write_string(0, 0, "Comparison of plans", formats["title"])
    lines = [
        ("Baseline", comparison.baseline),
        ("Runs", "; ".join(comparison.names)),
        ("Like for like", "NO: " + " ".join(map(str, comparison.unlike)) if comparison.unlike
         else "yes"),
        ("Headers", "name, unit and, on amber, the kind of input the column rests on if it is not "
         "published; the weakest input counts"),
        ("Columns", f"{DATA} has the same columns, and more, under the names that programs and "
         "figures.csv use; the sheet Provenance there says what each means"),
        ("Numbers", "shares are stored as 0 to 1 and shown as per cent; £m are £m a year"),
        ("Figures", "M8.2 is the 8th measure of the 2nd run; the sheet Figures of "
         f"{DATA} says where each stands"),
        ("Input", f"the sheet plans of {DATA} has the columns of a dataset's plans and can be copied "
         "into one; inputs.xlsx, where it is in the pack, is the whole dataset and can be solved"),
        *(("Note", note) for note in comparison.notes),
        ("Rules", "those broken are listed" if len(comparison.broken_rules) else "none is broken"),
        ("Printing", f"{NAME} prints whole; {DATA} is there to sort and filter, and of each of its "
         f"sheets the first {FIRST_PRINTED} rows are printed"),
    ]  # fmt: skip
    high = [_count_lines(text, GUIDE_WIDE) for _, text in lines]
    page.fit_to_pages(1, -(-(sum(high) + len(sheets) + 3) // MOST_PRINTED))
    for at, (key, text) in enumerate(lines, 2):
        page.set_row(at, LINE_HIGH * high[at - 2])
        page.write_string(at, 0, key, formats["bold"])
        page.write_string(at, 1, text, formats["wrap"])
    for at, sheet in enumerate(sheets, len(lines) + 3):
        page.write_url(at, 0, f"internal:'{sheet.name}'!A1", string=sheet.name)
        rows = f"{len(sheet.frame):,} row{'' if len(sheet.frame) == 1 else 's'}"
        page.write_string(at, 1, f"{sheet.about} ({rows})", formats["wrap"])


def _lay_out_page(page: Any, name: str) -> None:
    """A4 across, name and number below."""
    page.set_landscape()
    page.set_paper(A4_PAPER)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer(f"&L{name.replace('&', '&&')}&RPage &P of &N")
    page.fit_to_pages(1, 0)


def _write_sheet(book: Any, formats: Mapping[str, Any], sheet: Sheet) -> None:
    page = book.add_worksheet(sheet.name)
    frame = sheet.frame
    page.freeze_panes(1, _count_keys(sheet))
    if len(frame.columns):
        page.autofilter(0, 0, max(len(frame), 1), len(frame.columns) - 1)
    heads = [_word_head(sheet, at) for at in range(len(frame.columns))]
    widths = [_measure_width(sheet, at, head) for at, head in enumerate(heads)]
    if not sheet.data:
        widths = _spread(sheet, widths, sum(_count_row_lines(frame, heads, widths)))
    for at, (column, head, wide) in enumerate(zip(map(str, frame), heads, widths, strict=True)):
        values = frame.iloc[:, at]
        page.set_column(at, at, wide)
        page.write_string(0, at, head, formats["weak" if _is_weak(sheet, at) else "head"])
        forms = _list_forms(sheet, column) if _is_numeric(values) else [""] * len(frame)
        for row, (value, form) in enumerate(zip(values.tolist(), forms, strict=True), 1):
            look = form or ("" if sheet.data else "wrap")
            _write_cell(page, row, at, value, formats.get(look))
    _lay_out_page(page, sheet.name)
    if sheet.data:
        if not sheet.plain:
            page.set_row(0, HEAD_HIGH)
        _lay_out_first_rows(page, len(frame), widths)
    else:
        _lay_out_whole(page, sheet, widths, _count_row_lines(frame, heads, widths))


_KEYS = ("run", "footprint", "year", "term")


def _count_keys(sheet: Sheet) -> int:
    """Columns in front that tell the rows apart, so that they stand on every page."""
    told = [*takewhile(lambda name: name in _KEYS, sheet.frame)]
    return max(len(told), 1)


def _lay_out_first_rows(page: Any, rows: int, widths: Sequence[int]) -> None:
    """Of a sheet that is not to be printed the first rows are, on one page."""
    if not rows:
        return
    page.repeat_rows(0)
    fitting = max(int((np.cumsum(widths) <= PAGE_WIDE).sum()), 1)
    page.fit_to_pages(1, 1)
    page.print_area(0, 0, min(rows, FIRST_PRINTED), fitting - 1)


def _lay_out_whole(page: Any, sheet: Sheet, widths: Sequence[int], lines: Sequence[int]) -> None:
    """All of a sheet on as many pages as it takes in a size that is read, headings on each.

    Rows are as high as their longest text takes; not every program does so by itself.
    """
    keys = _count_keys(sheet)
    for at, high in enumerate(lines):
        page.set_row(at, LINE_HIGH * high)
    page.repeat_rows(0)
    page.repeat_columns(0, keys - 1)
    page.fit_to_pages(_count_across(sheet, widths), -(-sum(lines) // MOST_PRINTED))
    page.print_area(0, 0, len(sheet.frame), len(widths) - 1)


def _count_across(sheet: Sheet, widths: Sequence[int]) -> int:
    """Pages side by side, each with the columns in front."""
    on_each = sum(widths[: _count_keys(sheet)])
    return max(-(-(sum(widths) - on_each) // (PAGE_WIDE - on_each)), 1)


def _count_row_lines(frame: pd.DataFrame, heads: Sequence[str], widths: Sequence[int]) -> list[int]:
    """Lines that the headings and each row take."""
    columns = [
        [head, *([""] * len(frame) if _is_numeric(values) else map(str, values))]
        for head, (_, values) in zip(heads, frame.items(), strict=True)
    ]
    return [
        max(_count_lines(text, wide) for text, wide in zip(row, widths, strict=True))
        for row in zip(*columns, strict=True)
    ]


def _count_lines(text: str, wide: int) -> int:
    """Lines of a text in a column, which holds two characters less than it is wide."""
    return max(sum(max(len(textwrap.wrap(part, wide - 2)), 1) for part in text.split("\n")), 1)


def _is_numeric(values: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _is_weak(sheet: Sheet, at: int) -> bool:
    values = sheet.frame.iloc[:, at]
    return _is_numeric(values) and sheet.bases.get(str(values.name), "") in WEAK


def _word_head(sheet: Sheet, at: int) -> str:
    """The head of a column: its title on paper, else its name, unit and, if weak, kind of input."""
    column = str(sheet.frame.columns[at])
    if sheet.plain:
        return column
    basis = sheet.bases.get(column, "") if _is_weak(sheet, at) else ""
    title, unit = sheet.titles.get(column, column), sheet.units.get(column, "")
    said = column in sheet.titles and unit.casefold() in title.casefold()
    parts = (title, "" if said else unit, basis)
    return "\n".join(part for part in parts if part)


def _measure_width(sheet: Sheet, at: int, head: str) -> int:
    """Characters of a column."""
    values = sheet.frame.iloc[:, at]
    longest = 0 if _is_numeric(values) else max((len(str(value)) for value in values), default=0)
    if sheet.data:
        line = min(max(len(line) for line in head.split("\n")), 24)
        return min(max(longest + 3, line + 3, NUMBER_WIDE if not longest else 0), MOST_WIDE)
    if not longest:
        return max(NUMBER_PRINTED_WIDE, *(len(word) + 2 for word in head.split()))
    most = LISTED_WIDE if longest > 3 * PRINTED_WIDE else PRINTED_WIDE
    return min(max(longest, *map(len, head.split())) + 3, most)


def _spread(sheet: Sheet, widths: Sequence[int], lines: int) -> list[int]:
    """Widths with the room beside a tall table given to text that goes over lines."""
    found, keys, across = list(widths), _count_keys(sheet), _count_across(sheet, widths)
    room = PAGE_WIDE * min(lines / MOST_PRINTED, 1)
    left = int(across * (room - sum(widths[:keys])) - sum(widths[keys:]))
    for at, (_, values) in enumerate(sheet.frame.items()):
        if not _is_numeric(values):
            on_pages = across if at < keys else 1
            wanted = int(values.astype("str").str.len().max()) + 3 - found[at]
            more = min(max(wanted, 0), max(left, 0) // on_pages)
            found[at], left = found[at] + more, left - more * on_pages
    return found


def _list_forms(sheet: Sheet, column: str) -> list[str]:
    """Excel's format of each number of a column."""
    if sheet.by_row:
        return [number_form(str(unit)) for unit in sheet.frame[sheet.by_row]]
    if column == "year" or column.endswith("_year"):
        return ["0"] * len(sheet.frame)
    unit = sheet.units.get(column, "share" if column.endswith("_share") else "")
    if not unit:
        return ["#,##0" if value % 1 == 0 else "#,##0.00" for value in sheet.frame[column]]
    return [number_form(unit)] * len(sheet.frame)


def _write_cell(page: Any, row: int, at: int, value: object, form: Any) -> None:
    """Numbers as numbers, yes and no as such, all else as text; a missing value stays blank."""
    if isinstance(value, bool | np.bool_):
        page.write_boolean(row, at, bool(value))
    elif isinstance(value, int | float):
        if np.isfinite(value):
            page.write_number(row, at, float(value), form)
    elif value is not None:
        page.write_string(row, at, str(value), form)
