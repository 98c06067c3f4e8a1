"""``footprints template``: an Excel workbook to fill in, or one that holds a dataset."""

from __future__ import annotations

from pathlib import Path

import click

import optimiser as fp
from optimiser.cli.shared import path_option


@click.command("template", short_help="Write an Excel workbook to fill in.")
@click.argument("workbook", type=click.Path(path_type=Path), metavar="WORKBOOK.xlsx")
@path_option(
    "--from",
    "dataset",
    metavar="DATASET",
    help="Fill it with this dataset (a folder or a workbook).  [default: empty]",
)
@path_option(
    "--scenario",
    metavar="FILE",
    help="Fill the sheet of settings with this scenario (.toml).",
)
def command(workbook: Path, dataset: Path | None, scenario: Path | None) -> None:
    r"""Write an Excel workbook with every table, notes, drop-downs and validation.

    `check`, `solve` and `evaluate` take the workbook in place of a scenario, and a scenario may name
    it as its dataset. Boundaries stand beside it, as WORKBOOK.boundaries.geojson.

    \b
    Examples:
      footprints template my.xlsx
      footprints template england.xlsx --from inputs/england
      footprints check my.xlsx
      footprints solve my.xlsx
    """
    files = fp.template(workbook, dataset, scenario)
    click.echo("\n".join(str(file) for file in files))
