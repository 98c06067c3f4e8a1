"""What a solve of England costs in time and memory, beside two other ways to ask the same question.

Run: python tests/benchmarks/benchmark_solve.py [--scenario FILE] [--seconds 60] [--runs 3]

1. The scenario as it stands, in a process of its own: whole time of ``footprints solve`` and the peak
   memory of all its processes (Linux only; shared pages count in each process).
2. The same, step by step, in a process that has loaded its libraries.
3. A version that the compact model can express too (printed), solved by the engine, by the compact
   model, and by HiGHS given every candidate at once; the last two stop at the limit.

Ratios are of one run on one machine. Nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse

from optimiser.engine.assignment import ask_compact
from optimiser.engine.highs.adapter import Highs, Problem, Result
from optimiser.engine.relaxation.master import UNMATCHED, Columns, master_rows
from optimiser.engine.solve import engine_settings
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import build_system
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.plan.plan import Plan
from optimiser.questions.case import Case, open_case
from optimiser.questions.solve import relative_gap, solve_case

BASE = Path(__file__).parents[2] / "inputs" / "england-42" / "scenarios" / "nine-2023.toml"
LINEAR = {
    "objective.volatility": 0.0,
    "objective.sharing_loss": 0.0,
    "objective.disruption": 0.0,
    "objective.allocation": 0.0,
    "footprints.max_travel_minutes": float("inf"),
    "services.max_cv": float("inf"),
    "readiness.joint": 0.0,
    "readiness.delegated": 0.0,
}
"""Switched off for the comparison, as are pairs of services that move together and their own limits
on relative volatility: the compact model has no sum for them."""


class PeakMemory:
    """Greatest memory of a process and all its descendants, sampled every 20 ms."""

    def __init__(self, process: int) -> None:
        self.process = process
        self.peak_mb = 0.0
        self.processes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            tree = list(_family(self.process))
            self.processes = max(self.processes, len(tree))
            self.peak_mb = max(self.peak_mb, sum(_resident_mb(one) for one in tree))


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        threads = os.listdir(f"/proc/{process}/task")
        text = " ".join(Path(f"/proc/{process}/task/{t}/children").read_text() for t in threads)
    except OSError:
        return
    for child in text.split():
        yield from _family(int(child))


def _resident_mb(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(float(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


@contextmanager
def timed(found: list[float]) -> Iterator[None]:
    """Add the seconds taken to a list."""
    started = time.perf_counter()
    yield
    found.append(time.perf_counter() - started)


def run_command(path: Path, runs: int) -> None:
    """Whole process time and memory of the command."""
    taken: list[float] = []
    memory = 0.0
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder, timed(taken):
            command = [sys.executable, "-m", "optimiser", "solve", str(path)]
            command += ["--out", str(Path(folder) / "run")]
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            with PeakMemory(process.pid) as watched:
                code = process.wait()
        memory = max(memory, watched.peak_mb)
        if code:
            print(f"footprints solve ended with exit code {code}")
    said = " ".join(f"{seconds:.2f}" for seconds in taken)
    print(f"footprints solve, whole process: {said} s; best {min(taken):.2f} s")
    print(f"peak memory of all its processes: {memory:,.0f} MB")


def run_steps(scenario: Scenario) -> None:
    """Each step of a solve in this process."""
    started = time.perf_counter()
    with Highs() as highs:
        case = open_case(scenario)
        opened = time.perf_counter() - started
        highs.settings = engine_settings(case.system)
        plan = solve_case(case, highs)
    print(f"  {'read and check':16} {opened:8.3f} s")
    for step, seconds in plan.outcome.seconds.items():
        if step != "check":
            print(f"  {step:16} {seconds:8.3f} s")
    print(f"  {'all':16} {time.perf_counter() - started:8.3f} s")
    tell_plan(plan)


def tell_plan(plan: Plan) -> None:
    """Size of the search and its outcome."""
    scope = plan.outcome.scope
    assert scope is not None
    print(f"  candidates {scope.candidates:,}; survivors {scope.survivors:,}")
    print(
        f"  plan £{plan.objective:,.4f}m, bound £{plan.outcome.bound:,.4f}m: {plan.outcome.status}"
    )


def linear_case(scenario: Scenario) -> Case:
    """The scenario cut down to what every method can express."""
    opened = open_case(scenario.changed(LINEAR))
    services = opened.dataset.services.assign(moves_with="", max_cv=float("nan"))
    dataset = replace(opened.dataset, services=services)
    return Case(opened.scenario, dataset, build_system(dataset, opened.scenario))


def run_comparison(case: Case, seconds: float) -> None:
    """Engine, compact model, and all candidates at once, on the same case."""
    with Highs() as highs:
        highs.settings = engine_settings(case.system)
        highs.solve(_nothing())
        mine: list[float] = []
        with timed(mine):
            plan = solve_case(case, highs)
        print(f"engine: {mine[0]:.2f} s")
        tell_plan(plan)
        for name, ask in (
            ("all candidates at once", lambda: solve_all_at_once(case, highs, seconds)),
            ("compact model", lambda: ask_compact(case.system, highs, seconds).result),
        ):
            theirs: list[float] = []
            with timed(theirs):
                result = ask()  # type: ignore[no-untyped-call]  # a lambda has no types
            tell_other(name, result, theirs[0], mine[0], plan.objective)


def _nothing() -> Problem:
    """A first problem, so that HiGHS is loaded before any clock starts."""
    one = np.ones(1)
    return Problem(one, 0 * one, one, one > 2, sparse.csc_array([[1.0]]), 0 * one, one)


def solve_all_at_once(case: Case, highs: Highs, seconds: float) -> Result:
    """Every candidate with its exact cost in one MIP; listing and measuring count as well."""
    started = time.perf_counter()
    rows = master_rows(case.system)
    candidates = list_candidates(case.system, footprint_rules(case.system))
    costs = CandidateCosts(case.system, candidates.masks)
    cost_m, _ = costs.priced({})
    count = len(candidates)
    columns = Columns(candidates.masks, cost_m, np.zeros((count, 0)), np.full(count, UNMATCHED))
    problem = Problem(
        cost=cost_m,
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.ones(count, dtype=bool),
        matrix=columns.matrix(rows),
        row_lower=rows.lower,
        row_upper=rows.upper,
    )
    return highs.solve(problem, max(seconds - (time.perf_counter() - started), 1.0))


def tell_other(name: str, result: Result, seconds: float, mine: float, best_m: float) -> None:
    """How far another method came, and the ratio of times."""
    print(f"{name}: {seconds:.2f} s, {result.reason}")
    if result.objective is None:
        bound = f"bound £{result.bound:,.4f}m" if np.isfinite(result.bound) else "no bound"
        print(f"  no plan; {bound}")
    else:
        gap = relative_gap(result.objective, result.bound)
        print(f"  plan £{result.objective:,.4f}m, bound £{result.bound:,.4f}m: gap {gap:.2%}")
        print(f"  plan is {result.objective - best_m:+,.4f} £m from the engine's")
    more = "" if result.reason == "optimal" else "more than "
    print(f"  {more}{seconds / mine:,.0f} times the engine's time")


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--scenario", type=Path, default=BASE)
    parser.add_argument("--seconds", type=float, default=60.0, help="limit of the other methods")
    parser.add_argument("--runs", type=int, default=3, help="runs of the whole command")
    asked = parser.parse_args()
    scenario = read_scenario(asked.scenario)
    print(f"{asked.scenario.name}, Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    run_command(asked.scenario, asked.runs)
    print("step by step:")
    run_steps(scenario)
    off = ", ".join(LINEAR)
    print(f"\nlike with like (off: {off}, services that move together):")
    run_comparison(linear_case(scenario), asked.seconds)


if __name__ == "__main__":
    main()
