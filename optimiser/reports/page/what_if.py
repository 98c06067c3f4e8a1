"""What the page carries so that its reader can move ICBs: the figures that a grouping adds up from."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimiser.footprints.system import System, build_system
from optimiser.inputs.dataset import Dataset
from optimiser.proof.verify.checking import scenario_of
from optimiser.reports.atlas import Atlas
from optimiser.reports.ground import is_whole
from optimiser.reports.tracing import Ground
from optimiser.runs.compare import Comparison


def carry_figures(
    comparison: Comparison, dataset: Dataset, atlas: Atlas, ground: Ground
) -> dict[str, Any] | None:
    """Figures by ICB and by pair of ICBs, from which the page adds up any grouping.

    A footprint's residents and spend are sums over its ICBs; what is treated outside it is its in-scope
    spend less what its ICBs spend at each other's providers: the engine's own definition.

    Args:
        comparison: the runs; the first one's scenario says what is in scope and who are neighbours.
        dataset: the inputs they rest on.
        atlas: the ground.
        ground: the same in units of the map.

    Returns:
        None where an input is no longer what the runs rest on: the figures would not be the engine's.
    """
    if not is_whole(dataset, comparison):
        return None
    scenario = scenario_of(comparison.runs[0].manifest, dataset.folder)
    system = build_system(dataset, scenario)
    return {
        "icbs": list(system.icbs),
        "population": system.residents.tolist(),
        "spend": system.services.spend_m.sum(axis=0).tolist(),
        "scope": system.scope_spend_m.tolist(),
        "kept": _list_kept(system),
        "near": _list_near(system),
        "contiguous": scenario.footprints.contiguous,
        "anchors": [ground.place(*atlas.anchor([icb])) for icb in system.icbs],
        "crowded": [icb in atlas.crowded for icb in system.icbs],
    }


def _list_kept(system: System) -> list[list[float]]:
    """In-scope spend between each two ICBs, both ways, and within each: i, j, £m a year."""
    table = system.scope_pairs_m.reshape(system.size, system.size)
    return [[int(i), int(j), float(table[i, j])] for i, j in np.argwhere(table > 0)]


def _list_near(system: System) -> list[list[int]]:
    places = range(system.size)
    return [[j for j in places if int(system.neighbours[i]) >> j & 1] for i in places]
