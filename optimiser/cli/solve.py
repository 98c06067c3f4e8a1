"""``footprints solve``: the best plan of a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.drawing import drawing_meanwhile
from optimiser.cli.printing import print_plan
from optimiser.cli.progress import progress
from optimiser.cli.shared import (
    format_or_details,
    out_option,
    path_option,
    settings_options,
    takes_scenario,
)

if TYPE_CHECKING:
    from optimiser.cli.signals import Signals
    from optimiser.inputs.scenario.scenario import Scenario


@click.command("solve")
@takes_scenario
@path_option(
    "--robust",
    metavar="DIR",
    help="What robust wrote: the headlines then carry their share of draws.",
)
@out_option
@settings_options
@format_or_details
@click.pass_obj
def command(
    signals: Signals, rules: Scenario, robust: Path | None, out: Path | None, shape: str
) -> None:
    r"""Find the best plan and prove it.

    SCENARIO is a .toml file; without it the question of today is solved: seven footprints of England's
    36 ICBs. Prints what is best, what it changes against the scenario's baseline and how firm it is,
    and saves the run with its tables and map.

    \b
    Examples:
      footprints solve
      footprints solve inputs/toy/scenarios/base.toml --set footprints.count=3
      footprints solve --set footprints.count=8 --time-limit 60 --out outputs/eight
      footprints solve --robust outputs/draws
    """
    boundaries = rules.dataset_path / "boundaries.geojson"
    with progress() as report, drawing_meanwhile(boundaries) as drawer:
        tell = signals.watch(report)
        plan = fp.solve(rules, report=tell, found=drawer.begin, robust=robust)
        try:
            folder = plan.save(out, draw=drawer.draw, report=tell)
        except OSError:  # the plan cost more than the place: show it at least
            click.echo(plan.summary(), err=True)
            raise
    print_plan(plan, folder, shape)
    if signals.heard or plan.outcome.status == "interrupted":
        raise KeyboardInterrupt
