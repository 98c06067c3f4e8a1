"""``footprints template``: an Excel workbook to fill in, or one that holds a dataset."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("template", short_help="Write an Excel workbook to fill in.")
@click.argument("workbook", type=click.Path(path_type=Path), metavar="WORKBOOK.xlsx")
@click.option(
    "--from",
    "dataset",
    type=click.Path(path_type=Path),
    metavar="DATASET",
    help="Fill it with this dataset (a folder or a workbook).  [default: empty]",
)
@click.option(
    "--scenario",
    type=click.Path(path_type=Path),
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
    from optimiser.inputs.reading.load import read_dataset
    from optimiser.inputs.scenario.scenario import read_scenario
    from optimiser.inputs.workbook.writing import write_workbook
    from optimiser.inputs.writing import check_free

    check_free(workbook)
    asked = read_scenario(scenario) if scenario else None
    if dataset is None and asked is not None:
        dataset = asked.dataset_path
    files = write_workbook(workbook, read_dataset(dataset) if dataset else None, asked)
    click.echo("\n".join(str(file) for file in files))
