"""Floors and ceilings on sums over the chosen footprints (selection model)."""

from __future__ import annotations

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from models.inputs import SelectionInputs, Total


def add_totals(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """A measure summed over the chosen footprints stays above its floor and below its ceiling.

    Why: a plan must move enough money to be worth the change, or may not put more at risk than
    somebody will carry. Each total carries the name of the rule in the scenario (min_local_spend_m,
    max_leakage_m, ...).

    For each total τ:

        least_τ ≤ Σ_f settled_τ[f]·x[f] + Σ_{s,o,f} by_option_τ[s,o,f]·y[s,o,f] ≤ most_τ

    Reads: totals.
    Adds: one constraint for each total, under the total's own name.
    """
    for total in inputs.totals:
        bounds = (total.least, _amount(model, total), total.most)
        model.add_component(total.name, pyo.Constraint(expr=bounds))


def _amount(model: pyo.ConcreteModel, total: Total) -> LinearExpression:
    # One candidate is kept with a coefficient of 0 so that an empty sum is still an expression:
    # a floor on nothing is then infeasible for the solver, and not an error of the modelling tool.
    coefs = [total.settled.get(f, 0.0) for f in model.CANDIDATES]
    columns = [model.x[f] for f in model.CANDIDATES]
    coefs.extend(total.by_option.values())
    columns.extend(model.y[choice] for choice in total.by_option)
    kept = [k for k, coef in enumerate(coefs) if coef or k == 0]
    return LinearExpression(
        constant=0,
        linear_coefs=[coefs[k] for k in kept],
        linear_vars=[columns[k] for k in kept],
    )
