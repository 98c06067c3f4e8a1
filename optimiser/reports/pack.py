"""A board pack: documents, pictures and tables of a comparison with the runs they come from.

Everything a figure rests on is inside: ``figures.csv`` says for each numbered figure the run,
table, row and column, ``runs/`` holds those tables, and the manifest the hash of every file. So a
pack can be checked anywhere, with neither the solver nor the inputs.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.folders import new_folder
from optimiser.progress import Report
from optimiser.runs.compare import Comparison, compare_runs
from optimiser.runs.compare.figures import Figure, work_out
from optimiser.runs.compare.measuring import read_word
from optimiser.runs.folder import Run, read_run, read_table
from optimiser.runs.saving import MANIFEST, hash_files, list_versions, write_json

if TYPE_CHECKING:
    from optimiser.reports.making import Order

FIGURES = "figures.csv"
TABLES = "comparison"
RUNS = "runs"
KIND = "pack"
_TABLES = (
    "about",
    "scenario_differences",
    "measures",
    "terms",
    "grouping",
    "moves",
    "service_changes",
    "service_levels",
    "broken_rules",
)
_TOLERANCE = 1e-9


def write_pack(comparison: Comparison, to: Path, order: Order, report: Report) -> Path:
    """Write a pack into a new folder, whole or not at all.

    Args:
        comparison: the runs.
        to: the folder.
        order: what it is to hold.
        report: gets each step.

    Raises:
        OutputExistsError: there is something at ``to``.
    """
    from optimiser.reports.making import write_documents  # with matplotlib: checking needs none

    with new_folder(to) as place:
        draft = place.draft
        folders = _copy_runs(comparison, draft)
        _write_tables(comparison, draft)
        report("tables", f"{len(comparison.figures):,} figures of {len(folders)} runs")
        files = write_documents(comparison, draft, order, report)
        written = {
            name: [path.relative_to(draft).as_posix() for path in paths]
            for name, paths in files.items()
        }
        write_json(_describe(comparison, folders, written, draft), draft / MANIFEST)
    return place.final


def check_pack(folder: Path) -> list[str]:
    """What is wrong with a pack, in sentences; nothing when it is as it was written.

    Compares every file with the manifest, every run with its own, works each numbered figure out
    again from the run's tables, and sets the runs side by side anew.

    Raises:
        InputError: it is not a pack.
    """
    manifest = read_manifest(folder)
    found = [*_check_files(folder, manifest)]
    runs = _read_runs(folder, manifest)
    for label, run in runs.items():
        found += [f"run {label}: {line}" for line in _check_run(run)]
    if not found:
        found += _check_figures(folder, runs)
    return found or list(_check_tables(folder, manifest, runs))


def is_pack(folder: Path) -> bool:
    """Whether a folder is a pack (and not a run)."""
    try:
        read_manifest(folder)
    except InputError:
        return False
    return True


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a pack.

    Raises:
        InputError: it is not a pack.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = {}
    if manifest.get("kind") != KIND:
        remedy = "It is not a pack: no manifest of one is in it. Name a folder that report wrote."
        raise InputError([Fault(str(folder), 0, "", "", "pack_folder", remedy)])
    return dict(manifest)


def _copy_runs(comparison: Comparison, draft: Path) -> list[str]:
    from optimiser.reports.pictures import slug

    folders = []
    for at, (label, run) in enumerate(zip(comparison.names, comparison.runs, strict=True), 1):
        folders.append(f"{RUNS}/{at}-{slug(label)}")
        shutil.copytree(run.folder, draft / folders[-1])
    return folders


def _write_tables(comparison: Comparison, draft: Path) -> None:
    (draft / TABLES).mkdir()
    for name in _TABLES:
        _write_csv(getattr(comparison, name), draft / TABLES / f"{name}.csv")
    _write_csv(comparison.summarise_figures(), draft / FIGURES)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")


def _describe(
    comparison: Comparison, folders: Sequence[str], written: dict[str, list[str]], draft: Path
) -> dict[str, object]:
    about = comparison.about.drop(columns="folder").to_dict(orient="records")
    runs = [{**row, "folder": place} for row, place in zip(about, folders, strict=True)]
    return {
        "kind": KIND,
        "baseline": comparison.baseline,
        "unlike": [str(unlikeness) for unlikeness in comparison.unlike],
        "runs": runs,
        "documents": written,
        "notes": comparison.notes,
        "versions": list_versions(),
        "files": hash_files(draft),
    }


def _check_files(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    saved = manifest["files"]
    found = {name: sha for name, sha in hash_files(folder).items() if name != MANIFEST}
    yield from (f"{name} is missing." for name in saved if name not in found)
    yield from (f"{name} is not in the manifest." for name in found if name not in saved)
    for name in saved:
        if name in found and found[name] != saved[name]:
            yield f"{name} is not as it was written (another SHA-256)."


def _read_runs(folder: Path, manifest: dict[str, Any]) -> dict[str, Run]:
    return {run["run"]: read_run(folder / run["folder"]) for run in manifest["runs"]}


def _check_run(run: Run) -> Iterator[str]:
    """Files of a run against the run's own manifest."""
    found = hash_files(run.folder)
    for name, sha256 in run.manifest["files"].items():
        if found.get(name) != sha256:
            yield f"{name} is not what its manifest says."


def _check_figures(folder: Path, runs: dict[str, Run]) -> list[str]:
    # As text: in a column that pandas reads as numbers a zero is as falsy as a blank.
    saved = pd.read_csv(folder / FIGURES, dtype="str", keep_default_na=False)
    tables: dict[tuple[str, str], pd.DataFrame] = {}
    faults = []
    for row in saved.to_dict(orient="records"):
        words = {str(name): str(value) for name, value in row.items() if name != "value"}
        figure = Figure(value=float(row["value"]) if row["value"] else math.nan, **words)
        run = runs.get(figure.run)
        if run is None:
            faults.append(f"figure {figure.id}: there is no run {figure.run}.")
            continue
        value = _work_out(figure, run, tables)
        if not _same(value, figure.value):
            faults.append(f"figure {figure.id} is {figure.value}; {figure.source} gives {value}.")
    return faults


def _work_out(figure: Figure, run: Run, tables: dict[tuple[str, str], pd.DataFrame]) -> float:
    """The value that stands at a figure's source; NaN when nothing does."""
    if figure.table == "manifest":
        return read_word(run, figure.column)
    key = (figure.run, figure.table)
    if key not in tables:
        tables[key] = read_table(run, figure.table)
    try:
        return work_out(tables[key], figure.row, figure.column)
    except KeyError:
        return math.nan


def _same(first: float, second: float) -> bool:
    if math.isnan(first) or math.isnan(second):
        return math.isnan(first) and math.isnan(second)
    return first == second or math.isclose(first, second, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)


def _check_tables(folder: Path, manifest: dict[str, Any], runs: dict[str, Run]) -> Iterator[str]:
    """The comparison made anew from the pack's runs, table by table."""
    anew = compare_runs(list(runs.values()), manifest["baseline"], "label", list(runs))
    for name in _TABLES:
        if name == "about":
            continue  # holds the names of folders, which the pack gave anew
        saved = (folder / TABLES / f"{name}.csv").read_text(encoding="utf-8")
        if getattr(anew, name).to_csv(index=False, lineterminator="\n") != saved:
            yield f"{TABLES}/{name}.csv differs from what the pack's runs give."
