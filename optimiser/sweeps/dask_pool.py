"""A sweep's tasks on a Dask cluster: its scheduler gives a dead worker's tasks to the others."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from optimiser.sweeps.processes import Ended, Lost, Started, Task

LOCAL = "local"
POLL_SECONDS = 0.1


def work_once(
    work: Callable[[Any], Mapping[str, object]], content: Mapping[str, Any]
) -> Mapping[str, object]:
    """Do a task unless its result was noted: Dask runs again what a dead worker had finished.

    The note is a file beside the run's folder, written whole; the coordinator removes it once the
    cluster is gone, as a task may be given out again even after its result was read.
    """
    note = note_of(content)
    if note.exists():
        known: Mapping[str, object] = json.loads(note.read_text(encoding="utf-8"))
        return known
    note.parent.mkdir(parents=True, exist_ok=True)
    with tries_of(content).open("a", encoding="utf-8") as tries:
        tries.write(".")
    result = work(content)
    draft = note.with_suffix(".partial")
    draft.write_text(json.dumps(result), encoding="utf-8")
    draft.replace(note)
    return result


def note_of(content: Mapping[str, Any]) -> Path:
    """Where the result of a task is noted until the coordinator has it."""
    folder = Path(content["folder"])
    return folder.with_name(f".{folder.name}.result")


def tries_of(content: Mapping[str, Any]) -> Path:
    """Where each try of a task leaves one mark: Dask does not tell of tasks it gave out again."""
    folder = Path(content["folder"])
    return folder.with_name(f".{folder.name}.tries")


def run_on_dask(
    work: Callable[[Any], Mapping[str, object]],
    tasks: Sequence[Task],
    scheduler: str,
    workers: int,
    most_attempts: int,
) -> Iterator[Started | Ended | Lost]:
    """Run tasks on a cluster and tell what happens.

    A task is told as started when it is handed to the scheduler.

    Args:
        work: what is done with a task's content; importable by name on the workers.
        tasks: the tasks.
        scheduler: address of the scheduler, or ``local`` for a cluster on this machine.
        workers: processes of the local cluster.
        most_attempts: workers that may die under one task.
    """
    import dask
    from distributed import Client, LocalCluster

    settings = {
        "distributed.scheduler.allowed-failures": most_attempts,
        "distributed.worker.daemon": False,
    }
    with dask.config.set(settings), ExitStack() as stack:
        if scheduler == LOCAL:
            cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, processes=True
            )
            stack.enter_context(cluster)
            scheduler = cluster.scheduler_address
        client = stack.enter_context(Client(scheduler))
        futures, contents = {}, dict(tasks)
        for key, content in tasks:
            note_of(content).unlink(missing_ok=True)
            tries_of(content).unlink(missing_ok=True)
            yield Started(key, "dask")
            futures[
                client.submit(work_once, work, content, key=f"footprints-{key}", pure=False)
            ] = key
        yield from _gather(futures, contents)
    for content in contents.values():
        note_of(content).unlink(missing_ok=True)


def _gather(
    futures: dict[Any, str], contents: Mapping[str, Any]
) -> Iterator[Started | Ended | Lost]:
    """Results as they are noted; they are read from the files, not from workers that may die."""
    waiting = dict(futures)
    while waiting:
        ended = [future for future in waiting if future.done()]
        for future in ended:
            note = note_of(contents[waiting[future]])
            if note.exists():
                key = waiting.pop(future)
                yield from _told_again(key, contents[key])
                yield Ended(key, json.loads(note.read_text(encoding="utf-8")))
                future.release()
            elif future.status in ("error", "cancelled"):
                message = f"Dask gave it up: {future.exception()!r}"
                yield Ended(waiting.pop(future), {"state": "failed", "message": message})
        if not ended:
            time.sleep(POLL_SECONDS)


def _told_again(key: str, content: Mapping[str, Any]) -> Iterator[Started | Lost]:
    """The tries of a task before the one that ended it."""
    mark = tries_of(content)
    tries = mark.stat().st_size if mark.exists() else 1
    mark.unlink(missing_ok=True)
    for _ in range(tries - 1):
        yield Lost(key, "dask")
        yield Started(key, "dask")
