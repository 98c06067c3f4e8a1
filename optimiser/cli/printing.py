"""Printing results on stdout: strict JSON, CSV, frames, and plans that were saved."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.questions.evaluate import Evaluation
    from optimiser.questions.solve import SolvedPlan

_LEFT_TO_THE_RUN = ("tables", "files", "certificate")
"""Long parts of the manifest that JSON results leave out."""


def print_result(
    shape: str,
    frame: pd.DataFrame,
    result: Callable[[], object],
    text: Callable[[], str | Iterable[str]],
) -> None:
    """Print a result in one form; only that form is made.

    Args:
        shape: ``csv`` prints the frame, ``json`` the result, frames as lists of rows, ``table`` the
            text, its paragraphs apart.
        frame: rows.
        result: all that there is to tell.
        text: one text, or paragraphs.
    """
    if shape == "csv":
        click.echo(frame.to_csv(index=False, lineterminator="\n"), nl=False)
    elif shape == "json":
        print_json(result())
    else:
        words = text()
        click.echo(words if isinstance(words, str) else "\n\n".join(words))


def print_json(result: object) -> None:
    """Print a value as strict JSON, frames as lists of rows."""
    from optimiser.runs.saving import plain

    click.echo(json.dumps(plain(result), indent=2, ensure_ascii=False, allow_nan=False))


def print_notices(notices: Iterable[str]) -> None:
    """Tell on stderr what the reader must know."""
    for notice in notices:
        click.echo(notice, err=True)


def print_saved(folder: Path | None) -> None:
    """Say on stderr where tables were saved."""
    print_notices([] if folder is None else [f"Saved in {folder}."])


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
