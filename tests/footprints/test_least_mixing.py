"""The least mixing of a footprint that others join: never above what any of them comes to."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from support.cases import make_case
from support.countries import random_country

from optimiser.engine.relaxation.master import master_rows
from optimiser.footprints.unlisted.bounds import least_mixing
from optimiser.footprints.unlisted.pricing import Unlisted, build_unlisted
from optimiser.footprints.unlisted.scoring import mixing

WINDOW = {"footprints.population_m": (1.0, 3.0)}


def _open(seed: int) -> Unlisted:
    system = make_case(random_country(seed, size=8), WINDOW).system
    random = np.random.default_rng(seed)
    shared = replace(system, commissioner=random.integers(0, 4, size=system.size))
    return build_unlisted(shared, master_rows(system).baseline)


@pytest.mark.long  # compiles the bound
@pytest.mark.parametrize("seed", range(8))
def test_no_footprint_mixes_less(seed: int) -> None:
    """Whoever of a pool joins, between two sizes: brute force over all who may."""
    unlisted, random = _open(seed), np.random.default_rng(seed)
    hunt, t, n = unlisted.hunt, unlisted.tables, len(unlisted.atoms)
    met, tight = 0, 0
    for _ in range(100):
        order = random.permutation(n)
        ins, pool = order[: random.integers(1, 4)], order[4 : random.integers(5, n + 1)]
        x = t.linear[ins].sum(axis=0)
        needed, room = np.sort(random.uniform(0.0, hunt.size[pool].sum() * 1.1, 2))
        bound = least_mixing(x, t, hunt, pool, len(pool), needed, room)
        joined = [
            mixing(x + t.linear[list(more)].sum(axis=0), t)
            for many in range(len(pool) + 1)
            for more in combinations(pool, many)
            if needed <= hunt.size[list(more)].sum() <= room
        ]
        met += len(joined)
        assert 0.0 <= bound <= min(joined, default=1.0) + 1e-9
        tight += bool(joined) and bound > 0.9 * min(joined) > 0.0
    assert met > 150
    assert tight > 3
