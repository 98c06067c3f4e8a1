"""Every ICB has one footprint (selection model)."""

from __future__ import annotations

import pyomo.core as pyo

from models.inputs import SelectionInputs


def add_cover(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """Each ICB is in exactly one footprint.

    Why: the footprints divide England between them; nobody is left out or commissioned for twice.

    For each ICB i:

        Σ_{f ∋ i} x[f] = 1                                     (each_icb_in_one_footprint)

    Reads: members.
    Adds: each_icb_in_one_footprint.
    """
    containing: dict[str, list[str]] = {i: [] for i in inputs.icbs}
    for f, members in inputs.members.items():
        for i in members:
            containing[i].append(f)

    def covered_once(model: pyo.ConcreteModel, i: str) -> object:
        return pyo.quicksum(model.x[f] for f in containing[i]) == 1

    model.each_icb_in_one_footprint = pyo.Constraint(model.ICBS, rule=covered_once)
