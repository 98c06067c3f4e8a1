"""Sums bounded across footprints, as what each footprint adds to and how much may be added.

A floor is turned round: what a footprint *loses* of the measure, against all of it being held, is never
negative, and all footprints together may lose no more than everything less the floor. So a footprint
that alone loses more is in no plan, and a floor is proved out of reach by small sums.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.engine.relaxation.master import Rows
from optimiser.footprints.candidates import membership
from optimiser.footprints.levels import (
    FOOTPRINT,
    ICB,
    allowed_locally,
    cost_groups,
    free_services,
)
from optimiser.footprints.measures import Measures, measure_modes
from optimiser.footprints.system import System
from optimiser.questions.explain.candidate_lists import BLOCK, WIDE_BLOCK

UNITS = {
    "local_spend": "£{:,.1f}m a year held locally",
    "local_services": "{:,.3f} services held locally",
    "leakage": "£{:,.2f}m of leakage",
    "volatility": "£{:,.2f}m of volatility",
}


@dataclass(frozen=True)
class Limit:
    """One end of a measure that is bounded across footprints.

    Attributes:
        name: the measure.
        floor: whether it is a floor.
        bound: the limit itself.
        everything: the measure were all of it held, for a floor; 0 for a ceiling.
    """

    name: str
    floor: bool
    bound: float
    everything: float

    @property
    def room(self) -> float:
        """The most that the footprints' amounts may add up to, rounding apart."""
        room = self.everything - self.bound if self.floor else self.bound
        return room + 1e-7 * max(1.0, abs(self.bound))

    def state(self, least: float) -> str:
        """That no plan does better than a sum of amounts, in a sentence."""
        unit = UNITS[self.name]
        if self.floor:
            most = unit.format(max(self.everything - least, 0.0))
            return f"No plan has more than {most}; {unit.format(self.bound)} are asked for."
        return (
            f"No plan has less than {unit.format(least)}; at most {unit.format(self.bound)} may be."
        )


def list_limits(system: System, rows: Rows) -> Iterator[Limit]:
    """Every floor and ceiling across footprints."""
    for one in rows.bounded:
        if one.least > 0:
            everything = float(_whole_amounts(system, one.name).sum())
            yield Limit(one.name, True, one.least, everything)
        if math.isfinite(one.most):
            yield Limit(one.name, False, one.most, 0.0)


def measure_amounts(system: System, masks: Masks, name: str, floor: bool) -> Floats:
    """What each footprint loses of a floor's measure, or has at least of a ceiling's, (m,).

    Infinite where a service that is forced local has no level.
    """
    size = WIDE_BLOCK if floor else BLOCK
    amounts = np.zeros(len(masks))
    for start in range(0, len(masks), size):
        rows = slice(start, start + size)
        block = masks[rows]
        amounts[rows] = _lost(system, block, name) if floor else _least(system, block, name)
    return amounts


def _whole_amounts(system: System, name: str) -> Floats:
    """The measure of each free service in each ICB, were it held, (services, n)."""
    chosen = free_services(system)
    if name == "local_spend":
        return np.asarray(system.services.spend_m[chosen])
    share = system.residents / system.residents.sum()
    return np.broadcast_to(share, (len(chosen), len(share)))


def _lost(system: System, masks: Masks, name: str) -> Floats:
    chosen = free_services(system)
    sizes = _sizes(system, masks, chosen)
    amounts = sizes.spend_m
    if name != "local_spend":
        amounts = membership(masks, system.size) @ _whole_amounts(system, name).T
    closed = _closed_everywhere(system, masks, sizes, chosen)
    group = system.services.group[chosen]
    must = np.isin(group, group[system.services.forced_local[chosen]])
    lost = np.einsum("fs,fs->f", amounts, closed)
    return np.where(closed[:, must].any(axis=1), np.inf, lost)


def _closed_everywhere(system: System, masks: Masks, sizes: Measures, chosen: Ints) -> Bools:
    """Whether no level lets each service be held in each footprint, (m, services)."""
    group, levels = system.services.group[chosen], system.scenario.services.levels
    closed = np.ones((len(masks), len(chosen)), dtype=bool)
    if FOOTPRINT in levels:
        closed &= _with_group(~allowed_locally(system, sizes, chosen), group)
    if ICB in levels:
        alone = np.uint64(1) << np.arange(system.size, dtype=np.uint64)
        barred = ~allowed_locally(system, _sizes(system, alone, chosen), chosen)
        inside = membership(masks, system.size)
        closed &= _with_group(inside @ barred.astype(float) > 0, group)
    return closed


def _with_group(barred: Bools, group: Ints) -> Bools:
    """A service is barred where one that it moves with is, (m, services)."""
    barred = barred.copy()
    for first in np.flatnonzero(np.bincount(group) > 1):
        together = np.flatnonzero(group == first)
        barred[:, together] = barred[:, together].any(axis=1, keepdims=True)
    return barred


def _sizes(system: System, masks: Masks, chosen: Ints) -> Measures:
    """The measures that decide what is allowed; those that only cost are left out."""
    inside, none = membership(masks, system.size), np.zeros((0, 0))
    return Measures(
        spend_m=inside @ system.services.spend_m[chosen].T,
        leakage_m=none,
        volatility_m=none,
        providers=inside @ system.services.hosted[chosen].T.astype(float),
        mode=measure_modes(system, masks),
    )


def _least(system: System, masks: Masks, name: str) -> Floats:
    costs = cost_groups(system, masks, (name,))
    open_ = np.where(np.isfinite(costs.cost_m), costs.totals[name], np.inf)
    return np.asarray(open_.min(axis=0).sum(axis=1))
