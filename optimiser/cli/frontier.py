"""``footprints frontier``: the exact trade-off between two measures."""

from __future__ import annotations

import json
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
    from optimiser.questions.answers import Traced

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
    "--options",
    "policy",
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
    help="Least spend held locally, £m a year.  [default: none; the best plan's with open options]",
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
    policy: Literal["open", "best", "local"],
    floor_m: float | None,
    out: Path | None,
    time_limit: float | None,
    threads: int | None,
    overrides: tuple[str, ...],
    shape: str,
) -> None:
    r"""Trace plans of which neither of two measures can get better alone, each proven.

    Measures: cost, leakage, volatility, national, national_spend, local_spend, local_services,
    individual, footprints, governance, travel, disruption, allocation. The carried plans are shown
    on the same scale. Saves frontier.csv, plans.csv, the plot and, in groupings/, each plan as a file
    that evaluate --plan reads, in a new folder.

    By default each footprint holds the services that cost it least under the scenario's weights, so
    that a plan here has the numbers that evaluate gives it. With --options open and every service
    national, leakage and volatility are both nothing; such a frontier holds local spend at the best
    plan's, unless --local-spend says otherwise.

    \b
    Examples:
      footprints frontier --x cost --y disruption --set footprints.baseline=nine-committees-2023
      footprints frontier inputs/toy/scenarios/base.toml --x leakage --y volatility --all
    """
    from optimiser.cli.progress import progress
    from optimiser.folders import new_folder
    from optimiser.questions.answers import trace

    asked = open_scenario(scenario, overrides, time_limit, threads)
    how = method or "grid"
    with new_folder(out, asked.name, "frontier-") as taken:
        with progress() as report:
            traced = trace(
                asked, x, y, points, how, policy, floor_m, z=z, z_points=z_points, report=report
            )
        _save(traced, taken.draft)
    _print(traced, taken.final, shape)


def _save(traced: Traced, folder: Path) -> None:
    from optimiser.cli.tables import grouping_frames, save_tables
    from optimiser.footprints.totals import AXES
    from optimiser.reports.frontier_plot import plot_frontier, plot_surface, write_figure

    found = traced.frontier
    points = found.summarise()
    plans = {f"point-{k + 1:02}": one.masks for k, one in enumerate(found.points)}
    save_tables(
        folder,
        traced.case,
        {"frontier": points, "plans": traced.plans, **grouping_frames(traced.case, plans)},
        {"statement": found.statement, "complete": found.complete, "seconds": found.seconds},
    )
    names = (found.x, found.y, found.z) if found.z else (found.x, found.y)
    labels = [f"{AXES[name].title}\n({AXES[name].unit})" for name in names]

    def draw(axes: object) -> None:
        if found.z:
            plot_surface(axes, points, *names, (labels[0], labels[1], labels[2]))  # type: ignore[arg-type, call-arg]
        else:
            plot_frontier(axes, points, traced.plans, found.x, found.y, (labels[0], labels[1]))  # type: ignore[arg-type]

    write_figure(draw, folder, "frontier", (7.5, 5.0))


def _print(traced: Traced, folder: Path, shape: str) -> None:
    from optimiser.cli.tables import print_frame
    from optimiser.cli.text import wrap
    from optimiser.runs.folder import plain

    found = traced.frontier
    points = found.summarise()
    if shape == "json":
        result = {
            "x": found.x,
            "y": found.y,
            "z": found.z,
            "complete": found.complete,
            "statement": found.statement,
            "local_spend_floor_m": traced.floor_m,
            "seconds": found.seconds,
            "points": plain(points),
            "plans": plain(traced.plans),
            "folder": str(folder),
        }
        click.echo(json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False))
        return
    print_frame(points, shape)
    if shape == "table":
        click.echo("\nCarried plans on the same scale:")
        print_frame(traced.plans, shape)
        floor = f" At least £{traced.floor_m:,.1f}m a year stays local." if traced.floor_m else ""
        click.echo("\n" + wrap(found.statement + floor))
        click.echo(f"Saved: {folder}")
