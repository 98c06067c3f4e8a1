"""Saved runs as a board pack."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optimiser.errors import Fault, InputError
from optimiser.folders import check_absent
from optimiser.progress import Report, silent
from optimiser.reports.atlas import read_atlases
from optimiser.reports.ground import find_datasets
from optimiser.reports.making import DOCUMENTS, Order
from optimiser.reports.pack import write_pack
from optimiser.reports.paper import Order as PaperOrder
from optimiser.reports.paper.details import Details, read_details
from optimiser.runs.compare import Comparison, Unlike, compare_runs
from optimiser.runs.draws import Draws, read_draws
from optimiser.runs.folder import read_run
from optimiser.runs.saving import plain

MOST_WORKERS = 4
"""Each takes a second or two and some 200 MB to begin with."""


def report(
    runs: Sequence[str | Path],
    to: str | Path,
    *,
    template: Path | None = None,
    details: str | Path | None = None,
    robust: str | Path | None = None,
    dataset: Path | None = None,
    beside: Sequence[Path] = (),
    only: Sequence[str] = (),
    workers: int | None = None,
    baseline: str | None = None,
    unlike: Unlike = "refuse",
    report: Report = silent,
) -> Path:
    """Make a board pack of saved runs, in which every number can be traced.

    Args:
        runs: run folders.
        to: the new folder.
        template: a Word document (.docx) for the paper: its styles, and its words where it has any.
        details: a TOML file of what only the team knows: sponsor, meeting, names of the options.
        robust: folder that robust wrote, so that headlines carry their share of draws.
        dataset: the runs' inputs, for the maps; looked for under ``inputs/`` when None.
        beside: folders that frontier or alternatives wrote, to be drawn too.
        only: parts to write: pictures, workbook, paper, page; all when empty.
        workers: processes that share the work; one a core, at most four, when None.
        baseline: the run the others are held against; the first when None.
        unlike: ``refuse`` or ``label`` runs that do not rest on the same ground.
        report: told of each step.

    Returns:
        the pack's folder.

    Raises:
        InputError: the runs are unlike, or one of them is no run.
        OutputExistsError: there is something at ``to``.
    """
    check_absent(Path(to))
    own = read_details(Path(details)) if details else Details()
    found = compare_runs([read_run(run) for run in runs], baseline, unlike, _name(own, runs))
    report("compare", f"{len(found.runs)} runs against {found.baseline}")
    inputs = find_datasets(found, dataset)
    for run in (run for run in found.names if run not in inputs):
        report("inputs", f"{run}: not at hand or changed since: no map. Name them with --dataset")
    for run in inputs.keys() - read_atlases(inputs).keys():
        report("inputs", f"{run}: neither boundaries nor places that can be drawn: no map")
    paper = PaperOrder(template, own, _read_draws(Path(robust), found) if robust else None)
    crew = workers or min(os.cpu_count() or 1, MOST_WORKERS)
    order = Order(tuple(only) or DOCUMENTS, paper, inputs, tuple(beside), crew)
    return write_pack(found, Path(to), order, report)


def _name(details: Details, runs: Sequence[str | Path]) -> tuple[str, ...] | None:
    """The team's names of the runs, one for each; None where it gives none.

    Raises:
        InputError: there are more or fewer names than runs.
    """
    if not details.options:
        return None
    if len(details.options) != len(runs):
        remedy = f"Give one name for each of the {len(runs)} runs, in their order."
        raise InputError(
            [Fault("--details", 0, "options", str(details.options), "details", remedy)]
        )
    return details.options


def _read_draws(folder: Path, comparison: Comparison) -> Draws:
    """Draws of the inputs and weights that the runs rest on.

    Raises:
        InputError: they were made from others, so that their shares say nothing of these runs.
    """
    draws, manifest = read_draws(folder), comparison.runs[0].manifest
    if _ground(draws.about) != _ground(manifest):
        remedy = (
            "It was drawn from other inputs or weights than the runs. Run footprints robust anew."
        )
        raise InputError([Fault(str(folder), 0, "", "", "same_inputs", remedy)])
    return draws


def _ground(words: Mapping[str, Any]) -> object:
    """Inputs but the carried plans, and weights, as a run or a finding saves them."""
    files = {k: v for k, v in words["dataset"]["files"].items() if not k.startswith("plans/")}
    return plain([files, words["scenario"]["objective"]])
