"""Where no plan exists, areas that cannot all be held are named, and no more than it takes."""

from __future__ import annotations

from itertools import combinations

import pytest
from support.cases import make_case, network
from support.planar import draw_map, planar_settings

from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.impossible import tell_reason
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.system import System

SIZE = 5
AB, C, CDE, DE, E, BCDE = 0b00011, 0b00100, 0b11100, 0b11000, 0b10000, 0b11110


@pytest.fixture(scope="module")
def system() -> System:
    """Five areas, c000 to c004; which footprints there are each test says."""
    links, people = draw_map(SIZE, 2, 1)
    return make_case(network(links, people), planar_settings(people, 2)).system


def can_hold(masks: list[int], most: int, areas: set[int]) -> bool:
    """Whether some footprints that share no area, no more than so many, hold these areas."""
    needed = sum(1 << i for i in areas)
    return any(
        needed & ~sum(chosen) == 0 and sum(chosen).bit_count() == sum(m.bit_count() for m in chosen)
        for count in range(most + 1)
        for chosen in combinations(masks, count)
    )


@pytest.mark.parametrize(
    ("masks", "most", "size"),
    [
        ([AB, BCDE, DE, E], 5, 2),  # whoever holds the first and the third holds the second twice
        ([AB, DE], 2, 1),
        ([AB, C, DE], 2, 3),
        ([AB, CDE], 2, 0),
    ],
)
def test_areas_that_cannot_all_be_held_are_named(
    system: System, masks: list[int], most: int, size: int
) -> None:
    """Those named cannot be held, and any of them less could; none where there is a plan."""
    with Highs() as highs:
        reason = tell_reason(system, as_masks(masks, SIZE), most, highs, Deadline.after(60))
    named = {i for i, code in enumerate(system.icbs) if f"({code})" in reason}
    assert len(named) == size
    assert can_hold(masks, most, named) == (size == 0)
    assert all(can_hold(masks, most, named - {i}) for i in named)
