"""Causes that sums or the map alone prove, before any footprint is listed."""

from __future__ import annotations

import numpy as np

from optimiser.footprints.levels import ICB
from optimiser.footprints.system import System
from optimiser.inputs.checks.scenario import check_groups
from optimiser.inputs.checks.windows import check_windows, list_closed_parts
from optimiser.inputs.dataset import Dataset
from optimiser.questions.explain.candidate_lists import Variant


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
    needed = max(int(sizes[most:].sum()), fewest - len(sizes))
    if needed <= rules.max_moved:
        return ""
    needing = f"at most {most}" if int(sizes[most:].sum()) == needed else f"at least {fewest}"
    return (
        f"The baseline has {len(sizes)} footprints; {needing} of them move at least {needed} ICBs, and "
        f"at most {rules.max_moved} may."
    )
