"""Why, from a scenario: each question opens its inputs and returns frames and sentences."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import pandas as pd

from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import engine_settings
from optimiser.errors import InputError, StoppedWithoutPlanError, TooManyAreasError
from optimiser.footprints.candidates import WORD, is_wide
from optimiser.inputs.checks.scenario import check_scenario
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.reading.plans import read_grouping
from optimiser.inputs.scenario.groups import with_groups
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.progress import Report, silent
from optimiser.questions.explain import icb_reasons, impossible, prices, repair, service_reasons
from optimiser.questions.explain.additions import add_rule, price_additions
from optimiser.questions.explain.candidate_lists import Variant
from optimiser.questions.explain.feasibility import Feasibility
from optimiser.questions.explain.impossible import Impossible
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved
from optimiser.questions.explain.repair import Repaired, given_masks
from optimiser.questions.explain.rules import is_clash
from optimiser.questions.explain.service_reasons import ServiceReason
from optimiser.questions.solve import Case, make_outcome

Found = TypeVar("Found")
Grouping = Mapping[str, Sequence[str]]


ANSWER_SECONDS = 45.0
"""An answer should come within a minute, start and saving included, whatever a solve may take."""


@dataclass(frozen=True)
class Questions:
    """Questions about one scenario.

    Attributes:
        prices: the price of each rule.
        service: code of a service to explain, or empty.
        icb: code of an ICB to explain, or empty.
        repair: a plan to repair: its name, its file, or its groups; None for none.
        add: rules that are not in force, to be priced (:func:`add_rule`).
    """

    prices: bool = False
    service: str = ""
    icb: str = ""
    repair: str | Path | Grouping | None = None
    add: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """Answers to the questions about one scenario.

    Attributes:
        scenario: the scenario.
        dataset: its inputs.
        impossible: why no plan exists, when none does; all below is None then.
        plan: the best plan.
        prices: see :func:`price_rules`.
        service: see :func:`explain_service`.
        icb: see :func:`explain_icb`.
        repair: see :func:`repair_plan`.
        additions: see :func:`price_additions`.
        not_answered: questions that found no answer, with the reason, in sentences.
        seconds: wall time.
    """

    scenario: Scenario
    dataset: Dataset
    impossible: Impossible | None = None
    plan: Plan | None = None
    prices: pd.DataFrame | None = None
    service: ServiceReason | None = None
    icb: pd.DataFrame | None = None
    repair: Repaired | None = None
    additions: pd.DataFrame | None = None
    not_answered: tuple[str, ...] = ()
    seconds: float = 0.0


def explain(
    scenario: Scenario,
    questions: Questions,
    report: Report = silent,
    seconds: float = ANSWER_SECONDS,
    dataset: Dataset | None = None,
) -> Explanation:
    """Answer some questions of a scenario in one go; why it is impossible, when it is.

    What there was no time for is stated to be open; a plan found by the limit is marked as not proven.

    Args:
        scenario: the scenario.
        questions: about it.
        report: called after each step.
        seconds: wall time for all of it; the scenario's own limit is for a solve alone.
        dataset: the inputs; read from where the scenario says when None.

    Raises:
        InputError: the inputs have faults, or there is no such service, ICB or plan.
        StoppedWithoutPlanError: the time limit came before it was settled whether a plan exists.
    """
    started = time.monotonic()
    with _open(scenario, seconds, dataset) as (variant, reoptimiser):
        added = [variant, *(add_rule(text, variant) for text in questions.add)]
        conflict = impossible.explain_impossible(variant, reoptimiser, report)
        if conflict is not None:
            passed = time.monotonic() - started
            return Explanation(scenario, variant.dataset, conflict, seconds=passed)
        plan = _plan(_solve_base(variant, reoptimiser))
        opened = (variant, reoptimiser, report)
        left: list[str] = []

        def answer(question: str, wanted: object, find: Callable[[], Found]) -> Found | None:
            return _try(question, find, left) if wanted else None

        plan_given, service, icb = questions.repair, questions.service, questions.icb

        return Explanation(
            scenario,
            variant.dataset,
            plan=plan,
            repair=answer("repair", plan_given is not None, lambda: _repair(plan_given, *opened)),
            service=answer(
                "service", service, lambda: service_reasons.explain_service(service, *opened)
            ),
            icb=answer("icb", icb, lambda: icb_reasons.explain_icb(icb, *opened)),
            additions=answer(
                "add",
                questions.add,
                lambda: price_additions(added, questions.add, reoptimiser, report),
            ),
            prices=answer("prices", questions.prices, lambda: prices.price_rules(*opened)),
            not_answered=tuple(left),
            seconds=time.monotonic() - started,
        )


def _solve_base(variant: Variant, reoptimiser: Reoptimiser) -> Solved:
    """The best plan of the scenario, which every answer is compared with."""
    try:
        return reoptimiser.solve(variant)
    except TimeoutError:
        raise StoppedWithoutPlanError(
            "A plan exists, but the time limit came before the best one was found. Allow more time "
            "(--time-limit)."
        ) from None


def _try(question: str, find: Callable[[], Found], left: list[str]) -> Found | None:
    """The answer; where there is no time for it, or it is too large, that is kept as a sentence."""
    try:
        return find()
    except TimeoutError:
        left.append(f"Not answered: {question}. No time was left; --time-limit gives more.")
    except StoppedWithoutPlanError as stop:
        left.append(f"Not answered: {question}. {stop}")
    return None


def explain_impossible(scenario: Scenario, report: Report = silent) -> Impossible | None:
    """A minimal set of clashing rules and the cheapest relaxations of them; None when a plan exists.

    Raises:
        InputError: the inputs have faults.
        StoppedWithoutPlanError: the time limit came before it was settled.
    """
    with _open(scenario) as (variant, reoptimiser):
        return impossible.explain_impossible(variant, reoptimiser, report)


def price_rules(scenario: Scenario, report: Report = silent) -> pd.DataFrame:
    """The price of each rule, lock and threshold: the optimum with it against that without it."""
    with _open(scenario) as (variant, reoptimiser):
        return prices.price_rules(variant, reoptimiser, report)


def explain_service(scenario: Scenario, service: str, report: Report = silent) -> ServiceReason:
    """Why a service is national or local in each footprint, and where that would flip."""
    with _open(scenario) as (variant, reoptimiser):
        return service_reasons.explain_service(service, variant, reoptimiser, report)


def explain_icb(scenario: Scenario, icb: str, report: Report = silent) -> pd.DataFrame:
    """Why an ICB is where it is: the best plan with it in each neighbouring footprint."""
    with _open(scenario) as (variant, reoptimiser):
        return icb_reasons.explain_icb(icb, variant, reoptimiser, report)


def repair_plan(
    scenario: Scenario,
    plan: str | Path | Grouping,
    report: Report = silent,
    dataset: Dataset | None = None,
) -> Repaired:
    """The fewest, then cheapest, moves that make a given plan obey the rules."""
    with _open(scenario, dataset=dataset) as (variant, reoptimiser):
        return _repair(plan, variant, reoptimiser, report)


def _repair(
    plan: str | Path | Grouping | None, variant: Variant, reoptimiser: Reoptimiser, report: Report
) -> Repaired:
    assert plan is not None
    _, groups = read_grouping(plan, variant.dataset)
    icbs = tuple(variant.dataset.icbs["icb"])
    return repair.repair_plan(variant, given_masks(groups, icbs), reoptimiser, report)


@contextmanager
def _open(
    scenario: Scenario, seconds: float | None = None, dataset: Dataset | None = None
) -> Iterator[tuple[Variant, Reoptimiser]]:
    """Read and check the inputs; rules that clash are no fault here."""
    limit = scenario.solver.time_limit if seconds is None else seconds
    deadline = Deadline.after(limit)
    threading.Thread(target=import_module, args=("models.selection",), daemon=True).start()
    with Highs() as highs:
        dataset = dataset or read_dataset(scenario.dataset_path)
        faults = check_scenario(scenario, dataset, f"{scenario.name}.toml")
        wrong = [fault for fault in faults if not is_clash(fault)]
        if wrong:
            raise InputError(wrong)
        _refuse_large(dataset)
        variant = Variant(with_groups(scenario, dataset), dataset)
        feasibility = Feasibility(highs, deadline, first=variant)
        highs.settings = engine_settings(feasibility.lists.system(variant))
        yield variant, Reoptimiser(feasibility)


def _refuse_large(dataset: Dataset) -> None:
    if is_wide(len(dataset.icbs)):
        raise TooManyAreasError(
            f"The map has {len(dataset.icbs)} areas; explanations and repairs are found on at most "
            f"{WORD}. Carry the dataset to fewer areas with `footprints carry`."
        )


def _plan(base: Solved) -> Plan:
    case = Case(base.variant.scenario, base.variant.dataset, base.system)
    return base.make_plan(outcome=make_outcome(base.solution, case))
