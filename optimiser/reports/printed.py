"""The tables of a comparison as they stand on paper: in words, with names before codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from optimiser.runs.basis import weakest
from optimiser.runs.column import Column
from optimiser.runs.columns import COLUMNS
from optimiser.runs.compare import Comparison
from optimiser.runs.compare.settings import word_differences
from optimiser.runs.compare.wording import say_mode, say_term

OWN: Mapping[str, Column] = {
    "run": Column("label of the run", title="Run"),
    "figure": Column("reference of the figure", title="Reference"),
    "label": Column("the measure in words", title="Measure"),
    "unit": Column("unit of the measure", title="Unit"),
    "better": Column("which way is better", title="Better when"),
    "basis": Column("weakest kind of input behind the row", title="Weakest input"),
    "setting": Column("the setting in words", title="Setting"),
    "term": Column("term of the objective", title="Term of the score"),
    "weight": Column("its weight in the scenario", title="Weight"),
    "measure": Column("what is weighed, in its unit", title="Measured"),
    "measure_difference": Column("the same less the baseline's", title="Measured, less baseline"),
    "cost_m": Column("weight x measure", "£m-equivalents", title="Score"),
    "cost_difference_m": Column(
        "the same less the baseline's", "£m-equivalents", title="Score, less baseline"
    ),
    "icb": Column("ODS code of the ICB", title="Code"),
    "name": Column("name of the ICB", title="ICB"),
    "population": Column("residents", "persons", title="Residents"),
    "moved_in": Column("runs in which it moves against the baseline", "runs", title="Moves in"),
    "sentence": Column("the broken rule in a sentence", title="Rule that is broken"),
    "population_share": Column("of residents whose level changes", "share"),
    "local_population_share_before": Column("of residents with it local, before", "share"),
    "local_population_share_after": Column("the same in the run", "share"),
    "objective": Column("score of the plan", "£m-equivalents"),
    "bound": Column("below which no plan's score lies", "£m-equivalents"),
    "gap": Column("between the two", "share"),
}
"""The comparison's own columns; those of saved tables are in :mod:`optimiser.runs.columns`."""


NOT_PRINTED = ("lead", "members", "volatility_m", "held_volatility_m", "held_outside_share")
"""Columns of footprints that stand in the data workbook alone, so that two pages hold the rest."""


def title_columns(table: str, frame: pd.DataFrame) -> dict[str, str]:
    """Columns of a frame to their headings on paper; a run's column is headed by the run."""
    known = {**OWN, **COLUMNS.get(table, {})}
    return {str(name): known[name].title for name in frame if name in known}


def summarise_side_by_side(comparison: Comparison) -> pd.DataFrame:
    """One row per measure: label, unit, better, each run's value and difference, basis, figure."""
    table = comparison.measures
    labels = ["label", "unit", "better"]
    values = table.pivot(index=["measure", *labels], columns="run", values="value")
    less = table.pivot(index=["measure", *labels], columns="run", values="difference_from_baseline")
    order = pd.MultiIndex.from_frame(table[["measure", *labels]].drop_duplicates())
    wide = values.reindex(order)[list(comparison.names)]
    for run in comparison.names[1:]:
        wide[f"{run} − {comparison.baseline}"] = less.reindex(order)[run]
    wide = wide.reset_index().drop(columns="measure")
    basis = table.groupby("measure", sort=False)["basis"].agg(weakest)
    wide["basis"] = basis.reindex(order.get_level_values("measure")).to_numpy()
    first = table.drop_duplicates("measure")["figure"].str.split(".").str[0]
    wide["figure"] = first.to_numpy()
    return wide.rename_axis(columns=None)


def _word_terms(comparison: Comparison) -> pd.DataFrame:
    return comparison.terms.assign(term=comparison.terms["term"].map(say_term))


def _name_icbs(comparison: Comparison) -> pd.DataFrame:
    """By name; the code, by which other sheets and files know an ICB, comes last."""
    table = comparison.grouping.sort_values("name", ignore_index=True)
    return table[["name", *(column for column in table if column not in ("name", "icb")), "icb"]]


def _word_footprints(comparison: Comparison) -> pd.DataFrame:
    """With its ICBs and lead by name; the codes stand in the data workbook."""
    table = comparison.footprints.drop(columns=list(NOT_PRINTED))
    names = {
        run: dict(zip(plan.icbs["icb"], plan.icbs["name"], strict=True))
        for run, plan in comparison.plans.items()
    }
    members = [
        ", ".join(str(names[run][code]) for code in codes.split())
        for run, codes in zip(table["run"], table["icbs"], strict=True)
    ]
    return table.assign(icbs=members, mode=table["mode"].map(say_mode))


def _word_milestones(comparison: Comparison) -> pd.DataFrame:
    table = comparison.views["roadmap_milestones"]
    services = comparison.services
    names = dict(zip(services["service"].astype("str"), services["name"], strict=True))
    named = [
        ", ".join(str(names.get(code, code)) for code in str(codes).split())
        for codes in table["new_services"].fillna("")
    ]
    return table.assign(new_services=named)


PRINTED: tuple[tuple[str, str, Callable[[Comparison], pd.DataFrame], str], ...] = (
    ("Side by side", "", summarise_side_by_side, "measures, a column per run"),
    ("Scenario differences", "", word_differences, "settings that differ"),
    ("Terms", "", _word_terms, "terms of the objective"),
    ("ICBs", "", _name_icbs, "footprint of each ICB in each run"),
    ("Footprint measures", "footprints", _word_footprints, "every footprint of every run"),
    (
        "Access",
        "access",
        lambda comparison: comparison.views["access"],
        "patients' own travel by footprint, and what coming home would mean",
    ),
    (
        "Funding",
        "funding",
        lambda comparison: comparison.views["funding"],
        "historic and needs-based money, and when they converge",
    ),
    (
        "Roadmap by year",
        "roadmap_milestones",
        _word_milestones,
        "who holds what in each year of a roadmap",
    ),
    (
        "Broken rules",
        "",
        lambda comparison: comparison.broken_rules.drop(columns="rule"),
        "rules that given plans break",
    ),
)
"""Tab, the saved table whose columns it has, what makes it, what it holds."""


def drop_blank(frame: pd.DataFrame) -> pd.DataFrame:
    """Without columns that have nothing in any row: paper has no room for them."""
    said = [
        bool((values.notna() & (values.astype("str") != "")).any()) for _, values in frame.items()
    ]
    return frame.loc[:, said]
