"""Footprints: which ICBs should commission specialised services together, and at what level.

    import optimiser as fp

    scenario = fp.read_scenario("inputs/england/scenarios/base.toml")
    plan = fp.solve(scenario)
    fp.evaluate(scenario, "nine-committees-2023").gap_to_optimum

Importing this package is cheap: pandas, Pyomo and the rest are loaded with the first name used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from optimiser.version import __version__ as __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from optimiser.inputs.dataset import Dataset
    from optimiser.inputs.scenario.scenario import Scenario, read_scenario
    from optimiser.plan.plan import Plan
    from optimiser.proof.verify import verify_run
    from optimiser.questions.classify import Classification
    from optimiser.questions.explain.interface import (
        explain_icb,
        explain_impossible,
        explain_service,
        price_rules,
        repair_plan,
    )
    from optimiser.questions.solve import Evaluation, evaluate, prepare
    from optimiser.questions.volatility import estimate_volatility
    from optimiser.reports.maps import write_comparison_map, write_map
    from optimiser.runs.compare import Comparison
    from optimiser.runs.folder import Run, read_run, write_run


_HOMES = {
    "Classification": "questions.classify",
    "Comparison": "runs.compare",
    "Dataset": "inputs.dataset",
    "Evaluation": "questions.solve",
    "Plan": "plan.plan",
    "Run": "runs.folder",
    "Scenario": "inputs.scenario.scenario",
    "estimate_volatility": "questions.volatility",
    "evaluate": "questions.solve",
    "explain_icb": "questions.explain.interface",
    "explain_impossible": "questions.explain.interface",
    "explain_service": "questions.explain.interface",
    "prepare": "questions.solve",
    "price_rules": "questions.explain.interface",
    "read_run": "runs.folder",
    "read_scenario": "inputs.scenario.scenario",
    "repair_plan": "questions.explain.interface",
    "verify_run": "proof.verify",
    "write_comparison_map": "reports.maps",
    "write_map": "reports.maps",
    "write_run": "runs.folder",
}

__all__ = [
    "Classification",
    "Comparison",
    "Dataset",
    "Evaluation",
    "Plan",
    "Run",
    "Scenario",
    "classify",
    "compare",
    "estimate_volatility",
    "evaluate",
    "explain_icb",
    "explain_impossible",
    "explain_service",
    "load",
    "prepare",
    "price_rules",
    "read_run",
    "read_scenario",
    "repair_plan",
    "solve",
    "summarise_readiness",
    "verify_run",
    "write_comparison_map",
    "write_map",
    "write_run",
]


def solve(scenario: Scenario) -> Plan:
    """The best plan of a scenario, with its bound and the scope of the proof.

    Raises:
        InputError: the inputs have faults; all are listed.
        NoPlanError: it is proven that no plan meets the scenario.
        StoppedWithoutPlanError: the time limit came before any plan.
    """
    from optimiser.questions import solve as workflow

    return workflow.solve(scenario)[0]


def load(dataset: str | Path) -> Dataset:
    """A dataset, checked: a folder of CSV files or a workbook.

    Raises:
        InputError: with every fault of the dataset.
    """
    from optimiser.inputs.reading.load import read_dataset

    return read_dataset(dataset)


def compare(folders: Sequence[str | Path], baseline: str | None = None) -> Comparison:
    """Saved runs side by side; the first is the baseline unless another is named.

    Raises:
        InputError: the runs are of other inputs, vintages or scopes.
    """
    from optimiser.runs.compare import compare_folders

    return compare_folders(folders, baseline)


def classify(scenario: Scenario) -> Classification:
    """The service portfolio analysis: each service's category by the rules of ``[classify]``.

    Raises:
        InputError: the inputs have faults; all are listed.
    """
    from optimiser.questions import solve as workflow
    from optimiser.questions.classify import classify as classify_services

    case = workflow.open_case(scenario)
    return classify_services(case.system, case.dataset)


def summarise_readiness(
    scenario: Scenario,
    plan: Plan | str | Path | Mapping[str, Sequence[str]],
    services: Sequence[str] = (),
) -> dict[str, pd.DataFrame]:
    """How ready the footprints of a plan are, and the smallest rises of scores that would do.

    Args:
        scenario: its section ``[readiness]`` says what each mode asks.
        plan: a plan, the name of a carried one, a CSV file, or footprint to ICBs.
        services: codes of the services asked about; all that need delegation where none is given.

    Returns:
        tables by name: ``footprints``, ``domains``, ``leads``, ``rises`` and ``services``.

    Raises:
        InputError: the inputs or the plan have faults; all are listed.
    """
    from optimiser.inputs.reading.plans import read_grouping
    from optimiser.plan.plan import Plan
    from optimiser.questions import solve as workflow
    from optimiser.questions.readiness import Groups
    from optimiser.questions.readiness import summarise_readiness as summarise

    case = workflow.open_case(scenario)
    given = plan if isinstance(plan, Plan) else Groups(read_grouping(plan, case.dataset)[1])
    return summarise(case, given, services)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"optimiser.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'optimiser' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
