"""The public question why: asked of a scenario or a saved run, answered in tables that can be saved."""

from __future__ import annotations

import json
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
from optimiser.errors import InputError, StoppedWithoutPlanError, UnsupportedError
from optimiser.inputs.checks.scenario import check_scenario
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.reading.plans import read_grouping
from optimiser.inputs.scenario.scenario import Scenario, with_groups
from optimiser.plan.plan import Plan
from optimiser.progress import Report, silent
from optimiser.proof.verify.checking import scenario_of
from optimiser.questions.case import Case, draw_map, open_scenario
from optimiser.questions.explain.additions import add_rule, price_additions
from optimiser.questions.explain.feasibility import Feasibility
from optimiser.questions.explain.icb_reasons import explain_icb
from optimiser.questions.explain.impossible import Impossible, explain_impossible
from optimiser.questions.explain.prices import price_rules
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved
from optimiser.questions.explain.repair import Repaired, given_masks, repair_plan
from optimiser.questions.explain.rules import Variant, is_clash
from optimiser.questions.explain.service_reasons import ServiceReason, explain_service
from optimiser.questions.solve import make_outcome
from optimiser.runs.folder import read_run, write_run
from optimiser.runs.inputs import find_same_inputs
from optimiser.runs.saving import describe_inputs, plain, write_findings

Found = TypeVar("Found")
Grouping = Mapping[str, Sequence[str]]

ANSWER_SECONDS = 45.0
"""An answer should come within a minute, start and saving included, whatever a solve may take."""


BASE_TURN = 2
"""The best plan may use one half of the time where footprints are priced: all else is compared with it,
and without a bound on it nothing is proven of any price."""


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
    scenario: Scenario | str | Path,
    dataset: Dataset | None = None,
    *,
    prices: bool = False,
    service: str = "",
    icb: str = "",
    repair: str | Path | Grouping | None = None,
    add: Sequence[str] = (),
    run: str | Path | None = None,
    seconds: float = ANSWER_SECONDS,
    report: Report = silent,
) -> Explanation:
    """Why no plan exists; where one does, whatever is asked for, or the prices when nothing is.

    What there was no time for is stated to be open; a plan found by the limit is marked as not proven.

    Args:
        scenario: a scenario, its file, or the folder of a saved run, whose scenario is asked again.
        dataset: the inputs; read from where the scenario says when None.
        prices: the price of each rule.
        service: code of a service: why it is national or local.
        icb: code of an ICB: why it is in its footprint.
        repair: a plan to repair with the fewest, then cheapest, moves.
        add: rules that are not in force, each priced alone: ``section.key=value``, or ``whole=NAME``
            for a region or a footprint of a carried plan (such as a cluster) that is not to be parted.
        run: folder of a saved run of this scenario (``scenario`` itself where that is one): its plan is
            not sought again where it is stated to be the best and costs here what it is stated to.
        seconds: wall time for all of it; the scenario's own limit is for a solve alone.
        report: told of each step.

    Raises:
        InputError: the inputs have faults, or there is no such service, ICB or plan.
        StoppedWithoutPlanError: the time came before it was settled whether a plan exists.
    """
    started = time.monotonic()
    asked = read_question(scenario)
    if run is None and not isinstance(scenario, Scenario) and Path(scenario).is_dir():
        run = scenario
    with open_question(asked, seconds, dataset) as (variant, reoptimiser):
        added = [variant, *(add_rule(text, variant) for text in add)]
        saved = None if run is None else _take_up(Path(run), variant, reoptimiser)
        conflict = None if saved else explain_impossible(variant, reoptimiser, report)
        if conflict is not None:
            passed = time.monotonic() - started
            return Explanation(asked, variant.dataset, conflict, seconds=passed)
        nothing = not (service or icb or repair or add)
        questions = [prices or nothing, service, icb, repair is not None, add]
        waiting = sum(map(bool, questions))
        with reoptimiser.turn(variant, BASE_TURN):
            plan = saved or _plan(_solve_base(variant, reoptimiser))
        opened = (variant, reoptimiser, report)
        left: list[str] = []

        def answer(question: str, wanted: object, find: Callable[[], Found]) -> Found | None:
            nonlocal waiting
            if not wanted:
                return None
            with reoptimiser.turn(variant, waiting):
                waiting -= 1
                return _try(question, find, left)

        return Explanation(
            asked,
            variant.dataset,
            plan=plan,
            repair=answer(
                "repair", repair is not None, lambda: repair_given(repair or "", *opened)
            ),
            service=answer("service", service, lambda: explain_service(service, *opened)),
            icb=answer("icb", icb, lambda: explain_icb(icb, *opened)),
            additions=answer("add", add, lambda: price_additions(added, add, reoptimiser, report)),
            prices=answer("prices", prices or nothing, lambda: price_rules(*opened)),
            not_answered=tuple(left),
            seconds=time.monotonic() - started,
        )


def _take_up(run: Path, variant: Variant, reoptimiser: Reoptimiser) -> Plan | None:
    """The best plan as a run states it; None where it states none, or one that costs otherwise here."""
    plan = read_run(run).plan
    if plan.outcome.status != "optimal":
        return None
    masks = given_masks(dict(plan.grouping), tuple(variant.dataset.icbs["icb"]))
    return plan if reoptimiser.take_up(variant, masks, plan.outcome) else None


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
    except (StoppedWithoutPlanError, UnsupportedError) as stop:
        left.append(f"Not answered: {question}. {stop}")
    return None


def repair_given(
    plan: str | Path | Grouping, variant: Variant, reoptimiser: Reoptimiser, report: Report = silent
) -> Repaired:
    """The fewest, then cheapest, moves that make a given plan obey the rules."""
    _, groups = read_grouping(plan, variant.dataset)
    icbs = tuple(variant.dataset.icbs["icb"])
    return repair_plan(variant, given_masks(groups, icbs), reoptimiser, report)


@contextmanager
def open_question(
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
        variant = Variant(with_groups(scenario, dataset), dataset)
        feasibility = Feasibility(highs, deadline, first=variant)
        highs.settings = engine_settings(feasibility.lists.system(variant))
        yield variant, Reoptimiser(feasibility)


def _plan(base: Solved) -> Plan:
    case = Case(base.variant.scenario, base.variant.dataset, base.system)
    return base.make_plan(outcome=make_outcome(base.solution, case))


def read_question(scenario: Scenario | str | Path) -> Scenario:
    """The scenario of a file or of a saved run.

    Raises:
        InputError: the inputs of the run are not as they were.
    """
    if isinstance(scenario, Scenario) or not Path(scenario).is_dir():
        return open_scenario(scenario)
    run = read_run(scenario)
    return scenario_of(run.manifest, find_same_inputs(run))


def save_explanation(
    found: Explanation, folder: str | Path | None = None, *, report: Report = silent
) -> Path:
    """Save the answers: with the best plan as a run, else as findings.

    Raises:
        OutputExistsError: ``folder`` exists.
    """
    place = None if folder is None else Path(folder)
    tables, told = dict(list_tables(found)), {"explanation": describe_answers(found)}
    if found.plan is not None:
        inputs = (found.dataset, found.scenario)
        return write_run(found.plan, *inputs, place, draw_map, told, tables, report)
    words = {"run": "", **describe_inputs(found.scenario, found.dataset), "status": "infeasible"}
    name = found.scenario.name
    return write_findings(tables, {**words, **told}, place, scenario=name, report=report)


def list_tables(found: Explanation) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every table of the answers, by the name it is saved under."""
    if found.impossible is not None:
        rules = [{"rule": rule.name, "sentence": rule.sentence} for rule in found.impossible.clash]
        yield "clash", pd.DataFrame(rules, columns=["rule", "sentence"])
        relaxations = found.impossible.relaxations
        texts = [json.dumps(settings) for settings in relaxations["settings"]]
        yield "relaxations", relaxations.assign(settings=texts)
    if found.prices is not None:
        yield "prices", found.prices
    if found.additions is not None:
        yield "additions", found.additions
    if found.service is not None:
        yield "why_service", found.service.footprints
        yield "why_service_forced", found.service.forced
    if found.icb is not None:
        yield "why_icb", found.icb
    if found.repair is not None:
        yield "repair", found.repair.moves


def describe_answers(found: Explanation) -> dict[str, object]:
    """The answers as plain values, for the manifest and for JSON."""
    told: dict[str, object] = {"seconds": round(found.seconds, 3)}
    if found.not_answered:
        told["not_answered"] = list(found.not_answered)
    if found.impossible is not None:
        told["impossible"] = _describe_clash(found.impossible)
    for name, frame in list_tables(found):
        if name not in ("clash", "relaxations"):
            told[name] = plain(frame)
    if found.service is not None:
        about = found.service
        told["service"] = {
            "service": about.service,
            "name": about.name,
            "moves_with": list(about.moves_with),
        }
    if found.repair is not None:
        told["repair_moves"] = found.repair.fewest
        told["repair_cost_m"] = found.repair.solved.cost_m
    return told


def _describe_clash(found: Impossible) -> dict[str, object]:
    return {
        "causes": list(found.causes),
        "clash": [{"rule": rule.name, "sentence": rule.sentence} for rule in found.clash],
        "minimal": found.minimal,
        "unsure": list(found.unsure),
        "relaxations": plain(found.relaxations),
        "complete": found.complete,
        "notes": list(found.notes),
        "questions_asked": found.asked,
    }
