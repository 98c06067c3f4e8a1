"""``footprints carry``: a dataset or a plan from one set of ICBs to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import optimiser as fp
from optimiser.cli.printing import print_notices, print_result
from optimiser.cli.shared import format_option, path_option
from optimiser.reports.text import Shown, format_table

_ACCOUNT = (
    Shown("topic", "Not exact"),
    Shown("item", "What"),
    Shown("to", "Taken as"),
    Shown("share", "%", ".1f", 100),
    Shown("note", "Note"),
)


@click.command("carry", short_help="Carry a dataset or plan to other ICBs.")
@click.argument("what", type=click.Path(path_type=Path), metavar="DATASET or PLAN.csv")
@path_option(
    "--lookup",
    metavar="FILE",
    required=True,
    help="CSV of from_icb, to_icb and share; names and codes of the new ICBs may stand beside.",
)
@path_option("--out", "--to", "to", metavar=None, required=True, help="New folder or file.")
@click.option(
    "--base",
    type=click.Path(path_type=Path),
    default=Path("inputs/england-42"),
    show_default=True,
    help="For a plan: the dataset of the old ICBs.",
)
@click.option("--back", is_flag=True, help="For a plan: from the new ICBs to the old ones.")
@path_option(
    "--boundaries",
    metavar="FILE",
    help="For a dataset: boundaries of the new ICBs; neighbours and places are then exact.",
)
@click.option("--code", default="icb", show_default=True, help="Property with their code.")
@format_option
def command(what: Path, lookup: Path, to: Path, back: bool, shape: str, **choices: Any) -> None:
    r"""Carry a dataset, or a plan, to another set of ICBs by a lookup with shares.

    Whole ICBs are added up, which is exact. ICBs that are split are divided by share of people; each
    thing that could not be carried exactly is listed.

    \b
    Examples:
      footprints carry inputs/england-42 --lookup inputs/england-42/mapping/icbs-36-2026.csv --to my/36
      footprints carry my_plan.csv --lookup inputs/england-42/mapping/icbs-36-2026.csv --to new_plan.csv
    """
    if back and what.suffix.lower() != ".csv":
        raise click.UsageError(
            "--back carries plans alone: amounts of merged ICBs cannot be parted."
        )
    account = fp.carry(what, lookup, to, back=back, **choices)
    exact = "Everything was carried exactly."
    table = format_table(account, _ACCOUNT, widest=70) if len(account) else exact
    print_result(shape, account, lambda: account, lambda: [table, f"Written: {to}"])
    if to.is_dir():
        print_notices([f"First scenario: {to / 'scenarios' / 'base.toml'}"])
