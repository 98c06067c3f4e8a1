"""How far apart two groupings of the same ICBs are: who changes footprint.

A grouping is given as the footprint of each ICB: any integers, equal where ICBs are together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from optimiser.arrays import Floats, Ints, Masks


@dataclass(frozen=True)
class Distance:
    """Distances between two groupings.

    Attributes:
        icbs_moved: fewest ICBs that change footprint when footprints are matched best.
        population_moved: fewest residents that do, footprints matched best for residents.
    """

    icbs_moved: int
    population_moved: float


def measure_distance(one: Ints, other: Ints, residents: Floats) -> Distance:
    """Distances between two groupings.

    Args:
        one: footprint of each ICB, (n,).
        other: the same in the other grouping, (n,).
        residents: persons by ICB, (n,).
    """
    shared = _contingency(one, other, np.ones(len(one)))
    people = _contingency(one, other, residents)
    return Distance(
        icbs_moved=round(len(one) - _matched(shared)),
        population_moved=float(residents.sum() - _matched(people)),
    )


def homes(masks: Masks | Sequence[int], size: int) -> Ints:
    """Footprint of each ICB, numbered in the order of the masks, (n,)."""
    found = np.full(size, -1)
    for k, mask in enumerate(masks):
        for i in range(size):
            if int(mask) >> i & 1:
                found[i] = k
    return found


def match_footprints(one: Ints, other: Ints, worth: Floats | None = None) -> dict[int, int]:
    """Footprints of one grouping to those of the other such that the fewest ICBs move.

    Args:
        one: footprint of each ICB, (n,).
        other: the same in the other grouping, (n,).
        worth: of keeping each ICB where it is, above 0, (n,); 1 each when None.
    """
    # every solve matches its plan once, and loading scipy.optimize takes longer than that
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    shared = _contingency(one, other, np.ones(len(one)) if worth is None else worth)
    first, second = np.unique(one), np.unique(other)
    pairs = csr_array(shared + 1)  # to a sparse matrix 0 is no pair; 1 more on each changes nothing
    rows, columns = min_weight_full_bipartite_matching(pairs, maximize=True)
    return {
        int(first[r]): int(second[c]) for r, c in zip(rows, columns, strict=True) if shared[r, c]
    }


def count_moves(one: Ints, others: Sequence[Ints]) -> Ints:
    """ICBs moved from one grouping to each of others, (p,)."""
    ones = np.ones(len(one))
    stay = [_matched(_contingency(one, other, ones)) for other in others]
    return np.array([round(len(one) - kept) for kept in stay], dtype=np.int64)


def _contingency(one: Ints, other: Ints, weight: Floats) -> Floats:
    a, b = _number(one), _number(other)
    width = int(b.max()) + 1
    shared = np.bincount(a * width + b, weights=weight, minlength=(int(a.max()) + 1) * width)
    return np.asarray(shared.reshape(-1, width))


def _number(labels: Ints) -> Ints:
    """The same labels as small numbers; most come so, and thousands of plans are compared."""
    if labels.min() >= 0 and labels.max() < len(labels):
        return labels
    return np.unique(labels, return_inverse=True)[1]


def _matched(shared: Floats) -> float:
    """The most that stays when every footprint is matched to at most one of the other grouping."""
    from scipy.optimize import linear_sum_assignment  # a hundred times as fast, for many plans

    rows, columns = linear_sum_assignment(-shared)
    return float(shared[rows, columns].sum())
