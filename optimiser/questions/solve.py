"""The best plan of a scenario, proven."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import Solution, engine_settings, solve_system
from optimiser.errors import RefereeError
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.measure_plan import make_plan
from optimiser.plan.plan import Outcome, Plan, Scope, state_scope
from optimiser.progress import Report, silent
from optimiser.proof.referee import check_plan
from optimiser.questions.beside import can_stand_beside, stand_beside
from optimiser.questions.case import Case, SolvedPlan, open_case, with_context
from optimiser.questions.groupings import measure_grouping
from optimiser.reports.sentences import count
from optimiser.runs.draws import Draws, as_grouping, read_draws
from optimiser.runs.saving import describe_inputs
from optimiser.spelling import title_plan
from optimiser.tolerances import size_of

LATER = ("models.selection",)
"""Needed once the candidates are measured, and slow to import."""
TURN_SECONDS = 1e-4
"""How long a thread that imports keeps others waiting: with Python's own 5 ms, every step of the
arithmetic beside it would wait for longer than it takes."""


def _load_ahead() -> None:
    """Import what is needed later while the candidates are measured."""
    if not sys.modules.keys() >= set(LATER):
        threading.Thread(target=_load_later, daemon=True).start()


def _load_later() -> None:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        for name in LATER:
            import_module(name)
    finally:
        sys.setswitchinterval(usual)


def solve(
    scenario: Scenario | str | Path,
    dataset: Dataset | str | Path | None = None,
    report: Report = silent,
    found: Callable[[SolvedPlan], object] | None = None,
    robust: str | Path | None = None,
) -> SolvedPlan:
    """The best plan of a scenario, proven and passed by the referee.

    Args:
        scenario: the scenario, or its file.
        dataset: the inputs; read from where the scenario says when None.
        report: told of each step.
        found: given the plan as soon as there is one, before the referee sees it: for what may be
            thrown away, such as a picture begun early.
        robust: folder that ``robust`` wrote for the same scenario, for the share of draws in which the
            headlines hold.

    Raises:
        InputError: the inputs have faults; all are listed.
        NoPlanError: proven that no plan exists.
        StoppedWithoutPlanError: the time limit came first.
        UnsupportedError: the engine does not solve this combination of settings.
    """
    draws = None if robust is None else read_draws(Path(robust))
    with Highs() as highs:
        started = time.monotonic()
        case = open_case(scenario, dataset, report)
        _load_ahead()
        highs.settings = engine_settings(case.system)
        checked = time.monotonic() - started
        solution, plan = _solve(case, highs, report, checked, found)
        whole = _set_beside(case, highs, report, solution, plan)
        return whole if draws is None else _add_firm_share(whole, draws)


def _add_firm_share(plan: SolvedPlan, draws: Draws) -> SolvedPlan:
    """The plan with the share of draws in which it beats its baseline."""
    baseline = plan.dataset.plans.get(plan.scenario.footprints.baseline)
    other = [] if baseline is None else baseline.groupby("footprint")["icb"].agg(list).tolist()
    groups = as_grouping(plan.grouping.values())
    inputs = describe_inputs(plan.scenario, plan.dataset)
    shares = draws.firm_share(inputs, groups, as_grouping(other))
    return replace(plan, firm_share=shares)


def _set_beside(
    case: Case, highs: Highs, report: Report, solution: Solution, plan: SolvedPlan
) -> SolvedPlan:
    """The best plan, and what it changes against the scenario's baseline where that can be priced."""
    if plan.outcome.status != "optimal" or not can_stand_beside(case.scenario):
        return plan
    today = measure_grouping(case, highs, case.scenario.footprints.baseline)
    beside = stand_beside(case, highs, plan, today, solution)
    report("beside", f"{title_plan(beside.baseline)}: {count(len(beside.moves), 'ICB')} would move")
    return replace(plan, beside=beside)


def solve_case(case: Case, highs: Highs, report: Report = silent) -> SolvedPlan:
    """The best plan of an open case, on a HiGHS process that is already there."""
    return _solve(case, highs, report)[1]


def _solve(
    case: Case,
    highs: Highs,
    report: Report,
    checked: float = 0.0,
    found: Callable[[SolvedPlan], object] | None = None,
) -> tuple[Solution, SolvedPlan]:
    limit = max(case.scenario.solver.time_limit - checked, 0.01)
    solution = solve_system(case.system, highs, limit, report)
    started = time.monotonic()
    outcome = make_outcome(solution, case, checked)
    plan = with_context(
        make_plan("optimal", case.system, case.dataset, solution.masks, solution.choice, outcome),
        case,
    )
    if found is not None:
        found(plan)
    _pass_referee(plan, case)
    report("referee", "every rule re-checked, every cost added up again")
    seconds = {**outcome.seconds, "referee": time.monotonic() - started}
    return solution, replace(plan, outcome=replace(outcome, seconds=seconds))


def _pass_referee(plan: Plan, case: Case) -> None:
    broken = check_plan(plan, case.dataset, case.scenario)
    if broken:
        raise RefereeError(
            "The plan found does not pass the referee; nothing was saved. Please report this.\n"
            + "\n".join(rule.sentence for rule in broken)
        )


def make_outcome(solution: Solution, case: Case, checked: float = 0.0) -> Outcome:
    """What a plan says of its proof: status, bound, scope and certificate."""
    bound = None if math.isinf(solution.bound) else solution.bound
    return Outcome(
        status=solution.status,
        objective=solution.objective,
        bound=bound,
        gap=None if bound is None else relative_gap(solution.objective, bound),
        scope=_scope(solution, case),
        seconds={"check": checked, **solution.seconds},
        lp_text=solution.lp_text,
        solver_log=solution.log,
        certificate=solution.certificate,
    )


def relative_gap(objective: float, bound: float) -> float:
    """(objective - bound) / |objective|, a share; differences below 1e-9 are none."""
    gap = max(objective - bound, 0.0) / size_of(objective)
    return 0.0 if gap < 1e-9 else gap


def _scope(solution: Solution, case: Case) -> Scope:
    proven = solution.status == "optimal"
    return Scope(
        statement=state_scope(case.scenario, case.system.size, solution.candidates, proven),
        rules=solution.rules,
        candidates=solution.candidates,
        candidates_hash=solution.candidates_hash,
        survivors=solution.survivors,
    )
