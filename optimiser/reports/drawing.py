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
from optimiser.reports.palette import BLACK, DARK_BLUE
from optimiser.reports.picture import STYLE
from optimiser.reports.sentences import wrap

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""Height by width by red, green and blue."""

INDEX = "pictures.json"
PAGE_WIDTH = 6.7
"""Inches between the margins of an A4 page."""

PAGE_DPI = 200
SLIDE = (8.6, 4.84)
"""Inches at which a slide is drawn; shown half as large again on a 13.3 x 7.5 inch slide."""

SLIDE_DPI = 220

SLIDE_TITLE = 0.36
"""Inches above a slide's picture for its title."""

SLIDE_NOTE = (6.0, 0.115, 172)
"""Type of the note below it, points; inches of a line, and the letters it holds."""

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
        cuts: inches from the top where it may be parted between two pages.
    """

    name: str
    title: str
    alt: str
    data: pd.DataFrame
    draw: Callable[[Figure], None]
    height: float
    note: str = ""
    cuts: tuple[float, ...] = ()


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
        cuts: inches from the top where it may be parted between two pages.
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
    cuts: tuple[float, ...] = ()


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
    found = json.loads(index.read_text(encoding="utf-8"))
    return tuple(Illustration(**{**it, "cuts": tuple(it.get("cuts", ()))}) for it in found)


def write_drawing(drawing: Drawing, folder: Path) -> Illustration:
    """Save one picture in both sizes, as SVG, and its data."""
    stem = drawing.name
    size = (PAGE_WIDTH, drawing.height)
    words = {"Title": drawing.title, "Description": drawing.alt}
    with mpl.rc_context(CHART_STYLE):
        page = render(drawing, size, PAGE_DPI)
        _save_png(_pixels(page), folder / f"{stem}.png", words, PAGE_DPI)
        _save_svg(page, folder / f"{stem}.svg", words)
        _save_png(compose_slide(drawing), folder / f"{stem}-slide.png", words, SLIDE_DPI)
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
        cuts=drawing.cuts,
    )


def render(drawing: Drawing, size: tuple[float, float], dpi: int) -> Figure:
    """The picture on a new figure of a size in inches, laid out."""
    figure = Figure(figsize=size, dpi=dpi)
    FigureCanvasAgg(figure)
    drawing.draw(figure)
    lay_out(figure)
    figure.set_layout_engine("none")  # laid out here, not again for each file
    return figure


def compose_slide(drawing: Drawing) -> Pixels:
    """The picture as a slide that stands alone: its title above it, its note below."""
    size, line, letters = SLIDE_NOTE
    note = wrap(drawing.note, letters)
    below = line * (note.count("\n") + 1) + 0.06 if note else 0.0
    wide, high = SLIDE
    parts = [
        _write_strip(wide, SLIDE_TITLE, drawing.title, 11.0, "bold"),
        _pixels(render(drawing, (wide, high - SLIDE_TITLE - below), SLIDE_DPI)),
        *([_write_strip(wide, below, note, size, "normal")] if note else []),
    ]
    return np.vstack(parts)


def _write_strip(wide: float, high: float, text: str, size: float, weight: str) -> Pixels:
    figure = Figure(figsize=(wide, high), dpi=SLIDE_DPI)
    colour = DARK_BLUE if weight == "bold" else BLACK
    figure.text(0.06 / wide, 0.5, text, fontsize=size, fontweight=weight, color=colour, va="center")
    return _pixels(figure)


def lay_out(figure: Figure) -> None:
    """Let a figure's layout engine place its parts once; nothing is drawn for it."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)


def _pixels(figure: Figure) -> Pixels:
    """A figure as drawn; ``savefig`` would draw twice and keep the full transparency."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _save_png(pixels: Pixels, path: Path, words: dict[str, str], dpi: int) -> None:
    about = PngInfo()
    for key, text in words.items():
        about.add_text(key, text)
    Image.fromarray(pixels).save(path, pnginfo=about, dpi=(dpi, dpi), compress_level=PACKING)


def _save_svg(figure: Figure, path: Path, words: dict[str, str]) -> None:
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(str(path), metadata={**words, "Date": None, "Creator": "Footprints"})
