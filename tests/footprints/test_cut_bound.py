"""The bound of what joins a footprint: below every set that may join, and near the least of them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from support.cases import make_case
from support.countries import random_country

from optimiser.arrays import Floats
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.unlisted.bounds import Hunt
from optimiser.footprints.unlisted.cut_bound import bound_joins
from optimiser.footprints.unlisted.pricing import build_unlisted

pytestmark = pytest.mark.long  # compiles the bound
ATOMS = 9
EVERY = np.array(list(product((0, 1), repeat=ATOMS)), dtype=float)
"""All sets of atoms, (512, 9)."""


def draw_hunt(seed: int) -> tuple[Hunt, Floats, Floats]:
    """A search on nine atoms with savings between random pairs, the savings, and what atoms add."""
    draw = np.random.default_rng(seed)
    saved = np.triu(draw.uniform(0, 2, (ATOMS, ATOMS)) * (draw.random((ATOMS, ATOMS)) < 0.4), 1)
    saved += saved.T
    begin, end = np.nonzero(saved)
    arcs = {(int(a), int(b)): k for k, (a, b) in enumerate(zip(begin, end, strict=True))}
    system = make_case(random_country(seed, size=ATOMS), {}).system
    hunt = build_unlisted(system, as_masks((), ATOMS)).hunt
    back = np.array([arcs[int(b), int(a)] for a, b in zip(begin, end, strict=True)], dtype=np.int64)
    hunt = hunt._replace(
        size=draw.uniform(0.5, 2, ATOMS),
        arc_start=np.searchsorted(begin, np.arange(ATOMS + 1)),
        arc_to=end,
        arc_back=back,
        arc_half=saved[begin, end] / 2,
    )
    return hunt, saved, draw.uniform(-1, 4, ATOMS)


def bound(hunt: Hunt, adds: Floats, window: tuple[float, float], enough: float) -> float:
    """The bound of the code, all atoms within reach."""
    rooms = (np.zeros(ATOMS, dtype=np.int64) for _ in range(2))
    return float(
        bound_joins(
            hunt,
            np.zeros(len(hunt.arc_to)),
            np.arange(ATOMS),
            ATOMS,
            np.zeros(ATOMS),
            adds.copy(),
            window[1],
            window[0],
            enough,
            *rooms,
        )
    )


def least_by_brute_force(
    hunt: Hunt, saved: Floats, adds: Floats, window: tuple[float, float]
) -> float:
    """The least that any set within the window adds."""
    sizes = EVERY @ hunt.size
    fits = (sizes >= window[0] - 1e-9) & (sizes <= window[1] + 1e-9)
    values = EVERY @ adds - np.einsum("si,ij,sj->s", EVERY, saved, EVERY) / 2
    return float(values[fits].min(initial=np.inf))


@pytest.mark.parametrize("seed", range(20))
def test_no_set_adds_less_than_the_bound(seed: int) -> None:
    """Whatever the window, and however far the flow is driven."""
    hunt, saved, adds = draw_hunt(seed)
    for needed, room in ((0.0, 99.0), (3.0, 6.0), (5.0, 5.2), (0.0, 2.0)):
        least = least_by_brute_force(hunt, saved, adds, (needed, room))
        for enough in (least - 1.0, least, least + 5.0):
            assert bound(hunt, adds, (needed, room), enough) <= least + 1e-7


def test_without_a_window_the_bound_is_the_minimum_cut() -> None:
    """A flow that goes on to its end proves the least exactly; one that stops early nearly does."""
    missing = []
    for seed in range(40):
        hunt, saved, adds = draw_hunt(seed)
        least = least_by_brute_force(hunt, saved, adds, (0.0, 99.0))
        missing.append(least - bound(hunt, adds, (0.0, 99.0), least))
    assert np.median(missing) == pytest.approx(0.0, abs=1e-6)
    assert max(missing) < 0.1
