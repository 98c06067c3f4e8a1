"""Fewest and most people and members of a footprint (assignment model)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pyomo.core as pyo

from models.inputs import AssignmentInputs


def add_windows(model: pyo.ConcreteModel, inputs: AssignmentInputs) -> None:
    """Each footprint's population and number of members are within their windows.

    Why: a committee must be large enough for rare and costly cases to average out and small enough
    to be run. An ICB in stand_alone may be a footprint on its own below both floors: alone[k] = 1
    says that k is one. A bound that cannot bind (0 persons, infinitely many, 1 member) is left out.

    For each root k, with a[k] = alone[k] where k may stand alone and 0 elsewhere:

        Σ_i population_i · assign[i,k] ≥ fewest · (assign[k,k] − a[k])      (min_population)
        Σ_i population_i · assign[i,k] ≤ most · assign[k,k]                 (max_population)
        Σ_i assign[i,k] ≥ fewest members · (assign[k,k] − a[k])             (min_members)
        Σ_i assign[i,k] ≤ most members · assign[k,k]                        (max_members)
        alone[k] ≤ assign[k,k]                                              (alone_is_a_root)
        alone[k] + assign[i,k] ≤ 1         for each i after k               (alone_has_no_others)

    Reads: population, population_window, members_window, stand_alone.
    Adds: min_population, max_population, min_members, max_members, alone_is_a_root,
    alone_has_no_others.
    """
    people, one = inputs.population, dict.fromkeys(inputs.icbs, 1)
    fewest_people, most_people = inputs.population_window
    fewest_members, most_members = inputs.members_window
    if fewest_people > 0:
        model.min_population = pyo.Constraint(model.ICBS, rule=_floor(model, people, fewest_people))
    if math.isfinite(most_people):
        model.max_population = pyo.Constraint(model.ICBS, rule=_ceiling(model, people, most_people))
    if fewest_members > 1:
        model.min_members = pyo.Constraint(model.ICBS, rule=_floor(model, one, fewest_members))
    if most_members < len(inputs.icbs):
        model.max_members = pyo.Constraint(model.ICBS, rule=_ceiling(model, one, most_members))
    _add_alone(model)


def _followers(model: pyo.ConcreteModel) -> dict[str, list[str]]:
    under: dict[str, list[str]] = {k: [] for k in model.ICBS}
    for i, k in model.PLACES:
        under[k].append(i)
    return under


def _floor(model: pyo.ConcreteModel, amount: Mapping[str, float], fewest: float) -> object:
    under = _followers(model)

    def at_least(model: pyo.ConcreteModel, k: str) -> object:
        total = pyo.quicksum(amount[i] * model.assign[i, k] for i in under[k])
        exempt = model.alone[k] if k in model.STAND_ALONE else 0
        return total >= fewest * (model.assign[k, k] - exempt)

    return at_least


def _ceiling(model: pyo.ConcreteModel, amount: Mapping[str, float], most: float) -> object:
    under = _followers(model)

    def at_most(model: pyo.ConcreteModel, k: str) -> object:
        total = pyo.quicksum(amount[i] * model.assign[i, k] for i in under[k])
        return total <= most * model.assign[k, k]

    return at_most


def _add_alone(model: pyo.ConcreteModel) -> None:
    def is_a_root(model: pyo.ConcreteModel, k: str) -> object:
        return model.alone[k] <= model.assign[k, k]

    def no_others(model: pyo.ConcreteModel, i: str, k: str) -> object:
        return model.alone[k] + model.assign[i, k] <= 1

    others = [(i, k) for i, k in model.PLACES if k in model.STAND_ALONE and i != k]
    model.alone_is_a_root = pyo.Constraint(model.STAND_ALONE, rule=is_a_root)
    model.alone_has_no_others = pyo.Constraint(others, rule=no_others)
