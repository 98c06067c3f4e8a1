"""Long lists of candidates: how long each target takes, from arrays to proof, in one process.

Run: python tests/benchmarks/benchmark_scale.py [ROW …]

Rows: ``seven`` (42 ICBs, 7 footprints of 2.5-14 m people, at most 12 members, no travel limit), ``four``
(4 of 8-20 m, at most 16), ``seven-travel`` and ``four-travel`` (those within 160 minutes of the lead),
``near`` (every plan within 5 % of the best, on today's 36 ICBs and on the 42), ``counties`` (drawn
planar maps of 33 to 105 areas, 2 to 7 footprints within half a per cent of even shares of people, the
fewest links cut), ``areas`` (the 106 sub-ICB locations in 42, 26, 20 and 9 footprints). All by default.

Wall time depends on what else runs; the processor time of all threads stands beside it, and on a machine
at rest with two cores the wall time lies between half of it and all of it. Compiling is done beforehand.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.near_optimal.plans import list_near_best
from optimiser.engine.solve import engine_settings, solve_priced, solve_system
from optimiser.errors import StoppedWithoutPlanError
from optimiser.footprints import listing
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions.case import Case, open_case

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.planar import planar_case

INPUTS = Path(__file__).parents[2] / "inputs"
NINE = INPUTS / "england-42" / "scenarios" / "nine-2023.toml"
TODAY = INPUTS / "england" / "scenarios" / "today.toml"
SMALL_AREAS = INPUTS / "england-106" / "scenarios" / "areas-26.toml"
FAR = float("inf")
WINDOWS: dict[str, tuple[int, tuple[float, float], int]] = {
    "seven": (7, (2.5, 14.0), 12),
    "four": (4, (8.0, 20.0), 16),
}
"""Footprints, millions of people in each, most members."""
COUNTIES = (
    *((33, 3), (44, 2), (46, 7), (55, 3), (64, 4), (67, 7), (75, 4)),
    *((77, 5), (82, 4), (93, 3), (99, 4), (105, 4)),
)
"""Areas and footprints: those of American states that are divided by whole counties."""
AREAS: tuple[tuple[int, tuple[float, float]], ...] = (
    *((42, (0.5, 3.2)), (26, (1.2, 4.0))),
    *((26, (0.8, 5.0)), (20, (0.8, 5.0)), (9, (2.5, 11.0))),
)
"""Footprints and millions of people in each, of the 106 sub-ICB locations."""
SECONDS = 300.0
"""Each of these may take."""
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


def divide_counties() -> None:
    """Solve each drawn map."""
    for size, count in COUNTIES:
        report_solve(f"{size} areas, {count}", planar_case(size, count))


def divide_areas() -> None:
    """Solve each question on the sub-ICB locations."""
    for count, people in AREAS:
        settings = {"footprints.count": count, "footprints.population_m": people}
        case = open_case(read_scenario(SMALL_AREAS).changed(settings))
        report_solve(f"106 areas, {count} of {people[0]:g}-{people[1]:g} m", case)


def report_solve(row: str, case: Case) -> None:
    """Solve a case and say how long it took, what was found and what was proven."""
    with Highs(engine_settings(case.system)) as highs, timed() as taken:
        try:
            found = solve_system(case.system, highs, SECONDS)
        except StoppedWithoutPlanError as error:
            print(f"{row:24} {taken()}  {error}", flush=True)
            return
        how = "priced" if found.candidates is None else f"{found.candidates:,} candidates"
        print(
            f"{row:24} {taken()}  {how}, score {found.objective:.4f}, bound {found.bound:.4f}, "
            f"{found.status}",
            flush=True,
        )


def main() -> None:
    """Run the rows that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    rows = [*WINDOWS, *(f"{row}-travel" for row in WINDOWS), *SETS]
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(rows))
    asked = parser.parse_args().rows or rows
    _warm_up()
    for row in asked:
        SETS[row]() if row in SETS else solve_window(row)


SETS = {"near": list_near, "counties": divide_counties, "areas": divide_areas}
"""Rows that stand for several questions each."""


def _warm_up() -> None:
    """Compile, or read what is compiled: a list of Python's length, made in compiled code."""
    usual, listing.MOST_WALKED = listing.MOST_WALKED, 0
    case = open_case(read_scenario(TODAY))
    with Highs(engine_settings(case.system)) as highs:
        best = solve_system(case.system, highs, 600)
        list_near_best(case.system, highs, best.objective, 0.04 * best.objective)
        solve_priced(planar_case(20, 3, share=0.1).system, highs, 600)
    listing.MOST_WALKED = usual


if __name__ == "__main__":
    main()
