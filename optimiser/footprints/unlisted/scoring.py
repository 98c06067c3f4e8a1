"""What a footprint costs and which rules it breaks, in compiled code, from its vector of sums."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Bools, Floats, Ints
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.leads import FAR_MINUTES
from optimiser.footprints.rules import EXACT
from optimiser.footprints.unlisted.tables import (
    DOMAINS,
    FIXED,
    LEVELS,
    MEMBERS,
    NEVER_M,
    READY,
    RESIDENTS,
    SHIFT,
    SPEND,
    VARIANCE,
    Tables,
)

WEAKEST, LEAD = 1, 2


@compiled
def add_atom(x: Floats, t: Tables, i: int, members: Ints, count: int, sign: float) -> None:
    """Add an atom to a footprint's vector (sign 1), or take it off (-1); ``members`` are the others."""
    groups = len(t.holding)
    for w in range(len(x)):
        x[w] += sign * t.linear[i, w]
    for k in range(count):
        j = members[k]
        x[FIXED] -= sign * t.pair[i, j, 0]
        for g in range(groups):
            x[LEVELS + g] -= sign * t.pair[i, j, g + 1]


@compiled
def mixing(x: Floats, t: Tables) -> float:
    """D(F): the chance that two residents have different commissioners."""
    start = LEVELS + 4 * len(t.holding) + 2 * len(t.group)
    total = 0.0
    for c in range(start, len(x)):
        total += x[c] * x[c]
    return float(1.0 - total / (x[RESIDENTS] * x[RESIDENTS]))


@compiled
def outside_window(x: Floats, t: Tables, single: bool) -> float:
    """How far a footprint is outside its windows, as shares of the limits; 0 is inside."""
    found = 0.0
    for k in range(3):
        least, most, value = t.window[k, 0], t.window[k, 1], x[MEMBERS + k]
        if value > most:
            found += (value - most) / most
        if value < least and not single:
            found += (least - value) / least
    return found


@compiled
def list_areas(t: Tables, members: Ints, count: int, areas: Ints) -> int:
    """Write the areas of some atoms to ``areas``; returns how many."""
    size = 0
    for k in range(count):
        for i in t.areas[members[k]]:
            if i >= 0:
                areas[size] = i
                size += 1
    return size


@compiled
def find_lead(t: Tables, areas: Ints) -> int:
    """The area with the best lead score; ties go to the first area of the dataset."""
    hosted, people = 1e-12, 0.0
    for i in areas:
        hosted += t.lead[i, 1]
        people += t.people[i]
    best, lead = -np.inf, -1
    for i in areas:
        score = t.lead[i, 0] + t.hosting * t.lead[i, 1] / hosted
        if t.nearness > 0:
            load = 0.0
            for j in areas:
                load += t.people[j] * t.minutes[j, i]
            score += t.nearness * min(max(1.0 - load / people / FAR_MINUTES, 0.0), 1.0)
        if score > best or (score == best and i < lead):
            best, lead = score, i
    return lead


@compiled
def is_ready(x: Floats, t: Tables, areas: Ints, which: int) -> bool:
    """Whether a footprint is ready for a joint committee (0) or for full delegation (1)."""
    lead = find_lead(t, areas) if t.aggregate == LEAD else 0
    for d in range(DOMAINS):
        score = x[READY + d] / x[RESIDENTS]
        if t.aggregate == LEAD:
            score = t.scores[lead, d]
        elif t.aggregate == WEAKEST:
            score = np.inf
            for i in areas:
                score = min(score, t.scores[i, d])
        if score < t.thresholds[which, d]:
            return False
    return True


@compiled
def breaks_rules(x: Floats, t: Tables, members: Ints, count: int) -> bool:
    """Whether a connected footprint inside its windows breaks another rule of one footprint."""
    for g in range(len(t.whole)):
        held, asked = 0, 0
        for i in range(t.whole.shape[1]):
            asked += t.whole[g, i]
        for k in range(count):
            held += t.whole[g, members[k]]
        if 0 < held < asked:
            return True
    if not (t.ready or t.least_border > 0 or t.most_minutes < np.inf):
        return False
    room = np.empty(int(x[MEMBERS] + 0.5), np.int64)
    areas = room[: list_areas(t, members, count, room)]
    if t.ready and not is_ready(x, t, areas, 0):
        return True
    if t.least_border > 0 and len(areas) > 1 and has_arm(t, areas):
        return True
    if t.most_minutes < np.inf and len(t.minutes):
        lead = find_lead(t, areas)
        for i in areas:
            if t.minutes[i, lead] > t.most_minutes:
                return True
    return False


@compiled
def has_arm(t: Tables, areas: Ints) -> bool:
    """Whether a member shares too little of its border with its fellows."""
    for i in areas:
        whole = t.border[i].sum()
        shared = 0.0
        for j in areas:
            shared += t.border[i, j]
        least = t.least_border * whole
        if shared < least - EXACT * max(1.0, least):
            return True
    return False


@compiled
def score(x: Floats, t: Tables, members: Ints, count: int) -> float:
    """Cost of a footprint at the best allowed level of every service, £m; ``NEVER_M`` or more if none.

    As :meth:`optimiser.footprints.costs.CandidateCosts.priced`, floors of each footprint apart.
    """
    groups, services = len(t.holding), len(t.group)
    spend = LEVELS + 4 * groups
    sd = np.sqrt(max(x[VARIANCE], 0.0))
    by_sd, mixed = 1.0 / sd if sd > 0 else 0.0, mixing(x, t)
    may_hold, may_lead = np.full(groups, t.held), t.leading < NEVER_M
    delegated = True
    if t.ready:
        room = np.empty(int(x[MEMBERS] + 0.5), np.int64)
        delegated = is_ready(x, t, room[: list_areas(t, members, count, room)], 1)
    cv = sd / x[SPEND] if x[SPEND] > 0 else 0.0
    for s in range(services):
        if (
            x[spend + s] < t.least_spend[s]
            or x[spend + services + s] < t.least_providers[s] - 0.5
            or cv > t.most_cv[s]
        ):
            may_hold[t.group[s]] = may_lead[t.group[s]] = False
        if t.delegation[s] and not delegated:
            may_hold[t.group[s]] = False
    cost = x[FIXED] + t.committee + t.shift * abs(x[SHIFT])
    for g in range(groups):
        best = x[LEVELS + 3 * groups + g]
        at = LEVELS + g
        held = x[at] + x[at + groups] * by_sd + x[at + 2 * groups] * mixed
        if may_hold[g]:
            best = min(best, held + t.holding[g])
        if may_lead[g]:
            best = min(best, held + t.leading[g])
        cost += best
    return float(cost)


@compiled
def is_connected(t: Tables, members: Ints, count: int, queue: Ints, seen: Bools) -> bool:
    """Whether some atoms hang together; ``queue`` and ``seen`` (all False) are room to work in."""
    if count <= 1:
        return True
    for k in range(count):
        seen[members[k]] = True
    queue[0], head, tail = members[0], 0, 1
    seen[members[0]] = False
    while head < tail:
        for j in t.links[queue[head]]:
            if j >= 0 and seen[j]:
                seen[j] = False
                queue[tail] = j
                tail += 1
        head += 1
    for k in range(count):
        seen[members[k]] = False
    return tail == count
