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
    from optimiser.app.running import OpenApp, open_app
    from optimiser.importers.rtt.specialties import Specialties
    from optimiser.inputs.dataset import Dataset
    from optimiser.inputs.reading.load import read_dataset as load
    from optimiser.inputs.scenario.scenario import Scenario, read_scenario
    from optimiser.plan.plan import Plan
    from optimiser.proof.verify import Verification
    from optimiser.questions.access import Access, access
    from optimiser.questions.alternatives import Alternatives, alternatives
    from optimiser.questions.check import Checked, check
    from optimiser.questions.classify import Classification, classify
    from optimiser.questions.evaluate import (
        Evaluation,
        evaluate,
        evaluate_all,
        summarise_evaluations,
    )
    from optimiser.questions.explain.answers import explain, save_explanation
    from optimiser.questions.explain.interface import Explanation
    from optimiser.questions.frontier import Traced, frontier
    from optimiser.questions.funding import Funding, funding
    from optimiser.questions.own_data import calibrate, carry, import_rtt, neighbours, template
    from optimiser.questions.providers import Providers, providers
    from optimiser.questions.readiness import Readiness, readiness
    from optimiser.questions.report import report
    from optimiser.questions.roadmap import Roadmap, roadmap
    from optimiser.questions.robust import Robustness, robust
    from optimiser.questions.settings import settings
    from optimiser.questions.solve import SolvedPlan, solve
    from optimiser.questions.verify import verify
    from optimiser.questions.volatility import Volatility, volatility
    from optimiser.reports.maps import write_comparison_map
    from optimiser.runs.compare import Comparison
    from optimiser.runs.compare import compare_folders as compare
    from optimiser.runs.folder import Run, read_run
    from optimiser.sweeps.run_sweep import Swept, sweep

_HOMES = {
    "Access": "questions.access",
    "Alternatives": "questions.alternatives",
    "Checked": "questions.check",
    "Classification": "questions.classify",
    "Comparison": "runs.compare",
    "Dataset": "inputs.dataset",
    "Evaluation": "questions.evaluate",
    "Explanation": "questions.explain.interface",
    "OpenApp": "app.running",
    "Funding": "questions.funding",
    "Plan": "plan.plan",
    "Providers": "questions.providers",
    "Readiness": "questions.readiness",
    "Roadmap": "questions.roadmap",
    "Robustness": "questions.robust",
    "Run": "runs.folder",
    "Scenario": "inputs.scenario.scenario",
    "SolvedPlan": "questions.solve",
    "Specialties": "importers.rtt.specialties",
    "Swept": "sweeps.run_sweep",
    "Traced": "questions.frontier",
    "Verification": "proof.verify",
    "Volatility": "questions.volatility",
    "access": "questions.access",
    "alternatives": "questions.alternatives",
    "calibrate": "questions.own_data",
    "carry": "questions.own_data",
    "check": "questions.check",
    "classify": "questions.classify",
    "compare": "runs.compare:compare_folders",
    "evaluate": "questions.evaluate",
    "evaluate_all": "questions.evaluate",
    "explain": "questions.explain.answers",
    "frontier": "questions.frontier",
    "funding": "questions.funding",
    "import_rtt": "questions.own_data",
    "load": "inputs.reading.load:read_dataset",
    "neighbours": "questions.own_data",
    "open_app": "app.running",
    "providers": "questions.providers",
    "read_run": "runs.folder",
    "read_scenario": "inputs.scenario.scenario",
    "readiness": "questions.readiness",
    "report": "questions.report",
    "roadmap": "questions.roadmap",
    "robust": "questions.robust",
    "save_explanation": "questions.explain.answers",
    "settings": "questions.settings",
    "solve": "questions.solve",
    "summarise_evaluations": "questions.evaluate",
    "sweep": "sweeps.run_sweep",
    "template": "questions.own_data",
    "verify": "questions.verify",
    "volatility": "questions.volatility",
    "write_comparison_map": "reports.maps",
}
"""Name to the module that defines it, and after a colon the name it has there where it differs."""

__all__ = [
    "Access",
    "Alternatives",
    "Checked",
    "Classification",
    "Comparison",
    "Dataset",
    "Evaluation",
    "Explanation",
    "Funding",
    "OpenApp",
    "Plan",
    "Providers",
    "Readiness",
    "Roadmap",
    "Robustness",
    "Run",
    "Scenario",
    "SolvedPlan",
    "Specialties",
    "Swept",
    "Traced",
    "Verification",
    "Volatility",
    "access",
    "alternatives",
    "calibrate",
    "carry",
    "check",
    "classify",
    "compare",
    "evaluate",
    "evaluate_all",
    "explain",
    "frontier",
    "funding",
    "import_rtt",
    "load",
    "neighbours",
    "open_app",
    "providers",
    "read_run",
    "read_scenario",
    "readiness",
    "report",
    "roadmap",
    "robust",
    "save_explanation",
    "settings",
    "solve",
    "summarise_evaluations",
    "sweep",
    "template",
    "verify",
    "volatility",
    "write_comparison_map",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'optimiser' has no attribute {name!r}")
    module, _, own = _HOMES[name].partition(":")
    return getattr(import_module(f"optimiser.{module}"), own or name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
