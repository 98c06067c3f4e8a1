"""Work shared among processes or on a Dask cluster; a task whose worker dies is given out again."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.util import Finalize
from typing import Any, Protocol

from optimiser.errors import hush_lost_files

LOCAL = "local"
"""In place of a scheduler's address: a Dask cluster on this machine."""

QUIET = """
import logging, signal
logging.disable(logging.ERROR)
signal.signal(signal.SIGINT, signal.SIG_IGN)
"""
"""What each worker of a Dask cluster here runs first: who waits for it hears Ctrl-C and tells what is
lost, where Dask would print pages of both."""

LAST = -100
"""Order of what a process does as it ends: below the least of Python's own, which is 0 here."""

Task = tuple[str, Any]
"""A key, and what the work is called with."""


@dataclass(frozen=True)
class Started:
    """A worker took a task."""

    key: str
    worker: str


@dataclass(frozen=True)
class Ended:
    """A task came back with its result."""

    key: str
    result: Any


@dataclass(frozen=True)
class Lost:
    """The worker that held a task died, or the work raised an error."""

    key: str
    worker: str
    error: BaseException


class Crew(Protocol):
    """Workers, each with one task at a time."""

    def begin(self, work: Callable[[Any], Any], content: Any) -> tuple[Future[Any], str] | None:
        """Give a task to a free worker, whose name comes beside; None while all are busy."""

    def end(self, worker: str, whole: bool) -> None:
        """A worker's task is over; it is replaced unless it is whole."""


def run_tasks(
    work: Callable[[Any], Any], tasks: Sequence[Task], crew: Crew, retry: Callable[[str], bool]
) -> Iterator[Started | Ended | Lost]:
    """Run tasks and report what happens as it happens.

    Args:
        work: what is done with a task's content; importable by name.
        tasks: the tasks.
        crew: who does them.
        retry: whether a task that was lost is given out again.
    """
    waiting = deque(tasks)
    busy: dict[Future[Any], tuple[Task, str]] = {}
    while waiting or busy:
        while waiting and (begun := crew.begin(work, waiting[0][1])) is not None:
            future, worker = begun
            busy[future] = waiting.popleft(), worker
            yield Started(busy[future][0][0], worker)
        for future in wait(busy, return_when=FIRST_COMPLETED).done:
            task, worker = busy.pop(future)
            error = future.exception()
            crew.end(worker, whole=error is None)
            if error is None:
                yield Ended(task[0], future.result())
                continue
            yield Lost(task[0], worker, error)
            if retry(task[0]):
                waiting.appendleft(task)


class _DeafPool(ProcessPoolExecutor):
    """Processes that never hear Ctrl-C, not even before they can ignore it; who waits for them does."""

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """As ever; a process that is begun for it inherits that Ctrl-C is blocked."""
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            return super().submit(*args, **kwargs)
        heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(*args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, heard)


@contextmanager
def open_pool(
    workers: int, prepare: Callable[..., None] | None = None, given: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """Processes that share work in which none is expected to die.

    Each begins anew, as a copy of a process with threads may hang, and is deaf to Ctrl-C, which the
    process that waits for them hears.

    Args:
        workers: how many.
        prepare: called in each, once, before its first work.
        given: what it is called with.
    """
    pool = _DeafPool(workers, multiprocessing.get_context("spawn"), _begin_worker, (prepare, given))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_worker(prepare: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    # Results are sent as they are found; to take down piece by piece what was loaded takes a quarter of
    # a second of Python, for which whoever waits for the pool would wait.
    Finalize(None, os._exit, (0,), exitpriority=LAST)
    if prepare is not None:
        prepare(*given)


def _end_with_parent() -> None:
    """End this process with the one that began it: a pool's worker would wait for work for ever."""
    hush_lost_files()
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@dataclass
class _Processes:
    """Processes of this machine, each a pool of its own: one that dies takes no other's task along."""

    most: int
    idle: dict[str, ProcessPoolExecutor] = field(default_factory=dict)
    busy: dict[str, ProcessPoolExecutor] = field(default_factory=dict)

    def begin(self, work: Callable[[Any], Any], content: Any) -> tuple[Future[Any], str] | None:
        if not self.idle and len(self.busy) == self.most:
            return None
        worker, pool = self.idle.popitem() if self.idle else self._hire()
        self.busy[worker] = pool
        return pool.submit(work, content), worker

    def end(self, worker: str, whole: bool) -> None:
        pool = self.busy.pop(worker)
        if whole:
            self.idle[worker] = pool
        else:
            pool.shutdown(wait=False)

    def _hire(self) -> tuple[str, ProcessPoolExecutor]:
        pool = _DeafPool(1, multiprocessing.get_context("spawn"), _end_with_parent)
        return str(pool.submit(os.getpid).result()), pool

    def close(self) -> None:
        """Stop those at work, whose tasks nobody waits for any more, and dismiss the others."""
        for worker in self.busy:
            with suppress(ProcessLookupError):
                os.kill(int(worker), signal.SIGTERM)
        for pool in (*self.busy.values(), *self.idle.values()):
            pool.shutdown(cancel_futures=True)


@contextmanager
def open_processes(workers: int) -> Iterator[Crew]:
    """Workers that are processes of this machine."""
    _hush_tracker()
    crew = _Processes(workers)
    try:
        yield crew
    finally:
        crew.close()


def _hush_tracker() -> None:
    """Begin Python's process that frees what others left, and have it say nothing of it.

    Pyomo takes a lock as it loads, which a worker that is stopped leaves: no matter for a user.
    """
    if os.name != "posix":
        return
    given, sys.warnoptions = sys.warnoptions, [*sys.warnoptions, "ignore:resource_tracker"]
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions = given


@dataclass
class _Cluster:
    """Workers of a Dask cluster by address.

    Dask does again what a dead worker had finished, unless its result was fetched before; so a
    worker has no more tasks than threads, and a new one only when the last result is here.
    """

    client: Any
    busy: list[str] = field(default_factory=list)

    def begin(self, work: Callable[[Any], Any], content: Any) -> tuple[Future[Any], str] | None:
        self.client.wait_for_workers(1)
        threads = self.client.nthreads().items()
        free = [address for address, most in threads if self.busy.count(address) < most]
        if not free:
            return None
        self.busy.append(free[0])
        executor = self.client.get_executor(pure=False, workers=free[:1], allow_other_workers=True)
        return executor.submit(work, content), free[0]

    def end(self, worker: str, whole: bool) -> None:
        self.busy.remove(worker)


@contextmanager
def open_cluster(scheduler: str, workers: int) -> Iterator[Crew]:
    """Workers of a Dask cluster that see the same files.

    Args:
        scheduler: its address, or ``local`` for a cluster on this machine, which hands every task
            of a dead worker back; one that runs already may first try again by its own settings.
        workers: processes of the local cluster.
    """
    import dask
    from distributed import Client, LocalCluster

    settings = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.worker.daemon": False,
        "distributed.worker.preload": [QUIET] if scheduler == LOCAL else [],
    }
    with dask.config.set(settings), ExitStack() as stack:
        if scheduler == LOCAL:
            for name in ("distributed", "tornado"):
                logging.getLogger(name).setLevel(logging.CRITICAL)
            cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, processes=True
            )
            scheduler = stack.enter_context(cluster).scheduler_address
        yield _Cluster(stack.enter_context(Client(scheduler)))
