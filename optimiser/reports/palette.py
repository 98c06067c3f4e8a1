"""Fills that tell footprints apart, also for the colour-blind and in a black and white copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from optimiser.reports.identity import (
    AQUA_GREEN,
    BRIGHT_BLUE,
    DARK_GREEN,
    LIGHT_BLUE,
    PALE_GREY,
    WARM_YELLOW,
    WHITE,
    mix,
)

HUES = (LIGHT_BLUE, WARM_YELLOW, DARK_GREEN, PALE_GREY, BRIGHT_BLUE, AQUA_GREEN)
"""Of the NHS colours under which black labels are read, the six that stay furthest apart for
readers who see no red or no green (a test measures it)."""

WHITE_SHARE = 0.35
"""White mixed into the hues."""

HATCH_INK = (0.0, 0.0, 0.0, 0.35)
HATCHES = ("", "////", "\\\\\\\\", "||||", "----", "xxxx", "++++", "...")


@dataclass(frozen=True)
class Fill:
    """How a footprint is filled: one of six hues, and a pattern where hues are shared."""

    hue: str
    hatch: str

    @property
    def colour(self) -> str:
        """The hue as it is drawn, so light that black labels are read on it."""
        return mix(self.hue, WHITE, WHITE_SHARE)


EVERY_FILL = tuple(Fill(hue, hatch) for hatch in HATCHES for hue in HUES)
"""All fills, plain ones first; the hue of the nth is that of n modulo the number of hues."""


def choose_fills(touching: Mapping[str, frozenset[str]]) -> dict[str, Fill]:
    """A fill for each footprint, such that neighbours differ in hue and all differ in fill.

    Greedy colouring by saturation (Brélaz 1979), taking the least used of the free hues, so that up
    to six footprints have a hue each. Ties go to the earlier name: the same map, the same fills.

    Args:
        touching: each footprint to those it borders.
    """
    chosen: dict[str, int] = {}
    fills: dict[str, Fill] = {}
    while len(chosen) < len(touching):
        name = _most_pressed(touching, chosen)
        hue = _least_used(chosen, {chosen[other] for other in touching[name] if other in chosen})
        pattern = HATCHES[sum(used == hue for used in chosen.values()) % len(HATCHES)]
        chosen[name] = hue
        fills[name] = Fill(HUES[hue], pattern)
    return {name: fills[name] for name in touching}


def share_fills(
    own: Mapping[str, Fill], first: Mapping[str, Fill], continues: Mapping[str, str]
) -> dict[str, Fill]:
    """The baseline's fill for what continues it, unused fills for the others."""
    kept = {name: first[old] for name, old in continues.items() if old}
    spare = (
        Fill(hue, pattern)
        for pattern in HATCHES
        for hue in HUES
        if Fill(hue, pattern) not in kept.values()
    )
    return {name: kept[name] if name in kept else next(spare) for name in own}


def _most_pressed(touching: Mapping[str, frozenset[str]], chosen: Mapping[str, int]) -> str:
    def pressure(name: str) -> tuple[int, int]:
        around = {chosen[other] for other in touching[name] if other in chosen}
        return len(around), len(touching[name])

    return max((name for name in touching if name not in chosen), key=pressure)


def _least_used(chosen: Mapping[str, int], barred: set[int]) -> int:
    """A free hue; when neighbours hold all six, the least used one, told apart by its pattern."""
    uses = list(chosen.values())
    free = [hue for hue in range(len(HUES)) if hue not in barred] or list(range(len(HUES)))
    return min(free, key=uses.count)
