"""Labels that do not cover each other: each stands at its anchor or the nearest free place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in pixels."""

_COVER = 1e3
"""Pixels a label would rather move than cover one square pixel."""


@dataclass(frozen=True)
class Wish:
    """One label: where it would stand, how large it is, pixels."""

    x: float
    y: float
    width: float
    height: float


def place_labels(wishes: Sequence[Wish], frame: Box, taken: Sequence[Box] = ()) -> list[Wish]:
    """Move labels as little as needed until none covers another, the taken boxes or the edge.

    Larger labels are placed first. Where no place is free the least covered one is taken.

    Args:
        wishes: the labels where they would stand.
        frame: labels stay inside it.
        taken: boxes that are not to be covered.
    """
    placed: dict[int, Wish] = {}
    boxes = list(taken)
    for at in sorted(range(len(wishes)), key=lambda k: -wishes[k].width * wishes[k].height):
        placed[at] = _place(wishes[at], boxes, frame)
        boxes.append(box_of(placed[at]))
    return [placed[at] for at in range(len(wishes))]


def box_of(wish: Wish) -> Box:
    """The box a label covers."""
    half_width, half_height = wish.width / 2, wish.height / 2
    return wish.x - half_width, wish.y - half_height, wish.x + half_width, wish.y + half_height


def overlap(one: Box, other: Box) -> float:
    """Area two boxes share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def _place(wish: Wish, boxes: Sequence[Box], frame: Box) -> Wish:
    """Where it would stand if that is free, else the cheapest place around."""
    if _cost(wish, wish, boxes, frame) < 1:
        return wish
    return min(_places(wish), key=lambda place: _cost(place, wish, boxes, frame))


def _places(wish: Wish) -> Iterator[Wish]:
    yield wish
    for ring in range(1, 13):
        for turn in range(16):
            angle = turn * math.tau / 16
            reach = 0.25 * ring
            x = wish.x + math.cos(angle) * reach * wish.width
            y = wish.y + math.sin(angle) * reach * wish.height * 2
            yield Wish(x, y, wish.width, wish.height)


def _cost(place: Wish, wish: Wish, boxes: Sequence[Box], frame: Box) -> float:
    box = box_of(place)
    covered = sum(overlap(box, other) for other in boxes)
    outside = place.width * place.height - overlap(box, frame)
    moved = math.hypot(place.x - wish.x, place.y - wish.y)
    return _COVER * (covered + outside) + moved
