"""The exact trade-off between two measures: plans of which neither can get better alone.

Where each footprint's levels are settled first, every non-dominated plan is found
(:mod:`optimiser.engine.frontier.settled`). Where they are open, there are more of them than
anybody could list:
each service of each footprint can be traded for a little of either. Points are then taken at bounds on
y. The ends are the best of each measure. Between them each point minimises x + δ·y with y held at or
below ε, with δ > 0 so small that it only breaks ties: such a plan is non-dominated whatever δ is, since
a plan that dominated it would fit the same bound and be better (Haimes, Lasdon and Wismer 1971; the
weight on the second measure after Mavrotas 2009). All points share one list of measured candidates,
and each starts from the columns, cuts and reduced costs of the one before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.engine.frontier.by_count import COUNT, trace_by_count
from optimiser.engine.frontier.settled import trace_settled
from optimiser.engine.frontier.tracing import (
    Frontier,
    FrontierPoint,
    Method,
    Tracer,
    keep_non_dominated,
    no_worse,
)
from optimiser.errors import NoPlanError
from optimiser.footprints.totals import AXES

__all__ = ["trace_frontier", "trace_surface"]

TIE_SHARE = 1e-4
"""δ as a share of the ranges: two points whose x differ by less of its range may be taken as one."""
STEP_SHARE = 1e-5
"""Step below the last point, as a share of the range of y; at least LEAST_STEP."""
LEAST_STEP = 1e-5


Keep = Callable[[FrontierPoint], None]


def trace_frontier(
    tracer: Tracer, x: str, y: str, points: int = 21, method: Method = "grid", most: int = 2_000
) -> Frontier:
    """The frontier between two measures.

    Args:
        tracer: candidates measured for x and y.
        x: measure across, a key of :data:`AXES`.
        y: measure upwards.
        points: how many values of y, evenly spaced between the ends, ``grid`` solves for.
        method: ``grid``, or ``all`` for every non-dominated point.
        most: ``all`` stops after this many.

    Raises:
        NoPlanError: no plan obeys the rules.
    """
    if COUNT in (x, y):
        return trace_by_count(tracer, x, y)
    if tracer.amounts.settled is not None:
        return trace_settled(tracer, x, y, points, method, most)
    began = time.monotonic()
    ends = _ends(tracer, x, y)
    ended = time.monotonic()
    span = _Span(tracer, x, y, *ends)
    found, complete = [ends[0]], True
    if span.height > 0:
        complete = _walk(span, found, method, points, most)
        if not _same(found[-1], ends[1], span):
            found.append(ends[1])
        found = keep_non_dominated(found, (x, y))
    whole = complete and (method == "all" or span.height == 0)
    seconds = {"ends": ended - began, "points": time.monotonic() - ended}
    statement = _statement(span, len(found), method, complete, points)
    return Frontier(x, y, "", tuple(found), whole, statement, seconds)


def _walk(span: _Span, found: list[FrontierPoint], method: Method, points: int, most: int) -> bool:
    """Add the points between the ends as they are proven; False when time or the cap came first."""

    def keep(point: FrontierPoint) -> None:
        found.append(point)
        span.tracer.report("point", f"{len(found)} non-dominated points")

    try:
        if method == "all":
            return _walk_all(span, most, keep)
        return _walk_grid(span, points, keep)
    except TimeoutError:
        return False


def _ends(tracer: Tracer, x: str, y: str) -> tuple[FrontierPoint, FrontierPoint]:
    """The best of each measure; among equals the best of the other.

    Each measure is minimised alone for its range, then with the other one weighted by δ. Where one
    plan already has the best of both, it is both ends.
    """
    alone = tracer.solve(_weights(x), ()), tracer.solve(_weights(y), ())
    width, height = (abs(alone[0].measures[name] - alone[1].measures[name]) for name in (x, y))
    if height <= _near(alone[1].measures[y]):
        return alone[0], alone[0]
    if width <= _near(alone[0].measures[x]):
        return alone[1], alone[1]
    tie = TIE_SHARE * width / height
    first = tracer.solve(_scaled(_weights(x, y, tie), width), ())
    last = tracer.solve(_scaled(_weights(y, x, TIE_SHARE * height / width), height), ())
    return first, last


def _near(value: float) -> float:
    return 1e-7 * max(1.0, abs(value))


def _scaled(weights: dict[str, float], span: float) -> dict[str, float]:
    """Weights that make the range of the first measure 1,000, so that ties stand above rounding."""
    return {name: 1000 * weight / span for name, weight in weights.items()}


def _weights(first: str, second: str = "", tie: float = 0.0) -> dict[str, float]:
    """Minimise the first measure; ``tie`` is what the second one weighs."""
    found = {first: float(AXES[first].sense)}
    if second:
        found[second] = tie * AXES[second].sense
    return found


@dataclass(frozen=True)
class _Span:
    """The frontier between its ends, with y turned so that less is better."""

    tracer: Tracer
    x: str
    y: str
    first: FrontierPoint
    last: FrontierPoint

    @property
    def width(self) -> float:
        return abs(self.last.measures[self.x] - self.first.measures[self.x])

    @property
    def height(self) -> float:
        gap = abs(self.first.measures[self.y] - self.last.measures[self.y])
        return gap if gap > LEAST_STEP * 1e-2 else 0.0

    @property
    def step(self) -> float:
        return max(STEP_SHARE * self.height, LEAST_STEP)

    def at(self, limit: float) -> FrontierPoint:
        """The non-dominated plan of least x with y no worse than a limit."""
        tie = TIE_SHARE * max(self.width, 1e-9) / self.height
        weights = _scaled(_weights(self.x, self.y, tie), self.width)
        return self.tracer.solve(weights, (no_worse(self.y, limit),))


def _walk_all(span: _Span, most: int, keep: Keep) -> bool:
    """Every point, each just below the last one; False when the cap came first."""
    sense = AXES[span.y].sense
    end = sense * span.last.measures[span.y]
    last = sense * span.first.measures[span.y]
    for _ in range(most):
        limit = last - span.step
        if limit <= end + span.step:
            return True
        point = span.at(sense * limit)
        last = min(sense * point.measures[span.y], limit)
        if last <= end + span.step:
            return True
        keep(point)
    return False


def _walk_grid(span: _Span, points: int, keep: Keep) -> bool:
    """The point at each of evenly spaced values of y; one that an earlier point meets is skipped.

    Returns:
        whether each was proven in its share of the time.
    """
    sense = AXES[span.y].sense
    first, end = span.first.measures[span.y], span.last.measures[span.y]
    last = sense * first
    limits = np.linspace(first, end, points)[1:-1]
    complete = True
    for place, limit in enumerate(limits):
        if sense * limit >= last - span.step:
            continue
        try:
            with span.tracer.share_of_time(len(limits) - place):
                point = span.at(float(limit))
        except TimeoutError:
            span.tracer.report("point", f"not proven in its share of the time: {limit:,.2f}")
            complete = False
            continue
        last = sense * point.measures[span.y]
        if abs(last - sense * end) <= span.step:
            break
        keep(point)
    return complete


def _same(point: FrontierPoint, other: FrontierPoint, span: _Span) -> bool:
    return abs(point.measures[span.y] - other.measures[span.y]) <= span.step


def _statement(span: _Span, count: int, method: Method, complete: bool, points: int) -> str:
    if span.height == 0:
        return (
            f"One plan has the best {span.x} and the best {span.y} at once: there is no trade-off "
            "between them under these rules."
        )
    gap = span.tracer.highs.settings.gap
    if gap > 0:
        return (
            f"{count} plans, each proven within {gap:.2%} of the best {span.x} that is possible at its "
            f"{span.y} (solver.gap); with solver.gap = 0 each would be proven non-dominated."
            + (
                ""
                if complete
                else " Some values were not proven in the time given and are left out."
            )
        )
    near = (
        f"points closer than {span.step:.2g} in {span.y} or {TIE_SHARE * span.width:.2g} in "
        f"{span.x} are told as one"
    )
    if method == "grid":
        end = "" if complete else " Some values were not proven in the time given and are left out."
        return (
            f"{count} plans at {points} evenly spaced values of {span.y}, each proven non-dominated: no "
            f"plan within the rules is better in one of the two and no worse in the other.{end}"
        )
    if complete:
        return f"All {count} non-dominated plans, each proven ({near})."
    return (
        f"The first {count} non-dominated plans, each proven, but not all: the limit on points or time "
        f"came first ({near})."
    )


def trace_surface(tracer: Tracer, x: str, y: str, z: str, points: int, z_points: int) -> Frontier:
    """A frontier of x and y at each of evenly spaced bounds on a third measure z.

    The bounds run from the best z to the z of the frontier that ignores it. Points that another one
    dominates in all three measures are left out.
    """
    began = time.monotonic()
    base = tracer.rows
    free = trace_frontier(tracer, x, y, points)
    best = tracer.solve({z: float(AXES[z].sense)}, ())
    sense = AXES[z].sense
    worst = max(sense * point.measures[z] for point in free.points)
    limits = np.linspace(sense * best.measures[z], worst, z_points)
    found: list[FrontierPoint] = []
    complete = True
    for limit in limits:
        value = float(sense * limit)
        slack = 1e-7 * max(1.0, abs(value))
        tracer.rows = base.with_bounds((no_worse(z, value, slack),))
        try:
            found += trace_frontier(tracer, x, y, points).points
        except (NoPlanError, TimeoutError):
            complete = False
            break
    tracer.rows = base
    kept = keep_non_dominated(found, (x, y, z))
    statement = (
        f"{len(kept)} plans at {z_points} evenly spaced bounds on {z} and {points} values of {y} under "
        f"each; none is dominated by another one shown."
        + ("" if complete else " The time limit came before all of them.")
    )
    seconds = {"points": time.monotonic() - began}
    return Frontier(x, y, z, tuple(kept), False, statement, seconds)
