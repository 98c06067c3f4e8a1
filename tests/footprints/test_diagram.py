"""The decision diagram of connected footprints finds what branch and bound finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.planar import planar_case

from optimiser.arrays import Bools
from optimiser.deadline import Deadline
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.unlisted.diagram import order_atoms, round_sizes
from optimiser.footprints.unlisted.pricing import (
    RowPrices,
    Unlisted,
    build_unlisted,
)
from optimiser.footprints.unlisted.searching import search_all

LATE = Deadline.after(10_000)


def open_planar(size: int, count: int, seed: int, share: float) -> Unlisted:
    """The footprints of a drawn map."""
    case = planar_case(size, count, seed, share)
    return build_unlisted(case.system, as_masks((), size))


def prices_of(unlisted: Unlisted, seed: int) -> RowPrices:
    """Prices near those of a plan with a dozen links cut, one triple among them."""
    size, random = unlisted.hunt.size, np.random.default_rng(seed)
    n = len(size)
    icb = 12.0 * size / size.sum() + random.normal(0.0, 0.1, n)
    triple = as_masks([sum(1 << int(i) for i in random.choice(n, 3, replace=False))], n)
    none = np.zeros(0)
    return RowPrices(icb, 0.5, 0.0, none, triple, np.array([-0.4]))


def fits(unlisted: Unlisted, inside: Bools) -> bool:
    """Whether every part of the rest of the map is of a size that some number of footprints has."""
    links, (least, most) = unlisted.tables.links, unlisted.hunt.window
    left = set(np.flatnonzero(~inside).tolist())
    while left:
        part, waiting = 0.0, [left.pop()]
        while waiting:
            i = waiting.pop()
            part += unlisted.hunt.size[i]
            near = left & set(links[i].tolist())
            left -= near
            waiting += near
        if not any(k * least <= part <= k * most for k in range(1, len(inside))):
            return False
    return True


@pytest.mark.long  # compiling both searches
@pytest.mark.parametrize(("size", "count", "seed", "share"), [(20, 3, 1, 0.05), (26, 3, 2, 0.02)])
def test_the_diagram_finds_what_branch_and_bound_finds(
    size: int, count: int, seed: int, share: float
) -> None:
    """All footprints below a reduced cost, but for those beside which no others can fill the map."""
    unlisted = open_planar(size, count, seed, share)
    assert unlisted.diagram is not None
    searched, left_out = replace(unlisted, diagram=None), 0
    for draw in range(6):
        hunt = unlisted.at(prices_of(unlisted, draw))
        for threshold in (0.0, 2.0):
            mine = search_all(unlisted, hunt, threshold, LATE)
            every = search_all(searched, hunt, threshold, LATE)
            keeps = np.array([fits(unlisted, row) for row in every.sets], dtype=bool)
            left_out += int((~keeps).sum())
            ours = {
                row.tobytes(): value for row, value in zip(mine.sets, mine.reduced, strict=True)
            }
            kept = zip(every.sets[keeps], every.reduced[keeps], strict=True)
            assert ours == pytest.approx({row.tobytes(): value for row, value in kept})
            assert mine.complete
            assert mine.least.min() == pytest.approx(mine.reduced.min(initial=threshold))
    assert left_out > 10


def test_rounded_sizes_bound() -> None:
    """Every set of atoms whose size is in the window is in the window of rounded sizes."""
    random, met = np.random.default_rng(5), 0
    for _ in range(200):
        size = random.lognormal(0.0, 1.0, 12)
        window = np.array([0.4, 0.45]) * size.sum()
        steps, (least, most) = round_sizes(size, window, 200)
        inside = random.random((200, 12)) < 0.45
        whole = (inside @ size >= window[0]) & (inside @ size <= window[1])
        assert (inside[whole] @ steps >= least).all()
        assert (inside[whole] @ steps <= most).all()
        met += int(whole.sum())
    assert met > 1_000


def test_a_grid_is_decided_along_its_narrow_side() -> None:
    """A strip of 3 by 20 has a frontier of no more than four atoms, from whichever corner."""
    places = [(row, column) for row in range(20) for column in range(3)]
    links = [
        [places.index(p) for p in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)) if p in places]
        for r, c in places
    ]
    padded = np.array([[*row, *[-1] * (4 - len(row))] for row in links])
    order, widest = order_atoms(padded)
    assert sorted(order.tolist()) == list(range(60))
    assert widest <= 4
