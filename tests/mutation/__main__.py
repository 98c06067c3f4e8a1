"""Plant faults in the code that is trusted, and see whether the tests find them.

    python -m mutation --sample 40 --seed 1 [--only verify]          (from the folder tests)

A sample of each module's mutants (:mod:`mutation.mutants`) is planted one at a time, in a copy of the
project. Those tests run that reach the mutant's lines, the quickest first, until one fails. A mutant
is killed by a test that fails or that no longer ends; what survives is printed. The command ends with
1 where fewer than 85 in 100 are killed.

It is written here because `mutmut` wraps every function, which numba cannot compile, and neither it
nor `cosmic-ray` takes a sample or stops at the first of the tests that reach a line.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from mutation.mutants import Mutant, list_mutants, plant
from mutation.reach import Reach, find_reach, run_tests

ROOT = Path(__file__).parents[2]
LEAST_KILLED = 0.85
PATIENCE_SECONDS = 20.0
"""Beyond three times what the tests take without a fault: then they are taken to hang."""
COPIED = ("optimiser", "models", "tests", "docs", "pyproject.toml", "README.md", "bootstrap.py")

TARGETS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "referee": (
        ("optimiser/proof/referee/*.py",),
        (
            "tests/proof/test_referee.py",
            "tests/optima/test_roadmap.py",
            "tests/optima/test_toy_country.py",
        ),
    ),
    "levels and costs": (
        (
            "optimiser/footprints/levels.py",
            "optimiser/footprints/costs.py",
            "optimiser/footprints/floors.py",
            "optimiser/footprints/measures.py",
        ),
        ("tests/laws", "tests/optima/test_toy_country.py", "tests/optima/test_pooled_risk.py"),
    ),
    "pricing": (
        (
            "optimiser/engine/relaxation/*.py",
            "optimiser/footprints/unlisted/pricing.py",
            "optimiser/footprints/unlisted/branching.py",
        ),
        ("tests/engine/test_priced.py", "tests/optima"),
    ),
    "verify": (("optimiser/proof/verify/*.py",), ("tests/proof",)),
}
"""What is mutated, and the tests that are asked."""


def copy_project(home: Path) -> Path:
    """A copy to plant faults in; the inputs are only linked."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, home / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, home / name)
    (home / "inputs").symlink_to(ROOT / "inputs")
    return home


def in_child(act: Callable[[], int], seconds: float) -> int | None:
    """Run something in a process of its own; its exit code, or None where it did not end in time."""
    child = os.fork()
    if not child:
        os.setsid()
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
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def is_killed(project: Path, module: str, mutant: Mutant, reach: Reach) -> bool:
    """Whether a test that reaches a mutant finds it, or no longer ends."""
    tests = reach.tests(module, mutant.first, mutant.last)
    if not tests:
        return False
    path = project / module
    sound = path.read_bytes()
    path.write_text(plant(sound.decode(), mutant), encoding="utf-8")
    try:
        seconds = 3 * sum(reach.seconds[test] for test in tests) + PATIENCE_SECONDS
        return in_child(lambda: run_tests(project, tests), seconds) != 0
    finally:
        path.write_bytes(sound)


def try_module(project: Path, module: str, chosen: Sequence[Mutant], reach: Reach) -> list[Mutant]:
    """The mutants that survive."""
    survivors = []
    for mutant in chosen:
        if not is_killed(project, module, mutant, reach):
            survivors.append(mutant)
            tests = reach.tests(module, mutant.first, mutant.last)
            print(f"  survived {len(tests)} tests: {module} {mutant}", flush=True)
    return survivors


def try_target(name: str, project: Path, sample: int, seed: int) -> tuple[int, int]:
    """Mutants tried and killed of one target, each of its modules with as many at most."""
    patterns, tests = TARGETS[name]
    modules = sorted(
        path.relative_to(project).as_posix() for p in patterns for path in project.glob(p)
    )
    reach = find_reach(project, modules, tests, in_child)
    tried = killed = 0
    for module in modules:
        every = list_mutants((project / module).read_text(encoding="utf-8"))
        draw = random.Random(f"{seed} {module}")
        chosen = draw.sample(every, min(sample, len(every)))
        left = try_module(project, module, chosen, reach)
        print(
            f"{module}: {len(every)} mutants, {len(chosen)} tried, {len(left)} survived", flush=True
        )
        tried, killed = tried + len(chosen), killed + len(chosen) - len(left)
    return tried, killed


def main(words: Sequence[str]) -> int:
    """Print what survives and the counts; 1 where too few are killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=TARGETS, action="append")
    given = parser.parse_args(words)
    low = False
    with tempfile.TemporaryDirectory() as home:
        project = copy_project(Path(home))
        for name in given.only or TARGETS:
            tried, killed = try_target(name, project, given.sample, given.seed)
            share = killed / max(tried, 1)
            low |= share < LEAST_KILLED
            print(f"{name}: {tried} tried, {killed} killed, {share:.1%}", flush=True)
    return int(low)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
