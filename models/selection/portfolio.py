"""One portfolio for all England (selection model)."""

from __future__ import annotations

import pyomo.core as pyo

from models.inputs import SelectionInputs


def add_uniform_portfolio(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """A uniform service has the same level in every chosen footprint.

    Why: the list of February 2023 named, once for all England, the services to be delegated; an
    level then has to be allowed in every chosen footprint.

    For each uniform service s:

        Σ_o z[s,o] = 1                                         (one_level_for_england)

    and for each level o and ICB i:

        Σ_{f ∋ i} y[s,o,f] ≤ z[s,o]                            (uniform_portfolio)

    Each ICB has one chosen footprint, so the sum on the left is the y of that footprint and the row
    says y[s,o,f] ≤ z[s,o] for it. Written by ICB it is one row for each ICB in place of one for
    each candidate, and its linear relaxation is tighter: candidates that share a member may not
    split the level between them. Where y[s,o,f] is missing the level is not allowed in f, so
    x[f] = 1 forces z[s,o] = 0 through one_level_per_service.

    Reads: uniform, open_levels, members.
    Adds: one_level_for_england, uniform_portfolio.
    """
    levels: dict[str, dict[str, None]] = {s: {} for s in inputs.uniform}
    holders: dict[tuple[str, str, str], list[str]] = {}
    for s, o, f in model.CHOICES:
        if s in levels:
            levels[s][o] = None
            for i in inputs.members[f]:
                holders.setdefault((s, o, i), []).append(f)

    def one_for_all(model: pyo.ConcreteModel, s: str) -> object:
        return pyo.quicksum(model.z[s, o] for o in levels[s]) == 1

    def as_all_england(model: pyo.ConcreteModel, s: str, o: str, i: str) -> object:
        return pyo.quicksum(model.y[s, o, f] for f in holders[s, o, i]) <= model.z[s, o]

    model.one_level_for_england = pyo.Constraint(model.UNIFORM, rule=one_for_all)
    model.uniform_portfolio = pyo.Constraint(list(holders), rule=as_all_england)
