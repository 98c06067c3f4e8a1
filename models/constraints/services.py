"""Which option each open service has (selection model)."""

from __future__ import annotations

import pyomo.environ as pyo

from models.inputs import SelectionInputs


def add_service_options(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """A service has one option in each chosen footprint, and none in the others.

    Why: somebody, and only one body, commissions the service for the residents of a footprint.

    For each service s open in candidate f:

        Σ_o y[s,o,f] = x[f]                                    (one_option_per_service)

    Reads: open_options.
    Adds: one_option_per_service.
    """

    def one_option(model: pyo.ConcreteModel, s: str, f: str) -> object:
        options = inputs.open_options[s, f]
        return pyo.quicksum(model.y[s, o, f] for o in options) == model.x[f]

    model.one_option_per_service = pyo.Constraint(model.OPEN, rule=one_option)


def add_services_together(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """Services that move together have the same option in a footprint.

    Why: some services are one pathway in two lines (adult and children's, say) and make no sense
    under two commissioners.

    For each pair (s, t), each candidate f where both are open and each option o of either, with y
    read as 0 where the option is not open:

        y[s,o,f] = y[t,o,f]                                    (services_move_together)

    Reads: together, open_options.
    Adds: services_move_together.
    """
    cells = [
        (s, t, o, f)
        for s, t in inputs.together
        for f in inputs.members
        if (s, f) in inputs.open_options and (t, f) in inputs.open_options
        for o in dict.fromkeys((*inputs.open_options[s, f], *inputs.open_options[t, f]))
    ]

    def same_option(model: pyo.ConcreteModel, s: str, t: str, o: str, f: str) -> object:
        has_s, has_t = (s, o, f) in model.CHOICES, (t, o, f) in model.CHOICES
        left = model.y[s, o, f] if has_s else 0
        right = model.y[t, o, f] if has_t else 0
        return left == right

    model.services_move_together = pyo.Constraint(cells, rule=same_option)
