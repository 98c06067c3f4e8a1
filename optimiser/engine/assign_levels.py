"""The best levels of a grouping that is given."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Ints, Masks
from optimiser.engine.highs.adapter import Highs, solve_pyomo
from optimiser.engine.listed import Listed
from optimiser.engine.relaxation.master import Rows, master_rows
from optimiser.engine.selection import (
    build_by_footprint,
    build_selection_inputs,
    candidate_names,
    everything_open,
)
from optimiser.errors import NoPlanError
from optimiser.footprints.costs import CandidateCosts, cheapest_levels
from optimiser.footprints.levels import cost_groups
from optimiser.footprints.system import System


def settle_by_footprint(system: System, highs: Highs, masks: Masks) -> tuple[Ints, float]:
    """Best levels of each footprint of a given grouping, (K, G), and the cost, £m a year.

    Raises:
        NoPlanError: no levels obey the floors and ceilings across footprints.
    """
    rows = master_rows(system)
    costs = CandidateCosts(system, masks, tuple(limit.name for limit in rows.bounded))
    if not rows.bounded:
        best = cheapest_levels(cost_groups(system, masks), {})
        return best.choice, float((costs.fixed_m + best.cost_m).sum())
    unit = Listed(costs, system.size, build_by_footprint(system)).unit
    return _settle_with_totals(system, highs, masks, rows, unit)


def _settle_with_totals(
    system: System, highs: Highs, masks: Masks, rows: Rows, unit: float
) -> tuple[Ints, float]:
    from models.selection import build_selection
    from models.solution import read_selection

    shortlist = everything_open(system, masks)
    free = Rows(rows.size, (1, rows.size), rows.bounded, rows.baseline[:0], 0, rows.triples[:0])
    inputs = build_selection_inputs(system, shortlist, free)
    model = build_selection(inputs)
    result = solve_pyomo(highs, model, unit=unit)
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    if result.values is None:
        raise NoPlanError("No levels of this grouping obey the floors and ceilings.")
    decision = read_selection(model, inputs)
    choice = shortlist.choice.copy()
    groups = np.unique(system.services.group[system.services.barred == ""])
    order = system.scenario.services.levels
    for f, name in enumerate(candidate_names(system, masks)):
        for g, service in enumerate(groups):
            taken = decision.levels.get((system.services.codes[service], name))
            if taken is not None:
                choice[f, g] = order.index(taken)
    return choice, sum(decision.terms_m.values())
