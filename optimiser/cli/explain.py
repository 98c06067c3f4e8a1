"""``footprints explain``: why it is impossible, what each rule costs, why each thing is where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import (
    find_base,
    format_option,
    out_option,
    settings_options,
)

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.plan.plan import Plan
    from optimiser.questions.explain.impossible import Impossible
    from optimiser.questions.explain.interface import Explanation

NO_PLAN = 3


@click.command("explain", short_help="Why it is impossible; the price of rules; the reasons.")
@click.argument(
    "asked", required=False, metavar="[SCENARIO or RUN]", type=click.Path(path_type=Path)
)
@click.option("--prices", is_flag=True, help="Price each rule: the best plan with and without it.")
@click.option(
    "--service", default="", metavar="CODE", help="Why this service is national or local."
)
@click.option("--icb", default="", metavar="CODE", help="Why this ICB is in its footprint.")
@click.option(
    "--repair",
    metavar="NAME|FILE",
    help="Fewest, then cheapest, moves that make a carried plan or a CSV file obey the rules.",
)
@out_option
@settings_options
@format_option
def command(
    asked: Path | None,
    prices: bool,
    service: str,
    icb: str,
    repair: str | None,
    out: Path | None,
    time_limit: float | None,
    threads: int | None,
    overrides: tuple[str, ...],
    shape: str,
) -> None:
    r"""Say why: each answer is an exact re-solve, passed by the referee.

    For a scenario that no plan can meet: a minimal set of rules that clash, and the cheapest ways
    out (exit code 3). Otherwise whatever is asked for; the prices of the rules when nothing is. A
    folder is a saved run, whose scenario is asked again. The answers are saved with the best plan.
    They come within a minute, and say what there was no time for; --time-limit gives more.

    \b
    Examples:
      footprints explain inputs/england/scenarios/impossible-members.toml
      footprints explain --prices
      footprints explain --icb QNQ --service 11
      footprints explain --repair icbs-42 --set footprints.count=9 --out outputs/why
    """
    from optimiser.cli.progress import progress
    from optimiser.folders import check_absent
    from optimiser.questions.explain.interface import ANSWER_SECONDS, Questions, explain

    check_absent(out)
    scenario = _open(asked, overrides, time_limit, threads)
    nothing = not (service or icb or repair)
    questions = Questions(prices or nothing, service, icb, repair)
    with progress() as report:
        found = explain(scenario, questions, report, time_limit or ANSWER_SECONDS)
        folder = _save(found, out)
        report("save", str(folder))
    click.echo({"table": _as_text, "csv": _as_csv, "json": _as_json}[shape](found, folder))
    if found.impossible is not None:
        raise SystemExit(NO_PLAN)


def _open(
    asked: Path | None, overrides: tuple[str, ...], time_limit: float | None, threads: int | None
) -> Scenario:
    from optimiser.cli.shared import open_scenario

    if asked is None or not asked.is_dir():
        return open_scenario(asked or find_base(), overrides, time_limit, threads)
    from optimiser.proof.verify.checking import find_inputs, scenario_of
    from optimiser.runs.folder import read_run

    if overrides:
        raise click.UsageError("--set changes a scenario, not a saved run. Name the scenario.")
    manifest = read_run(asked).manifest
    scenario = scenario_of(manifest, find_inputs(manifest, None))
    own = {"solver.time_limit": time_limit, "solver.threads": threads}
    return scenario.changed({key: value for key, value in own.items() if value is not None})


def _save(found: Explanation, out: Path | None) -> Path:
    from optimiser.runs.folder import write_findings, write_run

    tables = dict(_tables(found))
    if found.plan is None:
        findings = {"explanation": _told(found)}
        return write_findings(found.scenario, found.dataset, "infeasible", findings, tables, out)
    from optimiser.reports.maps import write_map

    def draw(plan: Plan, dataset: object, folder: Path) -> list[Path]:
        files = list(write_map(plan, found.dataset, folder))
        for name, frame in tables.items():
            path = folder / f"{name}.csv"
            frame.to_csv(path, index=False, lineterminator="\n")
            files.append(path)
        return files

    return write_run(
        found.plan, found.dataset, found.scenario, out, draw, {"explanation": _told(found)}
    )


def _tables(found: Explanation) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every table of the answers, by the name it is saved under."""
    if found.impossible is not None:
        import pandas as pd

        rules = [{"rule": rule.name, "sentence": rule.sentence} for rule in found.impossible.clash]
        yield "clash", pd.DataFrame(rules, columns=["rule", "sentence"])
        relaxations = found.impossible.relaxations
        texts = [json.dumps(settings) for settings in relaxations["settings"]]
        yield "relaxations", relaxations.assign(settings=texts)
    if found.prices is not None:
        yield "prices", found.prices
    if found.service is not None:
        yield "why_service", found.service.footprints
        yield "why_service_forced", found.service.forced
    if found.icb is not None:
        yield "why_icb", found.icb
    if found.repair is not None:
        yield "repair", found.repair.moves


def _told(found: Explanation) -> dict[str, object]:
    """The answers as plain values, for the manifest and for JSON."""
    from optimiser.runs.folder import plain

    told: dict[str, object] = {"seconds": round(found.seconds, 3)}
    if found.not_answered:
        told["not_answered"] = list(found.not_answered)
    if found.impossible is not None:
        told["impossible"] = _tell_clash(found.impossible)
    for name, frame in _tables(found):
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


def _tell_clash(found: Impossible) -> dict[str, object]:
    from optimiser.runs.folder import plain

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


def _as_json(found: Explanation, folder: Path) -> str:
    told: Mapping[str, object] = {
        "folder": str(folder),
        "scenario_name": found.scenario.name,
        "status": "infeasible" if found.plan is None else found.plan.outcome.status,
        "objective": None if found.plan is None else found.plan.objective,
        **_told(found),
    }
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)


def _as_csv(found: Explanation, folder: Path) -> str:
    """The one table that matters most: ways out, prices, or what was asked for."""
    tables = dict(_tables(found))
    order = ("relaxations", "prices", "why_icb", "repair", "why_service")
    name = next((name for name in order if name in tables), None)
    if name is None:
        return ""
    return str(tables[name].to_csv(index=False, lineterminator="\n")).rstrip("\n")


def _as_text(found: Explanation, folder: Path) -> str:
    from optimiser.cli.reasons import tell_explanation

    return f"{tell_explanation(found)}\n\nAnswers: {folder}"
