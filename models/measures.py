"""Sums over the flows that the assignment model's rows and terms share."""

from __future__ import annotations

from models.inputs import AssignmentInputs


def spend_by_icb(inputs: AssignmentInputs) -> dict[tuple[str, str], float]:
    """£m a year that residents of i spend on s, wherever they are treated, by (s, i)."""
    spend_m = {(s, i): 0.0 for s in inputs.services for i in inputs.icbs}
    for (s, i, _), amount in inputs.flow_m.items():
        if (s, i) in spend_m:
            spend_m[s, i] += amount
    return spend_m


def outflow_by_icb(
    inputs: AssignmentInputs,
) -> dict[tuple[str, str], tuple[float, dict[str, float]]]:
    """£m a year that leaves i for s, by (s, i): to elsewhere, and to each other ICB j."""
    outflow: dict[tuple[str, str], tuple[float, dict[str, float]]] = {
        (s, i): (0.0, {}) for s in inputs.services for i in inputs.icbs
    }
    known = set(inputs.icbs)
    for (s, i, j), amount in inputs.flow_m.items():
        if (s, i) not in outflow or i == j or not amount:
            continue
        elsewhere, to = outflow[s, i]
        if j in known:
            to[j] = to.get(j, 0.0) + amount
        else:
            outflow[s, i] = (elsewhere + amount, to)
    return outflow
