"""A HiGHS process ends with whoever asked it, however that one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ASK = """
from engine.test_highs import hard_problem
from optimiser.engine.highs.adapter import Highs

problem = hard_problem()
problem.upper[problem.cost > 0] = 0.0  # no slack: no plan is ever sent
highs = Highs()
print(highs._process.pid, flush=True)
highs.solve(problem, 600.0)
"""
TESTS = Path(__file__).resolve().parents[1]
SECONDS_TO_BEGIN = 2.0
"""In which the problem reaches HiGHS on a busy machine; the search itself takes hours."""
SECONDS_TO_END = 10.0


def _is_running(pid: int) -> bool:
    """Whether a process works still; one that has ended and waits to be counted does not."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_a_killed_parent_leaves_no_search_behind() -> None:
    """SIGKILL gives nobody time to tidy up: the worker hears that its input has ended."""
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    parent = subprocess.Popen(
        [sys.executable, "-c", ASK], stdout=subprocess.PIPE, text=True, env=paths
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    time.sleep(SECONDS_TO_BEGIN)
    assert parent.poll() is None
    assert _is_running(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + SECONDS_TO_END
    while _is_running(pid) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _is_running(pid)
