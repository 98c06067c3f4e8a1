"""The exact trade-off between two or three measures, with the carried plans on the same scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser.arrays import Ints
from optimiser.engine.frontier.epsilon_constraint import trace_frontier, trace_surface
from optimiser.engine.frontier.tracing import Frontier, Method, open_tracer
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.relaxation.master import Bounded
from optimiser.engine.solve import engine_settings
from optimiser.errors import Fault, InputError, StoppedWithoutPlanError, UnsupportedError
from optimiser.footprints.levels import free_services
from optimiser.footprints.totals import (
    AXES,
    LevelPolicy,
    allows_portfolio,
    measure_grouping,
    settle,
)
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.progress import Report, silent
from optimiser.questions.case import Case, open_case, open_scenario
from optimiser.questions.groupings import (
    grouping_frames,
    grouping_masks,
    list_broken_rules,
    save_case,
)
from optimiser.questions.solve import solve_case

ALWAYS_MEASURED = ("footprints", "local_spend", "leakage", "volatility", "cost")


@dataclass(frozen=True)
class Traced:
    """A frontier with the carried plans on its scale.

    Attributes:
        case: what was asked.
        frontier: the non-dominated plans.
        plans: one row per carried plan: plan, every measure, and feasible (bool: inside the
            scenario's rules and the floor on local spend).
        floor_m: floor on local spend that was held at every point, £m a year; 0 for none.
    """

    case: Case
    frontier: Frontier
    plans: pd.DataFrame
    floor_m: float

    def save(self, folder: str | Path | None = None, *, report: Report = silent) -> Path:
        """Save the points, the carried plans, each plan as a file, and the plot, in a new folder.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        found = self.frontier
        plans = {f"point-{k + 1:02}": point.masks for k, point in enumerate(found.points)}
        return save_case(
            self.case,
            {
                "frontier": found.summarise(),
                "plans": self.plans,
                **grouping_frames(self.case, plans),
            },
            {"statement": found.statement, "complete": found.complete, "seconds": found.seconds},
            folder,
            "frontier-",
            self.plot,
            report,
        )

    def plot(self, folder: Path) -> None:
        """Draw the frontier as ``frontier.png`` and ``frontier.svg`` in a folder."""
        from optimiser.reports.frontier_plot import plot_frontier, plot_surface, write_figure

        found, points = self.frontier, self.frontier.summarise()
        names = [name for name in (found.x, found.y, found.z) if name]
        labels = [f"{AXES[name].title}\n({AXES[name].unit})" for name in names]

        def draw(axes: Any) -> None:
            if found.z:
                plot_surface(axes, points, found.x, found.y, found.z, labels)
            else:
                plot_frontier(axes, points, self.plans, found.x, found.y, labels)

        write_figure(draw, folder, "frontier", (7.5, 5.0))


def frontier(
    scenario: Scenario | str | Path,
    x: str,
    y: str,
    dataset: Dataset | str | Path | None = None,
    *,
    z: str = "",
    points: int = 21,
    z_points: int = 5,
    method: Method = "grid",
    levels: LevelPolicy = "best",
    local_spend_m: float | None = None,
    report: Report = silent,
) -> Traced:
    """The frontier of a scenario between two measures (three by a grid).

    Args:
        scenario: the rules, or their file; its weights count only for the measure ``cost`` and the
            levels ``best``.
        x: measure across.
        y: measure upwards.
        dataset: the inputs; read from where the scenario says when None.
        z: third measure, bounded by a grid; empty for none.
        points: grid points of y, ends included.
        z_points: grid points of z.
        method: ``grid`` or ``all``.
        levels: whether levels are open, or settled first. Under a uniform portfolio ``best`` holds
            the portfolio of the best plan for every grouping, and the others are refused.
        local_spend_m: least spend held locally, £m a year. When None, levels are open and both
            measures would be nothing with every service national, the best plan's own is held.
        report: told of each step.

    Raises:
        InputError: an unknown measure, or the same one twice.
        UnsupportedError: levels other than the best ones under a uniform portfolio.
        StoppedWithoutPlanError: the time limit came before the ends were proven.
    """
    scenario = open_scenario(scenario)
    names = [name for name in (x, y, z) if name]
    check_axes(names, scenario, levels)
    with Highs() as highs:
        case = open_case(scenario, dataset, report)
        highs.settings = engine_settings(case.system)
        floor = local_spend_m or 0.0
        if local_spend_m is None and levels == "open":
            floor = _floor(case, highs, names, report)
        portfolio = _best_portfolio(case, highs, report)
        held = (Bounded("local_spend", floor, np.inf),) if floor > 0 else ()
        wanted = tuple(dict.fromkeys([*names, *ALWAYS_MEASURED]))
        limit = scenario.solver.time_limit
        tracer = open_tracer(case.system, highs, wanted, levels, limit, report, held, portfolio)
        with _told_of_time():
            if z:
                found = trace_surface(tracer, x, y, z, points, z_points)
            else:
                found = trace_frontier(tracer, x, y, points, method)
        return Traced(case, found, place_plans(case, wanted, levels, floor, portfolio), floor)


@contextmanager
def _told_of_time() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise StoppedWithoutPlanError(
            "The time limit came before the ends of the frontier were proven. Allow more time "
            "(--time-limit)."
        ) from None


def _best_portfolio(case: Case, highs: Highs, report: Report) -> Ints | None:
    """Level of each group of services in the best plan under a uniform portfolio, (G,)."""
    if case.scenario.services.portfolio != "uniform":
        return None
    plan = solve_case(case, highs, report)
    services = case.system.services
    level = plan.services.drop_duplicates("service").set_index("service")["level"]
    free = free_services(case.system)
    _, first = np.unique(services.group[free], return_index=True)
    names = case.scenario.services.levels
    return np.array([names.index(level[services.codes[s]]) for s in free[first]])


LEAST_NATIONAL = {
    *("leakage", "contracting", "volatility", "holding", "lead_provider", "transition_delegate")
}
"""Measures that no level changes, or that are least where England holds everything."""


def check_axes(names: Sequence[str], scenario: Scenario, policy: LevelPolicy = "best") -> None:
    """Raise InputError for a measure that is unknown, twice there or without its input."""
    faults = [
        Fault("frontier", 0, "measure", name, "known_measure", f"Known: {', '.join(AXES)}.")
        for name in names
        if name not in AXES
    ]
    if len(set(names)) < len(names):
        remedy = "Give different measures."
        faults.append(Fault("frontier", 0, "measure", " ".join(names), "twice", remedy))
    if "disruption" in names and not scenario.footprints.baseline:
        remedy = "Disruption needs a plan to compare with: set footprints.baseline."
        faults.append(Fault("frontier", 0, "measure", "disruption", "baseline", remedy))
    if faults:
        raise InputError(faults)
    if scenario.services.portfolio == "uniform" and policy != "best":
        raise UnsupportedError(
            'Under portfolio = "uniform" a frontier keeps the portfolio of the best plan and trades '
            "groupings: use --levels best. With one level for all England left open, a measure is "
            "no sum over footprints."
        )


def _floor(case: Case, highs: Highs, names: Sequence[str], report: Report) -> float:
    """Local spend of the best plan, where all national would be best by every measure on any map."""
    if not set(names) <= LEAST_NATIONAL or case.scenario.services.min_local_spend_m > 0:
        return 0.0
    plan = solve_case(case, highs, report)
    floor = float(plan.footprints["local_spend_m"].sum())
    report("floor", f"at least £{floor:,.1f}m a year stays local, as in the best plan")
    return floor * (1 - 1e-9)


def place_plans(
    case: Case,
    names: Sequence[str],
    policy: LevelPolicy,
    floor_m: float = 0.0,
    portfolio: Ints | None = None,
) -> pd.DataFrame:
    """Measures of each carried plan, levels by the policy (the best ones where they are open)."""
    rows = []
    for name in case.dataset.plans:
        masks = grouping_masks(case, name)
        settled: LevelPolicy = "local" if policy == "local" else "best"
        choice = settle(case.system, masks, settled, portfolio)
        measures = measure_grouping(case.system, masks, choice, names)
        broken = list_broken_rules(case.system, masks)
        if measures.get("local_spend", 0.0) < floor_m * (1 - 1e-6):
            broken += ["local_spend_floor"]
        if portfolio is not None and not allows_portfolio(case.system, masks, portfolio).all():
            broken += ["portfolio"]
        rows.append({"plan": name, **measures, "feasible": not broken, "broken": " ".join(broken)})
    return pd.DataFrame(rows)
