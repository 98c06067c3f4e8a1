"""Every way to fit candidates together within a budget, in compiled code."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.compiled.jit import compiled

ONE = np.uint64(1)
DEPTH, STEPS = 0, 1
"""What a search keeps between calls: footprints chosen less one (-1: it has ended), and steps taken."""


@compiled
def search(
    masks: Masks,
    rise: Floats,
    whole: np.uint64,
    fits: Ints,
    ends: Ints,
    place: Ints,
    covered: Masks,
    room: Floats,
    state: Ints,
    out: Ints,
    quota: int,
) -> int:
    """Go on until ``out`` is full, so many steps are taken or all covers are found; returns how many.

    The first ICB that is left goes to each candidate that holds it, fits and is within the room. What
    still fits after that is listed anew at each depth, so that the many deep steps look at few; where
    what fits does not hold all that is left, there is nothing deeper.

    Args:
        masks: candidates by their first ICB, then by rise, (m,).
        rise: what each takes of the room, none negative, (m,).
        whole: all ICBs.
        fits: candidates that fit at each depth, in their order, (K, m).
        ends: how many fit at each depth, (K,).
        place: the next of them to try, (K,).
        covered: what is covered, (K,).
        room: what is left of it, (K,).
        state: depth and steps, (2,).
        out: candidates of each cover by their place, -1 beyond its last, (c, K).
        quota: steps.
    """
    depth, found, steps, most = state[DEPTH], 0, 0, out.shape[1]
    while depth >= 0 and found < len(out) and steps < quota:
        taken, k = covered[depth], place[depth]
        steps += 1
        here = (~taken) & (taken + ONE)
        if k == ends[depth] or not masks[fits[depth, k]] & here:
            depth -= 1
            continue
        place[depth] = k + 1
        chosen = fits[depth, k]
        after, left = taken | masks[chosen], room[depth] - rise[chosen]
        if left < 0:
            continue
        if after == whole:
            for d in range(depth + 1):
                out[found, d] = fits[d, place[d] - 1]
            out[found, depth + 1 :] = -1
            found += 1
        elif depth + 1 < most:
            count, held = 0, after
            for later in range(k + 1, ends[depth]):
                other = fits[depth, later]
                if not masks[other] & after and rise[other] <= left:
                    fits[depth + 1, count] = other
                    count += 1
                    held |= masks[other]
            steps += ends[depth] - k
            if held == whole:
                depth += 1
                ends[depth], place[depth], covered[depth], room[depth] = count, 0, after, left
    state[DEPTH] = depth
    state[STEPS] += steps
    return found
