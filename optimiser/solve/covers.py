"""Every way to fit candidates together so that each ICB is covered once."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from optimiser.arrays import Floats, Masks
from optimiser.footprints.candidates import as_masks, membership


def search_covers(
    masks: Masks, weight: Floats, budget: float, size: int, deadline: float
) -> Iterator[Masks]:
    """Every exact cover of the ICBs whose weights add up to at most the budget.

    Depth first: the first uncovered ICB (the one in the fewest candidates first) is given to each
    candidate that holds it, fits and can still be paid for. What is left to pay is bounded below by
    sharing each weight equally among the members and taking each ICB's least share.

    Args:
        masks: the candidates, (m,).
        weight: their weights, none negative beyond rounding, (m,).
        budget: the most that a cover may weigh.
        size: number of ICBs.
        deadline: ``time.monotonic()`` at which TimeoutError is raised.
    """
    by_icb, order, floor = _index(masks, np.maximum(weight, 0.0), size)
    if by_icb is None:
        return
    whole = (1 << size) - 1
    stack: list[tuple[int, float, tuple[int, ...]]] = [(0, budget, ())]
    steps = 0
    while stack:
        covered, left, chosen = stack.pop()
        if covered == whole:
            yield np.sort(as_masks(chosen, size))
            continue
        steps += 1
        if steps % 256 == 0 and time.monotonic() > deadline:
            raise TimeoutError
        first = next(i for i in order if not covered >> i & 1)
        held, price, least = by_icb[first]
        rest = sum(floor[i] for i in range(size) if not covered >> i & 1)
        free = (held & covered) == 0
        fits = np.flatnonzero(free & (price - least <= left - rest))
        for k in fits[::-1]:
            mask = int(held[k])
            stack.append((covered | mask, left - float(price[k]), (*chosen, mask)))


Index = dict[int, tuple[Masks, Floats, Floats]]


def _index(masks: Masks, weight: Floats, size: int) -> tuple[Index | None, list[int], Floats]:
    """Candidates of each ICB by rising weight, the order of ICBs, and each ICB's least share."""
    inside = membership(masks, size) > 0
    share = weight / np.maximum(inside.sum(axis=1), 1)
    if not inside.any(axis=0).all():
        return None, [], np.zeros(0)
    floor = np.array([share[inside[:, i]].min() for i in range(size)])
    least = inside.astype(float) @ floor
    order = [int(i) for i in np.argsort(inside.sum(axis=0), kind="stable")]
    index: Index = {}
    for i in range(size):
        rows = np.flatnonzero(inside[:, i])
        rows = rows[np.argsort(weight[rows], kind="stable")]
        index[i] = masks[rows], weight[rows], least[rows]
    return index, order, floor
