"""Costs of sorted masks in compiled code: what two masks share is added up once.

Masks that follow each other in a sorted list share their last members, so what those measure is kept
on a stack, one row for each member, and only the members that differ are added anew.
"""

from __future__ import annotations

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros
from numpy.typing import NDArray

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.compiled.jit import compiled, inlined

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
    undelegated: Floats,
    shift_weight: float,
    each: float,
) -> None:
    """Cost of each mask at the best allowed level of every group of services.

    Args:
        masks: ascending, (m,).
        delegated: whether each is under full delegation, or nobody asks, (m,).
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
        undelegated: what each service costs more without full delegation, (S,).
        shift_weight: £m per £m of shift left.
        each: £m for a footprint.
    """
    (size, services), (levels, _, groups) = spend.shape, elsewhere.shape
    # What the first k members come to stands in row k.
    sums, squares = np.zeros((size + 1, 6)), np.zeros(size + 1)
    bought, kept = np.zeros((size + 1, services)), np.zeros((size + 1, services))
    there, other = np.zeros((size + 1, services)), np.zeros((levels, size + 1, groups))
    people = np.zeros((size + 1, commissioner.max() + 1))
    members, height, inside = np.zeros(size + 1, np.int64), 0, NONE
    one, best = np.zeros(services), np.zeros(groups)
    for row in range(len(masks)):
        height = _share(masks[row], inside, members, height)
        inside = masks[row]
        count = _list_members(inside, members, height)
        for k in range(height, count):
            _add_member(sums, people, squares, members, k, of_icb, of_pair, commissioner)
            _add_services(bought, kept, there, members, k, spend, pair_flow, hosted)
            i = members[k]
            for level in range(levels):
                for g in range(groups):
                    other[level, k + 1, g] = other[level, k, g] + elsewhere[level, i, g]
        height = count
        # As a step of its own what follows would take a quarter longer: it is the kernel's hot loop.
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
                one[s] += undelegated[s]
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


@inlined
def _share(mask: np.uint64, inside: np.uint64, members: Ints, height: int) -> int:
    """How many members of the last mask the next one shares, from the foot of the stack up.

    The last ICB of the map stands lowest on the stack: it is taken off down to the last that differs.
    """
    changed, top = mask ^ inside, NONE
    while changed:
        top = changed
        changed &= changed - ONE
    while height and (ONE << np.uint64(members[height - 1])) <= top:
        height -= 1
    return height


@inlined
def _list_members(mask: np.uint64, members: Ints, height: int) -> int:
    """Write a mask's other members above those on the stack, the last first; how many it has."""
    new = mask
    for k in range(height):
        new &= ~(ONE << np.uint64(members[k]))
    count, left = height, new
    while left:
        left &= left - ONE
        count += 1
    for place in range(count - 1, height - 1, -1):
        members[place] = trailing_zeros(new)
        new &= new - ONE
    return count


@inlined
def _add_member(
    sums: Floats,
    people: Floats,
    squares: Floats,
    members: Ints,
    k: int,
    of_icb: Floats,
    of_pair: Floats,
    commissioner: Ints,
) -> None:
    """Sums over the members, over pairs of them, and of squares of commissioners, with one more."""
    i = members[k]
    for a in range(5):
        sums[k + 1, a] = sums[k, a] + of_icb[i, a]
    paired = sums[k, PAIRED] + of_pair[i, i]
    for place in range(k):
        paired += of_pair[i, members[place]]
    sums[k + 1, PAIRED] = paired
    for c in range(people.shape[1]):
        people[k + 1, c] = people[k, c]
    c, heads = commissioner[i], of_icb[i, PEOPLE]
    squares[k + 1] = squares[k] + heads * (2 * people[k, c] + heads)
    people[k + 1, c] += heads


@inlined
def _add_services(
    bought: Floats,
    kept: Floats,
    there: Floats,
    members: Ints,
    k: int,
    spend: Floats,
    pair_flow: Floats,
    hosted: Floats,
) -> None:
    """What the services buy, what of it they keep, and their providers, with one member more."""
    i, services = members[k], spend.shape[1]
    for s in range(services):
        bought[k + 1, s] = bought[k, s] + spend[i, s]
        there[k + 1, s] = there[k, s] + hosted[i, s]
        kept[k + 1, s] = kept[k, s] + pair_flow[i, i, s]
    for place in range(k):
        j = members[place]
        for s in range(services):
            kept[k + 1, s] += pair_flow[i, j, s]


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
