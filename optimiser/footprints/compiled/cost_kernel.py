"""Costs of sorted masks in compiled code: what two masks share is added up once.

Masks that follow each other in a sorted list share their last members, so what those measure is kept
on a stack, one row for each member, and only the members that differ are added anew.
"""

from __future__ import annotations

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros
from numpy.typing import NDArray

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.compiled.jit import compiled

NONE, ONE = np.uint64(0), np.uint64(1)
NOT_ALLOWED = 1e30
"""Stands for infinity: what is not allowed costs more than anything that is, and can still be added."""
ADDED, SCOPE, VARIANCE, PEOPLE, SHIFT, PAIRED = 0, 1, 2, 3, 4, 5
"""What is added up over members: fixed costs, in-scope spend and variance, people, the shift of money;
and over pairs of members."""
SPEND, BY_SD, BY_MIXING, LEAKAGE, BY_PEOPLE, HELD = 0, 1, 2, 3, 4, 5
LEAST_SPEND, LEAST_PROVIDERS, MOST_CV = 6, 7, 8
"""What a footprint pays for a service it holds, per £ of spend, times 1/SD, times the mixing of
residents, per £ of leakage, per resident, and for holding it; and its floors and ceiling."""


@compiled
def cost_masks(
    masks: Masks,
    delegated: Bools,
    out: NDArray[np.float32],
    of_icb: Floats,
    of_pair: Floats,
    commissioner: Ints,
    spend: Floats,
    pair_flow: Floats,
    hosted: Floats,
    elsewhere: Floats,
    group: Ints,
    rates: Floats,
    needs_delegation: Bools,
    shift_weight: float,
    each: float,
) -> None:
    """Cost of each mask at the best allowed level of every group of services.

    Args:
        masks: ascending, (m,).
        delegated: whether each may hold what needs full delegation, (m,).
        out: £m, (m,).
        of_icb: fixed cost, in-scope spend, variance, people and shift of each ICB, (n, 5).
        of_pair: fixed cost of each pair of members, and of each member with itself, (n, n).
        commissioner: of each ICB, (n,).
        spend: £m by ICB and service, (n, S).
        pair_flow: £m between two ICBs, both ways, (n, n, S).
        hosted: providers by ICB and service, (n, S).
        elsewhere: cost of each group where no footprint holds it, by other level, (A, n, G).
        group: place of each service's group, ascending, (S,).
        rates: what each service costs a footprint that holds it, (9, S).
        needs_delegation: of each service, (S,).
        shift_weight: £m per £m of shift left.
        each: £m for a footprint.
    """
    size, services = spend.shape
    levels, _, groups = elsewhere.shape
    sums = np.zeros((size + 1, 6))
    bought, kept = np.zeros((size + 1, services)), np.zeros((size + 1, services))
    there = np.zeros((size + 1, services))
    other = np.zeros((levels, size + 1, groups))
    people = np.zeros((size + 1, commissioner.max() + 1))
    squares = np.zeros(size + 1)
    members, height = np.zeros(size + 1, np.int64), 0
    one, best = np.zeros(services), np.zeros(groups)
    inside = NONE
    for row in range(len(masks)):
        mask = masks[row]
        changed = mask ^ inside
        # The last ICB of the map stands lowest on the stack: take off down to the last that differs.
        top = NONE
        while changed:
            top = changed
            changed &= changed - ONE
        while height and (ONE << np.uint64(members[height - 1])) <= top:
            height -= 1
        new = mask
        for k in range(height):
            new &= ~(ONE << np.uint64(members[k]))
        count = height
        left = new
        while left:
            left &= left - ONE
            count += 1
        place = count
        left = new
        while left:
            place -= 1
            members[place] = trailing_zeros(left)
            left &= left - ONE
        for k in range(height, count):
            i = members[k]
            for a in range(5):
                sums[k + 1, a] = sums[k, a] + of_icb[i, a]
            for s in range(services):
                bought[k + 1, s] = bought[k, s] + spend[i, s]
                there[k + 1, s] = there[k, s] + hosted[i, s]
                kept[k + 1, s] = kept[k, s] + pair_flow[i, i, s]
            paired = sums[k, PAIRED] + of_pair[i, i]
            for place in range(k):
                j = members[place]
                paired += of_pair[i, j]
                for s in range(services):
                    kept[k + 1, s] += pair_flow[i, j, s]
            sums[k + 1, PAIRED] = paired
            for level in range(levels):
                for g in range(groups):
                    other[level, k + 1, g] = other[level, k, g] + elsewhere[level, i, g]
            for c in range(people.shape[1]):
                people[k + 1, c] = people[k, c]
            c, heads = commissioner[i], of_icb[i, PEOPLE]
            squares[k + 1] = squares[k] + heads * (2 * people[k, c] + heads)
            people[k + 1, c] += heads
        height, inside = count, mask
        variance, scope, heads = sums[count, VARIANCE], sums[count, SCOPE], sums[count, PEOPLE]
        deviation = np.sqrt(variance)
        by_sd = 1 / deviation if deviation > 0 else 0.0
        relative = deviation / scope if scope > 0 else 0.0
        mixing = 1 - squares[count] / heads**2
        for s in range(services):
            money = bought[count, s]
            rate = rates[SPEND, s] + rates[BY_SD, s] * by_sd + rates[BY_MIXING, s] * mixing
            outside = max(money - kept[count, s], 0.0)
            held = rates[HELD, s] + rates[BY_PEOPLE, s] * heads
            one[s] = money * rate + rates[LEAKAGE, s] * outside + held
        for s in range(services):
            barred = (
                (bought[count, s] < rates[LEAST_SPEND, s])
                | (there[count, s] < rates[LEAST_PROVIDERS, s])
                | (relative > rates[MOST_CV, s])
            )
            one[s] = NOT_ALLOWED if barred else one[s]
        if not delegated[row]:
            for s in range(services):
                one[s] = NOT_ALLOWED if needs_delegation[s] else one[s]
        if groups == services:
            best[:] = one
        else:
            best[:] = 0.0
            for s in range(services):
                best[group[s]] += one[s]
        for level in range(levels):
            for g in range(groups):
                best[g] = min(best[g], other[level, count, g])
        total = each + sums[count, ADDED] + sums[count, PAIRED]
        total += shift_weight * abs(sums[count, SHIFT])
        out[row] = total + _add_up(best)


@compiled
def _add_up(values: Floats) -> float:
    """The sum, in four strands, which a processor adds side by side."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = len(values) // 4 * 4
    for k in range(0, whole, 4):
        a, b, c, d = a + values[k], b + values[k + 1], c + values[k + 2], d + values[k + 3]
    for k in range(whole, len(values)):
        a += values[k]
    return a + b + (c + d)
