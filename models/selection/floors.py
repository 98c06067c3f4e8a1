"""Floors and ceilings: on sums over the chosen footprints, and in each (selection model)."""

from __future__ import annotations

from collections.abc import Callable

import pyomo.core as pyo

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


def add_holdings(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """Each chosen footprint holds at least its least amount locally.

    Why: a grouping in which one footprint keeps next to nothing has a committee with nothing to do;
    a floor on the sum over England does not prevent it. The floor carries the name of the rule in the
    scenario (min_local_share_each, min_local_services_each).

    For each such floor η and each candidate f that has a choice left, or holds too little:

        settled_η[f]·x[f] + Σ_{s,o} by_level_η[s,o,f]·y[s,o,f] ≥ least_η[f]·x[f]

    Reads: holdings.
    Adds: one constraint for each floor, indexed by candidate, under the floor's own name.
    """
    for holding in inputs.holdings:
        by_candidate: dict[str, list[object]] = {}
        for (s, o, f), amount in holding.by_level.items():
            by_candidate.setdefault(f, []).append(amount * model.y[s, o, f])
        missing = {f: least - holding.settled.get(f, 0.0) for f, least in holding.least.items()}
        bound = [f for f, gap in missing.items() if f in by_candidate or gap > _ROUNDING]
        rule = _hold_enough(missing, by_candidate)
        model.add_component(holding.name, pyo.Constraint(bound, rule=rule))


_ROUNDING = 1e-7
"""A settled amount this little below its floor is the rounding of sums, not a choice."""


def _hold_enough(
    missing: dict[str, float], by_candidate: dict[str, list[object]]
) -> Callable[[pyo.ConcreteModel, str], object]:
    def rule(model: pyo.ConcreteModel, f: str) -> object:
        held = pyo.quicksum(by_candidate.get(f, [])) + 1 * model.nothing
        return held >= missing[f] * model.x[f]

    return rule


def _amount(model: pyo.ConcreteModel, total: Total) -> object:
    parts = [amount * model.x[f] for f, amount in total.settled.items() if amount]
    parts += [amount * model.y[choice] for choice, amount in total.by_level.items() if amount]
    return pyo.quicksum(parts) if parts else 1 * model.nothing
