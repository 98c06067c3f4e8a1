"""Heuristics for a first plan; none proves anything, so each may give up."""

from __future__ import annotations

import math

import numpy as np

from optimiser.deadline import OutOfTimeError
from optimiser.engine.highs.adapter import Problem, Result
from optimiser.engine.partitions import search_plans
from optimiser.engine.relaxation.master import Columns, Rows
from optimiser.engine.relaxation.pricing import P, Relaxation, solve_relaxation
from optimiser.engine.search import Search
from optimiser.engine.source import Source
from optimiser.errors import NoPlanError
from optimiser.footprints.system import ROUNDING
from optimiser.tolerances import WHOLE

COLUMNS_IN_FIRST_PLAN = 3_000
"""Likeliest columns in the first integer solve: enough for a plan within about 1 % on England, few
enough for seconds. The proof mends what they leave out."""
FIRST_PLAN_SECONDS = 30.0
"""After which the first integer solve yields to the steps that narrow the candidates."""
FIT_SECONDS = 20.0
"""The same for fitting candidates together depth first."""
MOST_FITTED = 500_000
"""Likeliest candidates that are fitted together depth first: all that a list of ordinary size has."""
MOST_DIVES = 40
"""Relaxations that one dive solves: some thrice the depth of a plan, so that a few wrong turns are
mended; a search with more wrong turns is better left to the integer solve."""


def offer_columns(search: Search, columns: Columns, rows: Rows) -> bool:
    """Offer columns as a plan, if they keep every row: solvers let them be short by their tolerances."""
    amounts, slack = columns.matrix(rows).sum(axis=1), ROUNDING
    keeps = bool(((amounts >= rows.lower - slack) & (amounts <= rows.upper + slack)).all())
    if keeps:
        search.offer(columns.masks, float(columns.cost_m.sum()))
    return keeps


def solve_columns(search: Search, columns: Columns, rows: Rows, seconds: float) -> Result:
    """The best plan of given columns, offered to the search.

    Raises:
        KeyboardInterrupt: the user interrupted; what was found is kept.
    """
    count = len(columns.masks)
    problem = Problem(
        cost=columns.cost_m,
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.ones(count, dtype=bool),
        matrix=columns.matrix(rows),
        row_lower=rows.lower,
        row_upper=rows.upper,
        unit=search.unit,
    )
    result = search.highs.solve(problem, seconds)
    if result.values is not None:
        offer_columns(search, columns.taken(np.flatnonzero(result.values > 0.5)), rows)
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    return result


def solve_likeliest(search: Search, relaxation: Relaxation[P]) -> None:
    """The best plan of the likeliest columns."""
    columns = relaxation.columns.joined(relaxation.pricing.likeliest(COLUMNS_IN_FIRST_PLAN))
    seconds = min(search.deadline.left(), FIRST_PLAN_SECONDS)
    solve_columns(search, columns, relaxation.rows, seconds)


def fit_together(search: Search, relaxation: Relaxation[P]) -> None:
    """A plan by depth first search over the candidates, where the likeliest columns make none.

    That is so where many candidates cost the same, as with services that few residents use.
    """
    rows = relaxation.rows
    every = relaxation.pricing.within(math.inf, most=MOST_FITTED)
    end = search.deadline.sooner(FIT_SECONDS).at
    weight = np.maximum(every.reduced, 0.0)[:, None]
    limits = np.array([[math.inf]])
    try:
        for cover in search_plans(every.columns.masks, np.zeros(1), weight, limits, rows.size, end):
            if offer_columns(search, every.columns.taken(cover), rows):
                return
    except OutOfTimeError:
        return


def dive(search: Search, source: Source[P], relaxation: Relaxation[P]) -> None:
    """Settle the likeliest footprint and solve the relaxation again; where that fails, rule it out.

    Depth first, to the first plan below the search's cutoff. It finds a plan sooner than an integer
    solve where any plan will do.
    """
    stack: list[tuple[Source[P], Relaxation[P], int, bool]] = []
    _branch(search, source, relaxation, stack)
    for _ in range(MOST_DIVES):
        if search.incumbent is not None or not stack:
            return
        inner, wider, pick, chosen = stack.pop()
        narrower = inner.settle(pick, chosen)
        near = wider.columns.masks == pick
        apart = np.array([int(mask) & pick == 0 for mask in wider.columns.masks], dtype=bool)
        columns = wider.columns.taken(np.flatnonzero(near | apart if chosen else ~near))
        try:
            solved = solve_relaxation(
                search.highs, narrower, wider.rows, columns, search.deadline.left
            )
        except NoPlanError:
            continue
        _branch(search, narrower, solved, stack)


def _branch(
    search: Search,
    source: Source[P],
    relaxation: Relaxation[P],
    stack: list[tuple[Source[P], Relaxation[P], int, bool]],
) -> None:
    """Offer a whole relaxation; push both answers for the likeliest footprint of a fractional one."""
    if relaxation.bound > search.cutoff:
        return
    whole = relaxation.whole
    if whole is not None:
        offer_columns(search, whole, relaxation.rows)
        return
    masks, place = np.unique(relaxation.columns.masks, return_inverse=True)
    weight = np.bincount(place, relaxation.weights)
    weight[weight > 1 - WHOLE] = 0.0
    pick = int(masks[int(weight.argmax())])
    stack += [(source, relaxation, pick, chosen) for chosen in (False, True)]
