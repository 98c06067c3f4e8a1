"""Colours of the NHS identity, and whether two of them can be read on one another.

The values are those of the NHS identity guidelines (england.nhs.uk/nhsidentity, colours), as
remembered: not checked against the page.
"""

from __future__ import annotations

from collections.abc import Sequence

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
