"""Ctrl-C and SIGTERM: both stop a command so that the best plan so far is kept."""

from __future__ import annotations

import signal
import sys
import threading
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from optimiser.progress import Report

SECONDS_TO_WAIT = 0.05
"""After which a signal that came during an import is heard again; short beside what a user notices."""
LAST_STEPS = ("prove", "confirm", "settle", "referee")
"""Steps of a solve after which the plan is as good as saved: stopping then would lose it for nothing."""


@dataclass
class Signals:
    """The signals of one command.

    Attributes:
        heard: numbers of those that came.
        finishing: the first one is noted alone, for the answer is about to be saved.
    """

    heard: list[int] = field(default_factory=list)
    finishing: bool = False

    def watch(self, report: Report) -> Report:
        """A report that knows when a solve is finishing."""

        def tell(step: str, detail: str) -> None:
            self.finishing = step in LAST_STEPS
            report(step, detail)

        return tell


@contextmanager
def heed_signals() -> Iterator[Signals]:
    """Turn signals into KeyboardInterrupt, where and when that loses nothing."""
    signals, ours = Signals(), sys._getframe()

    def stop(number: int, frame: FrameType | None) -> None:
        if _is_importing(frame, ours):
            again = threading.Timer(SECONDS_TO_WAIT, interrupt_main, (number,))
            again.daemon = True
            again.start()
            return
        signals.heard.append(number)
        if len(signals.heard) > 1 or not signals.finishing:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # no place to hear signals
        yield signals
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_importing(frame: FrameType | None, ours: FrameType) -> bool:
    """Whether a module is being imported: Python may keep its import lock for ever if stopped then.

    Other threads that import would wait for that lock, and we for them: Ctrl-C in the first seconds
    of a solve hung about one time in five.
    """
    while frame is not None and frame is not ours:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
