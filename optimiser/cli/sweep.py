"""``footprints sweep``: many scenarios, resumable."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from optimiser.cli.shared import format_option


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
@click.option(
    "--out",
    type=click.Path(path_type=Path),
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
    from optimiser.cli.tables import print_frame
    from optimiser.folders import OUTPUTS
    from optimiser.runs.folder import plain
    from optimiser.sweeps.grid import read_grid
    from optimiser.sweeps.run_sweep import has_dask, run_sweep

    asked = read_grid(grid)
    folder = out or OUTPUTS / "sweeps" / asked.name
    chosen = scheduler or ("local" if has_dask() else "none")
    if chosen != "none" and not has_dask():
        raise click.UsageError(
            'Dask is not installed: pip install "footprints-optimiser[cluster]".'
        )
    crew = workers or os.cpu_count() or 1
    with _bar(len(asked.entries)) as tell:
        swept = run_sweep(asked, folder, crew, "" if chosen == "none" else chosen, tell)
    table = swept.catalogue.read()
    table = table[table["key"].isin([entry.key for entry in asked.entries])]
    if shape == "json":
        result = {"folder": str(folder), "kept": swept.kept, "solved": swept.solved, "runs": table}
        click.echo(json.dumps(plain(result), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print_frame(table[["name", "state", "objective", "footprints", "seconds", "folder"]], shape)
        failed = int((~table["state"].isin(("done", "infeasible"))).sum())
        click.echo(
            f"{swept.solved} runs solved, {swept.kept} kept from before, {swept.lost} taken again "
            f"after a worker died, {failed} failed; catalogue: {folder / 'catalogue.sqlite'}",
            err=True,
        )
    if (~table["state"].isin(("done", "infeasible"))).any():
        raise SystemExit(1)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[str, str], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as shown:
        task = shown.add_task("runs", total=total)

        def tell(key: str, state: str) -> None:
            shown.update(task, advance=0 if state == "lost" else 1, description=f"{key} {state}")

        yield tell
