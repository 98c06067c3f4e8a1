"""``footprints evaluate``: a given grouping on the scale of a scenario."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import (
    format_option,
    open_scenario,
    out_option,
    scenario_argument,
    settings_options,
)

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.solve import Evaluation

ALL = "all"


@click.command("evaluate", short_help="Score a given grouping; its gap to the best plan.")
@scenario_argument
@click.option(
    "--plan",
    required=True,
    metavar="NAME|FILE|all",
    help="A carried plan, a CSV file with columns icb and footprint, or all carried plans.",
)
@click.option(
    "--services",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV file of service, footprint and option.  [default: each service's best option]",
)
@click.option("--no-optimum", is_flag=True, help="Do not solve for the best plan to compare with.")
@out_option
@settings_options
@format_option
def command(
    scenario: Path | None,
    plan: str,
    services: Path | None,
    no_optimum: bool,
    out: Path | None,
    time_limit: float | None,
    threads: int | None,
    overrides: tuple[str, ...],
    shape: str,
) -> None:
    r"""Score a given grouping: its terms, its gap to the best plan, the rules it breaks.

    SCENARIO is a .toml file; without it England's base scenario is the scale. One plan is saved as
    a run like that of solve; with --plan all every carried plan is scored in one table and nothing
    is saved.

    \b
    Examples:
      footprints evaluate --plan nine-committees-2023
      footprints evaluate --plan all --format csv
      footprints evaluate inputs/toy/scenarios/base.toml --plan my_grouping.csv --no-optimum
    """
    from optimiser.folders import check_absent

    if plan == ALL and (out or services or no_optimum):
        raise click.UsageError("--plan all goes with none of --out, --services and --no-optimum.")
    check_absent(out)
    asked = open_scenario(scenario, overrides, time_limit, threads)
    if plan == ALL:
        _evaluate_all(asked, shape)
    else:
        _print_one(_evaluate_one(asked, plan, services, no_optimum), asked, out, shape)


def _evaluate_one(
    scenario: Scenario, plan: str, services: Path | None, no_optimum: bool
) -> Evaluation:
    from optimiser.cli.progress import loading_meanwhile, progress
    from optimiser.questions import solve as workflow

    with progress() as report:
        if no_optimum:
            return workflow.score(scenario, plan, services)
        told = loading_meanwhile("optimiser.reports.maps", report)
        return workflow.evaluate(scenario, plan, told, services)


def _print_one(evaluation: Evaluation, scenario: Scenario, out: Path | None, shape: str) -> None:
    from optimiser.cli.results import print_plan
    from optimiser.cli.text import describe_broken
    from optimiser.questions.scoreboard import describe_evaluation, list_broken
    from optimiser.reports.maps import write_map
    from optimiser.runs.folder import write_run

    folder = write_run(
        evaluation.plan,
        evaluation.dataset,
        scenario,
        out,
        write_map,
        describe_evaluation(evaluation),
    )
    findings = [_state_gap(evaluation), describe_broken(list_broken(evaluation))]
    print_plan(evaluation.plan, folder, shape, findings)


def _evaluate_all(scenario: Scenario, shape: str) -> None:
    from optimiser.cli.progress import progress
    from optimiser.questions import solve as workflow
    from optimiser.questions.scoreboard import summarise_evaluations
    from optimiser.runs.folder import plain

    with progress() as report:
        evaluations = workflow.evaluate_all(scenario, report)
    table = summarise_evaluations(evaluations)
    if shape == "json":
        rows = {"scenario_name": scenario.name, "plans": plain(table)}
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False))
    elif shape == "csv":
        flat = table.assign(broken_rules=[" ".join(names) for names in table["broken_rules"]])
        click.echo(flat.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        _print_scores(table)


def _print_scores(table: pd.DataFrame) -> None:
    from optimiser.cli.text import SCORES, format_table, wrap

    click.echo(format_table(table, SCORES, widest=34))
    click.echo("\nBroken rules:")
    for name, rules in zip(table["plan"], table["broken_rules"], strict=True):
        click.echo(wrap(f"  {name}: {', '.join(rules) or 'none'}", "    "))


def _state_gap(evaluation: Evaluation) -> str:
    from optimiser.cli.text import wrap

    best, gap = evaluation.optimum, evaluation.gap_to_optimum
    if best is None or gap is None:
        return "Gap to the optimum: not known."
    more = evaluation.plan.objective - best.objective
    return wrap(
        f"Gap to the optimum: {gap:.2%} (£{more:,.2f}m a year); the best plan found has "
        f"{len(best.footprints)} footprints and costs £{best.objective:,.2f}m a year."
    )
