"""The main model: choose footprints from the candidates, and the levels of their services.

Each other file here holds one family of constraints.
"""

from __future__ import annotations

import pyomo.core as pyo

from models.checks import check_selection_inputs
from models.count import add_count
from models.inputs import SelectionInputs
from models.objectives import add_selection_objective
from models.selection.cover import add_cover
from models.selection.floors import add_holdings, add_totals
from models.selection.nearness import add_nearness
from models.selection.portfolio import add_uniform_portfolio
from models.selection.services import add_service_levels, add_services_together

SELECTION_FAMILIES = (
    add_cover,
    add_count,
    add_service_levels,
    add_services_together,
    add_uniform_portfolio,
    add_totals,
    add_holdings,
    add_nearness,
)
"""One function a family of constraints: the model's table of contents, in the order they are added
and FORMULATION.md prints them."""


def build_selection(inputs: SelectionInputs) -> pyo.ConcreteModel:
    """The selection model: sets and choices, then each family of constraints, then the objective.

    Raises:
        ValueError: when the inputs do not fit together, with every fault found.
    """
    check_selection_inputs(inputs)
    model = pyo.ConcreteModel(name="selection")
    add_selection_choices(model, inputs)
    for add_family in SELECTION_FAMILIES:
        add_family(model, inputs)
    add_selection_objective(model, inputs)
    return model


def add_selection_choices(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """Sets and choices of the selection model.

    Why: everything that looks at one footprint alone (its people, its spend, whether it hangs
    together, what its services would cost) is settled when the candidates are listed and measured;
    what is left to choose is which candidates divide England between them, and the levels that
    more than one footprint, or more than one service, has a say in.

    Sets: ICBS (i), CANDIDATES (f), SERVICES (s), LEVELS (o), TERMS (t); OPEN the pairs (s, f) with
    a choice left, CHOICES the (s, o, f) to choose from, UNIFORM the services with one level for
    all England, ENGLAND their (s, o), MATCHES the (f, b) that share members.

        x[f]      ∈ {0, 1}    candidate f is one of the footprints
        y[s,o,f]  ∈ {0, 1}    service s has level o in footprint f
        z[s,o]    ∈ {0, 1}    service s has level o in all England
        match[f,b] ∈ [0, 1]   footprint f succeeds baseline footprint b
        nothing   = 0         stands in for an empty sum

        number_of_footprints = Σ_f x[f]

    y is binary throughout. With no floor or ceiling on a total it would come out 0 or 1 by itself
    (for fixed x and z its rows are simplices), but ties could then be answered by fractions.

    Reads: icbs, members, open_levels, uniform, nearness.
    Adds: the sets, x, y, z, match, nothing, number_of_footprints.
    """
    cells = inputs.open_levels
    choices = [(s, o, f) for (s, f), levels in cells.items() for o in levels]
    uniform = set(inputs.uniform)
    england = dict.fromkeys((s, o) for s, o, _ in choices if s in uniform)
    model.ICBS = pyo.Set(initialize=inputs.icbs)
    model.CANDIDATES = pyo.Set(initialize=list(inputs.members))
    model.SERVICES = pyo.Set(initialize=list(dict.fromkeys(s for s, _ in cells)))
    model.LEVELS = pyo.Set(initialize=list(dict.fromkeys(o for _, o, _ in choices)))
    model.TERMS = pyo.Set(initialize=list(dict.fromkeys([*inputs.settled_m, *inputs.level_m])))
    model.OPEN = pyo.Set(initialize=list(cells), dimen=2)
    model.CHOICES = pyo.Set(initialize=choices, dimen=3)
    model.UNIFORM = pyo.Set(initialize=inputs.uniform)
    model.ENGLAND = pyo.Set(initialize=list(england), dimen=2)
    matches = list(inputs.nearness.kept) if inputs.nearness else []
    model.MATCHES = pyo.Set(initialize=matches, dimen=2)
    model.x = pyo.Var(model.CANDIDATES, domain=pyo.Binary)
    model.y = pyo.Var(model.CHOICES, domain=pyo.Binary)
    model.z = pyo.Var(model.ENGLAND, domain=pyo.Binary)
    model.match = pyo.Var(model.MATCHES, bounds=(0, 1))
    model.nothing = pyo.Var(bounds=(0, 0))
    chosen = pyo.quicksum(model.x[f] for f in model.CANDIDATES)
    model.number_of_footprints = pyo.Expression(expr=chosen)
