"""``footprints explain``: why it is impossible, what each rule costs, why each thing is where it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import (
    format_option,
    open_scenario,
    out_option,
    settings_options,
)
from optimiser.errors import NoPlanError

if TYPE_CHECKING:
    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.explain.interface import Explanation


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
      footprints explain inputs/england-42/scenarios/impossible-members.toml
      footprints explain --prices
      footprints explain --icb QNQ --service 11
      footprints explain --repair icbs-42 --set footprints.count=9 --out outputs/why
    """
    import optimiser as fp
    from optimiser.cli.progress import progress
    from optimiser.folders import check_absent
    from optimiser.questions.explain.interface import ANSWER_SECONDS

    check_absent(out)
    with progress() as report:
        found = fp.explain(
            _open(asked, overrides, time_limit, threads),
            prices=prices,
            service=service,
            icb=icb,
            repair=repair,
            seconds=time_limit or ANSWER_SECONDS,
            report=report,
        )
        folder = fp.save_explanation(found, out, report=report)
    {"table": _print_text, "csv": _print_csv, "json": _print_answers}[shape](found, folder)
    if found.impossible is not None:
        raise SystemExit(NoPlanError.exit_code)


def _open(
    asked: Path | None, overrides: tuple[str, ...], time_limit: float | None, threads: int | None
) -> Scenario:
    from optimiser.questions.explain.answers import read_question

    if asked is None or not asked.is_dir():
        return open_scenario(asked, overrides, time_limit, threads)
    if overrides:
        raise click.UsageError("--set changes a scenario, not a saved run. Name the scenario.")
    own = {"solver.time_limit": time_limit, "solver.threads": threads}
    changes = {key: value for key, value in own.items() if value is not None}
    return read_question(asked).changed(changes)


def _print_answers(found: Explanation, folder: Path) -> None:
    from optimiser.cli.printing import print_json
    from optimiser.questions.explain.answers import describe_answers

    print_json(
        {
            "folder": str(folder),
            "scenario_name": found.scenario.name,
            "status": "infeasible" if found.plan is None else found.plan.outcome.status,
            "objective": None if found.plan is None else found.plan.objective,
            **describe_answers(found),
        }
    )


def _print_csv(found: Explanation, folder: Path) -> None:
    """The one table that matters most: ways out, prices, or what was asked for."""
    from optimiser.cli.printing import print_csv
    from optimiser.questions.explain.answers import list_tables

    tables = dict(list_tables(found))
    order = ("relaxations", "prices", "why_icb", "repair", "why_service")
    name = next((name for name in order if name in tables), None)
    if name is None:
        click.echo("")
    else:
        print_csv(tables[name])


def _print_text(found: Explanation, folder: Path) -> None:
    from optimiser.cli.reasons import tell_explanation

    click.echo(f"{tell_explanation(found)}\n\nAnswers: {folder}")
