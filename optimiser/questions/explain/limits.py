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

from optimiser.arrays import Floats, Masks
from optimiser.engine.relaxation.master import Rows
from optimiser.footprints.candidates import membership
from optimiser.footprints.costs import fixed_totals
from optimiser.footprints.levels import cost_groups, free_services
from optimiser.footprints.system import System
from optimiser.questions.explain.candidate_lists import BLOCK, WIDE_BLOCK

UNITS = {
    "local_spend": "£{:,.1f}m a year held locally",
    "local_services": "{:,.3f} services held locally",
    "leakage": "£{:,.2f}m treated outside its footprint",
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
    for total in rows.bounded:
        if total.least > 0:
            everything = float(_whole_amounts(system, total.name).sum())
            yield Limit(total.name, True, total.least, everything)
        if math.isfinite(total.most):
            yield Limit(total.name, False, total.most, 0.0)


def measure_amounts(system: System, masks: Masks, name: str, floor: bool) -> Floats:
    """What each footprint loses of a floor's measure, or has at least of a ceiling's, (m,).

    Infinite where a service that is forced local has no level.
    """
    size = WIDE_BLOCK if floor else BLOCK
    amounts = np.zeros(len(masks))
    for start in range(0, len(masks), size):
        rows = slice(start, start + size)
        block = masks[rows]
        costs = cost_groups(system, block, (name,))
        worst = -np.inf if floor else np.inf
        open_ = np.where(np.isfinite(costs.cost_m), costs.totals[name], worst)
        if floor:
            whole = membership(block, system.size) @ _whole_amounts(system, name).sum(axis=0)
            amounts[rows] = whole - open_.max(axis=0).sum(axis=1)
        else:
            fixed = fixed_totals(system, block, (name,))[name]
            amounts[rows] = fixed + open_.min(axis=0).sum(axis=1)
    return amounts


def _whole_amounts(system: System, name: str) -> Floats:
    """The measure of each free service in each ICB, were it held, (services, n)."""
    chosen = free_services(system)
    if name == "local_spend":
        return np.asarray(system.services.spend_m[chosen])
    share = system.residents / system.residents.sum()
    return np.broadcast_to(share, (len(chosen), len(share)))
