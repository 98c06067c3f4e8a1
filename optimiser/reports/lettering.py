"""Texts on pictures: labels that do not cover each other, and short texts stamped in many cells."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in pixels."""

_COVER = 1e3
"""Pixels a label would rather move than cover one square pixel."""
_NEAR, _FAR = range(1, 13), range(13, 33)
"""Rings of places around a label, a quarter of its size apart: the far ones where all near ones cover
something, as in a corner where many would stand."""


@dataclass(frozen=True)
class Label:
    """One label: where it would stand, how large it is, pixels."""

    x: float
    y: float
    width: float
    height: float


def place_labels(labels: Sequence[Label], frame: Box, barred: Sequence[Box] = ()) -> list[Label]:
    """Move labels as little as needed until none covers another, the barred boxes or the edge.

    Larger labels are placed first. Where no place is free the least covered one is taken.

    Args:
        labels: the labels where they would stand.
        frame: labels stay inside it.
        barred: boxes that are not to be covered.
    """
    placed: dict[int, Label] = {}
    boxes = list(barred)
    for at in sorted(range(len(labels)), key=lambda k: -labels[k].width * labels[k].height):
        placed[at] = _place(labels[at], boxes, frame)
        boxes.append(box_of(placed[at]))
    return [placed[at] for at in range(len(labels))]


def box_of(label: Label) -> Box:
    """The box a label covers."""
    half_width, half_height = label.width / 2, label.height / 2
    return label.x - half_width, label.y - half_height, label.x + half_width, label.y + half_height


def overlap(first: Box, second: Box) -> float:
    """Area two boxes share."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return max(width, 0.0) * max(height, 0.0)


def _place(label: Label, boxes: Sequence[Box], frame: Box) -> Label:
    """Where it would stand if that is free, else the cheapest place around."""

    def cost(place: Label) -> float:
        return _cost(place, label, boxes, frame)

    if cost(label) < 1:
        return label
    near = min((label, *_places(label, _NEAR)), key=cost)
    return near if cost(near) < _COVER else min((near, *_places(label, _FAR)), key=cost)


def _places(label: Label, rings: range) -> Iterator[Label]:
    for ring in rings:
        for turn in range(16):
            angle = turn * math.tau / 16
            reach = 0.25 * ring
            x = label.x + math.cos(angle) * reach * label.width
            y = label.y + math.sin(angle) * reach * label.height * 2
            yield Label(x, y, label.width, label.height)


def _cost(place: Label, label: Label, boxes: Sequence[Box], frame: Box) -> float:
    box = box_of(place)
    covered = sum(overlap(box, other) for other in boxes)
    outside = place.width * place.height - overlap(box, frame)
    moved = math.hypot(place.x - label.x, place.y - label.y)
    return _COVER * (covered + outside) + moved


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
