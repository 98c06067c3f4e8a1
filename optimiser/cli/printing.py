"""Printing results on stdout: strict JSON, CSV, frames, and plans that were saved."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.questions.evaluate import Evaluation
    from optimiser.questions.solve import SolvedPlan

_LEFT_TO_THE_RUN = ("tables", "files", "certificate")
"""Long parts of the manifest that JSON results leave out."""


def print_json(result: object) -> None:
    """Print a value as strict JSON, frames as lists of rows."""
    from optimiser.runs.saving import plain

    click.echo(json.dumps(plain(result), indent=2, ensure_ascii=False, allow_nan=False))


def print_csv(frame: pd.DataFrame) -> None:
    """Print a frame as CSV."""
    from optimiser.csv_text import to_csv_text

    click.echo(to_csv_text(frame), nl=False)


def print_frame(frame: pd.DataFrame, shape: str) -> None:
    """Print a frame as a table or as CSV."""
    from optimiser.reports.text import format_frame

    if shape == "csv":
        print_csv(frame)
    else:
        click.echo(format_frame(frame))


def print_result(
    shape: str,
    frame: pd.DataFrame,
    result: Callable[[], Mapping[str, object]],
    text: Callable[[], str],
) -> None:
    """Print a result in the form that was asked for; only that form is made."""
    if shape == "csv":
        print_csv(frame)
    elif shape == "json":
        print_json(result())
    else:
        click.echo(text())


def print_saved(folder: Path | None) -> None:
    """Say on stderr where tables were saved."""
    if folder is not None:
        click.echo(f"Saved in {folder}.", err=True)


def print_plan(found: SolvedPlan | Evaluation, folder: Path, shape: str) -> None:
    """Print a saved plan: ``table``, ``csv`` (the footprints) or ``json`` (words of the manifest)."""
    from optimiser.questions.solve import SolvedPlan
    from optimiser.runs.saving import MANIFEST

    if shape == "csv":
        click.echo((folder / "footprints.csv").read_text(encoding="utf-8"), nl=False)
    elif shape == "json":
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        kept = {key: value for key, value in manifest.items() if key not in _LEFT_TO_THE_RUN}
        plan = found if isinstance(found, SolvedPlan) else found.plan
        print_json({"folder": str(folder), **kept, "footprints": plan.footprints})
    else:
        drawn = folder / "map.png"
        place = f"Run: {folder}" + (f"\nMap: {drawn}" if drawn.exists() else "")
        click.echo(f"{found.summary()}\n\n{place}")
