"""Plant faults in the code that is trusted, and see whether the tests find them.

    python -m mutation --sample 40 --seed 1 [--only verify] [--ordinary]    (from the folder tests)

The tests of a target are collected and run once, to see which reach which lines. Then a sample of each
module's mutants (:mod:`mutation.mutants`) is planted one at a time, each in a process of its own; the
tests that reach its lines run, the quickest first, until one fails. A mutant is killed by a test that
fails or that no longer ends; what survives is printed. The command ends with 1 where fewer than 85 in
100 are killed. Code that numba compiles is left out: tests hold it against Python's on drawn maps.

It is written here because `mutmut` wraps every function, which numba cannot compile, and `cosmic-ray`
starts Python anew for each mutant, which takes longer than the tests; neither takes a sample.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest
from mutation.mutants import Mutant, list_mutants, plant
from mutation.planting import plant_in
from mutation.reach import ROOT, Reach, find_reach, in_child, run_items, warm_up

LEAST_KILLED = 0.85
PATIENCE_SECONDS = 10.0
"""Beyond three times what the tests take without a fault: then they are taken to hang."""
ENOUGH_TESTS = 200
"""Tests asked at most of one mutant: what the two hundred quickest pass, the rest seldom find."""

TARGETS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "referee": (
        ("optimiser/proof/referee/*.py",),
        ("tests/proof/test_referee.py", "tests/proof/test_referee_roadmap.py"),
    ),
    "levels and costs": (
        (
            "optimiser/footprints/levels.py",
            "optimiser/footprints/costs.py",
            "optimiser/footprints/floors.py",
            "optimiser/footprints/measures.py",
        ),
        (
            "tests/footprints/test_costs_by_hand.py",
            "tests/footprints/test_floors.py",
            "tests/laws/test_holders.py",
            "tests/optima/test_toy_country.py",
        ),
    ),
    "pricing": (
        ("optimiser/engine/relaxation/*.py", "optimiser/footprints/unlisted/pricing.py"),
        (
            "tests/engine/test_relaxation.py",
            "tests/engine/test_unlisted.py",
            "tests/optima/test_cut_edges.py",
        ),
    ),
    "verify": (
        ("optimiser/proof/verify/*.py",),
        (
            "tests/proof/test_bound.py",
            "tests/proof/test_closing.py",
            "tests/proof/test_parts.py",
            "tests/proof/test_verify_roadmap.py",
            "tests/proof/test_verify_run.py",
            "tests/proof/test_verify_uniform.py",
        ),
    ),
}
"""What is mutated, and the tests that are asked."""


class Trial:
    """A plugin of pytest that tries mutants in the place of running the tests once."""

    def __init__(self, patterns: Sequence[str], sample: int, seed: int) -> None:
        self.modules = sorted(
            path.relative_to(ROOT).as_posix() for p in patterns for path in ROOT.glob(p)
        )
        self.sample = sample
        self.seed = seed
        self.tried = self.killed = 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Once the tests are collected."""
        warm_up(session.items)
        with tempfile.TemporaryDirectory() as home:
            reach = find_reach(session.items, self.modules, Path(home) / "reach.json")
        items = {item.nodeid: item for item in session.items}
        for module in self.modules:
            self._try_module(module, reach, items)
        return True

    def _try_module(self, module: str, reach: Reach, items: dict[str, pytest.Item]) -> None:
        source = (ROOT / module).read_text(encoding="utf-8")
        every = list_mutants(source)
        draw = random.Random(f"{self.seed} {module}")
        chosen = draw.sample(every, min(self.sample, len(every)))
        left = [one for one in chosen if not is_killed(module, source, one, reach, items)]
        self.tried += len(chosen)
        self.killed += len(chosen) - len(left)
        print(f"{module}: {len(every)} mutants, {len(chosen)} tried, {len(left)} survived")
        for mutant in left:
            print(f"  {len(_tests_of(module, source, mutant, reach))} tests: {mutant}", flush=True)


def is_killed(
    module: str, source: str, mutant: Mutant, reach: Reach, items: dict[str, pytest.Item]
) -> bool:
    """Whether a test that reaches a mutant finds it, or no longer ends."""
    tests = _tests_of(module, source, mutant, reach)[:ENOUGH_TESTS]
    if not tests:
        return False

    def act() -> int:
        plant_in(import_module(_dotted(module)), plant(source, mutant))
        return run_items([items[test] for test in tests])

    seconds = 3 * sum(reach.seconds[test] for test in tests) + PATIENCE_SECONDS
    return in_child(act, seconds) != 0


def _dotted(module: str) -> str:
    return module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _tests_of(module: str, source: str, mutant: Mutant, reach: Reach) -> list[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            end = node.end_lineno or node.lineno
            if mutant.first == node.lineno:  # a default: whatever reaches the body may see it
                return reach.tests(module, node.lineno + 1, end)
            if node.lineno < mutant.first <= end:
                return reach.tests(module, mutant.first, mutant.last)
    return reach.quickest()


def main(words: Sequence[str]) -> int:
    """Print what survives and the counts; 1 where too few are killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=40, help="mutants of each module at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=TARGETS, default="")
    parser.add_argument("--ordinary", action="store_true", help="ask no long test")
    given = parser.parse_args(words)
    if not given.only:  # each target in a Python of its own
        return max(_again(given, name) for name in TARGETS)
    patterns, tests = TARGETS[given.only]
    trial = Trial(patterns, given.sample, given.seed)
    os.chdir(ROOT)
    asked = "not nightly and not long" if given.ordinary else "not nightly"
    everything = ("-m", asked, "-k", "not england")  # the toy country shows it in a second
    quiet = ("-p", "no:cacheprovider", "-p", "no:xdist", "-s", "--no-header", "--no-summary")
    pytest.main([*quiet, *everything, *tests], plugins=[trial])
    share = trial.killed / max(trial.tried, 1)
    print(f"{given.only}: {trial.tried} tried, {trial.killed} killed, {share:.1%}", flush=True)
    return int(share < LEAST_KILLED)


def _again(given: argparse.Namespace, name: str) -> int:
    words = ["--sample", str(given.sample), "--seed", str(given.seed), "--only", name]
    words += ["--ordinary"] * given.ordinary
    return subprocess.call([sys.executable, "-m", "mutation", *words])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
