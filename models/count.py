"""How many footprints there are (both models)."""

from __future__ import annotations

import pyomo.core as pyo

from models.inputs import AssignmentInputs, SelectionInputs


def add_count(model: pyo.ConcreteModel, inputs: SelectionInputs | AssignmentInputs) -> None:
    """The number of footprints is within its range.

    Why: each committee needs people and money of its own, so the policy names a number or a range.
    A bound that no plan can break (fewer than 1, more than there are ICBs) is left out.

    With N footprints (Σ_f x[f] in selection, the number of roots Σ_k assign[k,k] in assignment):

        N ≥ fewest                                             (footprints_at_least)
        N ≤ most                                               (footprints_at_most)
        N = fewest     instead of both, when fewest = most     (footprints_exactly)

    Reads: count.
    Adds: footprints_at_least and footprints_at_most, or footprints_exactly.
    """
    fewest, most = inputs.count
    number = model.number_of_footprints
    if fewest == most:
        model.footprints_exactly = pyo.Constraint(expr=number == fewest)
        return
    if fewest > 1:
        model.footprints_at_least = pyo.Constraint(expr=number >= fewest)
    if most < len(inputs.icbs):
        model.footprints_at_most = pyo.Constraint(expr=number <= most)
