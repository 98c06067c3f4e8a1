"""The measures that runs are compared by, each with the saved columns it is worked out from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from optimiser.runs.basis import weakest
from optimiser.runs.columns import COLUMNS
from optimiser.runs.compare.figures import EVERY_ROW, Figure, list_columns, row_key, work_out
from optimiser.runs.folder import Run, has_table, read_table

Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True)
class Measure:
    """One row of the comparison.

    Attributes:
        name: key, with its unit.
        label: as a reader would say it.
        unit: its unit.
        table: saved table.
        column: column, or a form over all rows.
        better: which way is better, other things equal.
    """

    name: str
    label: str
    unit: str
    table: str
    column: str
    better: Better = "neither"


MEASURES = tuple(
    Measure(*row)
    for row in (
        ("leakage_share", "Share of in-scope spend treated outside the footprint", "share",
         "footprints", "sum(leakage_m)/sum(scope_spend_m)", "lower"),
        ("leakage_m", "In-scope spend treated outside the footprint", "£m a year", "footprints",
         "sum(leakage_m)", "lower"),
        ("largest_population", "Largest footprint", "persons", "footprints", "max(population)"),
        ("smallest_population", "Smallest footprint", "persons", "footprints", "min(population)"),
        ("pooled_volatility_m", "Volatility, all in scope pooled by footprint", "£m a year",
         "footprints", "sum(pooled_volatility_m)", "lower"),
        ("largest_cv_share", "Highest volatility of one footprint", "share", "footprints", "max(cv)",
         "lower"),
        ("objective_m", "Score", "£m-equivalents", "terms", "sum(cost_m)", "lower"),
        ("gap_to_optimum_share", "Above the optimum", "share", "manifest", "gap_to_optimum", "lower"),
        ("roadmap_score", "Score over all years of its roadmap", "£m-equivalents", "manifest",
         "roadmap_score", "lower"),
        ("broken_rules", "Breaches of rules", "breaches", "manifest", "broken_rules", "lower"),
        ("footprints", "Footprints", "footprints", "footprints", "rows()"),
        ("local_spend_m", "Commissioned locally", "£m a year", "footprints", "sum(local_spend_m)",
         "higher"),
        ("local_spend_share", "Share of in-scope spend commissioned locally", "share", "footprints",
         "sum(local_spend_m)/sum(scope_spend_m)", "higher"),
        ("collective_m", "Held by footprints", "£m a year", "footprints", "sum(collective_m)"),
        ("collaborative_m", "Held by lead providers", "£m a year", "footprints",
         "sum(collaborative_m)"),
        ("individual_m", "Held by single ICBs", "£m a year", "footprints", "sum(individual_m)"),
        ("held_outside_m", "Local spend bought outside its holder's territory", "£m a year",
         "footprints", "sum(held_outside_m)", "lower"),
        ("held_outside_share", "Share of local spend bought outside", "share", "footprints",
         "sum(held_outside_m)/sum(local_spend_m)", "lower"),
        ("volatility_m", "Volatility that holders bear", "£m a year", "footprints",
         "sum(volatility_m)", "lower"),
        ("travel_minutes", "Mean travel to the lead ICB", "minutes", "footprints",
         "sum(travel_minutes*population)/sum(population)", "lower"),
        ("furthest_minutes", "Longest travel to a lead ICB", "minutes", "footprints",
         "max(furthest_minutes)", "lower"),
        ("delegated_footprints", "Footprints ready for full delegation", "footprints", "footprints",
         "rows(mode=delegated)", "higher"),
        ("joint_footprints", "Footprints ready for a joint committee", "footprints", "footprints",
         "rows(mode=joint)"),
        ("not_ready_footprints", "Footprints not ready", "footprints", "footprints",
         "rows(mode=not_ready)", "lower"),
        ("patients_outside_share", "Patients treated outside their footprint, all services", "share",
         "access", "sum(outside_patients)/sum(patients)", "lower"),
        ("home_change_minutes", "Change of travel for those who could be treated at home", "minutes",
         "access", "sum(home_change_minutes*leaving_patients)/sum(leaving_patients)", "lower"),
        ("without_centre", "Footprints without a centre, service by service", "services",
         "without_centre", "rows()", "lower"),
        ("mean_commissioners", "Commissioners of a trust, mean weighted by income", "commissioners",
         "providers", "sum(commissioners*income_m)/sum(income_m)", "lower"),
        ("income_at_risk_m", "Income of trusts that moves if care comes home", "£m a year", "providers",
         "sum(lost_m)", "lower"),
        ("netted_off_m", "Money above and below target that pooling nets off", "£m a year", "funding",
         "sum(netted_off_m)", "higher"),
        ("largest_cut_share", "Largest first-year cut of a footprint's money", "share", "funding",
         "min(first_year_change_share)", "higher"),
    )
)  # fmt: skip
"""In the order in which they are shown: the geography first, on the same services whoever holds them,
then the score, then what is held. One that no run has is left out."""


def list_figures(runs: Mapping[str, Run]) -> Iterator[Figure]:
    """Figures of the measures (M), the terms (T) and every number of the footprints (F)."""
    rows = [
        [
            _measure(f"M{row}.{at}", label, run, measure)
            for at, (label, run) in enumerate(runs.items(), 1)
        ]
        for row, measure in enumerate(MEASURES, 1)
    ]
    known = [row for row in rows if not all(math.isnan(figure.value) for figure in row)]
    for at, (label, run) in enumerate(runs.items(), 1):
        yield from (row[at - 1] for row in known)
        yield from _list_terms(at, label, run)
        yield from _list_footprints(at, label, run)


def summarise_measures(figures: Mapping[str, Figure], labels: list[str]) -> pd.DataFrame:
    """One row per run and measure: run, measure, label, unit, value, difference and source.

    Returns:
        run, measure, label, unit, better, value, difference_from_baseline, basis, figure (id).
    """
    rows: list[dict[str, object]] = []
    for row, measure in enumerate(MEASURES, 1):
        if f"M{row}.1" not in figures:
            continue
        found = [figures[f"M{row}.{at}"] for at in range(1, len(labels) + 1)]
        rows += [
            {
                "run": figure.run,
                "measure": measure.name,
                "label": measure.label,
                "unit": measure.unit,
                "better": measure.better,
                "value": figure.value,
                "difference_from_baseline": figure.value - found[0].value,
                "basis": figure.basis,
                "figure": figure.id,
            }
            for figure in found
        ]
    return pd.DataFrame(rows)


def summarise_terms(runs: Mapping[str, Run], figures: Mapping[str, Figure]) -> pd.DataFrame:
    """One row per run and term of the objective.

    Returns:
        run, term, unit, weight, measure, cost_m, measure_difference, cost_difference_m (against
        the first run), basis, figure (id of cost_m).
    """
    first = next(iter(runs.values())).plan.terms.set_index("term")
    ids = {
        (figure.run, figure.row, figure.column): figure
        for figure in figures.values()
        if figure.table == "terms"
    }
    rows = []
    for label, run in runs.items():
        for term in run.plan.terms.to_dict(orient="records"):
            figure = ids[label, row_key({"term": term["term"]}), "cost_m"]
            before = first.loc[term["term"]] if term["term"] in first.index else None
            rows.append(
                {
                    "run": label,
                    **{name: term[name] for name in ("term", "unit", "weight", "measure")},
                    "cost_m": term["cost_m"],
                    "measure_difference": _less(term["measure"], before, "measure"),
                    "cost_difference_m": _less(term["cost_m"], before, "cost_m"),
                    "basis": figure.basis,
                    "figure": figure.id,
                }
            )
    return pd.DataFrame(rows)


def _less(value: float, before: pd.Series[Any] | None, column: str) -> float:
    return math.nan if before is None else value - float(before[column])


_COUNTED = {"without_centre": ("footprint",)}
"""Columns that decide how many rows a view has: a count of them is no better known."""


def _measure(name: str, label: str, run: Run, measure: Measure) -> Figure:
    where = (label, measure.table, EVERY_ROW, measure.column)
    if measure.table == "manifest":
        value = read_word(run, measure.column)
        return Figure(name, value, measure.unit, *where, basis=weakest(_all_bases(run)))
    frame = _read_rows(run, measure.table)
    columns = list_columns(measure.column) or _COUNTED.get(measure.table, ())
    known = len(frame) and set(columns) <= set(
        frame.columns
    )  # a level that is not open has no column
    value = work_out(frame, EVERY_ROW, measure.column) if known else math.nan
    basis = weakest(_basis(run, measure.table, column) for column in columns)
    return Figure(name, value, measure.unit, *where, basis=basis)


def _read_rows(run: Run, table: str) -> pd.DataFrame:
    """A table of the plan, or a view of it that was saved; no rows where it was not."""
    if hasattr(run.plan, table):
        return pd.DataFrame(getattr(run.plan, table))
    return read_table(run, table) if has_table(run, table) else pd.DataFrame()


def read_word(run: Run, word: str) -> float:
    """A number that the manifest of an evaluated run holds; a proven optimum is 0 above itself."""
    if word == "broken_rules":
        if run.manifest.get(word) is not None:
            return float(len(run.manifest[word]))
        return 0.0 if run.plan.outcome.scope else math.nan  # a plan within a scope breaks none
    if word in run.manifest and run.manifest[word] is not None:
        return float(run.manifest[word])
    proven = run.plan.outcome.status == "optimal" and run.plan.outcome.gap == 0
    return 0.0 if proven and word == "gap_to_optimum" else math.nan


def _list_terms(at: int, label: str, run: Run) -> Iterator[Figure]:
    for row, term in enumerate(run.plan.terms.to_dict(orient="records"), 1):
        key = row_key({"term": term["term"]})
        for column, unit in (("measure", term["unit"]), ("cost_m", "£m-equivalents")):
            name = f"T{row}.{at}.{column}"
            basis = _basis(run, "terms", column)
            yield Figure(name, term[column], unit, label, "terms", key, column, basis)


def _list_footprints(at: int, label: str, run: Run) -> Iterator[Figure]:
    table = run.plan.footprints
    numbers = [str(name) for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
    for column in numbers:
        known = COLUMNS["footprints"].get(column)
        basis = _basis(run, "footprints", column)
        unit = known.unit if known else ""
        for row, (name, value) in enumerate(zip(table["footprint"], table[column], strict=True), 1):
            key = row_key({"footprint": name})
            identity = f"F{row}.{at}.{column}"
            yield Figure(identity, float(value), unit, label, "footprints", key, column, basis)


def _basis(run: Run, table: str, column: str) -> str:
    columns = run.manifest["tables"].get(f"{table}.csv", {}).get("columns", {})
    return str(columns.get(column, {}).get("basis", "unstated"))


def _all_bases(run: Run) -> list[str]:
    return [str(about["basis"]) for about in run.manifest["tables"].values()]
