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
from optimiser.engine.highs.adapter import (
    AT_LOWER,
    BASIC,
    Basis,
    Highs,
    Problem,
    Result,
    SolverError,
)
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

Seconds = Callable[[], float]
"""The time left; raises OutOfTimeError when there is none."""

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
        own: value of each column of the rows' own, (q,).
        basis: of the simplex method at the end.
        rounds: how many times all candidates were priced.
    """

    rows: Rows
    bound: float
    duals: Duals
    pricing: E
    columns: Columns
    weights: Floats
    own: Floats
    basis: Basis | None
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
    seconds: Seconds,
    cost_share: float = 1.0,
    before: Relaxation[E] | None = None,
) -> Relaxation[E]:
    """Solve the relaxation over all candidates by column generation.

    Args:
        highs: the solver.
        source: all candidates with their costs.
        rows: rows of the master.
        start: columns to begin with (may be empty).
        seconds: time left.
        cost_share: 1, or 0 for the first phase (is there any fractional plan at all?).
        before: solved on the same columns and all but the last rows: where the simplex method begins.

    Raises:
        NoPlanError: it is proven that not even fractions of candidates obey all rows.
        OutOfTimeError: the deadline came first.
    """
    unit = source.unit if cost_share else 1.0
    penalty = PENALTY_UNITS * unit if cost_share else 1.0
    columns, basis = start, None
    if before is not None:
        more = len(rows.lower) - len(before.rows.lower)
        basis = _widen(before.basis, len(start.masks), rows=more)
    for rounds in range(1, ROUNDS + 1):
        result = _solve_master(highs, columns, rows, penalty, unit, seconds(), cost_share, basis)
        assert result.row_duals is not None
        assert result.values is not None
        weights, unmet, own = _split(result.values, columns, rows)
        duals = read_duals(result.row_duals, rows)
        pricing = source.price(rows, duals, cost_share)
        entering = columns.leave_out(pricing.entering(PRICING * max(unit, abs(result.bound))))
        if len(entering.masks):
            basis = _widen(result.basis, len(columns.masks), columns=len(entering.masks))
            columns = columns.joined(entering)
            continue
        if unmet > UNMET and cost_share:
            phase = solve_first_phase(highs, source, rows, columns, seconds)
            if phase.bound > IMPOSSIBLE:
                raise NoPlanError("No plan obeys all rules: not even fractions of footprints can.")
            penalty *= 10
            continue
        # Lagrangian bound: what the duals earn, less what the most footprints could still save.
        bound = dual_objective(duals, rows, cost_share) + pricing.saving(rows.count[1])
        return Relaxation(rows, bound, duals, pricing, columns, weights, own, result.basis, rounds)
    raise SolverError("Pricing did not converge.")


def solve_first_phase(
    highs: Highs, source: Priceable[E], rows: Rows, columns: Columns, seconds: Seconds
) -> Relaxation[E]:
    """With no costs, how much of the rows must stay unmet: above nothing, there is no plan."""
    free = replace(columns, cost_m=np.zeros(len(columns.cost_m)))
    return solve_relaxation(highs, source, rows, free, seconds, cost_share=0.0)


def _solve_master(
    highs: Highs,
    columns: Columns,
    rows: Rows,
    penalty: float,
    unit: float,
    seconds: float,
    cost_share: float,
    basis: Basis | None,
) -> Result:
    """Solve the relaxation on given columns, each row softened at a penalty."""
    matrix, own = columns.matrix(rows), rows.own
    count, many = matrix.shape
    slack = sparse.eye_array(count, format="csc")
    soft, open_ = np.zeros(2 * count), np.full(many + 2 * count, np.inf)
    cost = np.concatenate((columns.cost_m, soft + penalty, cost_share * own.cost))
    problem = Problem(
        cost=cost,
        lower=np.concatenate((np.zeros(many), soft, own.lower)),
        upper=np.concatenate((open_, own.upper)),
        integer=np.zeros(len(cost), dtype=bool),
        matrix=sparse.csc_array(sparse.hstack([matrix, slack, -slack, rows.own_matrix])),
        row_lower=rows.lower,
        row_upper=rows.upper,
        unit=unit,
    )
    return highs.solve(problem, seconds, basis).carry_on()


def _split(values: Floats, columns: Columns, rows: Rows) -> tuple[Floats, float, Floats]:
    """Weights of the columns, what is unmet of all rows, and values of the columns of their own."""
    many, own = len(columns.masks), len(values) - len(rows.own.cost)
    return values[:many], float(values[many:own].sum()), values[own:]


def _widen(basis: Basis | None, many: int, columns: int = 0, rows: int = 0) -> Basis | None:
    """The basis once there are more columns behind the first many, or more rows at the end."""
    if basis is None:
        return None
    ends = [many, many + len(basis[1]), many + 2 * len(basis[1])]
    new, soft = np.full(columns, AT_LOWER, np.int8), np.full(rows, AT_LOWER, np.int8)
    first, over, under, own = np.split(basis[0], ends)
    status = np.concatenate((first, new, over, soft, under, soft, own))
    return status, np.concatenate((basis[1], np.full(rows, BASIC, np.int8)))


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
    seconds: Seconds,
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
        columns = relaxation.columns
        relaxation = solve_relaxation(highs, source, rows, columns, seconds, before=relaxation)
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
