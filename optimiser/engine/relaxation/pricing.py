"""The LP bound over all candidates, by pricing every one of them exactly.

Solve the relaxation on a few hundred columns, compute the reduced cost of *all* candidates, add the
worst, repeat. The bound is then valid over the whole list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from optimiser.arrays import Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs, Problem, Result
from optimiser.engine.relaxation.master import (
    Columns,
    Duals,
    Rows,
    dual_objective,
    price_candidates,
    read_duals,
)
from optimiser.errors import NoPlanError
from optimiser.footprints.candidates import as_masks, membership, singletons
from optimiser.footprints.costs import CandidateCosts

ADDED = 300
ADDED_PER_ICB = 6
ROUNDS = 200
CUT_ROUNDS = 12
CUTS_A_ROUND = 40
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Relaxation:
    """The solved relaxation.

    Attributes:
        rows: its rows.
        bound: lower bound on every plan, £m.
        duals: the prices that prove it.
        reduced: reduced cost of every candidate, £m, (m,).
        columns: the columns it was solved on.
        weights: value of each column, (c,).
        best: the column of every candidate at these prices.
        rounds: how many times all candidates were priced.
    """

    rows: Rows
    bound: float
    duals: Duals
    reduced: Floats
    columns: Columns
    weights: Floats
    best: Columns
    rounds: int

    @property
    def cuts(self) -> Masks:
        """Triples whose cut bears a price: likely to help in a problem like this one."""
        return np.asarray(self.rows.triples[self.duals.triples < 0])


def solve_relaxation(
    highs: Highs,
    costs: CandidateCosts,
    rows: Rows,
    start: Columns,
    seconds: Callable[[], float],
    cost_share: float = 1.0,
) -> Relaxation:
    """Solve the relaxation over all candidates.

    Args:
        highs: the solver.
        costs: all candidates with their costs.
        rows: rows of the master.
        start: columns to begin with (may be empty).
        seconds: time left.
        cost_share: 1, or 0 for the first phase (is there any fractional plan at all?).

    Raises:
        NoPlanError: it is proven that not even fractions of candidates obey all rows.
    """
    penalty = _first_penalty(costs) if cost_share else 1.0
    columns = start
    for rounds in range(1, ROUNDS + 1):
        result, artificial = _solve_master(highs, columns, rows, penalty, seconds())
        assert result.row_duals is not None
        assert result.values is not None
        duals = read_duals(result.row_duals, rows)
        reduced, best = price_candidates(costs, rows, duals, cost_share)
        scale = max(1.0, abs(result.bound))
        entering = _entering(reduced, costs.masks, rows.size, -TOLERANCE * scale)
        if len(entering):
            columns = columns.joined(best.taken(entering))
            continue
        if artificial > 1e-7 and cost_share:
            _prove_possible(highs, costs, rows, columns, seconds)
            penalty *= 10
            continue
        bound = _valid_bound(duals, rows, reduced)
        weights = result.values[: len(columns.masks)]
        return Relaxation(rows, bound, duals, reduced, columns, weights, best, rounds)
    raise RuntimeError("Pricing did not converge.")  # pragma: no cover


def _prove_possible(
    highs: Highs,
    costs: CandidateCosts,
    rows: Rows,
    columns: Columns,
    seconds: Callable[[], float],
) -> None:
    """Solve the first phase: with no costs, how much of the rows must stay unmet?"""
    free = replace(columns, cost_m=np.zeros(len(columns.cost_m)))
    phase = solve_relaxation(highs, costs, rows, free, seconds, cost_share=0.0)
    if phase.bound > 1e-6:
        raise NoPlanError("No plan obeys all rules: not even fractions of footprints can.")


def _first_penalty(costs: CandidateCosts) -> float:
    finite = costs.fixed_m[np.isfinite(costs.fixed_m)]
    return float(10 * (np.abs(finite).max() if len(finite) else 1.0) + 1000.0)


def _valid_bound(duals: Duals, rows: Rows, reduced: Floats) -> float:
    """Lagrangian bound: what the duals earn, less what the most footprints could still save."""
    saving = min(float(reduced.min()), 0.0) if len(reduced) else 0.0
    return dual_objective(duals, rows) + rows.count[1] * saving


def _solve_master(
    highs: Highs, columns: Columns, rows: Rows, penalty: float, seconds: float
) -> tuple[Result, float]:
    """Solve the relaxation on given columns, each row softened at a penalty; also the unmet sum."""
    matrix = columns.matrix(rows)
    count = matrix.shape[0]
    slack = sparse.eye_array(count, format="csc")
    cost = np.concatenate((columns.cost_m, np.full(2 * count, penalty)))
    problem = Problem(
        cost=cost,
        lower=np.zeros(len(cost)),
        upper=np.full(len(cost), np.inf),
        integer=np.zeros(len(cost), dtype=bool),
        matrix=sparse.csc_array(sparse.hstack([matrix, slack, -slack])),
        row_lower=rows.lower,
        row_upper=rows.upper,
    )
    result = highs.solve(problem, seconds)
    if result.values is None or result.row_duals is None:
        raise TimeoutError
    return result, float(result.values[len(columns.masks) :].sum())


def _entering(reduced: Floats, masks: Masks, size: int, threshold: float) -> Ints:
    """The most negative reduced costs: the worst overall, and the worst few for every ICB."""
    negative = np.flatnonzero(reduced < threshold)
    if len(negative) <= ADDED:
        return negative
    order = negative[np.argsort(reduced[negative], kind="stable")]
    chosen = [order[:ADDED]]
    tail = order[: 20 * ADDED]
    inside = membership(masks[tail], size) > 0
    chosen += [tail[inside[:, i]][:ADDED_PER_ICB] for i in range(size)]
    return np.unique(np.concatenate(chosen))


def no_columns(rows: Rows) -> Columns:
    """No columns at all, to begin with."""
    return Columns(
        as_masks((), rows.size),
        np.zeros(0),
        np.zeros((0, len(rows.bounded))),
        np.zeros(0, dtype=np.int64),
    )


def cut_rounds(
    highs: Highs,
    costs: CandidateCosts,
    relaxation: Relaxation,
    seconds: Callable[[], float],
    rounds: int = CUT_ROUNDS,
) -> Iterator[Relaxation]:
    """The relaxation, then again after each round of triple cuts, until it breaks none.

    Args:
        highs: the solver.
        costs: all candidates with their costs.
        relaxation: solved on them.
        seconds: time left.
        rounds: of cuts, at most.

    Yields:
        each relaxation before its cuts are sought; whoever takes it decides whether more are worth
        it.
    """
    for _ in range(rounds):
        yield relaxation
        triples = violated_triples(relaxation, CUTS_A_ROUND)
        if not len(triples):
            return
        rows = relaxation.rows.with_triples(triples)
        relaxation = solve_relaxation(highs, costs, rows, relaxation.columns, seconds)
    yield relaxation


def violated_triples(relaxation: Relaxation, most: int) -> Masks:
    """Triples of ICBs that the relaxation's footprints share too often, the worst first.

    At most one footprint of a plan can hold two or more of any three ICBs; a fractional solution may
    break that (subset-row inequality).
    """
    used = relaxation.weights > TOLERANCE
    weights, masks = relaxation.weights[used], relaxation.columns.masks[used]
    size = relaxation.rows.size
    inside = membership(masks, size)
    together = np.einsum("f,fi,fj,fk->ijk", weights, inside, inside, inside, optimize=True)
    pairs = (inside * weights[:, None]).T @ inside
    shared = pairs[:, :, None] + pairs[:, None, :] + pairs[None, :, :] - 2 * together
    a, b, c = np.ogrid[:size, :size, :size]
    ordered = (a < b) & (b < c) & (shared > 1 + 1e-4)
    if masks.dtype == object:
        # Areas kept together stand or fall together: one of them makes the cut of all.
        first = np.isin(np.arange(size), np.unique(inside, axis=1, return_index=True)[1])
        ordered &= first[a] & first[b] & first[c]
    place = np.argwhere(ordered)
    order = np.argsort(-shared[ordered], kind="stable")[:most]
    bits = singletons(size)[place[order]]
    return np.bitwise_or.reduce(bits, axis=1) if len(bits) else as_masks((), size)
