"""Finding the inputs that a saved run rests on: verify, explain, the page and reports look alike."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optimiser.errors import Fault, InputError
from optimiser.inputs.reading.load import boundaries_of
from optimiser.runs.folder import MALFORMED, Run

PROJECT = Path(__file__).resolve().parents[2]


def find_inputs(run: Run, given: str | Path | None = None) -> Path:
    """The inputs that a run rests on; where none are as they were, those at the place that is told.

    Raises:
        InputError: there are none.
    """
    places = [Path(given)] if given else list_places(run)
    found = _find_same(run, places) or places[0]
    if not found.exists():
        remedy = "The run's inputs are not there. Name their folder with --dataset."
        raise InputError([Fault(str(found), 0, "", "", "dataset_exists", remedy)])
    return found


def find_same_inputs(run: Run) -> Path:
    """The inputs that a run rests on, as they were.

    Raises:
        InputError: there are none, or they changed since: answers would be those of another country.
    """
    places = list_places(run)
    found = _find_same(run, places)
    if found is None:
        place = places[0]
        how = f"as they were ({list_changed(run.manifest, place)})" if place.exists() else "there"
        remedy = (
            f"The inputs of the run are not {how}. Bring them back, or give a scenario in place "
            "of the run, to ask it of other inputs."
        )
        raise InputError([Fault(str(place), 0, "", "", "same_inputs", remedy)])
    return found


def list_places(run: Run) -> list[Path]:
    """Where a run's inputs may lie: where they were, seen from here and from the run, then by name.

    A place that was given relative to where a command ran is saved so; whoever takes the run up may
    stand elsewhere, while run and inputs mostly lie below one folder still.
    """
    told, own = run.manifest.get("dataset"), run.manifest.get("dataset_place")
    name = str(told.get("name", "")) if isinstance(told, dict) else ""
    named = [Path("inputs") / name, PROJECT / "inputs" / name]
    if not isinstance(own, str):
        return named
    return list(
        dict.fromkeys([Path(own), *(p / own for p in run.folder.resolve().parents), *named])
    )


def list_changed(manifest: Mapping[str, Any], place: Path) -> str:
    """Inputs of a run that a place has not or has otherwise, by name; empty where all are the same."""
    told = manifest.get("dataset")
    saved = told.get("files") if isinstance(told, dict) else None
    if not isinstance(saved, dict):
        return "the list of files in its manifest"
    paths = {name: _find_file(place, name) for name in saved}
    found = {name: _hash(path) for name, path in paths.items() if path.is_file()}
    return list_differences(saved, found)


def list_differences(saved: Mapping[str, str], found: Mapping[str, str]) -> str:
    """Files whose hash is not the saved one, by name; empty where all are the same."""
    wrong = [name for name in saved if found.get(name) != saved[name]]
    return ", ".join(name if name in found else f"{name} (missing)" for name in wrong)


def _find_same(run: Run, places: Sequence[Path]) -> Path | None:
    """The first place that has a run's inputs as they were."""
    return next((place for place in places if place.exists() and _is_same(run, place)), None)


def _is_same(run: Run, place: Path) -> bool:
    try:
        return not list_changed(run.manifest, place)
    except MALFORMED:  # such as a name that no disk can hold: verify says what is wrong
        return False


def _find_file(place: Path, name: str) -> Path:
    """A file of a dataset: in its folder, or a workbook itself and the boundaries beside it."""
    own = {path.name: path for path in (place, boundaries_of(place))}
    return own.get(name, place / name) if place.is_file() else place / name


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
