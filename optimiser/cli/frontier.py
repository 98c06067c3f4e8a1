"""``footprints frontier``: the exact trade-off between two measures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from optimiser.cli.shared import (
    format_option,
    open_scenario,
    out_option,
    scenario_argument,
    settings_options,
)

if TYPE_CHECKING:
    from optimiser.questions.frontier import Traced

POLICIES = ("open", "best", "local")


@click.command("frontier", short_help="The exact trade-off between two measures.")
@scenario_argument
@click.option("--x", required=True, metavar="MEASURE", help="Measure across.")
@click.option("--y", required=True, metavar="MEASURE", help="Measure upwards.")
@click.option("--z", default="", metavar="MEASURE", help="Third measure, bounded by a grid.")
@click.option(
    "--points", default=21, show_default=True, type=click.IntRange(min=2), help="Values of y."
)
@click.option(
    "--z-points", default=5, show_default=True, type=click.IntRange(min=2), help="Values of z."
)
@click.option(
    "--all", "method", flag_value="all", default=None, help="Every non-dominated plan, not a grid."
)
@click.option(
    "--levels",
    "--options",
    "levels",
    type=click.Choice(POLICIES),
    default="best",
    show_default=True,
    help="Services of each footprint: what costs least, local where allowed, or open to the "
    "trade-off (much harder).",
)
@click.option(
    "--local-spend",
    "floor_m",
    type=click.FloatRange(min=0),
    metavar="M",
    help="Least spend held locally, £m a year.  [default: none; the best plan's with open levels]",
)
@out_option
@settings_options
@format_option
def command(
    scenario: Path | None,
    x: str,
    y: str,
    z: str,
    points: int,
    z_points: int,
    method: Literal["all"] | None,
    levels: Literal["open", "best", "local"],
    floor_m: float | None,
    out: Path | None,
    time_limit: float | None,
    threads: int | None,
    overrides: tuple[str, ...],
    shape: str,
) -> None:
    r"""Trace plans of which neither of two measures can get better alone, each proven.

    Measures: cost, leakage, contracting, volatility, integration, holding, transition_delegate,
    transition_clawback, national_spend, local_spend, local_services, footprints, governance,
    disruption, allocation. The carried plans are shown on the same scale. Saves
    frontier.csv, plans.csv, the plot and, in groupings/, each plan as a file
    that evaluate --plan reads, in a new folder.

    By default each footprint holds the services that cost it least under the scenario's weights, so
    that a plan here has the numbers that evaluate gives it. With --levels open and every service
    national, volatility is least on any map; such a frontier holds local spend at the best
    plan's, unless --local-spend says otherwise.

    \b
    Examples:
      footprints frontier --x cost --y disruption --set footprints.baseline=nine-committees-2023
      footprints frontier inputs/toy/scenarios/base.toml --x leakage --y volatility --all
    """
    import optimiser as fp
    from optimiser.cli.progress import progress
    from optimiser.folders import check_absent

    check_absent(out)
    rules = open_scenario(scenario, overrides, time_limit, threads)
    with progress() as report:
        traced = fp.frontier(
            rules,
            x,
            y,
            z=z,
            points=points,
            z_points=z_points,
            method=method or "grid",
            levels=levels,
            local_spend_m=floor_m,
            report=report,
        )
        folder = traced.save(out)
    _print(traced, folder, shape)


def _print(traced: Traced, folder: Path, shape: str) -> None:
    from optimiser.cli.printing import print_frame, print_json
    from optimiser.reports.text import wrap

    found = traced.frontier
    points = found.summarise()
    if shape == "json":
        words = ("x", "y", "z", "complete", "statement")
        result = {
            **{word: getattr(found, word) for word in words},
            "local_spend_floor_m": traced.floor_m,
            "seconds": found.seconds,
            "points": points,
            "plans": traced.plans,
            "folder": str(folder),
        }
        print_json(result)
        return
    print_frame(points, shape)
    if shape == "table":
        click.echo("\nCarried plans on the same scale:")
        print_frame(traced.plans, shape)
        floor = f" At least £{traced.floor_m:,.1f}m a year stays local." if traced.floor_m else ""
        click.echo("\n" + wrap(found.statement + floor))
        click.echo(f"Saved: {folder}")
