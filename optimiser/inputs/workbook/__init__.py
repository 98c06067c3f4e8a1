"""A dataset as one Excel workbook: a sheet for each table, ``about`` and ``scenario`` beside them."""

from __future__ import annotations

from pathlib import Path

ENDINGS = (".xlsx", ".xlsm", ".ods")
"""What can be read; written is ``.xlsx`` alone."""


def is_workbook(path: Path) -> bool:
    """Whether a path names a workbook by its ending."""
    return path.suffix.lower() in ENDINGS
