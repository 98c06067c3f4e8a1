"""Random countries under random rules, a few in every run of the tests and many in the long ones."""

from __future__ import annotations

from collections import Counter

import pytest
from fuzz.countries import draw_case, try_case

from optimiser.engine.highs.adapter import Highs

LEAST = {
    "solved": 0.25,
    "impossible": 0.02,
    "by_footprint": 0.2,
    "uniform": 0.05,
    "some service national": 0.2,
    "some service footprint": 0.2,
    "some service icb": 0.02,
    "with a floor in each footprint": 0.02,
    "compact model": 0.05,
    "verified from its files": 0.05,
}
"""Share of the cases that must have been of each kind, about half of what is drawn, so that none can
drop out of the drawing unseen."""


@pytest.mark.parametrize(
    ("cases", "seed", "every"), [(20, 4, 4), pytest.param(400, 2, 1, marks=pytest.mark.nightly)]
)
def test_every_method_agrees_on_random_countries(cases: int, seed: int, every: int) -> None:
    """Engine, brute force, compact model and referee give one answer; saved runs prove themselves."""
    counts: Counter[str] = Counter()
    with Highs() as highs:
        for k in range(cases):
            try_case(draw_case(seed * 1_000_000 + k), highs, counts, saved=k % every == 0)
    print(dict(sorted(counts.items())))
    for kind, share in LEAST.items():
        assert counts[kind] >= share * cases, (kind, counts)


def test_a_price_on_a_floor_of_nothing_earns_nothing_and_is_no_fault() -> None:
    """Under a ceiling alone on what is held locally the solver may price the other end of its row."""
    counts: Counter[str] = Counter()
    with Highs() as highs:
        try_case(draw_case(1_000_119), highs, counts)
    assert counts["verified from its files"] == 1


@pytest.mark.parametrize("seed", [1_101_000_011, 1_101_000_033])
def test_one_list_is_proven_where_the_search_ends_as_it_begins(seed: int) -> None:
    """A proof closed by its first prices keeps its part; nothing to answer is no fault."""
    counts: Counter[str] = Counter()
    with Highs() as highs:
        try_case(draw_case(seed), highs, counts)
    assert counts["verified from its files"] + counts["impossible"] == 1
