"""``footprints report``: saved runs as a board pack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from optimiser.cli.compare import baseline_option, unlike_option
from optimiser.cli.shared import format_option

DOCUMENTS = ("pictures", "workbook", "paper", "page")


@click.command("report", short_help="Word, PDF, Excel, web page and maps of saved runs.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", type=click.Path(path_type=Path))
@click.option(
    "--out",
    "--to",
    "to",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="New folder for the pack.",
)
@click.option(
    "--template",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Your own Word document (.docx) for the paper.",
)
@click.option(
    "--dataset",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The runs' inputs, for the maps.  [default: inputs/NAME, by the dataset's name]",
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
def command(
    runs: tuple[Path, ...],
    to: Path,
    template: Path | None,
    dataset: Path | None,
    beside: tuple[Path, ...],
    only: tuple[str, ...],
    workers: int | None,
    baseline: str | None,
    unlike: Any,
    shape: str,
) -> None:
    r"""Make a board pack of saved runs, in which every number can be traced.

    RUN is a run folder of solve or evaluate. The pack holds maps and charts (each with its data
    and its text for readers who cannot see it), an Excel workbook, a Word paper and its PDF, one
    web page, the runs themselves, figures.csv with the source of every numbered figure, and a
    manifest with the hash of every file. No solver is needed.

    \b
    Examples:
      footprints report outputs/nine outputs/best --to outputs/pack
      footprints report outputs/nine outputs/best --to outputs/pack --template board.docx
      footprints report outputs/nine outputs/best --to outputs/charts --only pictures
    """
    import optimiser as fp
    from optimiser.cli.progress import progress

    with progress() as report:
        fp.report(
            runs,
            to,
            template=template,
            dataset=dataset,
            beside=beside,
            only=only,
            workers=workers,
            baseline=baseline,
            unlike=unlike,
            report=report,
        )
    _print(to, json.loads((to / "manifest.json").read_text(encoding="utf-8")), shape)


def _print(to: Path, manifest: dict[str, Any], shape: str) -> None:
    if shape == "json":
        kept = {key: value for key, value in manifest.items() if key != "versions"}
        click.echo(json.dumps({"folder": str(to), **kept}, indent=2, ensure_ascii=False))
        return
    if shape == "csv":
        rows = [f"{name},{sha256}" for name, sha256 in manifest["files"].items()]
        click.echo("\n".join(["file,sha256", *rows]))
        return
    lines = [f"Pack: {to}"]
    for document, files in manifest["documents"].items():
        shown = files if len(files) <= 4 else [f"{len(files)} files in {files[0].split('/')[0]}/"]
        lines.append(f"  {document}: {', '.join(shown)}")
    if manifest["unlike"]:
        lines.append("UNLIKE FOR LIKE: these runs do not rest on the same ground.")
    click.echo("\n".join([*lines, f"Check it anywhere: footprints verify {to}"]))
