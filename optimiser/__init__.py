"""Footprints: which ICBs should commission specialised services together, and at what level.

    import optimiser as fp

    scenario = fp.read_scenario("inputs/england/scenarios/today.toml")
    plan = fp.solve(scenario)
    print(plan.summary())
    plan.save()
    fp.evaluate(scenario, "pan-icb-offices-2027").gap_to_optimum

Every command of the command line is one function here, which returns values and prints nothing;
docs/python.md has each worked example of the commands in Python. Importing this package is cheap:
pandas, Pyomo and the rest are loaded with the first name used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from optimiser.version import __version__ as __version__

if TYPE_CHECKING:
    from optimiser.app.running import OpenApp as OpenApp
    from optimiser.app.running import open_app as open_app
    from optimiser.importers.rtt.specialties import Specialties as Specialties
    from optimiser.inputs.dataset import Dataset as Dataset
    from optimiser.inputs.reading.load import read_dataset
    from optimiser.inputs.scenario.scenario import Scenario as Scenario
    from optimiser.inputs.scenario.scenario import read_scenario as read_scenario
    from optimiser.plan.plan import Plan as Plan
    from optimiser.proof.verify import Verification as Verification
    from optimiser.questions.access import Access as Access
    from optimiser.questions.access import access as access
    from optimiser.questions.alternatives import Alternatives as Alternatives
    from optimiser.questions.alternatives import alternatives as alternatives
    from optimiser.questions.case import SolvedPlan as SolvedPlan
    from optimiser.questions.check import Checked as Checked
    from optimiser.questions.check import check as check
    from optimiser.questions.classify import Classification as Classification
    from optimiser.questions.classify import classify as classify
    from optimiser.questions.evaluate import Evaluation as Evaluation
    from optimiser.questions.evaluate import evaluate as evaluate
    from optimiser.questions.evaluate import evaluate_all as evaluate_all
    from optimiser.questions.evaluate import summarise_evaluations as summarise_evaluations
    from optimiser.questions.explain.answers import Explanation as Explanation
    from optimiser.questions.explain.answers import explain as explain
    from optimiser.questions.explain.answers import save_explanation as save_explanation
    from optimiser.questions.frontier import Traced as Traced
    from optimiser.questions.frontier import frontier as frontier
    from optimiser.questions.funding import Funding as Funding
    from optimiser.questions.funding import funding as funding
    from optimiser.questions.own_data import calibrate as calibrate
    from optimiser.questions.own_data import carry as carry
    from optimiser.questions.own_data import import_rtt as import_rtt
    from optimiser.questions.own_data import neighbours as neighbours
    from optimiser.questions.own_data import template as template
    from optimiser.questions.providers import Providers as Providers
    from optimiser.questions.providers import providers as providers
    from optimiser.questions.readiness import Readiness as Readiness
    from optimiser.questions.readiness import readiness as readiness
    from optimiser.questions.report import report as report
    from optimiser.questions.roadmap import Roadmap as Roadmap
    from optimiser.questions.roadmap import roadmap as roadmap
    from optimiser.questions.robust import Robustness as Robustness
    from optimiser.questions.robust import robust as robust
    from optimiser.questions.settings import settings as settings
    from optimiser.questions.solve import solve as solve
    from optimiser.questions.verify import verify as verify
    from optimiser.questions.volatility import Volatility as Volatility
    from optimiser.questions.volatility import volatility as volatility
    from optimiser.reports.maps import write_comparison_map as write_comparison_map
    from optimiser.runs.compare import Comparison as Comparison
    from optimiser.runs.compare import compare_folders
    from optimiser.runs.folder import Run as Run
    from optimiser.runs.folder import read_run as read_run
    from optimiser.sweeps.run_sweep import Swept as Swept
    from optimiser.sweeps.run_sweep import sweep as sweep

    load = read_dataset
    compare = compare_folders

_NAMES = {
    "app.running": "OpenApp open_app",
    "importers.rtt.specialties": "Specialties",
    "inputs.dataset": "Dataset",
    "inputs.reading.load": "load=read_dataset",
    "inputs.scenario.scenario": "Scenario read_scenario",
    "plan.plan": "Plan",
    "proof.verify": "Verification",
    "questions.access": "Access access",
    "questions.alternatives": "Alternatives alternatives",
    "questions.check": "Checked check",
    "questions.classify": "Classification classify",
    "questions.evaluate": "Evaluation evaluate evaluate_all summarise_evaluations",
    "questions.explain.answers": "Explanation explain save_explanation",
    "questions.frontier": "Traced frontier",
    "questions.funding": "Funding funding",
    "questions.own_data": "calibrate carry import_rtt neighbours template",
    "questions.providers": "Providers providers",
    "questions.readiness": "Readiness readiness",
    "questions.report": "report",
    "questions.roadmap": "Roadmap roadmap",
    "questions.robust": "Robustness robust",
    "questions.settings": "settings",
    "questions.case": "SolvedPlan",
    "questions.solve": "solve",
    "questions.verify": "verify",
    "questions.volatility": "Volatility volatility",
    "reports.maps": "write_comparison_map",
    "runs.compare": "Comparison compare=compare_folders",
    "runs.folder": "Run read_run",
    "sweeps.run_sweep": "Swept sweep",
}
"""Module to the names that it gives this package, ``ours=theirs`` where they differ."""

_HOMES = {
    name.partition("=")[0]: (f"optimiser.{module}", name.rpartition("=")[2])
    for module, names in _NAMES.items()
    for name in names.split()
}
__all__ = [*_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'optimiser' has no attribute {name!r}")
    module, own = _HOMES[name]
    return getattr(import_module(module), own)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
