"""Which tests reach which lines, found by running them once under coverage."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

LOADED = (
    *("geopandas", "highspy", "matplotlib.pyplot", "numba", "pandas", "pydantic"),
    *("pyomo.environ", "scipy.optimize", "scipy.sparse", "shapely"),
)
"""Loaded once, before any test is started, because they take longer to load than most tests to run."""
LOG = "tests.log"
LONGEST_SECONDS = 3_600.0


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
        if "" in found:
            found = set(self.seconds)
        return sorted(found, key=lambda test: (self.seconds[test], test))


class Recorder:
    """A plugin of pytest that notes what each test reaches."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.measured = measured
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Around the fixtures and the test alike."""
        began = time.monotonic()
        self.measured.switch_context(item.nodeid)
        result = yield
        self.measured.switch_context("")
        self.seconds[item.nodeid] = time.monotonic() - began
        return result


def run_tests(project: Path, tests: Sequence[str], *plugins: object) -> int:
    """Run tests in this process, in a project's copy; pytest's exit code."""
    os.chdir(project)
    sys.path[:0] = [str(project), str(project / "tests")]
    sys.dont_write_bytecode = True
    with open(project / LOG, "w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        options = ("-x", "-p", "no:cacheprovider", "-p", "no:xdist")
        return int(pytest.main([*options, *tests], plugins=list(plugins)))


def find_reach(
    project: Path,
    modules: Sequence[str],
    tests: Sequence[str],
    in_child: Callable[[Callable[[], int], float], int | None],
) -> Reach:
    """Run tests without any fault, and note what they reach of some modules.

    Raises:
        RuntimeError: they do not pass.
    """
    for name in LOADED:
        __import__(name)
    place = project / "reach.json"
    if in_child(lambda: _record(project, modules, tests, place), LONGEST_SECONDS) != 0:
        said = (project / LOG).read_text(encoding="utf-8")
        raise RuntimeError(f"Without any fault these tests do not pass: {' '.join(tests)}\n{said}")
    found = json.loads(place.read_text(encoding="utf-8"))
    lines = {
        module: {int(line): tests for line, tests in own.items()}
        for module, own in found["lines"].items()
    }
    return Reach(lines, found["seconds"])


def _record(project: Path, modules: Sequence[str], tests: Sequence[str], place: Path) -> int:
    paths = {module: str(project / module) for module in modules}
    measured = coverage.Coverage(data_file=None, include=list(paths.values()), config_file=False)
    recorder = Recorder(measured)
    measured.start()
    code = run_tests(project, tests, recorder)
    measured.stop()
    data = measured.get_data()
    lines = {module: data.contexts_by_lineno(path) for module, path in paths.items()}
    place.write_text(json.dumps({"lines": lines, "seconds": recorder.seconds}), encoding="utf-8")
    return code
