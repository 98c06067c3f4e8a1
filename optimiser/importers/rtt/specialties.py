"""The editable table that says which specialty belongs to which service, and at what unit cost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.folders import check_absent
from optimiser.inputs.reading.frames import read_table_file
from optimiser.inputs.schema import CATEGORIES, Column, TableSchema
from optimiser.inputs.writing import format_csv, write_text

UNIT_COST_K = 1.0
"""£ thousands a patient where nothing is stated: money then only counts patients."""
COMMON_SHOCK = 0.02
SPECIALTIES = TableSchema(
    "specialties",
    (
        Column("function", "code", "code of the specialty or test in the file"),
        Column("function_name", "text", "its name, for the reader", default="", blank=True),
        Column("service", "code", "service it belongs to; blank: leave it out", blank=True),
        Column("service_name", "text", "name of the service", default="", blank=True),
        Column("category", "choice", "portfolio category", "ready", choices=CATEGORIES),
        Column("unit_cost_k", "number", "£ thousands a patient", "1", least=0, above_least=True),
        Column("case_cost_cv", "number", "sd / mean of the cost of a case", "1", least=0),
        Column(
            "common_shock", "number", "sd of spend that does not pool; blank: measured", "",
            blank=True, least=0, most=1,
        ),
        Column("integration_benefit", "number", "worth of local care", "0.05", least=0, most=1),
    ),
    ("function",),
)  # fmt: skip


@dataclass(frozen=True)
class Specialties:
    """The table as read, or as made by default.

    Attributes:
        frame: the columns of :data:`SPECIALTIES`, one row for each function.
        place: its file; empty when it was made by default.
    """

    frame: pd.DataFrame
    place: str = ""


def build_default_table(functions: Iterable[tuple[str, str]]) -> Specialties:
    """Each specialty a service of its own, ready to go local, at £1,000 a patient."""
    rows = [
        (code, name, code, _plain(name), "ready", UNIT_COST_K, 1.0, math.nan, 0.05)
        for code, name in sorted(dict(functions).items())
    ]
    return Specialties(pd.DataFrame(rows, columns=list(SPECIALTIES.names)))


def _plain(name: str) -> str:
    return name.removesuffix(" Service").strip() or name


def write_specialties(table: Specialties, path: Path) -> None:
    """Write the table for a user to edit."""
    check_absent(path)
    write_text(path, format_csv(table.frame))


def read_specialties(
    path: Path, functions: Iterable[tuple[str, str]], totals: tuple[str, ...]
) -> Specialties:
    """Read an edited table; every function of the file must have a row.

    Raises:
        InputError: with every fault.
    """
    missing = "There is no such file. Make one with --write-table FILE and edit it."
    table, faults = read_table_file(SPECIALTIES, path, missing)
    faults += _check_functions(table.frame, str(path), dict(functions), totals)
    for row, earlier in table.repeats.items():
        remedy = f"The function stands on line {table.lines[earlier]} as well. Keep one row."
        code = str(table.frame["function"].iloc[row])
        faults.append(Fault(str(path), table.lines[row], "function", code, "duplicate", remedy))
    if faults:
        raise InputError(faults)
    return Specialties(table.frame, str(path))


def _check_functions(
    frame: pd.DataFrame, place: str, functions: dict[str, str], totals: tuple[str, ...]
) -> list[Fault]:
    known = set(frame["function"])
    remedy = 'It has no row. Add one; leave "service" blank to leave the function out.'
    faults = [
        Fault(place, 0, "function", f"{code} ({name})", "every_function", remedy)
        for code, name in sorted(functions.items())
        if code not in known
    ]
    mixed = frame[frame["function"].isin(totals) & (frame["service"] != "")]
    if len(mixed) and set(functions) - set(totals):
        remedy = "It adds up all the others. Leave its service blank, or import with --by total."
        faults += [
            Fault(place, 0, "function", str(c), "total_alone", remedy) for c in mixed["function"]
        ]
    for service, rows in frame[frame["service"] != ""].groupby("service"):
        if len(set(rows["category"])) > 1:
            remedy = "Its specialties have more than one category. Give them one."
            faults.append(Fault(place, 0, "category", str(service), "one_category", remedy))
    return faults
