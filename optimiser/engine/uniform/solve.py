"""The exact method for the uniform portfolio: list, measure, search, confirm.

The search (``uniform.py``) proves the plan over every candidate. The Pyomo selection model of the
candidates nearest to the plan is then solved as well: its optimum must be the same plan's cost, and its
LP file is the readable statement of what was decided.
"""

from __future__ import annotations

import math
import time

import numpy as np
from scipy import sparse

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs, Problem, solve_pyomo
from optimiser.engine.listed import find_unit
from optimiser.engine.relaxation.master import master_rows
from optimiser.engine.search import Search, Status
from optimiser.engine.selection import Shortlist, build_selection_inputs
from optimiser.engine.uniform.branch_and_bound import UniformSearch, branch_and_bound, improve
from optimiser.engine.uniform.portfolio import Limits, Node, Portfolio, measure_portfolio
from optimiser.errors import UnsupportedError
from optimiser.footprints.candidates import count_members, singletons
from optimiser.footprints.levels import FOOTPRINT, cost_groups
from optimiser.footprints.system import System
from optimiser.tolerances import AGREES, SMALLEST_UNIFORM_UNIT

NEAREST = 60
"""Candidates beside the plan's own in the model that confirms it: a readable file, solved at once."""
SECONDS_BETWEEN_REPORTS = 2.0
"""Often enough to see it move, seldom enough to be read."""
START_SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
"""A first plan holds the groups that at least this share of the candidates may hold: from the cautious,
which always has a plan, to the bold."""


def search_uniform(search: Search, system: System, masks: Masks) -> Status:
    """The best grouping together with one level per service for all England, proven.

    Args:
        search: has begun; holds the plan and the bound at the end.
        system: the arrays.
        masks: all candidates, (m,).
    """
    portfolio = measure_portfolio(system, masks)
    search.unit = find_unit(portfolio.cost_m)
    if search.unit < SMALLEST_UNIFORM_UNIT:
        raise UnsupportedError(
            'The weighted costs are too small to be told apart under portfolio = "uniform": a typical '
            f"footprint scores about {search.unit:.1g} £m-equivalents. Multiply every weight of "
            "[objective] by the same number, such as a million: the best plan stays the same."
        )
    search.done("measure", f"every service in every candidate ({len(masks):,})")
    held = np.zeros(len(portfolio.forced), dtype=bool)
    return search.run(lambda: _search(search, system, portfolio, held))


def uniform_limits(system: System) -> Limits:
    """The limits across footprints that the scenario sets."""
    rules = system.scenario.services
    return Limits(
        count=master_rows(system).count,
        spend_m=(rules.min_local_spend_m, rules.max_local_spend_m),
        services=(rules.min_local_services, rules.max_local_services),
    )


def open_search(search: Search, system: System, portfolio: Portfolio, held: Bools) -> UniformSearch:
    """The branch and bound's state; ``held`` is overwritten with the best plan's groups."""

    def offer(rows: Ints, groups: Bools, cost_m: float) -> None:
        held[:] = groups
        search.offer(portfolio.masks[rows], cost_m)

    least, most = gain_bounds(system, portfolio)
    return UniformSearch(
        portfolio=portfolio,
        limits=uniform_limits(system),
        size=system.size,
        highs=search.highs,
        seconds=search.deadline.left,
        offer=offer,
        least_m=least,
        most_m=most,
    )


def gain_bounds(system: System, portfolio: Portfolio) -> tuple[Floats, Floats]:
    """l_g and U_g: the least and most that L_g can be for any plan, £m, (G,) each.

    Holding a group costs at least nothing, so L_g is at least minus its constant level's cost. At
    most all of its spend leaks, and at most K footprints bear the largest risk of any candidate: with
    the constant level's cost left out, that bounds L_g from above. Where d can be summed over any K
    candidates, K times its largest value is a bound too; the lesser is taken.
    """
    most_footprints = master_rows(system).count[1]
    alone = singletons(system.size)
    england = cost_groups(system, alone).cost_m.sum(axis=1)
    groups = np.arange(len(portfolio.constant))
    constant = np.where(portfolio.forced, 0.0, england[portfolio.constant, groups])
    most = most_footprints * np.maximum(portfolio.gain_m.max(axis=0, initial=0.0), 0.0)
    return -constant, most


def _search(search: Search, system: System, portfolio: Portfolio, held: Bools) -> Status:
    count = len(portfolio.forced)
    state = open_search(search, system, portfolio, held)
    everything = np.arange(len(portfolio.masks))
    root = Node(portfolio.forced.copy(), np.zeros(count, dtype=bool), -math.inf, everything)
    reported = [time.monotonic()]

    def report(bound: float, nodes: int, survivors: int) -> None:
        search.raise_bound(bound)
        search.survivors = survivors
        if time.monotonic() - reported[0] > SECONDS_BETWEEN_REPORTS and np.isfinite(search.bound_m):
            reported[0] = time.monotonic()
            gap = search.gap_m / search.size_m
            search.report(
                "search",
                f"a plan scores {search.best_m:,.2f}, none less than {search.bound_m:,.2f}, "
                f"gap {gap:.2%}, {nodes} open parts, {survivors:,} candidates",
            )

    _start_plans(state)
    first = "no plan yet" if search.incumbent is None else f"first plan scores {search.best_m:,.2f}"
    search.done("plan", first)
    search.raise_bound(branch_and_bound(state, root, report))
    if search.incumbent is None:
        return "infeasible"
    search.done("prove", f"best plan scores {search.best_m:,.2f}, proven in {state.nodes} parts")
    search.certificate = {
        "method": "branch and bound",
        "parts": state.nodes,
        "tree": state.tree.parts,
    }
    _confirm(search, system, portfolio, held)
    return "optimal"


def _start_plans(state: UniformSearch) -> None:
    """First plans: hold the groups that at least a share of the candidates may hold."""
    share = state.portfolio.allowed.mean(axis=0)
    for least in START_SHARES:
        improve(state, state.portfolio.forced | (share >= least))


def _choice(system: System, portfolio: Portfolio, held: Bools) -> Ints:
    """Index of the level of each group, (G,)."""
    names = system.scenario.services.levels
    hold = names.index(FOOTPRINT) if FOOTPRINT in names else 0
    return np.where(held, hold, portfolio.constant)


def settle_uniform(system: System, highs: Highs, masks: Masks) -> tuple[Ints, float]:
    """Best uniform levels of a given grouping, (K, G), and its cost, £m (inf when none is allowed)."""
    portfolio = measure_portfolio(system, masks)
    limits = uniform_limits(system)
    possible: Bools = np.asarray(portfolio.allowed.all(axis=0), dtype=bool)
    total = portfolio.gain_m.sum(axis=0)
    result = highs.solve(
        Problem(
            cost=total,
            lower=portfolio.forced.astype(float),
            upper=possible.astype(float),
            integer=np.ones(len(total), dtype=bool),
            matrix=sparse.csc_array(np.vstack([portfolio.spend_m, portfolio.services])),
            row_lower=np.array([limits.spend_m[0], limits.services[0]]),
            row_upper=np.array([limits.spend_m[1], limits.services[1]]),
            unit=find_unit(portfolio.cost_m),
        )
    )
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    if (portfolio.forced & ~possible).any() or result.values is None:
        return np.tile(_choice(system, portfolio, possible), (len(masks), 1)), math.inf
    held = result.values > 0.5
    cost = float(portfolio.cost_m.sum() + total[held].sum())
    return np.tile(_choice(system, portfolio, held), (len(masks), 1)), cost


def _confirm(search: Search, system: System, portfolio: Portfolio, held: Bools) -> None:
    """Solve the selection model on the candidates nearest to the plan, all levels open."""
    from models.lp import write_lp
    from models.selection import build_selection
    from models.solution import read_selection

    assert search.incumbent is not None
    cost = portfolio.cost_m + portfolio.gain_m[:, held].sum(axis=1)
    cost = np.where(portfolio.allowed[:, held].all(axis=1), cost, np.inf)
    near = portfolio.masks[np.argsort(cost / count_members(portfolio.masks))[:NEAREST]]
    masks = np.union1d(search.incumbent.masks, near)
    groups = cost_groups(system, masks)
    shortlist = Shortlist(masks, groups.cost_m.argmin(axis=0), np.isfinite(groups.cost_m))
    inputs = build_selection_inputs(system, shortlist, master_rows(system))
    model = build_selection(inputs)
    search.lp_text = write_lp(model)
    result = solve_pyomo(search.highs, model, search.deadline.left(), search.unit)
    search.log = result.log
    if result.carry_on().values is None:
        raise AssertionError("The selection model finds no plan where the search found one.")
    own = sum(read_selection(model, inputs).terms_m.values())
    if abs(own - search.best_m) > AGREES * search.size_m:
        raise AssertionError(f"The selection model finds {own}, the search {search.best_m}.")
    search.done("confirm", f"the selection model agrees on {len(masks)} candidates")
