"""Long lists of candidates: how long each target takes, from arrays to proof, in one process.

Run: python tests/benchmarks/benchmark_scale.py [ROW …]

Rows: ``seven`` (42 ICBs, 7 footprints of 2.5-14 m people, at most 12 members, no travel limit), ``four``
(4 of 8-20 m, at most 16), ``seven-travel`` and ``four-travel`` (those within 160 minutes of the lead),
``near`` (every plan within 5 % of the best, on today's 36 ICBs and on the 42). All by default.

Wall time depends on what else runs; the processor time of all threads stands beside it, and on a machine
at rest with two cores the wall time lies between half of it and all of it. Compiling is done beforehand.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.near_optimal.plans import list_near_best
from optimiser.engine.solve import engine_settings, solve_system
from optimiser.footprints import listing
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions.case import Case, open_case

INPUTS = Path(__file__).parents[2] / "inputs"
NINE = INPUTS / "england-42" / "scenarios" / "nine-2023.toml"
TODAY = INPUTS / "england" / "scenarios" / "today.toml"
FAR = float("inf")
WINDOWS: dict[str, tuple[int, tuple[float, float], int]] = {
    "seven": (7, (2.5, 14.0), 12),
    "four": (4, (8.0, 20.0), 16),
}
"""Footprints, millions of people in each, most members."""
NEAR_SHARE = 0.05
MOST = 1_000_000


def open_window(row: str) -> Case:
    """The case of a row, such as ``four-travel``."""
    count, people, members = WINDOWS[row.split("-")[0]]
    settings = {
        "footprints.count": count,
        "footprints.population_m": people,
        "footprints.members": (1, members),
    }
    if not row.endswith("travel"):
        settings["footprints.max_travel_minutes"] = FAR
    return open_case(read_scenario(NINE).changed(settings))


@contextmanager
def timed() -> Iterator[Callable[[], str]]:
    """Wall and processor time since it was entered, as text."""
    wall, before = time.perf_counter(), _processor()
    yield (
        lambda: f"{time.perf_counter() - wall:7.1f} s wall {_processor() - before:7.1f} s processor"
    )


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def solve_window(row: str) -> None:
    """Solve a row and say how long it took and what was proven."""
    case = open_window(row)
    with Highs(engine_settings(case.system)) as highs, timed() as taken:
        found = solve_system(case.system, highs, 3600)
        print(
            f"{row:13} {taken()}  {found.candidates:>11,} candidates, score {found.objective:.4f}, "
            f"{found.status}; steps "
            + ", ".join(f"{name} {seconds:.1f}" for name, seconds in found.seconds.items()),
            flush=True,
        )


def list_near() -> None:
    """Every plan within 5 % of the best, after the solve that finds that."""
    for path in (TODAY, NINE):
        case = open_case(read_scenario(path))
        with Highs(engine_settings(case.system)) as highs:
            best = solve_system(case.system, highs, 600)
            room = NEAR_SHARE * best.objective
            with timed() as taken:
                near = list_near_best(
                    case.system, highs, best.objective, room, MOST, source=best.source
                )
                print(
                    f"near {path.stem:8} {taken()}  {len(near.plans):,} plans, {near.ended}, "
                    f"{len(near.plans) / near.seconds:,.0f} a second",
                    flush=True,
                )


def main() -> None:
    """Run the rows that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    rows = [*WINDOWS, *(f"{row}-travel" for row in WINDOWS), "near"]
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(rows))
    asked = parser.parse_args().rows or rows
    _warm_up()
    for row in asked:
        list_near() if row == "near" else solve_window(row)


def _warm_up() -> None:
    """Compile, or read what is compiled: a list of Python's length, made in compiled code."""
    usual, listing.MOST_WALKED = listing.MOST_WALKED, 0
    case = open_case(read_scenario(TODAY))
    with Highs(engine_settings(case.system)) as highs:
        best = solve_system(case.system, highs, 600)
        list_near_best(case.system, highs, best.objective, 0.04 * best.objective)
    listing.MOST_WALKED = usual


if __name__ == "__main__":
    main()
