"""Who leads a footprint, and how far its members are, in compiled code."""

from __future__ import annotations

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros
from numpy.typing import NDArray

from optimiser.arrays import Floats, Masks
from optimiser.footprints.compiled.jit import compiled

ONE = np.uint64(1)
FAR, NEAR, UNSURE = 0, 1, 2
"""Whether all members are within the limit of the lead; unsure where two would lead but for rounding."""
TIE = 1e-9
"""Scores nearer than this may change places by the order in which they are added up."""


@compiled
def judge_travel(
    masks: Masks,
    own: Floats,
    hosting: Floats,
    people: Floats,
    minutes: Floats,
    weights: tuple[float, float],
    far: float,
    most: float,
    out: NDArray[np.int8],
) -> None:
    """Whether every member of each footprint is within the limit of its lead.

    The score is that of :func:`optimiser.footprints.leads.weighted_lead_score`.

    Args:
        masks: the footprints, (m,).
        own: what an ICB scores wherever it is, (n,).
        hosting: share of income hosted, (n,).
        people: residents, (n,).
        minutes: travel from residents of i to j, (n, n).
        weights: of hosting and of nearness.
        far: mean minutes at which nearness is nothing.
        most: minutes to the lead.
        out: FAR, NEAR or UNSURE, (m,).
    """
    members, score = np.zeros(64, np.int64), np.zeros(64)
    for row in range(len(masks)):
        count, left = 0, masks[row]
        hosted, heads = 0.0, 0.0
        while left:
            members[count] = trailing_zeros(left)
            left &= left - ONE
            hosted += hosting[members[count]]
            heads += people[members[count]]
            count += 1
        best = -np.inf
        for a in range(count):
            i, load = members[a], 0.0
            for b in range(count):
                load += people[members[b]] * minutes[members[b], i]
            near = min(max(1 - load / heads / far, 0.0), 1.0)
            score[a] = own[i] + weights[0] * hosting[i] / max(hosted, 1e-12) + weights[1] * near
            best = max(best, score[a])
        within, beyond = False, False
        for a in range(count):
            if score[a] >= best - TIE * max(1.0, abs(best)):
                keeps = True
                for b in range(count):
                    keeps &= minutes[members[b], members[a]] <= most
                within |= keeps
                beyond |= not keeps
        out[row] = (UNSURE if beyond else NEAR) if within else FAR
