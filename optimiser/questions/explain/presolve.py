"""What is known before any footprint is listed: causes that sums or the map prove, and plans at hand.

A plan that obeys every rule settles a question at once, whatever its candidates' number: plans found for
earlier questions, the dataset's carried plans, the whole map as one footprint, every ICB alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimiser.arrays import Ints, Masks
from optimiser.engine.relaxation.master import count_kept, master_rows
from optimiser.footprints.candidates import as_masks, singletons
from optimiser.footprints.levels import ICB
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.inputs.checks.scenario import check_groups
from optimiser.inputs.checks.windows import check_windows, list_closed_parts
from optimiser.inputs.dataset import Dataset
from optimiser.questions.explain.rules import Variant
from optimiser.questions.groupings import is_linked


def state_presolve_cause(variant: Variant) -> str:
    """A cause that arithmetic or the map alone proves; empty when there is none."""
    scenario, dataset = variant.scenario, variant.dataset
    faults = [
        *check_windows(scenario, dataset, scenario.name),
        *check_groups(scenario, dataset, scenario.name),
    ]
    if faults:
        return faults[0].remedy
    return _state_split(variant, dataset)


def _state_split(variant: Variant, dataset: Dataset) -> str:
    parts = list_closed_parts(variant.scenario.footprints, dataset)
    most = variant.scenario.footprints.count_window[1]
    if len(parts) <= most:
        return ""
    return (
        f"The map falls into {len(parts)} parts that no footprint crosses; at most {most} may be."
    )


def state_cause_in_arrays(system: System) -> str:
    """A cause that the arrays alone prove; empty when there is none."""
    return state_few_providers(system) or state_many_moves(system)


def state_few_providers(system: System) -> str:
    """A service forced local with fewer providers than its footprints need; empty when none.

    Each footprint that holds the service hosts ``min_providers`` of its own, so k footprints need
    k times as many. Says nothing where single ICBs may hold services instead.
    """
    arrays, fewest = system.services, system.scenario.footprints.count_window[0]
    if ICB in system.scenario.services.levels:
        return ""
    for s in np.flatnonzero(arrays.forced_local):
        hosted, needed = int(arrays.hosted[s].sum()), int(arrays.min_providers[s]) * fewest
        if hosted < needed:
            return (
                f"Service {arrays.codes[s]} is forced local and has {hosted} providers; "
                f"{fewest} footprints need {needed}."
            )
    return ""


def state_many_moves(system: System) -> str:
    """More moves than ``max_moved`` that the number of footprints alone asks for; empty when none.

    With at most k footprints, at most k of the baseline's keep ICBs: those of the k largest stay at
    best. Each footprint beyond the baseline's number takes at least one ICB that moves.
    """
    rules = system.scenario.footprints
    if rules.max_moved is None or system.baseline is None:
        return ""
    sizes = np.sort(np.bincount(system.baseline))[::-1]
    fewest, most = rules.count_window
    needed = count_moves_needed(sizes, fewest, most)
    if needed <= rules.max_moved:
        return ""
    needing = f"at most {most}" if int(sizes[most:].sum()) == needed else f"at least {fewest}"
    return (
        f"The baseline has {len(sizes)} footprints; {needing} of them move at least {needed} ICBs, and "
        f"at most {rules.max_moved} may."
    )


def count_moves_needed(sizes: Ints, fewest: int, most: int) -> int:
    """ICBs that leave their footprint at least, for the number of footprints alone.

    Args:
        sizes: ICBs of each footprint before, the largest first.
        fewest: footprints after, at least.
        most: footprints after, at most.
    """
    return max(int(sizes[most:].sum()), fewest - len(sizes), 0)


def list_known_plans(dataset: Dataset) -> list[Masks]:
    """The carried plans, one footprint for all, and one for each ICB."""
    place = {code: k for k, code in enumerate(dataset.icbs["icb"])}
    size = len(place)
    found = [
        as_masks([(1 << size) - 1], size),
        singletons(size),
    ]
    for plan in dataset.plans.values():
        groups = plan.groupby("footprint", sort=False)["icb"]
        masks = [sum(1 << place[code] for code in codes) for _, codes in groups]
        found.append(as_masks(masks, size))
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
