"""Run folders: one plan saved whole with all that is needed to trace it, and read back.

A run is written into a temporary folder beside its place and renamed, so that a run folder is
whole or absent; none is ever written over. Tables are plain CSV that end in two columns of
provenance, ``run`` and ``basis``; the manifest holds the rest. What is worked out anew is held against
what was saved but for the last digits of sums.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser.csv_text import unguard
from optimiser.errors import Fault, InputError
from optimiser.folders import new_folder
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.raw import show_text
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.access import tabulate_access
from optimiser.plan.flows import hold_flows, summarise_crossings
from optimiser.plan.funding import follow_icbs, pool, tabulate_by_year, tabulate_funding
from optimiser.plan.plan import Outcome, Plan, Scope, measure_headlines
from optimiser.plan.providers import summarise_providers
from optimiser.progress import Report, silent
from optimiser.runs.basis import summarise_basis, weakest
from optimiser.runs.columns import COLUMNS
from optimiser.runs.saving import (
    MANIFEST,
    add_pictures,
    describe_inputs,
    measure_peak_memory_mb,
    seal,
    write_frames,
)

Draw = Callable[[Plan, Dataset, Path, str], Sequence[Path]]
"""Draws a plan, numbered after a carried plan, into a folder and returns the files:
``optimiser.reports.maps.write_map``."""

MALFORMED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading a manifest or table that was tampered with can raise: told, never a traceback."""
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
    tables: Mapping[str, pd.DataFrame] | None = None,
    report: Report = silent,
) -> Path:
    """Save a plan as a run folder; pictures come after, when the plan is safe.

    Args:
        plan: what was found or evaluated.
        dataset: the inputs it rests on.
        scenario: what was asked.
        to: the run folder; ``outputs/<scenario>/<run>`` when None.
        draw: draws the map; without it the run has none.
        findings: further words of the manifest, such as ``broken_rules``.
        tables: further tables, saved as CSV files, with their provenance where it is known.
        report: told when the plan is saved, and of a picture that could not be drawn.

    Returns:
        The run folder.

    Raises:
        OutputExistsError: ``to`` exists.
    """
    with new_folder(to, scenario.name) as place:
        _write_texts(plan.outcome, place.draft)
        provenance = f"{scenario.name}/{place.run}"
        columns = write_plan_tables(plan, dataset, scenario, place.draft, provenance)
        for name, frame in (tables or {}).items():
            if name in COLUMNS:
                table = _write_table(name, frame, plan, dataset, place.draft, provenance)
                columns[f"{name}.csv"] = table
            else:
                write_frames({name: frame}, place.draft)
        words = {
            "run": place.run,
            **_describe(plan, dataset, scenario),
            **(findings or {}),
            "tables": columns,
            "peak_memory_mb": measure_peak_memory_mb(),
        }
        seal(place.draft, words)
    report("save", str(place.final))
    if draw is not None:
        baseline = scenario.footprints.baseline
        add_pictures(place.final, lambda folder: draw(plan, dataset, folder, baseline), report)
    return place.final


def read_run(folder: str | Path) -> Run:
    """Read a run folder back.

    Raises:
        InputError: it is not a run folder, or one whose words or tables can't be read.
    """
    folder = Path(folder)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        remedy = "It is not a run: no readable manifest.json is in it. Name a run folder."
        raise InputError([Fault(str(folder), 0, "", "", "run_folder", remedy)]) from None
    try:
        return Run(folder, manifest, _read_plan(folder, manifest))
    except MALFORMED as error:
        found = show_text(f"{type(error).__name__}: {error}")
        remedy = f"It is not a run as it was saved ({found}). Name another, or make it again."
        raise InputError([Fault(str(folder), 0, "", "", "run_content", remedy)]) from None


def _read_plan(folder: Path, manifest: Mapping[str, Any]) -> Plan:
    frames = {name: _read_table(folder, name, manifest) for name in _IN_PLAN}
    frames["icbs"] = frames["icbs"].drop(columns=[*_ADDED], errors="ignore")
    notes = tuple(manifest["notes"])
    return Plan(
        name=manifest["plan"], outcome=_read_outcome(folder, manifest), notes=notes, **frames
    )


def has_table(run: Run, name: str) -> bool:
    """Whether a run was saved with a table."""
    return f"{name}.csv" in run.manifest["tables"]


def read_table(run: Run, name: str) -> pd.DataFrame:
    """A saved table of a run, without its columns of provenance.

    Raises:
        KeyError: the run was saved without it.
    """
    return _read_table(run.folder, name, run.manifest)


def _describe(plan: Plan, dataset: Dataset, scenario: Scenario) -> dict[str, object]:
    outcome = plan.outcome
    return {
        **describe_inputs(scenario, dataset),
        "plan": plan.name,
        "status": outcome.status,
        "objective": outcome.objective,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "terms": plan.terms,
        "measures": asdict(measure_headlines(plan)),
        "scope": outcome.scope,
        "seconds": {step: round(value, 3) for step, value in outcome.seconds.items()},
        "notes": plan.notes,
        "certificate": outcome.certificate,
    }


def _write_texts(outcome: Outcome, folder: Path) -> None:
    for name, text in (("solver.log", outcome.solver_log), ("selection.lp", outcome.lp_text)):
        if text:
            (folder / name).write_text(text, encoding="utf-8", newline="\n")


def write_plan_tables(
    plan: Plan, dataset: Dataset, scenario: Scenario, folder: Path, run: str
) -> dict[str, object]:
    """Write every table of a plan as CSV; for each file its basis, rows and columns.

    Args:
        plan: the plan.
        dataset: the inputs it rests on.
        scenario: what was asked.
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
        **summarise_money(plan, dataset, scenario),
    }
    return {
        f"{name}.csv": _write_table(name, frame, plan, dataset, folder, run)
        for name, frame in frames.items()
    }


def summarise_money(plan: Plan, dataset: Dataset, scenario: Scenario) -> dict[str, pd.DataFrame]:
    """Tables of what a plan means for money, providers and access; none of what is not known."""
    flows = hold_flows(plan, dataset)
    access = tabulate_access(flows, dataset, scenario.access)
    tables = {
        "providers": summarise_providers(flows, dataset, scenario),
        "access": access["footprints"],
        "access_icbs": access["icbs"],
        "access_services": access["services"],
        "without_centre": access["without_centre"],
    }
    if not access["deprivation"].empty:
        tables["access_deprivation"] = access["deprivation"]
    if dataset.funding is None:
        return tables
    alone = follow_icbs(dataset.funding, scenario.funding)
    paths = (alone, pool(alone, plan.grouping, scenario.funding), plan.grouping)
    return {
        **tables,
        "funding": tabulate_funding(*paths),
        "funding_by_year": tabulate_by_year(*paths),
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
    write_frames({name: saved}, folder)
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
        return texts.map(unguard)
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


LAST_DIGITS = 1e-9
"""Share by which a number may differ: processors and libraries add up in their own order, which moves
the sixteenth digit, the tenth at most after a subtraction; a penny in ten million pounds is more."""
ROUNDING = 1e-12
"""Amount by which what should be nothing may differ from nothing, in the unit of the table."""


def is_same(saved: object, anew: object) -> bool:
    """Whether two plain values are the same, numbers but for their last digits."""
    if isinstance(saved, Mapping) and isinstance(anew, Mapping):
        return saved.keys() == anew.keys() and all(is_same(saved[k], anew[k]) for k in anew)
    if isinstance(saved, list) and isinstance(anew, list):
        return len(saved) == len(anew) and all(map(is_same, saved, anew))
    if _is_number(saved) and _is_number(anew):
        return _is_close(float(str(saved)), float(str(anew)))
    return type(saved) is type(anew) and saved == anew


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_close(saved: float, anew: float) -> bool:
    return saved == anew or math.isclose(saved, anew, rel_tol=LAST_DIGITS, abs_tol=ROUNDING)


def find_difference(path: Path, anew: str) -> str:
    """The first line in which a saved table is not what it is when made anew; empty when none is.

    Raises:
        OSError: the file can't be read.
        ValueError: it is no text.
    """
    saved = path.read_text(encoding="utf-8")
    if saved == anew:
        return ""
    rows = zip_longest(*(csv.reader(io.StringIO(text)) for text in (saved, anew)))
    for line, (stated, found) in enumerate(rows, start=1):
        if stated is None or found is None or not _is_same_row(stated, found):
            return f"{path.name} line {line} states {_tell(stated)}; made anew it is {_tell(found)}"
    return ""


def _is_same_row(stated: list[str], found: list[str]) -> bool:
    return len(stated) == len(found) and all(map(_is_same_cell, stated, found))


def _is_same_cell(stated: str, found: str) -> bool:
    try:
        return stated == found or _is_close(float(stated), float(found))
    except ValueError:
        return False


def _tell(row: list[str] | None) -> str:
    return "nothing" if row is None else ",".join(row)
