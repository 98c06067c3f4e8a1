"""Listing the candidates: one by one, in compiled code where they are many, by pieces on wide maps.

A *piece* is a connected part of the areas that a rule keeps together. A footprint that is in one
piece itself and parts no such group is made of whole pieces, and it is connected exactly when its
pieces are: so on a map of more than 64 areas listing the connected sets of pieces misses nothing and
lists nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from optimiser.arrays import Bools, Masks, in_one_thread
from optimiser.deadline import NEVER, Deadline
from optimiser.errors import TooManyAreasError
from optimiser.footprints.candidates import (
    WORD,
    Candidates,
    TooManyCandidatesError,
    is_wide,
    list_connected,
)
from optimiser.footprints.rules import FootprintRule
from optimiser.footprints.system import System
from optimiser.progress import Report, silent

AT_ONCE = 1_000_000
"""Masks that rules look at together."""
MOST_WALKED = 250_000
"""Sets listed in Python: it lists and costs about as many in the second that compiled code takes to load
and then lists and costs them in a tenth of the time. England's everyday lists (64,000 and 137,000) stay
below it, so that nobody waits for a compiler who has not asked for more."""


@in_one_thread
def list_candidates(
    system: System,
    rules: Sequence[FootprintRule],
    report: Report = silent,
    deadline: Deadline = NEVER,
) -> Candidates:
    """Every footprint that is connected and obeys all rules.

    Where they are very many, those that leave others no room are left out: they can be in no plan
    (:mod:`optimiser.footprints.compiled`).

    Args:
        system: the arrays.
        rules: of one footprint.
        report: told how far a long list is.
        deadline: when to give up on one.

    Raises:
        CapacityError: there are more than memory holds.
        OutOfTimeError: the deadline came while a long list was made.
        TooManyAreasError: the map has more than 64 areas that may be told apart.
    """

    def obey(masks: Masks, chosen: Sequence[FootprintRule]) -> Bools:
        keep = np.ones(len(masks), dtype=bool)
        for rule in chosen:
            keep[keep] = rule.keeps(masks[keep])
        return keep

    pruning = [rule for rule in rules if rule.hereditary]
    rest = [rule for rule in rules if not rule.hereditary]
    if is_wide(system.size):
        pieces = pieces_of(system)
        masks = list_by_pieces(system.neighbours, pieces, lambda sets: obey(sets, pruning))
        rest = [rule for rule in rest if not _is_kept(system, rule, pieces)]
    else:
        try:
            masks = list_connected(system.neighbours, lambda sets: obey(sets, pruning), MOST_WALKED)
        except TooManyCandidatesError:
            from optimiser.footprints.compiled.walk import list_compiled

            masks = list_compiled(system, report, deadline)
            rest = [_compile(system, rule) for rule in rest]
    kept = _filter_blocks(masks, lambda sets: obey(sets, rest)) if rest else masks
    return Candidates(kept, system.size)


def is_long(candidates: Candidates) -> bool:
    """Whether a list is better costed in compiled code."""
    return len(candidates) > MOST_WALKED and not is_wide(candidates.size)


def _compile(system: System, rule: FootprintRule) -> FootprintRule:
    """The same rule; in compiled code where it is slow in Python."""
    from optimiser.footprints.compiled.leads import keep_near

    if rule.name != "max_travel_minutes" or system.minutes is None:
        return rule
    return replace(rule, keeps=lambda masks: keep_near(system, masks, rule.keeps))


def _filter_blocks(masks: Masks, keeps: Callable[[Masks], Bools]) -> Masks:
    """Those that are kept, looked at so many at a time: memory holds long lists, but not twice."""
    blocks = (masks[start : start + AT_ONCE] for start in range(0, len(masks), AT_ONCE))
    kept = [block[keeps(block)] for block in blocks]
    return np.concatenate(kept) if kept else masks


def pieces_of(system: System) -> list[int]:
    """Connected parts of the groups that rules keep together, and every other area alone."""
    rules = system.scenario.footprints
    groups = [system.mask_of(group) for group in (*rules.keep_together, *rules.fixed)]
    return list_pieces(system.neighbours, groups)


def _is_kept(system: System, rule: FootprintRule, pieces: Sequence[int]) -> bool:
    """Whether sets of whole pieces keep the rule anyway: its group is within one piece."""
    group = system.mask_of(rule.group) if rule.name == "keep_together" else 0
    return any(group and group & piece == group for piece in pieces)


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
