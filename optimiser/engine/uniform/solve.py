"""The exact method for the uniform portfolio: list, measure, search, confirm.

The search (:mod:`optimiser.engine.uniform.branch_and_bound`) proves the plan over every candidate. The
Pyomo selection model of the candidates nearest to the plan is then solved as well: its optimum must be
the same plan's cost, and its LP file is the readable statement of what was decided.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs, solve_pyomo
from optimiser.engine.listed import find_unit
from optimiser.engine.relaxation.master import master_rows
from optimiser.engine.search import Search, Status
from optimiser.engine.selection import Shortlist, build_selection_inputs
from optimiser.engine.uniform.branch_and_bound import (
    UniformSearch,
    best_levels,
    branch_and_bound,
    improve,
)
from optimiser.engine.uniform.portfolio import Limits, Node, Portfolio, measure_portfolio
from optimiser.footprints.candidates import count_members, singletons
from optimiser.footprints.levels import FOOTPRINT, cost_groups
from optimiser.footprints.system import System
from optimiser.tolerances import AGREES

NEAREST = 60
"""Candidates beside the plan's own in the model that confirms it: a readable file, solved at once."""
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
    search.done("measure", f"every service in every candidate ({len(masks):,})")
    return search.run(lambda: _take_steps(search, system, portfolio))


def _take_steps(search: Search, system: System, portfolio: Portfolio) -> Status:
    forced, rows = portfolio.forced, replace(master_rows(system), bounded=())
    span_m = bound_gains(system, portfolio)
    state = UniformSearch(search, portfolio, find_limits(system), rows, span_m, forced)
    _start_plans(state)
    first = "no plan yet" if search.incumbent is None else f"first plan scores {search.best_m:,.2f}"
    search.done("plan", first)
    everything = np.arange(len(portfolio.masks))
    branch_and_bound(state, Node(forced, np.zeros_like(forced), -math.inf, everything))
    if search.incumbent is None:
        return "infeasible"
    search.done("prove", f"best plan scores {search.best_m:,.2f}, proven in {state.nodes} parts")
    search.certificate = {
        "method": "branch and bound",
        "parts": state.nodes,
        "tree": state.tree.parts,
    }
    _confirm(search, system, portfolio, state.held)
    return "optimal"


def find_limits(system: System) -> Limits:
    """The limits across footprints that the scenario sets."""
    rules = system.scenario.services
    return Limits(
        size=system.size,
        count=master_rows(system).count,
        spend_m=(rules.min_local_spend_m, rules.max_local_spend_m),
        services=(rules.min_local_services, rules.max_local_services),
    )


def bound_gains(system: System, portfolio: Portfolio) -> tuple[Floats, Floats]:
    """l_g and U_g: the least and most that L_g can be for any plan, £m, (G,) each.

    Holding a group costs at least nothing, so L_g is at least minus its constant level's cost; and it
    is at most as often the largest d of a candidate as there are footprints.
    """
    most_footprints = master_rows(system).count[1]
    alone = singletons(system.size)
    england = cost_groups(system, alone).cost_m.sum(axis=1)
    groups = np.arange(len(portfolio.constant))
    constant = np.where(portfolio.forced, 0.0, england[portfolio.constant, groups])
    most = most_footprints * np.maximum(portfolio.gain_m.max(axis=0, initial=0.0), 0.0)
    return -constant, most


def _start_plans(state: UniformSearch) -> None:
    """First plans: hold the groups that at least a share of the candidates may hold."""
    portfolio = state.portfolio
    share = portfolio.allowed.mean(axis=0)
    for least in START_SHARES:
        improve(state, portfolio.forced | (share >= least))


def _choice(system: System, portfolio: Portfolio, held: Bools) -> Ints:
    """Index of the level of each group, (G,)."""
    names = system.scenario.services.levels
    hold = names.index(FOOTPRINT) if FOOTPRINT in names else 0
    return np.where(held, hold, portfolio.constant)


def settle_uniform(system: System, highs: Highs, masks: Masks) -> tuple[Ints, float]:
    """Best uniform levels of a given grouping, (K, G), and its cost, £m (inf when none is allowed)."""
    plan = measure_portfolio(system, masks)
    held, cost_m = best_levels(highs, plan, find_limits(system), find_unit(plan.cost_m))
    return np.tile(_choice(system, plan, held), (len(masks), 1)), cost_m


def _confirm(search: Search, system: System, portfolio: Portfolio, held: Bools) -> None:
    """Solve the selection model on the candidates nearest to the plan, all levels open."""
    from models.lp import write_lp
    from models.selection import build_selection
    from models.solution import read_selection

    assert search.incumbent is not None
    cost = np.where(portfolio.allow(held), portfolio.total_m(held), np.inf)
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
