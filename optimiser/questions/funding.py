"""Funding of a plan: historic and needs-based money, and the path from one to the other by year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.importers.allocations import read_allocations
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.questions import FundingRules
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.funding import (
    Money,
    follow_icbs,
    pool,
    summarise_icbs,
    tabulate_by_year,
    tabulate_funding,
)
from optimiser.plan.plan import Plan
from optimiser.plan.published import (
    compare_allocations,
    describe_published,
    describe_running_cost,
)
from optimiser.progress import Report, silent
from optimiser.questions.case import Case
from optimiser.questions.given_plan import Given, PlanTables, open_given

TABLES = ("footprints", "icbs", "by_year", "by_year_icbs", "published")
RUNNING = ("committee_cost", "governance", "holding", "lead_provider")
"""Terms of the score that are money for people and meetings: what a running cost is."""


@dataclass(frozen=True)
class Funding(PlanTables):
    """Money of the footprints and ICBs of a plan under rules on the pace of change.

    Attributes:
        case: the scenario and its dataset; its funding is that of the allocations, where given.
        plan: whose footprints these are.
        rules: the pace of change.
        source: where the money comes from: the dataset's funding, or the file of allocations.
        footprints: see :func:`optimiser.plan.funding.tabulate_funding`.
        icbs: see :func:`optimiser.plan.funding.summarise_icbs`.
        by_year: see :func:`optimiser.plan.funding.tabulate_by_year`.
        by_year_icbs: icb, year, allocation_m, target_m of each ICB asked alone.
        published: see :func:`optimiser.plan.published.compare_allocations`.
        notes: published figures beside modelled ones, in sentences.
    """

    COMMAND = "funding"
    TABLES = TABLES

    rules: FundingRules
    source: str
    footprints: pd.DataFrame
    icbs: pd.DataFrame
    by_year: pd.DataFrame
    by_year_icbs: pd.DataFrame
    published: pd.DataFrame
    notes: tuple[str, ...]


def funding(
    scenario: Scenario | str | Path,
    plan: Given = None,
    dataset: Dataset | str | Path | None = None,
    *,
    years: int | None = None,
    allocations: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    unit: str = "£m",
    report: Report = silent,
) -> Funding:
    """Historic and needs-based money of a plan's footprints, and the path between by year.

    Args:
        scenario: its section ``[funding]`` has the pace of change; its file, or the folder of a run.
        plan: see :func:`optimiser.questions.given_plan.open_given`.
        dataset: the inputs; read from where the scenario says when None.
        years: years to converge, in the place of ``funding.years``.
        allocations: CSV file of published allocations, one row an ICB, in the place of the funding of
            the dataset.
        columns: our column (icb, historic_m, needs_based_m) to the header of that file.
        unit: of its money: £, £k or £m.
        report: told of each step of a solve.

    Raises:
        InputError: the inputs, the plan or the file have faults, or there is no funding at all.
    """
    case, found = open_given(scenario, plan, dataset, report)
    source = "the dataset's funding"
    if allocations is not None:
        table = read_allocations(allocations, case.dataset, columns, unit)
        case, source = replace(case, dataset=replace(case.dataset, funding=table)), str(allocations)
    if case.dataset.funding is None:
        remedy = "There is no funding.csv. Add it, or give --allocations FILE."
        raise InputError([Fault(str(case.dataset.folder), 0, "", "", "needs_data", remedy)])
    rules = case.scenario.changed({} if years is None else {"funding.years": years}).funding
    return follow_funding(case, found, rules, source)


def follow_funding(case: Case, plan: Plan, rules: FundingRules, source: str) -> Funding:
    """The funding of a plan on an open case whose dataset has funding."""
    assert case.dataset.funding is not None
    alone = follow_icbs(case.dataset.funding, rules)
    pooled = pool(alone, plan.grouping, rules)
    costs = plan.terms.set_index("term")["cost_m"]
    running_m = float(costs.reindex(list(RUNNING)).sum())
    return Funding(
        case,
        plan,
        rules,
        source,
        tabulate_funding(alone, pooled, plan.grouping),
        _named(summarise_icbs(alone, plan.grouping), case.dataset),
        tabulate_by_year(alone, pooled, plan.grouping),
        _by_year_icbs(alone),
        compare_allocations(case.dataset),
        (*describe_published(case.dataset), *describe_running_cost(case.dataset, running_m)),
    )


def _named(table: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    names = dataset.icbs.set_index("icb")["short_name"]
    table.insert(1, "name", table["icb"].map(names))
    return table


def _by_year_icbs(alone: Money) -> pd.DataFrame:
    rows = [
        (icb, year, money / 1e6, target / 1e6)
        for year, amounts in enumerate(zip(alone.path, alone.target, strict=True))
        for icb, money, target in zip(alone.names, *amounts, strict=True)
    ]
    return pd.DataFrame(rows, columns=["icb", "year", "allocation_m", "target_m"])
