"""The LP bound over all candidates, by pricing every one of them exactly.

Solve the relaxation on a few hundred columns, compute the reduced cost of *all* candidates, add the
worst, repeat. The bound is then valid over the whole list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from scipy import sparse

from optimiser.arrays import Floats, Masks
from optimiser.engine.highs.adapter import Highs, Problem, Result, SolverError
from optimiser.engine.relaxation.master import (
    Columns,
    Duals,
    Rows,
    dual_objective,
    read_duals,
)
from optimiser.engine.source import Entering, Priceable, Pricing
from optimiser.errors import NoPlanError
from optimiser.footprints.candidates import as_masks, membership, singletons
from optimiser.tolerances import BROKEN_CUT, IMPOSSIBLE, PRICING, UNMET, WHOLE

ROUNDS = 200
"""Rounds of pricing before it is called broken: England takes 7."""
CUT_ROUNDS = 12
"""Rounds of cuts at most: what the first dozen leave open, branch and bound closes faster."""
CUTS_A_ROUND = 40
"""The worst few dozen: more would slow each master for cuts that the next solution no longer breaks."""
PENALTY_UNITS = 64.0
"""Units that an unmet row costs at first. Too little and pricing ends with rows unmet, which costs
another round at ten times as much; far too much would drown the costs' digits. Any plan of England
costs a tenth of this. Which of several optimal duals pricing ends on depends on it, and with them how
many candidates survive (39 to 42 in England)."""

E = TypeVar("E", bound=Entering)
P = TypeVar("P", bound=Pricing)


@dataclass(frozen=True)
class Relaxation(Generic[E]):
    """The solved relaxation.

    Attributes:
        rows: its rows.
        bound: lower bound on every plan, £m.
        duals: the prices that prove it.
        pricing: all candidates at these prices.
        columns: the columns it was solved on.
        weights: value of each column, (c,).
        rounds: how many times all candidates were priced.
    """

    rows: Rows
    bound: float
    duals: Duals
    pricing: E
    columns: Columns
    weights: Floats
    rounds: int

    @property
    def whole(self) -> Columns | None:
        """The footprints of the relaxation's own plan, where it has no fractions; else None."""
        if np.any((self.weights > WHOLE) & (self.weights < 1 - WHOLE)):
            return None
        return self.columns.taken(np.flatnonzero(self.weights > 0.5))

    @property
    def totals(self) -> tuple[str, ...]:
        """Measures bounded across footprints, in the order of their rows and of columns' amounts."""
        return tuple(limit.name for limit in self.rows.bounded)

    @property
    def prices(self) -> dict[str, float]:
        """Dual of each bounded measure, £m per unit."""
        return dict(zip(self.totals, self.duals.bounded.tolist(), strict=True))

    @property
    def cuts(self) -> Masks:
        """Triples whose cut bears a price: likely to help in a problem like this one."""
        return np.asarray(self.rows.triples[self.duals.triples < 0])


def solve_relaxation(
    highs: Highs,
    source: Priceable[E],
    rows: Rows,
    start: Columns,
    seconds: Callable[[], float],
    cost_share: float = 1.0,
) -> Relaxation[E]:
    """Solve the relaxation over all candidates by column generation.

    Args:
        highs: the solver.
        source: all candidates with their costs.
        rows: rows of the master.
        start: columns to begin with (may be empty).
        seconds: time left; raises OutOfTimeError when there is none.
        cost_share: 1, or 0 for the first phase (is there any fractional plan at all?).

    Raises:
        NoPlanError: it is proven that not even fractions of candidates obey all rows.
        OutOfTimeError: the deadline came first.
    """
    unit = source.unit if cost_share else 1.0
    penalty = PENALTY_UNITS * unit if cost_share else 1.0
    columns = start
    for rounds in range(1, ROUNDS + 1):
        result, unmet = _solve_master(highs, columns, rows, penalty, unit, seconds())
        assert result.row_duals is not None
        assert result.values is not None
        duals = read_duals(result.row_duals, rows)
        pricing = source.price(rows, duals, cost_share)
        entering = columns.leave_out(pricing.entering(PRICING * max(unit, abs(result.bound))))
        if len(entering.masks):
            columns = columns.joined(entering)
            continue
        if unmet > UNMET and cost_share:
            _prove_possible(highs, source, rows, columns, seconds)
            penalty *= 10
            continue
        # Lagrangian bound: what the duals earn, less what the most footprints could still save.
        bound = dual_objective(duals, rows) + pricing.saving(rows.count[1])
        weights = result.values[: len(columns.masks)]
        return Relaxation(rows, bound, duals, pricing, columns, weights, rounds)
    raise SolverError("Pricing did not converge.")  # pragma: no cover


def _prove_possible(
    highs: Highs, source: Priceable[E], rows: Rows, columns: Columns, seconds: Callable[[], float]
) -> None:
    """Solve the first phase: with no costs, how much of the rows must stay unmet?"""
    free = replace(columns, cost_m=np.zeros(len(columns.cost_m)))
    phase = solve_relaxation(highs, source, rows, free, seconds, cost_share=0.0)
    if phase.bound > IMPOSSIBLE:
        raise NoPlanError("No plan obeys all rules: not even fractions of footprints can.")


def _solve_master(
    highs: Highs, columns: Columns, rows: Rows, penalty: float, unit: float, seconds: float
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
        unit=unit,
    )
    result = highs.solve(problem, seconds).carry_on()
    return result, float(
        0.0 if result.values is None else result.values[len(columns.masks) :].sum()
    )


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
    source: Priceable[E],
    relaxation: Relaxation[E],
    seconds: Callable[[], float],
    rounds: int = CUT_ROUNDS,
) -> Iterator[Relaxation[E]]:
    """The relaxation, then again after each round of triple cuts, until it breaks none.

    Args:
        highs: the solver.
        source: all candidates with their costs.
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
        relaxation = solve_relaxation(highs, source, rows, relaxation.columns, seconds)
    yield relaxation


def violated_triples(relaxation: Relaxation[E], most: int) -> Masks:
    """Triples of ICBs that the relaxation's footprints share too often, the worst first.

    At most one footprint of a plan can hold two or more of any three ICBs; a fractional solution may
    break that (subset-row inequality).
    """
    used = relaxation.weights > WHOLE
    weights, masks = relaxation.weights[used], relaxation.columns.masks[used]
    size = relaxation.rows.size
    inside = membership(masks, size)
    together = np.einsum("f,fi,fj,fk->ijk", weights, inside, inside, inside, optimize=True)
    pairs = (inside * weights[:, None]).T @ inside
    shared = pairs[:, :, None] + pairs[:, None, :] + pairs[None, :, :] - 2 * together
    a, b, c = np.ogrid[:size, :size, :size]
    ordered = (a < b) & (b < c) & (shared > 1 + BROKEN_CUT)
    if masks.dtype == object:
        # Areas kept together stand or fall together: one of them makes the cut of all.
        first = np.isin(np.arange(size), np.unique(inside, axis=1, return_index=True)[1])
        ordered &= first[a] & first[b] & first[c]
    place = np.argwhere(ordered)
    order = np.argsort(-shared[ordered], kind="stable")[:most]
    bits = singletons(size)[place[order]]
    return np.bitwise_or.reduce(bits, axis=1) if len(bits) else as_masks((), size)
