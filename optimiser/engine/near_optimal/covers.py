"""Every way to fit thousands of candidates together, in compiled code."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimiser.arrays import Floats, Masks
from optimiser.deadline import Deadline
from optimiser.engine.near_optimal.covers_kernel import DEPTH, search
from optimiser.footprints.candidates import membership

QUOTA = 100_000_000
"""Steps between two looks at the clock: a tenth of a second."""
AT_ONCE = 4_096
"""Covers that come back together."""


def search_covers_compiled(
    masks: Masks, weight: Floats, budget: float, size: int, most: int, deadline: Deadline
) -> Iterator[Masks]:
    """As :func:`optimiser.engine.partitions.search_covers`, of at most so many candidates each.

    What each candidate weighs beyond its members' least shares is what it takes of the budget; the
    ICB in the fewest candidates is covered first, and its candidates are tried from the lightest on.

    Raises:
        OutOfTimeError: the deadline came first.
    """
    inside, weight = membership(masks, size) > 0, np.maximum(weight, 0.0)
    if not inside.any(axis=0).all():
        return
    share = weight / inside.sum(axis=1)
    floors = np.array([share[inside[:, i]].min() for i in range(size)])
    inside = inside[:, np.argsort(inside.sum(axis=0), kind="stable")]
    by_place = (inside.astype(np.uint64) << np.arange(size, dtype=np.uint64)).sum(axis=1)
    rise = np.maximum(weight - (membership(masks, size) @ floors), 0.0)
    order = np.lexsort((rise, inside.argmax(axis=1)))
    arrays = (by_place[order], rise[order], np.uint64((1 << size) - 1))
    depth = min(most, size)
    ends, place = np.zeros(depth, np.int64), np.zeros(depth, np.int64)
    covered, room, state = np.zeros(depth, np.uint64), np.zeros(depth), np.zeros(2, np.int64)
    fits = np.empty((depth, len(masks)), np.int64)
    fits[0], ends[0], room[0] = np.arange(len(masks)), len(masks), budget - floors.sum()
    out = np.empty((AT_ONCE, depth), np.int64)
    while state[DEPTH] >= 0:
        found = search(*arrays, fits, ends, place, covered, room, state, out, QUOTA)
        for row in out[:found]:
            yield np.sort(masks[order[row[row >= 0]]])
        deadline.left()
