"""What the server keeps in memory: the dataset, arrays of the scenarios asked for, the best plans."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimiser.app.state import State, key_of, read_state
from optimiser.errors import Fault, InputError
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.plans import read_grouping
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.questions.case import Case, SolvedPlan, open_case

if TYPE_CHECKING:
    from optimiser.engine.highs.adapter import Highs
    from optimiser.questions.groupings import Grouping

KEPT_CASES = 8
"""Scenarios whose arrays are kept: some 30 MB each on England; going back and forth needs a few."""


@dataclass
class Desk:
    """One scenario, and what was asked of it so far; any number of pages share it and keep apart.

    Attributes:
        scenario: as the command was given it.
        dataset: its inputs.
        start: the grouping a page begins with.
        roadmap: the saved roadmap that it begins with, or None.
    """

    scenario: Scenario
    dataset: Dataset
    start: Grouping
    roadmap: Path | None = None
    _cases: dict[str, Case] = field(default_factory=dict)
    _best: dict[str, SolvedPlan] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def _highs(self) -> Highs:
        """Made when it is first asked: the engine loads while the browser draws the map."""
        from optimiser.engine.highs.adapter import Highs

        return Highs()

    def read(self, raw: Any) -> State:
        """What a page sent, checked."""
        return read_state(raw, tuple(self.dataset.icbs["icb"]))

    def case_of(self, settings: Mapping[str, object]) -> Case:
        """The scenario with some settings changed, as arrays; the latest few are kept.

        Raises:
            InputError: the settings have faults.
            NoPlanError: simple sums show that no plan can exist.
        """
        key = key_of(settings)
        with self._lock:
            if key in self._cases:
                self._cases[key] = self._cases.pop(key)
                return self._cases[key]
        scenario = self.scenario.changed(settings) if settings else self.scenario
        case = open_case(scenario, self.dataset)
        with self._lock:
            self._cases[key] = case
            while len(self._cases) > KEPT_CASES:
                del self._cases[next(iter(self._cases))]
        return case

    def locked_case(self, state: State) -> Case:
        """The state's scenario with its locks, and the levels told, as rules."""
        changed = dict(state.settings)
        plain = self.case_of(state.settings).scenario
        for key, groups in state.lock_rules().items():
            own = getattr(plain.footprints, key.removeprefix("footprints."))
            changed[key] = (*own, *groups)
        return self.case_of({**changed, **state.level_rules(plain)})

    def measure(self, state: State) -> SolvedPlan:
        """The state's plan: its grouping, levels as told and the others at their best."""
        from optimiser.questions.groupings import measure_grouping  # with the engine

        case = self.case_of(state.settings)
        best = self.best_of(state)
        bound = None if best is None else best.outcome.bound
        with self._lock:
            return measure_grouping(case, self._highs, state.grouping, state.held, bound)

    def ask(self) -> tuple[Highs, threading.Lock]:
        """The solver that settles levels, and the lock to hold while it is asked."""
        return self._highs, self._lock

    def best_of(self, state: State) -> SolvedPlan | None:
        """The best plan of the state's settings, no lock held, where it was found already."""
        return self._best.get(state.question)

    def keep_best(self, state: State, plan: SolvedPlan) -> None:
        """Keep a plan as the best of the state's settings."""
        self._best[state.question] = plan

    def close(self) -> None:
        """End the solver's process, where there is one."""
        if "_highs" in vars(self):
            self._highs.close()


def open_desk(scenario: Scenario, plan: Grouping | None) -> Desk:
    """Read the dataset and choose what a page begins with.

    Args:
        scenario: what is asked.
        plan: a grouping to begin with; the scenario's baseline, a carried plan or each ICB alone
            when None.

    Raises:
        InputError: the inputs have faults.
    """
    case = open_case(scenario)
    start = plan or _find_start(case)
    desk = Desk(scenario, case.dataset, start)
    desk._cases[key_of({})] = case
    return desk


def _find_start(case: Case) -> dict[str, tuple[str, ...]]:
    name = case.scenario.footprints.baseline or next(iter(case.dataset.plans), "")
    if name:
        return read_grouping(name, case.dataset)[1]
    names = dict(zip(case.dataset.icbs["icb"], case.dataset.icbs["short_name"], strict=True))
    return {str(name): (str(icb),) for icb, name in names.items()}


def find_subject(subject: Scenario | str | Path) -> tuple[Scenario, Grouping | None]:
    """The scenario of a page, and the plan of a saved run to begin with.

    Raises:
        InputError: it is neither a scenario nor a run.
    """
    from optimiser.questions.case import open_scenario

    if isinstance(subject, Scenario) or not Path(subject).is_dir():
        if not isinstance(subject, Scenario) and not Path(subject).exists():
            remedy = "There is no such scenario (a .toml file) or run (a folder)."
            raise InputError([Fault(str(subject), 0, "", "", "exists", remedy)])
        return open_scenario(subject), None
    from optimiser.questions.explain.answers import read_question  # slow to load, for a run alone
    from optimiser.runs.folder import read_run

    run, question = read_run(subject), read_question(subject)
    years = run.manifest["roadmap"]["years"] if "roadmap" in run.manifest else []
    if years:
        said = f"map and services of its roadmap in {years[-1]}; the tab Years has the others"
        question = question.changed({"title": f"{question.title or question.name}: {said}"})
    return question, run.plan.grouping


def find_roadmap(subject: Scenario | str | Path) -> Path | None:
    """The folder of a saved roadmap, None where a page begins with something else."""
    from optimiser.runs.folder import read_run

    if isinstance(subject, Scenario) or not Path(subject).is_dir():
        return None
    return Path(subject) if "roadmap" in read_run(subject).manifest else None
