"""What every way of tracing a trade-off shares: candidates measured once, and points on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from optimiser.arrays import Ints, Masks
from optimiser.deadline import Deadline, OutOfTimeError
from optimiser.engine.assign_levels import read_levels, settle_within
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.listed import Listed, ListedPricing
from optimiser.engine.partition import solve_partition
from optimiser.engine.refusals import refuse_uncovered
from optimiser.engine.relaxation.master import Bounded, Columns, Rows, master_rows
from optimiser.engine.relaxation.pricing import (
    Relaxation,
    cut_rounds,
    no_columns,
    solve_relaxation,
)
from optimiser.engine.selection import build_measured
from optimiser.errors import CapacityError, NoPlanError
from optimiser.footprints.candidates import Candidates, in_order
from optimiser.footprints.compiled.machine import free_bytes
from optimiser.footprints.levels import free_services
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.footprints.totals import (
    AXES,
    Amounts,
    LevelPolicy,
    MeasuredCosts,
    allows_portfolio,
    measure_amounts,
)
from optimiser.progress import Report, silent

Method = Literal["grid", "all"]
LIKELY = 20_000
"""Candidates that are priced first, alone: of a long list nearly all that matter."""
LEAST_RISE = 1e-5
"""Share of the bound by which a round of cuts must raise it to be followed by another."""


@dataclass(frozen=True)
class FrontierPoint:
    """One non-dominated plan.

    Attributes:
        masks: its footprints, (K,).
        choice: index of the level of each group, (K, G).
        measures: measure to its value for the whole plan.
        gap: share of x that may still be saved at its y (0: proven best).
    """

    masks: Masks
    choice: Ints
    measures: dict[str, float]
    gap: float = 0.0


@dataclass(frozen=True)
class Frontier:
    """The non-dominated set, or a grid of it.

    Attributes:
        x: measure across.
        y: measure upwards.
        z: third measure, or empty.
        points: from the best x to the best y.
        complete: every non-dominated point is here (within the tolerance).
        statement: what is proven, in a sentence or two.
        seconds: wall time by step.
    """

    x: str
    y: str
    z: str
    points: tuple[FrontierPoint, ...]
    complete: bool
    statement: str
    seconds: dict[str, float]

    def summarise(self) -> pd.DataFrame:
        """One row per point: point, x, y, every other measure at hand, and gap_share."""
        rows = [
            {
                "point": k + 1,
                self.x: point.measures[self.x],
                self.y: point.measures[self.y],
                **point.measures,
                "gap_share": point.gap,
            }
            for k, point in enumerate(self.points)
        ]
        return pd.DataFrame(rows)


@dataclass
class Tracer:
    """What all points of a frontier share: candidates, their measures, and the last columns.

    Attributes:
        system: the arrays.
        highs: the solver.
        masks: the candidates.
        amounts: their measures.
        rows: the scenario's own rows, with any further bounds that hold at every point.
        deadline: when the time is up.
        reuse: start each solve from the last one (switched off to measure what that gains).
        report: called at each point.
    """

    system: System
    highs: Highs
    masks: Masks
    amounts: Amounts
    rows: Rows
    deadline: Deadline
    reuse: Literal["last", "none"] = "last"
    report: Report = silent
    last: Relaxation[ListedPricing] | None = None
    last_weights: dict[str, float] = field(default_factory=dict)
    solves: int = 0

    @contextmanager
    def share_of_time(self, parts: int) -> Iterator[None]:
        """Twice an even share of the time left, so that one hard point does not take it all."""
        whole = self.deadline
        self.deadline = whole.sooner(2 * whole.left() / max(parts, 1))
        try:
            yield
        finally:
            self.deadline = whole

    def solve(self, weights: dict[str, float], extra: tuple[Bounded, ...]) -> FrontierPoint:
        """The best plan for a weighted sum of measures inside further bounds, proven.

        Raises:
            NoPlanError: proven that no plan fits.
            TimeoutError: the time is up.
        """
        costs, rows, columns = self._prepare(weights, extra)
        source = Listed(costs, self.system.size, build_measured)
        found = solve_partition(source, rows, self.highs, self.deadline, start=columns)
        if found.status == "interrupted":
            raise KeyboardInterrupt
        if found.status == "infeasible":
            raise NoPlanError("No plan obeys all rules and bounds together.")
        if found.incumbent is None or found.relaxation is None or found.status == "time_limit":
            raise OutOfTimeError
        self._keep(found.relaxation, weights)
        masks = in_order(found.incumbent.masks, self.system.size)
        plan = costs.subset(np.searchsorted(self.masks, masks))
        choice = plan.choices(found.relaxation.prices)
        if found.incumbent.decision is not None:
            choice = read_levels(self.system, found.incumbent.decision, masks, choice)
        elif plan.totals and self.amounts.levels:
            choice, _ = settle_within(plan, build_measured, rows, choice, self.highs)
        measures = {name: float(plan.measure(name, choice).sum()) for name in self.amounts.fixed}
        gap = found.gap_m / found.size_m if self.highs.settings.gap else 0.0
        return FrontierPoint(masks, choice, measures, gap)

    def relax(self, weights: dict[str, float]) -> Relaxation[ListedPricing]:
        """The relaxation of a weighted sum of measures, cut while its bound rises."""
        costs, rows, columns = self._prepare(weights, ())
        found = self._cut(costs, rows, columns)
        self._keep(found, weights)
        return found

    def _cut(self, costs: MeasuredCosts, rows: Rows, columns: Columns) -> Relaxation[ListedPricing]:
        source, seconds = Listed(costs, self.system.size, build_measured), self.deadline.left
        start, before = solve_relaxation(self.highs, source, rows, columns, seconds), -np.inf
        for relaxation in cut_rounds(self.highs, source, start, seconds):
            if relaxation.bound - before < LEAST_RISE * max(abs(relaxation.bound), 1e-6):
                break
            before = relaxation.bound
        return relaxation

    def _keep(self, relaxation: Relaxation[ListedPricing], weights: dict[str, float]) -> None:
        self.last, self.last_weights = relaxation, weights
        self.solves += 1

    def _prepare(
        self, weights: dict[str, float], extra: tuple[Bounded, ...]
    ) -> tuple[MeasuredCosts, Rows, Columns]:
        """Costs and rows, and where to start: the cuts of the last solve, and columns like its own.

        The candidates that were likely at the last solve are priced first, alone: they are a few of
        all, and the columns and cuts that they end with are nearly those of all.
        """
        rows = self.rows.with_bounds(extra)
        totals = tuple(total.name for total in rows.bounded)
        costs = MeasuredCosts(self.system, self.masks, self.amounts, weights, totals)
        last = self.last
        if last is None or self.reuse == "none":
            return costs, rows, no_columns(rows)
        alike = last.totals == totals and self.last_weights == weights
        rows, columns = rows.with_triples(last.cuts), last.columns if alike else no_columns(rows)
        reduced = last.pricing.reduced
        if len(reduced) > LIKELY:
            chosen = np.sort(np.argpartition(reduced, LIKELY)[:LIKELY])
            try:
                few = self._cut(costs.subset(chosen), rows, columns)
                rows, columns = few.rows, few.columns
            except NoPlanError:  # the likely ones alone make no plan
                pass
        return costs, rows, columns


def open_tracer(
    system: System,
    highs: Highs,
    names: Sequence[str],
    policy: LevelPolicy,
    seconds: float,
    report: Report = silent,
    fixed_bounds: tuple[Bounded, ...] = (),
    portfolio: Ints | None = None,
) -> Tracer:
    """List and measure the candidates once, for all points.

    Args:
        system: the arrays.
        highs: the solver.
        names: measures, keys of :data:`AXES`.
        policy: which levels the footprints take.
        seconds: time for all points.
        report: called after each step.
        fixed_bounds: bounds that hold at every point, besides the scenario's.
        portfolio: one level of each group of services for all England, in place of a policy.
    """
    deadline = Deadline.after(seconds)
    candidates = list_candidates(system, footprint_rules(system))
    masks = candidates.masks
    if portfolio is not None:
        masks = masks[allows_portfolio(system, masks, portfolio)]
    refuse_uncovered(system, Candidates(masks, system.size))
    _refuse_long(system, len(masks), len(names), policy if portfolio is None else "best")
    report("list", f"{len(masks):,} candidate footprints")
    rows = master_rows(system).with_bounds(fixed_bounds)
    wanted = tuple(dict.fromkeys([*names, *(total.name for total in rows.bounded)]))
    amounts = measure_amounts(system, masks, wanted, policy, portfolio)
    levels = "of the best portfolio" if portfolio is not None else policy
    report("measure", f"{', '.join(wanted)} of every candidate, levels {levels}")
    return Tracer(system, highs, masks, amounts, rows, deadline, report=report)


def _refuse_long(system: System, count: int, names: int, policy: LevelPolicy) -> None:
    """A frontier keeps every measure of every candidate, and with open levels of every service.

    Raises:
        CapacityError: they do not fit the memory.
    """
    services = len(system.scenario.services.levels) * len(free_services(system))
    needed = 8.0 * count * names * (1 + (services if policy == "open" else 0))
    if needed > free_bytes():
        raise CapacityError(
            f"The measures of {count:,} possible footprints would take {needed / 1e9:,.0f} GB. Lower "
            "the most members, narrow the population window or limit travel; with open levels, try "
            "--levels best, which keeps one number of each."
        )


def no_worse(name: str, value: float, slack: float = 0.0) -> Bounded:
    """A bound that holds a measure at a value or better."""
    if AXES[name].sense > 0:
        return Bounded(name, 0.0, value + slack)
    return Bounded(name, max(value - slack, 0.0), np.inf)


def keep_non_dominated(
    points: Sequence[FrontierPoint], names: Sequence[str]
) -> list[FrontierPoint]:
    """Those that no other one dominates; of equal ones the first."""
    sense = np.array([AXES[name].sense for name in names])
    table = np.array([[point.measures[name] for name in names] for point in points]) * sense
    kept = []
    for k, row in enumerate(table):
        near = 1e-7 * np.maximum(1.0, np.abs(row))
        no_worse_ = (table <= row + near).all(axis=1)
        better = no_worse_ & (table < row - near).any(axis=1)
        equal = no_worse_ & ~better
        if not better.any() and not equal[:k].any():
            kept.append(points[k])
    return kept
