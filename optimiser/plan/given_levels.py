"""Reading the levels of services that a user gives for a grouping."""

from __future__ import annotations

from collections.abc import Mapping
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
    path = find_levels(path, home)
    levels, arrays = system.scenario.services.levels, system.services
    chosen, faults = place_levels(path, system, footprints)
    local = (chosen != "") & (chosen != NATIONAL)
    freed = np.where(local.any(axis=1), "", arrays.barred)
    free = np.flatnonzero(freed == "")
    names = dict(zip(arrays.codes, range(len(arrays.codes)), strict=True))
    lacking = int((chosen.iloc[free] == "").to_numpy().sum())
    told = lacking <= len(faults)  # rows that are wrong are those that are lacking, told already
    for s in free:
        code = arrays.codes[s]
        missing = [name for name in footprints if not chosen.loc[code, name]]
        if missing and not told:
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


def hold_levels(system: System, choice: Ints, held: Mapping[str, str]) -> tuple[System, Ints]:
    """Levels of a grouping with some services held as they are told, in every footprint.

    Services that move together are held together. What is told is measured as it is, whether or not
    the scenario allows it: the referee says which rules it breaks.

    Args:
        system: the arrays.
        choice: index of the level of each group of free services, (K, G).
        held: service to its level.

    Returns:
        the arrays with every service free that is told to be local; the levels, (K, G').

    Raises:
        InputError: there is no such service or level.
    """
    arrays, levels = system.services, system.scenario.services.levels
    _check_held(system, held)
    group_of = dict(zip(arrays.codes, arrays.group, strict=True))
    told = {int(group_of[code]): levels.index(level) for code, level in held.items()}
    local = [group for group, level in told.items() if levels[level] != NATIONAL]
    freed = np.where(np.isin(arrays.group, local), "", arrays.barred)
    groups = np.unique(arrays.group[freed == ""])
    found = np.full((len(choice), len(groups)), levels.index(NATIONAL))
    found[:, np.isin(groups, np.unique(arrays.group[arrays.barred == ""]))] = choice
    for place, group in enumerate(groups):
        found[:, place] = told.get(int(group), found[:, place])
    return replace(system, services=replace(arrays, barred=freed)), found


def _check_held(system: System, held: Mapping[str, str]) -> None:
    levels, codes = system.scenario.services.levels, system.services.codes
    remedies = {
        "known_service": "The dataset has no such service.",
        "known_level": f"It must be one of the scenario's levels: {', '.join(levels)}.",
    }
    wrong = [("known_service", code, code) for code in held if code not in codes]
    wrong += [("known_level", code, held[code]) for code in held if held[code] not in levels]
    if wrong:
        raise InputError(
            [Fault("levels", 0, code, value, rule, remedies[rule]) for rule, code, value in wrong]
        )


def find_levels(path: str | Path, home: Path) -> Path:
    """The file of some levels: one carried in the dataset by name, or the path as it is."""
    carried = home / FOLDER / f"{path}.csv"
    return carried if carried.is_file() else Path(path)


def place_levels(
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
