"""The public question why: asked of a scenario or a saved run, answered in tables that can be saved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.progress import Report, silent
from optimiser.proof.verify.checking import find_inputs, scenario_of
from optimiser.questions.explain import interface
from optimiser.questions.explain.impossible import Impossible
from optimiser.questions.explain.interface import ANSWER_SECONDS, Explanation, Grouping, Questions
from optimiser.questions.solve import draw_map, open_scenario
from optimiser.runs.folder import read_run, write_run
from optimiser.runs.saving import describe_inputs, plain, write_findings


def explain(
    scenario: Scenario | str | Path,
    dataset: Dataset | None = None,
    *,
    prices: bool = False,
    service: str = "",
    icb: str = "",
    repair: str | Path | Grouping | None = None,
    add: Sequence[str] = (),
    seconds: float = ANSWER_SECONDS,
    report: Report = silent,
) -> Explanation:
    """Why no plan exists; where one does, whatever is asked for, or the prices when nothing is.

    Args:
        scenario: a scenario, its file, or the folder of a saved run, whose scenario is asked again.
        dataset: the inputs; read from where the scenario says when None.
        prices: the price of each rule.
        service: code of a service: why it is national or local.
        icb: code of an ICB: why it is in its footprint.
        repair: a plan to repair with the fewest, then cheapest, moves.
        add: rules that are not in force, each priced alone: ``section.key=value``, or ``whole=NAME``
            for a region or a footprint of a carried plan (such as a cluster) that is not to be parted.
        seconds: wall time for all of it.
        report: told of each step.

    Raises:
        InputError: the inputs have faults, or there is no such service, ICB or plan.
        StoppedWithoutPlanError: the time came before it was settled whether a plan exists.
    """
    nothing = not (service or icb or repair or add)
    questions = Questions(prices or nothing, service, icb, repair, tuple(add))
    return interface.explain(read_question(scenario), questions, report, seconds, dataset)


def read_question(scenario: Scenario | str | Path) -> Scenario:
    """The scenario of a file or of a saved run."""
    if isinstance(scenario, Scenario) or not Path(scenario).is_dir():
        return open_scenario(scenario)
    manifest = read_run(scenario).manifest
    return scenario_of(manifest, find_inputs(manifest, None))


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
