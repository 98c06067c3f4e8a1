"""``footprints calibrate``: a dataset's modelled flows fitted to observed ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import format_option

if TYPE_CHECKING:
    import pandas as pd


@click.command("calibrate", short_help="Fit a dataset's flows to observed ones.")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--flows",
    "files",
    multiple=True,
    required=True,
    metavar="FILE",
    help="A CSV of family, icb, host_icb, share_percent, patients; or an RTT extract (CSV or zip), "
    "which can be repeated for many months.",
)
@click.option(
    "--families",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A CSV of service and family.  [default: mapping/families.csv of the dataset]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="New dataset folder.",
)
@format_option
def command(
    dataset: Path, files: tuple[str, ...], families: Path | None, out: Path, shape: str
) -> None:
    r"""Fit who goes where in DATASET to observed flows, and write a new dataset.

    Totals of every service, patients and £m, stay as they are, and so do its centres; services of
    families that were not observed keep the model's flows. Prints observed beside modelled shares
    treated outside the own ICB, before and after.

    \b
    Examples:
      footprints calibrate inputs/england-42 --flows my/shares.csv --out my/england
      footprints calibrate inputs/england-42 --flows Full-CSV-Jan26.zip --out my/england-rtt
    """
    import optimiser as fp
    from optimiser.cli.printing import print_json

    found = fp.calibrate(dataset, files, out, families=families)
    for notice in found.notices:
        click.echo(notice, err=True)
    if shape == "csv":
        click.echo(found.after.to_csv(index=False, lineterminator="\n").rstrip("\n"))
    elif shape == "json":
        print_json({"dataset": str(out), "fit": found.after})
    else:
        click.echo(_show(found.before, found.after) + f"\n\nDataset: {out}")


def _show(before: pd.DataFrame, after: pd.DataFrame) -> str:
    from optimiser.importers.calibration import summarise_fit
    from optimiser.reports.text import Shown, format_table

    columns = (
        Shown("family", "Family"),
        Shown("icbs", "ICBs", ".0f"),
        Shown("patients", "Counted", ",.0f"),
        Shown("rank_before", "Rank correlation\nbefore", ".2f"),
        Shown("rank_after", "Rank correlation\nafter", ".2f"),
        Shown("furthest_icb", "Furthest off\n(200 counted or more)"),
        Shown("furthest_points", "By\npoints", ".1f"),
    )
    return format_table(summarise_fit(before, after), columns)
