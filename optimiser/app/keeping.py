"""Keeping what is on a page: as a plan file, as a run, as options of a board pack."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from optimiser.app.desk import Desk
from optimiser.app.jobs import Event, Work
from optimiser.app.state import State
from optimiser.csv_text import to_csv_text
from optimiser.engine.highs.adapter import Highs
from optimiser.errors import Fault, InputError
from optimiser.folders import OUTPUTS, check_absent
from optimiser.inputs.writing import write_text
from optimiser.progress import Report
from optimiser.questions.evaluate import score_case

PLANS, PACKS = "plans", "packs"
"""Folders under ``outputs`` for plan files and packs."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


def check_name(name: str) -> str:
    """The name of a file or folder as the page gives it.

    Raises:
        InputError: it has anything but small letters, digits and hyphens: no way out of ``outputs``.
    """
    found = re.sub(r"[\s_]+", "-", name.strip().lower())
    if not _NAME.fullmatch(found):
        remedy = "Give a name of letters, digits and hyphens, at most sixty."
        raise InputError([Fault("the page", 0, "name", name[:60], "name", remedy)])
    return found


def keep_plan(state: State, name: str) -> Path:
    """Save a grouping as a file that ``evaluate --plan`` reads.

    Raises:
        OutputExistsError: there is a plan of that name.
    """
    path = OUTPUTS / PLANS / f"{check_name(name)}.csv"
    check_absent(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [(icb, title) for title, icbs in state.grouping.items() for icb in icbs]
    write_text(path, to_csv_text(pd.DataFrame(rows, columns=["icb", "footprint"])))
    return path


def keep_run(desk: Desk, state: State, name: str) -> Work:
    """Save a state's plan as a run, judged by the referee, with its gap where the best is known."""
    title = check_name(name)

    def work(highs: Highs, report: Report) -> Event:
        case = desk.case_of(state.settings)
        found = score_case(case, highs, state.grouping, state.held, desk.best_of(state))
        named = replace(found, plan=replace(found.plan, name=title))
        return {"folder": named.save(report=report).as_posix()}

    return work


def keep_pack(runs: Sequence[str], name: str) -> Work:
    """A board pack of saved runs."""
    folder = OUTPUTS / PACKS / check_name(name)
    check_absent(folder)

    def work(highs: Highs, report: Report) -> Event:
        from optimiser.questions.report import report as make_pack  # slow to load

        return {"folder": make_pack(list(runs), folder, report=report).as_posix()}

    return work
