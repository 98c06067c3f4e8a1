"""The main jobs, each on one screen: solve a scenario, score a given plan."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import numpy as np

from optimiser.arrays import Ints, Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import Solution, engine_settings, settle_levels, solve_system
from optimiser.errors import (
    Fault,
    FootprintsError,
    InputError,
    NoPlanError,
    TooManyAreasError,
)
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.system import System, build_system
from optimiser.inputs.checks.scenario import check_scenario
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.reading.plans import read_grouping
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.given_levels import read_given_levels
from optimiser.plan.plan import Outcome, Plan, Scope
from optimiser.plan.suppressed import add_suppressed
from optimiser.plan.tables import make_plan
from optimiser.progress import Report, silent
from optimiser.proof.referee import BrokenRule, check_plan


class RefereeError(FootprintsError):
    """The engine's plan does not pass the referee: a bug of this tool, never the user's fault."""


@dataclass(frozen=True)
class Case:
    """A checked scenario with its dataset, as tables and as arrays."""

    scenario: Scenario
    dataset: Dataset
    system: System


@dataclass(frozen=True)
class Evaluation:
    """A given plan on the scenario's scale.

    Attributes:
        plan: the plan, measured at its best levels (or the levels given).
        dataset: what it was measured on.
        optimum: the best plan, where it was found.
        gap_to_optimum: (cost - optimum) / optimum, a share, or None.
        broken_rules: rules of the scenario that the plan breaks.
    """

    plan: Plan
    dataset: Dataset
    optimum: Plan | None
    gap_to_optimum: float | None
    broken_rules: tuple[BrokenRule, ...]


def prepare(scenario: Scenario, file: str = "") -> Dataset:
    """Read and check the dataset, and the scenario against it.

    Raises:
        InputError: with every fault.
        NoPlanError: the settings are sound, but simple sums show that no plan can exist.
    """
    dataset = read_dataset(scenario.dataset_path)
    faults = check_scenario(scenario, dataset, file or f"{scenario.name}.toml")
    _raise_faults(faults)
    return dataset


def _raise_faults(faults: Sequence[Fault]) -> None:
    wrong = [fault for fault in faults if not fault.rule.startswith("impossible_")]
    if wrong:
        raise InputError(faults)
    if faults:
        raise NoPlanError("No plan exists.\n" + "\n".join(str(fault) for fault in faults))


def open_case(scenario: Scenario, report: Report = silent) -> Case:
    """Check the inputs and turn them into arrays."""
    dataset = prepare(scenario)
    system = build_system(dataset, scenario)
    report("check", f"{system.size} ICBs, {len(system.services.codes)} services, no faults")
    return Case(system.scenario, dataset, system)


def _load_ahead() -> None:
    """Import the modelling library while the candidates are measured (it takes a second or more)."""
    threading.Thread(target=import_module, args=("models.selection",), daemon=True).start()


def solve(scenario: Scenario, report: Report = silent) -> tuple[Plan, Dataset]:
    """The best plan of a scenario, proven and passed by the referee.

    Raises:
        InputError: the inputs have faults.
        NoPlanError: proven that no plan exists.
        StoppedWithoutPlanError: the time limit came first.
        UnsupportedError: the engine does not solve this combination of settings.
    """
    _load_ahead()
    with Highs() as highs:
        started = time.monotonic()
        case = open_case(scenario, report)
        highs.settings = engine_settings(case.system)
        checked = time.monotonic() - started
        return solve_case(case, highs, report, checked), case.dataset


def solve_case(case: Case, highs: Highs, report: Report = silent, checked: float = 0.0) -> Plan:
    """The best plan of an open case, on a HiGHS process that is already there."""
    limit = max(case.scenario.solver.time_limit - checked, 0.01)
    solution = solve_system(case.system, highs, limit, report)
    started = time.monotonic()
    outcome = make_outcome(solution, case, checked)
    found = make_plan(
        "optimal", case.system, case.dataset, solution.masks, solution.choice, outcome
    )
    plan = add_suppressed(found, case.dataset)
    _pass_referee(plan, case)
    report("referee", "every rule re-checked, every cost added up again")
    seconds = {**outcome.seconds, "referee": time.monotonic() - started}
    return replace(plan, outcome=replace(outcome, seconds=seconds))


def _pass_referee(plan: Plan, case: Case) -> None:
    broken = check_plan(plan, case.dataset, case.scenario)
    if broken:
        raise RefereeError(
            "The plan found does not pass the referee; nothing was saved. Please report this.\n"
            + "\n".join(rule.sentence for rule in broken)
        )


def make_outcome(solution: Solution, case: Case, checked: float = 0.0) -> Outcome:
    """What a plan says of its proof: status, bound, scope and certificate."""
    return Outcome(
        status=solution.status,
        objective=solution.objective,
        bound=solution.bound,
        gap=relative_gap(solution.objective, solution.bound),
        scope=_scope(solution, case),
        seconds={"check": checked, **solution.seconds},
        lp_text=solution.lp_text,
        solver_log=solution.log,
        certificate=solution.certificate,
    )


def relative_gap(objective: float, bound: float) -> float:
    """(objective - bound) / max(|objective|, 1), a share; differences below 1e-9 are none."""
    gap = max(objective - bound, 0.0) / max(abs(objective), 1.0)
    return 0.0 if gap < 1e-9 else gap


def _scope(solution: Solution, case: Case) -> Scope:
    fewest, most = case.scenario.footprints.count_window
    fewest, most = fewest, min(most, case.system.size)
    count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    proven = solution.status == "optimal"
    claim = "No set of" if proven else "Bound over every set of"
    end = " costs less" if proven else ""
    whole = "contiguous " if case.scenario.footprints.contiguous else ""
    return Scope(
        statement=(
            f"{claim} {count} footprints out of all {solution.candidates:,} {whole}candidates "
            f"within the rules, with any allowed levels of the services,{end}."
        ).replace(",.", "."),
        rules=solution.rules,
        candidates=solution.candidates,
        candidates_hash=solution.candidates_hash,
        survivors=solution.survivors,
    )


Grouping = Mapping[str, Sequence[str]]


def evaluate(
    scenario: Scenario,
    plan: str | Path | Grouping,
    report: Report = silent,
    services: str | Path | None = None,
) -> Evaluation:
    """Score a given grouping and say how far it is from the best plan.

    Args:
        scenario: the scenario whose scale and rules apply.
        plan: name of a carried plan, a CSV file of icb and footprint, or footprint to ICBs.
        report: told of each step.
        services: CSV file of service, footprint and level; the best levels where none is given.

    Raises:
        InputError: the inputs or the plan have faults.
    """
    with Highs() as highs:
        case = open_case(scenario, report)
        _check_given(case, plan, services)
        highs.settings = engine_settings(case.system)
        best = _best_if_any(case, highs, report)
        return score_case(case, highs, plan, services, best)


def _check_given(case: Case, plan: str | Path | Grouping, services: str | Path | None) -> None:
    """Tell faults of what was given before the best plan is searched for, which may take long."""
    _, grouping = read_grouping(plan, case.dataset)
    if services is not None:
        read_given_levels(services, case.system, list(grouping))


def _best_if_any(case: Case, highs: Highs, report: Report) -> Plan | None:
    """The best plan, or None where there is none or the map is too large (the user is told)."""
    try:
        return solve_case(case, highs, report)
    except (NoPlanError, TooManyAreasError) as error:
        report("solve", str(error))
        return None


def score(
    scenario: Scenario, plan: str | Path | Grouping, services: str | Path | None = None
) -> Evaluation:
    """Score a given grouping without looking for the best plan."""
    with Highs() as highs:
        case = open_case(scenario)
        highs.settings = engine_settings(case.system)
        return score_case(case, highs, plan, services, None)


def evaluate_all(scenario: Scenario, report: Report = silent) -> tuple[Evaluation, ...]:
    """Score every carried plan of the dataset against the best plan, which is solved once."""
    with Highs() as highs:
        case = open_case(scenario, report)
        highs.settings = engine_settings(case.system)
        best = _best_if_any(case, highs, report)
        return tuple(score_case(case, highs, name, None, best) for name in case.dataset.plans)


def score_case(
    case: Case,
    highs: Highs,
    plan: str | Path | Grouping,
    services: str | Path | None,
    optimum: Plan | None,
) -> Evaluation:
    """Score a grouping on an open case."""
    name, grouping = read_grouping(plan, case.dataset)
    masks = as_masks((case.system.mask_of(g) for g in grouping.values()), case.system.size)
    choice = _levels(case, highs, masks, list(grouping), services)
    gap = None
    draft = make_plan(
        name, case.system, case.dataset, masks, choice, Outcome("evaluated", 0.0), list(grouping)
    )
    objective = float(draft.terms["cost_m"].sum())
    if optimum is not None:
        gap = (objective - optimum.objective) / max(abs(optimum.objective), 1e-9)
    bound = None if optimum is None else optimum.outcome.bound
    outcome = Outcome("evaluated", objective, bound=bound)
    measured = add_suppressed(replace(draft, outcome=outcome), case.dataset)
    broken = check_plan(measured, case.dataset, case.scenario)
    return Evaluation(measured, case.dataset, optimum, gap, broken)


def _levels(
    case: Case, highs: Highs, masks: Masks, names: list[str], services: str | Path | None
) -> Ints:
    """Levels of a grouping: as given, or the best ones; rules that can't be met are let go."""
    if services is not None:
        return read_given_levels(services, case.system, names)
    choice, cost_m = settle_levels(case.system, highs, masks)
    if np.isfinite(cost_m):
        return choice
    lenient = case.scenario.changed({"services.force_local": ()})
    return settle_levels(build_system(case.dataset, lenient), highs, masks)[0]
