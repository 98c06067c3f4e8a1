"""Progress on stderr: a line for each step, and a spinner where someone watches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import Thread

from optimiser.progress import Report


@contextmanager
def progress() -> Iterator[Report]:
    """Show steps as they end: ``report(step, detail)``."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    started = time.monotonic()

    def report(step: str, detail: str) -> None:
        passed = time.monotonic() - started
        console.print(f"{passed:6.1f} s  {step:<8} {detail}", markup=False, soft_wrap=True)

    if not console.is_terminal:
        yield report
        return
    with console.status("working; Ctrl-C stops and keeps the best plan found", spinner="line"):
        yield report


def loading_meanwhile(module: str, report: Report) -> Report:
    """A report that, once the inputs are checked, loads a module while the solver works.

    Matplotlib takes seconds to import, and this process only waits while HiGHS runs in its own.
    """

    def say_and_load(step: str, detail: str) -> None:
        report(step, detail)
        if step == "check":
            Thread(target=import_module, args=(module,)).start()

    return say_and_load
