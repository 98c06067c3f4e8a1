"""How long help takes, against importing click alone: pytest -s tests/benchmarks."""

from __future__ import annotations

import subprocess
import sys
import time

TIMES = 7
MOST = 4.0


def _fastest(arguments: list[str]) -> float:
    """Least wall time of several starts, seconds; the least is what the work needs."""
    times = []
    for _ in range(TIMES):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return min(times)


def test_help_takes_little_more_than_click() -> None:
    """At most four times the start of Python with click."""
    alone = _fastest(["-c", "import click"])
    ratio = _fastest(["-m", "optimiser", "--help"]) / alone
    print(f"help takes {ratio:.2f} times {alone:.3f} s")
    assert ratio <= MOST
