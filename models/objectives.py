"""The objective: one named expression for each term, then their sum."""

from __future__ import annotations

import pyomo.environ as pyo

from models.inputs import AssignmentInputs, SelectionInputs
from models.measures import spend_by_icb

ASSIGNMENT_TERMS = ("leakage", "national", "committee_cost", "governance")


def add_selection_objective(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """The cost of a plan is the sum of its terms, £m a year.

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
    """The cost of a plan is the sum of its linear terms, £m a year.

    Why: the same terms as in the selection model, so that both models must agree.

        leakage        = w_leakage · Σ_{s,i} leak[s,i]
        national       = constant + w_national · Σ_{s,i} benefit_s · spend_{s,i} · (1 − held[s,i])
        committee_cost = cost of a committee · number of footprints
        governance     = cost of a pair · Σ_{i<j} together[i,j]

        minimise leakage + national + committee_cost + governance            (total_cost_m)

    Reads: weight_leakage, weight_national, benefit_share, flow_m, always_national_m,
    committee_cost_m, governance_cost_m.
    Adds: terms_m, total_cost_m.
    """
    spend_m = spend_by_icb(inputs)

    def national(model: pyo.ConcreteModel) -> object:
        return inputs.always_national_m + inputs.weight_national * pyo.quicksum(
            inputs.benefit_share[s] * amount * (1 - model.held[s, i])
            for (s, i), amount in spend_m.items()
        )

    terms = {
        "leakage": inputs.weight_leakage * pyo.quicksum(model.leak[c] for c in model.leak),
        "national": national(model),
        "committee_cost": inputs.committee_cost_m * model.number_of_footprints,
        "governance": inputs.governance_cost_m
        * pyo.quicksum(model.together[pair] for pair in model.PAIRS),
    }
    model.terms_m = pyo.Expression(model.TERMS, rule=lambda model, t: terms[t])
    _add_total(model)


def _add_total(model: pyo.ConcreteModel) -> None:
    total = pyo.quicksum(model.terms_m[t] for t in model.TERMS)
    model.total_cost_m = pyo.Objective(expr=total, sense=pyo.minimize)
