"""The sheets of a comparison's workbooks: which tables, in which order; all data, and some on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from optimiser.reports.printed import (
    OWN,
    PRINTED,
    drop_blank,
    summarise_side_by_side,
    title_columns,
)
from optimiser.runs.basis import weakest
from optimiser.runs.columns import COLUMNS
from optimiser.runs.compare import FLOWS, Comparison
from optimiser.runs.compare.wording import say_term


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes:
        name: its tab.
        frame: its rows.
        about: what it holds, for the first sheet.
        units: unit of each column that has one.
        bases: kind of input behind each column that is known.
        by_row: column that holds the unit of each row's numbers, if units differ by row.
        titles: heading of each column on paper; data keep the names that ``figures.csv`` refers to.
        plain: header of bare names, as an input needs it.
        data: whether it is there to sort and filter, not to be printed.
    """

    name: str
    frame: pd.DataFrame
    about: str
    units: Mapping[str, str]
    bases: Mapping[str, str]
    by_row: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    plain: bool = False
    data: bool = False


def list_sheets(comparison: Comparison) -> list[Sheet]:
    """Every sheet but the contents: those to print, without blank ones, then the data in full.

    Of the data, views that no run has are left out.
    """
    return [*_list_printed(comparison), *_list_data(comparison)]


def _list_printed(comparison: Comparison) -> Iterator[Sheet]:
    for name, table, make, about in PRINTED:
        frame = drop_blank(make(comparison))
        if len(frame):
            by_row = "unit" if make is summarise_side_by_side else ""
            units, bases = _describe(comparison, table, frame)
            titles = title_columns(table, frame)
            yield Sheet(name, frame, about, {} if by_row else units, bases, by_row, titles)


def _list_data(comparison: Comparison) -> Iterator[Sheet]:
    for name, table, about, *how in SHEETS:
        frame = table(comparison) if callable(table) else _read(comparison, table)
        if len(frame) or table not in comparison.views:
            by_row = "unit" if "by_row" in how else ""
            known = "" if callable(table) or by_row else table
            units, bases = _describe(comparison, known, frame)
            units = {} if by_row else units
            plain = table is list_plans
            yield Sheet(name, frame, about, units, bases, by_row, plain=plain, data=True)


def _describe(
    comparison: Comparison, table: str, frame: pd.DataFrame
) -> tuple[dict[str, str], dict[str, str]]:
    """Units of the columns of a frame, and the kinds of input behind those of a saved table."""
    known = COLUMNS.get(table, {})
    units = {key: column.unit for key, column in {**OWN, **known}.items() if key in frame}
    bases = {key: _weakest_of(comparison, table, key) for key in map(str, frame) if known}
    return units, bases


def _read(comparison: Comparison, table: str) -> pd.DataFrame:
    views = comparison.views
    return views[table] if table in views else pd.DataFrame(getattr(comparison, table))


def summarise_provenance(comparison: Comparison) -> pd.DataFrame:
    """What each run's columns rest on, then its inputs with their hashes.

    Returns:
        run, table, column, meaning, unit, basis, sha256.
    """
    rows = []
    for label, run in zip(comparison.names, comparison.runs, strict=True):
        for file, about in run.manifest["tables"].items():
            for column, known in about["columns"].items():
                meaning, unit = known.get("meaning", ""), known.get("unit", "")
                rows.append((label, file, column, meaning, unit, known["basis"], ""))
        for file, sha256 in run.manifest["files"].items():
            rows.append((label, file, "", "file of the run", "", "", sha256))
        for file, sha256 in run.manifest["dataset"]["files"].items():
            rows.append((label, f"input {file}", "", "input of the run", "", "", sha256))
    columns = ["run", "table", "column", "meaning", "unit", "basis", "sha256"]
    return pd.DataFrame(rows, columns=columns)


def list_plans(comparison: Comparison) -> pd.DataFrame:
    """The groupings as the sheet ``plans`` of an input workbook: plan, icb, footprint."""
    return comparison.moves[["run", "icb", "footprint"]].rename(columns={"run": "plan"})


def _list_terms(comparison: Comparison) -> pd.DataFrame:
    table = comparison.terms.copy()
    table.insert(2, "label", [say_term(term) for term in table["term"]])
    return table


def _weakest_of(comparison: Comparison, table: str, column: str) -> str:
    abouts = [run.manifest["tables"].get(f"{table}.csv", {}) for run in comparison.runs]
    found = [
        about["columns"][column]["basis"] for about in abouts if column in about.get("columns", {})
    ]
    return weakest(found) if found else ""


Row = tuple[str, str | Callable[[Comparison], pd.DataFrame], str, *tuple[str, ...]]
SHEETS: tuple[Row, ...] = (
    ("Runs", "about", "what was compared, with the hash of each run's manifest"),
    ("Scenario differences", "scenario_differences", "settings that differ"),
    ("Measures", "measures", "one row per run and measure", "by_row"),
    ("Terms", _list_terms, "terms of the objective"),
    ("ICBs", "grouping", "footprint of each ICB in each run"),
    ("Moves", "moves", "which ICBs move against the baseline"),
    ("Service changes", "service_changes", "services whose level differs from the baseline's"),
    ("Service levels", "service_levels", "option of each service for each ICB"),
    ("Footprint measures", "footprints", "every footprint of every run"),
    ("Service measures", "services", "every service in every footprint"),
    ("Readiness scores", "readiness", "score by footprint and PDAF domain"),
    ("Flows between", FLOWS, "spend by footprint of residence and of treatment"),
    (
        "Access",
        "access",
        "patients' own travel by footprint, and what coming home would mean",
    ),
    ("Access of ICBs", "access_icbs", "patients' own travel by ICB"),
    ("Access to services", "access_services", "patients' own travel by service, and its centres"),
    ("Deprivation", "access_deprivation", "travel of the most deprived fifth and of the rest"),
    ("Without a centre", "without_centre", "footprints without a centre of a service"),
    ("Providers", "providers", "income of every trust by holder, its payers, what it could lose"),
    ("Funding", "funding", "historic and needs-based money, and when they converge"),
    ("Funding by year", "funding_by_year", "allocation and target of every footprint by year"),
    ("Roadmap by year", "roadmap_milestones", "who holds what in each year of a roadmap"),
    ("Roadmap services", "roadmap_services", "when each service of a roadmap goes local"),
    ("Broken rules", "broken_rules", "rules that given plans break"),
    (
        "Figures",
        Comparison.summarise_figures,
        "every numbered figure and where it stands",
        "by_row",
    ),
    (
        "Provenance",
        summarise_provenance,
        "kind of input behind each column, inputs and their hashes",
    ),
    ("plans", list_plans, "the groupings as input: same columns as a dataset's plans"),
)
"""Tab, table of the comparison or what makes it, what it holds; and whether the units of its numbers
stand in its rows."""
