"""``footprints import-rtt``: NHS England's monthly extracts as the flows of a new dataset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import optimiser as fp
from optimiser.cli.printing import print_notices, print_result
from optimiser.cli.shared import format_or_details, path_option
from optimiser.reports.text import Shown, format_table, wrap

if TYPE_CHECKING:
    from optimiser.importers.rtt.building import Imported

_ACCOUNT = (
    Shown("step", "Counts"),
    Shown("count", "Number", ",.0f"),
    Shown("share", "%", ".1f", 100),
)
_UNATTRIBUTED = (
    Shown("function_name", "Without an ICB: specialty"),
    Shown("kind", "Commissioner"),
    Shown("region", "Provider's region"),
    Shown("count", "Number", ",.0f"),
    Shown("share_of_function", "% of specialty", ".1f", 100),
)
_VOLATILITY = (
    Shown("function_name", "From month to month"),
    Shown("mean_a_month", "Mean", ",.1f"),
    Shown("monthly_cv", "cv %", ".1f", 100),
    Shown("common_shock", "Shock of a year %", ".1f", 100),
)


@click.command("import-rtt", short_help="Make a dataset of RTT or DM01 files.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@path_option("--out", "--to", "to", metavar="DIR", help="New dataset folder.")
@click.option(
    "--base",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Dataset that gives the map: ICBs, neighbours, boundaries, travel, readiness, plans.  "
    "[default: the carried map that has the files' ICBs: the 36 from April 2026, the 42 before]",
)
@click.option(
    "--part",
    "parts",
    multiple=True,
    metavar="PART",
    help="1A, 1B, 2, 2A or 3; for DM01 activity or waiting. Can be repeated.  [default: the first]",
)
@click.option(
    "--providers",
    type=click.Choice(["nhs", "all"]),
    default="nhs",
    show_default=True,
    help="NHS trusts alone (codes R..), or independent providers as well.",
)
@click.option(
    "--unattributed",
    type=click.Choice(["drop", "host", "spread"]),
    default="drop",
    show_default=True,
    help="Activity of hubs, regions and non-English commissioners: left out, taken as residents of "
    "the provider's ICB, or spread as its other patients.",
)
@click.option(
    "--level",
    type=click.Choice(["icb", "sub-icb"]),
    default="icb",
    show_default=True,
    help="Area of residence: the commissioner's ICB, or the commissioner's sub-ICB location.",
)
@click.option(
    "--by",
    type=click.Choice(["specialty", "total"]),
    default="specialty",
    show_default=True,
    help="Each specialty, or the row that adds them up; never both.",
)
@path_option(
    "--table",
    metavar="FILE",
    help="Edited table of specialties: service, category, unit cost.  [default: each a service]",
)
@path_option(
    "--write-table",
    metavar="FILE",
    help="Write the table of the files' specialties, to edit, and stop.",
)
@format_or_details
def command(
    files: tuple[str, ...], to: Path | None, write_table: Path | None, shape: str, **choices: Any
) -> None:
    r"""Make a dataset of NHS England's RTT full CSV or DM01 extract (CSV or zip, many months).

    FILE is a path or an http address. The map comes from --base; the files give flows, services and
    providers. Money is patients times a unit cost, £1,000 unless the table of specialties says
    otherwise. A first scenario is written with the dataset.

    \b
    Examples:
      footprints import-rtt Full-CSV-Jan26.zip --to my/rtt
      footprints import-rtt jan.zip feb.zip --write-table my/specialties.csv
      footprints import-rtt jan.zip feb.zip --table my/specialties.csv --to my/rtt --part 1A --part 1B
    """
    if (to is None) == (write_table is None):
        raise click.UsageError("Give either --to DIR for the dataset or --write-table FILE.")
    found = fp.import_rtt(files, to, write_table=write_table, **choices)
    if isinstance(found, fp.Specialties):
        click.echo(f"{len(found.frame)} specialties: {write_table}")
        return
    words = ("account", "unattributed", "volatility", "notices")
    print_result(
        shape,
        found.account,
        lambda: {"dataset": to, **{word: getattr(found, word) for word in words}},
        lambda: _paragraphs(found, to or Path()),
        lambda: _details(found),
    )
    print_notices(found.notices)


def _paragraphs(imported: Imported, to: Path) -> Iterator[str]:
    from optimiser.reports.sentences import count

    about, tables = imported.new.about, imported.new.tables
    yield wrap(
        f"{about.title}: {count(len(tables['services']), 'service')}, "
        f"{count(len(tables['providers']), 'provider')}, {count(len(tables['flows']), 'flow')}, on the "
        f"map of {count(len(tables['icbs']), 'ICB')}."
    )
    yield format_table(imported.account, _ACCOUNT, widest=60)
    if len(imported.unattributed):
        kinds = imported.unattributed.groupby("kind")["count"].sum().sort_values(ascending=False)
        shown = ", ".join(f"{kind} {number:,.0f}" for kind, number in kinds.items())
        yield wrap(
            f"Without an ICB, by commissioner: {shown}. By specialty and region: "
            f"{to / 'facts' / 'unattributed.csv'}, {count(len(imported.unattributed), 'row')}."
        )
    yield (f"Dataset: {to}\nFirst scenario: footprints solve {to / 'scenarios' / 'base.toml'}")


def _details(imported: Imported) -> Iterator[str]:
    if len(imported.unattributed):
        yield format_table(imported.unattributed, _UNATTRIBUTED, widest=26)
    if len(imported.volatility):
        yield format_table(imported.volatility, _VOLATILITY)
