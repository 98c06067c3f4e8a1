"""Footprints: which ICBs should commission specialised services together, and at what level.

    import optimiser as fp

    scenario = fp.read_scenario("inputs/england/scenarios/base.toml")
    plan = fp.solve(scenario)
    fp.evaluate(scenario, "nine-committees-2023").gap_to_optimum

Importing this package is cheap: pandas, Pyomo and the rest are loaded with the first name used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from optimiser.classify import Classification
    from optimiser.compare import Comparison
    from optimiser.data.dataset import Dataset
    from optimiser.explaining import (
        explain_icb,
        explain_impossible,
        explain_service,
        price_rules,
        repair_plan,
    )
    from optimiser.history import estimate_volatility
    from optimiser.plan import Plan
    from optimiser.report.maps import write_comparison_map, write_map
    from optimiser.runs import Run, read_run, write_run
    from optimiser.scenario import Scenario, read_scenario
    from optimiser.verify import verify_run
    from optimiser.workflow import Evaluation, evaluate, prepare

__version__ = "0.1.0"

_FUNCTIONS = ("classify", "compare", "solve")
_HOMES = {
    "Classification": "classify",
    "Comparison": "compare",
    "Dataset": "data.dataset",
    "Evaluation": "workflow",
    "Plan": "plan",
    "Run": "runs",
    "Scenario": "scenario",
    "estimate_volatility": "history",
    "evaluate": "workflow",
    "explain_icb": "explaining",
    "explain_impossible": "explaining",
    "explain_service": "explaining",
    "prepare": "workflow",
    "price_rules": "explaining",
    "read_run": "runs",
    "read_scenario": "scenario",
    "repair_plan": "explaining",
    "verify_run": "verify",
    "write_comparison_map": "report.maps",
    "write_map": "report.maps",
    "write_run": "runs",
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
    from optimiser import workflow

    return workflow.solve(scenario)[0]


def load(dataset: str | Path) -> Dataset:
    """A dataset, checked: a folder of CSV files or a workbook.

    Raises:
        InputError: with every fault of the dataset.
    """
    from optimiser.data.reading import read_dataset

    return read_dataset(dataset)


def compare(folders: Sequence[str | Path], baseline: str | None = None) -> Comparison:
    """Saved runs side by side; the first is the baseline unless another is named.

    Raises:
        InputError: the runs are of other inputs, vintages or scopes.
    """
    from optimiser.compare import compare_folders

    return compare_folders(folders, baseline)


def classify(scenario: Scenario) -> Classification:
    """The service portfolio analysis: each service's category by the rules of ``[classify]``.

    Raises:
        InputError: the inputs have faults; all are listed.
    """
    from optimiser import workflow
    from optimiser.classify import classify as classify_services

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
    from optimiser import workflow
    from optimiser.data.plans import read_grouping
    from optimiser.plan import Plan
    from optimiser.readiness import Groups
    from optimiser.readiness import summarise_readiness as summarise

    case = workflow.open_case(scenario)
    given = plan if isinstance(plan, Plan) else Groups(read_grouping(plan, case.dataset)[1])
    return summarise(case, given, services)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"optimiser.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'optimiser' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


class _Package(ModuleType):
    """Keeps the functions users call where a sub-package has the same name.

    Importing ``optimiser.solve.…`` would otherwise put the sub-package in place of ``solve()``.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _FUNCTIONS and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
