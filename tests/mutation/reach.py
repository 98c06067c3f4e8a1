"""Which tests reach which lines, found by running them once under coverage."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Reach:
    """What one run of the tests without any fault has shown.

    Attributes:
        lines: module to line to the tests that reach it.
        seconds: test to what it took, with its fixtures.
    """

    lines: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def tests(self, module: str, first: int, last: int) -> list[str]:
        """Tests that reach some line of a range, the quickest first; of what is loaded, all."""
        own = self.lines.get(module, {})
        found = {test for line in range(first, last + 1) for test in own.get(line, ())}
        return sorted(found, key=lambda test: (self.seconds[test], test))

    def quickest(self) -> list[str]:
        """Every test, the quickest first: for what runs as a module is loaded."""
        return sorted(self.seconds, key=lambda test: (self.seconds[test], test))


def in_child(act: Callable[[], int], seconds: float) -> int | None:
    """Run something in a process of its own; its exit code, or None where it did not end in time."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.setsid()
        _keep_quiet()
        try:
            os._exit(act())
        except BaseException:  # nothing may come back from the child
            traceback.print_exc()
            os._exit(1)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _keep_quiet() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def warm_up(items: Sequence[pytest.Item]) -> None:
    """Run the first test of each file here: what a whole session shares is made before any child."""
    run_items(list({item.path: item for item in reversed(items)}.values()))


def run_items(items: Sequence[pytest.Item]) -> int:
    """Run collected tests in this process until one fails: 1 then. What is shared stays."""
    for item, following in zip(items, [*items[1:], items[0]], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if item.session.testsfailed:
            return 1
    return 0


def find_reach(items: Sequence[pytest.Item], modules: Sequence[str], place: Path) -> Reach:
    """Run tests without any fault, and note what they reach of some modules.

    Raises:
        RuntimeError: they do not pass.
    """
    in_child(lambda: _record(items, modules, place), 3_600.0)
    found = json.loads(place.read_text(encoding="utf-8"))
    if found["failed"]:
        raise RuntimeError(f"Without any fault these do not pass: {', '.join(found['failed'])}")
    lines = {
        module: {int(line): tests for line, tests in own.items()}
        for module, own in found["lines"].items()
    }
    return Reach(lines, found["seconds"])


def _record(items: Sequence[pytest.Item], modules: Sequence[str], place: Path) -> int:
    paths = {module: str(ROOT / module) for module in modules}
    measured = coverage.Coverage(data_file=None, include=list(paths.values()), config_file=False)
    seconds, failed = {}, []
    measured.start()
    for item, following in zip(items, [*items[1:], items[0]], strict=True):
        began = time.monotonic()
        measured.switch_context(item.nodeid)
        before = item.session.testsfailed
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        seconds[item.nodeid] = time.monotonic() - began
        failed += [item.nodeid] * (item.session.testsfailed > before)
    measured.stop()
    data = measured.get_data()
    lines = {module: data.contexts_by_lineno(path) for module, path in paths.items()}
    found = {"lines": lines, "seconds": seconds, "failed": failed}
    place.write_text(json.dumps(found), encoding="utf-8")
    return 0
