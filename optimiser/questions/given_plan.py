"""A plan that a question is asked of: best, carried, given or saved; what answers in tables share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.progress import Report, silent
from optimiser.questions.case import Case, open_case
from optimiser.questions.evaluate import evaluate
from optimiser.questions.explain.answers import read_question
from optimiser.questions.solve import solve
from optimiser.runs.folder import read_run
from optimiser.runs.saving import MANIFEST, save_tables

Given = Plan | str | Path | Mapping[str, Sequence[str]] | None


def open_given(
    subject: Scenario | str | Path,
    plan: Given = None,
    dataset: Dataset | str | Path | None = None,
    report: Report = silent,
) -> tuple[Case, Plan]:
    """The case and the measured plan that a question is asked of.

    Args:
        subject: a scenario, its file, or the folder of a saved run, whose scenario and plan are taken.
        plan: a plan, the folder of a run, the name of a carried plan, a CSV file, or footprint to ICBs;
            that of the run, or else the best plan, which is then solved, when None. A grouping is
            measured at its best levels.
        dataset: the inputs; read from where the scenario says when None.
        report: told of each step of a solve.

    Raises:
        InputError: the inputs, the run or the plan have faults; all are listed.
    """
    if plan is None and is_run(subject):
        plan = Path(str(subject))
    case = open_case(read_question(subject), dataset)
    if isinstance(plan, Plan):
        return case, plan
    if is_run(plan):
        return case, read_run(str(plan)).plan
    if plan is None:
        return case, solve(case.scenario, case.dataset, report)
    assert isinstance(plan, str | Path | Mapping)
    found = evaluate(case.scenario, plan, case.dataset, no_optimum=True, report=report)
    return case, found.plan


def is_run(place: object) -> bool:
    """Whether something is the folder of a saved run."""
    return isinstance(place, str | Path) and (Path(place) / MANIFEST).is_file()


@dataclass(frozen=True)
class PlanTables:
    """Tables on one plan.

    Attributes:
        COMMAND: the command that asks for them, which the manifest names.
        TABLES: names of the attributes that are tables, in the order in which they are shown.
        case: the scenario and its dataset.
        plan: the plan.
    """

    COMMAND: ClassVar[str]
    TABLES: ClassVar[tuple[str, ...]]

    case: Case
    plan: Plan

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {name: getattr(self, name) for name in self.TABLES}

    def save(self, folder: str | Path) -> Path:
        """Save the tables in a new folder.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        return save_tables(folder, self.COMMAND, self.tables, self.case.dataset, self.case.scenario)
