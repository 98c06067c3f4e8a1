"""A model in LP format, with names that read as the rules they state."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TextIO

import pyomo.core as pyo
from pyomo.repn.plugins.lp_writer import LPWriter

LONGEST_NAME = 200
"""Readers of the format stop at 255 characters; the writer adds a prefix of a few."""

_PREFIX = re.compile(r"^c_[elu]_(.+)_:$", re.MULTILINE)
_RANGE = re.compile(r"^r_([lu])_(.+)_:$", re.MULTILINE)
_SIDE = {"l": "floor", "u": "ceiling"}


def write_lp(model: pyo.ConcreteModel, target: str | Path | TextIO | None = None) -> str:
    """Write a model in LP format.

    A row is called as its constraint, ``each_icb_in_one_footprint(QHM):``; characters that the
    format does not allow are replaced by ``_``, and names that would then be equal, or are too
    long, end in a number.

    Args:
        model: any of the models here.
        target: path or text stream to write to as well, or None.

    Returns:
        the text, the same for the same inputs.
    """
    buffer = io.StringIO()
    LPWriter().write(model, buffer, labeler=_Labeler())
    text = _PREFIX.sub(r"\1:", buffer.getvalue())
    text = _RANGE.sub(lambda m: f"{m[2]}_{_SIDE[m[1]]}:", text)
    if isinstance(target, str | Path):
        Path(target).write_text(text, encoding="utf-8", newline="\n")
    elif target is not None:
        target.write(text)
    return text


class _Labeler:
    """Names components for the LP format, each name once."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def __call__(self, component: pyo.Var) -> str:
        plain = re.sub(r"[^A-Za-z0-9_(),.]", "_", component.name.translate(_BRACKETS))[
            :LONGEST_NAME
        ]
        name, again = plain, 1
        while name in self._used:
            again += 1
            name = f"{plain}_{again}"
        self._used.add(name)
        return name


_BRACKETS = str.maketrans("[]", "()")
