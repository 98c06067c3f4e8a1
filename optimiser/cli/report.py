"""``footprints report``: saved runs as a board pack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

import optimiser as fp
from optimiser.cli.printing import print_result, progress
from optimiser.cli.shared import (
    baseline_option,
    format_option,
    path_option,
    runs_argument,
    unlike_option,
)

DOCUMENTS = ("pictures", "workbook", "paper", "page")


@click.command("report", short_help="Word, PDF, Excel, web page and maps of saved runs.")
@runs_argument
@path_option("--out", "--to", "to", metavar="DIR", required=True, help="New folder for the pack.")
@click.option(
    "--template",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Your own Word document (.docx) for the paper: its styles, and its words if it has any.",
)
@click.option(
    "--details",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="TOML file: sponsor, author, meeting, status, names of the options, owners of risks.",
)
@click.option(
    "--robust",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="What robust wrote: headlines then carry their share of draws.",
)
@path_option(
    "--dataset",
    metavar="DIR",
    help="The runs' inputs, for the maps.  [default: where they were, else inputs/NAME]",
)
@click.option(
    "--beside",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="What frontier or alternatives wrote, to be drawn too; can be repeated.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(DOCUMENTS),
    help="Write these parts alone; can be repeated.  [default: all]",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that share the work.  [default: one a core, at most 4]",
)
@baseline_option
@unlike_option
@format_option
def command(runs: tuple[Path, ...], to: Path, shape: str, **choices: Any) -> None:
    r"""Make a board pack of saved runs, in which every number can be traced.

    RUN is a run folder of solve or evaluate. The pack holds maps and charts (each with its data
    and its text for readers who cannot see it), an Excel workbook, a Word paper and its PDF, one
    web page, the runs themselves, figures.csv with the source of every numbered figure, and a
    manifest with the hash of every file. No solver is needed.

    \b
    Examples:
      footprints report outputs/offices outputs/best --to outputs/pack
      footprints report outputs/offices outputs/best --to outputs/pack --details paper.toml
      footprints report outputs/offices outputs/best --to outputs/pack --template board.docx
      footprints report outputs/offices outputs/best --to outputs/charts --only pictures
    """
    import pandas as pd

    with progress() as report:
        fp.report(runs, to, report=report, **choices)
    manifest = json.loads((to / "manifest.json").read_text(encoding="utf-8"))
    del manifest["versions"]
    print_result(
        shape,
        pd.DataFrame(manifest["files"].items(), columns=["file", "sha256"]),
        lambda: {"folder": to, **manifest},
        lambda: _describe(to, manifest),
    )


def _describe(to: Path, manifest: dict[str, Any]) -> str:
    lines = [f"Pack: {to}"]
    for document, files in manifest["documents"].items():
        shown = files if len(files) <= 4 else [f"{len(files)} files in {files[0].split('/')[0]}/"]
        lines.append(f"  {document}: {', '.join(shown)}")
    if manifest["unlike"]:
        lines.append("UNLIKE FOR LIKE: these runs do not rest on the same ground.")
    return "\n".join([*lines, f"Check it anywhere: footprints verify {to}"])
