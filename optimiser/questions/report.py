"""Saved runs as a board pack."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from optimiser.folders import check_absent
from optimiser.progress import Report, silent
from optimiser.reports.ground import find_dataset
from optimiser.reports.making import DOCUMENTS, Order
from optimiser.reports.pack import write_pack
from optimiser.runs.compare import Unlike, compare_folders

MOST_WORKERS = 4
"""Each takes a second or two and some 200 MB to begin with."""


def report(
    runs: Sequence[str | Path],
    to: str | Path,
    *,
    template: Path | None = None,
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
        template: a Word document (.docx) for the paper.
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
    found = compare_folders(runs, baseline, unlike)
    report("compare", f"{len(found.runs)} runs against {found.baseline}")
    inputs = find_dataset(found, dataset)
    if inputs is None:
        report("inputs", "not at hand or changed since: no maps. Name them with --dataset")
    crew = workers or min(os.cpu_count() or 1, MOST_WORKERS)
    order = Order(tuple(only) or DOCUMENTS, template, inputs, tuple(beside), crew)
    return write_pack(found, Path(to), order, report)
