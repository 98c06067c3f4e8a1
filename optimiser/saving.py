"""Saving the tables of a command that makes no plan: a new folder with a manifest, whole or absent."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from optimiser.data.dataset import Dataset
from optimiser.errors import OutputExistsError
from optimiser.runs import MANIFEST, check_absent, hash_files, list_versions, write_json
from optimiser.scenario import Scenario


def write_tables(
    to: Path,
    command: str,
    tables: Mapping[str, pd.DataFrame],
    dataset: Dataset,
    scenario: Scenario | None = None,
) -> Path:
    """Save tables as CSV files with a manifest of what they rest on.

    Args:
        to: the new folder.
        command: the command that made them.
        tables: name of each file, without its ending, to its rows.
        dataset: what they were made from.
        scenario: what was asked, if it was a scenario.

    Returns:
        the folder.

    Raises:
        OutputExistsError: there is something at ``to``.
    """
    check_absent(to)
    draft = _reserve(to)
    try:
        for name, table in tables.items():
            table.to_csv(draft / f"{name}.csv", index=False, lineterminator="\n")
        manifest = {
            "command": command,
            "scenario": None if scenario is None else scenario.settings(),
            "dataset": {**asdict(dataset.about), "files": dataset.hashes},
            "versions": list_versions(),
            "files": hash_files(draft),
        }
        write_json(manifest, draft / MANIFEST)
        return draft.rename(to)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _reserve(to: Path) -> Path:
    """Take the place; making a folder is atomic on every system."""
    draft = to.with_name(f".{to.name}.partial")
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        draft.mkdir()
    except FileExistsError:
        message = f"{draft} exists: another result is being saved there, or was cut off."
        raise OutputExistsError(f"{message} Remove it or name another folder.") from None
    return draft
