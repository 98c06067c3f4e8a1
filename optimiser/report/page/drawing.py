"""The map of the page: paths, fills and numbers of every option on one ground."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimiser.compare import Comparison
from optimiser.report.atlas import Atlas
from optimiser.report.identity import BLACK
from optimiser.report.maps import Picture
from optimiser.report.page.ground import Ground, trace_ground
from optimiser.report.palette import WHITE_SHARE, Fill, lighten
from optimiser.report.panels import prepare_panels

TILE = 60
"""Side of a pattern's tile, units of the map."""

_STROKES = {
    "": "",
    "////": "M0 60L60 0M-15 15L15 -15M45 75L75 45",
    "\\\\\\\\": "M0 0L60 60M45 -15L75 15M-15 45L15 75",
    "||||": "M20 0V60M50 0V60",
    "----": "M0 20H60M0 50H60",
    "xxxx": "M0 0L60 60M0 60L60 0",
    "++++": "M30 0V60M0 30H60",
    "...": "M15 15h.1M45 45h.1",
}
"""Lines of each of the maps' hatches on a tile."""


@dataclass(frozen=True)
class Tile:
    """A fill as an SVG pattern."""

    id: str
    colour: str
    strokes: str
    ink: str
    width: int


@dataclass(frozen=True)
class Chart:
    """The map for the template and its script.

    Attributes:
        ground: areas and lines.
        tiles: patterns.
        plans: for each option ``fills`` (pattern of each footprint) and ``labels`` (text, x, y,
            whether on the inset).
    """

    ground: Ground
    tiles: tuple[Tile, ...]
    plans: tuple[dict[str, Any], ...]


def draw_chart(comparison: Comparison, atlas: Atlas) -> Chart:
    """The map of every option; footprints that continue one another share number and fill."""
    ground = trace_ground(atlas)
    pictures = prepare_panels(comparison, atlas)
    fills = dict.fromkeys(fill for one in pictures.values() for fill in one.fills.values())
    tiles = {fill: _tile(at, fill) for at, fill in enumerate(fills)}
    plans = tuple(_describe(picture, ground, tiles) for picture in pictures.values())
    return Chart(ground, tuple(tiles.values()), plans)


def _tile(at: int, fill: Fill) -> Tile:
    parts = (round(255 * part) for part in lighten(fill.hue, WHITE_SHARE))
    colour = "#" + "".join(f"{part:02x}" for part in parts)
    dotted = fill.hatch == "..."
    return Tile(f"fill-{at}", colour, _STROKES[fill.hatch], BLACK, 12 if dotted else 4)


def _describe(picture: Picture, ground: Ground, tiles: Mapping[Fill, Tile]) -> dict[str, Any]:
    return {
        "fills": [tiles[picture.fills[name]].id for name in picture.groups],
        "labels": list(_list_labels(picture, ground)),
    }


def _list_labels(picture: Picture, ground: Ground) -> Iterator[list[Any]]:
    """Number of each footprint amid its ICBs, on the inset where most of them are there."""
    crowded = set(picture.atlas.crowded)
    for name, icbs in picture.groups.items():
        inside = [icb for icb in icbs if icb in crowded]
        on_inset = ground.inset is not None and 2 * len(inside) > len(icbs)
        shown: Sequence[str] = inside if on_inset else icbs
        x, y = ground.place(*picture.atlas.anchor(shown))
        yield [picture.labels[name], x, y, on_inset]
