"""The objective: one named expression for each term, then their sum."""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo

from models.inputs import AssignmentInputs, SelectionInputs


def add_selection_objective(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """The score of a plan is the sum of its terms, £m-equivalents.

    Why: every term of the scenario is a sum over chosen footprints and the levels of their
    services, so each candidate carries its exact cost and nothing is approximated. The costs carry
    their weights already.

    For each term t:

        terms_m[t] = Σ_f settled_t[f]·x[f] + Σ_{s,o,f} level_t[s,o,f]·y[s,o,f]

        minimise Σ_t terms_m[t]                                (total_cost_m)

    Reads: settled_m, level_m.
    Adds: terms_m, total_cost_m.
    """

    def term(model: pyo.ConcreteModel, t: str) -> object:
        settled = inputs.settled_m.get(t, {})
        by_level = inputs.level_m.get(t, {})
        footprints = (cost * model.x[f] for f, cost in settled.items() if cost)
        services = (cost * model.y[choice] for choice, cost in by_level.items() if cost)
        return pyo.quicksum(footprints) + pyo.quicksum(services)

    model.terms_m = pyo.Expression(model.TERMS, rule=term)
    _add_total(model)


def add_assignment_objective(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> None:
    """The score of a plan is the sum of its linear terms, £m-equivalents.

    Why: the same terms as in the selection model, so that both models must agree. What a footprint's
    spread of residents or its pooled risk makes of a term is no sum over pairs of ICBs and is left to
    the selection model.

        leakage     = w_leakage · (Σ_{i≠j} flow[i,j] − Σ_{i<j} (flow[i,j] + flow[j,i])·together[i,j])
        contracting = w_contracting · Σ_{s,i} leak[s,i]
        holding     = cost of holding · Σ_{s,k} (local[s,k] − lead[s,k])
        lead_provider = cost of a lead provider's team · Σ_{s,k} lead[s,k]
        every t    += always_t + Σ_{s,i} held_t[s,i]·held[s,i] + apart_t[s,i]·(1 − held[s,i])
        committee_cost = cost of a committee · number of footprints
        governance     = cost of a pair · Σ_{i<j} together[i,j]

        minimise Σ_t terms_m[t]                                              (total_cost_m)

    Reads: scope_flow_m, apart_m, held_m, always_m, the weights and costs.
    Adds: terms_m, total_cost_m.
    """
    led = pyo.quicksum(model.lead[c] for c in model.lead)
    terms = {
        "leakage": inputs.weight_leakage * _outside(model, inputs),
        "contracting": inputs.weight_contracting * pyo.quicksum(model.leak[c] for c in model.leak),
        "holding": inputs.holding_cost_m
        * (pyo.quicksum(model.local[c] for c in model.local) - led),
        "lead_provider": inputs.lead_provider_cost_m * led,
        "committee_cost": inputs.committee_cost_m * model.number_of_footprints,
        "governance": inputs.governance_cost_m
        * pyo.quicksum(model.together[pair] for pair in model.PAIRS),
    }

    def term(model: pyo.ConcreteModel, t: str) -> object:
        held = (cost * model.held[c] for c, cost in inputs.held_m.get(t, {}).items())
        apart = (cost * (1 - model.held[c]) for c, cost in inputs.apart_m.get(t, {}).items())
        by_icb = pyo.quicksum(held) + pyo.quicksum(apart)
        return inputs.always_m.get(t, 0.0) + by_icb + terms.get(t, 0.0)

    model.terms_m = pyo.Expression(model.TERMS, rule=term)
    _add_total(model)


def list_assignment_terms(inputs: AssignmentInputs) -> list[str]:
    """Terms of the assignment model: those of the map, and those that its services bring."""
    own = ("leakage", "contracting", "holding", "lead_provider", "committee_cost", "governance")
    return list(dict.fromkeys([*own, *inputs.apart_m, *inputs.held_m, *inputs.always_m]))


def _outside(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> Any:
    """£m in scope that residents spend outside their footprint."""
    flow = inputs.scope_flow_m
    pairs = (
        (flow.get((i, j), 0.0) + flow.get((j, i), 0.0)) * model.together[i, j]
        for i, j in model.PAIRS
    )
    away = sum(amount for (i, j), amount in flow.items() if i != j)
    return away - pyo.quicksum(pairs)


def _add_total(model: pyo.ConcreteModel) -> None:
    total = pyo.quicksum(model.terms_m[t] for t in model.TERMS)
    model.total_cost_m = pyo.Objective(expr=total, sense=pyo.minimize)
