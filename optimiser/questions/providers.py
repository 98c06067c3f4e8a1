"""Providers under a plan: who pays each trust, how many it deals with, what it could lose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.flows import hold_flows
from optimiser.plan.providers import list_past, summarise_providers, summarise_trade
from optimiser.progress import Report, silent
from optimiser.questions.given_plan import Given, PlanTables, open_given

TABLES = ("providers", "past", "trade", "trade_icbs")


@dataclass(frozen=True)
class Providers(PlanTables):
    """What a plan means for providers.

    Attributes:
        case: the scenario, whose section ``[providers]`` has the what-if and the limits; its dataset.
        plan: the plan.
        providers: see :func:`optimiser.plan.providers.summarise_providers`.
        past: see :func:`optimiser.plan.providers.list_past`.
        trade: see :func:`optimiser.plan.providers.summarise_trade`, by footprint.
        trade_icbs: the same by ICB.
    """

    COMMAND = "providers"
    TABLES = TABLES

    providers: pd.DataFrame
    past: pd.DataFrame
    trade: pd.DataFrame
    trade_icbs: pd.DataFrame


def providers(
    scenario: Scenario | str | Path,
    plan: Given = None,
    dataset: Dataset | str | Path | None = None,
    *,
    report: Report = silent,
) -> Providers:
    """Income of each trust by who holds it, its commissioners, and what it would lose or gain.

    Args:
        scenario: its section ``[providers]`` has the what-if and the limits; its file, or the folder of
            a run.
        plan: see :func:`optimiser.questions.given_plan.open_given`.
        dataset: the inputs; read from where the scenario says when None.
        report: told of each step of a solve.

    Raises:
        InputError: the inputs or the plan have faults; all are listed.
    """
    case, found = open_given(scenario, plan, dataset, report)
    flows = hold_flows(found, case.dataset)
    table = summarise_providers(flows, case.dataset, case.scenario)
    return Providers(
        case,
        found,
        table,
        list_past(table, case.scenario.providers),
        summarise_trade(flows, found),
        summarise_trade(flows, found, "icb"),
    )
