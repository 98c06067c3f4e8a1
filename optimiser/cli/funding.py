"""``footprints funding``: historic and needs-based money, and the path from one to the other by year."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_tables, progress
from optimiser.cli.shared import format_or_details, path_option, table_options, takes_plan
from optimiser.reports.text import Shown, format_table, wrap

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.funding import Funding

TABLES = ("footprints", "icbs", "by_year", "by_year_icbs", "published")
_MONEY = (
    Shown("historic_m", "Historic\n£m", ",.0f"),
    Shown("needs_based_m", "By need\n£m", ",.0f"),
    Shown("distance_share", "From\ntarget %", "+.1f", 100),
)
_FOOTPRINTS = (
    Shown("footprint", "Footprint"),
    *_MONEY,
    Shown("netted_off_m", "Netted\noff £m", ",.0f"),
    Shown("first_year_change_share", "First\nyear %", "+.1f", 100),
    Shown("year_at_target", "At target\nin year", ".0f"),
    Shown("year_at_target_alone", "ICBs alone\nin year", ".0f"),
)
_ICBS = (
    Shown("name", "ICB"),
    Shown("footprint", "Footprint"),
    *_MONEY,
    Shown("first_year_change_share", "First\nyear %", "+.1f", 100),
    Shown("year_at_target", "At target\nin year", ".0f"),
)
_YEARS = (0, 1, 2, 3, 5, 10)
"""Years, and the last, for which a screen has room; CSV has all."""


@click.command("funding", short_help="Historic and needs-based money; the path between, by year.")
@takes_plan("funding.max_cut=0.01")
@click.option(
    "--years",
    type=click.IntRange(min=1),
    metavar="N",
    help="Years to converge.  [default: funding.years of the scenario]",
)
@path_option(
    "--allocations",
    metavar="FILE",
    help="CSV file of published allocations, one row an ICB: icb, historic_m, needs_based_m.  "
    "[default: the funding of the dataset]",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OURS=HEADER",
    help="What one of these three is called in FILE; can be repeated.",
)
@click.option(
    "--unit",
    type=click.Choice(("£", "£k", "£m")),
    default="£m",
    show_default=True,
    help="Unit of the money in FILE.",
)
@table_options(TABLES)
@format_or_details
def command(
    subject: Scenario | Path,
    plan: str | None,
    years: int | None,
    allocations: Path | None,
    columns: tuple[str, ...],
    unit: str,
    table: str,
    out: Path | None,
    shape: str,
) -> None:
    r"""Show each footprint's historic and needs-based money, and the path between them by year.

    SCENARIO is a .toml file, RUN the folder of a saved run; without either today's England is used.
    Historic money is what an ICB's own providers are paid; needs-based money shares out the same total
    by need. The section [funding] of the scenario has the pace of change: years to converge, the largest
    yearly cut and rise, a floor on growth. Every year adds up to the same total, to the pound.

    \b
    Examples:
      footprints funding --plan pan-icb-offices-2027 --years 10
      footprints funding --plan clusters-26 --set funding.max_cut=0.01 --format csv --table by_year
      footprints funding --plan pan-icb-offices-2027 --allocations my_allocations.csv --unit £k
    """
    with progress() as report:
        found = fp.funding(
            subject,
            plan,
            years=years,
            allocations=allocations,
            columns=_read_columns(columns),
            unit=unit,
            report=report,
        )
    print_tables(
        shape,
        found,
        (table, out),
        (_paragraphs, _details),
        source=found.source,
        rules=found.rules.model_dump(),
        notes=found.notes,
    )


def _read_columns(given: tuple[str, ...]) -> dict[str, str]:
    from optimiser.inputs.schema import FUNDING

    pairs = [text.partition("=") for text in given]
    for ours, _, header in pairs:
        if ours not in FUNDING.names or not header:
            raise click.UsageError(
                f"--column says what one of {', '.join(FUNDING.names)} is called in the file, such as "
                f"historic_m=Baseline; {ours!r} is none of them or has no header."
            )
    return {ours: header for ours, _, header in pairs}


def _paragraphs(found: Funding) -> Iterator[str]:
    rules = found.rules
    yield wrap(
        f"Money of {found.plan.called} from {found.source}, "
        f"£{found.footprints['historic_m'].sum():,.0f}m in all{_state_basis(found)}. Pace of "
        f"change: {rules.years} year{'s' if rules.years > 1 else ''} to converge, all the money growing "
        f"{rules.growth:.1%} a year; an allocation falls behind that by at most {rules.max_cut:.1%} "
        f"and runs ahead by at most {rules.max_rise:.1%} of its target a year"
        f"{_state_floor(rules.min_growth)}."
    )
    yield _format(found.footprints, _FOOTPRINTS)
    yield wrap(
        "From target: historic money above (+) or below (-) what need gives. Netted off: what members "
        "above target give members below it inside one footprint. First year, at target: the footprint "
        "asked as one budget; ICBs alone: when the last of its members is there, each asked alone; - is "
        "not within 50 years."
    )
    yield _format_years(found.by_year)


def _details(found: Funding) -> Iterator[str]:
    yield "\n".join(wrap(note, "  ") for note in found.notes)
    yield _format(found.icbs, _ICBS)


def _format(table: pd.DataFrame, shown: tuple[Shown, ...]) -> str:
    """Years that are whole numbers or blank as numbers, whose blanks are dashes."""
    years = dict.fromkeys(table.columns[table.columns.str.startswith("year_at")], "float64")
    return format_table(table.astype(years), shown, widest=26)


def _state_basis(found: Funding) -> str:
    if found.source != "the dataset's funding":
        return ""
    from optimiser.runs.basis import describe_basis

    places = ["funding.historic_m", "funding.needs_based_m"]
    return f" ({describe_basis(places, found.case.dataset.sources)})"


def _state_floor(floor: float) -> str:
    return "" if floor <= -1 else f", and none grows by less than {floor:.1%}"


def _format_years(table: pd.DataFrame) -> str:
    wide = table.pivot(index="footprint", columns="year", values="allocation_m")
    wide = wide.reindex(table["footprint"].unique())
    last = table[table["year"] == table["year"].max()].set_index("footprint")
    last_year = int(table["year"].max())
    told = [year for year in map(int, wide.columns) if year in _YEARS or year == last_year]
    years = [Shown(str(year), f"Year {year}\n£m", ",.0f") for year in told]
    shown = wide.rename(columns=str).assign(left=last["distance_share"]).reset_index()
    left = Shown("left", "Still from\ntarget %", "+.1f", 100)
    return format_table(shown, (Shown("footprint", "By year"), *years, left), widest=26)
