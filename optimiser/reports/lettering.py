"""Short texts in many cells: each different text is outlined once and stamped where it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

POINTS_AN_INCH = 72.0
_TALL = "0"
"""All texts stand on the line that centres this one, so that a row of them is level."""


@dataclass(frozen=True)
class Letter:
    """A short text around a point, in the coordinates of its axes."""

    x: float
    y: float
    text: str
    ink: str


def stamp_letters(axes: Axes, letters: Iterable[Letter], size: float) -> None:
    """Write short texts; thousands of them cost what a handful of text objects does.

    Args:
        axes: where to write; its view need not be set yet.
        letters: the texts.
        size: of the type, points.
    """
    places: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for letter in letters:
        places[letter.text, letter.ink].append((letter.x, letter.y))
    assert axes.figure is not None
    for (text, ink), spots in places.items():
        stamp = PathCollection(
            [outline(text, size)],
            offsets=np.array(spots),
            offset_transform=axes.transData,
            facecolors=ink,
            edgecolors="none",
            zorder=3,
        )
        stamp.set_transform(axes.figure.dpi_scale_trans)
        axes.add_artist(stamp)


@cache
def outline(text: str, size: float) -> Outline:
    """Outline of a text around its middle, inches."""
    drawn = TextPath((0, 0), text, size=size)
    box, tall = drawn.get_extents(), TextPath((0, 0), _TALL, size=size).get_extents()
    middle = ((box.x0 + box.x1) / 2, (tall.y0 + tall.y1) / 2)
    moved = Affine2D().translate(-middle[0], -middle[1]).scale(1 / POINTS_AN_INCH)
    return drawn.transformed(moved)
