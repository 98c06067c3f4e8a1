"""The exact method where candidates cannot be listed: anneal, price, list inside the gap, prove.

Every candidate outside a list made at the prices of the relaxation has a reduced cost that no plan
better than the incumbent can bear. So once the gap is small enough for such a list, the engine for lists
(:mod:`optimiser.engine.partition`) settles what is left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.deadline import OutOfTimeError
from optimiser.engine.impossible import MOST_ASKED, tell_reason
from optimiser.engine.incumbents import (
    COLUMNS_IN_FIRST_PLAN,
    FIRST_PLAN_SECONDS,
    solve_columns,
)
from optimiser.engine.listed import Listed, find_unit
from optimiser.engine.partition import FEW, MANY, search_partition, write_certificate
from optimiser.engine.priced.annealing import anneal, grow_parts
from optimiser.engine.priced.recombining import recombine
from optimiser.engine.priced.source import Priced, PricedSource
from optimiser.engine.relaxation.master import (
    UNMATCHED,
    Columns,
    Duals,
    Rows,
    count_kept,
    dual_objective,
)
from optimiser.engine.relaxation.pricing import Relaxation, cut_rounds, solve_relaxation
from optimiser.engine.search import AFRESH, Beginning, Search, Status
from optimiser.engine.selection import build_single_sum
from optimiser.errors import NoPlanError
from optimiser.footprints.compiled.machine import count_cores
from optimiser.footprints.costs import CandidateCosts, KnownCosts
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.footprints.unlisted.pricing import Unlisted, build_unlisted
from optimiser.footprints.unlisted.searching import Found, search_all, stopping
from optimiser.footprints.unlisted.tables import PEOPLE, find_grain
from optimiser.progress import telling

MOVES = (600, 2_500, 10_000)
"""Moves of annealing for each atom, until a plan is met: on a hundred atoms the first takes well below a
second, and finds one unless the windows are narrow."""
RECOMBINATIONS = 100
"""Pairs of footprints recombined for each atom: seconds on a hundred atoms; on planar maps of 33 to 105
areas with windows of half a per cent most runs have found their best by then."""
MOST_MET = 2_000
"""Footprints within the rules that a run of recombination keeps, for the relaxation to begin with: as
many as narrow windows let it meet; more would take longer to cost than they save."""
RUNS = 4
"""Annealings each time, from different divisions: their footprints begin the relaxation."""
SHARES_OF_GAP = (0.12, 0.35)
"""How far up the gap plans are sought before all of it is listed: the nearest candidates make the best
plans, and each better plan makes the whole list shorter."""
AS_GOOD = 100.0
"""Tolerances of a proof within which the best plan of what is known is not sought again: the list of
what could be better holds few."""
BRIEF = 3.0
"""Seconds for the best plan of the known footprints where a diagram soon lists all inside the gap."""
MOST_REMEMBERED = 3_000
"""Footprints priced lowest that like questions begin with: as many as the first integer solve takes;
costing them takes a second."""
MOST_LISTED = 600_000
"""Candidates inside the gap above which cuts raise the bound first: what 4 GiB and a minute bear."""


class ProvenError(Exception):
    """The bound has met the plan: no more prices are sought."""


def search_priced(search: Search, system: System, rows: Rows, begin: Beginning = AFRESH) -> Status:
    """The best plan of a map whose candidates cannot be listed, as far as the time allows."""

    def steps() -> Status:
        unlisted = build_unlisted(system, rows.baseline)
        try:
            status = _take_steps(search, system, unlisted, rows, begin)
        except ProvenError:
            assert search.incumbent is not None
            search.survivors = len(search.incumbent.masks)  # no other footprint is needed
            search.done("prove", f"best plan scores {search.best_m:,.2f}, proven")
            return "optimal"
        except NoPlanError:
            status = "infeasible"
        if status == "infeasible":
            search.reason = _find_reason(search, system, unlisted, rows)
        return status

    usual = search.report
    with telling(usual, lambda: search.standing) as search.report:
        status = search.run(steps)
    search.report = usual
    return status


def _take_steps(
    search: Search, system: System, unlisted: Unlisted, rows: Rows, begin: Beginning
) -> Status:
    source = _start(search, system, unlisted, rows, begin)
    try:
        return _price(search, unlisted, source, rows)
    finally:
        search.likeliest = source.likeliest(MOST_REMEMBERED)


def _price(search: Search, unlisted: Unlisted, source: PricedSource, rows: Rows) -> Status:
    if search.incumbent is not None and search.grain and not len(rows.baseline):
        source.begin(rows, search.best_m)
    first = Columns(
        unlisted.masks(source.sets),
        source.costs,
        np.zeros((len(source.costs), 0)),
        np.full(len(source.costs), UNMATCHED),
    )
    start = solve_relaxation(search.highs, source, rows, first, search.deadline.left)
    for cut in cut_rounds(search.highs, source, start, search.deadline.left):
        relaxation = replace(cut, duals=cut.pricing.prices)  # those whose bound it is
        search.raise_bound(relaxation.bound)
        search.done("price", f"bound {relaxation.bound:,.2f} after {relaxation.rounds} rounds")
        seconds = FIRST_PLAN_SECONDS if unlisted.diagram is None else BRIEF
        if search.gap_m > AS_GOOD * search.tolerance_m:
            _combine(search, relaxation.columns, relaxation.rows, seconds)
        status = _close(search, source, relaxation)
        if status is not None:
            return status
    raise OutOfTimeError


def _find_reason(search: Search, system: System, unlisted: Unlisted, rows: Rows) -> str:
    """Why there is no plan, where all candidates can be listed for it; else nothing."""
    if unlisted.diagram is None:
        return ""
    free = unlisted.without_costs()
    every = search_all(free, free.hunt, 1.0, search.deadline, most=MOST_ASKED)
    if not every.complete:
        return ""
    masks = unlisted.masks(_within_rules(system, unlisted, every.sets)[0])
    return tell_reason(system, masks, rows.count[1], search.highs, search.deadline)


def _start(
    search: Search, system: System, unlisted: Unlisted, rows: Rows, begin: Beginning
) -> PricedSource:
    """A first plan, and the source that begins with all that was met on the way to it."""
    search.grain = find_grain(unlisted.tables) if rows.count[0] == rows.count[1] else 0.0
    met = [_whole(unlisted, begin.plan), _whole(unlisted, begin.footprints)]
    for plan in (begin.plan, rows.baseline):
        _offer_plan(search, system, unlisted, rows, plan)
    if search.incumbent is None or not len(begin.footprints):
        met += _find_plan(search, system, unlisted, rows)
    if len(rows.baseline):
        met.append(_footprints([unlisted.sets(rows.baseline).argmax(axis=0)]))
    search.done("anneal", search.standing)
    sets = np.unique(np.concatenate(met), axis=0)
    sets, costs = _within_rules(system, unlisted, sets)
    search.unit = find_unit(costs)

    def tell(rows: Rows, duals: Duals, bound: float) -> None:
        search.raise_bound(bound)
        search.certificate = {**write_certificate(rows, duals, bound), "listed": False}
        search.report("price", f"bound {bound:,.2f}, {search.standing}")
        if search.gap_m <= search.tolerance_m:
            raise ProvenError

    def combine(rows: Rows, duals: Duals, columns: Columns, reduced: Floats) -> None:
        if unlisted.diagram is not None:  # bounds and lists come sooner than such a plan
            return
        estimate = dual_objective(duals, rows)
        search.report("price", f"what is known can make no plan below {estimate:,.2f}: an estimate")
        likeliest = np.argsort(reduced, kind="stable")[:COLUMNS_IN_FIRST_PLAN]
        _combine(search, columns.taken(likeliest), rows, FIRST_PLAN_SECONDS)

    return PricedSource(unlisted, search.unit, search.deadline, tell, combine, sets, costs)


def _find_plan(search: Search, system: System, unlisted: Unlisted, rows: Rows) -> list[Bools]:
    """Anneal and recombine until there is a plan; returns the footprints that were met."""
    met: list[Bools] = []
    for moves in MOVES:
        runs = _anneal(search, system, unlisted, rows, moves)
        if not len(rows.baseline):
            runs += _recombine(search, system, unlisted, rows, [run.part for run in runs])
        met += [_footprints([run.part for run in runs]), *(run.met for run in runs)]
        if search.incumbent is not None or len(rows.baseline):
            break
    return met


class Run(NamedTuple):
    """A division that was found: the part of each atom, what it costs, £m, and footprints met."""

    part: Ints
    cost_m: float
    met: Bools


def _anneal(
    search: Search, system: System, unlisted: Unlisted, rows: Rows, moves: int
) -> list[Run]:
    t = unlisted.tables
    window, people = t.window[1], t.linear[:, PEOPLE].sum()
    fewest = max(rows.count[0], math.ceil(people / window[1]))
    most = max(fewest, min(rows.count[1], len(t.linear)))
    likely = max(fewest, min(most, int(people / max(window[0], 1e-9))))
    counts = np.linspace(fewest, likely, RUNS).round().astype(int)
    none = np.zeros((0, len(t.linear)), dtype=bool)

    def run(seed: int, stop: Bools) -> Run:
        random = np.random.default_rng(seed)
        part = grow_parts(t, int(counts[seed % RUNS]), random)
        return Run(part, anneal(t, part, fewest, most, moves * len(part), random, stop), none)

    return _run_all(search, system, unlisted, rows, run, range(RUNS))


def _recombine(
    search: Search, system: System, unlisted: Unlisted, rows: Rows, parts: list[Ints]
) -> list[Run]:
    """Divisions improved by recombination."""

    def run(seed: int, stop: Bools) -> Run:
        random = np.random.default_rng(RUNS + seed)
        part = np.unique(parts[seed], return_inverse=True)[1]
        sets = np.zeros((MOST_MET, len(part)), dtype=bool)
        moves = RECOMBINATIONS * len(part)
        cost_m, found = recombine(unlisted.tables, part, moves, random, stop, sets)
        return Run(part, cost_m, np.unique(sets[:found], axis=0))

    numbers = [len(np.unique(part)) for part in parts]
    fit = [
        k for k, number in enumerate(numbers) if max(2, rows.count[0]) <= number <= rows.count[1]
    ]
    return _run_all(search, system, unlisted, rows, run, fit)


def _run_all(
    search: Search,
    system: System,
    unlisted: Unlisted,
    rows: Rows,
    run: Callable[[int, Bools], Run],
    seeds: Sequence[int],
) -> list[Run]:
    """Run side by side; every plan is offered as its run ends, also if the user stops the search."""
    ended: list[Run] = []

    def offer(found: Run) -> None:
        if found.cost_m < math.inf and not len(rows.baseline):
            _offer(search, system, unlisted, rows, _footprints([found.part]))

    def begin(seed: int) -> Run:
        found = run(seed, stop)
        ended.append(found)
        return found

    runs = []
    try:
        with ThreadPoolExecutor(count_cores()) as pool, stopping(search.deadline) as stop:
            for found in pool.map(begin, seeds):
                runs.append(found)
                offer(found)
    except KeyboardInterrupt:
        for found in ended:
            offer(found)
        raise
    return runs


def _footprints(parts: list[Ints]) -> Bools:
    """Atoms of every footprint of some divisions, each once, (m, n)."""
    return np.unique([part == f for part in parts for f in np.unique(part)], axis=0)


def _within_rules(system: System, unlisted: Unlisted, sets: Bools) -> tuple[Bools, Floats]:
    """Those that obey every rule, and their exact costs, £m."""
    masks = unlisted.masks(sets)
    keeps = unlisted.hang_together(sets)
    for rule in footprint_rules(system):
        keeps &= rule.keeps(masks)
    costs = CandidateCosts(system, masks).priced({})[0]
    keeps &= np.isfinite(costs)
    return sets[keeps], costs[keeps]


def _offer(search: Search, system: System, unlisted: Unlisted, rows: Rows, sets: Bools) -> None:
    """Offer a plan, if the rules as they are written hold for every footprint and for their number."""
    kept, costs = _within_rules(system, unlisted, sets)
    fits = len(kept) == len(sets) and rows.count[0] <= len(sets) <= rows.count[1]
    if fits and costs.sum() < search.best_m:
        search.offer(unlisted.masks(kept), float(costs.sum()))
        search.report("plan", search.standing)


def _offer_plan(
    search: Search, system: System, unlisted: Unlisted, rows: Rows, masks: Masks
) -> None:
    """Offer the plan of a like question, or the baseline of limited moves, if it is a plan here."""
    sets = _whole(unlisted, masks)
    if len(sets) == len(masks) > 0 and count_kept(masks, rows) >= rows.fewest_kept:
        _offer(search, system, unlisted, rows, sets)


def _whole(unlisted: Unlisted, masks: Masks) -> Bools:
    """Atoms of those of some footprints that part no atom, (m, n)."""
    if not len(masks):
        return np.zeros((0, len(unlisted.atoms)), dtype=bool)
    sets = unlisted.sets(masks)
    whole: Bools = sets[unlisted.masks(sets) == masks]
    return whole


def _combine(search: Search, columns: Columns, rows: Rows, most: float) -> None:
    """The best plan of columns that are known, sought for so many seconds at most."""
    solve_columns(search, columns, rows, min(search.deadline.left(), most))
    search.done("plan", search.standing)


def _close(search: Search, source: PricedSource, relaxation: Relaxation[Priced]) -> Status | None:
    """List the candidates inside the gap and settle the plan on them; None where they are too many."""
    if search.gap_m <= search.tolerance_m:  # the bound has met the plan: what is known confirms it
        return _settle(search, source, relaxation, relaxation.columns)
    few = MANY if source.unlisted.diagram is None else FEW
    found = _list(search, source, relaxation, _room(search, relaxation), few)
    if found is None:
        _close_in(search, source, relaxation)
        found = _list(search, source, relaxation, _room(search, relaxation), MOST_LISTED)
    if found is None:
        return None
    search.done("list", f"{len(found.cost_m):,} candidates may be in a better plan")
    columns = source.columns(found, relaxation.rows, relaxation.duals)[0]
    return _settle(search, source, relaxation, columns)


def _room(search: Search, relaxation: Relaxation[Priced]) -> float:
    return search.ceiling_m - search.grain_m - relaxation.bound + search.tolerance_m


def _close_in(search: Search, source: PricedSource, relaxation: Relaxation[Priced]) -> None:
    """The best plan of the candidates within a part of the gap, which raises the bound as well.

    A plan that uses a candidate of reduced cost t or more costs at least bound + t.
    """
    for share in SHARES_OF_GAP:
        within = share * min(_room(search, relaxation), abs(relaxation.bound) + search.unit)
        found = _list(search, source, relaxation, within, MANY)
        if found is None:
            return
        columns = source.columns(found, relaxation.rows, relaxation.duals)[0]
        seconds = min(search.deadline.left(), FIRST_PLAN_SECONDS)
        result = solve_columns(search, columns, relaxation.rows, seconds)
        if result.reason in ("optimal", "infeasible"):
            own = result.bound if result.reason == "optimal" else math.inf
            search.raise_bound(min(own, relaxation.bound + within))
        search.done("close in", search.standing)


def _list(
    search: Search, source: PricedSource, relaxation: Relaxation[Priced], within: float, most: int
) -> Found | None:
    """Every candidate whose reduced cost is within some room; None where they are too many."""
    hunt = source.hunt(relaxation.rows, relaxation.duals)
    found = search_all(source.unlisted, hunt, within, search.deadline, most=most)
    if not found.complete and search.deadline.passed:
        raise OutOfTimeError
    return found if found.complete and len(found.cost_m) <= most else None


def _settle(
    search: Search, source: PricedSource, relaxation: Relaxation[Priced], columns: Columns
) -> Status:
    """Hand the list over to the engine for lists, with the incumbent's footprints among it."""
    if search.incumbent is not None:
        known = source.recall(relaxation.rows, relaxation.duals).columns
        columns = columns.joined(
            known.taken(np.flatnonzero(np.isin(known.masks, search.incumbent.masks)))
        )
    masks, first = np.unique(columns.masks, return_index=True)
    listed = Listed(
        KnownCosts(masks, columns.cost_m[first]), relaxation.rows.size, build_single_sum
    )
    certificate = search.certificate  # the list's own prices prove nothing of what is not on it
    status = search_partition(search, listed, relaxation.rows, start=relaxation.columns)
    search.certificate = certificate
    if search.incumbent is not None:  # whose footprints may have been met outside the list
        search.survivors = max(search.survivors, len(search.incumbent.masks))
    return status
