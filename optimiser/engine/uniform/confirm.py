"""A plan found under one list for all England, found again by the selection model.

The search proves the plan over every candidate. The Pyomo selection model of the candidates nearest to
the plan is then solved as well: its optimum must be the same plan's cost, and its LP file is the
readable statement of what was decided.
"""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Ints
from optimiser.engine.highs.adapter import solve_pyomo
from optimiser.engine.relaxation.master import master_rows
from optimiser.engine.search import Search
from optimiser.engine.selection import Shortlist, build_selection_inputs
from optimiser.footprints.candidates import count_members
from optimiser.footprints.levels import cost_groups
from optimiser.footprints.portfolio import Portfolio
from optimiser.footprints.system import System
from optimiser.tolerances import AGREES

NEAREST = 60
"""Candidates beside the plan's own in the model that confirms it: a readable file, solved at once."""


def confirm(search: Search, system: System, portfolio: Portfolio, answers: Ints) -> None:
    """Solve the selection model on the candidates nearest to the plan, all levels open."""
    from models.lp import write_lp
    from models.selection import build_selection
    from models.solution import read_selection

    assert search.incumbent is not None
    cost = portfolio.total_m(answers.tolist())
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
