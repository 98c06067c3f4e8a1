"""Figures that can be traced: each is a value with the run, table, row and column it comes from.

A figure over many rows names its sum. The few forms are parsed and worked out again from the
saved tables when a pack is checked, so a figure and its source cannot drift apart.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import pandas as pd

from optimiser.runs.basis import WEAK

EVERY_ROW = "*"
_FORMS = (
    (re.compile(r"rows\(\)"), "rows"),
    (re.compile(r"(sum|max|min)\((\w+)\)"), "fold"),
    (re.compile(r"sum\((\w+)\)/sum\((\w+)\)"), "ratio"),
    (re.compile(r"sum\((\w+)\*(\w+)\)/sum\((\w+)\)"), "mean"),
    (re.compile(r"rows\((\w+)=(\w+)\)"), "count"),
)


@dataclass(frozen=True)
class Figure:
    """One value of a comparison and where it stands.

    Attributes:
        id: short reference that documents print, such as ``M3.2``.
        value: the number; NaN when the run does not have it.
        unit: its unit.
        run: label of the run in the comparison.
        table: saved table of the run without ``.csv``, or ``manifest``.
        row: key of the row as JSON, such as ``{"footprint": "London"}``, or ``*`` for all rows.
        column: the column; over all rows one of ``sum(a)``, ``max(a)``, ``min(a)``, ``rows()``,
            ``rows(a=word)``, ``sum(a)/sum(b)``, ``sum(a*b)/sum(b)``.
        basis: the weakest kind among the inputs it rests on.
    """

    id: str
    value: float
    unit: str
    run: str
    table: str
    row: str
    column: str
    basis: str = "unstated"

    @property
    def is_modelled(self) -> bool:
        """Whether modelled or illustrative inputs stand behind it."""
        return self.basis in WEAK

    @property
    def source(self) -> str:
        """Run, table, row and column in a few words."""
        row = "all rows"
        if self.row != EVERY_ROW:
            row = ", ".join(str(value) for value in json.loads(self.row).values())
        return f"{self.run}: {self.table}, {row}, {self.column}"

    def as_row(self) -> dict[str, str | float]:
        """The figure as a row of ``figures.csv``."""
        return asdict(self)


def row_key(keys: Mapping[str, object]) -> str:
    """Key of a row as text that reads back: JSON with its fields in the order given."""
    return json.dumps({name: str(value) for name, value in keys.items()}, ensure_ascii=False)


def list_columns(form: str) -> tuple[str, ...]:
    """Columns that a form reads."""
    for pattern, kind in _FORMS:
        found = pattern.fullmatch(form)
        if found:
            groups = found.groups()
            return {"rows": (), "fold": groups[1:], "count": groups[:1]}.get(kind, groups)
    return (form,)


def work_out(table: pd.DataFrame, row: str, column: str) -> float:
    """The value that a row and column of a table stand for.

    Raises:
        KeyError: there is no such row or column.
    """
    if row == EVERY_ROW:
        return _fold(table, column)
    found = table
    for name, value in json.loads(row).items():
        found = found[found[name].astype("str") == value]
    if len(found) != 1:
        raise KeyError(f"{len(found)} rows are {row}")
    return float(found[column].iloc[0])


def _fold(table: pd.DataFrame, form: str) -> float:
    for pattern, kind in _FORMS:
        found = pattern.fullmatch(form)
        if found:
            return _FOLDS[kind](table, *found.groups())
    raise KeyError(f"{form} is none of the forms of a figure over all rows")


def _divide(above: float, below: float) -> float:
    return above / below if below != 0 else math.nan


def _ratio(table: pd.DataFrame, above: str, below: str) -> float:
    return _divide(float(table[above].sum()), float(table[below].sum()))


def _mean(table: pd.DataFrame, value: str, weight: str, below: str) -> float:
    return _divide(float((table[value] * table[weight]).sum()), float(table[below].sum()))


def _count(table: pd.DataFrame, column: str, word: str) -> float:
    return float((table[column].astype("str") == word).sum())


def _reduce(table: pd.DataFrame, how: str, column: str) -> float:
    values = table[column]
    return float({"sum": values.sum, "max": values.max, "min": values.min}[how]())


def _rows(table: pd.DataFrame) -> float:
    return float(len(table))


_FOLDS: Mapping[str, Callable[..., float]] = {
    "rows": _rows,
    "fold": _reduce,
    "ratio": _ratio,
    "mean": _mean,
    "count": _count,
}
