"""Finding the dataset that runs rest on, for its boundaries and as input beside the results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimiser.errors import Fault, InputError
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.runs.compare import Comparison
from optimiser.runs.folder import Run
from optimiser.runs.inputs import list_places

_MAPPED = ("icbs.csv", "boundaries.geojson")


def find_datasets(comparison: Comparison, given: Path | None = None) -> dict[str, Dataset]:
    """The dataset of each run whose inputs are at hand and still the same; runs of one map share it.

    Args:
        comparison: the runs.
        given: folder of the baseline's; all are looked for where they were, and by name, when None.

    Raises:
        InputError: the given folder is another dataset than the baseline's, or has faults.
    """
    first = _find_first(comparison, given)
    found: dict[str, Dataset | None] = dict.fromkeys(comparison.on_one_map, first)
    others: dict[str, Dataset | None] = {}
    for name, run in zip(comparison.names, comparison.runs, strict=True):
        if name in comparison.other_maps:
            own = run.manifest["dataset"]["name"]
            found[name] = others[own] if own in others else others.setdefault(own, _look_for(run))
    given_all = ((run, found[run]) for run in comparison.names)
    return {run: dataset for run, dataset in given_all if dataset is not None}


def _find_first(comparison: Comparison, given: Path | None) -> Dataset | None:
    run = comparison.runs[0]
    if given is not None:
        found = read_dataset(given)
        _check_same(found, run.manifest["dataset"]["files"], given)
        return found
    return _look_for(run)


def _look_for(run: Run) -> Dataset | None:
    """The inputs at one of their places whose map is still the run's."""
    for place in list_places(run):
        try:
            found = read_dataset(place)
        except InputError:  # not there, or no longer sound: not what the run rests on
            continue
        if not _list_changed(found, run.manifest["dataset"]["files"]):
            return found
    return None


def is_whole(dataset: Dataset, comparison: Comparison) -> bool:
    """Whether every input is byte for byte that of the baseline."""
    saved: Mapping[str, Any] = comparison.runs[0].manifest["dataset"]["files"]
    return dict(dataset.hashes) == dict(saved)


def _list_changed(dataset: Dataset, saved: Mapping[str, str]) -> list[str]:
    """Files of the map that are not the same; a workbook has the map in one with all else."""
    names = _MAPPED if "icbs.csv" in saved else saved
    return [name for name in names if dataset.hashes.get(name) != saved.get(name)]


def _check_same(dataset: Dataset, saved: Mapping[str, str], given: Path) -> None:
    remedy = "It is not what the runs rest on. Name the folder they were made from."
    faults = [
        Fault(str(given / name), 0, "", "", "same_dataset", remedy)
        for name in _list_changed(dataset, saved)
    ]
    if faults:
        raise InputError(faults)
