"""Seconds of each part of a pack, and of a whole one by one process and by all cores.

    python tests/benchmarks/benchmark_pack.py RUN RUN... [--repeats 3]

Saved runs of solve and evaluate; medians over the repeats. Processor seconds are those of this
process and the ones it starts, LibreOffice among them; wall seconds rest on what else the machine
does.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from optimiser.reports.ground import find_datasets
from optimiser.reports.making import Ground, Order, draw, make_inputs, make_page, make_results
from optimiser.reports.paper import find_pages, finish_paper, plan_paper
from optimiser.runs.compare import compare_folders

Seconds = tuple[float, float]
T = TypeVar("T")


def main() -> None:
    """Print wall and processor seconds, parts first."""
    options = _parse()
    print(f"{len(options.runs)} runs; {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}")
    parts = [_time_parts(options.runs) for _ in range(options.repeats)]
    for part in parts[0]:
        _print(part, [one[part] for one in parts])
    for workers in sorted({1, os.cpu_count() or 1}):
        times = [_time_command(options.runs, workers) for _ in range(options.repeats)]
        _print(f"whole command, {workers} process{'es' if workers > 1 else ''}", times)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def _time_parts(runs: list[Path]) -> dict[str, Seconds]:
    """Each part once, one after the other in this process."""
    taken: dict[str, Seconds] = {}

    def timed(name: str, job: Callable[[], T]) -> T:
        began, used = time.perf_counter(), _processor()
        result = job()
        taken[name] = (time.perf_counter() - began, _processor() - used)
        return result

    found = timed("compare", partial(compare_folders, runs))
    with tempfile.TemporaryDirectory() as room:
        ground = Ground(found, Path(room), Order(datasets=find_datasets(found)))
        pictures = timed("pictures", lambda: tuple(draw(n, ground) for n in ground.drawings))
        timed("workbook of results", partial(make_results, ground))
        timed("workbook of inputs", partial(make_inputs, ground))
        paper = plan_paper(found, pictures, ground.folder, ground.order.paper)
        pages = timed("paper: pages found", partial(find_pages, paper))
        timed("paper: Word and PDF", lambda: finish_paper(paper, ground.folder, pages))
        timed("page", partial(make_page, ground))
    return taken


def _time_command(runs: list[Path], workers: int) -> Seconds:
    """The command as a user runs it, from nothing to the manifest."""
    began, used = time.perf_counter(), _processor()
    with tempfile.TemporaryDirectory() as room:
        command = [sys.executable, "-m", "optimiser", "report", *map(str, runs)]
        command += ["--to", f"{room}/pack", "--workers", str(workers), "--format", "json"]
        done = subprocess.run(command, check=True, capture_output=True)
        assert json.loads(done.stdout)["documents"]["paper"]
    return time.perf_counter() - began, _processor() - used


def _processor() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    found = [resource.getrusage(who) for who in whose]
    return sum(one.ru_utime + one.ru_stime for one in found)


def _print(name: str, times: list[Seconds]) -> None:
    wall, used = (statistics.median(one[k] for one in times) for k in (0, 1))
    print(f"{name:32s} {wall:6.1f} s, processor {used:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
