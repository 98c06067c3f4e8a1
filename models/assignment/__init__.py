"""The compact model: place each ICB under a root. The second opinion on the selection model.

Each other file here holds one family of constraints.
"""

from __future__ import annotations

import pyomo.core as pyo

from models.assignment.contiguity import add_contiguity
from models.assignment.holding import add_holding
from models.assignment.leaking import add_leaking
from models.assignment.links import add_keep_rules, add_pairs
from models.assignment.roots import add_roots
from models.assignment.thresholds import add_thresholds
from models.assignment.windows import add_windows
from models.checks import check_assignment_inputs
from models.count import add_count
from models.inputs import AssignmentInputs
from models.objectives import add_assignment_objective, list_assignment_terms

ASSIGNMENT_FAMILIES = (
    add_roots,
    add_count,
    add_pairs,
    add_keep_rules,
    add_windows,
    add_contiguity,
    add_holding,
    add_thresholds,
    add_leaking,
)
"""One function a family of constraints, in the order they are added and FORMULATION.md prints them."""


def build_assignment(inputs: AssignmentInputs) -> pyo.ConcreteModel:
    """The assignment model: sets and choices, then each family of constraints, then the objective.

    Raises:
        ValueError: when the inputs do not fit together, with every fault found.
    """
    check_assignment_inputs(inputs)
    model = pyo.ConcreteModel(name="assignment")
    add_assignment_choices(model, inputs)
    for add_family in ASSIGNMENT_FAMILIES:
        add_family(model, inputs)
    add_assignment_objective(model, inputs)
    return model


def add_assignment_choices(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> None:
    """Sets and choices of the assignment model.

    Why: it knows nothing of candidate footprints. It reads the raw network, so an error in listing
    or measuring the candidates cannot be repeated here. It is exact and grows slow: small and
    medium maps, linear terms.

    Sets: ICBS (i, j, k, in an order that breaks ties), SERVICES (s), TERMS (t); PLACES the (i, k)
    with k at or before i, PAIRS the (i, j) with i before j, ARCS each link both ways, STAND_ALONE,
    LED the services in provider collaboratives.

        assign[i,k]   ∈ {0, 1}   ICB i is in the footprint whose first member (root) is k
        together[i,j] ∈ [0, 1]   i and j share a footprint
        alone[k]      ∈ {0, 1}   k is a footprint on its own, below the floors
        units[i,j]    ≥ 0        units passed from i to its neighbour j (contiguity)
        local[s,k]    ∈ {0, 1}   service s is held for the footprint with root k
        lead[s,k]     ∈ {0, 1}   and a lead provider holds it, not the committee
        held[s,i]     ∈ [0, 1]   service s is held locally for the residents of i
        leak[s,i]     ≥ 0        £m a year that the residents of i spend outside, if held

        number_of_footprints = Σ_k assign[k,k]

    Reads: icbs, links, services, stand_alone, lead_min_spend_m.
    Adds: the sets, assign, together, alone, units, local, lead, held, leak, number_of_footprints.
    """
    order = list(inputs.icbs)
    arcs = [arc for i, j in inputs.links for arc in ((i, j), (j, i))]
    alone = [i for i in order if i in set(inputs.stand_alone)]
    model.ICBS = pyo.Set(initialize=order)
    model.SERVICES = pyo.Set(initialize=list(inputs.services))
    model.TERMS = pyo.Set(initialize=list_assignment_terms(inputs))
    model.PLACES = pyo.Set(
        initialize=[(i, k) for at, i in enumerate(order) for k in order[: at + 1]], dimen=2
    )
    model.PAIRS = pyo.Set(
        initialize=[(i, j) for at, i in enumerate(order) for j in order[at + 1 :]], dimen=2
    )
    model.ARCS = pyo.Set(initialize=list(dict.fromkeys(arcs)), dimen=2)
    model.STAND_ALONE = pyo.Set(initialize=alone)
    model.assign = pyo.Var(model.PLACES, domain=pyo.Binary)
    model.together = pyo.Var(model.PAIRS, bounds=(0, 1))
    model.alone = pyo.Var(model.STAND_ALONE, domain=pyo.Binary)
    model.units = pyo.Var(model.ARCS, domain=pyo.NonNegativeReals)
    model.local = pyo.Var(model.SERVICES, model.ICBS, domain=pyo.Binary)
    model.LED = pyo.Set(initialize=[s for s in inputs.services if s in inputs.lead_min_spend_m])
    model.lead = pyo.Var(model.LED, model.ICBS, domain=pyo.Binary)
    model.held = pyo.Var(model.SERVICES, model.ICBS, bounds=(0, 1))
    # Where nothing leaves an ICB its leak stands in no row, and a solver gives it no value.
    model.leak = pyo.Var(model.SERVICES, model.ICBS, domain=pyo.NonNegativeReals, initialize=0.0)
    roots = pyo.quicksum(model.assign[k, k] for k in model.ICBS)
    model.number_of_footprints = pyo.Expression(expr=roots)
