"""The exact method, step by step: relax, find a plan, cut, fix, close in, prove.

What is proved: no set of the source's candidates, with any allowed levels, costs less. Every question
that asks for a best plan, for any plan below a cost or for whether there is one asks it here.
"""

from __future__ import annotations

import math
import sys

import numpy as np

from models.inputs import Decision, SelectionInputs
from optimiser.arrays import Masks
from optimiser.deadline import Deadline, OutOfTimeError
from optimiser.engine.highs.adapter import Highs, Result, solve_pyomo
from optimiser.engine.incumbents import (
    dive,
    fit_together,
    offer_columns,
    solve_columns,
    solve_likeliest,
)
from optimiser.engine.relaxation.master import Columns, Duals, Rows
from optimiser.engine.relaxation.pricing import (
    P,
    Relaxation,
    cut_rounds,
    no_columns,
    solve_relaxation,
)
from optimiser.engine.search import Search, Status
from optimiser.engine.source import Source, Survivors
from optimiser.progress import silent

FEW = 2_000
"""Survivors that the selection model proves in a second: no cut is worth its price below that."""
MANY = 15_000
"""Survivors above which the model takes minutes: first the gap is closed in on."""
MOST_PROVEN = 4 * MANY
"""Survivors above which the model is not tried: it would not fit the memory of a small machine."""
CUTS_PAY = 0.01
"""Share of the gap that a round of cuts must close to be followed by another."""
LARGEST = sys.float_info.max
"""The room while there is no plan: what no levels are allowed in has an infinite cost, and stays out."""
SHARES_OF_GAP = (0.05, 0.12, 0.25, 0.5)
"""How far up the gap closing in looks, nearest first: each try costs about as much as all before."""


def solve_partition(
    source: Source[P],
    rows: Rows,
    highs: Highs,
    deadline: Deadline,
    start: Columns | None = None,
    *,
    enough: float = -math.inf,
    cutoff: float = math.inf,
) -> Search:
    """The best division of the map into a source's candidates under the rows, proven.

    Args:
        source: the candidates and the objective they carry.
        rows: what binds across footprints; cuts that helped before may stand in them already.
        highs: the solver.
        deadline: when to stop.
        start: columns to begin with, amounts in the order of ``rows.bounded``.
        enough: stop at the first plan that costs no more, £m. At infinity any plan will do.
        cutoff: plans that cost more are of no interest, £m; with none below it, ``infeasible``.

    Returns:
        what is known, whatever ended the search.
    """
    search = Search(highs, silent, deadline, unit=source.unit, cutoff=cutoff, enough=enough)
    search_partition(search, source, rows, start)
    return search


def search_partition(
    search: Search, source: Source[P], rows: Rows, start: Columns | None = None
) -> Status:
    """The same in a search that has begun (its clock runs, it may hold a plan); why it stopped."""

    def steps() -> Status:
        relaxation = _relax(search, source, rows, start)
        if relaxation.bound > search.cutoff + search.tolerance_m:
            return "infeasible"
        _find_plan(search, source, relaxation)
        relaxation = _cut(search, source, relaxation)
        if relaxation.bound > search.cutoff + search.tolerance_m:
            return "infeasible"
        _close_in(search, source, relaxation)
        return _prove(search, source, relaxation)

    search.relaxation = None
    status = search.run(steps)
    if status == "infeasible" and search.incumbent is None and search.relaxation is None:
        search.bound_m = math.inf
    return status


def _relax(search: Search, source: Source[P], rows: Rows, start: Columns | None) -> Relaxation[P]:
    columns = no_columns(rows) if start is None else start
    relaxation = solve_relaxation(search.highs, source, rows, columns, search.deadline.left)
    search.relaxation = relaxation
    search.raise_bound(relaxation.bound)
    search.done(
        "price",
        f"no plan scores less than {relaxation.bound:,.2f}, after {relaxation.rounds} rounds",
    )
    return relaxation


def _find_plan(search: Search, source: Source[P], relaxation: Relaxation[P]) -> None:
    """The relaxation's own plan where it is whole; else the best among the likeliest columns."""
    whole = relaxation.whole
    if whole is not None and offer_columns(search, whole, relaxation.rows):
        search.raise_bound(relaxation.bound)
    elif search.enough > -math.inf:
        dive(search, source, relaxation)
    if search.incumbent is None:
        solve_likeliest(search, relaxation)
    if search.incumbent is None:
        fit_together(search, relaxation)
    search.done("plan", search.standing)


def _room(search: Search, relaxation: Relaxation[P]) -> float:
    """Reduced costs above this cannot be in a plan better than the incumbent, £m."""
    return min(search.ceiling_m - relaxation.bound + search.tolerance_m, LARGEST)


def _cut(search: Search, source: Source[P], start: Relaxation[P]) -> Relaxation[P]:
    """Raise the bound by triple cuts while it pays; then fix by reduced cost."""
    before = -math.inf
    relaxation = start
    for relaxation in cut_rounds(search.highs, source, start, search.deadline.left):
        search.relaxation = relaxation
        search.raise_bound(relaxation.bound)
        search.survivors = relaxation.pricing.count_within(_room(search, relaxation))
        if search.survivors <= FEW or relaxation.bound - before < CUTS_PAY * search.gap_m:
            break
        before = relaxation.bound
    search.survivors = relaxation.pricing.count_within(_room(search, relaxation))
    search.certificate = write_certificate(relaxation.rows, relaxation.duals, relaxation.bound)
    search.done("fix", f"{search.survivors:,} candidates may still be in a better plan")
    return relaxation


def write_certificate(rows: Rows, duals: Duals, bound: float) -> dict[str, object]:
    """The duals and the bound that they prove, as plain values that ``verify`` reads."""
    names = (limit.name for limit in rows.bounded)
    return {
        "bound": bound,
        "icb": duals.icb.tolist(),
        "count": duals.count,
        "bounded": dict(zip(names, duals.bounded.tolist(), strict=True)),
        "kept": duals.kept,
        "baseline": duals.baseline.tolist(),
        "triples": [int(mask) for mask in rows.triples],
        "triple_prices": duals.triples.tolist(),
    }


def _close_in(search: Search, source: Source[P], relaxation: Relaxation[P]) -> None:
    """While too many survive, solve on those within a part of the gap.

    A plan that uses a candidate, or a level, of reduced cost t or more costs at least bound + t, so the
    best plan on those below t raises the bound to the lesser of its own cost and bound + t. Columns
    have one choice of levels each: where floors or ceilings price levels, the model is asked.
    """
    pricing, bounded = relaxation.pricing, relaxation.rows.bounded
    for share in SHARES_OF_GAP:
        if pricing.count_within(_room(search, relaxation)) <= MANY:
            return
        within = share * min(
            search.ceiling_m - relaxation.bound, abs(relaxation.bound) + search.unit
        )
        if pricing.count_within(within) > (MANY if bounded else MOST_PROVEN):
            continue
        survivors = pricing.within(within)
        if bounded:
            result = _solve_model(search, source, relaxation, survivors, within)
        else:
            seconds = search.deadline.left()
            result = solve_columns(search, survivors.columns, relaxation.rows, seconds)
        if result.reason not in ("optimal", "infeasible"):
            continue
        own = result.bound if result.reason == "optimal" else math.inf
        search.raise_bound(min(own, relaxation.bound + within))
        search.done("close in", search.standing)


def _prove(search: Search, source: Source[P], relaxation: Relaxation[P]) -> Status:
    """Solve the selection model on the survivors to zero gap."""
    survivors = _to_prove(search, relaxation)
    search.survivors = len(survivors.reduced)
    result = _solve_model(search, source, relaxation, survivors, _room(search, relaxation))
    if result.reason == "infeasible" and search.incumbent is None:
        search.raise_bound(search.cutoff)  # which bounds what others cost
        return "infeasible"
    if result.reason == "time_limit":
        search.raise_bound(max(result.bound, relaxation.bound))
    result.carry_on()
    closed = search.highs.settings.gap == 0 or result.reason == "infeasible"
    search.raise_bound(search.best_m if closed else max(result.bound, relaxation.bound))
    proof = f"best plan scores {search.best_m:,.2f}, proven" if closed else search.standing
    search.done("prove", proof)
    return "optimal"


def _solve_model(
    search: Search, source: Source[P], relaxation: Relaxation[P], survivors: Survivors, room: float
) -> Result:
    """The selection model on some candidates and the levels within a room; its plan is offered."""
    from models.lp import write_lp
    from models.selection import build_selection
    from models.solution import read_selection

    if not _cover_all(survivors.columns.masks, relaxation.rows):
        return Result("infeasible", None, None, math.inf)
    inputs = source.build_inputs(survivors, relaxation.rows, relaxation.prices, room)
    model = build_selection(inputs)
    search.lp_text = write_lp(model)
    result = solve_pyomo(search.highs, model, search.deadline.left(), search.unit)
    search.log = result.log
    if result.values is not None:
        _offer_decision(search, survivors, inputs, read_selection(model, inputs))
    return result


def _cover_all(masks: Masks, rows: Rows) -> bool:
    covered = int(np.bitwise_or.reduce(masks)) if len(masks) else 0
    return covered == (1 << rows.size) - 1


def _offer_decision(
    search: Search, survivors: Survivors, inputs: SelectionInputs, decision: Decision
) -> None:
    place = {name: row for row, name in enumerate(inputs.members)}
    rows = np.sort([place[name] for name in decision.footprints])
    search.offer(survivors.columns.masks[rows], sum(decision.terms_m.values()), decision)


def _to_prove(search: Search, relaxation: Relaxation[P]) -> Survivors:
    """Survivors, and the incumbent; only the likeliest when nothing can be better than it.

    Where many candidates tie and the bound already meets the plan, the proof is done: the model then
    confirms it on the smallest reduced costs.

    Raises:
        OutOfTimeError: too many survive to be proven: the gap stands.
    """
    pricing, room = relaxation.pricing, _room(search, relaxation)
    incumbent = None if search.incumbent is None else search.incumbent.masks
    count = pricing.count_within(room)
    proven = incumbent is not None and search.gap_m <= search.tolerance_m
    if not proven and count > MOST_PROVEN:
        search.report("prove", f"{count:,} candidates survive, too many to settle: the gap stands")
        raise OutOfTimeError
    return pricing.within(room, incumbent, FEW if proven else None)
