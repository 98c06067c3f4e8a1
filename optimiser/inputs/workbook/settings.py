"""The sheet ``scenario``: settings of a solve in rows, so that a workbook is enough to solve."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from optimiser.errors import Fault, InputError
from optimiser.inputs.scenario.declared import list_settings, to_toml
from optimiser.inputs.scenario.scenario import Scenario, read_overrides
from optimiser.inputs.workbook.source import SCENARIO, check_pairs, open_workbook


def list_given(scenario: Scenario) -> dict[str, str]:
    """Settings that are not at their default, as TOML; plain texts without quotes."""
    blank, mine = Scenario().model_dump(mode="python"), scenario.model_dump(mode="python")
    given = {}
    for setting in list_settings(Scenario):
        section, _, key = setting.key.rpartition(".")
        value = mine[section][key] if section else mine[key]
        if value != (blank[section][key] if section else blank[key]):
            given[setting.key] = value if isinstance(value, str) else to_toml(value)
    return given


def read_workbook_scenario(path: Path, overrides: tuple[str, ...] = ()) -> Scenario:
    """The scenario of a workbook: its sheet ``scenario`` with the workbook as the dataset.

    Raises:
        InputError: with every fault of the sheet, each with its cell.
    """
    source = open_workbook(path)
    if source.faults:
        raise InputError(source.faults)
    place = source.name_place(SCENARIO)
    faults = check_pairs(place, source.sheets.get(SCENARIO, ()))
    if faults:
        raise InputError(faults)
    rows = {
        cells[0].strip(): (line, cells[1].strip())
        for line, cells in source.sheets.get(SCENARIO, ())[1:]
        if len(cells) > 1 and cells[0].strip() and cells[1].strip()
    }
    given = [f"{key}={value}" for key, (_, value) in rows.items()]
    try:
        return read_overrides([*given, *overrides], path.stem, path.parent, path.name, place)
    except InputError as error:
        raise InputError([_locate(fault, rows) for fault in error.faults]) from None


def _locate(fault: Fault, rows: Mapping[str, tuple[int, str]]) -> Fault:
    for key, (line, value) in rows.items():
        if fault.column == key or fault.column.startswith(f"{key}."):
            return Fault(fault.file, line, f"{key} (cell B{line})", value, fault.rule, fault.remedy)
    return fault
