"""Every way to fit candidates together so that each ICB is covered once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.deadline import OutOfTimeError
from optimiser.footprints.candidates import is_wide, membership

MOST_IN_PYTHON = 500
"""Candidates that are searched in Python: a second at most, about what compiled code takes to load."""
STEPS_AT_ONCE = 50_000_000
"""Of the compiled search between two looks at the clock: a tenth of a second."""
PLANS_AT_ONCE = 256
"""Plans that it finds between two looks at the limits, which whoever asked may lower as plans come."""


def search_covers(
    masks: Masks,
    weight: Floats,
    budget: float,
    size: int,
    deadline: float,
    most: int | None = None,
) -> Iterator[Masks]:
    """Every exact cover of the ICBs whose weights add up to at most the budget.

    Args:
        masks: the candidates, (m,).
        weight: their weights, none negative beyond rounding, (m,).
        budget: the most that a cover may weigh.
        size: number of ICBs.
        deadline: ``time.monotonic()`` at which OutOfTimeError is raised.
        most: a cover has at most this many candidates; no limit when None.
    """
    rise = np.maximum(weight, 0.0)[:, None]
    limits = np.array([[budget]])
    for rows in search_plans(masks, np.zeros(1), rise, limits, size, deadline, most=most):
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
    if len(kept) > MOST_IN_PYTHON and not is_wide(size):
        for rows in _search_compiled(index, bound, limits, deadline, main, most):
            yield kept[rows]
        return
    for chosen in _search_in_python(index, bound, limits, deadline, main, most):
        yield kept[list(chosen)]


def _search_in_python(
    index: _Index, bound: Floats, limits: Floats, deadline: float, main: int, most: int | None
) -> Iterator[tuple[int, ...]]:
    """As :func:`search_plans`: rows of the candidates of an index."""
    assert index.order is not None
    whole = (1 << len(index.order)) - 1
    stack: list[tuple[int, Floats, tuple[int, ...]]] = [(0, bound + index.floor, ())]
    steps = 0
    while stack:
        covered, least, chosen = stack.pop()
        if covered == whole:
            yield chosen
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


def _search_compiled(
    index: _Index, bound: Floats, limits: Floats, deadline: float, main: int, most: int | None
) -> Iterator[Ints]:
    """As :func:`search_plans`, in compiled code: rows of the candidates of an index."""
    from optimiser.engine.partitions_kernel import DEPTH, FULL, search

    size, bounds = index.inside.shape[1], len(bound)
    inside = index.inside[:, index.order]
    order = np.lexsort((index.rise.sum(axis=1), inside.argmax(axis=1)))
    bits = np.uint64(1) << np.arange(size, dtype=np.uint64)
    masks, rise = (inside[order] * bits).sum(axis=1), np.ascontiguousarray(index.rise[order])
    depth = size if most is None else min(most, size)
    begins, ends, place = (np.zeros(depth, np.int64) for _ in range(3))
    covered, least = np.zeros(depth, np.uint64), np.zeros((depth, bounds))
    state = np.zeros(2, np.int64)
    fits, out = np.arange(2 * len(order)), np.empty((PLANS_AT_ONCE, depth), np.int64)
    ends[0], least[0] = len(order), bound + index.floor
    while state[DEPTH] >= 0:
        at = (begins, ends, place, covered, least, state)
        found = search(masks, rise, limits, bits.sum(), fits, *at, out, main, STEPS_AT_ONCE)
        for row in out[:found]:
            yield order[row[row >= 0]]
        if state[FULL]:
            fits = np.concatenate((fits, fits))
        if time.monotonic() > deadline:
            raise OutOfTimeError


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
        self.masks, self.inside = masks, inside
        self.rise = reduced - inside.astype(float) @ floors

    @cached_property
    def by_icb(self) -> dict[int, tuple[Masks, Floats, Ints]]:
        """Candidates that hold each ICB, those that add least first."""
        found = {}
        for i in range(self.inside.shape[1]):
            rows = np.flatnonzero(self.inside[:, i])
            rows = rows[np.argsort(self.rise[rows].sum(axis=1), kind="stable")]
            found[i] = self.masks[rows], self.rise[rows], rows
        return found
