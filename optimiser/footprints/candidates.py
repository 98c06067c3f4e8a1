"""Listing the candidate footprints: every connected set of ICBs inside the rules.

A footprint is a bit mask (``uint64``): bit i is set when ICB i is a member.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.errors import UnsupportedError

MOST_ICBS = 64
MOST_CANDIDATES = 5_000_000
ONE = np.uint64(1)


@dataclass(frozen=True)
class Candidates:
    """The list of candidate footprints.

    Attributes:
        masks: one bit mask each, ascending, (m,).
        size: number of ICBs on the map, n.
    """

    masks: Masks
    size: int

    def __len__(self) -> int:
        return len(self.masks)

    def hash(self) -> str:
        """SHA-256 of the sorted masks as little-endian 64-bit integers."""
        return hashlib.sha256(np.sort(self.masks).astype("<u8").tobytes()).hexdigest()


def membership(masks: Masks, size: int) -> Floats:
    """0/1 membership matrix, (m, n)."""
    octets = np.ascontiguousarray(masks.astype("<u8")).view(np.uint8).reshape(len(masks), 8)
    return np.unpackbits(octets, axis=1, count=size, bitorder="little").astype(float)


def sum_over_members(masks: Masks, values: Floats) -> Floats:
    """Sum of a value of each ICB over the members of each mask, (n,) to (m,).

    Looks up each of the eight bytes of a mask in a table of 256 partial sums, which is much cheaper
    than a matrix product.
    """
    padded = np.zeros(MOST_ICBS)
    padded[: len(values)] = values
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    octets = np.ascontiguousarray(masks.astype("<u8")).view(np.uint8).reshape(len(masks), 8)
    total = np.zeros(len(masks))
    for k in range(-(-len(values) // 8)):
        total += (bits @ padded[8 * k : 8 * k + 8])[octets[:, k]]
    return total


def count_members(masks: Masks) -> Ints:
    """Number of ICBs in each mask, (m,)."""
    return np.bitwise_count(masks).astype(np.int64)


def list_connected(neighbours: Masks, may_grow: Callable[[Masks], Bools]) -> Masks:
    """Every connected set, each exactly once, whose chain of growth obeys ``may_grow``.

    Rooted enumeration, one level of set sizes at a time: a set is grown only by neighbours that
    come after its root and were not passed over before, so no set is met twice. ``may_grow`` must be
    hereditary (a set that fails makes every superset fail), which makes pruning exact.

    Args:
        neighbours: neighbour mask of each ICB, (n,).
        may_grow: whether each set may stand and be grown further, (m,) to (m,).

    Returns:
        the masks, ascending.

    Raises:
        UnsupportedError: with more than 64 ICBs, or more sets than memory bears.
    """
    size = len(neighbours)
    if size > MOST_ICBS:
        raise UnsupportedError(f"At most {MOST_ICBS} areas can be listed; the map has {size}.")
    bit = ONE << np.arange(size, dtype=np.uint64)
    sets, reach, passed = bit.copy(), neighbours.copy(), bit - ONE
    levels: list[Masks] = []
    total = 0
    while len(sets):
        stays = may_grow(sets)
        sets, reach, passed = sets[stays], reach[stays], passed[stays]
        levels.append(sets)
        total += len(sets)
        if total > MOST_CANDIDATES:
            raise UnsupportedError(
                f"More than {MOST_CANDIDATES:,} possible footprints. Lower the most members or the "
                "population ceiling, or keep to neighbours (contiguous = true)."
            )
        sets, reach, passed = _grown(sets, reach, passed, neighbours, bit)
    return np.sort(np.concatenate(levels))


def _grown(
    sets: Masks, reach: Masks, passed: Masks, neighbours: Masks, bit: Masks
) -> tuple[Masks, Masks, Masks]:
    """All one-ICB extensions; a frontier ICB is taken now or passed over for good."""
    passed = passed.copy()
    frontier = reach & ~sets & ~passed
    grown = []
    for i in range(len(bit)):
        rows = np.flatnonzero(frontier & bit[i])
        grown.append((sets[rows] | bit[i], reach[rows] | neighbours[i], passed[rows]))
        passed[rows] |= bit[i]
    new_sets, new_reach, new_passed = (np.concatenate(part) for part in zip(*grown, strict=True))
    return new_sets, new_reach, new_passed
