"""The best levels of a grouping that is given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.inputs import Decision
from optimiser.arrays import Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs, solve_pyomo
from optimiser.engine.listed import Build, find_unit
from optimiser.engine.relaxation.master import UNMATCHED, Columns, Rows, master_rows
from optimiser.engine.selection import build_by_footprint, write_members
from optimiser.engine.source import Survivors
from optimiser.errors import NoPlanError
from optimiser.footprints.costs import CandidateCosts, cheapest_levels
from optimiser.footprints.levels import cost_groups
from optimiser.footprints.system import System
from optimiser.tolerances import ROUNDING


def settle_by_footprint(system: System, highs: Highs, masks: Masks) -> tuple[Ints, float]:
    """Best levels of each footprint of a given grouping, (K, G), and the cost, £m a year.

    Raises:
        NoPlanError: there are floors or ceilings across footprints, and no levels obey them.
    """
    rows = master_rows(system)
    costs = CandidateCosts(system, masks, tuple(limit.name for limit in rows.bounded))
    groups = cost_groups(system, masks)
    best = cheapest_levels(groups, {})
    if not rows.bounded:
        choice = best.choice if groups.floors else take_first(groups.cost_m, best.choice)
        return choice, float((costs.fixed_m + best.cost_m).sum())
    if not np.isfinite(best.cost_m).all():
        raise NoPlanError("Some footprint may hold a service at none of its levels.")
    return settle_within(costs, build_by_footprint(system), rows, best.choice, highs)


def take_first(cost_m: Floats, choice: Ints) -> Ints:
    """The first level, in the scenario's order, of those that cost the same, (K, G).

    In a footprint of one ICB the two hold alike: which it is must not hang on the last digit of a sum.

    Args:
        cost_m: of each level, infinite where not allowed, (O, K, G).
        choice: the cheapest level, (K, G).
    """
    least = np.take_along_axis(cost_m, choice[None], axis=0)
    return np.asarray((cost_m <= least + ROUNDING * np.abs(least)).argmax(axis=0))


def settle_within(
    costs: CandidateCosts, build: Build, rows: Rows, choice: Ints, highs: Highs
) -> tuple[Ints, float]:
    """Best levels of a grouping under the floors and ceilings across footprints, and what it costs.

    Args:
        costs: the footprints of the grouping, all of them chosen, (K,).
        build: writes the selection model of such costs.
        rows: what binds across footprints.
        choice: levels of the groups that have only one, (K, G).
        highs: the solver.

    Raises:
        NoPlanError: no levels obey them.
    """
    from models.selection import build_selection
    from models.solution import read_selection

    system, nothing = costs.system, dict.fromkeys(costs.totals, 0.0)
    alone = replace(
        rows, count=(1, rows.size), baseline=rows.baseline[:0], triples=rows.triples[:0]
    )
    zero, unmatched = np.zeros(len(costs.masks)), np.full(len(costs.masks), UNMATCHED)
    columns = Columns(costs.masks, zero, np.zeros((len(zero), len(rows.bounded))), unmatched)
    inputs = build(costs, Survivors(columns, zero), alone, nothing, np.inf)
    model = build_selection(inputs)
    result = solve_pyomo(highs, model, unit=find_unit(costs.priced(nothing)[0]))
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    if result.values is None:
        raise NoPlanError("No levels of this grouping obey the floors and ceilings.")
    decision = read_selection(model, inputs)
    return read_levels(system, decision, costs.masks, choice), sum(decision.terms_m.values())


def read_levels(system: System, decision: Decision, masks: Masks, choice: Ints) -> Ints:
    """Index of each group's level in each footprint as the selection model decided, (K, G).

    Args:
        system: the arrays.
        decision: of the model.
        masks: the footprints, (K,).
        choice: levels of the groups that were settled, (K, G).
    """
    groups = np.unique(system.services.group[system.services.barred == ""])
    order, taken = system.scenario.services.levels, choice.copy()
    for f, name in enumerate(write_members(masks, system.size, system.icbs)[0]):
        for g, service in enumerate(groups):
            level = decision.levels.get((system.services.codes[service], name))
            if level is not None:
                taken[f, g] = order.index(level)
    return taken
