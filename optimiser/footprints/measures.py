"""What a candidate measures for each service: spend, leakage, volatility, providers, readiness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.candidates import count_members, membership
from optimiser.footprints.leads import find_leads
from optimiser.footprints.system import System

NOT_READY, JOINT, DELEGATED, NOT_ASSESSED = 0, 1, 2, 3
MODES = ("not_ready", "joint", "delegated", "not_assessed")


@dataclass(frozen=True)
class Measures:
    """Measures of m footprints for a selection of services (k of them).

    Attributes:
        spend_m: £m a year of the residents, (m, k).
        leakage_m: £m a year treated outside the footprint, (m, k).
        volatility_m: standard deviation of a year's spend, £m, (m, k).
        providers: providers hosted, (m, k).
        mode: index into :data:`MODES`, (m,).
    """

    spend_m: Floats
    leakage_m: Floats
    volatility_m: Floats
    providers: Floats
    mode: Ints


def measure_footprints(system: System, masks: Masks, services: Ints) -> Measures:
    """Measure footprints for the services of these indices.

    leak[s,F] = spend[s,F] - what residents of F spend at providers hosted in F;
    sd² = c(1 + k²)·spend + (σ·spend)², with c the mean cost of a case, k its coefficient of variation
    and σ the common shock (model.md, "Measures of a candidate").
    """
    arrays = system.services
    inside = membership(masks, system.size)
    spend = inside @ arrays.spend_m[services].T
    kept = pair_incidence(masks, system.size) @ arrays.pair_flows(services)
    variance = arrays.variance_factor[services] * spend
    variance += (arrays.common_shock[services] * spend) ** 2
    return Measures(
        spend_m=spend,
        leakage_m=np.maximum(spend - kept, 0.0),
        volatility_m=np.sqrt(variance),
        providers=inside @ arrays.hosted[services].T.astype(float),
        mode=measure_modes(system, masks),
    )


def pair_incidence(masks: Masks, size: int) -> sparse.csr_array:
    """0/1 matrix of the pairs i <= j inside each footprint (i = j included), (m, n²), by i·n + j.

    A sum over pairs is this matrix times a column of pair values: a footprint of eight ICBs has 36
    pairs, against n² products for a quadratic form.
    """
    sizes = count_members(masks)
    starts = np.concatenate(([0], np.cumsum(sizes * (sizes + 1) // 2)))
    columns = np.empty(starts[-1], dtype=np.int32)
    _, icbs = np.nonzero(membership(masks, size))
    first = np.concatenate(([0], np.cumsum(sizes)))
    for k in np.unique(sizes):
        chosen = np.flatnonzero(sizes == k)
        members = icbs[first[chosen][:, None] + np.arange(k)]
        a, b = np.triu_indices(int(k))
        place = starts[chosen][:, None] + np.arange(len(a))
        columns[place] = members[:, a] * size + members[:, b]
    values = np.ones(len(columns))
    return sparse.csr_array((values, columns, starts), shape=(len(masks), size * size))


def measure_readiness(system: System, masks: Masks, leads: Ints | None = None) -> Floats:
    """PDAF score of each footprint by domain, aggregated as the scenario says, (m, 8)."""
    assert system.readiness is not None
    how = system.scenario.readiness.aggregate
    inside = membership(masks, system.size)
    if how == "weighted":
        people = inside * system.residents
        return np.asarray(people @ system.readiness / people.sum(axis=1, keepdims=True))
    if how == "lead":
        return np.asarray(system.readiness[find_leads(system, masks) if leads is None else leads])
    scores = [np.where(inside > 0, column, np.inf).min(axis=1) for column in system.readiness.T]
    return np.stack(scores, axis=1)


def measure_modes(system: System, masks: Masks) -> Ints:
    """Mode of each footprint: index into :data:`MODES`, (m,)."""
    if system.readiness is None:
        return np.full(len(masks), NOT_ASSESSED)
    score = measure_readiness(system, masks) + 1e-9
    delegated = np.asarray((score >= system.delegated).all(axis=1))
    joint = np.asarray((score >= system.joint).all(axis=1))
    return np.where(delegated, DELEGATED, np.where(joint, JOINT, NOT_READY))
