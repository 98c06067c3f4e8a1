"""Members of a footprint are linked through neighbours (assignment model)."""

from __future__ import annotations

import pyomo.core as pyo

from models.inputs import AssignmentInputs


def add_contiguity(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> None:
    """Every member can be reached from the root through members.

    Why: patients follow roads, and a committee is to cover one stretch of country. The root sends
    one unit of a made-up good to each other member, over links inside the footprint alone.

    For each ICB i, and for each arc (i, j), a link in either direction:

        Σ_j units[j,i] − Σ_j units[i,j] = 1 − Σ_{i'} assign[i',i]          (contiguous)
        units[i,j] ≤ (U − 1) · together[i,j]                               (links_inside_footprint)

    If i is no root the sum on the right is 0, so i takes in one unit more than it passes on; a root
    of m members sends out m − 1. Units cross no border, so each member is fed by its own root along
    a chain of neighbours. U − 1 is the smallest constant that is always enough: a footprint has at
    most U = min(most members, |I|) members, its root sends out U − 1 units at most, and no arc need
    carry more than all of them.

    Reads: links, members_window.
    Adds: contiguous, links_inside_footprint.
    """
    largest = min(inputs.members_window[1], len(inputs.icbs))
    neighbours: dict[str, list[str]] = {i: [] for i in inputs.icbs}
    followers: dict[str, list[str]] = {i: [] for i in inputs.icbs}
    for i, j in model.ARCS:
        neighbours[i].append(j)
    for i, k in model.PLACES:
        followers[k].append(i)

    def fed(model: pyo.ConcreteModel, i: str) -> object:
        taken = pyo.quicksum(model.units[j, i] - model.units[i, j] for j in neighbours[i])
        return taken == 1 - pyo.quicksum(model.assign[j, i] for j in followers[i])

    def inside(model: pyo.ConcreteModel, i: str, j: str) -> object:
        pair = (i, j) if (i, j) in model.PAIRS else (j, i)
        return model.units[i, j] <= (largest - 1) * model.together[pair]

    model.contiguous = pyo.Constraint(model.ICBS, rule=fed)
    model.links_inside_footprint = pyo.Constraint(model.ARCS, rule=inside)
