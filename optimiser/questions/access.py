"""Access under a plan: patients' own travel, where centres are missing, what coming home would mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.access import tabulate_access
from optimiser.plan.flows import hold_flows
from optimiser.progress import Report, silent
from optimiser.questions.given_plan import Given, PlanTables, open_given

TABLES = ("footprints", "icbs", "services", "without_centre", "deprivation")


@dataclass(frozen=True)
class Access(PlanTables):
    """Patients' travel under a plan.

    Attributes:
        case: the scenario, whose section ``[access]`` says what is far; its dataset.
        plan: the plan.
        footprints: see :func:`optimiser.plan.access.summarise_access_by_footprint`.
        icbs: icb, name, footprint, what :func:`optimiser.plan.access.summarise_access` gives, and
            deprived_share.
        services: see :func:`optimiser.plan.access.summarise_access_by_service`.
        without_centre: see :func:`optimiser.plan.access.list_without_centre`.
        deprivation: see :func:`optimiser.plan.access.compare_deprivation`.
    """

    COMMAND = "access"
    TABLES = TABLES

    footprints: pd.DataFrame
    icbs: pd.DataFrame
    services: pd.DataFrame
    without_centre: pd.DataFrame
    deprivation: pd.DataFrame


def access(
    scenario: Scenario | str | Path,
    plan: Given = None,
    dataset: Dataset | str | Path | None = None,
    *,
    report: Report = silent,
) -> Access:
    """Patients' own travel to where they are treated, and what a plan would change of it.

    Args:
        scenario: its section ``[access]`` says what is far; its file, or the folder of a run.
        plan: see :func:`optimiser.questions.given_plan.open_given`.
        dataset: the inputs; read from where the scenario says when None.
        report: told of each step of a solve.

    Raises:
        InputError: the inputs or the plan have faults; all are listed.
    """
    case, found = open_given(scenario, plan, dataset, report)
    flows = hold_flows(found, case.dataset)
    return Access(case, found, **tabulate_access(flows, case.dataset, case.scenario.access))
