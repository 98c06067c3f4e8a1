"""The limit on travel to the lead ICB, for long lists."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimiser.arrays import Bools, Masks
from optimiser.footprints.candidates import singletons
from optimiser.footprints.compiled.lead_kernel import NEAR, UNSURE, judge_travel
from optimiser.footprints.compiled.threads import count_cores, run_threads
from optimiser.footprints.leads import FAR_MINUTES, score_leads, weighted_lead_score
from optimiser.footprints.system import System


def keep_near(system: System, masks: Masks, exact: Callable[[Masks], Bools]) -> Bools:
    """Which footprints have all members within the limit of the lead, (m,).

    Args:
        system: the arrays, with minutes.
        masks: the footprints.
        exact: the rule in Python, asked where rounding might choose another lead.
    """
    assert system.minutes is not None
    rules, minutes = system.scenario.lead, system.minutes
    components = score_leads(system, singletons(system.size))
    components |= {name: np.zeros_like(components["travel"]) for name in ("hosting", "travel")}
    own = np.diagonal(weighted_lead_score(system, components)).copy()
    weights = rules.hosting, rules.travel
    most = system.scenario.footprints.max_travel_minutes
    fate = np.empty(len(masks), np.int8)
    edges = np.linspace(0, len(masks), count_cores() + 1).astype(int)

    def part(k: int) -> None:
        few = slice(edges[k], edges[k + 1])
        judge_travel(
            masks[few],
            own,
            system.hosting_share,
            system.residents,
            minutes,
            weights,
            FAR_MINUTES,
            most,
            fate[few],
        )

    run_threads(part, range(len(edges) - 1))
    unsure = np.flatnonzero(fate == UNSURE)
    kept: Bools = np.asarray(fate == NEAR)
    kept[unsure] = exact(masks[unsure])
    return kept
