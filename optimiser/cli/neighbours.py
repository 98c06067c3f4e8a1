"""``footprints neighbours``: which areas of a boundary file share a border."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import optimiser as fp
from optimiser.cli.printing import print_notices, print_result
from optimiser.cli.shared import format_option, path_option
from optimiser.reports.text import Shown, format_table

if TYPE_CHECKING:
    from optimiser.importers.neighbours import NeighbourReading

_LINKS = (
    Shown("a", "A"),
    Shown("b", "B"),
    Shown("border_km", "Border km", ",.3f"),
    Shown("reason", "Reason"),
)
_REVIEW = (
    Shown("topic", "To review"),
    Shown("a", "A"),
    Shown("b", "B"),
    Shown("km", "km", ",.3f"),
    Shown("note", "Note"),
)


@click.command("neighbours", short_help="Derive neighbours from a boundary file.")
@click.argument("boundaries", type=click.Path(path_type=Path))
@click.option("--code", default="icb", show_default=True, help="Property with the area's code.")
@click.option("--crs", default="", help="Coordinate system where the file states none.")
@path_option("--out", "--to", "to", metavar="FILE", help="Write neighbours.csv here.")
@path_option(
    "--boundaries-to",
    metavar="FILE",
    help="Write the shapes as a dataset's boundaries.geojson: degrees, simplified, no gaps.",
)
@click.option(
    "--simplify-m",
    type=click.FloatRange(min=0),
    default=250.0,
    show_default=True,
    help="Detail that may be lost in --boundaries-to, metres.",
)
@click.option("--attribution", default="", help="Whom to credit, kept in --boundaries-to.")
@click.option(
    "--review-km",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="List areas up to this far apart as possible crossings.",
)
@format_option
def command(boundaries: Path, shape: str, **choices: Any) -> None:
    r"""Derive neighbours with border lengths from a GeoPackage, GeoJSON or Shapefile.

    Any coordinate system will do. Invalid shapes are mended and named. Islands, parts cut off, weak
    borders, overlaps and possible crossings are listed for review; none is added for you.

    \b
    Examples:
      footprints neighbours inputs/england/boundaries.geojson
      footprints neighbours la.gpkg --code LAD24CD --to my/neighbours.csv
    """
    found = fp.neighbours(boundaries, **choices)
    print_notices(found.notices)
    print_result(shape, found.links, lambda: _as_json(found), lambda: _paragraphs(found))


def _as_json(found: NeighbourReading) -> dict[str, object]:
    return {"neighbours": found.links, "review": found.review, "notices": found.notices}


def _paragraphs(found: NeighbourReading) -> list[str]:
    links = format_table(found.links, _LINKS, widest=50)
    return (
        [links] if found.review.empty else [links, format_table(found.review, _REVIEW, widest=90)]
    )
