"""``footprints evaluate``: a given grouping on the scale of a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import (
    loading_meanwhile,
    print_plan,
    print_result,
    progress,
    save_result,
)
from optimiser.cli.shared import (
    format_or_details,
    out_option,
    path_option,
    settings_options,
    takes_scenario,
)
from optimiser.reports.sentences import say_rule
from optimiser.reports.text import SCORES, format_table, wrap
from optimiser.spelling import title_plan

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.inputs.scenario.scenario import Scenario

ALL = "all"


@click.command("evaluate", short_help="Score a given grouping; its gap to the best plan.")
@takes_scenario
@click.option(
    "--plan",
    required=True,
    metavar="NAME|FILE|all",
    help="A carried plan, a CSV file with columns icb and footprint, or all carried plans.",
)
@path_option(
    "--services",
    metavar="FILE",
    help="CSV file of service, footprint and level.  [default: each service's best level]",
)
@click.option("--no-optimum", is_flag=True, help="Do not solve for the best plan to compare with.")
@out_option
@settings_options
@format_or_details
def command(
    rules: Scenario,
    plan: str,
    services: Path | None,
    no_optimum: bool,
    out: Path | None,
    shape: str,
) -> None:
    r"""Score a given grouping: its terms, its gap to the best plan, the rules it breaks.

    SCENARIO is a .toml file; without it today's England is the scale. One plan is saved as a run like
    that of solve; with --plan all every carried plan is scored in one table, saved where --out says.

    \b
    Examples:
      footprints evaluate --plan pan-icb-offices-2027
      footprints evaluate --plan all --format csv
      footprints evaluate inputs/toy/scenarios/base.toml --plan my_grouping.csv --no-optimum
    """
    if plan == ALL and (services or no_optimum):
        raise click.UsageError("--plan all goes with neither --services nor --no-optimum.")
    if plan == ALL:
        _evaluate_all(rules, out, shape)
        return
    with progress() as report:
        loading = loading_meanwhile("optimiser.reports.maps", report)
        found = fp.evaluate(rules, plan, services=services, no_optimum=no_optimum, report=loading)
    print_plan(found, found.save(out), shape)


def _evaluate_all(scenario: Scenario, out: Path | None, shape: str) -> None:

    with progress() as report:
        table = fp.summarise_evaluations(fp.evaluate_all(scenario, report=report))
    flat = table.assign(broken_rules=[" ".join(names) for names in table["broken_rules"]])
    told = (
        flat,
        lambda: {"scenario_name": scenario.name, "plans": table},
        lambda: _format_scores(table),
    )
    save_result(out, *told)
    print_result(shape, *told)


def _format_scores(table: pd.DataFrame) -> str:
    titles = table["plan"].map(title_plan).mask(table["plan"] == "optimal", "best plan")
    shown = table.assign(plan=titles)
    broken = [
        wrap(f"  {name}: {', '.join(map(say_rule, rules))}", "    ")
        for name, rules in zip(titles, table["broken_rules"], strict=True)
        if rules
    ]
    key = "Score in £m-equivalents; the gap is a share of what a plan can change."
    heading = (
        "Plans outside the rules, and which rules they break:" if broken else "All obey the rules."
    )
    return "\n".join([format_table(shown, SCORES, widest=24), key, "", heading, *broken])
