"""Saving the tables of a command that makes no plan: a new folder with a manifest, whole or absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from optimiser.folders import new_folder
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.runs.folder import MANIFEST, hash_files, list_versions, write_json


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
    with new_folder(to) as place:
        for name, table in tables.items():
            table.to_csv(place.draft / f"{name}.csv", index=False, lineterminator="\n")
        manifest = {
            "command": command,
            "scenario": None if scenario is None else scenario.settings(),
            "dataset": {**asdict(dataset.about), "files": dataset.hashes},
            "versions": list_versions(),
            "files": hash_files(place.draft),
        }
        write_json(manifest, place.draft / MANIFEST)
    return place.final
