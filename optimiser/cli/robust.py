"""``footprints robust``: does the best plan stay best when the inputs are drawn again?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optimiser.cli.shared import format_option, out_option, settings_options, takes_scenario
from optimiser.reports.text import format_frame, wrap

if TYPE_CHECKING:
    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.robust import Robustness


@click.command("robust", short_help="How the best plan fares under uncertain inputs.")
@takes_scenario
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
    rules: Scenario,
    draws: int,
    what_ifs: tuple[str, ...],
    out: Path | None,
    shape: str,
    **choices: Any,
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
    from optimiser.cli.printing import print_result
    from optimiser.cli.progress import progress

    if draws == 0 and not what_ifs:
        raise click.UsageError("Give --draws of 1 or more, or a --what-if.")
    with progress() as report:
        found = fp.robust(rules, draws=draws, what_ifs=what_ifs, report=report, **choices)
    folder, table = found.save(out), found.stability.summarise()
    print_result(
        shape,
        table,
        lambda: {**_as_json(found), "folder": folder},
        lambda: [format_frame(table), f"{wrap(_describe(found))}\nSaved: {folder}"],
    )


def _as_json(found: Robustness) -> dict[str, object]:
    stability = found.stability
    least = stability.least_regret()
    return {
        **found.about,
        "plans": stability.summarise(),
        "draws": stability.by_draw(),
        "least_largest_regret": None if least is None else least + 1,
    }


def _describe(found: Robustness) -> str:
    """How the best plan and the safest one fare, in a few sentences."""
    table, least = found.stability.summarise(), found.stability.least_regret()
    first, seed = table.iloc[0], found.about["seed"]
    text = (
        f"Over {len(found.stability.draws)} draws the best plan stays best in "
        f"{first['stays_best_share']:.0%}; its mean regret is £{first['mean_regret_m']:,.2f}m a "
        f"year where it obeys the rules ({first['fits_share']:.0%} of draws). "
    )
    if least is None:
        return text + f"No plan of the list obeys the rules in every draw. Seed {seed}."
    regret = table["largest_regret_m"].iloc[least]
    return text + f"Plan {least + 1} has the least largest regret, £{regret:,.2f}m. Seed {seed}."
