"""Every candidate under one level for all England, measured anew for the proof.

A group of services that no footprint holds has one level everywhere; what that costs is a sum over
ICBs and depends on no grouping. What is measured here is that cost and how much holding each group
instead would change it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Bools, Floats, Masks
from optimiser.footprints.candidates import membership, singletons
from optimiser.footprints.costs import fixed_cost
from optimiser.footprints.levels import FOOTPRINT, cost_groups
from optimiser.footprints.system import System

BLOCK = 4_096


@dataclass(frozen=True)
class Measured:
    """Candidates under one level for all England.

    Attributes:
        masks: the candidates, (m,).
        cost_m: fixed terms and each group at the best level it may have everywhere, £m, (m,); 0 for a
            group that has none.
        gain_m: holding the group instead, £m; 0 where it may not be held, (m, G).
        allowed: whether it may be held, (m, G).
        forced: groups with no other level than to be held, (G,).
        other_m: cost of each group at its best other level, all England, £m, (G,).
        spend_m: spend on each group, all England, £m a year, (G,).
        services: services of each group, (G,).
    """

    masks: Masks
    cost_m: Floats
    gain_m: Floats
    allowed: Bools
    forced: Bools
    other_m: Floats
    spend_m: Floats
    services: Floats


def measure_candidates(system: System, masks: Masks) -> Measured:
    """Measure every group in every candidate."""
    names = system.scenario.services.levels
    alone_m = _costs_alone(system)
    best, total = alone_m.sum(axis=1).argmin(axis=0), alone_m.sum(axis=1).min(axis=0)
    forced = np.isinf(total)
    place = np.arange(len(best))
    by_icb = np.where(forced, 0.0, alone_m[best, :, place].T)
    shape = (len(masks), len(best))
    cost, gain, allowed = fixed_cost(system, masks), np.zeros(shape), np.zeros(shape, dtype=bool)
    for start in range(0, len(masks), BLOCK):
        rows = slice(start, start + BLOCK)
        other = membership(masks[rows], system.size) @ by_icb
        cost[rows] += other.sum(axis=1)
        if FOOTPRINT not in names:
            continue
        held = cost_groups(system, masks[rows]).cost_m[names.index(FOOTPRINT)]
        allowed[rows] = np.isfinite(held)
        gain[rows] = np.where(allowed[rows], held - other, 0.0)
    spend, services = _sizes(system)
    other_m = np.where(forced, 0.0, total)
    return Measured(masks, cost, gain, allowed, forced, other_m, spend, services)


def _costs_alone(system: System) -> Floats:
    """Cost of each level but the footprint's in each ICB alone, (O, n, G)."""
    costs = cost_groups(system, singletons(system.size)).cost_m.copy()
    names = system.scenario.services.levels
    if FOOTPRINT in names:
        costs[names.index(FOOTPRINT)] = np.inf
    return costs


def _sizes(system: System) -> tuple[Floats, Floats]:
    """Spend and number of services of each group, (G,) each."""
    arrays = system.services
    open_ = arrays.barred == ""
    _, place = np.unique(arrays.group[open_], return_inverse=True)
    spend = np.bincount(place, arrays.spend_m[open_].sum(axis=1))
    return np.asarray(spend, dtype=float), np.asarray(np.bincount(place), dtype=float)
