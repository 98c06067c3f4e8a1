"""Small pictures of a pack for a README: ``python -m optimiser.report.thumbnails PACK DIR NAME…``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from optimiser.report.drawing import read_illustrations
from optimiser.report.making import PICTURES

WIDTH = 900
"""Pixels."""

COLOURS = 160
"""Enough for flat fills with smooth edges, at a fraction of the bytes."""


def write_thumbnails(pack: Path, folder: Path, names: Sequence[str]) -> list[Path]:
    """Write small PNGs of a pack's pictures.

    Args:
        pack: the pack.
        folder: where to; made if it is not there.
        names: names of the pictures, without ending.

    Raises:
        KeyError: the pack has no picture of a name.
    """
    pictures = {one.name: one for one in read_illustrations(pack / PICTURES)}
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name in names:
        files.append(folder / f"pack-{name}.png")
        with Image.open(pack / PICTURES / pictures[name].page) as picture:
            height = round(picture.height * WIDTH / picture.width)
            small = picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
            small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(files[-1], optimize=True)
    return files


if __name__ == "__main__":
    for written in write_thumbnails(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]):
        print(f"{written}: {written.stat().st_size / 1000:.0f} kB")
