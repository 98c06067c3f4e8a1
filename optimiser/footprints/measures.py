"""What a candidate measures for each service: spend, leakage, volatility, providers, readiness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.candidates import count_members, membership, sum_over_members
from optimiser.footprints.leads import find_leads
from optimiser.footprints.system import System

NOT_READY, JOINT, DELEGATED, NOT_ASSESSED = 0, 1, 2, 3
MODES = ("not_ready", "joint", "delegated", "not_assessed")
TRUSTS_AT_ONCE = 2_048
"""Footprints whose trusts' losses are measured at once: bounds the memory of the table."""


@dataclass(frozen=True)
class Measures:
    """Measures of m footprints for a selection of services (k of them).

    Attributes:
        spend_m: £m a year of the residents, (m, k).
        leakage_m: £m a year treated outside the footprint, (m, k).
        providers: providers hosted, (m, k).
        mode: index into :data:`MODES`, (m,).
        sd_m: chance standard deviation of a year's in-scope spend, one budget, £m, (m,).
        cv: that by the in-scope spend, (m,).
    """

    spend_m: Floats
    leakage_m: Floats
    providers: Floats
    mode: Ints
    sd_m: Floats
    cv: Floats


def measure_footprints(system: System, masks: Masks, services: Ints) -> Measures:
    """Measure footprints for the services of these indices.

    leak[s,F] = spend[s,F] - what residents of F spend at providers hosted in F (model.md, "Every pound
    has a holder").
    """
    arrays = system.services
    inside = membership(masks, system.size)
    spend = inside @ arrays.spend_m[services].T
    kept = pair_incidence(masks, system.size) @ arrays.pair_flows(services)
    leakage = np.subtract(spend, kept, out=np.asarray(kept))
    return Measures(
        spend_m=spend,
        leakage_m=np.maximum(leakage, 0.0, out=leakage),
        providers=inside @ arrays.hosted[services].T.astype(float),
        mode=measure_modes(system, masks),
        **measure_budget(system, inside),
    )


def measure_budget(system: System, inside: Floats) -> dict[str, Floats]:
    """Deviation of the in-scope budget of each set of ICBs, and that by the budget, (m, n) to (m,)."""
    sd_m, budget = measure_sd(system, inside), inside @ system.scope_spend_m
    return {"sd_m": sd_m, "cv": np.divide(sd_m, budget, out=np.zeros_like(sd_m), where=budget > 0)}


def measure_sd(system: System, inside: Floats) -> Floats:
    """Chance standard deviation of the in-scope budget of each set of ICBs, £m, (m, n) to (m,).

    SD² = Σ_s c(1 + k²)·spend over services and residents: variances of chance add up (model.md,
    "Volatility"). The common shock is the same whoever holds, and stands outside.
    """
    return np.asarray(np.sqrt(inside @ system.scope_variance))


def measure_line_sd(system: System, spend_m: Floats) -> Floats:
    """Standard deviation of each service's own line, common shock included, £m, (m, S) to the same.

    sd² = c(1 + k²)·spend + (σ·spend)²: reported beside the plan, not optimised.
    """
    arrays = system.services
    variance = arrays.variance_factor * spend_m + (arrays.common_shock * spend_m) ** 2
    return np.asarray(np.sqrt(variance))


def measure_scope_leakage(system: System, masks: Masks) -> Floats:
    """£m a year in scope that residents spend outside their footprint, whoever holds it, (m,)."""
    spend = membership(masks, system.size) @ system.scope_spend_m
    kept = sum_over_pairs(masks, system.size, system.scope_pairs_m)
    return np.asarray(np.maximum(spend - kept, 0.0))


def measure_mixing(system: System, masks: Masks) -> Floats:
    """D(F): the chance that two residents of a footprint have different ICBs, (m,).

    D(F) = 1 - Σ_i (residents_i / residents_F)², over the ICBs that commission, of which the areas of a
    finer map are parts.
    """
    inside = membership(masks, system.size)
    of_icb = np.zeros((system.size, int(system.commissioner.max()) + 1))
    of_icb[np.arange(system.size), system.commissioner] = system.residents
    people = inside @ of_icb
    return np.asarray(1.0 - (people**2).sum(axis=1) / people.sum(axis=1) ** 2)


def sum_over_pairs(masks: Masks, size: int, values: Floats) -> Floats:
    """Sum of a value of each pair i <= j (i = j included), at i·n + j, within each footprint, (m,)."""
    total = np.zeros(len(masks))
    for chosen, pairs in _pairs_by_size(masks, size):
        total[chosen] = values[pairs].sum(axis=1)
    return total


def pair_incidence(masks: Masks, size: int) -> sparse.csr_array:
    """0/1 matrix of the pairs i <= j inside each footprint (i = j included), (m, n²), by i·n + j.

    A sum over pairs is this matrix times a column of pair values: a footprint of eight ICBs has 36
    pairs, against n² products for a quadratic form.
    """
    sizes = count_members(masks)
    starts = np.concatenate(([0], np.cumsum(sizes * (sizes + 1) // 2)))
    columns = np.empty(starts[-1], dtype=np.int32)
    for chosen, pairs in _pairs_by_size(masks, size):
        if len(chosen) == len(masks):
            columns = pairs.reshape(-1)
        else:
            columns[starts[chosen][:, None] + np.arange(pairs.shape[1])] = pairs
    values = np.ones(len(columns))
    return sparse.csr_array((values, columns, starts), shape=(len(masks), size * size))


PAIRS_AT_ONCE = 20_000
"""Footprints whose pairs are listed at once: bounds the memory of a list of all candidates."""


def _pairs_by_size(masks: Masks, size: int) -> Iterator[tuple[Ints, NDArray[np.int32]]]:
    """Footprints of like size by their place, (c,), and their pairs i <= j at i·n + j, (c, pairs)."""
    sizes = count_members(masks)
    for k in np.unique(sizes):
        a, b = np.triu_indices(int(k))
        like = np.flatnonzero(sizes == k)
        for start in range(0, len(like), PAIRS_AT_ONCE):
            chosen = like[start : start + PAIRS_AT_ONCE]
            inside = membership(masks[chosen], size) > 0
            members = np.nonzero(inside)[1].reshape(len(chosen), int(k)).astype(np.int32)
            yield chosen, members[:, a] * np.int32(size) + members[:, b]


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


def measure_first_step(system: System, masks: Masks) -> Floats:
    """First of ``funding.years`` equal steps to target, a share of historic money, (m,).

    Infinite where money is to come and none has been.
    """
    assert system.shift_m is not None
    assert system.historic_m is not None
    step = np.abs(sum_over_members(masks, system.shift_m)) / system.scenario.funding.years
    historic = sum_over_members(masks, system.historic_m)
    nothing = np.where(step > 0, np.inf, 0.0)
    return np.asarray(np.divide(step, historic, out=nothing, where=historic > 0))


def measure_income_at_risk(system: System, masks: Masks) -> Floats:
    """Largest share of its income that a trust of the footprint would lose, (m,); 0 without one.

    Were ``providers.brought_home`` of what other footprints send it brought home. What others could not
    bring home, for want of a centre, counts too: it is at most what would be lost.
    """
    every, rules = system.providers, system.scenario.providers
    bound = (every.income_m > 0) & (every.income_m >= rules.smallest_m)
    host, from_m = every.host[bound], every.from_m[bound]
    found = np.zeros(len(masks))
    for start in range(0, len(masks), TRUSTS_AT_ONCE):
        inside = membership(masks[start : start + TRUSTS_AT_ONCE], system.size)
        outside_m = from_m.sum(axis=1) - inside @ from_m.T
        lost = rules.brought_home * outside_m / every.income_m[bound]
        mine = np.where(inside[:, host] > 0, lost, 0.0)
        found[start : start + TRUSTS_AT_ONCE] = mine.max(axis=1, initial=0.0)
    return found
