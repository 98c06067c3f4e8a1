"""The comparison as two Excel workbooks: tables to read and print, and those to sort and filter.

``results.xlsx`` prints whole, on about ten pages; ``results-data.xlsx`` has the long tables, the source
of every figure and the plans in the form of inputs. A program prints all sheets of a book or those in
front, so what is not to be printed stands in a book of its own.

The first row of each sheet names its columns, each with its unit and, where its figures rest on
modelled or illustrative inputs, that word. Nothing is merged, so every sheet sorts and filters.
"""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario, restore_infinities
from optimiser.reports.palette import BLUE, WARM_YELLOW, WHITE
from optimiser.reports.sheets import Sheet, list_sheets
from optimiser.runs.columns import WEAK
from optimiser.runs.compare import Comparison

NAME, DATA = "results.xlsx", "results-data.xlsx"
INPUTS = "inputs.xlsx"
MADE = datetime.datetime(2024, 1, 1)
"""A fixed date, so that the same comparison gives the same workbook."""

MOST_WIDE, PRINTED_WIDE = 60, 28
"""Characters of a column of text at most; where it is to be printed longer text goes over lines."""
GUIDE_WIDE, LINE_HIGH = 105, 15
"""Characters of a line of the contents sheet, and points that it takes."""

MOST_PRINTED = 60
"""Rows of a sheet that fit a page in a size that is read; longer tables go on over the next."""

FIRST_PRINTED = 40
"""Rows of a sheet of data that are printed all the same: all would take two thousand pages."""

PAGE_WIDE = 260
"""Characters across a page in a size that is still read."""

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
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": "Comparison of plans", "created": MADE})
        formats = _make_formats(book)
        _write_guide(book, formats, comparison, sheets)
        for sheet in sheets:
            _write_sheet(book, formats, sheet)
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
_FORMS = ("0.0%", "#,##0.00", "#,##0", "#,##0.##", "#,##0.0")


def _make_formats(book: Any) -> dict[str, Any]:
    """Formats of one book: those of words by name, those of numbers by their form."""
    looks = {**_STYLES, **{form: {"num_format": form, "valign": "top"} for form in _FORMS}}
    return {name: book.add_format(dict(look)) for name, look in looks.items()}


def number_form(unit: str) -> str:
    """Excel's format of a unit."""
    if unit == "share":
        return "0.0%"
    if unit.startswith("£m"):
        return "#,##0.00"
    if unit in ("persons", "ICBs", "services", "providers", "footprints", "breaches", "runs"):
        return "#,##0"
    return "#,##0.##" if not unit else "#,##0.0"


def _write_guide(
    book: Any, formats: Mapping[str, Any], comparison: Comparison, sheets: Sequence[Sheet]
) -> None:
    page = book.add_worksheet("Contents")
    _lay_out_print(page, "Contents", 0, ())
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
        ("Numbers", "shares are stored as 0 to 1 and shown as per cent; £m are £m a year"),
        ("Figures", "M8.2 is the 8th measure of the 2nd run; the sheet Figures says where each stands"),
        ("Input", f"the sheet plans of {DATA} has the columns of a dataset's plans and can be copied "
         "into one; inputs.xlsx, where it is in the pack, is the whole dataset and can be solved"),
        *(("Note", note) for note in comparison.notes),
        ("Rules", "those broken are listed" if len(comparison.broken_rules) else "none is broken"),
        ("Printing", f"{NAME} prints whole; {DATA} is there to sort and filter, and of each of its "
         f"sheets the first {FIRST_PRINTED} rows are printed"),
    ]  # fmt: skip
    for at, (key, text) in enumerate(lines, 2):
        page.set_row(at, LINE_HIGH * -(-len(text) // GUIDE_WIDE))
        page.write_string(at, 0, key, formats["bold"])
        page.write_string(at, 1, text, formats["wrap"])
    for at, sheet in enumerate(sheets, len(lines) + 3):
        page.write_url(at, 0, f"internal:'{sheet.name}'!A1", string=sheet.name)
        rows = f"{len(sheet.frame):,} row{'' if len(sheet.frame) == 1 else 's'}"
        page.write_string(at, 1, f"{sheet.about} ({rows})", formats["wrap"])


def _lay_out_print(
    page: Any, name: str, rows: int, widths: Sequence[int], data: bool = False
) -> None:
    """A4 across, the heading on every page, name and number below.

    Args:
        page: the sheet.
        name: its name.
        rows: of its table; 0 where it is none.
        widths: characters of its columns.
        data: whether it is not to be printed: then its first rows are, on one page.
    """
    page.set_landscape()
    page.set_paper(A4_PAPER)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer(f"&L{name.replace('&', '&&')}&RPage &P of &N")
    if not rows:
        page.fit_to_pages(1, 0)
        return
    page.repeat_rows(0)
    reach = np.cumsum(widths)
    if data:
        fitting = max(int((reach <= PAGE_WIDE).sum()), 1)
        page.fit_to_pages(1, 1)
        page.print_area(0, 0, min(rows, FIRST_PRINTED), fitting - 1)
        return
    page.repeat_columns(0)
    page.fit_to_pages(-(-int(reach[-1]) // PAGE_WIDE), -(-rows // MOST_PRINTED))
    page.print_area(0, 0, rows, len(widths) - 1)


def _write_sheet(book: Any, formats: Mapping[str, Any], sheet: Sheet) -> None:
    page = book.add_worksheet(sheet.name)
    frame = sheet.frame
    page.freeze_panes(1, 1)
    if len(frame.columns):
        page.autofilter(0, 0, max(len(frame), 1), len(frame.columns) - 1)
    widths = []
    for at, column in enumerate(map(str, frame.columns)):
        values = frame.iloc[:, at]
        numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        widths.append(_write_head(page, formats, sheet, at, column))
        forms = _list_forms(sheet, column) if numeric else [""] * len(frame)
        for row, (value, form) in enumerate(zip(values.tolist(), forms, strict=True), 1):
            look = form or ("" if sheet.data else "wrap")
            _write_cell(page, row, at, value, formats.get(look))
    _lay_out_print(page, sheet.name, len(frame), widths, sheet.data)
    if not sheet.data:
        _make_room(page, frame, widths)
    if not sheet.plain:
        page.set_row(0, 48)


def _make_room(page: Any, frame: pd.DataFrame, widths: Sequence[int]) -> None:
    """Rows as high as their longest text takes; not every program does so by itself."""
    texts = frame.select_dtypes(["object", "string"])
    wide = [widths[list(frame).index(column)] - 2 for column in texts]
    for at, row in enumerate(texts.itertuples(index=False), 1):
        lines = [len(textwrap.wrap(str(text), most)) for text, most in zip(row, wide, strict=True)]
        if max(lines, default=1) > 1:
            page.set_row(at, LINE_HIGH * max(lines))


def _write_head(page: Any, formats: Mapping[str, Any], sheet: Sheet, at: int, column: str) -> int:
    """Write the head of a column and set its width, which is returned."""
    values = sheet.frame.iloc[:, at]
    unit, basis = sheet.units.get(column, ""), sheet.bases.get(column, "")
    numeric = pd.api.types.is_numeric_dtype(values)
    weak = basis in WEAK and numeric
    text = column
    if not sheet.plain:
        text = "\n".join(part for part in (column, unit, basis if weak else "") if part)
    page.write_string(0, at, text, formats["weak" if weak else "head"])
    longest = 11 if numeric else max((len(str(value)) for value in values[:200]), default=0)
    lines = max(len(line) for line in text.split("\n"))
    wide = min(max(longest, min(lines, 24)) + 3, MOST_WIDE if sheet.data else PRINTED_WIDE)
    page.set_column(at, at, wide)
    return wide


def _list_forms(sheet: Sheet, column: str) -> list[str]:
    if sheet.by_row:
        return [number_form(str(unit)) for unit in sheet.frame[sheet.by_row]]
    unit = sheet.units.get(column, "share" if column.endswith("_share") else "")
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
