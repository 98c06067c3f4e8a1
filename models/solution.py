"""The only reader of variable values: a solved model in the words of its inputs."""

from __future__ import annotations

from collections.abc import Mapping

import pyomo.core as pyo

from models.inputs import (
    COLLABORATIVE,
    FOOTPRINT,
    NATIONAL,
    AssignmentInputs,
    Decision,
    SelectionInputs,
)


def read_selection(model: pyo.ConcreteModel, inputs: SelectionInputs) -> Decision:
    """What a solved selection model decided.

    The terms are added up from the inputs over what was decided, so they carry no solver tolerance.

    Raises:
        ValueError: when the variables hold no values, or values that are not whole.
    """
    chosen = [f for f in model.CANDIDATES if _is_one(model.x[f])]
    held = set(chosen)
    levels = {(s, f): o for s, o, f in model.CHOICES if f in held and _is_one(model.y[s, o, f])}
    return Decision(
        footprints={f: tuple(inputs.members[f]) for f in chosen},
        levels=levels,
        terms_m={t: _term_m(inputs, t, chosen, levels) for t in model.TERMS},
    )


def _term_m(
    inputs: SelectionInputs, term: str, chosen: list[str], levels: Mapping[tuple[str, str], str]
) -> float:
    settled = inputs.settled_m.get(term, {})
    by_level = inputs.level_m.get(term, {})
    return float(
        sum(settled.get(f, 0.0) for f in chosen)
        + sum(by_level.get((s, o, f), 0.0) for (s, f), o in levels.items())
    )


def read_assignment(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> Decision:
    """What a solved assignment model decided; a footprint is named by its root.

    Every service of the inputs has the level ``footprint``, ``collaborative`` or ``national`` in each
    footprint.

    Raises:
        ValueError: when the variables hold no values, or values that are not whole.
    """
    root = {i: k for i, k in model.PLACES if _is_one(model.assign[i, k])}
    footprints = {
        k: tuple(i for i in inputs.icbs if root[i] == k) for k in inputs.icbs if root[k] == k
    }
    levels = {(s, k): _read_level(model, s, k) for s in model.SERVICES for k in footprints}
    terms = {t: float(pyo.value(model.terms_m[t])) for t in model.TERMS}
    return Decision(footprints=footprints, levels=levels, terms_m=terms)


def _read_level(model: pyo.ConcreteModel, s: str, k: str) -> str:
    if s in model.LED and _is_one(model.lead[s, k]):
        return COLLABORATIVE
    return FOOTPRINT if _is_one(model.local[s, k]) else NATIONAL


def _is_one(variable: pyo.Var) -> bool:
    value: float | None = variable.value
    if value is None:
        raise ValueError(f"{variable.name} has no value: the model has not been solved")
    if abs(value - round(value)) > 1e-4:
        raise ValueError(f"{variable.name} is {value}, which is neither 0 nor 1")
    return round(value) == 1
