"""What it would cost to move one ICB: every footprint it could join, before it is moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from optimiser.arrays import Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.system import System
from optimiser.inputs.reading.plans import read_grouping
from optimiser.questions.case import Case
from optimiser.questions.groupings import Grouping, list_broken_rules, score_masks


@dataclass(frozen=True)
class Move:
    """One place an ICB could go.

    Attributes:
        to: name of the footprint it would join; empty for one of its own.
        change: what the score would rise by, £m-equivalents; negative is better.
        breaks: names of the rules of the map that would be broken and are not now.
        mends: names of those that are broken now and would not be.
    """

    to: str
    change: float
    breaks: tuple[str, ...]
    mends: tuple[str, ...]


def list_moves(
    case: Case, highs: Highs, grouping: Grouping, icb: str, held: Mapping[str, str]
) -> tuple[Move, ...]:
    """Every footprint with a neighbour of an ICB, and one of its own, with what the move would cost.

    Args:
        case: the scale.
        highs: settles levels where floors or ceilings couple footprints.
        grouping: footprint to ICBs.
        icb: code of the ICB.
        held: services that are held as they are told, in every footprint.
    """
    system, groups = case.system, read_grouping(grouping, case.dataset)[1]
    before = {name: system.mask_of(icbs) for name, icbs in groups.items()}
    score, broken = _judge(case, highs, before, held)
    found = []
    for name in _list_places(system, before, icb):
        after, rules = _judge(case, highs, _moved(before, system.mask_of([icb]), name), held)
        gained = tuple(rule for rule in rules if rule not in broken)
        lost = tuple(rule for rule in broken if rule not in rules)
        found.append(Move(name, after - score, gained, lost))
    return tuple(found)


def _list_places(system: System, groups: Mapping[str, int], icb: str) -> list[str]:
    own = system.mask_of([icb])
    near = int(system.neighbours[system.icbs.index(icb)])
    places = [name for name, mask in groups.items() if mask & near and not mask & own]
    return places if own in groups.values() else [*places, ""]


def _moved(groups: Mapping[str, int], own: int, to: str) -> dict[str, int]:
    left = {name: mask & ~own for name, mask in groups.items()}
    left[to] = left.get(to, 0) | own
    return {name: mask for name, mask in left.items() if mask}


def _judge(
    case: Case, highs: Highs, groups: Mapping[str, int], held: Mapping[str, str]
) -> tuple[float, list[str]]:
    masks: Masks = as_masks(groups.values(), case.system.size)
    return score_masks(case, highs, masks, held), list_broken_rules(case.system, masks)
