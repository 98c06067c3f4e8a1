"""The proof of a run whose candidates were never listed: the search made anew without a solver.

The prices of the certificate bound every plan by what each footprint saves at them. The footprints that
save most, and all that a plan below the claim could use, are searched for as the engine does
(:mod:`optimiser.footprints.unlisted`); how they fit together is looked at as for any other run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Masks
from optimiser.deadline import Deadline
from optimiser.footprints.system import System
from optimiser.proof.verify.bound import Bounding, Prices, baseline_masks, measure_bound
from optimiser.tolerances import CLOSE, size_of

SECONDS = 600.0
"""After which a search gives up: as long as a solve may take by default."""
MOST_FOUND = 20_000
"""Footprints above which no search of their divisions would end: as for listed candidates."""


@dataclass(frozen=True)
class Searched:
    """What a search without a solver found.

    Attributes:
        bound: no plan costs less, £m; or None where the search did not end.
        masks: every footprint that a plan below the claim could use; or None where there are too many.
        bounding: what the prices prove of those.
    """

    bound: float | None
    masks: Masks | None = None
    bounding: Bounding | None = None


def search_anew(system: System, prices: Prices, claim: float) -> Searched:
    """The bound that the prices prove over every footprint, and those that a better plan could use."""
    from optimiser.footprints.unlisted.pricing import RowPrices, build_unlisted, search_all

    unlisted = build_unlisted(system, baseline_masks(system))
    hunt = unlisted.at(
        RowPrices(
            prices.icb,
            prices.count,
            prices.kept,
            prices.baseline,
            prices.triples,
            prices.triple_prices,
        )
    )
    deadline, slack = Deadline.after(SECONDS), CLOSE * size_of(claim)
    least = search_all(unlisted, hunt, 0.0, deadline, narrow=1)
    if not least.complete:
        return Searched(None)
    earned = measure_bound(system, unlisted.masks(least.sets[:0]), prices).earned
    most = min(system.scenario.footprints.count_window[1], system.size)
    saving = np.minimum(np.sort(least.least)[:most], 0.0)
    bound = earned + float(saving.sum())
    if claim - slack <= bound:
        return Searched(bound)
    # A plan below the claim with a footprint of reduced cost r: the others save at most what they can.
    room = claim - slack - bound
    found = search_all(unlisted, hunt, room, deadline, most=MOST_FOUND)
    if not found.complete:
        return Searched(bound)
    masks = np.sort(unlisted.masks(found.sets))
    return Searched(bound, masks, measure_bound(system, masks, prices))
