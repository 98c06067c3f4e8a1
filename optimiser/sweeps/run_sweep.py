"""Many scenarios, each solved once: resumable, on processes of this machine or on a Dask cluster.

A run's folder is named by the hash of its settings, its inputs and the version, and is whole or
absent. So a finished run is never done again, and one that was cut off is done afresh.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser.errors import (
    FootprintsError,
    NoPlanError,
    OutputExistsError,
    UnsupportedError,
    tell_system_error,
)
from optimiser.folders import OUTPUTS
from optimiser.progress import Report, silent
from optimiser.sweeps.catalogue import DONE, FAILED, FINISHED, INFEASIBLE, PENDING, Catalogue
from optimiser.sweeps.grid import Grid, hash_inputs, read_grid, run_key
from optimiser.workers import Ended, Lost, Started, open_cluster, open_processes, run_tasks

MOST_ATTEMPTS = 3
"""A run whose worker died this often has failed."""
Work = Callable[[Mapping[str, Any]], Mapping[str, object]]


@dataclass(frozen=True)
class Swept:
    """What a sweep did.

    Attributes:
        folder: of the sweep: ``catalogue.sqlite`` and ``runs/KEY``.
        catalogue: its catalogue.
        kept: runs that were finished before.
        solved: runs that this call finished.
        lost: how often a worker died and its run was given out again.
        seconds: wall time.
        keys: of the runs of the sweep file.
    """

    folder: Path
    catalogue: Catalogue
    kept: int
    solved: int
    lost: int
    seconds: float
    keys: tuple[str, ...]

    @property
    def runs(self) -> pd.DataFrame:
        """The runs of the sweep file, as the catalogue has them."""
        table = self.catalogue.read()
        return table[table["key"].isin(self.keys)]

    @property
    def failed(self) -> int:
        """How many of them are not finished."""
        return int((~self.runs["state"].isin(FINISHED)).sum())


def sweep(
    grid: Grid | str | Path,
    out: str | Path | None = None,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    report: Report = silent,
) -> Swept:
    """Solve every scenario of a sweep file once; finished runs are kept when it is started again.

    Args:
        grid: the sweep file.
        out: folder of the sweep, taken up again when it is there; ``outputs/sweeps/<grid>`` if None.
        workers: processes; one a core when None.
        scheduler: address of a Dask scheduler that sees the same files, ``local`` for a cluster
            here, ``none`` for plain processes; ``local`` where Dask is installed when None.
        report: gets the key and the state of each run as it ends.

    Raises:
        InputError: with every fault of the file and of the scenarios it asks for.
        UnsupportedError: a scheduler is given and Dask is not installed.
        OutputExistsError: another coordinator is at work in the folder.
    """
    runs = grid if isinstance(grid, Grid) else read_grid(grid)
    chosen = scheduler or ("local" if has_dask() else "none")
    if chosen != "none" and not has_dask():
        raise UnsupportedError("Dask is not installed (the extra cluster).")
    folder = OUTPUTS / "sweeps" / runs.name if out is None else Path(out)
    crew = workers or os.cpu_count() or 1
    return run_sweep(runs, folder, crew, "" if chosen == "none" else chosen, report)


def solve_one(task: Mapping[str, Any]) -> dict[str, object]:
    """Solve one run of a sweep and save it; the result in the words of the catalogue.

    Never raises: what went wrong is in ``state`` and ``message``.
    """
    from optimiser.folders import draft_of
    from optimiser.inputs.scenario.scenario import read_scenario
    from optimiser.questions.solve import solve
    from optimiser.runs.folder import write_run

    began = time.monotonic()
    final = Path(task["folder"])
    try:
        scenario = read_scenario(task["base"]).changed(task["settings"])
        key = run_key(scenario, hash_inputs(scenario.dataset_path))
        if key != task["key"]:
            return _ended(FAILED, began, message="The inputs changed since the sweep was started.")
        if not (final / "manifest.json").exists():
            shutil.rmtree(draft_of(final), ignore_errors=True)
            plan = solve(scenario)
            write_run(plan, plan.dataset, scenario, final, None, {"sweep_key": key})
    except NoPlanError as error:
        return _ended(INFEASIBLE, began, message=str(error))
    except OSError as error:
        return _ended(FAILED, began, message=tell_system_error(error))
    except (FootprintsError, RuntimeError, ValueError) as error:
        return _ended(FAILED, began, message=f"{type(error).__name__}: {error}")
    return {**read_result(final), "seconds": time.monotonic() - began}


def _ended(state: str, began: float, message: str) -> dict[str, object]:
    return {"state": state, "message": message, "seconds": time.monotonic() - began}


def read_result(folder: Path) -> dict[str, object]:
    """A finished run's result in the words of the catalogue."""
    from optimiser.runs.folder import read_run

    run = read_run(folder)
    return {
        "state": DONE,
        "status": run.manifest["status"],
        "objective": run.manifest["objective"],
        "bound": run.manifest["bound"],
        "footprints": len(run.plan.footprints),
        "seconds": sum(run.manifest["seconds"].values()),
        "folder": folder.name,
    }


def run_sweep(
    grid: Grid,
    folder: Path,
    workers: int,
    scheduler: str = "",
    progress: Report = silent,
    work: Work = solve_one,
) -> Swept:
    """Run what is not done yet.

    Args:
        grid: the runs.
        folder: the sweep's folder; taken up again when it is there.
        workers: processes, where no scheduler is given.
        scheduler: address of a Dask cluster that sees the same files; ``local`` starts one here;
            empty uses plain processes.
        progress: gets the key and the state of each run as it starts and ends.
        work: what is done with each run.

    Raises:
        OutputExistsError: another coordinator is at work in the folder.
    """
    began = time.monotonic()
    catalogue = Catalogue(folder / "catalogue.sqlite")
    with _only_coordinator(folder):
        catalogue.enter(grid.entries)
        catalogue.release()
        kept, todo = _sort_out(grid, folder, catalogue)
        tasks = [(key, _task(grid, folder, key)) for key in todo]
        place = open_cluster(scheduler, workers) if scheduler else open_processes(workers)
        with place as crew:
            events = run_tasks(work, tasks, crew, lambda key: _may_retry(catalogue, key))
            solved, lost = _follow(events, catalogue, progress)
    keys = tuple(entry.key for entry in grid.entries)
    return Swept(folder, catalogue, kept, solved, lost, time.monotonic() - began, keys)


def _task(grid: Grid, folder: Path, key: str) -> dict[str, Any]:
    settings = next(e.settings for e in grid.entries if e.key == key)
    place = folder / "runs" / key
    base = str(grid.base_path.resolve())
    return {"key": key, "base": base, "settings": dict(settings), "folder": str(place.resolve())}


def _sort_out(grid: Grid, folder: Path, catalogue: Catalogue) -> tuple[int, list[str]]:
    """How many runs are finished, and the keys of the others; folders tell more than the catalogue."""
    state = catalogue.read().set_index("key")["state"]
    kept, todo = 0, []
    for entry in grid.entries:
        place = folder / "runs" / entry.key
        if (place / "manifest.json").exists():
            if state[entry.key] != DONE:
                catalogue.finish(entry.key, DONE, read_result(place))
            kept += 1
        elif state[entry.key] == INFEASIBLE:
            kept += 1
        else:
            todo.append(entry.key)
    return kept, todo


def _may_retry(catalogue: Catalogue, key: str) -> bool:
    return catalogue.attempts(key) < MOST_ATTEMPTS


def _follow(
    events: Iterator[Started | Ended | Lost], catalogue: Catalogue, progress: Report
) -> tuple[int, int]:
    solved = lost = 0
    for event in events:
        if isinstance(event, Started):
            catalogue.start(event.key, event.worker)
        elif isinstance(event, Lost):
            lost += 1
            again = _may_retry(catalogue, event.key)
            message = f"Its worker {event.worker} died ({event.error!r})."
            catalogue.finish(event.key, PENDING if again else FAILED, {"message": message})
            progress(event.key, "lost" if again else FAILED)
        else:
            state = str(event.result["state"])
            catalogue.finish(event.key, state, event.result)
            solved += state in FINISHED
            progress(event.key, state)
    return solved, lost


@contextmanager
def _only_coordinator(folder: Path) -> Iterator[None]:
    """Hold the sweep's folder; a lock whose process on this machine is gone is taken over."""
    lock = folder / "coordinator.lock"
    own = f"{socket.gethostname()} {os.getpid()}"
    while True:
        try:
            handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            if _is_stale(lock):
                lock.unlink(missing_ok=True)
                continue
            message = f"Another sweep is at work in {folder} ({lock.read_text().strip()})."
            raise OutputExistsError(f"{message} If it is not, delete {lock}.") from None
        os.write(handle, own.encode())
        os.close(handle)
        break
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _is_stale(lock: Path) -> bool:
    try:
        host, pid = lock.read_text().split()
    except (OSError, ValueError):
        return False
    if host != socket.gethostname() or os.name == "nt":
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, ValueError):
        return False
    return int(pid) == os.getpid()


def has_dask() -> bool:
    """Whether Dask is installed (the extra ``cluster``)."""
    return find_spec("distributed") is not None
