"""What was saved beside what is worked out anew: the same, but for the last digits of sums."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

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
