"""The best plan of a scenario: the one place where portfolios part.

Under ``by_footprint`` each footprint takes its own best levels, so a candidate has one cost and the
partition engine settles it; under ``uniform`` one level of each service holds for all England, which
couples the footprints and needs a branch and bound over services
(:mod:`optimiser.engine.uniform.solve`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from optimiser.arrays import Ints, Masks
from optimiser.deadline import NEVER, Deadline, OutOfTimeError
from optimiser.engine.assign_levels import settle_by_footprint
from optimiser.engine.highs.adapter import Highs, Settings
from optimiser.engine.impossible import tell_reason
from optimiser.engine.listed import Listed
from optimiser.engine.partition import search_partition
from optimiser.engine.refusals import (
    list_unpriced,
    refuse_long_uniform,
    refuse_uncovered,
    refuse_unpriced,
    refuse_unsupported,
)
from optimiser.engine.relaxation.master import Columns, Rows, bounded_measures, master_rows
from optimiser.engine.relaxation.pricing import P
from optimiser.engine.search import AFRESH, Beginning, Incumbent, Search
from optimiser.engine.selection import build_by_footprint
from optimiser.engine.source import Pricing, WholeList
from optimiser.errors import (
    InterruptedWithoutPlanError,
    NoPlanError,
    StoppedWithoutPlanError,
)
from optimiser.footprints.candidates import (
    WORD,
    Candidates,
    TooManyCandidatesError,
    in_order,
    is_wide,
)
from optimiser.footprints.costs import CandidateCosts, Costs
from optimiser.footprints.listing import is_long, list_candidates, pieces_of
from optimiser.footprints.rules import FootprintRule, footprint_rules
from optimiser.footprints.system import System
from optimiser.progress import Report, silent

KEPT = ("candidates", b"")
"""Where a system keeps the source of all its candidates, listed and measured once for all questions."""


@dataclass(frozen=True)
class Solution:
    """What the engine holds when it stops.

    Attributes:
        masks: the chosen footprints, (K,).
        choice: index of the level of each group of services in each footprint, (K, G).
        objective: £m a year.
        bound: proven lower bound, £m a year.
        status: why it stopped.
        candidates: how many footprints obey the rules; None where they were priced, not listed.
        candidates_hash: hash of their list; empty where there is none.
        rules: the footprint rules in force, in sentences.
        survivors: candidates left after fixing.
        seconds: wall time by step.
        lp_text: the selection model as solved.
        log: what HiGHS wrote on it.
        certificate: duals and bound, plain values.
        source: all candidates, for whoever asks on; None under a uniform portfolio.
        columns: the restricted master's last columns, from which like questions start, or None.
        likeliest: the same where candidates were priced: footprints priced lowest, or None.
    """

    masks: Masks
    choice: Ints
    objective: float
    bound: float
    status: Literal["optimal", "time_limit", "interrupted"]
    candidates: int | None
    candidates_hash: str
    rules: tuple[str, ...]
    survivors: int
    seconds: Mapping[str, float]
    lp_text: str = ""
    log: str = ""
    certificate: Mapping[str, object] = field(default_factory=dict)
    source: WholeList[Pricing] | None = None
    columns: Columns | None = None
    likeliest: Masks | None = None


def engine_settings(system: System) -> Settings:
    """HiGHS settings of a scenario."""
    solver = system.scenario.solver
    return Settings(threads=solver.threads, seed=solver.seed, gap=solver.gap)


def solve_system(
    system: System, highs: Highs, time_limit: float, report: Report = silent
) -> Solution:
    """The best grouping with the best levels, proven.

    Raises:
        NoPlanError: proven that no plan obeys the rules.
        StoppedWithoutPlanError: the time limit came before any plan.
        InterruptedWithoutPlanError: the user stopped before any plan.
        UnsupportedError: the scenario asks for what this engine does not solve.
    """
    refuse_unsupported(system)
    if is_unlisted(system):
        return solve_priced(system, highs, time_limit, report)
    search = Search(highs, report, Deadline.after(time_limit))
    rules = footprint_rules(system)
    try:
        candidates = list_in_time(search, system, rules)
    except TooManyCandidatesError:
        if list_unpriced(system):
            raise
        return solve_priced(system, highs, search.deadline.left(), report)
    refuse_uncovered(system, candidates)
    if system.scenario.services.portfolio == "uniform":
        # Loaded here and below when it is asked: most questions never are under one list.
        from optimiser.engine.uniform.solve import measure_one_year, search_one_list

        refuse_long_uniform(candidates)
        measuring, limits = measure_one_year(system)
        rows = replace(master_rows(system), bounded=())
        search_one_list(search, measuring, candidates.masks, rows, limits)
        return _make_solution(search, system, candidates, rules)
    rows, source = master_rows(system), build_list(system, candidates)
    _search(search, source, rows)
    if search.status == "infeasible":
        most, masks = rows.count[1], candidates.masks
        search.reason = tell_reason(system, masks, most, highs, search.deadline)
    solution = _make_solution(search, system, candidates, rules)
    columns = None if search.relaxation is None else search.relaxation.columns
    return replace(solution, source=source, columns=columns)


def solve_priced(
    system: System,
    highs: Highs,
    time_limit: float,
    report: Report = silent,
    rows: Rows | None = None,
    begin: Beginning = AFRESH,
) -> Solution:
    """The same where candidates are not listed but priced: on any map, as far as the time allows.

    Args:
        system: the arrays.
        highs: the solver.
        time_limit: seconds.
        report: told of each step.
        rows: rows of the master, when they ask for more than the scenario does.
        begin: what a like question found.

    Raises:
        As :func:`solve_system`.
    """
    report(
        "list", f"{system.size} areas have too many possible footprints to list: they are priced"
    )
    search = Search(highs, report, Deadline.after(time_limit))
    _price(search, system, rows, begin)
    solution = _make_solution(search, system, None, footprint_rules(system))
    return replace(solution, likeliest=search.likeliest)


def find_priced_plan(
    system: System,
    highs: Highs,
    time_limit: float,
    rows: Rows | None = None,
    begin: Beginning = AFRESH,
) -> Masks:
    """Footprints of any plan where candidates are not listed; raises as :func:`solve_system`."""
    search = Search(highs, silent, Deadline.after(time_limit), enough=math.inf)
    _price(search, system, rows, begin)
    return refuse_without_plan(search).masks


def _price(search: Search, system: System, rows: Rows | None, begin: Beginning) -> None:
    from optimiser.engine.priced.solve import search_priced

    refuse_unpriced(system)
    search_priced(search, system, master_rows(system) if rows is None else rows, begin)


def is_unlisted(system: System) -> bool:
    """Whether the candidates of a scenario are priced, as there are too many areas to list them."""
    return is_wide(system.size) and len(pieces_of(system)) > WORD


def list_in_time(search: Search, system: System, rules: Sequence[FootprintRule]) -> Candidates:
    """The candidates; the time limit may come while a long list is made."""
    try:
        candidates = list_candidates(system, rules, search.report, search.deadline)
    except OutOfTimeError as error:
        raise StoppedWithoutPlanError(
            "The time limit came while the possible footprints were listed. Allow more time "
            "(--time-limit), or narrow the rules of a footprint."
        ) from error
    search.done("list", f"{len(candidates):,} candidate footprints")
    return candidates


def open_candidates(
    system: System, report: Report = silent, deadline: Deadline = NEVER
) -> tuple[WholeList[Pricing], Rows]:
    """All candidates with their costs, and the master's rows; raises as :func:`list_candidates`.

    Raises:
        NoPlanError: some ICB is in no candidate.
    """
    if KEPT not in system.kept:
        candidates = list_candidates(system, footprint_rules(system), report, deadline)
        refuse_uncovered(system, candidates)
        build_list(system, candidates)
    return system.kept[KEPT], master_rows(system)


def build_list(system: System, candidates: Candidates) -> WholeList[Pricing]:
    """The source of a list of all candidates, which is kept for later questions."""
    totals = tuple(limit.name for limit in bounded_measures(system.scenario.services))
    source: WholeList[Any]
    if is_long(candidates):
        from optimiser.engine.compiled import build_compiled

        source = build_compiled(system, candidates.masks, totals)
    else:
        costs = CandidateCosts(system, candidates.masks, totals)
        source = Listed(costs, system.size, build_by_footprint(system))
    system.kept[KEPT] = source
    return source


def solve_listed(
    system: System,
    highs: Highs,
    time_limit: float,
    rules: tuple[FootprintRule, ...],
    costs: Costs,
    rows: Rows,
) -> Solution:
    """The best plan, by footprint, on candidates that are listed and measured already; raises as above.

    Args:
        system: the arrays.
        highs: the solver.
        time_limit: seconds.
        rules: the footprint rules that the candidates obey.
        costs: all candidates under these rules, with their costs.
        rows: rows of the master; they may ask for more than the scenario does.
    """
    refuse_unsupported(system)
    search = Search(highs, silent, Deadline.after(time_limit))
    candidates = Candidates(costs.masks, system.size)
    refuse_uncovered(system, candidates)
    source = Listed(costs, system.size, build_by_footprint(system))
    _search(search, source, rows)
    return _make_solution(search, system, candidates, rules)


def _search(search: Search, source: WholeList[P], rows: Rows) -> None:
    source.measure_costs()
    search.unit = source.unit
    search.done("measure", f"every service in every candidate ({len(source.masks):,})")
    search_partition(search, source, rows)


def settle_levels(system: System, highs: Highs, masks: Masks) -> tuple[Ints, float]:
    """Best levels of a given grouping and its cost, £m.

    Returns:
        index of the level of each group in each footprint, (K, G); the cost, £m a year.

    Raises:
        NoPlanError: no levels obey the floors and ceilings across footprints.
    """
    if system.scenario.services.portfolio != "uniform":
        return settle_by_footprint(system, highs, masks)
    from optimiser.engine.uniform.solve import settle_uniform

    return settle_uniform(system, highs, masks)


def _make_solution(
    search: Search,
    system: System,
    candidates: Candidates | None,
    rules: tuple[FootprintRule, ...],
) -> Solution:
    """What the search holds, with the level of every service settled; raises where it holds none."""
    incumbent, status = refuse_without_plan(search), search.status
    assert status != "enough"
    assert status != "infeasible"
    masks = in_order(incumbent.masks, system.size)
    choice, cost_m = settle_levels(system, search.highs, masks)
    search.done("settle", "the level of every service")
    return Solution(
        masks=masks,
        choice=choice,
        objective=cost_m,
        bound=min(search.bound_m, cost_m),
        status=status,
        candidates=None if candidates is None else len(candidates),
        candidates_hash="" if candidates is None else candidates.hash(),
        rules=tuple(rule.sentence for rule in rules),
        survivors=search.survivors,
        seconds=dict(search.clock),
        lp_text=search.lp_text,
        log=search.log,
        certificate=search.certificate,
    )


def refuse_without_plan(search: Search) -> Incumbent:
    """The plan that a search holds.

    Raises:
        NoPlanError: it is proven that there is no plan.
        InterruptedWithoutPlanError: the user stopped before any plan was found.
        StoppedWithoutPlanError: a limit came before any plan was found.
    """
    if search.status == "infeasible":
        reason = search.reason or "no set of candidate footprints obeys all rules together."
        raise NoPlanError(f"No plan exists: {reason}")
    if search.incumbent is None and search.status == "interrupted":
        raise InterruptedWithoutPlanError("Stopped before any plan was found; nothing is kept.")
    if search.incumbent is None:
        raise StoppedWithoutPlanError(
            "The time limit came before any plan was found. Allow more time (--time-limit)."
        )
    return search.incumbent
