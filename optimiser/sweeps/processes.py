"""Worker processes that may die: each holds one task; what a dead one held is given out again."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

Task = tuple[str, Any]
"""A key and what the work is called with."""


@dataclass(frozen=True)
class Started:
    """A worker took a task."""

    key: str
    worker: str


@dataclass(frozen=True)
class Ended:
    """A task came back with its result."""

    key: str
    result: Mapping[str, object]


@dataclass(frozen=True)
class Lost:
    """The worker that held a task died."""

    key: str
    worker: str


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    key: str = ""


def _serve(work: Callable[[Any], Mapping[str, object]], pipe: Connection) -> None:
    while True:
        try:
            key, content = pipe.recv()
        except EOFError:
            return
        pipe.send((key, work(content)))


def run_tasks(
    work: Callable[[Any], Mapping[str, object]],
    tasks: Sequence[Task],
    workers: int,
    retry: Callable[[str], bool],
) -> Iterator[Started | Ended | Lost]:
    """Run tasks in processes and tell what happens as it happens.

    Args:
        work: what is done with a task's content; importable by name, must not raise.
        tasks: the tasks.
        workers: how many processes.
        retry: whether a task whose worker died is given out again.
    """
    waiting = list(reversed(tasks))
    content = dict(tasks)
    crew = [_hire(work) for _ in range(min(workers, len(tasks)))]
    try:
        while waiting or any(one.key for one in crew):
            for one in crew:
                if waiting and not one.key:
                    one.key, given = waiting.pop()
                    yield Started(one.key, str(one.process.pid))
                    _give(one, given)
            for one in _ready(crew):
                key, event = one.key, _collect(one)
                one.key = ""
                yield event
                if isinstance(event, Lost):
                    crew[crew.index(one)] = _hire(work)
                    if retry(key):
                        waiting.append((key, content[key]))
    finally:
        for one in crew:
            one.pipe.close()  # an idle worker ends by itself
            one.process.join(0 if one.key else 2)
            one.process.terminate()
            one.process.join()


def _hire(work: Callable[[Any], Mapping[str, object]]) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(work, theirs))
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _give(one: _Worker, content: Any) -> None:
    with suppress(OSError):  # where it died idle, the closed pipe is told as a loss
        one.pipe.send((one.key, content))


def _ready(crew: Sequence[_Worker]) -> list[_Worker]:
    busy = {one.pipe: one for one in crew if one.key}
    return [busy[pipe] for pipe in wait(list(busy)) if isinstance(pipe, Connection)]


def _collect(one: _Worker) -> Ended | Lost:
    try:
        key, result = one.pipe.recv()
    except (EOFError, OSError):
        worker = str(one.process.pid)
        one.process.kill()
        one.process.join()
        one.pipe.close()
        return Lost(one.key, worker)
    return Ended(key, result)
