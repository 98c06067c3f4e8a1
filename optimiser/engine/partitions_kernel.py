"""Every way to fit candidates together that several lower bounds leave possible, in compiled code."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.compiled.jit import compiled, inlined

ONE = np.uint64(1)
DEPTH, FULL = 0, 1
"""What a search keeps between calls: footprints chosen less one (-1: it has ended); and whether it waits
for a longer list of what fits."""


@compiled
def search(
    masks: Masks,
    rise: Floats,
    limits: Floats,
    whole: np.uint64,
    fits: Ints,
    begins: Ints,
    ends: Ints,
    place: Ints,
    covered: Masks,
    least: Floats,
    state: Ints,
    out: Ints,
    main: int,
    quota: int,
) -> int:
    """Go on until ``out`` is full, so many steps are taken or all plans are found; returns how many.

    The first ICB that is left goes to each candidate that holds it, fits and is possible. What still
    fits after that is listed anew at each depth, so that the many deep steps look at few; where what
    fits does not hold all that is left, there is nothing deeper.

    Args:
        masks: candidates by their first ICB, (m,).
        rise: by how much each raises the bounds, none negative, (m, K).
        limits: a plan is possible when all its bounds are at most those of some row, (c, K).
        whole: all ICBs.
        fits: candidates that fit at each depth, in their order, one list after the other.
        begins: where the list of each depth begins, (D,).
        ends: where it ends, (D,).
        place: the next of it to try, (D,).
        covered: what is covered at each depth, (D,).
        least: the bounds at each depth, (D, K).
        state: depth, and whether ``fits`` is too short, (2,).
        out: candidates of each plan by their place, -1 beyond its last, (c, D).
        main: the bound by which candidates are discarded first.
        quota: steps.
    """
    depth, found, steps, most = state[DEPTH], 0, 0, out.shape[1]
    highest = limits[:, main].max()
    state[FULL] = 0
    while depth >= 0 and found < len(out) and steps < quota:
        taken, k = covered[depth], place[depth]
        steps += 1
        here = (~taken) & (taken + ONE)
        if k == ends[depth] or not masks[fits[k]] & here:
            depth -= 1
            continue
        if depth + 1 < most and 2 * ends[depth] - k > len(fits):
            state[FULL] = 1
            break
        place[depth] = k + 1
        chosen = fits[k]
        if not _is_possible(least[depth], rise[chosen], limits):
            continue
        after = taken | masks[chosen]
        if after == whole:
            for d in range(depth + 1):
                out[found, d] = fits[place[d] - 1]
            out[found, depth + 1 :] = -1
            found += 1
        elif depth + 1 < most:
            room, first, last = (
                highest - least[depth, main] - rise[chosen, main],
                k + 1,
                ends[depth],
            )
            count, held = _list_fitting(masks, rise[:, main], fits, first, last, after, room)
            steps += last - k
            if held == whole:
                depth += 1
                begins[depth], ends[depth], place[depth] = last, count, last
                least[depth], covered[depth] = least[depth - 1] + rise[chosen], after
    state[DEPTH] = depth
    return found


@inlined
def _is_possible(least: Floats, rise: Floats, limits: Floats) -> bool:
    """Whether some limit lies above all bounds once they have risen, (K,), (K,) and (c, K)."""
    for row in range(len(limits)):
        possible = True
        for b in range(len(least)):
            if least[b] + rise[b] > limits[row, b]:
                possible = False
                break
        if possible:
            return True
    return False


@inlined
def _list_fitting(
    masks: Masks, rise: Floats, fits: Ints, first: int, last: int, taken: np.uint64, room: float
) -> tuple[int, np.uint64]:
    """Write behind the last which candidates still fit; where they end, and all that they cover."""
    count, held = last, taken
    for later in range(first, last):
        other = fits[later]
        if not masks[other] & taken and rise[other] <= room:
            fits[count] = other
            count += 1
            held |= masks[other]
    return count, held
