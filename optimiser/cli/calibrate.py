"""``footprints calibrate``: a dataset's modelled flows fitted to observed ones."""

from __future__ import annotations

from pathlib import Path

import click

import optimiser as fp
from optimiser.cli.printing import print_notices, print_result
from optimiser.cli.shared import format_option, path_option
from optimiser.reports.text import Shown, format_table

_FIT = (
    Shown("family", "Family"),
    Shown("icbs", "ICBs", ".0f"),
    Shown("patients", "Counted", ",.0f"),
    Shown("rank_before", "Rank correlation\nbefore", ".2f"),
    Shown("rank_after", "Rank correlation\nafter", ".2f"),
    Shown("furthest_icb", "Furthest off\n(200 counted or more)"),
    Shown("furthest_points", "By\npoints", ".1f"),
)


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
@path_option(
    "--families",
    metavar="FILE",
    help="A CSV of service and family.  [default: mapping/families.csv of the dataset]",
)
@path_option("--out", metavar="DIR", required=True, help="New dataset folder.")
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
    from optimiser.importers.calibration import summarise_fit

    found = fp.calibrate(dataset, files, out, families=families)
    print_notices(found.notices)
    fit = summarise_fit(found.before, found.after)
    print_result(
        shape,
        found.after,
        lambda: {"dataset": out, "fit": found.after},
        lambda: [format_table(fit, _FIT), f"Dataset: {out}"],
    )
