"""What the rules on money look at: a footprint's first step to target, what its trusts could lose."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Floats, Masks
from optimiser.footprints.candidates import membership, sum_over_members
from optimiser.footprints.system import System

BLOCK = 2_048


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
    for start in range(0, len(masks), BLOCK):
        inside = membership(masks[start : start + BLOCK], system.size)
        outside_m = from_m.sum(axis=1) - inside @ from_m.T
        lost = rules.brought_home * outside_m / every.income_m[bound]
        mine = np.where(inside[:, host] > 0, lost, 0.0)
        found[start : start + BLOCK] = mine.max(axis=1, initial=0.0)
    return found
