"""Long lists of candidates: how long each target takes, from arrays to proof, in one process.

Run: python tests/benchmarks/benchmark_scale.py [ROW …]

Rows: ``seven`` (42 ICBs, 7 footprints of 2.5-14 m people, at most 12 members, no travel limit), ``four``
(4 of 8-20 m, at most 16), ``seven-travel`` and ``four-travel`` (those within 160 minutes of the lead),
``near`` (every plan within 5 % of the best, on today's 36 ICBs and on the 42), ``counties`` (drawn
planar maps of 33 to 105 areas, 2 to 7 footprints within half a per cent of even shares of people, the
fewest links cut), ``areas`` (the 106 sub-ICB locations in 42, 26, 20 and 9 footprints; one by one
``areas-42-0.5-3.2`` and so on), ``authorities`` (325 local authorities in 42 footprints; their map is
built first: ``python -m inputs.england.build authorities --to outputs``). All by default.

Rows of ``areas`` and ``authorities`` have a process each and tell every step; ``--seconds`` is the
limit of each, and ``--record`` keeps their figures for ``docs/build/write_growth.py``.

Wall time depends on what else runs; the processor time of all threads stands beside it, and on a machine
at rest with two cores the wall time lies between half of it and all of it. Compiling is done beforehand.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.near_optimal.plans import list_near_best
from optimiser.engine.solve import engine_settings, solve_priced, solve_system
from optimiser.errors import NoPlanError, StoppedWithoutPlanError
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
    *((33, 3), (44, 2), (46, 7), (55, 2), (55, 3), (64, 4), (67, 7), (75, 4)),
    *((77, 5), (82, 4), (93, 3), (99, 4), (105, 4)),
)
"""Areas and footprints: those of American states that are divided by whole counties."""
Areas = tuple[int, tuple[float, float]]
AREAS: dict[str, Areas] = {
    f"areas-{count}-{least:g}-{most:g}": (count, (least, most))
    for count, least, most in (
        *((42, 0.5, 3.2), (26, 1.2, 4.0), (26, 0.8, 5.0), (20, 0.8, 5.0), (9, 2.5, 11.0)),
    )
}
"""Footprints and millions of people in each, of the 106 sub-ICB locations."""
AUTHORITIES = "authorities"
SECONDS = 300.0
"""Each map of counties may take, and"""
LONG_SECONDS = 600.0
"""each of the areas."""
FIGURES = Path(__file__).parents[2] / "docs" / "build" / "growth.csv"
COLUMNS = (
    *("areas", "footprints", "least_m", "most_m", "status", "plan", "bound", "first_plan_s"),
    *("wall_s", "processor_s", "memory_gib"),
)
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
        report_solve(f"{size} areas in {count}", planar_case(size, count))


def open_areas(row: str) -> Case:
    """The case of a row of areas or of authorities."""
    if row == AUTHORITIES:
        count, people = 42, (0.5, 3.2)
        path = INPUTS.parent / "outputs" / "england-authorities" / "scenarios" / "base.toml"
        if not path.exists():
            build = [sys.executable, "-m", "inputs.england.build", "authorities"]
            subprocess.run([*build, "--to", str(path.parents[2])], cwd=INPUTS.parent, check=True)
    else:
        (count, people), path = AREAS[row], SMALL_AREAS
    settings = {"footprints.count": count, "footprints.population_m": people}
    return open_case(read_scenario(path).changed(settings))


def divide_areas(row: str, seconds: float, record: bool) -> None:
    """Solve a row of areas, telling every step, how long it took and how much memory."""
    case, met = open_areas(row), list[float]()

    with Highs(engine_settings(case.system)) as highs, timed() as taken:
        begun, processor = time.perf_counter(), _processor()

        def tell(step: str, detail: str) -> None:
            if "a plan scores" in detail and not met:
                met.append(time.perf_counter() - begun)
            print(f"  {taken()} {_memory_gib():5.2f} GiB  {step:9} {detail}", flush=True)

        found = solve_priced(case.system, highs, seconds, tell)
        spent = (*met, time.perf_counter() - begun, _processor() - processor, _memory_gib())
    rules, score = case.scenario.footprints, (found.objective, found.bound)
    print(
        f"{row:24} plan {score[0]:.4f} after {spent[0]:.1f} s, bound {score[1]:.4f}, "
        f"{found.status} in {spent[1]:.1f} s ({spent[2]:.1f} s processor), {spent[3]:.2f} GiB",
        flush=True,
    )
    if record:
        asked = (case.system.size, rules.count, *rules.population_m)
        figures = (*(round(value, 4) for value in score), *(round(value, 2) for value in spent))
        keep_figures((*asked, found.status, *figures))


def keep_figures(figures: tuple[object, ...]) -> None:
    """Write a row of figures in the place of the one of the same question."""
    rows = {}
    if FIGURES.exists():
        with FIGURES.open(encoding="utf-8", newline="") as file:
            rows = {tuple(row[:4]): row for row in list(csv.reader(file))[1:]}
    text = [str(figure) for figure in figures]
    rows[tuple(text[:4])] = text
    with FIGURES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted(rows.values(), key=lambda row: (int(row[0]), -int(row[1]), row[2])))


def _memory_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def report_solve(row: str, case: Case) -> None:
    """Solve a case and say how long it took, what was found and what was proven."""
    with Highs(engine_settings(case.system)) as highs, timed() as taken:
        try:
            found = solve_system(case.system, highs, SECONDS)
        except (NoPlanError, StoppedWithoutPlanError) as error:
            print(f"{row:24} {taken()}  {error}", flush=True)
            return
        gap = 100 * (found.objective - found.bound) / abs(found.objective)
        how = "priced" if found.candidates is None else f"{found.candidates:,} candidates"
        print(
            f"{row:24} {taken()}  {how}, score {found.objective:.4f}, bound {found.bound:.4f}, "
            f"gap {gap:.2f} %, {found.status}",
            flush=True,
        )


def main() -> None:
    """Run the rows that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    rows = [*WINDOWS, *(f"{row}-travel" for row in WINDOWS), *SETS, *ALONE]
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(rows))
    parser.add_argument(
        "--seconds", type=float, default=LONG_SECONDS, help="limit of each of areas"
    )
    parser.add_argument("--record", action="store_true", help=f"keep figures in {FIGURES.name}")
    chosen = parser.parse_args()
    asked = [one for row in chosen.rows or rows for one in (AREAS if row == "areas" else (row,))]
    _warm_up()
    for row in dict.fromkeys(asked):
        if row in ALONE and len(asked) > 1:
            more = ["--seconds", str(chosen.seconds), *(["--record"] if chosen.record else [])]
            subprocess.run([sys.executable, __file__, row, *more], check=True)
        elif row in ALONE:
            divide_areas(row, chosen.seconds, chosen.record)
        else:
            SETS.get(row, partial(solve_window, row))()


SETS = {"near": list_near, "counties": divide_counties}
"""Rows that stand for several questions each."""
ALONE = ("areas", *AREAS, AUTHORITIES)
"""Rows that have a process each, so that the memory is theirs; ``areas`` stands for several."""


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
