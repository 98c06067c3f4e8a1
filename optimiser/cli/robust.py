"""``footprints robust``: how firm the best plan is when the inputs are drawn again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import optimiser as fp
from optimiser.cli.printing import print_result, progress
from optimiser.cli.shared import format_option, out_option, settings_options, takes_scenario
from optimiser.reports.text import format_frame, wrap
from optimiser.spelling import title_plan

_HEADINGS = {
    "stays_best_share": "Best in\n% of draws",
    "beats_share": "Beaten by\nthe best, %",
    "less_outside_share": "Best has less\noutside, %",
    "mean_rank": "Mean\nrank",
    "mean_regret_m": "Short of the\nbest, mean",
    "largest_regret_m": "Short of the\nbest, most",
}

if TYPE_CHECKING:
    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.robust import Robustness


@click.command("robust", short_help="How firm the best plan is under uncertain inputs.")
@takes_scenario
@click.option(
    "--draws", default=50, show_default=True, type=click.IntRange(min=0), help="Random draws."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(min=0), help="Of draws.")
@click.option(
    "--flows",
    type=click.Choice(("poisson", "bootstrap", "none")),
    default="none",
    show_default=True,
    help="The chance of one year on top: how patients and their costs are drawn.",
)
@click.option(
    "--shock", default=0.0, show_default=True, help="Times the services' own common shock, on top."
)
@click.option(
    "--what-if",
    "what_ifs",
    multiple=True,
    metavar="CASE",
    help="A named change: growth=10%, growth:SERVICE=10% or close=PROVIDER; can be repeated.",
)
@click.option(
    "--plan",
    "plans",
    multiple=True,
    metavar="NAME|FILE",
    help="A plan to score beside the best; can be repeated.  [default: those of a fitting number]",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: all processors]")
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
    r"""Draw every modelled and illustrative input again, and solve each draw to proof.

    sources.csv says how far each column may be off; all are drawn together. Says which ICBs are always
    or never together, how often the best plan beats the others, and how far the score runs.

    \b
    Examples:
      footprints robust --draws 200 --seed 7
      footprints robust --draws 0 --what-if growth=10% --what-if close=RGT
    """
    if draws == 0 and not what_ifs:
        raise click.UsageError("Give --draws of 1 or more, or a --what-if.")
    with progress() as report:
        found = fp.robust(rules, draws=draws, what_ifs=what_ifs, report=report, **choices)
    folder, table = found.save(out), found.summarise()
    titled = table.assign(
        plan=table["plan"].astype("str").replace("best", "best plan").map(title_plan)
    )
    print_result(
        shape,
        table,
        lambda: {**_as_json(found), "folder": folder},
        lambda: [wrap(found.statement()), format_frame(titled, _HEADINGS), f"Saved: {folder}"],
    )


def _as_json(found: Robustness) -> dict[str, object]:
    return {
        **found.about,
        "plans": found.summarise(),
        "draws": found.by_draw(),
        "services": found.services(),
        "statement": found.statement(),
    }
