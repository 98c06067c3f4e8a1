"""Footprints that no plan holds, for what they leave of the map."""

from __future__ import annotations

import numpy as np

from optimiser.footprints.candidates import membership
from optimiser.footprints.system import System


def leaves_hole(system: System, mask: int) -> bool:
    """Whether a part of the rest of the map is too small for any footprint: no plan has this one."""
    left = (1 << system.size) - 1 & ~mask
    rules = system.scenario.footprints
    measures = np.stack(
        (system.window_population / 1e6, np.ones(system.size), system.scope_spend_m)
    )
    least = np.array([rules.population_m[0], rules.members[0], rules.spend_m[0]]) * (1 - 1e-9)
    alone = {system.mask_of([code]) for code in system.scenario.footprints.stand_alone}
    while left:
        part, before = left & -left, 0
        while part != before:
            before = part
            for i in range(system.size):
                part |= int(system.neighbours[i]) & left if before >> i & 1 else 0
        left &= ~part
        inside = membership(np.array([part]), system.size)[0]
        if (measures @ inside < least).any() and not any(part & one for one in alone):
            return True
    return False
