"""A sweep file: a base scenario and a grid of settings, or a list of them.

base = "base.toml"

[grid]
"footprints.count" = [8, 9, 10]
"objective.volatility" = [0.1, 0.3, 1.0]

[[run]]
name = "no committees"
"footprints.count" = 42
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimiser.errors import Fault, InputError
from optimiser.inputs.reading.toml_text import read_toml
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.sweeps.catalogue import Entry
from optimiser.version import __version__


@dataclass(frozen=True)
class Grid:
    """What a sweep runs.

    Attributes:
        name: the file's name without its ending.
        base: the scenario that every run changes.
        base_path: where it is.
        entries: the runs; equal settings stand once.
    """

    name: str
    base: Scenario
    base_path: Path
    entries: tuple[Entry, ...]


def read_grid(path: str | Path) -> Grid:
    """Read a sweep file and name each run by the hash of all that decides its result.

    Raises:
        InputError: with every fault of the file and of the scenarios it asks for.
    """
    path = Path(path)
    raw = _read(path)
    base_path = path.parent / str(raw["base"])
    base = read_scenario(base_path)
    inputs = hash_inputs(base.dataset_path)
    found: dict[str, Entry] = {}
    faults: list[Fault] = []
    for name, settings in [*_combinations(raw.get("grid", {})), *_listed(raw.get("run", []))]:
        try:
            key = run_key(base.changed(settings), inputs)
        except InputError as error:
            faults += [Fault(str(path), 0, name, f.value, f.rule, f.remedy) for f in error.faults]
            continue
        found.setdefault(key, Entry(key, name, settings))
    if faults:
        raise InputError(faults)
    return Grid(path.stem, base, base_path, tuple(found.values()))


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = read_toml(path)
    except (OSError, ValueError) as error:
        remedy = f"It can't be read as TOML: {error}."
        raise InputError([Fault(str(path), 0, "", "", "readable", remedy)]) from None
    faults = [
        Fault(str(path), 0, key, "", "unknown_setting", "Known here: base, grid, run.")
        for key in raw
        if key not in ("base", "grid", "run")
    ]
    if not isinstance(raw.get("base"), str):
        remedy = 'Name the scenario that the runs change, as in base = "base.toml".'
        faults.append(Fault(str(path), 0, "base", "", "required", remedy))
    if not raw.get("grid") and not raw.get("run"):
        remedy = "Give a [grid] of settings with their values, or [[run]] tables."
        faults.append(Fault(str(path), 0, "grid", "", "required", remedy))
    for key, values in raw.get("grid", {}).items():
        if not isinstance(values, list) or not values:
            remedy = f'Give the values as a list: "{key}" = [1, 2]. Put the setting in quotes.'
            faults.append(Fault(str(path), 0, key, str(values)[:60], "list", remedy))
    if faults:
        raise InputError(faults)
    return raw


def _combinations(grid: Mapping[str, list[Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    if not grid:
        return
    for values in itertools.product(*grid.values()):
        settings = dict(zip(grid, values, strict=True))
        yield ", ".join(f"{key}={value}" for key, value in settings.items()), settings


def _listed(runs: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, run in enumerate(runs, start=1):
        settings = {key: value for key, value in run.items() if key != "name"}
        yield str(run.get("name", f"run {number}")), settings


def hash_inputs(folder: Path) -> str:
    """SHA-256 over the files of a dataset folder that a solve reads (scenarios are not among them)."""
    files = [folder] if folder.is_file() else sorted(p for p in folder.rglob("*") if p.is_file())
    digest = hashlib.sha256()
    for file in files:
        name = file.name if file == folder else file.relative_to(folder).as_posix()
        if name.startswith(("scenarios/", ".")) or name.endswith((".md", ".tmp")):
            continue
        digest.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def run_key(scenario: Scenario, inputs: str) -> str:
    """Hash of settings, inputs and version: equal keys give equal results."""
    settings = {
        k: v for k, v in scenario.settings().items() if k not in ("dataset", "title", "note")
    }
    text = json.dumps([settings, inputs, __version__], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
