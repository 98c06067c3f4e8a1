"""Floors and ceilings on sums over the chosen footprints (selection model)."""

from __future__ import annotations

import pyomo.environ as pyo

from models.inputs import SelectionInputs, Total


def add_totals(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """A measure summed over the chosen footprints stays above its floor and below its ceiling.

    Why: a plan must move enough money to be worth the change, or may not put more at risk than
    somebody will carry. Each total carries the name of the rule in the scenario (min_local_spend_m,
    max_leakage_m, ...).

    For each total τ:

        least_τ ≤ Σ_f settled_τ[f]·x[f] + Σ_{s,o,f} by_level_τ[s,o,f]·y[s,o,f] ≤ most_τ

    To a sum that nothing contributes to, the variable called nothing, which is 0, stands in: a
    floor on it is then a row that no plan meets.

    Reads: totals.
    Adds: one constraint for each total, under the total's own name.
    """
    for total in inputs.totals:
        bounds = (total.least, _amount(model, total), total.most)
        model.add_component(total.name, pyo.Constraint(expr=bounds))


def _amount(model: pyo.ConcreteModel, total: Total) -> object:
    parts = [amount * model.x[f] for f, amount in total.settled.items() if amount]
    parts += [amount * model.y[choice] for choice, amount in total.by_level.items() if amount]
    return pyo.quicksum(parts) if parts else 1 * model.nothing
