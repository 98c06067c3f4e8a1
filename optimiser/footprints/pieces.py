"""Listing the candidates of a map of more than 64 areas, where rules keep areas together.

A *piece* is a connected part of the areas that a rule keeps together. A footprint that is in one
piece itself and parts no such group is made of whole pieces, and it is connected exactly when its
pieces are: so listing the connected sets of pieces misses nothing and lists nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from optimiser.arrays import Bools, Masks
from optimiser.errors import TooManyAreasError
from optimiser.footprints.candidates import WORD, list_connected


def list_pieces(neighbours: Masks, groups: Sequence[int]) -> list[int]:
    """Connected parts of each group that is kept together, and every other area alone.

    Args:
        neighbours: neighbour mask of each area, (n,).
        groups: masks of groups that are kept together; they may overlap.
    """
    left = (1 << len(neighbours)) - 1
    pieces = []
    while left:
        first = left & -left
        piece = grow(first, neighbours, _kept_with(first, groups))
        pieces.append(piece)
        left &= ~piece
    return pieces


def _kept_with(mask: int, groups: Sequence[int]) -> int:
    """Everything that is kept together with these areas, directly or through others."""
    whole = mask
    while True:
        wider = whole
        for group in groups:
            if group & wider:
                wider |= group
        if wider == whole:
            return whole
        whole = wider


def grow(start: int, neighbours: Masks, inside: int) -> int:
    """The connected part around a start, within a set of areas."""
    found, edge = start, start
    while edge:
        reach = 0
        for i in _list_bits(edge):
            reach |= int(neighbours[i])
        edge = reach & inside & ~found
        found |= edge
    return found


def _list_bits(mask: int) -> list[int]:
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def list_by_pieces(
    neighbours: Masks, pieces: Sequence[int], may_grow: Callable[[Masks], Bools]
) -> Masks:
    """Every connected set of pieces whose chain of growth obeys ``may_grow``, as masks of areas.

    Args:
        neighbours: neighbour mask of each area, (n,).
        pieces: masks of the pieces, each of them connected.
        may_grow: as for :func:`optimiser.footprints.candidates.list_connected`, on masks of areas.

    Raises:
        TooManyAreasError: more than 64 pieces.
    """
    if len(pieces) > WORD:
        raise TooManyAreasError(_say_remedies(len(neighbours), len(pieces)))
    reach = [0] * len(pieces)
    for p, piece in enumerate(pieces):
        around = np.bitwise_or.reduce(neighbours[_list_bits(piece)])
        reach[p] = sum(1 << q for q, other in enumerate(pieces) if q != p and around & other)
    tables = _list_tables(pieces)
    listed = list_connected(
        np.array(reach, dtype=np.uint64), lambda sets: may_grow(_spread(sets, tables))
    )
    return np.sort(_spread(listed, tables))


def _list_tables(pieces: Sequence[int]) -> list[Masks]:
    """For each byte of a set of pieces, the areas of each of its 256 values."""
    tables = []
    for start in range(0, len(pieces), 8):
        eight = pieces[start : start + 8]
        areas = [sum(m for k, m in enumerate(eight) if byte >> k & 1) for byte in range(256)]
        tables.append(np.array(areas, dtype=object))
    return tables


def _spread(sets: Masks, tables: Sequence[Masks]) -> Masks:
    """Sets of pieces as masks of areas: the sum of what their bytes stand for."""
    octets = np.ascontiguousarray(sets.astype("<u8")).view(np.uint8).reshape(len(sets), 8)
    areas = tables[0][octets[:, 0]]
    for k in range(1, len(tables)):
        areas = areas + tables[k][octets[:, k]]
    return areas


def _say_remedies(size: int, pieces: int) -> str:
    parts = "" if pieces == size else f" in {pieces} parts that may be told apart"
    return (
        f"The map has {size} areas{parts}; the best plan is found on at most {WORD}. Either "
        'keep areas together, such as whole ICBs (keep_whole = "icbs-42" in [footprints], the name '
        "of a carried plan), or carry the dataset to fewer areas with `footprints carry` (lookups "
        "stand in its folder mapping, where it has one). A plan that is given can be scored at any "
        "size: footprints evaluate --plan NAME."
    )
