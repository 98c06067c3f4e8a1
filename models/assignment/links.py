"""Which pairs of ICBs share a footprint (assignment model)."""

from __future__ import annotations

import pyomo.core as pyo

from models.inputs import AssignmentInputs


def add_pairs(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> None:
    """A pair is together exactly when both have the same root.

    Why: leakage, the cost of governing and contiguity all ask whether two ICBs share a footprint.

    For each pair i before j and each root k at or before i:

        together[i,j] ≥ assign[i,k] + assign[j,k] − 1          (pair_joined)
        together[i,j] ≤ 1 − assign[i,k] + assign[j,k]          (pair_parted)

    If i and j both have root k, the first row gives 1. If i has root k and j has another, the
    second row of that k gives 0. together is then 0 or 1 without being declared binary.

    Reads: icbs.
    Adds: pair_joined, pair_parted.
    """
    roots_of: dict[str, list[str]] = {i: [] for i in inputs.icbs}
    for i, k in model.PLACES:
        roots_of[i].append(k)
    cells = [(i, j, k) for i, j in model.PAIRS for k in roots_of[i]]

    def joined(model: pyo.ConcreteModel, i: str, j: str, k: str) -> object:
        return model.together[i, j] >= model.assign[i, k] + model.assign[j, k] - 1

    def parted(model: pyo.ConcreteModel, i: str, j: str, k: str) -> object:
        return model.together[i, j] <= 1 - model.assign[i, k] + model.assign[j, k]

    model.pair_joined = pyo.Constraint(cells, rule=joined)
    model.pair_parted = pyo.Constraint(cells, rule=parted)


def add_keep_rules(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> None:
    """Named pairs share a footprint, or do not.

    Why: some ICBs work as one already; others are better kept apart whatever the flows say.

        together[i,j] = 1        for {i, j} in keep_together   (keep_together)
        together[i,j] = 0        for {i, j} in keep_apart      (keep_apart)

    Reads: keep_together, keep_apart.
    Adds: keep_together, keep_apart.
    """
    place = {i: at for at, i in enumerate(inputs.icbs)}

    def ordered(pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, ...]]:
        return list(dict.fromkeys(tuple(sorted(pair, key=place.__getitem__)) for pair in pairs))

    def joined(model: pyo.ConcreteModel, i: str, j: str) -> object:
        return model.together[i, j] == 1

    def parted(model: pyo.ConcreteModel, i: str, j: str) -> object:
        return model.together[i, j] == 0

    model.keep_together = pyo.Constraint(ordered(inputs.keep_together), rule=joined)
    model.keep_apart = pyo.Constraint(ordered(inputs.keep_apart), rule=parted)
