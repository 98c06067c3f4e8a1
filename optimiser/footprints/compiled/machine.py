"""The machine: how much memory there is, and work shared among its cores.

Compiled code lets Python's lock go, so that threads are enough.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import numpy as np

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


def count_cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def run_threads(
    work: Callable[[int], None], parts: Sequence[int], done: Callable[[int], None] | None = None
) -> None:
    """Do each part on a thread for each core; the first error ends all.

    Args:
        work: does one part.
        parts: what to do.
        done: told how many parts are done, after each.
    """
    with ThreadPoolExecutor(count_cores()) as crew:
        tasks = [crew.submit(work, part) for part in parts]
        try:
            for number, task in enumerate(as_completed(tasks), start=1):
                task.result()
                if done is not None:
                    done(number)
        except BaseException:
            crew.shutdown(wait=True, cancel_futures=True)
            raise


def run_slices(work: Callable[[slice], None], count: int, parts: int = 0) -> None:
    """Do work on even slices of a list, one for each core unless told otherwise.

    Args:
        work: does a slice.
        count: length of the list.
        parts: slices; as many as there are cores for 0.
    """
    edges = np.linspace(0, count, (parts or count_cores()) + 1).astype(int)
    run_threads(lambda k: work(slice(edges[k], edges[k + 1])), range(len(edges) - 1))
