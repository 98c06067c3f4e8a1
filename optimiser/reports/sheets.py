"""The sheets of a comparison's workbooks: which tables, in which order, and which are printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from optimiser.runs.columns import COLUMNS, weakest
from optimiser.runs.compare import FLOWS, Comparison
from optimiser.runs.compare.settings import word_differences
from optimiser.runs.compare.wording import say_term

_UNITS = {
    "value": "",
    "difference_from_baseline": "",
    "population": "persons",
    "population_share": "share",
    "local_population_share_before": "share",
    "local_population_share_after": "share",
    "icbs": "",
    "objective": "£m-equivalents",
    "bound": "£m-equivalents",
    "gap": "share",
    "cost_m": "£m-equivalents",
    "cost_difference_m": "£m-equivalents",
    "moved_in": "runs",
}
"""Units of the comparison's own columns; those of saved tables are in :mod:`optimiser.runs.columns`."""


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
        plain: header of bare names, as an input needs it.
        data: whether it is there to sort and filter, not to be printed.
    """

    name: str
    frame: pd.DataFrame
    about: str
    units: Mapping[str, str]
    bases: Mapping[str, str]
    by_row: str = ""
    plain: bool = False
    data: bool = False


def list_sheets(comparison: Comparison) -> list[Sheet]:
    """Every sheet but the contents, in order, without views that no run has and blank ones to print."""
    found = []
    for name, table, about, *how in SHEETS:
        frame = table(comparison) if callable(table) else _read(comparison, table)
        by_row = "unit" if "by_row" in how else ""
        if len(frame) or not ("print" in how or table in comparison.views):
            known = {} if callable(table) or by_row else COLUMNS.get(table, {})
            units = {} if by_row else {c: u for c, u in _UNITS.items() if c in frame}
            units |= {key: column.unit for key, column in known.items()}
            bases = {
                key: _weakest_of(comparison, str(table), key) for key in map(str, frame) if known
            }
            data, plain = "print" not in how, table is list_plans
            found.append(Sheet(name, frame, about, units, bases, by_row, plain, data))
    return found


def _read(comparison: Comparison, table: str) -> pd.DataFrame:
    views = comparison.views
    return views[table] if table in views else pd.DataFrame(getattr(comparison, table))


def summarise_side_by_side(comparison: Comparison) -> pd.DataFrame:
    """One row per measure: figure, label, unit, each run's value, each one's difference, basis."""
    table = comparison.measures
    labels = ["label", "unit", "better"]
    values = table.pivot(index=["measure", *labels], columns="run", values="value")
    less = table.pivot(index=["measure", *labels], columns="run", values="difference_from_baseline")
    order = pd.MultiIndex.from_frame(table[["measure", *labels]].drop_duplicates())
    wide = values.reindex(order)[list(comparison.names)]
    for run in comparison.names[1:]:
        wide[f"{run} − {comparison.baseline}"] = less.reindex(order)[run]
    first = table.drop_duplicates("measure")["figure"].str.split(".").str[0]
    wide = wide.reset_index().drop(columns="measure")
    wide.insert(0, "figure", first.to_numpy())
    basis = table.groupby("measure", sort=False)["basis"].agg(weakest)
    wide["basis"] = basis.reindex(order.get_level_values("measure")).to_numpy()
    return wide.rename_axis(columns=None)


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
    ("Side by side", summarise_side_by_side, "measures, a column per run", "print", "by_row"),
    ("Runs", "about", "what was compared, with the hash of each run's manifest"),
    ("Scenario differences", word_differences, "settings that differ", "print"),
    ("Measures", "measures", "one row per run and measure", "by_row"),
    ("Terms", _list_terms, "terms of the objective", "print"),
    ("ICBs", "grouping", "footprint of each ICB in each run", "print"),
    ("Moves", "moves", "which ICBs move against the baseline"),
    ("Service changes", "service_changes", "services whose level differs from the baseline's"),
    ("Service levels", "service_levels", "option of each service for each ICB"),
    ("Footprint measures", "footprints", "every footprint of every run", "print"),
    ("Service measures", "services", "every service in every footprint"),
    ("Readiness scores", "readiness", "score by footprint and PDAF domain"),
    ("Flows between", FLOWS, "spend by footprint of residence and of treatment"),
    (
        "Access",
        "access",
        "patients' own travel by footprint, and what coming home would mean",
        "print",
    ),
    ("Access of ICBs", "access_icbs", "patients' own travel by ICB"),
    ("Access to services", "access_services", "patients' own travel by service, and its centres"),
    ("Deprivation", "access_deprivation", "travel of the most deprived fifth and of the rest"),
    ("Without a centre", "without_centre", "footprints without a centre of a service"),
    ("Providers", "providers", "income of every trust by holder, its payers, what it could lose"),
    ("Funding", "funding", "historic and needs-based money, and when they converge", "print"),
    ("Funding by year", "funding_by_year", "allocation and target of every footprint by year"),
    ("Roadmap by year", "roadmap_milestones", "who holds what in each year of a roadmap", "print"),
    ("Roadmap services", "roadmap_services", "when each service of a roadmap goes local"),
    ("Broken rules", "broken_rules", "rules that given plans break", "print"),
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
"""Tab, table of the comparison or what makes it, what it holds; whether it is of use on paper (the
others are data); and whether the units of its numbers stand in its rows."""
