"""``footprints solve``: the best plan of a scenario."""

from __future__ import annotations

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
    from optimiser.cli.signals import Signals


@click.command("solve")
@scenario_argument
@out_option
@settings_options
@format_option
@click.pass_obj
def command(
    signals: Signals,
    scenario: Path | None,
    out: Path | None,
    time_limit: float | None,
    threads: int | None,
    overrides: tuple[str, ...],
    shape: str,
) -> None:
    r"""Find the best plan and prove it.

    SCENARIO is a .toml file; without it England's base scenario is solved. Prints the footprints,
    the terms of the objective and what is proven, and saves the run with its tables and map.

    \b
    Examples:
      footprints solve
      footprints solve inputs/toy/scenarios/base.toml --set footprints.count=3
      footprints solve --set footprints.count=9 --time-limit 60 --out outputs/nine
    """
    import optimiser as fp
    from optimiser.cli.printing import print_plan
    from optimiser.cli.progress import loading_meanwhile, progress
    from optimiser.folders import check_absent

    check_absent(out)
    rules = open_scenario(scenario, overrides, time_limit, threads)
    with progress() as report:
        tell = signals.watch(report)
        plan = fp.solve(rules, report=loading_meanwhile("optimiser.reports.maps", tell))
        try:
            folder = plan.save(out, report=tell)
        except OSError:  # the plan cost more than the place: show it at least
            click.echo(plan.summary(), err=True)
            raise
    print_plan(plan, folder, shape)
    if signals.heard or plan.outcome.status == "interrupted":
        raise KeyboardInterrupt
