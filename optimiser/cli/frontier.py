"""``footprints frontier``: the exact trade-off between two measures."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import optimiser as fp
from optimiser.cli.printing import print_result, progress
from optimiser.cli.shared import format_or_details, out_option, settings_options, takes_scenario
from optimiser.reports.text import format_frame, wrap
from optimiser.spelling import title_plan

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.frontier import Traced

MOST_SHOWN = 12
"""Points of a frontier on a screen: what is between them lies between them."""
POLICIES = ("open", "best", "local")


@click.command("frontier", short_help="The exact trade-off between two measures.")
@takes_scenario
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
    "--all", "method", flag_value="all", default="grid",
    help="Every non-dominated plan, not a grid.",
)  # fmt: skip
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
    "local_spend_m",
    type=click.FloatRange(min=0),
    metavar="M",
    help="Least spend held locally, £m a year.  [default: none; the best plan's with open levels]",
)
@out_option
@settings_options
@format_or_details
def command(rules: Scenario, x: str, y: str, out: Path | None, shape: str, **choices: Any) -> None:
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
      footprints frontier --x cost --y disruption
      footprints frontier inputs/toy/scenarios/base.toml --x leakage --y volatility --all
    """
    with progress() as report:
        traced = fp.frontier(rules, x, y, report=report, **choices)
        folder = traced.save(out)
    points = traced.frontier.summarise()
    print_result(
        shape,
        points,
        lambda: {**_as_json(traced), "points": points, "plans": traced.plans, "folder": folder},
        lambda: _paragraphs(traced, folder),
        lambda: _list_points(points.drop(columns=traced.frontier.z or [])),
    )


def _as_json(traced: Traced) -> dict[str, object]:
    words = ("x", "y", "z", "complete", "statement", "seconds")
    found = {word: getattr(traced.frontier, word) for word in words}
    return {**found, "local_spend_floor_m": traced.floor_m}


def _paragraphs(traced: Traced, folder: Path) -> list[str]:
    found, points = traced.frontier, traced.frontier.summarise()
    floor = f" At least £{traced.floor_m:,.0f}m a year stays local." if traced.floor_m else ""
    step = -(-len(points) // MOST_SHOWN)
    some = f"{len(points)} plans" + (f", one in {step} shown" if step > 1 else "")
    within = traced.plans
    if len(within):  # a dataset may carry none
        within = within[within["feasible"]].drop(columns=["feasible", "broken"])
        within = within.assign(plan=[title_plan(name) for name in within["plan"].astype("str")])
    return [
        wrap(f"{found.statement}{floor}"),
        f"{some}:\n{_list_points(points.iloc[::step])}",
        f"Carried plans within the rules, on the same scale:\n{_list_points(within)}"
        if len(within)
        else "No carried plan is within the rules.",
        f"Saved: {folder}",
    ]


def _list_points(table: pd.DataFrame) -> str:
    """The measures that were traded, in words with their units; what is proven whole needs no column."""
    from optimiser.footprints.totals import AXES

    if "gap_share" in table and not table["gap_share"].any():
        table = table.drop(columns="gap_share")
    heads = {
        c: "\n".join(textwrap.wrap(f"{AXES[c].title.partition(':')[0]}, {AXES[c].unit}", 14))
        for c in map(str, table)
        if c in AXES
    }
    return format_frame(table, heads)
