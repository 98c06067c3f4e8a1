"""``footprints solve``: the best plan of a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import format_option, out_option, settings_options, takes_scenario

if TYPE_CHECKING:
    from optimiser.inputs.scenario.scenario import Scenario


@click.command("solve")
@takes_scenario
@out_option
@settings_options
@format_option
def command(rules: Scenario, out: Path | None, shape: str) -> None:
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

    with progress() as report:
        plan = fp.solve(rules, report=loading_meanwhile("optimiser.reports.maps", report))
        folder = plan.save(out, report=report)
    print_plan(plan, folder, shape)
    if plan.outcome.status == "interrupted":
        raise KeyboardInterrupt
