"""Reading a grouping or a choice of options that a user gives."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.arrays import Ints
from optimiser.data.dataset import Dataset
from optimiser.errors import Fault, InputError
from optimiser.footprints.system import System


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
    return [(line, row["icb"], row["footprint"]) for line, row in _read(path, ("icb", "footprint"))]


def _read(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
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


def read_choices(path: str | Path, system: System, footprints: list[str]) -> Ints:
    """Options of a grouping from a CSV of service, footprint and option (as a run saves them).

    ``England`` or a blank as footprint gives the option of a service in every footprint.

    Returns:
        index of the option of each group of free services in each footprint, (K, G).

    Raises:
        InputError: with every fault; services that may go local must all be given.
    """
    path = Path(path)
    rows = _read(path, ("service", "footprint", "option"))
    options = system.scenario.services.options
    free = np.flatnonzero(system.services.barred == "")
    chosen = pd.DataFrame("", index=list(system.services.codes), columns=footprints, dtype="str")
    faults = []
    for line, row in rows:
        service, footprint, option = row["service"], row["footprint"], row["option"]
        where = footprints if footprint in ("", "England") else [footprint]
        if service not in chosen.index:
            remedy = "The dataset has no such service."
            faults.append(Fault(str(path), line, "service", service, "known_service", remedy))
        elif footprint not in ("", "England", *footprints):
            remedy = f"The plan has no such footprint. It has: {', '.join(footprints)}."
            faults.append(Fault(str(path), line, "footprint", footprint, "known", remedy))
        elif option not in options:
            remedy = f"It must be one of the scenario's options: {', '.join(options)}."
            faults.append(Fault(str(path), line, "option", option, "known_option", remedy))
        else:
            chosen.loc[service, where] = option
    for s in free:
        code = system.services.codes[s]
        for footprint in footprints:
            if not chosen.loc[code, footprint]:
                remedy = f"No option is given for it in {footprint}."
                faults.append(Fault(str(path), 0, "service", code, "every_service", remedy))
    if faults:
        raise InputError(faults)
    groups = np.unique(system.services.group[free])
    table = chosen.iloc[groups].map(options.index)
    return table.to_numpy(np.int64).T
