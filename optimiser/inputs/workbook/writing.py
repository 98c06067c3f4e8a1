"""Writing a dataset, or an empty template of one, as an Excel workbook.

Every table is a sheet with its header, a note on each column, drop-downs and validation from the
same rules that check it. Codes are formatted as text, so that a spreadsheet leaves ``2E5`` alone.
"""

from __future__ import annotations

import datetime
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from optimiser.errors import Fault, InputError
from optimiser.folders import check_absent
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.declared import list_settings
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.inputs.schema import PLAN, TABLES, Column, TableSchema
from optimiser.inputs.workbook.source import ABOUT, NOTES, PLANS, SCENARIO, list_given, name_column
from optimiser.inputs.writing import write_files

MOST_ROWS = 1_048_576
OPEN_ROWS = 5_000
"""Rows that carry drop-downs and validation below the header, or more where the table is longer."""
MADE = datetime.datetime(2024, 1, 1)
"""A fixed date, so that the same dataset gives the same workbook."""
ABOUT_KEYS = {
    "name": "short name, without spaces",
    "title": "one line that says what it is",
    "vintage": "year of the data, such as 2023-24",
    "population_base": "resident, registered or weighted",
    "currency_year": "year of the prices",
    "attribution": "what must be said where the data is shown",
    "modelled": "a sentence on what is modelled; repeat the row for more",
    "fit": "optional: how well the flows fit what is observed, a sentence",
    "unplaced_share": "optional: share of what was counted that is in no flow, between 0 and 1",
    "total_population": "optional: published total that the ICBs must add up to",
    "total_spend_m": "optional: published total that the services must add up to, £m",
    "suppression.policy": "optional: midpoint, lower, upper or value, for cells such as * or <5",
    "suppression.below": "optional: what a bare * stands below (5)",
    "suppression.value": "with the policy value: patients of a suppressed cell",
}
GUIDE = (
    "One dataset of Footprints, a sheet for each table. Fill in the sheets, then run:",
    "    footprints check WORKBOOK.xlsx",
    "    footprints solve WORKBOOK.xlsx",
    "Sheets icbs, neighbours, services, providers and flows are needed. Each other one may stay "
    "empty; the check says what that switches off.",
    "The first row of a sheet names its columns; leave it as it is. Dark headers are columns that "
    "must be filled in, light ones may be left out. Point at a header to read what it holds.",
    "Sheet about: a key and a value in each row. Sheet plans: groupings to score, a row for each "
    "plan and ICB. Sheet scenario: settings of the solve; a blank value takes the default.",
    "Boundaries are no sheet: save them beside the workbook as WORKBOOK.boundaries.geojson "
    "(longitude and latitude, keyed by icb).",
    "Small numbers may be suppressed in flows (* or <5) when about gives suppression.policy.",
)


@dataclass(frozen=True)
class _Formats:
    head: Any
    light: Any
    text: Any
    wrap: Any
    bold: Any


def write_workbook(
    path: Path, dataset: Dataset | None = None, scenario: Scenario | None = None
) -> list[Path]:
    """Write a workbook: an empty template, or a whole dataset.

    Args:
        path: a new ``.xlsx`` file.
        dataset: what to fill in; its boundaries are copied beside the workbook.
        scenario: settings to fill in; those at their default stay blank.

    Returns:
        the files written.

    Raises:
        OutputExistsError: a file is there already.
        InputError: the ending is another, or a table has more rows than a sheet holds.
    """
    boundaries = path.with_name(f"{path.stem}.boundaries.geojson")
    has_boundaries = dataset is not None and dataset.boundaries is not None
    check_absent(path)
    if has_boundaries:
        check_absent(boundaries)
    _check_fits(path, dataset)
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Footprints dataset", "created": MADE})
    formats = _Formats(
        head=book.add_format({"bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF"}),
        light=book.add_format({"bold": True, "bg_color": "#D9E2F3"}),
        text=book.add_format({"num_format": "@"}),
        wrap=book.add_format({"text_wrap": True, "valign": "top"}),
        bold=book.add_format({"bold": True, "font_size": 14}),
    )
    _write_guide(book, formats)
    _write_about(book, formats, dataset)
    for name, schema in TABLES.items():
        table = None if dataset is None else getattr(dataset, name)
        if name == "flows" and dataset is not None and dataset.filled is not None:
            table = _restore_marks(dataset)
        _write_table(book, formats, name, schema, table)
    _write_table(book, formats, PLANS, _plans_schema(), _list_plans(dataset))
    _write_scenario(book, formats, scenario)
    book.close()
    files = {path: content.getvalue()}
    if dataset is not None and dataset.boundaries is not None:
        files[boundaries] = dataset.boundaries.read_bytes()
    write_files(files)
    return list(files)


def _restore_marks(dataset: Dataset) -> pd.DataFrame:
    """The flows with suppressed cells as they stood, so that the policy fills them again."""
    from optimiser.inputs.reading.load import open_source

    raw = open_source(dataset.folder)[0].read_table("flows").table
    assert raw is not None, "the dataset was read from this source"
    texts = {name: raw.columns[raw.header.index(name)] for name in ("patients", "spend_m")}
    filled = np.zeros(len(dataset.flows), dtype=bool) if dataset.filled is None else dataset.filled
    flows = dataset.flows.astype(dict.fromkeys(texts, object))
    for name, cells in texts.items():
        flows.loc[filled, name] = [cells[int(k)] for k in np.flatnonzero(filled)]
    return flows


def _check_fits(path: Path, dataset: Dataset | None) -> None:
    if path.suffix.lower() != ".xlsx":
        remedy = "A workbook is written as .xlsx. Name it so."
        raise InputError([Fault(str(path), 0, "", path.suffix, "ending", remedy)])
    if dataset is not None and len(dataset.flows) >= MOST_ROWS:
        remedy = f"A sheet holds {MOST_ROWS - 1:,} rows. Keep the folder, or leave out small flows."
        value = f"{len(dataset.flows):,} flows"
        raise InputError([Fault(str(path), 0, "", value, "sheet_rows", remedy)])


def _write_guide(book: Any, formats: _Formats) -> None:
    sheet = book.add_worksheet(NOTES)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 3, 60, formats.wrap)
    sheet.write_string(0, 0, "How to fill in this workbook", formats.bold)
    for k, line in enumerate(GUIDE, start=2):
        sheet.merge_range(k, 0, k, 3, line, formats.wrap)
        sheet.set_row(k, 30 if len(line) > 110 else 16)
    row = len(GUIDE) + 3
    for k, title in enumerate(("sheet", "column", "what it holds", "rule")):
        sheet.write_string(row, k, title, formats.head)
    for name, schema in {**TABLES, PLANS: _plans_schema()}.items():
        for column in schema.columns:
            row += 1
            rule = describe_rule(column)
            for k, text in enumerate((name, column.name, column.meaning, rule)):
                sheet.write_string(row, k, text, formats.wrap)
            sheet.set_row(row, 15 * -(-max(len(rule), len(column.meaning)) // 60))
    _fit_on_page(sheet)


def _fit_on_page(sheet: Any) -> None:
    """Print all columns on one page's width."""
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _plans_schema() -> TableSchema:
    name = Column("plan", "text", "name of the grouping")
    return TableSchema(PLANS, (name, *PLAN.columns), ("plan", "icb"), PLAN.without)


def _list_plans(dataset: Dataset | None) -> pd.DataFrame | None:
    if dataset is None or not dataset.plans:
        return None
    return pd.concat([frame.assign(plan=name) for name, frame in dataset.plans.items()])


def _write_about(book: Any, formats: _Formats, dataset: Dataset | None) -> None:
    sheet = book.add_worksheet(ABOUT)
    _write_header(sheet, formats, ("key", "value", "meaning"), (24, 80, 60))
    rows = [] if dataset is None else _list_about(dataset)
    filled = {key for key, _ in rows}
    rows += [(key, "") for key in ABOUT_KEYS if key not in filled]
    for k, (key, value) in enumerate(rows, start=1):
        sheet.write_string(k, 0, key)
        sheet.write(k, 1, value)
        sheet.write_string(k, 2, ABOUT_KEYS[key])
    policy = 1 + [key for key, _ in rows].index("suppression.policy")
    _add_list(sheet, policy, 1, policy, ("midpoint", "lower", "upper", "value"))


def _list_about(dataset: Dataset) -> list[tuple[str, str | float]]:
    from optimiser.inputs.reading.load import open_source

    about, stated = dataset.about, open_source(dataset.folder)[1]
    keys = ("name", "title", "vintage", "population_base", "currency_year", "attribution")
    rows: list[tuple[str, str | float]] = [(key, str(getattr(about, key))) for key in keys]
    rows += [("modelled", sentence) for sentence in about.modelled]
    rows += [("fit", about.fit)] if about.fit else []
    rows += [("unplaced_share", about.unplaced_share)] if about.unplaced_share else []
    rows += list(stated.totals.items())
    rule = stated.suppression
    if rule is not None:
        rows += [("suppression.policy", rule.policy), ("suppression.below", rule.below)]
        rows += [("suppression.value", rule.value)] if rule.policy == "value" else []
    return rows


def _write_header(
    sheet: Any, formats: _Formats, titles: Sequence[str], widths: Sequence[int]
) -> None:
    for k, (title, width) in enumerate(zip(titles, widths, strict=True)):
        sheet.write_string(0, k, title, formats.head)
        sheet.set_column(k, k, width)
    sheet.freeze_panes(1, 0)
    _fit_on_page(sheet)


def _write_table(
    book: Any, formats: _Formats, name: str, schema: TableSchema, table: pd.DataFrame | None
) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    _fit_on_page(sheet)
    rows = max(OPEN_ROWS, 0 if table is None else len(table))
    for k, column in enumerate(schema.columns):
        head = formats.head if column.required else formats.light
        sheet.write_string(0, k, column.name, head)
        sheet.write_comment(0, k, f"{column.meaning}. {describe_rule(column)}", {"x_scale": 2})
        is_text = column.kind in ("code", "text", "choice")
        width = 36 if column.kind == "text" and "name" in column.name else 16
        sheet.set_column(k, k, width, formats.text if is_text else None)
        _validate_column(sheet, k, column, rows)
        if table is not None and not _is_unstated(column, table[column.name]):
            _write_cells(sheet, k, column, table[column.name], formats)


def _is_unstated(column: Column, values: pd.Series[Any]) -> bool:
    """Whether a flag that nobody needs to give is nowhere raised: written out it would need a source."""
    return column.unused and column.kind == "flag" and not values.any()


def _write_cells(
    sheet: Any, place: int, column: Column, values: pd.Series[Any], formats: _Formats
) -> None:
    for k, value in enumerate(values.tolist(), start=1):
        if column.kind == "flag":
            sheet.write_boolean(k, place, value)
        elif isinstance(value, str):
            if value:
                sheet.write_string(k, place, value, formats.text)
        elif not pd.isna(value):
            _write_number(sheet, k, place, value)


def _write_number(sheet: Any, row: int, place: int, value: float) -> None:
    """A number, or its text where sixteen digits would not read back as the same number."""
    number = float(value)
    if float(f"{number:.16G}") == number:
        sheet.write_number(row, place, number)
    else:
        sheet.write_string(row, place, repr(number))


def describe_rule(column: Column) -> str:
    """What a column may hold, in a sentence."""
    needed = "Must be filled in." if column.required else "May be left out."
    parts = [needed]
    if column.kind == "choice":
        parts.append(f"One of {', '.join(column.choices)}.")
    elif column.kind == "flag":
        parts.append("TRUE or FALSE.")
    elif column.kind in ("number", "whole"):
        parts.append(_describe_range(column))
    if column.refers_to:
        parts.append(f"A code of sheet {column.refers_to}.")
    if column.blank:
        parts.append("May be blank.")
    return " ".join(parts)


def _describe_range(column: Column) -> str:
    kind = "A whole number" if column.kind == "whole" else "A number"
    low = f"{'above' if column.above_least else 'from'} {column.least:g}"
    high = f" to {column.most:g}" if math.isfinite(column.most) else " up"
    return f"{kind} {low}{high}." if math.isfinite(column.least) else f"{kind}."


def _validate_column(sheet: Any, place: int, column: Column, rows: int) -> None:
    if column.kind == "choice":
        _add_list(sheet, 1, place, rows, column.choices)
    elif column.kind == "flag":
        _add_list(sheet, 1, place, rows, ("TRUE", "FALSE"))
    elif column.refers_to:
        key = TABLES[column.refers_to].key[0]
        letter = name_column(TABLES[column.refers_to].names.index(key))
        source = f"={column.refers_to}!${letter}$2:${letter}${OPEN_ROWS}"
        options = {"validate": "list", "source": source, "ignore_blank": True}
        sheet.data_validation(1, place, rows, place, {**options, **_message(column)})
    elif column.kind in ("number", "whole") and math.isfinite(column.least):
        sheet.data_validation(1, place, rows, place, {**_number_rule(column), **_message(column)})


def _number_rule(column: Column) -> dict[str, Any]:
    kind = {"validate": "integer" if column.kind == "whole" else "decimal"}
    if math.isfinite(column.most):
        return {**kind, "criteria": "between", "minimum": column.least, "maximum": column.most}
    return {**kind, "criteria": ">" if column.above_least else ">=", "value": column.least}


def _message(column: Column) -> dict[str, str]:
    # Suppressed cells (* or <5) may stand in flows, so a warning and no more.
    return {"error_type": "warning", "error_title": column.name[:32],
            "error_message": f"{column.meaning}. {describe_rule(column)}"[:255]}  # fmt: skip


def _add_list(sheet: Any, first: int, place: int, last: int, choices: Sequence[str]) -> None:
    rule = {"validate": "list", "source": list(choices), "ignore_blank": True}
    sheet.data_validation(first, place, last, place, rule)


def _write_scenario(book: Any, formats: _Formats, scenario: Scenario | None) -> None:
    sheet = book.add_worksheet(SCENARIO)
    _write_header(sheet, formats, ("setting", "value", "default", "meaning"), (34, 30, 24, 90))
    given: Mapping[str, str] = {} if scenario is None else list_given(scenario)
    for k, setting in enumerate(list_settings(Scenario), start=1):
        sheet.write_string(k, 0, setting.key)
        sheet.write_string(k, 1, given.get(setting.key, ""), formats.text)
        sheet.write_string(k, 2, setting.default)
        sheet.write_string(k, 3, setting.meaning)
        if setting.choices:
            _add_list(sheet, k, 1, k, setting.choices)
