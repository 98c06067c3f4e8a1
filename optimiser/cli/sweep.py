"""``footprints sweep``: many scenarios, resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_notices, print_result
from optimiser.cli.shared import format_option, path_option
from optimiser.reports.text import format_frame

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ["name", "state", "objective", "footprints", "seconds", "folder"]


@click.command("sweep", short_help="Many scenarios, resumable, on this machine or a cluster.")
@click.argument("grid", type=click.Path(path_type=Path))
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Processes.  [default: one a core]"
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Dask scheduler that sees the same files; 'local' for a Dask cluster here, 'none' for plain "
    "processes.  [default: local where Dask is installed, else none]",
)
@path_option(
    "--out",
    metavar="DIR",
    help="Folder of the sweep; one that is there is taken up again.  [default: outputs/sweeps/GRID]",
)
@format_option
def command(
    grid: Path, workers: int | None, scheduler: str | None, out: Path | None, shape: str
) -> None:
    r"""Solve every scenario of a sweep file once; finished runs are kept when it is started again.

    GRID is a TOML file: base names a scenario, [grid] gives settings with lists of values, [[run]]
    single runs. Each run is saved as solve saves it; catalogue.sqlite says how each went and may be
    read at any time. A run whose worker dies is taken again, three times at most.

    \b
    Example:
      footprints sweep weights.toml --workers 2
    """
    from optimiser.sweeps.grid import read_grid
    from optimiser.sweeps.run_sweep import has_dask

    runs = read_grid(grid)
    if scheduler not in (None, "none") and not has_dask():
        raise click.UsageError(
            'Dask is not installed: pip install "footprints-optimiser[cluster]".'
        )
    with _bar(len(runs.entries)) as report:
        swept = fp.sweep(runs, out, workers=workers, scheduler=scheduler, report=report)
    table = swept.runs
    words = ("folder", "kept", "solved", "runs")
    print_result(
        shape,
        table[_COLUMNS],
        lambda: {word: getattr(swept, word) for word in words},
        lambda: format_frame(table[_COLUMNS]),
    )
    print_notices(
        [
            f"{swept.solved} runs solved, {swept.kept} kept from before, {swept.lost} taken again "
            f"after a worker died, {swept.failed} failed; catalogue: {swept.catalogue.path}",
            *tell_failures(table),
        ]
    )
    if swept.failed:
        raise SystemExit(1)


def tell_failures(runs: pd.DataFrame) -> list[str]:
    """Why runs failed, each cause once, with the first run it befell; the first few causes."""
    failed = runs[runs["state"] == "failed"].drop_duplicates("message")
    return [f"{run['name']} failed: {run['message']}" for _, run in failed.head(3).iterrows()]


@contextmanager
def _bar(total: int) -> Iterator[Callable[[str, str], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as shown:
        task = shown.add_task("runs", total=total)

        def report(key: str, state: str) -> None:
            shown.update(task, advance=0 if state == "lost" else 1, description=f"{key} {state}")

        yield report
