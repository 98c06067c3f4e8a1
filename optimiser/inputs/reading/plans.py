"""Reading a grouping that a user gives."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from optimiser.errors import Fault, InputError
from optimiser.inputs.dataset import Dataset


def read_grouping(
    plan: str | Path | Mapping[str, Sequence[str]], dataset: Dataset
) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Name of a plan, and its footprints by name.

    Args:
        plan: name of a carried plan, a CSV file of icb and footprint, or footprint to ICBs.
        dataset: every one of its ICBs must be in exactly one footprint.

    Raises:
        InputError: with every fault of the plan.
    """
    if isinstance(plan, Mapping):
        rows = [(0, icb, name) for name, icbs in plan.items() for icb in icbs]
        return "given", _grouped(rows, dataset, "the grouping")
    if str(plan) in dataset.plans:
        frame = dataset.plans[str(plan)]
        rows = list(zip(range(2, len(frame) + 2), frame["icb"], frame["footprint"], strict=True))
        return str(plan), _grouped(rows, dataset, f"plans/{plan}.csv")
    return Path(plan).stem, _grouped(_rows_of_file(Path(plan), dataset), dataset, str(plan))


def _rows_of_file(path: Path, dataset: Dataset) -> list[tuple[int, str, str]]:
    known = sorted(dataset.plans)
    if not path.exists():
        close = difflib.get_close_matches(str(path), known, n=1)
        meant = f' Did you mean "{close[0]}"?' if close else ""
        remedy = f"Neither a carried plan nor a file.{meant} Carried plans: {', '.join(known)}."
        raise InputError([Fault("--plan", 0, "", str(path), "plan_exists", remedy)])
    return [
        (line, row["icb"], row["footprint"]) for line, row in read_rows(path, ("icb", "footprint"))
    ]


def read_rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with their lines; other columns are let be (a run's tables have more)."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [c for c in columns if c not in (reader.fieldnames or [])]
            if missing:
                remedy = f"The header must hold {', '.join(columns)}."
                raise InputError([Fault(str(path), 1, c, "", "column", remedy) for c in missing])
            return [
                (reader.line_num, {c: (row[c] or "").strip() for c in columns}) for row in reader
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        remedy = f"It can't be read as a CSV table: {error}."
        raise InputError([Fault(str(path), 0, "", "", "readable", remedy)]) from None


def _grouped(
    rows: Sequence[tuple[int, str, str]], dataset: Dataset, file: str
) -> dict[str, tuple[str, ...]]:
    known = list(dataset.icbs["icb"])
    faults, home = [], dict[str, str]()
    for line, icb, name in rows:
        if icb not in known:
            close = difflib.get_close_matches(icb, known, n=1)
            meant = f' Did you mean "{close[0]}"?' if close else ""
            remedy = f"The dataset has no such ICB.{meant}"
            faults.append(Fault(file, line, "icb", icb, "known_icb", remedy))
        elif icb in home:
            remedy = "It is in the plan twice; each ICB belongs to one footprint."
            faults.append(Fault(file, line, "icb", icb, "unique_icb", remedy))
        elif not name:
            remedy = "Give the name of its footprint."
            faults.append(Fault(file, line, "footprint", "", "not_blank", remedy))
        home.setdefault(icb, name)
    for icb in known:
        if icb not in home:
            remedy = "The plan leaves it out; each ICB belongs to one footprint."
            faults.append(Fault(file, 0, "icb", icb, "every_icb", remedy))
    if faults:
        raise InputError(faults)
    groups: dict[str, list[str]] = {}
    for icb in known:
        groups.setdefault(home[icb], []).append(icb)
    return {name: tuple(icbs) for name, icbs in groups.items()}
