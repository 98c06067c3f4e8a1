"""The exact method, step by step: list, measure, price, cut, fix, prove.

What is proved: no set of candidate footprints, with any allowed levels, costs less.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

import numpy as np

from models.inputs import Decision
from optimiser.arrays import Bools, Floats, Ints
from optimiser.engine.highs.adapter import Highs, Problem, Result, solve_pyomo
from optimiser.engine.partitions import search_covers
from optimiser.engine.relaxation.master import Columns, Rows, master_rows
from optimiser.engine.relaxation.pricing import Relaxation, cut_rounds, no_columns, solve_relaxation
from optimiser.engine.search import (
    Search,
    Solution,
    make_solution,
    refuse_uncovered,
    refuse_unsupported,
)
from optimiser.engine.selection import (
    Shortlist,
    build_selection_inputs,
)
from optimiser.errors import (
    NoPlanError,
)
from optimiser.footprints.candidates import Candidates, as_masks
from optimiser.footprints.costs import CandidateCosts, cheapest_levels
from optimiser.footprints.levels import cost_groups
from optimiser.footprints.rules import FootprintRule, footprint_rules, list_candidates
from optimiser.footprints.system import System
from optimiser.plan.plan import Status
from optimiser.progress import Report, silent

FEW = 2_000
MANY = 15_000
COLUMNS_IN_FIRST_PLAN = 3_000
FIT_SECONDS = 20.0
SLACK = 1e-7


def solve_by_footprint(
    system: System, highs: Highs, time_limit: float, report: Report = silent
) -> Solution:
    """The best grouping with the best levels of each footprint, proven.

    Raises:
        NoPlanError: proven that no plan obeys the rules.
        StoppedWithoutPlanError: the time limit came before any plan.
        InterruptedWithoutPlanError: the user stopped before any plan.
        UnsupportedError: the scenario asks for what this engine does not solve.
    """
    refuse_unsupported(system)
    search = Search(system, highs, report, time.monotonic() + time_limit)
    rules = footprint_rules(system)
    candidates = list_candidates(system, rules)
    search.done("list", f"{len(candidates):,} candidate footprints")
    refuse_uncovered(system, candidates)
    rows = master_rows(system)
    costs = CandidateCosts(system, candidates.masks, tuple(one.name for one in rows.bounded))
    status = _search(search, costs, rows)
    return make_solution(search, candidates, rules, status)


def solve_listed(
    system: System,
    highs: Highs,
    time_limit: float,
    rules: tuple[FootprintRule, ...],
    costs: CandidateCosts,
    rows: Rows,
) -> Solution:
    """The best plan on candidates that are listed and measured already; raises as above.

    Args:
        system: the arrays.
        highs: the solver.
        time_limit: seconds.
        rules: the footprint rules that the candidates obey.
        costs: all candidates under these rules, with their costs.
        rows: rows of the master; they may ask for more than the scenario does.
    """
    refuse_unsupported(system)
    search = Search(system, highs, silent, time.monotonic() + time_limit)
    candidates = Candidates(costs.masks, system.size)
    refuse_uncovered(system, candidates)
    status = _search(search, costs, rows)
    return make_solution(search, candidates, rules, status)


def _search(search: Search, costs: CandidateCosts, rows: Rows) -> Status:
    """Run the steps until proof, a limit, or the user stops it."""
    try:
        costs.priced({one.name: 0.0 for one in rows.bounded})
        search.done("measure", f"every service in every candidate ({len(costs.masks):,})")
        relaxation = _price(search, costs, rows)
        _first_plan(search, relaxation)
        relaxation = _cut(search, costs, relaxation)
        _close_in(search, relaxation)
        _prove(search, costs, relaxation)
    except TimeoutError:
        return "time_limit"
    except KeyboardInterrupt:
        return "interrupted"
    return "optimal"


def _price(search: Search, costs: CandidateCosts, rows: Rows) -> Relaxation:
    relaxation = solve_relaxation(search.highs, costs, rows, no_columns(rows), search.seconds_left)
    search.raise_bound(relaxation.bound)
    detail = f"bound £{relaxation.bound:,.2f}m after {relaxation.rounds} rounds"
    search.done("price", detail)
    return relaxation


def _first_plan(search: Search, relaxation: Relaxation) -> None:
    """The relaxation's own plan where it is whole; else the best among the likeliest columns."""
    if np.all((relaxation.weights < SLACK) | (relaxation.weights > 1 - SLACK)):
        chosen = relaxation.columns.taken(np.flatnonzero(relaxation.weights > 0.5))
        search.offer(chosen.masks, float(chosen.cost_m.sum()))
        search.raise_bound(relaxation.bound)
        search.done("plan", _held(search))
        return
    order = np.argsort(relaxation.reduced, kind="stable")[:COLUMNS_IN_FIRST_PLAN]
    order = order[np.isfinite(relaxation.reduced[order])]
    columns = relaxation.columns.joined(relaxation.best.taken(order))
    limit = min(search.seconds_left(), 30.0)
    _offer_result(search, columns, _solve_columns(search, columns, relaxation.rows, limit))
    if search.best_masks is None:
        fit_together(search, relaxation)
    search.done("plan", _held(search))


def fit_together(search: Search, relaxation: Relaxation) -> None:
    """A plan by depth first search over all candidates, where the likeliest columns make none.

    That is so where many candidates cost the same, as with services that few residents use.
    """
    rows, every = relaxation.rows, relaxation.best
    end = time.monotonic() + min(search.seconds_left(), FIT_SECONDS)
    weight = np.maximum(relaxation.reduced, 0.0)
    lower, upper = rows.lower - SLACK, rows.upper + SLACK
    try:
        for cover in search_covers(every.masks, weight, math.inf, rows.size, end):
            chosen = every.taken(np.searchsorted(every.masks, cover))
            held = chosen.matrix(rows).sum(axis=1)
            if ((held >= lower) & (held <= upper)).all():
                search.offer(chosen.masks, float(chosen.cost_m.sum()))
                return
    except TimeoutError:
        return


def _held(search: Search) -> str:
    if search.best_masks is None:
        return "no plan yet"
    share = search.gap_m / max(abs(search.best_m), 1.0)
    return f"plan £{search.best_m:,.2f}m, at most {share:.3%} above the best"


def _solve_columns(search: Search, columns: Columns, rows: Rows, seconds: float) -> Result:
    count = len(columns.masks)
    problem = Problem(
        cost=columns.cost_m,
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.ones(count, dtype=bool),
        matrix=columns.matrix(rows),
        row_lower=rows.lower,
        row_upper=rows.upper,
    )
    try:
        return search.highs.solve(problem, seconds)
    except KeyboardInterrupt as stop:
        _offer_result(search, columns, stop.held)  # type: ignore[attr-defined]
        raise


def _offer_result(search: Search, columns: Columns, result: Result) -> None:
    if result.values is None:
        return
    chosen = np.flatnonzero(result.values > 0.5)
    search.offer(columns.masks[chosen], float(columns.cost_m[chosen].sum()))


def _survivors(search: Search, relaxation: Relaxation) -> Ints:
    """Candidates that may be in a plan better than the best one held."""
    tolerance = SLACK * max(1.0, abs(search.best_m))
    threshold = search.best_m - relaxation.bound + tolerance
    return np.flatnonzero(relaxation.reduced <= threshold)


def _cut(search: Search, costs: CandidateCosts, start: Relaxation) -> Relaxation:
    """Raise the bound by triple cuts while it pays."""
    before = -math.inf
    for relaxation in cut_rounds(search.highs, costs, start, search.seconds_left):
        search.raise_bound(relaxation.bound)
        search.survivors = len(_survivors(search, relaxation))
        if search.survivors <= FEW or relaxation.bound - before < 0.01 * search.gap_m:
            break
        before = relaxation.bound
    search.survivors = len(_survivors(search, relaxation))
    search.certificate = _certificate(relaxation)
    search.done("fix", f"{search.survivors:,} candidates may still be in a better plan")
    return relaxation


def _certificate(relaxation: Relaxation) -> dict[str, object]:
    duals = relaxation.duals
    return {
        "bound": relaxation.bound,
        "icb": duals.icb.tolist(),
        "count": duals.count,
        "bounded": {
            one.name: float(price)
            for one, price in zip(relaxation.rows.bounded, duals.bounded, strict=True)
        },
        "kept": duals.kept,
        "baseline": duals.baseline.tolist(),
        "triples": [int(mask) for mask in relaxation.rows.triples],
        "triple_prices": duals.triples.tolist(),
    }


def _close_in(search: Search, relaxation: Relaxation) -> None:
    """While too many survive, solve on those within a part of the gap.

    A plan that uses a candidate of reduced cost t or more costs at least bound + t, so the best plan
    on the candidates below t raises the bound to the lesser of its own cost and bound + t.
    """
    for share in (0.05, 0.12, 0.25, 0.5):
        if len(_survivors(search, relaxation)) <= MANY:
            return
        within = share * min(search.best_m - relaxation.bound, abs(relaxation.bound) + 1.0)
        rows = np.flatnonzero(relaxation.reduced <= within)
        if len(rows) > 4 * MANY:
            continue
        columns = relaxation.best.taken(rows)
        result = _solve_columns(search, columns, relaxation.rows, search.seconds_left())
        _offer_result(search, columns, result)
        if relaxation.rows.bounded or result.reason not in ("optimal", "infeasible"):
            continue
        own = result.bound if result.reason == "optimal" else math.inf
        search.raise_bound(min(own, relaxation.bound + within))
        search.done("close in", _held(search))


def _prove(search: Search, costs: CandidateCosts, relaxation: Relaxation) -> None:
    """Solve the selection model on the survivors to zero gap."""
    from models.lp import write_lp
    from models.selection import build_selection
    from models.solution import read_selection

    system = search.system
    shortlist = _shortlist(search, costs, relaxation)
    search.survivors = len(shortlist.masks)
    inputs = build_selection_inputs(system, shortlist, relaxation.rows)
    model = build_selection(inputs)
    search.lp_text = write_lp(model)
    try:
        result = solve_pyomo(search.highs, model, search.seconds_left())
    except KeyboardInterrupt as stop:
        if stop.held.values is not None:  # type: ignore[attr-defined]
            _offer_decision(search, read_selection(model, inputs))
        raise
    search.log = result.log
    if result.values is not None:
        _offer_decision(search, read_selection(model, inputs))
    if result.reason == "infeasible" and search.best_masks is None:
        raise NoPlanError(
            "No plan exists: no set of candidate footprints obeys all rules together."
        )
    if result.reason == "time_limit":
        search.raise_bound(max(result.bound, relaxation.bound))
        raise TimeoutError
    closed = search.highs.settings.gap == 0 or result.reason == "infeasible"
    search.raise_bound(search.best_m if closed else max(result.bound, relaxation.bound))
    proof = f"best plan £{search.best_m:,.2f}m, proven" if closed else _held(search)
    search.done("prove", proof)


def _offer_decision(search: Search, decision: Decision) -> None:
    system = search.system
    codes = decision.footprints.values()
    chosen = as_masks((system.mask_of(members) for members in codes), system.size)
    search.offer(chosen, sum(decision.terms_m.values()))


def _to_prove(search: Search, costs: CandidateCosts, relaxation: Relaxation) -> Ints:
    """Survivors, and the plan held; only the likeliest when nothing can be better than it.

    Where many candidates tie and the bound already meets the plan, the proof is done: the model then
    confirms it on the smallest reduced costs.
    """
    rows = _survivors(search, relaxation)
    proven = search.best_masks is not None and search.gap_m <= SLACK * max(1.0, abs(search.best_m))
    if len(rows) > FEW and proven:
        rows = rows[np.argsort(relaxation.reduced[rows], kind="stable")[:FEW]]
    elif len(rows) > 4 * MANY:
        search.report(
            "prove", f"{len(rows):,} candidates survive, too many to settle: the gap stands"
        )
        raise TimeoutError
    if search.best_masks is None:
        return rows
    held = np.flatnonzero(np.isin(costs.masks, search.best_masks))
    return np.union1d(rows, held)


def _shortlist(search: Search, costs: CandidateCosts, relaxation: Relaxation) -> Shortlist:
    """Survivors, with the levels that may still be in a better plan."""
    system = search.system
    rows = _to_prove(search, costs, relaxation)
    masks = costs.masks[rows]
    grouped = cost_groups(system, masks, costs.totals)
    prices = dict(zip(costs.totals, relaxation.duals.bounded, strict=True))
    best = cheapest_levels(system, grouped, prices)
    open_ = np.zeros(grouped.cost_m.shape, dtype=bool)
    if costs.totals:
        open_ = _open_levels(search, relaxation, grouped.cost_m, grouped.totals, prices, rows)
    np.put_along_axis(open_, best.choice[None], True, axis=0)
    return Shortlist(masks, best.choice, open_)


def _open_levels(
    search: Search,
    relaxation: Relaxation,
    cost_m: Floats,
    totals: Mapping[str, Floats],
    prices: Mapping[str, float],
    rows: Ints,
) -> Bools:
    """Allowed levels whose extra priced cost, on top of the reduced cost, still fits the gap.

    With no plan held the gap is infinite, and so is the cost of what is not allowed.
    """
    priced = cost_m - sum(price * totals[name] for name, price in prices.items())
    extra = priced - priced.min(axis=0)
    room = search.best_m - relaxation.bound + SLACK * max(1.0, abs(search.best_m))
    fits = relaxation.reduced[rows][:, None] + extra <= room
    return np.asarray(fits & np.isfinite(cost_m))
