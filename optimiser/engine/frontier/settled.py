"""The whole trade-off between two measures where each footprint's levels are settled first."""

from __future__ import annotations

import heapq
import itertools
import time

import numpy as np

from optimiser.arrays import Floats, Ints
from optimiser.engine.frontier.bound_sets import (
    NEAR,
    RANGE,
    Space,
    Staircase,
    Unfinished,
    Weighted,
    close_staircase,
    find_best,
)
from optimiser.engine.frontier.tracing import Frontier, FrontierPoint, Method, Tracer
from optimiser.engine.relaxation.master import count_kept
from optimiser.footprints.totals import AXES

MOST_SUMS = 16
"""Weighted sums that are minimised before the search, the two measures alone among them."""
SLACK = 1e-7


def trace_settled(
    tracer: Tracer, x: str, y: str, points: int, method: Method, most: int
) -> Frontier:
    """Every non-dominated plan; a grid takes the best x at each of evenly spaced values of y.

    Raises:
        NoPlanError: no plan obeys the rules.
        TimeoutError: the time came before the ends were proven.
    """
    began = time.monotonic()
    pair = _Pair(tracer, x, y)
    stairs, sums = pair.find_supported()
    ended = time.monotonic()
    rest = pair.complete(stairs, sums)
    known = [
        k for k, v in enumerate(stairs.values) if all(weighting.proves(v) for weighting in rest)
    ]
    found = [pair.read(stairs.plans[k]) for k in known]
    whole = not rest and len(found) <= most
    if method == "grid":
        found = _thin(found, y, points)
    seconds = {"weighted_sums": ended - began, "search": time.monotonic() - ended}
    statement = pair.state(len(found[:most]), method, whole, points)
    complete = whole and (method == "all" or len(stairs.plans) == 1)
    return Frontier(x, y, "", tuple(found[:most]), complete, statement, seconds)


class _Pair:
    """Two measures on one scale: less is better, and each ranges over ``RANGE`` between the ends."""

    def __init__(self, tracer: Tracer, x: str, y: str) -> None:
        self.tracer, self.x, self.y = tracer, x, y
        fixed = tracer.amounts.fixed
        self.values = np.stack([AXES[name].sense * fixed[name] for name in (x, y)], axis=1)
        self.scale = np.ones(2)
        alone = [self.minimise(weights) for weights in np.eye(2)]
        values = [self.values[rows].sum(axis=0) for _, rows in alone]
        span, size = np.abs(values[0] - values[1]), np.maximum(1.0, np.abs(values[1]))
        self.flat = bool((span <= 1e-7 * size).any())
        self.scale = RANGE / np.where(span <= 1e-7 * size, size, span)
        self.values = self.values * self.scale
        self.ends = [
            Weighted(weighting.weights, weighting.bound * scale, weighting.reduced * scale)
            for (weighting, _), scale in zip(alone, self.scale, strict=True)
        ]
        self.first = [rows for _, rows in alone]

    def space(self) -> Space:
        """All candidates with their scaled values."""
        tracer = self.tracer
        most = tracer.rows.count[1]
        size = tracer.system.size
        return Space(tracer.masks, size, self.values, most, self._allows, tracer.deadline.at)

    def minimise(self, weights: Floats) -> tuple[Weighted, Ints]:
        """What the relaxation of a weighted sum proves, and the best plan for it."""
        objective = {
            name: float(AXES[name].sense * weight * scale)
            for name, weight, scale in zip((self.x, self.y), weights, self.scale, strict=True)
            if weight > 0
        }
        found = self.tracer.relax(objective)
        proven = Weighted(weights, found.bound, np.maximum(found.pricing.reduced, 0.0))
        return proven, find_best(self.space(), proven)

    def find_supported(self) -> tuple[Staircase, list[Weighted]]:
        """Plans that minimise some weighted sum, the widest triangle between two of them first."""
        stairs, sums = Staircase(), list(self.ends)
        ends = [self.values[rows].sum(axis=0) for rows in self.first]
        for value, rows in zip(ends, self.first, strict=True):
            stairs.offer(value, rows)
        order = itertools.count()
        queue = [] if self.flat else [(0.0, next(order), *ends)]
        while queue and len(sums) < MOST_SUMS:
            _, _, a, b = heapq.heappop(queue)
            normal = np.array([a[1] - b[1], b[0] - a[0]])
            if normal.min() <= NEAR:
                continue
            try:
                proven, rows = self.minimise(normal / normal.sum())
            except TimeoutError:
                break
            sums.append(proven)
            value = self.values[rows].sum(axis=0)
            if proven.weights @ (a - value) > NEAR and stairs.offer(value, rows):
                for one, other in ((a, value), (value, b)):
                    area = (other[0] - one[0]) * (one[1] - other[1])
                    heapq.heappush(queue, (-area, next(order), one, other))
        self.tracer.report("point", f"{len(stairs.plans)} plans from {len(sums)} weighted sums")
        return stairs, sums

    def complete(self, stairs: Staircase, sums: list[Weighted]) -> list[Unfinished]:
        """Search for all other plans; where it ran out of time."""
        report = self.tracer.report
        return close_staircase(self.space(), stairs, sums, lambda text: report("point", text))

    def _allows(self, rows: Ints) -> bool:
        """Whether a plan obeys the rules across footprints."""
        tracer = self.tracer
        fewest, most = tracer.rows.count
        if not fewest <= len(rows) <= most:
            return False
        for total in tracer.rows.bounded:
            reached = tracer.amounts.fixed[total.name][rows].sum()
            slack = SLACK * total.scale
            if not total.least - slack <= reached <= total.most + slack:
                return False
        return count_kept(tracer.masks[rows], tracer.rows) >= tracer.rows.fewest_kept

    def read(self, rows: Ints) -> FrontierPoint:
        """A plan with all its measures, footprints by their first ICB."""
        tracer = self.tracer
        settled = tracer.amounts.settled
        assert settled is not None
        rows = np.array(sorted(rows, key=lambda r: int(tracer.masks[r]) & -int(tracer.masks[r])))
        measures = {name: float(v[rows].sum()) for name, v in tracer.amounts.fixed.items()}
        return FrontierPoint(tracer.masks[rows], settled[rows], measures)

    def state(self, count: int, method: Method, whole: bool, points: int) -> str:
        """What is proven, in a sentence or two."""
        if self.flat:
            return (
                f"One plan has the best {self.x} and the best {self.y} at once: there is no trade-off "
                "between them under these rules."
            )
        near = NEAR / self.scale
        least = f"{near[0]:.1g} in {self.x} or {near[1]:.1g} in {self.y}"
        closer = f"plans closer than {least} are told as one"
        if not whole:
            return (
                f"{count} non-dominated plans, each proven, but not all: the limit on points or time "
                f"came first ({closer})."
            )
        if method == "all":
            return f"All {count} non-dominated plans, each proven ({closer})."
        return (
            f"{count} plans, the best {self.x} at {points} evenly spaced values of {self.y}, each "
            "proven non-dominated: no plan within the rules is better in one and no worse in the "
            "other. All were found; --all shows them."
        )


def _thin(found: list[FrontierPoint], y: str, points: int) -> list[FrontierPoint]:
    """The plan of best x at each of evenly spaced values of y; ``found`` is by rising x."""
    if len(found) <= 2:
        return found
    values = np.array([AXES[y].sense * point.measures[y] for point in found])
    limits = np.linspace(values[0], values[-1], points)
    places = [int(np.flatnonzero(values <= limit + 1e-9 * abs(limit))[0]) for limit in limits]
    return [found[k] for k in dict.fromkeys(places)]
