"""Calm prices: as good for the relaxation as the master's own, and far better to search at.

The prices of a restricted master lie at a corner of all that are as good: some areas earn nothing,
others much, and a search must tell apart countless sets that collect the dear ones. So prices are sought
at which bounds prove the most without a search (the centre: a level method on the bounds of the roots;
Lemaréchal, Nemirovskii & Nesterov, 1995), and of those that are as good for all known footprints the
ones nearest to it are taken. Any prices prove a bound, so nothing rests on how well this is done.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import nnls

from optimiser.arrays import Floats
from optimiser.deadline import Deadline
from optimiser.engine.relaxation.master import Columns, Duals, Rows, dual_objective
from optimiser.footprints.candidates import membership
from optimiser.footprints.unlisted.pricing import RowPrices, Unlisted
from optimiser.footprints.unlisted.root_bound import bound_roots

TRIALS = 0.5
"""Prices tried for the centre, for each atom: for nine footprints of England's 106 areas thirty do as
well as 200; for 42 of 325 local authorities 150 prove 663 of 1,760, and forty nothing."""
FIRST_STEP = 0.3
"""Share of the plan's cost by which the first trials are to raise the bound: about a third of what is
missing at first."""
LONGER, SHORTER, ENOUGH = 1.2, 0.8, 0.3
"""A step grows if the bound rose by enough of it, and shrinks if the bound did not rise."""
CLOSEST = 1e-3
"""Share of the plan's cost below which a step gains nothing that matters."""
BELOW = 2e-8
"""Share of what the duals earn that calm prices may earn less: room for rounding."""
ADDED = 200
"""Footprints that are taken into a projection at a time, those that look better than they may most."""
PROJECTIONS = 40
"""Times that more are taken in: half a dozen are usual."""
TINY = 1e-9
"""Share of a plan's cost by which a footprint may look better than it may: rounding."""
NO_POINT = 1e-9
"""Residual of the dual of a projection below which there is no point to project to: its inverse is how
far the nearest would be, in plans' costs."""


@dataclass(frozen=True)
class _Known:
    """All known footprints as half-spaces of prices that do not undercut them, the count's price apart.

    Attributes:
        holds: rows of each footprint, (m, r).
        cost_m: of each, £m, (m,).
        earns: what each row's price earns, (r,).
        count: footprints of a plan.
        level: what all prices are to earn, £m.
        most: of each price, £m, (r,).
    """

    holds: sparse.csr_array
    cost_m: Floats
    earns: Floats
    count: int
    level: float
    most: Floats

    def price_of_count(self, prices: Floats) -> float:
        """What one more footprint earns, so that all prices earn the level, £m."""
        return float((self.level - self.earns @ prices) / self.count)

    def reduced(self, prices: Floats) -> Floats:
        """Reduced costs at prices, £m, (m,)."""
        return np.asarray(self.cost_m - self.holds @ prices - self.price_of_count(prices))

    def nearest(self, centre: Floats, scale: float) -> Floats | None:
        """The prices nearest to a centre that undercut no known footprint; None if none are found."""
        prices, work, r = centre, np.zeros(0, dtype=np.int64), len(centre)
        bounded = np.flatnonzero(np.isfinite(self.most))
        reduced = self.reduced(centre)
        for _ in range(PROJECTIONS):
            below = np.argsort(reduced, kind="stable")[:ADDED]
            below = np.setdiff1d(below[reduced[below] < -TINY * scale], work)
            if not len(below) and (prices <= self.most).all():
                return prices
            work = np.concatenate((work, below))
            steps = self.earns / self.count - self.holds[work].toarray()
            steps = np.concatenate((steps, -np.eye(r)[bounded]))
            floors = np.concatenate((-self.reduced(centre)[work], (centre - self.most)[bounded]))
            move = find_shortest(steps, floors / scale)
            if move is None:
                return None
            prices = np.minimum(centre + scale * move, self.most)
            reduced = self.reduced(prices)
        return None


def find_shortest(steps: Floats, floors: Floats) -> Floats | None:
    """The shortest x with ``steps @ x >= floors``; None if there is none (or none near).

    Least-distance programming by non-negative least squares: Lawson & Hanson (1974), chapter 23.
    """
    if not len(floors):
        return np.zeros(steps.shape[1])
    matrix, target = np.vstack((steps.T, floors)), np.zeros(steps.shape[1] + 1)
    target[-1] = 1.0
    try:
        weights = nnls(matrix, target)[0]
    except RuntimeError:  # it did not come to an end
        return None
    residual = matrix @ weights - target
    if -residual[-1] < NO_POINT:
        return None
    return np.asarray(-residual[:-1] / residual[-1])


def find_calm(
    known: Columns, rows: Rows, duals: Duals, centre: Floats, level: float | None = None
) -> Duals | None:
    """Prices near a centre that earn what duals do and undercut no known footprint; None if not found.

    Args:
        known: footprints that the duals undercut no more than by rounding.
        rows: of the master: areas, the count and triples alone.
        duals: of the master's optimum over what is known.
        centre: price of each area, £m, (a,).
        level: what they are to earn, £m, if not what the duals do.
    """
    n, best = rows.size, dual_objective(duals, rows)
    scale = max(abs(best), float(np.abs(known.cost_m).max(initial=1.0)))
    apart = np.arange(len(rows.lower)) != n
    lowest = np.where(np.isinf(rows.lower[apart]), 0.0, np.inf)
    half_spaces = _Known(
        holds=sparse.csr_array(known.matrix(rows).T)[:, apart],
        cost_m=known.cost_m,
        earns=rows.upper[apart],
        count=rows.count[0],
        level=(best if level is None else level) - BELOW * scale,
        most=lowest,
    )
    prices = half_spaces.nearest(np.concatenate((centre, duals.triples)), scale)
    if prices is None:
        return None
    none = np.zeros(0)
    return Duals(prices[:n], half_spaces.price_of_count(prices), none, 0.0, none, prices[n:])


def find_centre(
    unlisted: Unlisted, count: int, price: Floats, cost_m: float, deadline: Deadline
) -> Floats:
    """Prices of the areas at which the bounds of the roots prove about the most, £m, (a,).

    Args:
        unlisted: the footprints.
        count: of a plan.
        price: of each atom, £m, to begin with, (n,).
        cost_m: what a plan costs, £m.
        deadline: when to stop.
    """
    inside = membership(unlisted.atoms, unlisted.size)
    share = inside.T / inside.sum(axis=1)
    best, centre, step = -np.inf, price, FIRST_STEP * cost_m
    slopes, falls = np.zeros((0, len(price))), np.zeros(0)
    for _ in range(math.ceil(TRIALS * len(price))):
        bound, slope = _try_roots(unlisted, count, share @ price, cost_m)
        if not np.isfinite(bound) or deadline.passed:
            break
        slopes, falls = np.vstack((slopes, slope)), np.append(falls, slope @ price - bound)
        if bound > best:
            step *= LONGER if bound - best > ENOUGH * step else 1.0
            best, centre = bound, price
        else:
            step *= SHORTER
        move = None
        while move is None and step > CLOSEST * cost_m:
            floors = best + step + falls - slopes @ centre
            move = find_shortest(slopes, floors / cost_m)
            step *= 1.0 if move is not None else 0.5
        if move is None:
            break
        price = centre + cost_m * move
    return np.asarray(share @ centre)


def _try_roots(unlisted: Unlisted, count: int, icb: Floats, cost_m: float) -> tuple[float, Floats]:
    """What the roots prove at prices, £m, and how that changes with the price of each atom."""
    none = np.zeros(0)
    each = (cost_m - icb.sum()) / count  # all earn what the plan costs
    prices = RowPrices(icb, each, 0.0, none, np.zeros(0, unlisted.atoms.dtype), none)
    least, shares = bound_roots(unlisted, unlisted.at(prices))
    seeds = np.argsort(least, kind="stable")[:count]
    return cost_m + float(least[seeds].sum()), 1.0 - shares[seeds].sum(axis=0)
