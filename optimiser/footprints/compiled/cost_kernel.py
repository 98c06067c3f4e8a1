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

Stack = tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats]
"""What the first k members come to, in row k: the sums above, (n + 1, 6); by service what they buy, what
of it they keep and their providers, (n + 1, S) each; groups at other levels, (A, n + 1, G); people of
each commissioner, (n + 1, C); and the sum of squares of those, (n + 1,)."""


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
        undelegated: what each service costs more where it is not, (S,).
        shift_weight: £m per £m of shift left.
        each: £m for a footprint.
    """
    services, groups = spend.shape[1], elsewhere.shape[2]
    inside, height = NONE, 0
    stack = _open_stack(spend, elsewhere, commissioner)
    members = np.zeros(len(spend) + 1, np.int64)
    one, best = np.zeros(services), np.zeros(groups)
    for row in range(len(masks)):
        height = _share(masks[row], inside, members, height)
        inside = masks[row]
        count = _list_members(inside, members, height)
        for k in range(height, count):
            _add_member(stack, members, k, of_icb, of_pair, commissioner)
            _add_services(stack, members, k, spend, pair_flow, hosted, elsewhere)
        height = count
        _price_held(stack, count, rates, one)
        if not delegated[row]:
            for s in range(services):
                one[s] += undelegated[s]
        _choose_levels(one, stack[4], count, group, best)
        sums = stack[0][count]
        total = each + sums[ADDED] + sums[PAIRED] + shift_weight * abs(sums[SHIFT])
        out[row] = total + _add_up(best)


@compiled
def _open_stack(spend: Floats, elsewhere: Floats, commissioner: Ints) -> Stack:
    """A stack with room for all ICBs, nothing at its foot."""
    (size, services), (levels, _, groups) = spend.shape, elsewhere.shape
    rows = size + 1
    return (
        np.zeros((rows, 6)),
        np.zeros((rows, services)),
        np.zeros((rows, services)),
        np.zeros((rows, services)),
        np.zeros((levels, rows, groups)),
        np.zeros((rows, commissioner.max() + 1)),
        np.zeros(rows),
    )


@compiled
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


@compiled
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


@compiled
def _add_member(
    stack: Stack, members: Ints, k: int, of_icb: Floats, of_pair: Floats, commissioner: Ints
) -> None:
    """Sums over the members, and over pairs of them, with one member more."""
    sums, _, _, _, _, people, squares = stack
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


@compiled
def _add_services(
    stack: Stack,
    members: Ints,
    k: int,
    spend: Floats,
    pair_flow: Floats,
    hosted: Floats,
    elsewhere: Floats,
) -> None:
    """What the services come to with one member more."""
    _, bought, kept, there, other, _, _ = stack
    i, (levels, _, groups) = members[k], other.shape
    for s in range(spend.shape[1]):
        bought[k + 1, s] = bought[k, s] + spend[i, s]
        there[k + 1, s] = there[k, s] + hosted[i, s]
        kept[k + 1, s] = kept[k, s] + pair_flow[i, i, s]
    for place in range(k):
        j = members[place]
        for s in range(spend.shape[1]):
            kept[k + 1, s] += pair_flow[i, j, s]
    for level in range(levels):
        for g in range(groups):
            other[level, k + 1, g] = other[level, k, g] + elsewhere[level, i, g]


@compiled
def _price_held(stack: Stack, count: int, rates: Floats, one: Floats) -> None:
    """What each service costs a footprint of so many members that holds it, where it may."""
    sums, bought, kept, there, _, _, squares = stack
    variance, scope, heads = sums[count, VARIANCE], sums[count, SCOPE], sums[count, PEOPLE]
    deviation = np.sqrt(variance)
    by_sd = 1 / deviation if deviation > 0 else 0.0
    relative = deviation / scope if scope > 0 else 0.0
    mixing = 1 - squares[count] / heads**2
    for s in range(len(one)):
        money = bought[count, s]
        rate = rates[SPEND, s] + rates[BY_SD, s] * by_sd + rates[BY_MIXING, s] * mixing
        outside = max(money - kept[count, s], 0.0)
        held = rates[HELD, s] + rates[BY_PEOPLE, s] * heads
        one[s] = money * rate + rates[LEAKAGE, s] * outside + held
    for s in range(len(one)):
        barred = (
            (bought[count, s] < rates[LEAST_SPEND, s])
            | (there[count, s] < rates[LEAST_PROVIDERS, s])
            | (relative > rates[MOST_CV, s])
        )
        one[s] = NOT_ALLOWED if barred else one[s]


@compiled
def _choose_levels(one: Floats, other: Floats, count: int, group: Ints, best: Floats) -> None:
    """The least that each group of services costs at any level."""
    if len(best) == len(one):
        best[:] = one
    else:
        best[:] = 0.0
        for s in range(len(one)):
            best[group[s]] += one[s]
    for level in range(len(other)):
        for g in range(len(best)):
            best[g] = min(best[g], other[level, count, g])


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
