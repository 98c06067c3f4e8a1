"""Every way to fit candidates together that several lower bounds leave possible, in compiled code."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.compiled.jit import compiled

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
    bounds = rise.shape[1]
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
        possible = False
        for row in range(len(limits)):
            possible = True
            for b in range(bounds):
                if least[depth, b] + rise[chosen, b] > limits[row, b]:
                    possible = False
                    break
            if possible:
                break
        if not possible:
            continue
        after = taken | masks[chosen]
        if after == whole:
            for d in range(depth + 1):
                out[found, d] = fits[place[d] - 1]
            out[found, depth + 1 :] = -1
            found += 1
        elif depth + 1 < most:
            room = highest - least[depth, main] - rise[chosen, main]
            count, held = ends[depth], after
            for later in range(k + 1, ends[depth]):
                other = fits[later]
                if not masks[other] & after and rise[other, main] <= room:
                    fits[count] = other
                    count += 1
                    held |= masks[other]
            steps += ends[depth] - k
            if held == whole:
                begins[depth + 1], ends[depth + 1] = ends[depth], count
                for b in range(bounds):
                    least[depth + 1, b] = least[depth, b] + rise[chosen, b]
                depth += 1
                place[depth], covered[depth] = begins[depth], after
    state[DEPTH] = depth
    return found
