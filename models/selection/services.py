"""Which level each open service has (selection model)."""

from __future__ import annotations

import pyomo.core as pyo

from models.inputs import SelectionInputs


def add_service_levels(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """A service has one level in each chosen footprint, and none in the others.

    Why: somebody, and only one body, commissions the service for the residents of a footprint.

    For each service s open in candidate f:

        Σ_o y[s,o,f] = x[f]                                    (one_level_per_service)

    Reads: open_levels.
    Adds: one_level_per_service.
    """

    def one_level(model: pyo.ConcreteModel, s: str, f: str) -> object:
        levels = inputs.open_levels[s, f]
        return pyo.quicksum(model.y[s, o, f] for o in levels) == model.x[f]

    model.one_level_per_service = pyo.Constraint(model.OPEN, rule=one_level)


def add_services_together(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """Services that move together have the same level in a footprint.

    Why: some services are one pathway in two lines (adult and children's, say) and make no sense
    under two commissioners.

    For each pair (s, t), each candidate f where both are open and each level o of either, with y
    read as 0 where the level is not open:

        y[s,o,f] = y[t,o,f]                                    (services_move_together)

    Reads: together, open_levels.
    Adds: services_move_together.
    """
    cells = [
        (s, t, o, f)
        for s, t in inputs.together
        for f in inputs.members
        if (s, f) in inputs.open_levels and (t, f) in inputs.open_levels
        for o in dict.fromkeys((*inputs.open_levels[s, f], *inputs.open_levels[t, f]))
    ]

    def same_level(model: pyo.ConcreteModel, s: str, t: str, o: str, f: str) -> object:
        has_s, has_t = (s, o, f) in model.CHOICES, (t, o, f) in model.CHOICES
        left = model.y[s, o, f] if has_s else 0
        right = model.y[t, o, f] if has_t else 0
        return left == right

    model.services_move_together = pyo.Constraint(cells, rule=same_level)
