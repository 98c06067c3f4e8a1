"""What a paper is made of: plain blocks that any document format can render."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

REFERENCE = re.compile(r"(\[(?:[MTFD]\d[\w.,–-]*)(?:, [MTFD]\d[\w.–-]*)*\])")
"""A reference to a figure's source, such as ``[M3.2]``: printed small, resolved in an annex."""

BLANK = re.compile(r"(\[[^\[\]]*(?:to be completed|to fill)\])")
"""A blank that the team has still to fill: printed on a tint."""

Align = Literal["left", "right", "centre"]


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 to 3."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text; ``lead`` stands in bold before it."""

    text: str
    lead: str = ""
    kind: Literal["body", "note", "callout"] = "body"


@dataclass(frozen=True)
class Points:
    """A list: one paragraph each, with a bold lead where it has one."""

    items: tuple[Paragraph, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table: heading, relative width, side its cells stand on."""

    heading: str
    width: float = 1.0
    align: Align = "right"


def words(headings: Sequence[str], widths: Sequence[float]) -> tuple[Column, ...]:
    """Columns that hold words: their cells stand on the left."""
    return tuple(Column(text, wide, "left") for text, wide in zip(headings, widths, strict=True))


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        caption: what it holds; the number is added. Without one it has no number either.
        columns: its columns; without any heading there is no row of them.
        rows: texts, one per column.
        strong: row and column of the cells in bold.
        note: source and how to read it.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    note: str = ""


@dataclass(frozen=True)
class Image:
    """A picture with caption and alternative text; size in inches.

    ``cuts`` are shares of its height, from the top, where it may be parted between two pages.
    """

    path: Path
    caption: str
    alt: str
    width: float
    height: float
    note: str = ""
    cuts: tuple[float, ...] = ()


@dataclass(frozen=True)
class Contents:
    """The list of headings with their pages."""


@dataclass(frozen=True)
class Notes:
    """What the small raised numbers of the text stand for."""


Block = Heading | Paragraph | Points | Table | Image | Contents | Notes
