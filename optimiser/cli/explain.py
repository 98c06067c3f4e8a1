"""``footprints explain``: why it is impossible, what each rule costs, why each thing is where it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import optimiser as fp
from optimiser.cli.printing import print_result, progress
from optimiser.cli.shared import format_option, open_scenario, out_option, settings_options
from optimiser.errors import NoPlanError

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.explain.answers import Explanation


@click.command("explain", short_help="Why it is impossible; the price of rules; the reasons.")
@click.argument(
    "subject", required=False, metavar="[SCENARIO or RUN]", type=click.Path(path_type=Path)
)
@click.option("--prices", is_flag=True, help="Price each rule: the best plan with and without it.")
@click.option(
    "--add",
    multiple=True,
    metavar="RULE",
    help="Price a rule that is not in force: KEY=VALUE, or whole=NAME, a region or a footprint of a "
    "carried plan that is not to be parted; can be repeated.",
)
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
    subject: Path | None,
    out: Path | None,
    time_limit: float | None,
    threads: int | None,
    overrides: tuple[str, ...],
    shape: str,
    **choices: Any,
) -> None:
    r"""Say why: each answer is a re-solve, passed by the referee, and says what is not proven.

    For a scenario that no plan can meet: a minimal set of rules that clash, and the cheapest changes
    that make it possible (exit code 3). Otherwise the answers that options choose, or the prices of
    the rules. A folder is a saved run, whose scenario is taken up again. The answers are saved with
    the best plan. They come within a minute, and say what there was no time for; --time-limit gives
    more.

    \b
    Examples:
      footprints explain inputs/england-42/scenarios/impossible-members.toml
      footprints explain --prices
      footprints explain --add footprints.within_regions=true --add whole=London
      footprints explain --icb S0E4D --service 11
      footprints explain --repair nine-committees-2023 --out outputs/why
    """
    from optimiser.cli.reasons import list_paragraphs
    from optimiser.questions.explain.answers import ANSWER_SECONDS

    with progress() as report:
        found = fp.explain(
            _open(subject, overrides, time_limit, threads),
            run=subject if subject is not None and subject.is_dir() else None,
            seconds=time_limit or ANSWER_SECONDS,
            report=report,
            **choices,
        )
        folder = fp.save_explanation(found, out, report=report)
    print_result(
        shape,
        _choose_table(found),
        lambda: {"folder": folder, **_as_json(found)},
        lambda: [*list_paragraphs(found), f"Answers: {folder}"],
    )
    if found.impossible is not None:
        raise SystemExit(NoPlanError.exit_code)


def _open(
    subject: Path | None, overrides: tuple[str, ...], time_limit: float | None, threads: int | None
) -> Scenario:
    from optimiser.questions.explain.answers import read_question

    if subject is None or not subject.is_dir():
        return open_scenario(subject, overrides, time_limit, threads)
    if overrides:
        raise click.UsageError("--set changes a scenario, not a saved run. Name the scenario.")
    own = {"solver.time_limit": time_limit, "solver.threads": threads}
    changes = {key: value for key, value in own.items() if value is not None}
    return read_question(subject).changed(changes)


def _as_json(found: Explanation) -> dict[str, object]:
    from optimiser.questions.explain.answers import describe_answers

    return {
        "scenario_name": found.scenario.name,
        "status": "infeasible" if found.plan is None else found.plan.outcome.status,
        "objective": None if found.plan is None else found.plan.objective,
        **describe_answers(found),
    }


def _choose_table(found: Explanation) -> pd.DataFrame:
    """The table that matters most: relaxations, prices, or the answer; empty where there is none."""
    import pandas as pd

    from optimiser.questions.explain.answers import list_tables

    tables = dict(list_tables(found))
    order = ("relaxations", "additions", "prices", "why_icb", "repair", "why_service")
    return next((tables[name] for name in order if name in tables), pd.DataFrame())
