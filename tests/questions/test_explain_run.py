"""A saved run is explained by the plan it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.cases import toy

import optimiser as fp
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Status
from optimiser.questions.case import SolvedPlan


@pytest.fixture(scope="module")
def plan() -> SolvedPlan:
    """The toy country's best two footprints."""
    return fp.solve(Scenario().changed({"footprints.count": 2}), toy())


@pytest.fixture(scope="module")
def folder(plan: SolvedPlan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, saved."""
    return plan.save(tmp_path_factory.mktemp("saved") / "run")


def test_reasons_of_a_run_need_no_time(plan: SolvedPlan, folder: Path) -> None:
    """With no time at all the reasons of a service are told, and what needs a re-solve is left open."""
    found = fp.explain(plan.scenario, toy(), service="S1", run=folder, seconds=1e-9)
    assert found.service is not None
    assert len(found.service.footprints) == 2
    assert found.service.forced["possible"].isna().all()
    assert found.plan is not None
    assert found.plan.objective == plan.objective


def test_what_is_saved_with_the_answers_is_the_run(
    plan: SolvedPlan, folder: Path, tmp_path: Path
) -> None:
    """The plan, its proof and the answers of a run are those of the scenario asked anew."""
    of_run = fp.explain(plan.scenario, toy(), run=folder)
    anew = fp.explain(plan.scenario, toy())
    assert of_run.prices is not None
    assert anew.prices is not None
    assert of_run.prices.equals(anew.prices)
    assert of_run.plan is not None
    assert of_run.plan.outcome.certificate == plan.outcome.certificate
    assert fp.verify(fp.save_explanation(of_run, tmp_path / "why")).verified


def test_a_run_that_costs_otherwise_is_solved_anew(plan: SolvedPlan, tmp_path: Path) -> None:
    """A plan stated to score what it does not, or not stated to be the best, is not taken."""
    stated: tuple[tuple[Status, float], ...] = (
        ("optimal", plan.objective - 1),
        ("evaluated", plan.objective),
    )
    for k, (status, objective) in enumerate(stated):
        outcome = replace(plan.outcome, status=status, objective=objective)
        folder = replace(plan, outcome=outcome).save(tmp_path / f"{k}")
        found = fp.explain(plan.scenario, toy(), service="S1", run=folder)
        assert found.plan is not None
        assert found.plan.outcome.status == "optimal"
        assert found.plan.objective == pytest.approx(plan.objective)
