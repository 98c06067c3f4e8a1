"""Work shared among threads: compiled code lets Python's lock go."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed


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
