"""Small pictures for a README: ``python docs/build/thumbnails.py FOLDER DIR NAME…``.

FOLDER is a pack, or another folder with pictures, such as ``alternatives`` writes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from optimiser.reports.drawing import read_illustrations
from optimiser.reports.making import PICTURES

WIDTH = 900
"""Pixels."""

COLOURS = 160
"""Enough for flat fills with smooth edges, at a fraction of the bytes."""


def write_thumbnails(source: Path, folder: Path, names: Sequence[str]) -> list[Path]:
    """Write small PNGs of saved pictures; those of a pack are called ``pack-NAME.png``.

    Args:
        source: the pack, or the folder of the pictures.
        folder: where to; made if it is not there.
        names: names of the pictures, without ending.

    Raises:
        KeyError: there is no picture of a name.
    """
    of_pack = read_illustrations(source / PICTURES)
    place, prefix = (source / PICTURES, "pack-") if of_pack else (source, "")
    pictures = {picture.name: picture for picture in of_pack or read_illustrations(source)}
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name in names:
        files.append(folder / f"{prefix}{name}.png")
        with Image.open(place / pictures[name].page) as picture:
            height = round(picture.height * WIDTH / picture.width)
            small = picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
            small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(files[-1], optimize=True)
    return files


if __name__ == "__main__":
    for written in write_thumbnails(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]):
        print(f"{written}: {written.stat().st_size / 1000:.0f} kB")
