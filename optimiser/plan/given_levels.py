"""Reading the levels of services that a user gives for a grouping."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.arrays import Ints
from optimiser.errors import Fault, InputError
from optimiser.footprints.levels import NATIONAL
from optimiser.footprints.system import System
from optimiser.inputs.reading.plans import read_rows
from optimiser.spelling import name_some

FOLDER = "levels"
"""Folder of a dataset that carries the levels of services by name, such as those held jointly today."""


def read_given_levels(
    path: str | Path, system: System, footprints: list[str], home: Path
) -> tuple[System, Ints]:
    """Levels of a grouping, as they are, from a CSV of service, footprint and level.

    ``England`` or a blank as footprint gives the level of a service in every footprint. What is given
    is measured as it is, whether or not the scenario allows it: the referee says which rules it breaks.

    Args:
        path: the file (as a run saves it), or the name of one carried in the dataset's ``levels``.
        system: the arrays.
        footprints: names of the plan's footprints.
        home: folder of the dataset.

    Returns:
        the arrays with every service free that is held locally there; index of the level of each
        group of free services in each footprint, (K, G).

    Raises:
        InputError: with every fault; services that may go local must all be given.
    """
    carried = home / FOLDER / f"{path}.csv"
    path = carried if carried.is_file() else Path(path)
    levels, arrays = system.scenario.services.levels, system.services
    chosen, faults = _place_levels(path, system, footprints)
    local = (chosen != "") & (chosen != NATIONAL)
    freed = np.where(local.any(axis=1), "", arrays.barred)
    free = np.flatnonzero(freed == "")
    names = dict(zip(arrays.codes, range(len(arrays.codes)), strict=True))
    for s in free:
        code = arrays.codes[s]
        missing = [name for name in footprints if not chosen.loc[code, name]]
        if missing:
            remedy = f"No level is given for it in {name_some(missing)}."
            faults.append(Fault(str(path), 0, "service", code, "every_service", remedy))
        first = arrays.codes[arrays.group[s]]
        if not missing and not (chosen.loc[code] == chosen.loc[first]).all():
            remedy = f"It moves together with {first}, whose level is another. Give both the same."
            faults.append(Fault(str(path), 0, "service", code, "moves_with", remedy))
    if faults:
        raise InputError(faults)
    given = replace(system, services=replace(arrays, barred=freed))
    groups = [names[arrays.codes[g]] for g in np.unique(arrays.group[free])]
    return given, chosen.iloc[groups].map(levels.index).to_numpy(np.int64).T


def _place_levels(
    path: Path, system: System, footprints: list[str]
) -> tuple[pd.DataFrame, list[Fault]]:
    """Service by footprint: the level given, empty where none is; and the faults of the file."""
    levels = system.scenario.services.levels
    chosen = pd.DataFrame("", index=list(system.services.codes), columns=footprints, dtype="str")
    faults = []
    for line, row in _read_level_rows(path):
        service, footprint, level = row["service"], row["footprint"], row["level"]
        where = footprints if footprint in ("", "England") else [footprint]
        if service not in chosen.index:
            remedy = "The dataset has no such service."
            faults.append(Fault(str(path), line, "service", service, "known_service", remedy))
        elif footprint not in ("", "England", *footprints):
            remedy = f"The plan has no such footprint. It has: {', '.join(footprints)}."
            faults.append(Fault(str(path), line, "footprint", footprint, "known", remedy))
        elif level not in levels:
            remedy = f"It must be one of the scenario's levels: {', '.join(levels)}."
            faults.append(Fault(str(path), line, "level", level, "known_level", remedy))
        else:
            chosen.loc[service, where] = level
    return chosen, faults


def _read_level_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Rows of the file; a run of the first version heads the levels ``option``."""
    columns = ("service", "footprint", "level")
    try:
        return read_rows(path, columns, columns[:2])
    except InputError as error:
        if [(fault.rule, fault.column) for fault in error.faults] != [("column", "level")]:
            raise
        try:
            rows = read_rows(path, (*columns[:2], "option"), columns[:2])
        except InputError:
            raise error from None
    return [(line, {**row, "level": row["option"]}) for line, row in rows]
