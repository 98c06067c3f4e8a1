"""``footprints carry``: a dataset or a plan from one set of ICBs to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import format_option

if TYPE_CHECKING:
    import pandas as pd


@click.command("carry", short_help="Carry a dataset or plan to other ICBs.")
@click.argument("what", type=click.Path(path_type=Path), metavar="DATASET or PLAN.csv")
@click.option(
    "--lookup",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV of from_icb, to_icb and share; names and codes of the new ICBs may stand beside.",
)
@click.option(
    "--out",
    "--to",
    "to",
    required=True,
    type=click.Path(path_type=Path),
    help="New folder or file.",
)
@click.option(
    "--base",
    type=click.Path(path_type=Path),
    default=Path("inputs/england"),
    show_default=True,
    help="For a plan: the dataset of the old ICBs.",
)
@click.option("--back", is_flag=True, help="For a plan: from the new ICBs to the old ones.")
@click.option(
    "--boundaries",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="For a dataset: boundaries of the new ICBs; neighbours and places are then exact.",
)
@click.option("--code", default="icb", show_default=True, help="Property with their code.")
@format_option
def command(
    what: Path,
    lookup: Path,
    to: Path,
    base: Path,
    back: bool,
    boundaries: Path | None,
    code: str,
    shape: str,
) -> None:
    r"""Carry a dataset, or a plan, to another set of ICBs by a lookup with shares.

    Whole ICBs are added up, which is exact. ICBs that are split are divided by share of people; each
    thing that could not be carried exactly is listed.

    \b
    Examples:
      footprints carry inputs/england --lookup inputs/england/mapping/icbs-36-2026.csv --to my/icbs36
      footprints carry my_plan.csv --lookup inputs/england/mapping/icbs-36-2026.csv --to new_plan.csv
    """
    from optimiser.inputs.writing import check_free

    check_free(to)
    if what.suffix.lower() == ".csv":
        account = _carry_plan(what, lookup, to, base, back)
    elif back:
        raise click.UsageError(
            "--back carries plans alone: amounts of merged ICBs cannot be parted."
        )
    else:
        account = _carry_dataset(what, lookup, to, boundaries, code)
    click.echo(_show(account, to, shape))
    if to.is_dir():
        click.echo(f"First scenario: {to / 'scenarios' / 'base.toml'}", err=True)


def _carry_dataset(
    what: Path, lookup: Path, to: Path, boundaries: Path | None, code: str
) -> pd.DataFrame:
    from optimiser.importers.carry.dataset import carry_dataset, write_carried
    from optimiser.importers.carry.lookup import read_lookup
    from optimiser.importers.neighbours import read_areas
    from optimiser.inputs.reading.load import read_dataset

    dataset = read_dataset(what)
    table = read_lookup(lookup, dataset.icbs["icb"].tolist())
    areas = read_areas(boundaries, code) if boundaries else None
    carried = carry_dataset(dataset, table, to.name, areas)
    write_carried(carried, to)
    return carried.account


def _carry_plan(what: Path, lookup: Path, to: Path, base: Path, back: bool) -> pd.DataFrame:
    import pandas as pd

    from optimiser.importers.carry.dataset import ACCOUNT
    from optimiser.importers.carry.lookup import read_lookup
    from optimiser.importers.carry.plan import carry_plan, carry_plan_back, read_plan
    from optimiser.inputs.reading.load import read_dataset
    from optimiser.inputs.writing import format_csv, write_text

    dataset = read_dataset(base)
    codes = dataset.icbs["icb"].tolist()
    table = read_lookup(lookup, codes)
    frame = read_plan(what, table.new if back else codes)
    people = dict(zip(codes, dataset.icbs["population"].astype(float), strict=True))
    carried = carry_plan_back(frame, table) if back else carry_plan(frame, table, people)
    write_text(to, format_csv(carried.plan))
    rows = [(f"plan {what.stem}", *row) for row in carried.mixed]
    return pd.DataFrame(rows, columns=list(ACCOUNT))


def _show(account: pd.DataFrame, to: Path, shape: str) -> str:
    from optimiser.cli.text import Shown, format_table

    if shape == "csv":
        return str(account.to_csv(index=False, lineterminator="\n")).rstrip("\n")
    if shape == "json":
        return str(account.to_json(orient="records", indent=2))
    shown = (Shown("topic", "Not exact"), Shown("item", "What"), Shown("to", "Taken as"),
             Shown("share", "%", ".1f", 100), Shown("note", "Note"))  # fmt: skip
    exact = "Everything was carried exactly."
    return f"{format_table(account, shown, widest=70) if len(account) else exact}\n\nWritten: {to}"
