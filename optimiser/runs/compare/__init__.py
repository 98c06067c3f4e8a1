"""Runs side by side: what was asked differently, every measure, who moves, what changes level.

No solver is needed: everything is read from the run folders, and every figure says which run,
table, row and column it comes from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.plan.plan import Plan
from optimiser.runs.columns import COLUMNS
from optimiser.runs.compare.figures import Figure
from optimiser.runs.compare.likeness import (
    Unlikeness,
    check_alike,
    list_other_maps,
    list_unlike,
    state_other_maps,
    summarise_differences,
)
from optimiser.runs.compare.measuring import list_figures, summarise_measures, summarise_terms
from optimiser.runs.compare.moving import (
    list_moves,
    list_service_changes,
    list_service_levels,
    number_footprints,
    summarise_grouping,
)
from optimiser.runs.folder import Run, has_table, read_run, read_table
from optimiser.runs.saving import MANIFEST
from optimiser.spelling import title_plan

Unlike = Literal["refuse", "label"]

FLOWS = "flows_between_footprints"
VIEWS = (
    *(FLOWS, "providers", "access", "access_icbs", "access_services", "without_centre"),
    *("access_deprivation", "funding", "funding_by_year"),
    *("roadmap_milestones", "roadmap_services", "roadmap_levels"),
)
"""Saved tables that are views of a plan and its inputs; a run may lack any of them."""

__all__ = ["Comparison", "Figure", "Unlikeness", "compare_folders", "compare_runs"]


@dataclass(frozen=True)
class Comparison:
    """Runs side by side; the first is the baseline.

    Attributes:
        runs: the runs, baseline first.
        names: a short, unique label of each, in the same order; columns and ``run`` use it.
        unlike: what makes runs unlike the baseline; empty when they are alike.
        other_maps: labels of runs on other ICBs of the same country than the baseline's. Tables by
            ICB (moves, grouping, service_levels, service_changes) leave them out, and ``notes`` say so.
        about: one row per run: run (label), plan, scenario_name, scenario_title, status,
            run_id, objective, bound, gap, dataset, vintage, folder, manifest_sha256.
        scenario_differences: setting, one column per run; only settings that differ.
        measures: run, measure, label, unit, better (lower/higher/neither), value,
            difference_from_baseline, basis, figure (id).
        terms: run, term, unit, weight, measure, cost_m, measure_difference, cost_difference_m,
            basis, figure (id).
        moves: run, icb, name, population, footprint, baseline_footprint, continues, moved.
        grouping: icb, name, population, one column per run (footprint), moved_in.
        numbers: run, footprint, number, continues: one number for footprints that continue one
            another, for maps and keys.
        service_levels: service, name, category, icb, one column per run (option).
        service_changes: run, service, name, category, before, after (option or ``mixed``), icbs,
            population_share, local_population_share_before, local_population_share_after.
        footprints: all runs' footprints, first column run.
        services: all runs' services, first column run.
        readiness: all runs' readiness, first column run.
        views: table of :data:`VIEWS` to all runs' rows, first column run; none for runs without.
        broken_rules: run, rule, sentence: what given plans break of their scenario.
        figures: id to figure.
        notes: sentences the reader must know (modelled inputs, tables that are missing).
    """

    runs: tuple[Run, ...]
    names: tuple[str, ...]
    unlike: tuple[Unlikeness, ...]
    other_maps: tuple[str, ...]
    about: pd.DataFrame
    scenario_differences: pd.DataFrame
    measures: pd.DataFrame
    terms: pd.DataFrame
    moves: pd.DataFrame
    grouping: pd.DataFrame
    numbers: pd.DataFrame
    service_levels: pd.DataFrame
    service_changes: pd.DataFrame
    footprints: pd.DataFrame
    services: pd.DataFrame
    readiness: pd.DataFrame
    views: Mapping[str, pd.DataFrame]
    broken_rules: pd.DataFrame
    figures: Mapping[str, Figure]
    notes: tuple[str, ...]

    @property
    def baseline(self) -> str:
        """Label of the baseline."""
        return self.names[0]

    @property
    def on_one_map(self) -> tuple[str, ...]:
        """Labels of the runs on the baseline's ICBs."""
        return tuple(name for name in self.names if name not in self.other_maps)

    @property
    def plans(self) -> dict[str, Plan]:
        """Label of each run to its plan."""
        return {name: run.plan for name, run in zip(self.names, self.runs, strict=True)}

    def figure(self, run: str, measure: str) -> Figure:
        """The figure of a measure in a run.

        Raises:
            KeyError: there is no such run or measure.
        """
        table = self.measures
        found = table.loc[(table["run"] == run) & (table["measure"] == measure), "figure"]
        if found.empty:
            raise KeyError(f"no measure {measure} of {run}")
        return self.figures[str(found.iloc[0])]

    def numbers_of(self, run: str) -> dict[str, int]:
        """Each footprint of a run to its number on maps and in keys."""
        mine = self.numbers[self.numbers["run"] == run]
        return {
            str(name): int(at) for name, at in zip(mine["footprint"], mine["number"], strict=True)
        }

    def moved(self, run: str) -> pd.DataFrame:
        """The rows of the ICBs of a run that move against the baseline; none on another map."""
        return self.moves[(self.moves["run"] == run) & self.moves["moved"]]

    @property
    def flows(self) -> pd.DataFrame:
        """All runs' spend between footprints, first column run; empty for runs without."""
        return self.views[FLOWS]

    def summarise_figures(self) -> pd.DataFrame:
        """Every figure: id, value, unit, run, table, row, column, basis."""
        return pd.DataFrame([figure.as_row() for figure in self.figures.values()])


def compare_folders(
    folders: Sequence[str | Path], baseline: str | None = None, unlike: Unlike = "refuse"
) -> Comparison:
    """Read run folders and set them side by side."""
    return compare_runs([read_run(folder) for folder in folders], baseline, unlike)


def compare_runs(
    runs: Sequence[Run],
    baseline: str | None = None,
    unlike: Unlike = "refuse",
    names: Sequence[str] | None = None,
) -> Comparison:
    """Set runs side by side.

    Args:
        runs: one or more saved runs, solved or evaluated.
        baseline: label, folder, run id or plan of the run that the others are held against; the
            first when None.
        unlike: whether runs on other inputs, vintages or scopes are refused or labelled as such. A
            run on other ICBs of the same country is alike where people, money on every service,
            vintage, scope and weights are the same.
        names: a unique label of each run; made of plan and scenario when None.

    Raises:
        InputError: no run, no such baseline, or unlike runs that are to be refused.
    """
    given = _label(runs) if names is None else dict(zip(names, runs, strict=True))
    labelled = _put_first(given, baseline)
    others = list_other_maps(labelled)
    found = list_unlike(labelled)
    if unlike == "refuse":
        check_alike(labelled)
    return _set_side_by_side(labelled, others, found)


def _set_side_by_side(
    labelled: Mapping[str, Run], others: tuple[str, ...], found: tuple[Unlikeness, ...]
) -> Comparison:
    plans = {label: run.plan for label, run in labelled.items()}
    population = _population(labelled)
    figures = {figure.id: figure for figure in list_figures(labelled)}
    matched = list_moves(plans, population)
    moves = matched[~matched["run"].isin(others)]
    levels = list_service_levels({label: plans[label] for label in labelled if label not in others})
    notes = (note for plan in plans.values() for note in plan.notes)
    return Comparison(
        runs=tuple(labelled.values()),
        names=tuple(labelled),
        unlike=found,
        other_maps=others,
        about=_describe(labelled),
        scenario_differences=summarise_differences(labelled),
        measures=summarise_measures(figures, list(labelled)),
        terms=summarise_terms(labelled, figures),
        moves=moves,
        grouping=summarise_grouping(moves),
        numbers=number_footprints(matched, plans),
        service_levels=levels,
        service_changes=list_service_changes(levels, population),
        footprints=_stack({label: plan.footprints for label, plan in plans.items()}),
        services=_stack({label: plan.services for label, plan in plans.items()}),
        readiness=_stack({label: plan.readiness for label, plan in plans.items()}),
        views={name: _stack(_read_views(name, labelled)) for name in VIEWS},
        broken_rules=_list_broken(labelled),
        figures=figures,
        notes=tuple(dict.fromkeys([*state_other_maps(labelled, others), *notes])),
    )


def _label(runs: Sequence[Run]) -> dict[str, Run]:
    """Runs under the shortest names that tell them apart: plan, then scenario, then folder."""
    if not runs:
        raise InputError([Fault("", 0, "", "", "run_folder", "Name at least one run folder.")])
    labels = [_plan_name(run) for run in runs]
    for add in (_scenario_name, lambda run: f"{_scenario_name(run)}, {run.folder.name}"):
        labels = [
            f"{_plan_name(run)} ({add(run)})" if labels.count(label) > 1 else label
            for run, label in zip(runs, labels, strict=True)
        ]
    if len(set(labels)) < len(runs):
        labels = [f"{label} {at}" for at, label in enumerate(labels, 1)]
    return dict(zip(labels, runs, strict=True))


def _plan_name(run: Run) -> str:
    if run.plan.name == "optimal":
        return "Best plan" if run.plan.outcome.status == "optimal" else "Best found"
    return title_plan(run.plan.name)


def _scenario_name(run: Run) -> str:
    return re.sub(r"[-_]+", " ", str(run.manifest["scenario_name"]))


def _put_first(runs: Mapping[str, Run], baseline: str | None) -> dict[str, Run]:
    if baseline is None:
        return dict(runs)
    found = [label for label, run in runs.items() if baseline in _names(label, run)]
    if len(found) != 1:
        remedy = f"{len(found)} of the runs are called that. Name one of: {', '.join(runs)}."
        raise InputError([Fault("--baseline", 0, "", baseline, "baseline", remedy)])
    return {found[0]: runs[found[0]], **runs}


def _names(label: str, run: Run) -> tuple[str, ...]:
    return label, str(run.folder), run.folder.name, str(run.manifest["run"]), run.plan.name


def _population(runs: Mapping[str, Run]) -> pd.Series[float]:
    """Residents by ICB, as the baseline saved them."""
    icbs = read_table(next(iter(runs.values())), "icbs")
    return icbs.set_index("icb")["population"].astype("float64")


def _read_views(name: str, runs: Mapping[str, Run]) -> dict[str, pd.DataFrame]:
    """A view of every run; no rows for a run that was saved without it."""
    blank = pd.DataFrame(columns=list(COLUMNS[name]))
    return {
        label: read_table(run, name) if has_table(run, name) else blank
        for label, run in runs.items()
    }


def _describe(runs: Mapping[str, Run]) -> pd.DataFrame:
    return pd.DataFrame([_about(label, run) for label, run in runs.items()])


def _about(label: str, run: Run) -> dict[str, object]:
    outcome, manifest = run.plan.outcome, run.manifest
    return {
        "run": label,
        "plan": run.plan.name,
        "scenario_name": manifest["scenario_name"],
        "scenario_title": manifest["scenario"]["title"],
        "status": outcome.status,
        "run_id": manifest["run"],
        "objective": outcome.objective,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "dataset": manifest["dataset"]["title"],
        "vintage": manifest["dataset"]["vintage"],
        "folder": run.folder.name,
        "manifest_sha256": hashlib.sha256((run.folder / MANIFEST).read_bytes()).hexdigest(),
    }


def _stack(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    labelled = [frame.assign(run=label) for label, frame in frames.items()]
    whole = pd.concat(labelled, ignore_index=True)
    return whole[["run", *(name for name in whole.columns if name != "run")]]


def _list_broken(runs: Mapping[str, Run]) -> pd.DataFrame:
    rows = [
        {"run": label, "rule": broken["rule"], "sentence": broken["sentence"]}
        for label, run in runs.items()
        for broken in run.manifest.get("broken_rules", ())
    ]
    return pd.DataFrame(rows, columns=["run", "rule", "sentence"], dtype="str")
