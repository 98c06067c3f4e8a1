"""Frames as CSV text that a spreadsheet takes for text: a cell never begins a formula.

A text that begins with ``=``, ``+``, ``-`` or ``@`` (after a tab or a carriage return as well) is run by
Excel and its kin as a formula. An apostrophe before it stops that; :func:`unguard` takes it off again,
so that what is read back is what was written, to the letter. Numbers are left alone.
"""

from __future__ import annotations

import re

import pandas as pd

RISKY = re.compile(r"'*[=+\-@\t\r]")
"""Apostrophes that stand there already count, or one that was ours could not be told from them."""
GUARDED = re.compile(r"""(?:^|[,"\n\r])'+[=+\-@\t\r]""")
"""Where in a whole CSV text a guarded cell may be; most files have none, and need no second look."""


def guard(text: str) -> str:
    """A text as it stands in a CSV file."""
    return f"'{text}" if RISKY.match(text) and not _is_number(text) else text


def unguard(cell: str) -> str:
    """The text that a cell of a CSV file stands for."""
    return cell[1:] if cell.startswith("'") and guard(cell[1:]) == cell else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def to_csv_text(frame: pd.DataFrame) -> str:
    """A frame as CSV text with line feeds, texts and headers guarded."""
    shown = frame.set_axis([guard(str(name)) for name in frame.columns], axis="columns")
    for name in shown.columns:
        if pd.api.types.is_object_dtype(shown[name]) or pd.api.types.is_string_dtype(shown[name]):
            cells = [guard(cell) if isinstance(cell, str) else cell for cell in shown[name]]
            shown[name] = pd.Series(cells, index=shown.index, dtype=shown[name].dtype)
    return str(shown.to_csv(index=False, lineterminator="\n"))
