"""Reading the levels of services that a user gives for a grouping."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.arrays import Ints
from optimiser.errors import Fault, InputError
from optimiser.footprints.system import System
from optimiser.inputs.reading.plans import read_rows
from optimiser.spelling import name_some


def read_given_levels(path: str | Path, system: System, footprints: list[str]) -> Ints:
    """Levels of a grouping from a CSV of service, footprint and level (as a run saves them).

    ``England`` or a blank as footprint gives the level of a service in every footprint.

    Returns:
        index of the level of each group of free services in each footprint, (K, G).

    Raises:
        InputError: with every fault; services that may go local must all be given.
    """
    path = Path(path)
    rows = _read_level_rows(path)
    levels = system.scenario.services.levels
    free = np.flatnonzero(system.services.barred == "")
    chosen = pd.DataFrame("", index=list(system.services.codes), columns=footprints, dtype="str")
    faults = []
    for line, row in rows:
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
    for s in free:
        code = system.services.codes[s]
        missing = [footprint for footprint in footprints if not chosen.loc[code, footprint]]
        if missing:
            remedy = f"No level is given for it in {name_some(missing)}."
            faults.append(Fault(str(path), 0, "service", code, "every_service", remedy))
    if faults:
        raise InputError(faults)
    groups = np.unique(system.services.group[free])
    table = chosen.iloc[groups].map(levels.index)
    return table.to_numpy(np.int64).T


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
