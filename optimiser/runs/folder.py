"""Run folders: one plan saved whole with all that is needed to trace it, and read back.

A run is written into a temporary folder beside its place and renamed, so that a run folder is
whole or absent; none is ever written over. Tables are plain CSV that end in two columns of
provenance, ``run`` and ``basis``; the manifest holds the rest.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.folders import new_folder
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.flows import summarise_crossings
from optimiser.plan.plan import Outcome, Plan, Scope
from optimiser.runs.columns import COLUMNS, summarise_basis, weakest
from optimiser.version import __version__

Draw = Callable[[Plan, Dataset, Path], Sequence[Path]]
"""Draws a plan into a folder and returns the files: ``optimiser.reports.maps.write_map``."""

MANIFEST = "manifest.json"
PROVENANCE = ("run", "basis")
_LIBRARIES = ("geopandas", "highspy", "matplotlib", "numpy", "pandas", "pyomo", "scipy", "shapely")
_ADDED = ("region", "population")
_IN_PLAN = ("icbs", "footprints", "services", "terms", "readiness")
"""Tables that a plan is read back from; the others are views of it."""


@dataclass(frozen=True)
class Run:
    """A saved run.

    Attributes:
        folder: where it is.
        manifest: content of ``manifest.json``.
        plan: the plan as it was saved.
    """

    folder: Path
    manifest: Mapping[str, Any]
    plan: Plan


def write_run(
    plan: Plan,
    dataset: Dataset,
    scenario: Scenario,
    to: Path | None = None,
    draw: Draw | None = None,
    findings: Mapping[str, object] | None = None,
) -> Path:
    """Save a plan as a run folder.

    Args:
        plan: what was found or evaluated.
        dataset: the inputs it rests on.
        scenario: what was asked.
        to: the run folder; ``outputs/<scenario>/<run>`` when None.
        draw: draws the map; without it the run has none.
        findings: further words of the manifest, such as ``broken_rules``.

    Returns:
        The run folder.

    Raises:
        OutputExistsError: ``to`` exists.
    """
    with new_folder(to, scenario.name) as place:
        seconds = dict(plan.outcome.seconds)
        if draw:
            started = time.perf_counter()
            draw(plan, dataset, place.draft)
            seconds["map"] = time.perf_counter() - started
        _write_texts(plan.outcome, place.draft)
        tables = write_plan_tables(plan, dataset, place.draft, f"{scenario.name}/{place.run}")
        manifest = {
            "run": place.run,
            **_describe(plan, dataset, scenario, seconds),
            **(findings or {}),
            "tables": tables,
            "peak_memory_mb": measure_peak_memory_mb(),
            "files": hash_files(place.draft),
        }
        write_json(manifest, place.draft / MANIFEST)
    return place.final


def write_findings(
    scenario: Scenario,
    dataset: Dataset,
    status: str,
    findings: Mapping[str, object],
    tables: Mapping[str, pd.DataFrame],
    to: Path | None = None,
) -> Path:
    """Save an answer that holds no plan, such as why none exists, in a folder like a run's.

    Args:
        scenario: what was asked.
        dataset: the inputs it rests on.
        status: ``infeasible``, or why there is no plan.
        findings: further words of the manifest.
        tables: name to frame, saved as CSV files.
        to: the folder; ``outputs/<scenario>/<run>`` when None.

    Raises:
        OutputExistsError: ``to`` exists.
    """
    with new_folder(to, scenario.name) as place:
        for name, frame in tables.items():
            frame.to_csv(place.draft / f"{name}.csv", index=False, lineterminator="\n")
        manifest = {
            "run": place.run,
            **describe_inputs(scenario, dataset),
            "status": status,
            **findings,
            "files": hash_files(place.draft),
        }
        write_json(manifest, place.draft / MANIFEST)
    return place.final


def describe_inputs(scenario: Scenario, dataset: Dataset) -> dict[str, object]:
    """What an answer rests on: the settings, the files of the dataset by SHA-256, the versions."""
    return {
        "scenario_name": scenario.name,
        "scenario": scenario.settings(),
        "dataset": {**asdict(dataset.about), "files": dataset.hashes},
        "versions": list_versions(),
    }


def read_run(folder: str | Path) -> Run:
    """Read a run folder back.

    Raises:
        InputError: it is not a run folder.
    """
    folder = Path(folder)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        remedy = "It is not a run: no readable manifest.json is in it. Name a run folder."
        raise InputError([Fault(str(folder), 0, "", "", "run_folder", remedy)]) from None
    frames = {name: _read_table(folder, name, manifest) for name in _IN_PLAN}
    frames["icbs"] = frames["icbs"].drop(columns=[*_ADDED], errors="ignore")
    notes = tuple(manifest["notes"])
    plan = Plan(
        name=manifest["plan"], outcome=_read_outcome(folder, manifest), notes=notes, **frames
    )
    return Run(folder, manifest, plan)


def has_table(run: Run, name: str) -> bool:
    """Whether a run was saved with a table."""
    return f"{name}.csv" in run.manifest["tables"]


def read_table(run: Run, name: str) -> pd.DataFrame:
    """A saved table of a run, without its columns of provenance.

    Raises:
        KeyError: the run was saved without it.
    """
    return _read_table(run.folder, name, run.manifest)


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


def write_json(value: Mapping[str, object], path: Path) -> None:
    """Write strict JSON, in UTF-8 with line feeds."""
    text = json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def hash_files(folder: Path) -> dict[str, str]:
    """Name of each file of a folder to its SHA-256."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


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


def _describe(
    plan: Plan, dataset: Dataset, scenario: Scenario, seconds: Mapping[str, float]
) -> dict[str, object]:
    outcome = plan.outcome
    return {
        **describe_inputs(scenario, dataset),
        "plan": plan.name,
        "status": outcome.status,
        "objective": outcome.objective,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "terms": plan.terms,
        "scope": outcome.scope,
        "seconds": {step: round(value, 3) for step, value in seconds.items()},
        "notes": plan.notes,
        "certificate": outcome.certificate,
    }


def _write_texts(outcome: Outcome, folder: Path) -> None:
    for name, text in (("solver.log", outcome.solver_log), ("selection.lp", outcome.lp_text)):
        if text:
            (folder / name).write_text(text, encoding="utf-8", newline="\n")


def write_plan_tables(plan: Plan, dataset: Dataset, folder: Path, run: str) -> dict[str, object]:
    """Write every table of a plan as CSV; for each file its basis, rows and columns.

    Args:
        plan: the plan.
        dataset: the inputs it rests on.
        folder: where the files go.
        run: ``<scenario>/<run>``, the provenance of each row.
    """
    frames = {
        "plan": plan.icbs[["icb", "footprint", "lead"]],
        "footprints": plan.footprints,
        "services": plan.services,
        "icbs": _with_places(plan.icbs, dataset.icbs),
        "readiness": plan.readiness,
        "terms": plan.terms,
        "flows_between_footprints": summarise_crossings(plan, dataset),
    }
    return {
        f"{name}.csv": _write_table(name, frame, plan, dataset, folder, run)
        for name, frame in frames.items()
    }


def _with_places(icbs: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    added = [name for name in _ADDED if name not in icbs.columns]
    return icbs.merge(places[["icb", *added]], on="icb", how="left", validate="one_to_one")


def _write_table(
    name: str, frame: pd.DataFrame, plan: Plan, dataset: Dataset, folder: Path, run: str
) -> dict[str, object]:
    basis = summarise_basis(name, frame, dataset)
    if plan.outcome.status == "evaluated" and name in ("plan", "icbs"):
        basis["footprint"] = "given"
    whole = weakest(basis.values())
    saved = frame.assign(run=run, basis=whole)
    saved.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    columns = {
        str(column): {
            **_meaning(name, str(column)),
            "basis": basis[str(column)],
            "dtype": str(kind),
        }
        for column, kind in frame.dtypes.items()
    }
    return {"basis": whole, "rows": len(frame), "columns": columns}


def _meaning(table: str, column: str) -> dict[str, str]:
    known = COLUMNS[table].get(column)
    return {"meaning": known.meaning, "unit": known.unit} if known else {}


def _read_table(folder: Path, name: str, manifest: Mapping[str, Any]) -> pd.DataFrame:
    kinds = {
        column: about["dtype"]
        for column, about in manifest["tables"][f"{name}.csv"]["columns"].items()
    }
    texts = pd.read_csv(
        folder / f"{name}.csv", usecols=list(kinds), dtype="str", keep_default_na=False
    )
    return pd.DataFrame({column: _typed(texts[column], kind) for column, kind in kinds.items()})


def _typed(texts: pd.Series[str], kind: str) -> pd.Series[Any]:
    """Text back as the type it was saved from; floats by Python's own reading, which is exact."""
    if kind in ("str", "object"):
        return texts
    if kind == "bool":
        return texts == "True"
    if kind.startswith("float"):
        return pd.Series([float(text or "nan") for text in texts], dtype=kind)
    return pd.Series([text or None for text in texts], dtype=kind)


def _read_outcome(folder: Path, manifest: Mapping[str, Any]) -> Outcome:
    scope = manifest["scope"]
    return Outcome(
        status=manifest["status"],
        objective=manifest["objective"],
        bound=manifest["bound"],
        gap=manifest["gap"],
        scope=Scope(**{**scope, "rules": tuple(scope["rules"])}) if scope else None,
        seconds=manifest["seconds"],
        lp_text=_read_text(folder / "selection.lp"),
        solver_log=_read_text(folder / "solver.log"),
        certificate=manifest["certificate"],
    )


def _read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
