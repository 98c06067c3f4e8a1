"""What a footprint needs to hold a service (assignment model)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pyomo.core as pyo

from models.inputs import AssignmentInputs
from models.measures import spend_by_icb


def add_thresholds(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> None:
    """A footprint that holds a service hosts enough providers and spends enough on it.

    Why: with no provider of its own a committee buys everything from outside; with few patients its
    patients are too few. A floor on expected patients comes to a least spend. Readiness is asked of
    ICBs that hold through a committee, and not where a lead provider holds.

    For each service s and root k, with spend_{s,i} = Σ_j flow_{s,i,j}:

        Σ_i hosted_{s,i} · assign[i,k] ≥ min_providers_s · local[s,k]      (min_providers)
        Σ_i spend_{s,i} · assign[i,k] ≥ min_spend_s · (local[s,k] − lead[s,k])      (min_spend)
        Σ_i spend_{s,i} · assign[i,k] ≥ lead_min_spend_s · lead[s,k]       (lead_min_spend)

    with lead read as 0 outside collaboratives. An infinite min_spend_s (no footprint can be ready
    enough) reads local[s,k] − lead[s,k] = 0.

    Reads: hosted, min_providers, flow_m, min_spend_m, lead_min_spend_m.
    Adds: min_providers, min_spend, lead_min_spend.
    """
    followers: dict[str, list[str]] = {k: [] for k in inputs.icbs}
    for i, k in model.PLACES:
        followers[k].append(i)
    spend_m = spend_by_icb(inputs)

    def enough(
        holds: pyo.Expression, amount: Mapping[tuple[str, str], float], least: float, s: str, k: str
    ) -> object:
        if not math.isfinite(least):
            return holds == 0
        if least <= 0:
            return pyo.Constraint.Skip
        total = pyo.quicksum(amount.get((s, i), 0) * model.assign[i, k] for i in followers[k])
        return total >= least * holds

    def providers(model: pyo.ConcreteModel, s: str, k: str) -> object:
        return enough(model.local[s, k], inputs.hosted, inputs.min_providers.get(s, 0), s, k)

    def spend(model: pyo.ConcreteModel, s: str, k: str) -> object:
        committee = model.local[s, k] - (model.lead[s, k] if s in model.LED else 0)
        return enough(committee, spend_m, inputs.min_spend_m.get(s, 0.0), s, k)

    def led_spend(model: pyo.ConcreteModel, s: str, k: str) -> object:
        return enough(model.lead[s, k], spend_m, inputs.lead_min_spend_m[s], s, k)

    model.min_providers = pyo.Constraint(model.SERVICES, model.ICBS, rule=providers)
    model.min_spend = pyo.Constraint(model.SERVICES, model.ICBS, rule=spend)
    model.lead_min_spend = pyo.Constraint(model.LED, model.ICBS, rule=led_spend)
