"""Workers: none outlives the process that began it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from optimiser.workers import open_pool

BEGIN = """
import os, time
from optimiser.workers import open_pool, open_processes
if __name__ == "__main__":
    with open_processes(1) as crew, open_pool(1) as pool:
        future, worker = crew.begin(abs, -1)
        print(worker, pool.submit(os.getpid).result(), future.result(), flush=True)
        time.sleep(60)
"""


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform == "win32", reason="asks for processes by a signal")
def test_no_worker_outlives_a_killed_coordinator(tmp_path: Path) -> None:
    """Of a sweep and of a pack: each ends within seconds, though it waits for work."""
    script = tmp_path / "begin.py"
    script.write_text(BEGIN, encoding="utf-8")
    began = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert began.stdout is not None
    with began.stdout as stream:
        *workers, result = (int(word) for word in stream.readline().split())
    assert result == 1
    assert all(map(_is_alive, workers))
    began.kill()
    began.wait()
    until = time.monotonic() + 20
    while any(map(_is_alive, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(_is_alive, workers))


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows blocks no signals")
def test_workers_are_deaf_to_an_interrupt_from_their_first_breath() -> None:
    """Ctrl-C while they load printed their tracebacks; whoever waits for them hears it all the same."""
    with open_pool(1) as pool:
        blocked = pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result()
    assert signal.SIGINT in blocked
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
