"""The walk through all connected sets in compiled code: each is met once, from its first member on.

A set grows from its root by neighbours; a neighbour is taken now or passed over for good, so no set is
met twice. Beside the set stand what it has passed over, what it must still take, and who may lead it.
Compiled functions are not seen by the coverage of tests; the tests compare what they return with the
same lists made in Python.
"""

from __future__ import annotations

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.compiled.jit import compiled, inlined

NONE, ONE = np.uint64(0), np.uint64(1)
DEAD, GROWS, STANDS = 0, 1, 2
"""What comes of a set: nothing larger can stand either; it may grow; it is a candidate itself."""
ROOT, TOP, TURN, MET = 0, 1, 2, 3
"""What the walk keeps between calls: next root, height of the stack, sets shared out, sets met."""
SPLIT = 4
"""Members at which sets are shared out among the parts of the walk: some thousands of sets, enough for
even parts, few enough that walking to them in every part costs nothing."""
SLACK = 1e-6
"""By how much a number of footprints that fit is rounded in their favour: nothing but rounding."""

Land = tuple[Masks, Masks, Masks, Masks, Floats, Floats, Floats, np.uint64]
"""What a walk reads: for each ICB its neighbours, whom it may not be with, whom it must be with, and who
may lead a footprint that holds it, as masks, (n,) each; its people, millions, and in-scope spend, £m,
(n,) each; floors and ceilings of a footprint, and how many others there may be, (8,); and the ICBs that
may be a footprint alone, below the floors."""
FEWEST, MOST, LEAST_PEOPLE, MOST_PEOPLE, LEAST_SPEND, MOST_SPEND = 0, 1, 2, 3, 4, 5
FEWEST_OTHERS, MOST_OTHERS = 6, 7
"""Where a floor or ceiling stands among the limits of a walk."""


@compiled
def walk(
    land: Land,
    part: tuple[int, int],
    stack: Masks,
    held: Floats,
    state: Ints,
    out: Masks,
    quota: int,
) -> int:
    """Go on with a walk until ``out`` is full, so many sets are met or all are; returns sets listed.

    Args:
        land: what it reads.
        part: which part of the walk of how many.
        stack: set, passed over, needed, leads, and frontier, (n + 2, 5).
        held: members, people, spend, and whether the rest is in one piece, (n + 3, 4); the last row
            is of all ICBs.
        state: root, height, turn and sets met; all 0 to begin with, (4,).
        out: what was listed, masks.
        quota: sets to meet before returning.
    """
    near, apart, needs, leads, people, spend, limits, _ = land
    size, found, stop = len(near), 0, state[MET] + quota
    whole = _first(size)
    held[0, :3], held[0, 3] = 0.0, _is_one_piece(whole, near)
    held[-1, 0], held[-1, 1], held[-1, 2] = size, people.sum(), spend.sum()
    while state[MET] < stop and found < len(out):
        if state[TOP] == 0:
            if state[ROOT] == size:
                break
            _start_root(stack, state, whole)
        top = state[TOP] - 1
        inside, passed, frontier = stack[top, 0], stack[top, 1], stack[top, 4]
        if frontier == NONE:
            state[TOP] = top
            continue
        # First what comes of passing it over, in the same place of the stack; then the set with it.
        v = _pass_over(stack, top)
        here = ONE << v
        sums = held[top, 0] + 1, held[top, 1] + people[v], held[top, 2] + spend[v]
        if apart[v] & inside or not _fits(sums, limits):
            continue
        state[MET] += 1
        if sums[0] == SPLIT and not _is_mine(state, part):
            continue
        grown, gone = inside | here, passed | apart[v]
        needed, led = stack[top, 2] | needs[v], stack[top, 3] & leads[v]
        one = held[top, 3] > 0 and _is_one_piece(near[v] & whole & ~grown, near)
        fate, needed, one = _judge(grown, gone, needed, led, sums, one, held[-1], land)
        if fate == DEAD:
            continue
        if fate == STANDS and (sums[0] >= SPLIT or part[0] == 0):
            out[found] = grown
            found += 1
        top += 1
        held[top, 0], held[top, 1], held[top, 2], held[top, 3] = sums[0], sums[1], sums[2], one
        stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3] = grown, gone, needed, led
        stack[top, 4] = ((frontier ^ here) | near[v]) & ~grown & ~gone
        state[TOP] = top + 1
    return found


@inlined
def _start_root(stack: Masks, state: Ints, whole: np.uint64) -> None:
    """The next root at the foot of the stack: nothing in the set, all earlier ICBs passed over."""
    here = ONE << np.uint64(state[ROOT])
    state[ROOT] += 1
    state[TOP] = 1
    stack[0, 0], stack[0, 1], stack[0, 2] = NONE, here - ONE, NONE
    stack[0, 3], stack[0, 4] = whole, here


@inlined
def _pass_over(stack: Masks, top: int) -> int:
    """Pass the first ICB of the frontier over for good, where the set can do without; which it is."""
    v = trailing_zeros(stack[top, 4])
    here = ONE << v
    stack[top, 1] |= here
    stack[top, 4] ^= here
    if stack[top, 0] == NONE or stack[top, 2] & here or not stack[top, 3] & ~stack[top, 1]:
        stack[top, 4] = NONE
    return v  # type: ignore[no-any-return]  # of compiled code


@inlined
def _is_mine(state: Ints, part: tuple[int, int]) -> bool:
    """Whether the set whose turn it is belongs to this part of the walk."""
    state[TURN] += 1
    return bool(state[TURN] % part[1] == part[0])


@compiled
def probe(land: Land, root: int, drawn: Floats) -> tuple[float, float]:
    """How many sets of a root stand, estimated by random descents (Knuth 1975), and its variance.

    A descent chooses among the sets that one more ICB makes, each as likely, and counts what it meets
    as many times as there were choices on its way.

    Args:
        land: what a walk reads.
        root: the first member.
        drawn: numbers within 0-1, a row for each descent, (d, n).
    """
    near, apart, needs, leads, people, spend, _, _ = land
    size = len(near)
    every = np.array([size, people.sum(), spend.sum()])
    fates, choices = np.zeros(size, np.int64), np.zeros(size, np.int64)
    mean, square, draws = 0.0, 0.0, len(drawn)
    for draw in range(draws):
        frontier = ONE << np.uint64(root)
        inside, passed, needed, led = NONE, frontier - ONE, NONE, _first(size)
        count, factor, members, heads, money = 0.0, 1.0, 0.0, 0.0, 0.0
        while frontier:
            sets, sums = (frontier, inside, passed, needed, led), (members, heads, money)
            found = _list_choices(sets, sums, every, land, fates, choices)
            if found == 0:
                break
            factor *= found
            chosen = int(drawn[draw, int(members)] * found)
            v = np.uint64(choices[chosen])
            here = ONE << v
            count += factor * (fates[chosen] == STANDS)
            passed |= (frontier & (here - ONE)) | apart[v]
            inside |= here
            needed, led = needed | needs[v], led & leads[v]
            members, heads, money = members + 1, heads + people[v], money + spend[v]
            frontier = (frontier | near[v]) & ~inside & ~passed
        mean += count / draws
        square += count * count / draws
    return mean, (square - mean * mean) / draws


@inlined
def _list_choices(
    sets: tuple[np.uint64, np.uint64, np.uint64, np.uint64, np.uint64],
    sums: tuple[float, float, float],
    every: Floats,
    land: Land,
    fates: Ints,
    choices: Ints,
) -> int:
    """Write which ICBs of a frontier make a set that is not dead, and its fate; how many they are."""
    frontier, inside, gone, needed, led = sets
    _, apart, needs, leads, people, spend, limits, _ = land
    found = 0
    while frontier:
        v = trailing_zeros(frontier)
        frontier &= frontier - ONE
        here = ONE << v
        more = sums[0] + 1, sums[1] + people[v], sums[2] + spend[v]
        if not apart[v] & inside and _fits(more, limits):
            grown, passed = inside | here, gone | apart[v]
            fates[found], _, _ = _judge(
                grown, passed, needed | needs[v], led & leads[v], more, False, every, land
            )
            choices[found] = v
            found += fates[found] != DEAD
        gone |= here
    return found


@compiled
def _fits(sums: tuple[float, float, float], limits: Floats) -> bool:
    return bool(
        sums[0] <= limits[MOST] and sums[1] <= limits[MOST_PEOPLE] and sums[2] <= limits[MOST_SPEND]
    )


@inlined
def _judge(
    inside: np.uint64,
    passed: np.uint64,
    needed: np.uint64,
    led: np.uint64,
    sums: tuple[float, float, float],
    one: bool,
    every: Floats,
    land: Land,
) -> tuple[int, np.uint64, bool]:
    """What comes of a set within the ceilings; all it must take; whether the rest is in one piece."""
    near, limits, alone = land[0], land[6], land[7]
    if needed & passed or not led & ~passed:
        return DEAD, needed, one
    rest = _first(len(near)) & ~inside
    if one:
        of_rest = every[0] - sums[0], every[1] - sums[1], every[2] - sums[2]
        fate, forced = _judge_whole(rest, passed, of_rest, limits, alone)
    else:
        fate, forced, one = _judge_pieces(rest, passed, land)
    if forced & passed:
        return DEAD, needed, one
    needed |= forced
    if fate == STANDS and (needed & ~inside or not led & inside):
        return GROWS, needed, one
    if fate == STANDS and not _meets_floors(sums, limits):
        single = inside & alone and not inside & (inside - ONE)
        return (STANDS if single else GROWS), needed, one
    return fate, needed, one


@compiled
def _first(count: int) -> np.uint64:
    """The mask of so many ICBs, the first ones."""
    return ~NONE if count == 64 else (ONE << np.uint64(count)) - ONE


@compiled
def _is_one_piece(chosen: np.uint64, near: Masks) -> bool:
    """Whether some ICBs are linked among themselves; none are.

    Where the neighbours of an ICB are, taking it away cannot part what is left.
    """
    return bool(chosen == NONE or _grow(chosen & (~chosen + ONE), chosen, near) == chosen)


@compiled
def _grow(start: np.uint64, within: np.uint64, near: Masks) -> np.uint64:
    """The connected piece around a start."""
    piece, edge = start, start
    while edge:
        v = trailing_zeros(edge)
        edge &= edge - ONE
        new = near[v] & within & ~piece
        piece |= new
        edge |= new
    return piece


@compiled
def _meets_floors(sums: tuple[float, float, float], limits: Floats) -> bool:
    return bool(
        sums[0] >= limits[FEWEST]
        and sums[1] >= limits[LEAST_PEOPLE]
        and sums[2] >= limits[LEAST_SPEND]
    )


@compiled
def _count_parts(of_piece: tuple[float, float, float], limits: Floats) -> tuple[float, float]:
    """Most and fewest footprints that a piece may make by its sums, those that stand alone apart."""
    most, fewest = np.inf, 1.0
    for k in range(3):
        least, ceiling = limits[2 * k], limits[2 * k + 1]
        if least > 0:
            most = min(most, np.floor(of_piece[k] / least + SLACK))
        fewest = max(fewest, np.ceil(of_piece[k] / ceiling - SLACK))
    return most, fewest


@compiled
def _count_bits(mask: np.uint64) -> int:
    count = 0
    while mask:
        count += 1
        mask &= mask - ONE
    return count


@compiled
def _judge_whole(
    rest: np.uint64,
    passed: np.uint64,
    of_rest: tuple[float, float, float],
    limits: Floats,
    alone: np.uint64,
) -> tuple[int, np.uint64]:
    """As :func:`_judge_pieces` where the rest is in one piece."""
    if not rest:
        return (STANDS if limits[FEWEST_OTHERS] == 0 else DEAD), NONE
    most, fewest = _count_parts(of_rest, limits)
    if most + _count_bits(rest & alone) < limits[FEWEST_OTHERS]:
        return DEAD, NONE
    if most < 1 and rest & ~alone:
        return (DEAD if rest & ~alone & passed else GROWS), rest & ~alone
    return (GROWS if fewest > limits[MOST_OTHERS] else STANDS), NONE


@inlined
def _judge_pieces(rest: np.uint64, passed: np.uint64, land: Land) -> tuple[int, np.uint64, bool]:
    """Whether what a set leaves over can be divided into the other footprints (the hole rule).

    Each connected piece of the rest must hold at least the least of a footprint, and the pieces
    together have room for as many footprints as are asked and need no more than are allowed. Of a piece
    that is too small the set must take all that may not stand alone; where one of those has been passed
    over, the set is dead. Room only shrinks as a set grows, so too little of it is for good; too much
    need is not.

    Returns:
        what comes of the set; what it must take; whether the rest is in one piece.
    """
    near, _, _, _, people, spend, limits, alone = land
    forced, room, need, pieces = NONE, 0.0, 0.0, 0
    while rest:
        piece = _grow(rest & (~rest + ONE), rest, near)
        rest &= ~piece
        pieces += 1
        members, heads, money, left = 0.0, 0.0, 0.0, piece
        while left:
            v = trailing_zeros(left)
            left &= left - ONE
            members, heads, money = members + 1, heads + people[v], money + spend[v]
        most, fewest = _count_parts((members, heads, money), limits)
        room += most + _count_bits(piece & alone)
        need += fewest
        if most < 1 and piece & ~alone:
            if piece & ~alone & passed:
                return DEAD, NONE, False
            forced |= piece & ~alone
    if room < limits[FEWEST_OTHERS]:
        return DEAD, NONE, False
    stands = not forced and need <= limits[MOST_OTHERS]
    return (STANDS if stands else GROWS), forced, pieces < 2
