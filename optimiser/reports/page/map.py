"""The map of the page: fills and numbers of every option on one ground."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimiser.reports.atlas import Atlas
from optimiser.reports.palette import EVERY_FILL, Fill
from optimiser.reports.panels import prepare_panels
from optimiser.reports.picture import Picture
from optimiser.reports.tracing import Ground, Tile, make_tile, trace_ground
from optimiser.runs.compare import Comparison

SPARE = 6
"""Patterns that no option uses, for footprints that the reader makes; more would share the last."""


@dataclass(frozen=True)
class Chart:
    """The map for the template and its script.

    Attributes:
        grounds: areas and lines of each map, that of the first option first.
        tiles: patterns.
        plans: for each option ``map`` (place of its ground), ``fills`` (pattern of each footprint)
            and ``labels`` (text, x, y, whether on the inset); empty where it has no map.
    """

    grounds: tuple[Ground, ...]
    tiles: tuple[Tile, ...]
    plans: tuple[dict[str, Any], ...]


def draw_chart(comparison: Comparison, atlases: Mapping[str, Atlas]) -> Chart:
    """The map of every option; footprints that continue one another share number and fill."""
    maps = list({id(atlas): atlas for atlas in atlases.values()}.values())
    grounds = [trace_ground(atlas) for atlas in maps]
    pictures = prepare_panels(comparison, atlases)
    used = dict.fromkeys(fill for picture in pictures.values() for fill in picture.fills.values())
    spare = [fill for fill in EVERY_FILL if fill not in used]
    fills = [*used, *spare[:SPARE]]
    tiles = {fill: make_tile(at, fill) for at, fill in enumerate(fills)}
    places = {run: maps.index(atlas) for run, atlas in atlases.items()}
    plans = tuple(
        {"map": places[run], **_describe(pictures[run], grounds[places[run]], tiles)}
        if run in places
        else {}
        for run in comparison.names
    )
    return Chart(tuple(grounds), tuple(tiles.values()), plans)


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
