"""``footprints roadmap``: one grouping for some years, and the year in which each service goes local."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_result, progress
from optimiser.cli.shared import format_option, out_option, settings_options, takes_scenario

if TYPE_CHECKING:
    from optimiser.inputs.scenario.scenario import Scenario


def _read_years(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d{4})(?:\s*[-:]\s*(\d{4}))?", text.strip())
    if found is None:
        raise click.BadParameter(f"{text!r} are no years. Write the first and the last: 2023-2028.")
    return int(found[1]), int(found[2] or found[1])


@click.command("roadmap", short_help="Which services go local in which year.")
@takes_scenario
@click.option(
    "--years",
    metavar="FIRST-LAST",
    callback=_read_years,
    help="Years of the roadmap.  [default: roadmap.years, or services.year and five more]",
)
@out_option
@settings_options
@format_option
def command(rules: Scenario, years: tuple[int, int] | None, out: Path | None, shape: str) -> None:
    r"""Find one grouping for some years and, for each footprint and service, who holds it in each.

    SCENARIO is a .toml file; without it today's England is used. Its section [roadmap] says how the
    years differ: growth, discount, where services are held before the first year, and whether one that
    is local may be taken back. Services join by their category and ready_year, footprints hold from the
    year in which they are ready. Grouping and years are one model, proven; beside it stand solving year
    by year and a carried path, such as England's own. Saves a run: its last year as the plan, the years
    as tables and a picture.

    \b
    Examples:
      footprints roadmap --years 2026-2030
      footprints roadmap inputs/england-42/scenarios/roadmap-2023.toml
      footprints roadmap inputs/toy/scenarios/base.toml --years 2023-2027 --format csv
    """
    with progress() as report:
        found = fp.roadmap(rules, years=years, report=report)
        folder = found.save(out, report=report)
    names = ("score", "bound", "gap", "status", "candidates")
    tables = ("milestones", "services", "compared", "plan", "terms")
    print_result(
        shape,
        found.levels,
        lambda: {name: getattr(found, name) for name in (*names, *tables)} | {"folder": folder},
        lambda: [found.summary(), f"Saved: {folder}"],
    )
