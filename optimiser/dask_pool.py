"""A sweep's tasks on a Dask cluster: its scheduler gives a dead worker's tasks to the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from optimiser.pool import Ended, Lost, Started, Task

LOCAL = "local"


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
    from distributed import Client, LocalCluster, as_completed
    from distributed.scheduler import KilledWorker

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
        futures = {}
        for key, content in tasks:
            yield Started(key, "dask")
            futures[client.submit(work, content, key=f"footprints-{key}", pure=False)] = key
        for future in as_completed(futures):
            key = futures[future]
            try:
                yield Ended(key, future.result())
            except KilledWorker as error:
                yield Ended(key, {"state": "failed", "message": str(error)})
