"""What prices prove without a search: the bound of each seed's root, and who joins it there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from optimiser.arrays import Floats
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.compiled.machine import count_cores
from optimiser.footprints.unlisted.bounds import FREE, OUT, Hunt, leaves_hole, reach, value_joins
from optimiser.footprints.unlisted.branching import price_node, start_desk, start_path, step_in
from optimiser.footprints.unlisted.cut_bound import bound_joins, find_share
from optimiser.footprints.unlisted.pricing import Unlisted
from optimiser.footprints.unlisted.tables import Tables


def bound_roots(unlisted: Unlisted, hunt: Hunt) -> tuple[Floats, Floats]:
    """Bounds on the reduced costs of each seed's footprints, and the fractions that attain them.

    Returns:
        £m, (n,), infinite where a seed can lead to none; and the share of each atom that joins, (n, n).
    """
    n = len(hunt.size)
    shares = np.zeros((n, n))

    def bound(seed: int) -> float:
        return bound_root(unlisted.tables, hunt, seed, shares[seed])

    with ThreadPoolExecutor(count_cores()) as pool:
        return np.array(list(pool.map(bound, range(n)))), shares


@compiled
def bound_root(t: Tables, h: Hunt, seed: int, shares: Floats) -> float:
    """Bound the reduced costs of a seed's footprints of more than itself, £m; writes who joins, (n,).

    Flow that would raise the bound above nothing is not sought.
    """
    begin = np.full(len(h.size), FREE, np.int8)
    for j in range(len(begin)):
        if h.rank[j] < h.rank[seed]:
            begin[j] = OUT
    p, d = start_path(t, h, begin), start_desk(len(begin))
    level, _ = step_in(t, h, p, -1, seed, 0)
    price_node(t, h, p, d, level)
    room, needed = h.window[1] - h.size[seed], max(h.window[0] - h.size[seed], 0.0)
    size = reach(t, h, room, p.state, d.near, d.pool, d.queue)
    shares[seed] = 1.0
    if size == 0 or leaves_hole(t, h, p.state, d.near, d.queue):
        return np.inf
    value_joins(h, p.joins[level], p.members, 1, d.near, d.pool, size, d.worth)
    rest = bound_joins(
        *(h, p.split[level], d.pool, size, d.near, d.worth, room, needed),
        *(-p.base[level], d.order, d.steps),
    )
    filled = 0.0
    for j in d.order[:size]:
        share = find_share(h, j, d.worth[j], filled, room, needed)
        if share <= 0.0:
            break
        shares[j] = share
        filled += share * h.size[j]
    return float(p.base[level] + rest)
