"""Finding the dataset that runs rest on, for its boundaries and as input beside the results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimiser.errors import Fault, InputError
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.runs.compare import Comparison

PROJECT = Path(__file__).resolve().parents[2]
_MAPPED = ("icbs.csv", "boundaries.geojson")


def find_datasets(comparison: Comparison, given: Path | None = None) -> dict[str, Dataset]:
    """The dataset of each run whose inputs are at hand and still the same; runs of one map share it.

    Args:
        comparison: the runs.
        given: folder of the baseline's; all are looked for under ``inputs/`` by name when None.

    Raises:
        InputError: the given folder is another dataset than the baseline's, or has faults.
    """
    first = _find_first(comparison, given)
    found: dict[str, Dataset | None] = dict.fromkeys(comparison.on_one_map, first)
    others: dict[str, Dataset | None] = {}
    for name, run in zip(comparison.names, comparison.runs, strict=True):
        about = run.manifest["dataset"]
        if name in comparison.other_maps:
            found[name] = others.setdefault(about["name"], _look_for(about))
    given_all = ((run, found[run]) for run in comparison.names)
    return {run: dataset for run, dataset in given_all if dataset is not None}


def _find_first(comparison: Comparison, given: Path | None) -> Dataset | None:
    about = comparison.runs[0].manifest["dataset"]
    if given is not None:
        found = read_dataset(given)
        _check_same(found, about["files"], given)
        return found
    return _look_for(about)


def _look_for(about: Mapping[str, Any]) -> Dataset | None:
    for place in (Path("inputs") / about["name"], PROJECT / "inputs" / about["name"]):
        if place.is_dir():
            found = read_dataset(place)
            if not _list_changed(found, about["files"]):
                return found
    return None


def is_whole(dataset: Dataset, comparison: Comparison) -> bool:
    """Whether every input is byte for byte that of the baseline."""
    saved: Mapping[str, Any] = comparison.runs[0].manifest["dataset"]["files"]
    return dict(dataset.hashes) == dict(saved)


def _list_changed(dataset: Dataset, saved: Mapping[str, str]) -> list[str]:
    return [name for name in _MAPPED if dataset.hashes.get(name) != saved.get(name)]


def _check_same(dataset: Dataset, saved: Mapping[str, str], given: Path) -> None:
    remedy = "It is not what the runs rest on. Name the folder they were made from."
    faults = [
        Fault(str(given / name), 0, "", "", "same_dataset", remedy)
        for name in _list_changed(dataset, saved)
    ]
    if faults:
        raise InputError(faults)
