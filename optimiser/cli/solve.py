"""``footprints solve``: the best plan of a scenario, its map drawn meanwhile in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_plan, progress
from optimiser.cli.shared import (
    format_or_details,
    out_option,
    path_option,
    settings_options,
    takes_scenario,
)

if TYPE_CHECKING:
    from optimiser.cli.signals import Signals
    from optimiser.inputs.scenario.scenario import Scenario
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, fields
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

    from optimiser.inputs.dataset import Dataset
    from optimiser.plan.plan import Plan
    from optimiser.questions.case import SolvedPlan


@click.command("solve")
@takes_scenario
@path_option(
    "--robust",
    metavar="DIR",
    help="What robust wrote: the headlines then carry their share of draws.",
)
@out_option
@settings_options
@format_or_details
@click.pass_obj
def command(
    signals: Signals, rules: Scenario, robust: Path | None, out: Path | None, shape: str
) -> None:
    r"""Find the best plan and prove it.

    SCENARIO is a .toml file; without it the question of today is solved: seven footprints of England's
    36 ICBs. Prints what is best, what it changes against the scenario's baseline and how firm it is,
    and saves the run with its tables and map.

    \b
    Examples:
      footprints solve
      footprints solve inputs/toy/scenarios/base.toml --set footprints.count=3
      footprints solve --set footprints.count=8 --time-limit 60 --out outputs/eight
      footprints solve --robust outputs/draws
    """
    boundaries = rules.dataset_path / "boundaries.geojson"
    with progress() as report, drawing_meanwhile(boundaries) as drawer:
        tell = signals.watch(report)
        plan = fp.solve(rules, report=tell, found=drawer.begin, robust=robust)
        try:
            folder = plan.save(out, draw=drawer.draw, report=tell)
        except OSError:  # the plan cost more than the place: show it at least
            click.echo(plan.summary(), err=True)
            raise
    print_plan(plan, folder, shape)
    if signals.heard or plan.outcome.status == "interrupted":
        raise KeyboardInterrupt


LARGE_BYTES = 50_000
"""Boundaries that are larger are a country's, whose solve takes longer than a process takes to begin
and to load matplotlib; on a smaller map that would be waited for."""


@dataclass
class Drawer:
    """Draws one plan: elsewhere where there is a pool and the plan was known in time, else here.

    Attributes:
        pool: a process that has loaded what draws, or None.
        place: where it draws.
        begun: what it draws.
    """

    pool: ProcessPoolExecutor | None = None
    place: Path = Path()
    begun: Future[list[Path]] | None = None

    def begin(self, plan: SolvedPlan) -> None:
        """Begin as soon as the plan is known."""
        from optimiser.plan.plan import Plan

        if self.pool is not None:
            alone = Plan(**{field.name: getattr(plan, field.name) for field in fields(Plan)})
            baseline = plan.scenario.footprints.baseline
            self.begun = self.pool.submit(draw_plan, alone, plan.dataset, self.place, baseline)

    def draw(self, plan: Plan, dataset: Dataset, folder: Path, baseline: str = "") -> list[Path]:
        """The map's files in a folder."""
        if self.begun is None:
            return draw_plan(plan, dataset, folder, baseline)
        return [Path(shutil.move(path, folder / path.name)) for path in self.begun.result()]


@contextmanager
def drawing_meanwhile(boundaries: Path) -> Iterator[Drawer]:
    """What draws a plan's map; a large one in a process that loads matplotlib while this one solves.

    Imports in a thread would take turns with the solve, not run beside it.
    """
    if not boundaries.is_file() or boundaries.stat().st_size < LARGE_BYTES:
        yield Drawer()
        return
    from optimiser.workers import open_pool

    with TemporaryDirectory() as place, open_pool(1, load_drawing) as pool:
        pool.submit(os.getpid)  # a pool begins its processes with their first work
        yield Drawer(pool, Path(place))


def load_drawing() -> None:
    """Load what draws maps."""
    for name in ("optimiser.reports.maps", "pyproj"):
        import_module(name)


def draw_plan(plan: Plan, dataset: Dataset, folder: Path, baseline: str = "") -> list[Path]:
    """Draw a plan's map in this process."""
    from optimiser.reports.maps import write_map

    return write_map(plan, dataset, folder, baseline)
