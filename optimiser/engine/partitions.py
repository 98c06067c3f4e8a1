"""Every way to fit candidates together so that each ICB is covered once."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.deadline import OutOfTimeError
from optimiser.footprints.candidates import membership


def search_covers(
    masks: Masks, weight: Floats, budget: float, size: int, deadline: float
) -> Iterator[Masks]:
    """Every exact cover of the ICBs whose weights add up to at most the budget.

    Args:
        masks: the candidates, (m,).
        weight: their weights, none negative beyond rounding, (m,).
        budget: the most that a cover may weigh.
        size: number of ICBs.
        deadline: ``time.monotonic()`` at which OutOfTimeError is raised.
    """
    rise = np.maximum(weight, 0.0)[:, None]
    limits = np.array([[budget]])
    for rows in search_plans(masks, np.zeros(1), rise, limits, size, deadline):
        yield np.sort(masks[rows])


def search_plans(
    masks: Masks,
    bound: Floats,
    reduced: Floats,
    limits: Floats,
    size: int,
    deadline: float,
    main: int = 0,
    most: int | None = None,
) -> Iterator[Ints]:
    """Every exact cover that several lower bounds leave possible, as rows of candidates.

    Depth first: the first uncovered ICB (the one in the fewest candidates first) is given to each
    candidate that holds it, does not overlap what is chosen and is still possible. A bound starts at
    ``bound`` and rises by what each chosen candidate adds; what is still uncovered adds at least its
    members' least shares, each candidate's rise shared equally among its members.

    Args:
        masks: the candidates, (m,).
        bound: lower bounds on every plan, (K,).
        reduced: by how much each candidate raises each of them, none negative, (m, K).
        limits: a plan is possible when all its bounds are at most those of some row, (c, K). The
            caller may lower them while the search goes on.
        size: number of ICBs.
        deadline: ``time.monotonic()`` at which OutOfTimeError is raised.
        main: the bound by which candidates are discarded first, the sharpest one.
        most: a plan has at most this many footprints; no limit when None.
    """
    kept = np.flatnonzero(_possible(bound + reduced, limits, main))
    index = _Index(masks[kept], reduced[kept], size)
    if index.order is None:
        return
    whole = (1 << size) - 1
    stack: list[tuple[int, Floats, tuple[int, ...]]] = [(0, bound + index.floor, ())]
    steps = 0
    while stack:
        covered, least, chosen = stack.pop()
        if covered == whole:
            yield kept[list(chosen)]
            continue
        if len(chosen) == most:
            continue
        steps += 1
        if steps % 256 == 0 and time.monotonic() > deadline:
            raise OutOfTimeError
        first = next(i for i in index.order if not covered >> i & 1)
        held, rise, rows = index.by_icb[first]
        free = np.flatnonzero((held & covered) == 0)
        after = least + rise[free]
        for k in np.flatnonzero(_possible(after, limits, main))[::-1]:
            place = int(free[k])
            stack.append((covered | int(held[place]), after[k], (*chosen, int(rows[place]))))


def _possible(least: Floats, limits: Floats, main: int) -> Bools:
    """Whether some limit lies above all lower bounds, (r, K) and (c, K) to (r,)."""
    found = least[:, main] <= limits[:, main].max()
    if limits.shape[1] == 1:
        return np.asarray(found)
    near = np.flatnonzero(found)
    some = np.zeros(len(near), dtype=bool)
    for limit in limits:
        some |= (least[near] <= limit).all(axis=1)
    found[near] = some
    return np.asarray(found)


class _Index:
    """Candidates of each ICB by what they add, and each ICB's least share of a candidate."""

    def __init__(self, masks: Masks, reduced: Floats, size: int) -> None:
        inside = membership(masks, size) > 0
        self.order: list[int] | None = None
        if not inside.any(axis=0).all():
            return
        share = reduced / np.maximum(inside.sum(axis=1), 1)[:, None]
        floors = np.stack([share[inside[:, i]].min(axis=0) for i in range(size)])
        self.floor = floors.sum(axis=0)
        self.order = [int(i) for i in np.argsort(inside.sum(axis=0), kind="stable")]
        rise = reduced - inside.astype(float) @ floors
        self.by_icb: dict[int, tuple[Masks, Floats, Ints]] = {}
        for i in range(size):
            rows = np.flatnonzero(inside[:, i])
            rows = rows[np.argsort(rise[rows].sum(axis=1), kind="stable")]
            self.by_icb[i] = masks[rows], rise[rows], rows
