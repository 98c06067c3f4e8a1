"""How much memory there is."""

from __future__ import annotations

import os
from pathlib import Path

SHARE = 0.6
"""Of the free memory that a list may take: the rest is for the solver, the tables and other programs."""
UNKNOWN = 4 << 30
"""Bytes that are taken to be free where the system does not say."""


def free_bytes() -> float:
    """Bytes that a list may take."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        free = _all_bytes() // 2
    return SHARE * free


def _all_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2 * UNKNOWN
