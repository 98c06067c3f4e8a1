"""Long work that a page watches and may stop: each in a thread of its own, told as it goes."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from optimiser.engine.highs.adapter import Highs
from optimiser.errors import FootprintsError, InterruptedWithoutPlanError, tell_system_error
from optimiser.progress import Report

Event = dict[str, Any]
"""``kind`` (``progress``, ``done``, ``failed``) and what there is to tell."""
KEPT_JOBS = 50
"""Ended jobs that can still be looked at: a page that was reloaded asks again for its last one."""
BEAT = 1.0
"""Seconds after which a page hears that the work goes on, and a page that has left is noticed."""
SECONDS_TO_STOP = 5.0
"""A stop is heard between steps and each half second of a solve; what takes longer is left behind."""
NOTHING_KEPT = "Stopped before there was an answer; nothing is kept."


@dataclass
class Job:
    """One piece of work and all that it told.

    Attributes:
        id: what pages call it.
        events: those so far; the last one ends it.
        thread: what does it.
    """

    id: str
    events: list[Event] = field(default_factory=list)
    thread: threading.Thread | None = None
    _asked: int = 0
    _heard: int = 0
    _news: threading.Condition = field(default_factory=threading.Condition)

    def tell(self, event: Event) -> None:
        """Add an event and wake whoever watches."""
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def stop(self) -> None:
        """Ask it to stop."""
        self._asked += 1

    def hears_stop(self) -> bool:
        """Whether a page asked to stop; heard once, as Ctrl-C is, so that what is kept is settled."""
        heard, self._heard = self._heard, self._asked
        return heard < self._heard

    def report(self, step: str, detail: str) -> None:
        """A step that ended; this is also where a stop is heard between solves.

        Raises:
            KeyboardInterrupt: a page asked to stop: the search keeps its best plan, as with Ctrl-C.
        """
        self.tell({"kind": "progress", "step": step, "detail": detail})
        if step not in _LAST and self.hears_stop():
            raise KeyboardInterrupt

    @property
    def ended(self) -> bool:
        """Whether there will be no more events."""
        return bool(self.events) and self.events[-1]["kind"] != "progress"

    def watch(self) -> Iterator[Event | None]:
        """Every event from the first; None each second in which there is none."""
        seen = 0
        while True:
            with self._news:
                if seen == len(self.events):
                    self._news.wait(BEAT)
                fresh = self.events[seen:]
            seen += len(fresh)
            if not fresh:
                yield None
            yield from fresh
            if fresh and fresh[-1]["kind"] != "progress":
                return


_LAST = ("prove", "confirm", "settle", "referee", "save")
"""Steps after which the answer is as good as there: stopping then would lose it for nothing."""
Work = Callable[[Highs, Report], Event]


class Jobs:
    """The jobs of one server."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def begin(self, work: Work) -> Job:
        """Start some work; it is given a solver that a stop ends."""
        job = Job(secrets.token_urlsafe(9))
        with self._lock:
            for old in [key for key, past in self._jobs.items() if past.ended][:-KEPT_JOBS]:
                del self._jobs[old]
            self._jobs[job.id] = job
        job.thread = threading.Thread(target=_run, args=(job, work), daemon=True)
        job.thread.start()
        return job

    def find(self, key: str) -> Job | None:
        """A job by its id."""
        return self._jobs.get(key)

    def stop_all(self) -> None:
        """Ask all to stop, and give them the time to end their solvers."""
        for job in self._jobs.values():
            job.stop()
        for job in self._jobs.values():
            if job.thread is not None:
                job.thread.join(SECONDS_TO_STOP)


def _run(job: Job, work: Work) -> None:
    began = time.monotonic()
    try:
        with Highs(stopped=job.hears_stop) as highs:
            found = work(highs, job.report)
        job.tell({"kind": "done", "seconds": round(time.monotonic() - began, 1), **found})
    except (KeyboardInterrupt, InterruptedWithoutPlanError):
        job.tell({"kind": "failed", "error": NOTHING_KEPT})
    except FootprintsError as error:
        job.tell({"kind": "failed", "error": str(error)})
    except OSError as error:
        job.tell({"kind": "failed", "error": tell_system_error(error)})
    except Exception as error:  # a page that waits must hear of a bug too
        job.tell({"kind": "failed", "error": f"Unexpected: {type(error).__name__}: {error}"})
        raise
