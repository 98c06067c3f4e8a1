"""How much locally held money leaves its footprint (assignment model)."""

from __future__ import annotations

import pyomo.core as pyo

from models.inputs import AssignmentInputs
from models.measures import outflow_by_icb


def add_leaking(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> None:
    """The leakage of an ICB's residents is what they spend outside their footprint, if it is held.

    Why: a committee that buys from another footprint's provider contracts across a boundary. (The
    leakage of the geography, whoever holds a service, needs no such product: see the objective.)

    For each service s and ICB i, with out_{s,i} = Σ_{j ≠ i} flow_{s,i,j} (elsewhere included):

        leak[s,i] ≥ Σ_{j ≠ i} flow_{s,i,j} · (1 − together[i,j]) − out_{s,i} · (1 − held[s,i])
                                                               (leakage_of_local_services)

    with leak[s,i] ≥ 0, and together[i,j] = 0 for j elsewhere. out_{s,i} is the big-M, the smallest
    that is always enough: the sum is at most out_{s,i}, reached when i is alone, and must come to 0
    or less when the service is national. Leakage is minimised, so leak takes the greater of 0 and
    the right-hand side: the leakage if held, else 0.

    Reads: flow_m.
    Adds: leakage_of_local_services.
    """
    outflow = outflow_by_icb(inputs)

    def leaks(model: pyo.ConcreteModel, s: str, i: str) -> object:
        elsewhere, to = outflow[s, i]
        out_m = elsewhere + sum(to.values())
        if not out_m:
            return pyo.Constraint.Skip
        kept = pyo.quicksum(
            amount * model.together[(i, j) if (i, j) in model.PAIRS else (j, i)]
            for j, amount in to.items()
        )
        return model.leak[s, i] >= out_m - kept - out_m * (1 - model.held[s, i])

    model.leakage_of_local_services = pyo.Constraint(model.SERVICES, model.ICBS, rule=leaks)
