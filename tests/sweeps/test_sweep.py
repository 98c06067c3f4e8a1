"""Sweeps that are cut off: nothing lost, nothing done twice."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.more_answers import TOY

from optimiser.errors import OutputExistsError
from optimiser.proof.verify import verify_run
from optimiser.sweeps.grid import Grid, read_grid
from optimiser.sweeps.run_sweep import has_dask, run_sweep


def _grid(folder: Path, text: str) -> Grid:
    (folder / "base.toml").write_text(f'dataset = "{TOY.as_posix()}"\n', encoding="utf-8")
    (folder / "grid.toml").write_text('base = "base.toml"\n' + text, encoding="utf-8")
    return read_grid(folder / "grid.toml")


MANY = f'[grid]\n"objective.leakage" = {[round(0.1 * k, 1) for k in range(24)]}\n'
SMALL = '[grid]\n"footprints.count" = [2, 9]\n[[run]]\nname = "none"\n"footprints.count" = 50\n'


def die_once(task: Mapping[str, Any]) -> dict[str, object]:
    """Note each run; the worker of the seventh is killed, the first time it is tried."""
    folder = Path(task["folder"]).parent
    folder.mkdir(parents=True, exist_ok=True)
    log, killed = folder / "log.txt", folder / "killed"
    if task["settings"]["objective.leakage"] == 0.7 and not killed.exists():
        killed.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    with log.open("a") as stream:
        stream.write(task["key"] + "\n")
    return {"state": "done", "objective": 1.0}


def die_always(task: Mapping[str, Any]) -> dict[str, object]:
    """Kill the worker."""
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process by a signal")
@pytest.mark.parametrize("scheduler", ["", pytest.param("local", marks=pytest.mark.long)])
def test_sweep_takes_a_killed_workers_run_again(tmp_path: Path, scheduler: str) -> None:
    """With a worker killed half-way every run is done, and each exactly once."""
    if scheduler and not has_dask():
        pytest.skip("Dask is not installed (extra 'cluster')")
    swept = run_sweep(_grid(tmp_path, MANY), tmp_path / "out", 2, scheduler, work=die_once)
    done = (tmp_path / "out" / "runs" / "log.txt").read_text().split()
    assert sorted(done) == sorted(swept.catalogue.read()["key"])
    assert swept.catalogue.read()["state"].tolist() == ["done"] * 24
    assert (swept.solved, swept.lost) == (24, 1)
    assert sorted(swept.catalogue.read()["attempts"]) == [1] * 23 + [2]
    assert (tmp_path / "out" / "runs" / "killed").exists()


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="kills a process by a signal")
def test_sweep_gives_up_a_run_that_kills_its_workers(tmp_path: Path) -> None:
    """A run under which three workers died is told as failed instead of being tried for ever."""
    grid = _grid(tmp_path, '[grid]\n"footprints.count" = [2]\n')
    swept = run_sweep(grid, tmp_path / "out", 1, work=die_always)
    row = swept.catalogue.read().iloc[0]
    assert (row["state"], row["attempts"], swept.lost) == ("failed", 3, 3)


@pytest.mark.long
def test_sweep_keeps_finished_runs(tmp_path: Path) -> None:
    """Runs are saved whole; the second call solves nothing; a run whose folder is gone is done again."""
    grid = _grid(tmp_path, SMALL)
    told: list[str] = []
    first = run_sweep(grid, tmp_path / "out", 1, progress=lambda key, state: told.append(state))
    assert sorted(told) == ["done", "done", "infeasible"]
    table = first.catalogue.read().set_index("state")
    folder = tmp_path / "out" / "runs" / table.loc["done", "folder"].iloc[0]
    assert (folder / "manifest.json").exists()
    assert run_sweep(grid, tmp_path / "out", 1).solved == 0
    (folder / "manifest.json").unlink()
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    (folder.with_name(f".{folder.name}.partial")).mkdir()
    third = run_sweep(grid, tmp_path / "out", 1)
    assert (third.solved, third.kept) == (1, 2)
    assert (folder / "manifest.json").exists()


def test_sweep_refuses_a_second_coordinator(tmp_path: Path) -> None:
    """A folder in which another sweep is at work is left alone."""
    grid = _grid(tmp_path, SMALL)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "coordinator.lock").write_text("elsewhere 1")
    with pytest.raises(OutputExistsError, match="Another sweep"):
        run_sweep(grid, tmp_path / "out", 1)


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts processes by a signal")
@pytest.mark.parametrize("scheduler", ["none", pytest.param("local", marks=pytest.mark.long)])
def test_ctrl_c_in_a_sweep_prints_one_word(tmp_path: Path, scheduler: str) -> None:
    """It reaches the workers too, which printed their tracebacks; what is saved by then is whole."""
    if scheduler == "local" and not has_dask():
        pytest.skip("Dask is not installed (extra 'cluster')")
    _grid(tmp_path, MANY)
    command = [sys.executable, "-m", "optimiser", "sweep", "grid.toml", "--out", "out"]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "start_new_session": True}
    with subprocess.Popen(
        [*command, "--workers", "2", "--scheduler", scheduler], cwd=tmp_path, text=True, **options
    ) as sweep:
        ended = time.monotonic() + 60
        while not list(tmp_path.glob("out/runs/[0-9a-f]*")) and time.monotonic() < ended:
            time.sleep(0.05)
        os.killpg(sweep.pid, signal.SIGINT)
        told = sweep.communicate(timeout=60)[1]
    assert sweep.returncode == 128 + signal.SIGINT
    assert told.splitlines()[-1] == "Interrupted."
    assert not re.findall("Traceback|resource_tracker|KeyboardInterrupt", told), told
    for run in (tmp_path / "out" / "runs").glob("[0-9a-f]*"):
        assert verify_run(run).verified
