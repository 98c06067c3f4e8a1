"""Who leads each footprint of a long list, and the limit on travel to the lead, in compiled code."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros
from numpy.typing import NDArray

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.candidates import singletons
from optimiser.footprints.compiled.jit import compiled, inlined
from optimiser.footprints.compiled.machine import run_slices
from optimiser.footprints.leads import FAR_MINUTES, score_leads, weighted_lead_score
from optimiser.footprints.system import System

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
        while left:
            members[count] = trailing_zeros(left)
            left &= left - ONE
            count += 1
        inside = members[:count]
        best = _score_members(inside, own, hosting, people, minutes, weights, far, score)
        within, beyond = False, False
        for a in range(count):
            if score[a] >= best - TIE * max(1.0, abs(best)):
                keeps = True
                for i in inside:
                    keeps &= minutes[i, inside[a]] <= most
                within |= keeps
                beyond |= not keeps
        out[row] = (UNSURE if beyond else NEAR) if within else FAR


@inlined
def _score_members(
    members: Ints,
    own: Floats,
    hosting: Floats,
    people: Floats,
    minutes: Floats,
    weights: tuple[float, float],
    far: float,
    score: Floats,
) -> float:
    """Write the score of each member as the lead of all; the best of them."""
    hosted, heads, best = 0.0, 0.0, -np.inf
    for i in members:
        hosted += hosting[i]
        heads += people[i]
    for a in range(len(members)):
        i, load = members[a], 0.0
        for j in members:
            load += people[j] * minutes[j, i]
        near = min(max(1 - load / heads / far, 0.0), 1.0)
        score[a] = own[i] + weights[0] * hosting[i] / max(hosted, 1e-12) + weights[1] * near
        best = max(best, score[a])
    return best


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

    def part(few: slice) -> None:
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

    run_slices(part, len(masks))
    unsure = np.flatnonzero(fate == UNSURE)
    kept: Bools = np.asarray(fate == NEAR)
    kept[unsure] = exact(masks[unsure])
    return kept
