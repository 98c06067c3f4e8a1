"""A picture with all that a document needs of it: sizes for paper and slides, words and data.

A drawing is described once (title, alt text, its data, how to draw it) and saved as PNG for a
page and for a slide, as SVG, and with its data as CSV beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from optimiser.csv_text import to_csv_text
from optimiser.inputs.writing import write_text
from optimiser.reports.palette import BLACK
from optimiser.reports.picture import STYLE

INDEX = "pictures.json"
PAGE_WIDTH = 6.7
"""Inches between the margins of an A4 page."""

PAGE_DPI = 200
SLIDE = (8.6, 4.84)
"""Inches at which a slide is drawn; shown half as large again on a 13.3 x 7.5 inch slide."""

SLIDE_DPI = 220

PACKING = 2
"""Of PNG files: higher levels take twice the time for a few per cent."""

CHART_STYLE = {
    **STYLE,
    "axes.edgecolor": BLACK,
    "axes.labelcolor": BLACK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.0,
    "axes.titleweight": "bold",
    "hatch.linewidth": 0.7,
    "text.color": BLACK,
    "xtick.color": BLACK,
    "ytick.color": BLACK,
}


@dataclass(frozen=True)
class Drawing:
    """A picture that is still to be drawn.

    Attributes:
        name: stem of its files.
        title: what it shows, as a caption.
        alt: what a reader who cannot see it should know.
        data: the figures drawn.
        draw: draws it on an empty figure of any size.
        height: inches on an A4 page, where it is as wide as the text.
        note: what the reader must know: units, what is modelled.
    """

    name: str
    title: str
    alt: str
    data: pd.DataFrame
    draw: Callable[[Figure], None]
    height: float
    note: str = ""


@dataclass(frozen=True)
class Illustration:
    """A picture that was saved; files are named relative to its folder.

    Attributes:
        name: stem of its files.
        title: caption.
        alt: alternative text.
        note: units and what is modelled.
        page: PNG for an A4 page.
        slide: PNG for a slide, 16:9.
        vector: SVG of the page's picture.
        data: CSV of the figures drawn.
        width: inches on the page.
        height: inches on the page.
    """

    name: str
    title: str
    alt: str
    note: str
    page: str
    slide: str
    vector: str
    data: str
    width: float
    height: float


def write_drawings(drawings: Iterable[Drawing], folder: Path) -> tuple[Illustration, ...]:
    """Draw and save pictures, with an index that :func:`read_illustrations` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = tuple(write_drawing(drawing, folder) for drawing in drawings)
    write_index(saved, folder)
    return saved


def write_index(saved: Sequence[Illustration], folder: Path) -> None:
    """Write the index of the pictures in a folder."""
    text = json.dumps([asdict(picture) for picture in saved], indent=2, ensure_ascii=False)
    (folder / INDEX).write_text(text + "\n", encoding="utf-8", newline="\n")


def read_illustrations(folder: Path) -> tuple[Illustration, ...]:
    """The pictures saved in a folder, in order; none when there is no index."""
    index = folder / INDEX
    if not index.is_file():
        return ()
    return tuple(
        Illustration(**picture) for picture in json.loads(index.read_text(encoding="utf-8"))
    )


def write_drawing(drawing: Drawing, folder: Path) -> Illustration:
    """Save one picture in both sizes, as SVG, and its data."""
    stem = drawing.name
    size = (PAGE_WIDTH, drawing.height)
    words = {"Title": drawing.title, "Description": drawing.alt}
    with mpl.rc_context(CHART_STYLE):
        page = render(drawing, size, PAGE_DPI)
        _save_png(page, folder / f"{stem}.png", words)
        _save_svg(page, folder / f"{stem}.svg", words)
        slide = render(drawing, SLIDE, SLIDE_DPI)
        _save_png(slide, folder / f"{stem}-slide.png", words)
    write_text(folder / f"{stem}.csv", to_csv_text(drawing.data))
    return describe(drawing)


def describe(drawing: Drawing) -> Illustration:
    """The picture as it stands in a folder once it is saved."""
    stem = drawing.name
    return Illustration(
        name=stem,
        title=drawing.title,
        alt=drawing.alt,
        note=drawing.note,
        page=f"{stem}.png",
        slide=f"{stem}-slide.png",
        vector=f"{stem}.svg",
        data=f"{stem}.csv",
        width=PAGE_WIDTH,
        height=drawing.height,
    )


def render(drawing: Drawing, size: tuple[float, float], dpi: int) -> Figure:
    """The picture on a new figure of a size in inches, laid out."""
    figure = Figure(figsize=size, dpi=dpi)
    FigureCanvasAgg(figure)
    drawing.draw(figure)
    lay_out(figure)
    figure.set_layout_engine("none")  # laid out here, not again for each file
    return figure


def lay_out(figure: Figure) -> None:
    """Let a figure's layout engine place its parts once; nothing is drawn for it."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)


def _save_png(figure: Figure, path: Path, words: dict[str, str]) -> None:
    """Save as drawn, in one go: ``savefig`` would draw twice and keep the full transparency."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    about = PngInfo()
    for key, text in words.items():
        about.add_text(key, text)
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    picture.save(path, pnginfo=about, dpi=(figure.dpi, figure.dpi), compress_level=PACKING)


def _save_svg(figure: Figure, path: Path, words: dict[str, str]) -> None:
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(str(path), metadata={**words, "Date": None, "Creator": "Footprints"})
