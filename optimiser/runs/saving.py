"""How every answer is saved: tables and a manifest in a new folder, whole or absent; then pictures.

Runs, findings (answers that are no plan) and packs are written by these few functions. The manifest
says what the answer rests on and the hash of every other file. Pictures are drawn last, into a folder
that is whole already, so that nothing that goes wrong in a drawing can cost the answer.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser.csv_text import to_csv_text
from optimiser.errors import FootprintsError, tell_system_error
from optimiser.folders import draft_of, new_folder
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.inputs.writing import write_text
from optimiser.progress import Report, silent
from optimiser.version import __version__

MANIFEST = "manifest.json"
SEAL = "seal"
"""Word of a manifest: the SHA-256 of all its other words. It tells a slip of the hand; a forger makes
it anew, which is why ``verify`` works out again what can be worked out."""
ABOUT = "about.json"
"""Manifest of findings that lie beside a pack's pictures; ``report --beside`` knows them by it."""
_LIBRARIES = ("geopandas", "highspy", "matplotlib", "numpy", "pandas", "pyomo", "scipy", "shapely")

Draw = Callable[[Path], object]
"""Draws pictures into a folder."""


def write_findings(
    tables: Mapping[str, pd.DataFrame],
    words: Mapping[str, object],
    to: Path | None = None,
    *,
    scenario: str = "",
    kind: str = "",
    manifest: str = MANIFEST,
    draw: Draw | None = None,
    report: Report = silent,
) -> Path:
    """Save an answer that holds no plan: its tables as CSV files, and a manifest.

    Args:
        tables: path of each file in the folder, without its ending, to its rows.
        words: what the manifest says; the word ``run``, where it is there, becomes the run's time.
        to: the new folder; ``outputs/<scenario>/<kind><time>`` when None.
        scenario: name of the scenario.
        kind: what the folder's name begins with.
        manifest: name of the manifest.
        draw: draws pictures, once the rest is saved.
        report: told when it is saved, and of a picture that could not be drawn.

    Raises:
        OutputExistsError: there is something at ``to``.
    """
    with new_folder(to, scenario, kind) as place:
        write_frames(tables, place.draft)
        seal(place.draft, {**words, **({"run": place.run} if "run" in words else {})}, manifest)
    report("save", str(place.final))
    if draw is not None:
        add_pictures(place.final, draw, report, manifest)
    return place.final


def save_tables(
    to: str | Path,
    command: str,
    tables: Mapping[str, pd.DataFrame],
    dataset: Dataset,
    scenario: Scenario | None = None,
) -> Path:
    """Save the tables that a command of one question made; the manifest names the command.

    Raises:
        OutputExistsError: there is something at ``to``.
    """
    words = {
        "command": command,
        "scenario": None if scenario is None else scenario.settings(),
        "dataset": _describe_dataset(dataset),
        "versions": list_versions(),
    }
    return write_findings(tables, words, Path(to))


def write_frames(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write frames as CSV files, by their path in the folder without the ending."""
    for name, frame in tables.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        text = to_csv_text(frame)
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")


def seal(folder: Path, words: Mapping[str, object], manifest: str = MANIFEST) -> None:
    """Write the manifest: words, the hash of every other file, and the hash of all these words."""
    files = {name: sha for name, sha in hash_files(folder).items() if name != manifest}
    whole = {**words, "files": files}
    text = format_json({**whole, SEAL: _hash_words(whole)})
    write_text(folder / manifest, text)


def is_sealed(path: Path) -> bool:
    """Whether a manifest is, letter for letter, what was saved: its own hash is of its own words.

    Raises:
        ValueError: it is no JSON.
    """
    text = path.read_text(encoding="utf-8")
    words = json.loads(text)
    if text != format_json(words):  # a key given twice, or spaces put in
        return False
    stated = words.pop(SEAL, None)
    return bool(stated == _hash_words(words))


def _hash_words(words: Mapping[str, object]) -> str:
    return hashlib.sha256(format_json(words).encode("utf-8")).hexdigest()


def add_pictures(
    folder: Path, draw: Draw, report: Report = silent, manifest: str = MANIFEST
) -> None:
    """Draw into a folder that is saved; what cannot be drawn is a note there and to whoever watches.

    Args:
        folder: a whole folder with its manifest.
        draw: draws pictures into a folder; they are moved when all are there.
        report: told why there is no picture.
        manifest: name of the manifest.

    Raises:
        KeyboardInterrupt: the user stopped the drawing; the folder is whole and says so.
    """
    draft = draft_of(folder)
    draft.mkdir()
    started = time.perf_counter()
    why, moved = "", list[Path]()
    try:
        draw(draft)
    except KeyboardInterrupt:
        why = "interrupted"
        raise
    except Exception as error:  # whatever it is: no drawing is worth the answer it shows
        why = (
            str(error) if isinstance(error, FootprintsError) else f"{type(error).__name__}: {error}"
        )
    else:
        moved = [path.replace(folder / path.name) for path in sorted(draft.iterdir())]
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        try:
            _tell_pictures(folder, manifest, why, time.perf_counter() - started)
        except OSError as error:  # a full disk: what the manifest does not know of must not stay
            why = tell_system_error(error)
            for path in moved:
                path.unlink(missing_ok=True)
        if why:
            report("map", f"not drawn ({why}); the rest is saved in {folder}")


def _tell_pictures(folder: Path, manifest: str, why: str, seconds: float) -> None:
    """Renew a manifest: the pictures' hashes and seconds, or why there are none."""
    words = json.loads((folder / manifest).read_text(encoding="utf-8"))
    del words["files"], words[SEAL]
    if why:
        words["not_drawn"] = why
    elif isinstance(words.get("seconds"), dict):
        words["seconds"]["map"] = round(seconds, 3)
    if "peak_memory_mb" in words:
        words["peak_memory_mb"] = measure_peak_memory_mb()
    seal(folder, words, manifest)


def describe_inputs(scenario: Scenario, dataset: Dataset) -> dict[str, object]:
    """What an answer rests on: the settings, the files of the dataset by SHA-256, the versions."""
    return {
        "scenario_name": scenario.name,
        "scenario": scenario.settings(),
        "dataset": _describe_dataset(dataset),
        "dataset_place": Path(os.path.normpath(dataset.folder)).as_posix(),
        "versions": list_versions(),
    }


def plain(value: Any) -> Any:
    """A value as strict JSON can hold it: NaN becomes null, an infinity the text ``inf``."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, pd.DataFrame):
        return [plain(row) for row in value.to_dict(orient="records")]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if value is None or value is pd.NA:
        return None
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def format_json(value: object) -> str:
    """A value as strict JSON, in the one form in which manifests are saved."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def hash_files(folder: Path) -> dict[str, str]:
    """Name of each file of a folder to its SHA-256."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _describe_dataset(dataset: Dataset) -> dict[str, object]:
    return {**asdict(dataset.about), "files": dataset.hashes}


def list_versions() -> dict[str, str]:
    """Versions of Python, of this package and of the libraries that a result rests on."""
    libraries = {name: metadata.version(name) for name in _LIBRARIES}
    own = {"python": platform.python_version(), "footprints": __version__}
    return {**own, **libraries, "platform": platform.platform(terse=True)}


def measure_peak_memory_mb() -> float | None:
    """Peak resident memory of this process plus that of its largest ended child, MB.

    The two peaks need not fall together, so it is an upper estimate. None on Windows, where the
    standard library does not tell it.
    """
    if sys.platform == "win32":
        return None
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, others kibibytes
    peaks = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return round(sum(peaks) * unit / 1e6, 1)
