"""Plans that are known already, tried before a question is put to the solver.

A plan that obeys every rule settles a question at once, whatever its candidates' number: plans found for
earlier questions, the dataset's carried plans, the whole map as one footprint, every ICB alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimiser.arrays import Masks
from optimiser.engine.near_optimal.plans import count_kept
from optimiser.engine.relaxation.master import master_rows
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.inputs.dataset import Dataset


def list_known_plans(dataset: Dataset) -> list[Masks]:
    """The carried plans, one footprint for all, and one for each ICB."""
    place = {code: k for k, code in enumerate(dataset.icbs["icb"])}
    size = len(place)
    found = [
        np.array([(1 << size) - 1], dtype=np.uint64),
        np.uint64(1) << np.arange(size, dtype=np.uint64),
    ]
    for plan in dataset.plans.values():
        groups = plan.groupby("footprint", sort=False)["icb"]
        masks = [sum(1 << place[code] for code in codes) for _, codes in groups]
        found.append(np.array(masks, dtype=np.uint64))
    return found


def obeys_map(
    system: System, masks: Masks, has_levels: Callable[[Masks], np.ndarray] | None = None
) -> bool:
    """Whether a division of the map obeys every rule of the map, with levels for forced services.

    Floors and ceilings across footprints are not looked at.
    """
    rows = master_rows(system)
    if not rows.count[0] <= len(masks) <= rows.count[1]:
        return False
    if not all(is_linked(system, int(mask)) for mask in masks):
        return False
    if not all(rule.keeps(masks).all() for rule in footprint_rules(system)):
        return False
    if has_levels is not None and not has_levels(masks).all():
        return False
    return count_kept(masks, rows) >= rows.fewest_kept


def is_linked(system: System, mask: int) -> bool:
    """Whether a footprint is in one piece."""
    near = [int(reach) for reach in system.neighbours]
    reached = waiting = mask & -mask
    while waiting:
        i = (waiting & -waiting).bit_length() - 1
        new = near[i] & mask & ~reached
        reached |= new
        waiting = (waiting & (waiting - 1)) | new
    return reached == mask
