"""Every ICB has one footprint, named by its first member (assignment model)."""

from __future__ import annotations

import pyomo.core as pyo

from models.inputs import AssignmentInputs


def add_roots(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> None:
    """Each ICB is in exactly one footprint, and a footprint's root is one of its members.

    Why: the footprints divide England between them. A footprint is named by its root, the member
    that comes first in ICBS, so that each grouping is written in one way only: assign[i,k] exists
    for k at or before i alone.

    For each ICB i, and for each i after k:

        Σ_{k ≤ i} assign[i,k] = 1                              (each_icb_in_one_footprint)
        assign[i,k] ≤ assign[k,k]                              (root_is_a_member)

    Reads: icbs.
    Adds: each_icb_in_one_footprint, root_is_a_member.
    """
    roots_of: dict[str, list[str]] = {i: [] for i in inputs.icbs}
    for i, k in model.PLACES:
        roots_of[i].append(k)

    def placed_once(model: pyo.ConcreteModel, i: str) -> object:
        return pyo.quicksum(model.assign[i, k] for k in roots_of[i]) == 1

    def only_under_a_root(model: pyo.ConcreteModel, i: str, k: str) -> object:
        return model.assign[i, k] <= model.assign[k, k]

    followers = [(i, k) for i, k in model.PLACES if i != k]
    model.each_icb_in_one_footprint = pyo.Constraint(model.ICBS, rule=placed_once)
    model.root_is_a_member = pyo.Constraint(followers, rule=only_under_a_root)
