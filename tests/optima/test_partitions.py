"""The compiled search for divisions of the map lists what the search in Python lists."""

from __future__ import annotations

import time

import numpy as np
import pytest

from optimiser.deadline import OutOfTimeError
from optimiser.engine import partitions
from optimiser.engine.partitions import search_plans

SIZE = 8


def draw_candidates(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Every set of up to four of eight ICBs, and how each raises two bounds."""
    masks = np.arange(1, 1 << SIZE, dtype=np.uint64)
    masks = masks[np.bitwise_count(masks) <= 4]
    random = np.random.default_rng(seed)
    return masks, random.exponential(size=(len(masks), 2))


@pytest.mark.parametrize("most", [None, 3])
@pytest.mark.parametrize("seed", range(4))
def test_both_searches_find_the_same(
    seed: int, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two bounds, several limits and a most number; none twice."""
    masks, reduced = draw_candidates(seed)
    limits = np.array([[6.0, 2.0], [2.5, 5.0], [4.0, 3.0]])
    found = []
    for longest in (10**9, 0):
        monkeypatch.setattr(partitions, "MOST_IN_PYTHON", longest)
        monkeypatch.setattr(partitions, "STEPS_AT_ONCE", 50)  # it goes on where it was
        plans = search_plans(
            masks, np.array([0.1, 0.2]), reduced, limits, SIZE, np.inf, main=1, most=most
        )
        found.append(sorted(tuple(sorted(rows.tolist())) for rows in plans))
    assert found[0] == found[1]
    assert len(set(found[0])) == len(found[0]) > 0


def test_the_compiled_search_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is looked at between two runs of the compiled code."""
    masks, reduced = draw_candidates(1)
    monkeypatch.setattr(partitions, "MOST_IN_PYTHON", 0)
    monkeypatch.setattr(partitions, "STEPS_AT_ONCE", 10)
    limits, past = np.array([[1e3, 1e3]]), time.monotonic() - 1
    with pytest.raises(OutOfTimeError):
        list(search_plans(masks, np.zeros(2), reduced, limits, SIZE, past))
