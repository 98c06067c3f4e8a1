"""A board pack: documents, pictures and tables of a comparison with the runs they come from.

Everything a figure rests on is inside: ``figures.csv`` says for each numbered figure the run,
table, row and column, ``runs/`` holds those tables, and the manifest the hash of every file. So a
pack can be checked anywhere, with neither the solver nor the inputs.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimiser.csv_text import to_csv_text, unguard
from optimiser.errors import Fault, InputError
from optimiser.folders import new_folder
from optimiser.progress import Report
from optimiser.runs.compare import Comparison, compare_runs
from optimiser.runs.folder import MALFORMED, Run, find_difference, is_same, read_run
from optimiser.runs.saving import (
    MANIFEST,
    SEAL,
    hash_files,
    is_sealed,
    list_versions,
    plain,
    seal,
)

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
        seal(draft, _describe(comparison, folders, written))
    return place.final


def check_pack(folder: Path) -> list[str]:
    """What is wrong with a pack, in sentences; nothing when it is as it was written.

    Compares every file with the manifest and every run with its own, then sets the runs side by side
    anew: every figure, table and word of the pack must be what they give.

    Raises:
        InputError: it is not a pack.
    """
    manifest = read_manifest(folder)
    try:
        found = [*_check_files(folder, manifest)]
        runs = read_runs(folder, manifest)
        for label, run in runs.items():
            found += [f"run {label}: {line}" for line in _check_run(run)]
        return found or list(_check_content(folder, manifest, runs))
    except InputError as error:
        return [str(fault) for fault in error.faults]
    except MALFORMED as error:
        return [f"The manifest or a table can't be read: {type(error).__name__}: {error}."]


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
    except (OSError, ValueError, RecursionError):
        manifest = {}
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
        remedy = "It is not a pack: no manifest of one is in it. Name a folder that report wrote."
        raise InputError([Fault(str(folder), 0, "", "", "pack_folder", remedy)])
    return manifest


def _copy_runs(comparison: Comparison, draft: Path) -> list[str]:
    from optimiser.reports.pictures import slug

    folders = []
    for at, (label, run) in enumerate(zip(comparison.names, comparison.runs, strict=True), 1):
        folders.append(f"{RUNS}/{at}-{slug(label)}")
        _copy(run.folder, draft / folders[-1])
    return folders


def _copy(folder: Path, to: Path) -> None:
    """Copy a folder; the first error of the system ends it, where copytree would go on and list all."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        place = to / path.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)


def _write_tables(comparison: Comparison, draft: Path) -> None:
    (draft / TABLES).mkdir()
    for place, frame in _list_tables(comparison).items():
        (draft / place).write_text(to_csv_text(frame), encoding="utf-8", newline="\n")


def _list_tables(comparison: Comparison) -> dict[str, pd.DataFrame]:
    tables = {f"{TABLES}/{name}.csv": getattr(comparison, name) for name in _TABLES}
    return {**tables, FIGURES: comparison.summarise_figures()}


def _describe(
    comparison: Comparison, folders: Sequence[str], written: dict[str, list[str]]
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
    }


def _check_files(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    if not is_sealed(folder / MANIFEST):
        yield f"{MANIFEST} is not as it was written."
    saved = manifest["files"]
    found = {name: sha for name, sha in hash_files(folder).items() if name != MANIFEST}
    yield from (f"{name} is missing." for name in saved if name not in found)
    yield from (f"{name} is not in the manifest." for name in found if name not in saved)
    for name in saved:
        if name in found and found[name] != saved[name]:
            yield f"{name} is not as it was written (another SHA-256)."


def read_runs(folder: Path, manifest: dict[str, Any]) -> dict[str, Run]:
    """The runs of a pack, by label.

    Raises:
        InputError: one is no run, or lies outside the pack.
    """
    runs = {}
    for about in manifest["runs"]:
        place = folder / about["folder"]
        if place.resolve().parent != (folder / RUNS).resolve():
            remedy = f"A run of a pack lies in its folder {RUNS}."
            raise InputError([Fault(MANIFEST, 0, "folder", str(place), "pack_run", remedy)])
        runs[about["run"]] = read_run(place)
    return runs


def _check_run(run: Run) -> Iterator[str]:
    """Files of a run against the run's own manifest."""
    if not is_sealed(run.folder / MANIFEST):
        yield f"{MANIFEST} is not as it was saved."
    found = hash_files(run.folder)
    for name, sha256 in run.manifest["files"].items():
        if found.get(name) != sha256:
            yield f"{name} is not what its manifest says."


def _check_content(folder: Path, manifest: dict[str, Any], runs: dict[str, Run]) -> Iterator[str]:
    """The comparison made anew from the pack's runs, table by table and word by word."""
    anew = compare_runs(list(runs.values()), manifest["baseline"], "label", list(runs))
    about = pd.read_csv(folder / TABLES / "about.csv", dtype="str", keep_default_na=False)
    tables = _list_tables(anew)
    # The folders that the runs came from are theirs no more: the pack gave them names of its own.
    tables[f"{TABLES}/about.csv"] = anew.about.assign(folder=about["folder"].map(unguard))
    for place, frame in tables.items():
        difference = find_difference(folder / place, to_csv_text(frame))
        if difference:
            yield f"{difference}."
    folders = [str(run["folder"]) for run in manifest["runs"]]
    words = plain(_describe(anew, folders, manifest["documents"]))
    for key in sorted({*words, *manifest} - {"versions", "files", SEAL}):
        if not is_same(manifest.get(key), words.get(key)):
            yield f"{key} in {MANIFEST} is not what the pack's runs give."
    known = {*tables, *(name for names in manifest["documents"].values() for name in names)}
    for name in manifest["files"]:
        if name not in known and not name.startswith(f"{RUNS}/"):
            yield f"{name} is no part of a pack."
    yield from (f"{name} is missing." for name in known if name not in manifest["files"])
