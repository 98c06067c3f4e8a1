"""Frames of commands that are no plan: printed whole, and saved in a new folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.arrays import Masks
    from optimiser.questions.solve import Case


def save_tables(
    folder: Path, case: Case, frames: Mapping[str, pd.DataFrame], about: Mapping[str, object]
) -> None:
    """Save frames as CSV; ``about.json`` says what they are, what they rest on and their hashes."""
    from optimiser.runs.folder import describe_inputs, hash_files, write_json

    for name, frame in frames.items():
        (folder / name).parent.mkdir(exist_ok=True)
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    rests = describe_inputs(case.scenario, case.dataset)
    write_json({**about, **rests, "files": hash_files(folder)}, folder / "about.json")


def grouping_frames(case: Case, plans: Mapping[str, Masks]) -> dict[str, pd.DataFrame]:
    """Plans as files that ``evaluate --plan`` reads, by ``groupings/NAME``."""
    import pandas as pd

    from optimiser.footprints.leads import find_leads
    from optimiser.plan.tables import footprint_names

    system = case.system
    found = {}
    for name, masks in plans.items():
        names = footprint_names(system, masks, find_leads(system, masks))
        rows = [
            (icb, title)
            for title, mask in zip(names, masks, strict=True)
            for icb in system.members_of(int(mask))
        ]
        found[f"groupings/{name}"] = pd.DataFrame(rows, columns=["icb", "footprint"])
    return found


def print_frame(frame: pd.DataFrame, shape: str) -> None:
    """Print a frame as a table or as CSV."""
    if shape == "csv":
        click.echo(frame.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    from optimiser.cli.text import Shown, format_table

    shown = [Shown(str(c), str(c), _form(frame[c])) for c in frame.columns]
    click.echo(format_table(frame, shown, widest=36))


def _form(values: pd.Series) -> str:
    kind = values.dtype.kind
    if kind == "f":
        return ",.4g" if len(values) and values.abs().max() < 1 else ",.2f"
    return ",.0f" if kind in "iu" else ""
