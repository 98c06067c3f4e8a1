"""The map of the page: paths, fills and numbers of every option on one ground."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimiser.reports.atlas import Atlas
from optimiser.reports.identity import BLACK
from optimiser.reports.maps import Picture
from optimiser.reports.page.ground import Ground, trace_ground
from optimiser.reports.palette import WHITE_SHARE, Fill, lighten
from optimiser.reports.panels import prepare_panels
from optimiser.runs.compare import Comparison

TILE = 96
"""Side of a pattern's tile, units of the map: some ten pixels on a screen."""

_STROKES = {
    "": "",
    "////": "M0 96L96 0M-24 24L24 -24M72 120L120 72",
    "\\\\\\\\": "M0 0L96 96M72 -24L120 24M-24 72L24 120",
    "||||": "M24 0V96M72 0V96",
    "----": "M0 24H96M0 72H96",
    "xxxx": "M0 0L96 96M0 96L96 0",
    "++++": "M48 0V96M0 48H96",
    "...": "M24 24h.1M72 72h.1",
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
    side: int = TILE


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
    return Tile(f"fill-{at}", colour, _STROKES[fill.hatch], BLACK, 26 if dotted else 9)


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
