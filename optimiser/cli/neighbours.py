"""``footprints neighbours``: which areas of a boundary file share a border."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import format_option

if TYPE_CHECKING:
    from optimiser.importers.neighbours import NeighbourReading


@click.command("neighbours", short_help="Derive neighbours from a boundary file.")
@click.argument("boundaries", type=click.Path(path_type=Path))
@click.option("--code", default="icb", show_default=True, help="Property with the area's code.")
@click.option("--crs", default="", help="Coordinate system where the file states none.")
@click.option(
    "--out",
    "--to",
    "to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write neighbours.csv here.",
)
@click.option(
    "--boundaries-to",
    type=click.Path(path_type=Path),
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
def command(
    boundaries: Path,
    code: str,
    crs: str,
    to: Path | None,
    boundaries_to: Path | None,
    simplify_m: float,
    attribution: str,
    review_km: float,
    shape: str,
) -> None:
    r"""Derive neighbours with border lengths from a GeoPackage, GeoJSON or Shapefile.

    Any coordinate system will do. Invalid shapes are mended and named. Islands, parts cut off, weak
    borders, overlaps and possible crossings are listed for review; none is added for you.

    \b
    Examples:
      footprints neighbours inputs/england-42/boundaries.geojson
      footprints neighbours la.gpkg --code LAD24CD --to my/neighbours.csv
    """
    import optimiser as fp

    reading = fp.neighbours(
        boundaries,
        code=code,
        crs=crs,
        to=to,
        boundaries_to=boundaries_to,
        simplify_m=simplify_m,
        attribution=attribution,
        review_km=review_km,
    )
    for notice in reading.notices:
        click.echo(notice, err=True)
    click.echo(_show(reading, shape))


def _show(reading: NeighbourReading, shape: str) -> str:
    if shape == "csv":
        return str(reading.links.to_csv(index=False, lineterminator="\n")).rstrip("\n")
    if shape == "json":
        frames = {"neighbours": reading.links, "review": reading.review}
        rows = {name: json.loads(frame.to_json(orient="records")) for name, frame in frames.items()}
        return json.dumps({**rows, "notices": list(reading.notices)}, indent=2, ensure_ascii=False)
    from optimiser.reports.text import Shown, format_table

    links = (Shown("a", "A"), Shown("b", "B"), Shown("border_km", "Border km", ",.3f"),
             Shown("reason", "Reason"))  # fmt: skip
    review = (Shown("topic", "To review"), Shown("a", "A"), Shown("b", "B"),
              Shown("km", "km", ",.3f"), Shown("note", "Note"))  # fmt: skip
    parts = [format_table(reading.links, links, widest=50)]
    if len(reading.review):
        parts.append(format_table(reading.review, review, widest=90))
    return "\n\n".join(parts)
