"""``footprints robust``: does the best plan stay best when the inputs are drawn again?"""

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
    import pandas as pd

    from optimiser.questions.robust import Robustness, Stability


@click.command("robust", short_help="How the best plan fares under uncertain inputs.")
@scenario_argument
@click.option(
    "--draws", default=20, show_default=True, type=click.IntRange(min=0), help="Random draws."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(min=0), help="Of draws.")
@click.option(
    "--flows",
    type=click.Choice(("poisson", "bootstrap", "none")),
    default="poisson",
    show_default=True,
    help="How patients and their costs are drawn.",
)
@click.option(
    "--shock", default=1.0, show_default=True, help="Times the services' own common shock."
)
@click.option(
    "--readiness-sd", default=0.0, show_default=True, help="Added to PDAF scores (0 to 4)."
)
@click.option(
    "--what-if",
    "what_ifs",
    multiple=True,
    metavar="CASE",
    help="A named change: growth=10%, growth:SERVICE=10% or close=PROVIDER; can be repeated.",
)
@click.option("--plans", default=20, show_default=True, type=click.IntRange(min=1), help="Scored.")
@out_option
@settings_options
@format_option
def command(
    scenario: Path | None,
    draws: int,
    seed: int,
    flows: Literal["poisson", "bootstrap", "none"],
    shock: float,
    readiness_sd: float,
    what_ifs: tuple[str, ...],
    plans: int,
    out: Path | None,
    time_limit: float | None,
    threads: int | None,
    overrides: tuple[str, ...],
    shape: str,
) -> None:
    r"""Draw the inputs again, solve each draw to proof, and score the near-best plans in it.

    Tells how often the best plan stays best, its regret, and the plan within 1 % of the best whose
    largest regret is least.

    \b
    Examples:
      footprints robust --draws 50 --seed 7
      footprints robust --draws 0 --what-if growth=10% --what-if close=RGT
    """
    import optimiser as fp
    from optimiser.cli.progress import progress
    from optimiser.folders import check_absent

    if draws == 0 and not what_ifs:
        raise click.UsageError("Give --draws of 1 or more, or a --what-if.")
    check_absent(out)
    rules = open_scenario(scenario, overrides, time_limit, threads)
    with progress() as report:
        found = fp.robust(
            rules,
            draws=draws,
            seed=seed,
            flows=flows,
            shock=shock,
            readiness_sd=readiness_sd,
            what_ifs=what_ifs,
            plans=plans,
            report=report,
        )
    _print(found, found.save(out), shape)


def _print(found: Robustness, folder: Path, shape: str) -> None:
    from optimiser.cli.printing import print_frame, print_json
    from optimiser.reports.text import wrap

    stability = found.stability
    table, least = stability.summarise(), stability.least_regret()
    if shape == "json":
        result = {
            **found.about,
            "plans": table,
            "draws": stability.by_draw(),
            "folder": str(folder),
            "least_largest_regret": None if least is None else least + 1,
        }
        print_json(result)
        return
    print_frame(table, shape)
    if shape == "table":
        click.echo("\n" + wrap(_tell(stability, table.iloc[0], least, found.about["seed"])))
        click.echo(f"Saved: {folder}")


def _tell(stability: Stability, first: pd.Series, least: int | None, seed: object) -> str:
    """How the best plan and the safest one fare, in a few sentences."""
    told = (
        f"Over {len(stability.draws)} draws the best plan stays best in "
        f"{first['stays_best_share']:.0%}; its mean regret is £{first['mean_regret_m']:,.2f}m a "
        f"year where it obeys the rules ({first['fits_share']:.0%} of draws). "
    )
    if least is None:
        return told + f"No plan of the list obeys the rules in every draw. Seed {seed}."
    regret = stability.summarise()["largest_regret_m"].iloc[least]
    return told + f"Plan {least + 1} has the least largest regret, £{regret:,.2f}m. Seed {seed}."
