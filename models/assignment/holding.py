"""Which footprint holds which service (assignment model)."""

from __future__ import annotations

import pyomo.environ as pyo

from models.inputs import AssignmentInputs


def add_holding(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> None:
    """An ICB's residents have a service held locally when its footprint holds it.

    Why: each committee settles its own services; what it does not hold is England's, or the single
    ICB's where that is cheaper for it.

    For each service s, root k, and each ICB i that may have root k:

        local[s,k] ≤ assign[k,k]                               (only_footprints_hold)
        held[s,i] ≥ local[s,k] + assign[i,k] − 1               (held_with_its_root)
        held[s,i] ≤ local[s,k] + 1 − assign[i,k]               (not_held_without_its_root)

    held[s,i] stands for the product Σ_k assign[i,k]·local[s,k]. For the root that i has, the second
    and third row give held = local; for any other root they ask 0 ≤ held + 1 − local and
    held ≤ 1 + local, which always hold. The only constants are bounds of the 0/1 variables.

    Reads: services.
    Adds: only_footprints_hold, held_with_its_root, not_held_without_its_root.
    """
    cells = [(s, i, k) for s in inputs.services for i, k in model.PLACES]

    def by_footprints(model: pyo.ConcreteModel, s: str, k: str) -> object:
        return model.local[s, k] <= model.assign[k, k]

    def with_root(model: pyo.ConcreteModel, s: str, i: str, k: str) -> object:
        return model.held[s, i] >= model.local[s, k] + model.assign[i, k] - 1

    def not_without(model: pyo.ConcreteModel, s: str, i: str, k: str) -> object:
        return model.held[s, i] <= model.local[s, k] + 1 - model.assign[i, k]

    model.only_footprints_hold = pyo.Constraint(model.SERVICES, model.ICBS, rule=by_footprints)
    model.held_with_its_root = pyo.Constraint(cells, rule=with_root)
    model.not_held_without_its_root = pyo.Constraint(cells, rule=not_without)
