"""At most m ICBs leave their baseline footprint (selection model)."""

from __future__ import annotations

import pyomo.core as pyo

from models.inputs import SelectionInputs


def add_nearness(model: pyo.ConcreteModel, inputs: SelectionInputs) -> None:
    """At most m ICBs move away from the baseline plan.

    Why: committees that work already have staff, agreements and habits; a plan may be asked to keep
    most of them. An ICB stays when its footprint is the successor of its baseline footprint; each
    chosen footprint succeeds at most one baseline footprint and each has at most one successor. The
    fewest moves are therefore |I| less the heaviest matching, weighed by members in common.

    With match[f,b] in [0, 1], for pairs with kept[f,b] members in common:

        Σ_b match[f,b] ≤ x[f]               for each f         (successor_of_one)
        Σ_f match[f,b] ≤ 1                  for each b         (one_successor)
        Σ_{f,b} kept[f,b]·match[f,b] ≥ |I| − m                 (at_most_m_icbs_moved)

    match need not be binary: for fixed x the first two rows are a bipartite matching, whose corners
    are 0/1, so the heaviest fractional matching is no heavier than the heaviest whole one.

    Reads: nearness.
    Adds: successor_of_one, one_successor, at_most_m_icbs_moved.
    """
    if inputs.nearness is None:
        return
    kept = inputs.nearness.kept
    of_candidate: dict[str, list[str]] = {}
    of_baseline: dict[str, list[str]] = {}
    for f, b in kept:
        of_candidate.setdefault(f, []).append(b)
        of_baseline.setdefault(b, []).append(f)

    def of_one(model: pyo.ConcreteModel, f: str) -> object:
        return pyo.quicksum(model.match[f, b] for b in of_candidate[f]) <= model.x[f]

    def one_each(model: pyo.ConcreteModel, b: str) -> object:
        return pyo.quicksum(model.match[f, b] for f in of_baseline[b]) <= 1

    stay = pyo.quicksum(kept[f, b] * model.match[f, b] for f, b in kept)
    fewest_stay = len(inputs.icbs) - inputs.nearness.most_moved
    model.successor_of_one = pyo.Constraint(list(of_candidate), rule=of_one)
    model.one_successor = pyo.Constraint(list(of_baseline), rule=one_each)
    model.at_most_m_icbs_moved = pyo.Constraint(expr=stay >= fewest_stay)
