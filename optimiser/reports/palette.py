"""Colours of the NHS identity, whether they can be read on one another, and the fills of footprints.

The values are those of the NHS identity guidelines (england.nhs.uk/nhsidentity, colours), as
remembered: not checked against the page. Fills are told apart by the colour-blind and in a black and
white copy too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DARK_BLUE = "#003087"
BLUE = "#005EB8"
BRIGHT_BLUE = "#0072CE"
LIGHT_BLUE = "#41B6E6"
AQUA_GREEN = "#00A499"
DARK_GREEN = "#006747"
WARM_YELLOW = "#FFB81C"
PINK = "#AE2573"
PURPLE = "#330072"
RED = "#DA291C"
BLACK = "#231F20"
DARK_GREY = "#425563"
MID_GREY = "#768692"
PALE_GREY = "#E8EDEE"
WHITE = "#FFFFFF"
INK = "#000000"

SERIES = (BLUE, WARM_YELLOW, AQUA_GREEN, PINK, LIGHT_BLUE, DARK_GREY, PURPLE, DARK_GREEN, PALE_GREY)
"""Colours of series, in order; each also has a pattern or a mark of its own."""

PATTERNS = ("", "////", "....", "\\\\\\\\", "xx", "++", "--", "||", "oo")

READABLE = 4.5
"""Least contrast of text on its ground (WCAG 2.2, criterion 1.4.3)."""

VISIBLE = 3.0
"""Least contrast of a mark or line on its ground (WCAG 2.2, criterion 1.4.11)."""


def measure_contrast(first: str, second: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((measure_luminance(first), measure_luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def measure_luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, 0 to 1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (_linear(share) for share in split(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def choose_ink(ground: str) -> str:
    """Full black or white, whichever is read better: one of them always has 4.5 to 1."""
    return max((INK, WHITE), key=lambda ink: measure_contrast(ink, ground))


def mix(first: str, second: str, share: float) -> str:
    """A colour between two; ``share`` of the second, 0 to 1."""
    parts = zip(split(first), split(second), strict=True)
    return "#" + "".join(f"{round(255 * (a + (b - a) * share)):02X}" for a, b in parts)


def split(colour: str) -> Sequence[float]:
    """Red, green and blue of ``#RRGGBB``, each 0 to 1."""
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


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
