"""Which footprint holds which service (assignment model)."""

from __future__ import annotations

import pyomo.core as pyo

from models.inputs import AssignmentInputs


def add_holding(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> None:
    """An ICB's residents have a service held locally when its footprint holds it.

    Why: each footprint settles its own services; what it does not hold is England's, or the single
    ICB's where that is cheaper for it. In mental health, learning disability and autism a lead provider
    may hold the budget for the footprint, in place of its committee.

    For each service s, root k, and each ICB i that may have root k:

        local[s,k] ≤ assign[k,k]                               (only_footprints_hold)
        lead[s,k] ≤ local[s,k]    for s in a collaborative     (led_is_local)
        held[s,i] ≥ local[s,k] + assign[i,k] − 1               (held_with_its_root)
        held[s,i] ≤ local[s,k] + 1 − assign[i,k]               (not_held_without_its_root)

    held[s,i] stands for the product Σ_k assign[i,k]·local[s,k]. For the root that i has, the second
    and third row give held = local; for any other root they ask 0 ≤ held + 1 − local and
    held ≤ 1 + local, which always hold. The only constants are bounds of the 0/1 variables.

    Reads: services, lead_min_spend_m.
    Adds: only_footprints_hold, led_is_local, held_with_its_root, not_held_without_its_root.
    """
    cells = [(s, i, k) for s in inputs.services for i, k in model.PLACES]

    def by_footprints(model: pyo.ConcreteModel, s: str, k: str) -> object:
        return model.local[s, k] <= model.assign[k, k]

    def is_local(model: pyo.ConcreteModel, s: str, k: str) -> object:
        return model.lead[s, k] <= model.local[s, k]

    def with_root(model: pyo.ConcreteModel, s: str, i: str, k: str) -> object:
        return model.held[s, i] >= model.local[s, k] + model.assign[i, k] - 1

    def not_without(model: pyo.ConcreteModel, s: str, i: str, k: str) -> object:
        return model.held[s, i] <= model.local[s, k] + 1 - model.assign[i, k]

    model.only_footprints_hold = pyo.Constraint(model.SERVICES, model.ICBS, rule=by_footprints)
    model.led_is_local = pyo.Constraint(model.LED, model.ICBS, rule=is_local)
    model.held_with_its_root = pyo.Constraint(cells, rule=with_root)
    model.not_held_without_its_root = pyo.Constraint(cells, rule=not_without)
