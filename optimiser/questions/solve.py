"""The best plan of a scenario, proven; and the open case that every other question begins with."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import Solution, engine_settings, solve_system
from optimiser.errors import Fault, InputError, NoPlanError, RefereeError
from optimiser.footprints.system import System, build_system
from optimiser.inputs.checks.scenario import check_scenario, list_idle
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.reading.raw import is_workbook
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.plan.flows import add_suppressed
from optimiser.plan.measure_plan import make_plan
from optimiser.plan.plan import Beside, Outcome, Plan, Scope
from optimiser.plan.published import state_published
from optimiser.progress import Report, silent
from optimiser.proof.referee import check_plan
from optimiser.proof.verify.words import state_scope
from optimiser.runs.draws import Draws, as_grouping, read_draws
from optimiser.runs.saving import describe_inputs
from optimiser.tolerances import size_of

if TYPE_CHECKING:
    from optimiser.runs.folder import Draw

LATER = ("models.selection", "scipy.optimize")
"""Needed once the candidates are measured, and slow to import."""
TURN_SECONDS = 1e-4
"""How long a thread that imports keeps others waiting: with Python's own 5 ms, every step of the
arithmetic beside it would wait for longer than it takes."""


@dataclass(frozen=True)
class Case:
    """A checked scenario with its dataset, as tables and as arrays."""

    scenario: Scenario
    dataset: Dataset
    system: System


@dataclass(frozen=True, repr=False, kw_only=True)
class SolvedPlan(Plan):
    """A plan that knows what it rests on, so that it can save, draw and tell itself.

    Attributes:
        scenario: what was asked.
        dataset: the inputs.
        beside: what it changes against the scenario's baseline, where that was asked and can be priced.
        firm_share: headline to the share of draws in which it holds, where draws were given
            (:meth:`optimiser.runs.draws.Draws.firm_share`).
    """

    scenario: Scenario
    dataset: Dataset
    beside: Beside | None = None
    firm_share: Mapping[str, float] | None = None

    def save(
        self,
        folder: str | Path | None = None,
        *,
        findings: Mapping[str, object] | None = None,
        draw: Draw | None = None,
        report: Report = silent,
    ) -> Path:
        """Save it as a run folder, the map drawn last.

        Args:
            folder: a new one; ``outputs/<scenario>/<time>`` when None.
            findings: further words of the manifest.
            draw: draws the map, where that is done elsewhere than here.
            report: told when it is saved.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        from optimiser.runs.folder import write_run

        place = None if folder is None else Path(folder)
        if self.beside is not None:
            findings = {"beside": self.beside.describe(), **(findings or {})}
        if self.firm_share is not None:
            findings = {"firm_share": self.firm_share, **(findings or {})}
        return write_run(
            self, self.dataset, self.scenario, place, draw or draw_map, findings, report=report
        )

    def summary(self) -> str:
        """What ``footprints solve`` prints: footprints, members, terms and what is proven."""
        from optimiser.reports.text import describe_beside, describe_plan, wrap

        if self.beside is None:
            return describe_plan(self)
        told = describe_beside(self, self.beside, self.firm_share, self.dataset.about.unplaced)
        return "\n\n".join(filter(None, (told, wrap(state_published(self.dataset)))))

    def details(self) -> str:
        """What the summary has no room for: members with codes, terms of the score, notes."""
        from optimiser.reports.text import detail_plan, format_footprints

        rest = detail_plan(self)
        return rest if self.beside is None else f"{format_footprints(self)}\n\n{rest}"

    def map(self, folder: str | Path) -> list[Path]:
        """Draw it as ``map.png`` and ``map.svg`` in a folder."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        return draw_map(self, self.dataset, place, self.scenario.footprints.baseline)

    def __repr__(self) -> str:
        gap = f", gap {self.outcome.gap:.2%}" if self.outcome.gap else ""
        cost = f"score {self.objective:,.2f}, {self.outcome.status}{gap}"
        return f"<Plan {self.name}: {len(self.footprints)} footprints, {cost}>"


def draw_map(plan: Plan, dataset: Dataset, folder: Path, baseline: str = "") -> list[Path]:
    """Draw a plan's map; matplotlib is loaded by whoever draws, no earlier."""
    from optimiser.reports.maps import write_map

    return write_map(plan, dataset, folder, baseline)


def open_scenario(scenario: Scenario | str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """A scenario as it is, or read from its file with overrides ``section.key=value``.

    A workbook is its own scenario: its sheet of that name, with its tables as the dataset.

    Raises:
        InputError: with every fault found.
    """
    if isinstance(scenario, Scenario):
        return scenario
    if not is_workbook(Path(scenario)):
        return read_scenario(scenario, overrides)
    from optimiser.inputs.workbook.source import read_workbook_scenario

    return read_workbook_scenario(Path(scenario), tuple(overrides))


def open_dataset(dataset: Dataset | str | Path) -> Dataset:
    """A dataset as it is, or read from its folder or workbook.

    Raises:
        InputError: with every fault found.
    """
    return dataset if isinstance(dataset, Dataset) else read_dataset(dataset)


def open_case(
    scenario: Scenario | str | Path,
    dataset: Dataset | str | Path | None = None,
    report: Report = silent,
) -> Case:
    """Check the inputs and turn them into arrays.

    Args:
        scenario: what is asked, or its file.
        dataset: the inputs; read from where the scenario says when None.
        report: told when there are no faults.

    Raises:
        InputError: with every fault.
        NoPlanError: the settings are sound, but simple sums show that no plan can exist.
    """
    scenario = open_scenario(scenario)
    found = open_dataset(scenario.dataset_path if dataset is None else dataset)
    _raise_faults(check_scenario(scenario, found, f"{scenario.name}.toml"))
    system = build_system(found, scenario)
    report("check", f"{system.size} ICBs, {len(system.services.codes)} services, no faults")
    for sentence in list_idle(system.scenario, found):
        report("note", sentence)
    return Case(system.scenario, found, system)


def _raise_faults(faults: Sequence[Fault]) -> None:
    if any(not fault.rule.startswith("impossible_") for fault in faults):
        raise InputError(faults)
    if faults:
        raise NoPlanError("No plan exists.\n" + "\n".join(str(fault) for fault in faults))


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
        found: given the plan once the referee has passed it, before it is set beside the baseline.
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
        solution, plan = _solve(case, highs, report, checked)
        if found is not None:
            found(plan)
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
    from optimiser.questions.beside import can_stand_beside, stand_beside
    from optimiser.questions.evaluate import measure_grouping

    if plan.outcome.status != "optimal" or not can_stand_beside(case.scenario):
        return plan
    today = measure_grouping(case, highs, case.scenario.footprints.baseline)
    beside = stand_beside(case, highs, plan, today, solution)
    report("beside", f"{beside.baseline}: {len(beside.moves)} ICBs move")
    return replace(plan, beside=beside)


def solve_case(
    case: Case, highs: Highs, report: Report = silent, checked: float = 0.0
) -> SolvedPlan:
    """The best plan of an open case, on a HiGHS process that is already there."""
    return _solve(case, highs, report, checked)[1]


def _solve(case: Case, highs: Highs, report: Report, checked: float) -> tuple[Solution, SolvedPlan]:
    limit = max(case.scenario.solver.time_limit - checked, 0.01)
    solution = solve_system(case.system, highs, limit, report)
    started = time.monotonic()
    outcome = make_outcome(solution, case, checked)
    plan = with_context(
        make_plan("optimal", case.system, case.dataset, solution.masks, solution.choice, outcome),
        case,
    )
    _pass_referee(plan, case)
    report("referee", "every rule re-checked, every cost added up again")
    seconds = {**outcome.seconds, "referee": time.monotonic() - started}
    return solution, replace(plan, outcome=replace(outcome, seconds=seconds))


def with_context(plan: Plan, case: Case) -> SolvedPlan:
    """The plan with what it rests on, and how much of that was suppressed and filled."""
    whole = add_suppressed(plan, case.dataset)
    held = {field.name: getattr(whole, field.name) for field in fields(Plan)}
    return SolvedPlan(**held, scenario=case.scenario, dataset=case.dataset)


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
