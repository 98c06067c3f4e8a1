"""TOML files, read in one way wherever they stand."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        OSError: it is not there, or cannot be read.
        ValueError: it is no UTF-8, no TOML, or nested more deeply than Python can follow.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("It is not UTF-8 text") from None
    except RecursionError:
        raise ValueError("It is nested too deeply") from None
