"""What it would take: the fewest increases of PDAF scores that let a footprint reach a mode.

An increase lifts one ICB's score in one domain, to 4 at most. Fewest increases come first, then fewest
score points in all. Domains do not touch each other where scores are averaged or the weakest counts,
so each is settled alone and the whole is still the smallest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimiser.arrays import Floats
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.leads import (
    find_leads,
    furthest_minutes,
    score_leads,
    weighted_lead_score,
)
from optimiser.footprints.measures import DELEGATED, measure_modes
from optimiser.footprints.system import System

HIGHEST = 4.0
"""The best PDAF score."""
SLACK = 1e-9
"""A score this little below a threshold meets it, as in the engine's own measure."""
OVERTAKING_POINTS = 1e-6
"""Points beyond a tie in lead score by which another ICB is lifted into the lead."""


@dataclass(frozen=True)
class Increase:
    """One score that goes up.

    Attributes:
        icb: index of the ICB.
        domain: index of the PDAF domain.
        before: the score now.
        after: the score asked for.
    """

    icb: int
    domain: int
    before: float
    after: float

    @property
    def points(self) -> float:
        """By how much it goes up."""
        return self.after - self.before


Increases = tuple[Increase, ...]


def measure_effort(increases: Increases) -> tuple[int, float]:
    """Number of increases and score points in all: less is better, in this order."""
    return len(increases), sum(increase.points for increase in increases)


def find_increases(system: System, mask: int, mode: int) -> Increases | None:
    """The smallest set of increases by which a footprint reaches at least a mode.

    Args:
        system: the arrays, with readiness scores.
        mask: the footprint.
        mode: ``JOINT`` or ``DELEGATED``, see :mod:`optimiser.footprints.measures`.

    Returns:
        the increases, none where the mode is reached already; None where no increases can reach it.
    """
    if system.readiness is None or measure_modes(system, _one(system, mask))[0] >= mode:
        return ()
    asked = [system.delegated] if mode == DELEGATED else [system.joint, system.delegated]
    found = [_find_to_thresholds(system, mask, thresholds) for thresholds in asked]
    return min(
        (increases for increases in found if increases is not None),
        key=measure_effort,
        default=None,
    )


def raise_scores(system: System, increases: Increases) -> System:
    """The same system with the increases made."""
    assert system.readiness is not None
    scores = system.readiness.copy()
    for increase in increases:
        scores[increase.icb, increase.domain] = increase.after
    return replace(system, readiness=scores)


def _one(system: System, mask: int) -> np.ndarray:
    return as_masks([mask], system.size)


def _members(system: System, mask: int) -> list[int]:
    return [i for i in range(system.size) if mask >> i & 1]


def _find_to_thresholds(system: System, mask: int, thresholds: Floats) -> Increases | None:
    how = system.scenario.readiness.aggregate
    if how == "lead":
        return _increases_of_lead(system, mask, thresholds)
    assert system.readiness is not None
    members = _members(system, mask)
    people = system.residents[members]
    found: list[Increase] = []
    for d, threshold in enumerate(thresholds):
        scores = system.readiness[members, d]
        if how == "weakest":
            points = _lift_weakest(scores, threshold)
        else:
            points = lift_average(people, scores, threshold)
        if points is None:
            return None
        found += _as_increases(members, d, scores, points)
    return tuple(found)


def _as_increases(members: Sequence[int], d: int, scores: Floats, points: Floats) -> list[Increase]:
    return [
        Increase(i, d, float(score), min(float(score + more), HIGHEST))
        for i, score, more in zip(members, scores, points, strict=True)
        if more > 0
    ]


def _lift_weakest(scores: Floats, threshold: float) -> Floats | None:
    """Every member below the threshold must go up to it; there is no other way."""
    if threshold > HIGHEST + SLACK:
        return None
    return np.where(scores + SLACK < threshold, threshold - scores, 0.0)


def lift_average(people: Floats, scores: Floats, threshold: float) -> Floats | None:
    """Smallest increases of one domain that bring the average, weighted by people, to a threshold.

    The average is short by gap = Σ people · (threshold - score). A member can fill at most
    people · (4 - score) of it. The fewest members are as many of the largest fillers as it takes, k.
    Of all k members that can fill the gap, those are best whose points are fewest: with j the least
    populous of them, the others go up all the way and j fills what is left, because a point fills more
    gap where more people are. So for each j the k - 1 others are searched that save the most points,
    Σ (4 - score)(people - people[j]) / people[j], and fill enough.

    Args:
        people: residents of the members, (n,).
        scores: their scores, (n,).
        threshold: least average.

    Returns:
        points by which each member goes up, (n,); None where even 4 everywhere is too low.
    """
    total = people.sum()
    gap = float(people @ (threshold - scores))
    points = np.zeros(len(people))
    if gap <= SLACK * total:
        return points
    room = np.maximum(HIGHEST - scores, 0.0)
    fills = people * room
    reach = np.cumsum(np.sort(fills)[::-1])
    enough = np.flatnonzero(reach >= gap - SLACK * total)
    if not len(enough):
        return None
    others, last = _pick_members(people, room, gap - SLACK * total, int(enough[0]))
    points[others] = room[others]
    points[last] = min((gap - float(fills[others].sum())) / people[last], room[last])
    return points


def _pick_members(people: Floats, room: Floats, gap: float, count: int) -> tuple[list[int], int]:
    """The ``count`` members that go up to 4 and the last one that fills the rest of the gap."""
    fills, found = people * room, list[tuple[float, list[int], int]]()
    for last in np.flatnonzero(room > 0).tolist():
        larger = [
            i for i in np.flatnonzero(room > 0).tolist() if (people[i], i) > (people[last], last)
        ]
        saved = {i: float(room[i] * (people[i] - people[last]) / people[last]) for i in larger}
        others = _search(larger, saved, fills, gap - float(fills[last]), count)
        if others is not None:
            points = gap / people[last] - sum(saved[i] for i in others)
            found.append((float(points), others, last))
    _, others, last = min(found, key=lambda one: one[0])
    return others, last


def _search(
    members: Sequence[int], saved: dict[int, float], fills: Floats, least: float, count: int
) -> list[int] | None:
    """The ``count`` members that save the most points and fill at least ``least``, exactly.

    Depth first over members by falling savings; a branch is left when the best it could still
    save is no better than what is found, or the most it could still fill is too little.
    """
    order = sorted(members, key=lambda i: (-saved[i], i))
    best: tuple[float, list[int]] | None = None

    def go(start: int, chosen: list[int], value: float, filled: float) -> None:
        nonlocal best
        missing = count - len(chosen)
        if missing == 0:
            if filled >= least and (best is None or value > best[0]):
                best = (value, chosen)
            return
        rest = order[start:]
        if len(rest) < missing:
            return
        most_saved = value + sum(saved[i] for i in rest[:missing])
        most_filled = filled + sum(sorted((float(fills[i]) for i in rest), reverse=True)[:missing])
        if most_filled < least or (best is not None and most_saved <= best[0]):
            return
        i = rest[0]
        go(start + 1, [*chosen, i], value + saved[i], filled + float(fills[i]))
        go(start + 1, chosen, value, filled)

    go(0, [], 0.0, 0.0)
    return None if best is None else best[1]


def _increases_of_lead(system: System, mask: int, thresholds: Floats) -> Increases | None:
    """Increases of one member that leads, or is lifted into the lead, and then meets every threshold.

    Increases of the present lead keep it in the lead. Another member takes the lead when the mean of its
    scores, and with it its lead score, has risen far enough; that may take fewer increases.
    """
    lead = int(find_leads(system, _one(system, mask))[0])
    found = []
    for i in _members(system, mask):
        points = _points_to_lead(system, mask, lead, i)
        increases = _lift_one(system, i, thresholds, points) if np.isfinite(points) else None
        if increases is not None:
            found.append((*measure_effort(increases), i != lead, i, increases))
    return min(found)[-1] if found else None


def _points_to_lead(system: System, mask: int, lead: int, i: int) -> float:
    """Score points, over all domains, that make a member the lead; infinite where none can."""
    if i == lead:
        return 0.0
    weight = system.scenario.lead.readiness
    leads = np.array([i], dtype=np.int64)
    most = system.scenario.footprints.max_travel_minutes
    if weight == 0 or furthest_minutes(system, _one(system, mask), leads)[0] > most:
        return float("inf")
    score = weighted_lead_score(system, score_leads(system, _one(system, mask)))[0]
    each_point = weight / HIGHEST / len(system.joint)
    return float(score[lead] - score[i]) / each_point + OVERTAKING_POINTS


def _lift_one(system: System, i: int, thresholds: Floats, points: float) -> Increases | None:
    """Increases of one ICB to every threshold, and further until they are this many points in all."""
    assert system.readiness is not None
    scores = system.readiness[i]
    if (thresholds > HIGHEST + SLACK).any():
        return None
    after = np.where(scores + SLACK < thresholds, thresholds, scores)
    more = points - float((after - scores).sum())
    raised = after > scores
    for d in sorted(range(len(scores)), key=lambda d: (not raised[d], after[d], d)):
        step = min(max(more, 0.0), HIGHEST - after[d])
        after[d] += step
        more -= step
    if more > SLACK:
        return None
    return tuple(
        Increase(i, d, float(scores[d]), float(after[d]))
        for d in range(len(scores))
        if after[d] > scores[d]
    )


def find_lead_after(system: System, mask: int, increases: Increases) -> int:
    """Index of the ICB that leads once the increases are made."""
    raised = raise_scores(system, increases) if increases else system
    return int(find_leads(raised, _one(raised, mask))[0])
