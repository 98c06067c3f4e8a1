"""Progress: whoever starts long work may be told of each step as it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str, str], None]
"""``report(step, detail)``: one word for the step that has ended, and a phrase on what came of it."""


def silent(step: str, detail: str) -> None:
    """Tell nobody."""


QUIET_SECONDS = 8.0
"""After which whoever waits is told how things stand: longer, and they wonder whether it still runs."""


@contextmanager
def telling(
    report: Report, standing: Callable[[], str], seconds: float = QUIET_SECONDS
) -> Iterator[Report]:
    """A report that is never quiet for long: between steps it tells how things stand."""
    heard, ended = threading.Event(), threading.Event()

    def tell(step: str, detail: str) -> None:
        heard.set()
        report(step, detail)

    def repeat() -> None:
        while not ended.is_set():
            heard.clear()
            if not heard.wait(seconds) and not ended.is_set():
                report("search", standing())

    teller = threading.Thread(target=repeat, daemon=True)
    teller.start()
    try:
        yield tell
    finally:
        ended.set()
        heard.set()
        teller.join()
