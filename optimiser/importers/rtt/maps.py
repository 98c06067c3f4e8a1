"""Which map a waiting-time extract is of: mergers gave files from April 2026 other codes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from optimiser.errors import Fault, InputError
from optimiser.importers.rtt.choosing import Choices, choose_rows
from optimiser.importers.rtt.reading import Extract
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset


def choose_map(extract: Extract, choices: Choices, maps: Sequence[Path]) -> Dataset:
    """The dataset whose areas most of the counted patients live in; of equals the first.

    Args:
        extract: the files as read.
        choices: which rows are taken, and which area of residence.
        maps: datasets to choose among; those that are not there are passed over.

    Raises:
        InputError: none is there.
    """
    found = [read_dataset(place) for place in maps if place.is_dir()]
    if not found:
        remedy = (
            "The maps of England are part of the project's source code and are not here. Run in its "
            "folder, or name a dataset with --base."
        )
        raise InputError([Fault("--base", 0, "", str(maps[0]), "dataset_exists", remedy)])
    frame = choose_rows(extract, choices).frame
    counts = frame.groupby("area")["count"].sum()
    return max(found, key=lambda base: counts[counts.index.isin(base.icbs["icb"])].sum())
