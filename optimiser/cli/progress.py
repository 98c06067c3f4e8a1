"""Progress on stderr: a line for each step, and a spinner where someone watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import Thread

Say = Callable[[str, str], None]


@contextmanager
def progress() -> Iterator[Say]:
    """Show the steps that are told as they end: ``say(step, detail)``."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    started = time.monotonic()

    def say(step: str, detail: str) -> None:
        passed = time.monotonic() - started
        console.print(f"{passed:6.1f} s  {step:<8} {detail}", markup=False, soft_wrap=True)

    if not console.is_terminal:
        yield say
        return
    with console.status("working; Ctrl-C stops and keeps the best plan found", spinner="line"):
        yield say


def loading_meanwhile(module: str, say: Say) -> Say:
    """A ``say`` that, once the inputs are checked, loads a module while the solver works.

    Matplotlib takes seconds to import, and this process only waits while HiGHS runs in its own.
    """

    def say_and_load(step: str, detail: str) -> None:
        say(step, detail)
        if step == "check":
            Thread(target=import_module, args=(module,)).start()

    return say_and_load
