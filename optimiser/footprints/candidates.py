"""Listing the candidate footprints: every connected set of ICBs inside the rules.

A footprint is a bit mask: bit i is set when ICB i is a member. Masks of up to 64 ICBs are ``uint64``;
those of larger maps are Python integers in arrays of objects, which the functions here take as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.errors import CapacityError, TooManyAreasError

WORD = 64
"""Bits of a ``uint64``: larger maps take Python integers."""
MOST_CANDIDATES = 5_000_000
"""Longest list that is made here, where no compiled code can make it."""
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
        """SHA-256 of the sorted masks as little-endian integers of 64 bits (more on larger maps)."""
        return hashlib.sha256(_octets(np.sort(self.masks), self.size).tobytes()).hexdigest()


def is_wide(size: int) -> bool:
    """Whether masks of so many ICBs are Python integers rather than ``uint64``."""
    return size > WORD


def as_masks(values: Iterable[int], size: int) -> Masks:
    """Bit masks of a map of so many ICBs as an array, (m,)."""
    whole = [int(value) for value in values]
    return np.array(whole, dtype=object if is_wide(size) else np.uint64)


def singletons(size: int) -> Masks:
    """The mask of each ICB alone, (n,)."""
    return as_masks((1 << i for i in range(size)), size)


def _octets(masks: Masks, size: int) -> NDArray[np.uint8]:
    """The bytes of each mask, lowest first, (m, 8), or as many as a larger map needs."""
    if masks.dtype != object and not is_wide(size):
        return np.ascontiguousarray(masks.astype("<u8")).view(np.uint8).reshape(len(masks), 8)
    width = -(-size // 8)
    whole = b"".join([mask.to_bytes(width, "little") for mask in masks.tolist()])
    return np.frombuffer(whole, dtype=np.uint8).reshape(len(masks), width)


def membership(masks: Masks, size: int) -> Floats:
    """0/1 membership matrix, (m, n)."""
    return np.unpackbits(_octets(masks, size), axis=1, count=size, bitorder="little").astype(float)


def sum_over_members(masks: Masks, values: Floats) -> Floats:
    """Sum of a value of each ICB over the members of each mask, (n,) to (m,).

    Looks up each byte of a mask in a table of 256 partial sums, which is much cheaper than a matrix
    product.
    """
    width = -(-len(values) // 8)
    padded = np.zeros(8 * width)
    padded[: len(values)] = values
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    octets = _octets(masks, len(values))
    total = np.zeros(len(masks))
    for k in range(width):
        total += (bits @ padded[8 * k : 8 * k + 8])[octets[:, k]]
    return total


def count_members(masks: Masks) -> Ints:
    """Number of ICBs in each mask, (m,)."""
    return np.bitwise_count(masks).astype(np.int64)


def count_shared(masks: Masks, others: Masks) -> NDArray[np.integer[Any]]:
    """Number of ICBs that each mask shares with each of a few others, (m, k)."""
    if masks.dtype != object:
        return np.asarray(np.bitwise_count(masks[:, None] & others[None, :]))
    size = max((int(mask).bit_length() for mask in (*masks, *others)), default=0)
    by_icb = np.ascontiguousarray(membership(masks, size).T.astype(np.uint16))
    shared = np.zeros((len(others), len(masks)), dtype=np.uint16)
    for row, other in zip(shared, others, strict=True):
        row += by_icb[[i for i in range(size) if int(other) >> i & 1]].sum(axis=0, dtype=np.uint16)
    return shared.T


def in_order(masks: Masks, size: int) -> Masks:
    """Footprints by their first ICB in the dataset's order."""
    return masks[np.argsort(membership(masks, size).argmax(axis=1), kind="stable")]


class TooManyCandidatesError(CapacityError):
    """There are more candidates than this way to list them is meant for."""


def list_connected(
    neighbours: Masks, may_grow: Callable[[Masks], Bools], most: int = MOST_CANDIDATES
) -> Masks:
    """Every connected set, each exactly once, whose chain of growth obeys ``may_grow``.

    Rooted enumeration, one level of set sizes at a time: a set is grown only by neighbours that
    come after its root and were not passed over before, so no set is met twice. ``may_grow`` must be
    hereditary (a set that fails makes every superset fail), which makes pruning exact.

    Args:
        neighbours: neighbour mask of each ICB, ``uint64``, (n,).
        may_grow: whether each set may stand and be grown further, (m,) to (m,).
        most: sets at most.

    Returns:
        the masks, ascending.

    Raises:
        TooManyAreasError: with more than 64 ICBs (:mod:`optimiser.footprints.listing` lists those).
        TooManyCandidatesError: there are more sets.
    """
    size = len(neighbours)
    if size > 64:
        raise TooManyAreasError(f"At most 64 areas can be listed one by one; the map has {size}.")
    bit = ONE << np.arange(size, dtype=np.uint64)
    sets, reach, passed = bit.copy(), neighbours.copy(), bit - ONE
    levels: list[Masks] = []
    total = 0
    while len(sets):
        stays = may_grow(sets)
        sets, reach, passed = sets[stays], reach[stays], passed[stays]
        levels.append(sets)
        total += len(sets)
        if total > most:
            raise TooManyCandidatesError(
                f"More than {most:,} possible footprints. Lower the most members or the "
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
