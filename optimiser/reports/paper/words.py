"""The words of the paper: a template of text, ours or the team's own in Word, turned into blocks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from optimiser.errors import Fault, InputError
from optimiser.reports.paper import sentences
from optimiser.reports.paper.blocks import (
    Block,
    Column,
    Contents,
    Heading,
    Image,
    Notes,
    Paragraph,
    Points,
    Table,
)
from optimiser.reports.paper.brief import DAGGER, Brief, Option
from optimiser.reports.paper.details import BLANK, say_blank
from optimiser.reports.paper.tables import TABLES
from optimiser.reports.pictures import slug

TALLEST = 8.8
"""Inches of a picture that leave room for its caption and note on an A4 page."""

_BLOCK, _LEAD, _CELL = "\x01", "\x02", "\x03"
"""Signs that begin a block, stand around a lead and end a cell. No name or note can hold them, as XML
cannot, so whatever stands in these is read as words."""

_STARTS = re.compile(r"^(?=#{1,3} |[>+-] |\| |\n)", re.MULTILINE)
_ROW = re.compile(r"^\| (.*) \|$", re.MULTILINE)
_PIECE = re.compile(r"(#+|[>+|-]|@\d+|\n|)\s*(?:\x02(.+?)\x02\s)?(.*)", re.DOTALL)
LETTERS_OF_BLANK = 13
"""Least and ..."""
LETTERS_OF_WORDS = 44
"""... most letters that a cell counts for in the width of its column."""
BOLD = 1.7
"""Letters of text beside which one of a heading, which is bold and larger, takes its room."""


def read_words() -> str:
    """The text of our own template."""
    return files(__package__).joinpath("paper.j2").read_text(encoding="utf-8")


def list_blocks(brief: Brief, source: str | None = None, place: Path | None = None) -> list[Block]:
    """The whole paper, from front to back.

    Args:
        brief: what it is written from.
        source: text of the team's template; ours when None.
        place: the file it was read from, for messages.

    Raises:
        InputError: the template has a fault, with what it says.
    """
    placed: list[Block] = []
    room = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    try:
        template = room.from_string(_mark_up(source or read_words()))
        text = template.render(**_vocabulary(brief, placed))
    except (TemplateError, LookupError, TypeError, AttributeError, ValueError) as error:
        if source is None:
            raise
        remedy = (
            f"The words in braces cannot be filled: {error}. docs/board-paper.md lists what may "
            "stand there."
        )
        raise InputError([Fault(str(place), 0, "", "", "template", remedy)]) from error
    pieces = [piece for piece in text.split(_BLOCK) if piece.strip()]
    return list(_join([_read(piece, placed) for piece in pieces]))


def _mark_up(source: str) -> str:
    rows = _ROW.sub(lambda row: f"| {row[1].replace(' | ', _CELL)}", source)
    return _STARTS.sub(_BLOCK, rows).replace("**", _LEAD)


def _vocabulary(brief: Brief, placed: list[Block]) -> dict[str, Any]:
    """What may stand in braces."""

    def put(*blocks: Block | None) -> str:
        found = [block for block in blocks if block is not None]
        placed.extend(found)
        first = len(placed) - len(found)
        return "".join(f"{_BLOCK}@{first + at}{_BLOCK}" for at in range(len(found)))

    def name_of(option: Option, kind: str) -> str:
        return f"{kind}-{slug(option.label)}"

    manifest = brief.usual.manifest
    return {
        **{name: getattr(sentences, name) for name in sentences.__all__},
        "brief": brief,
        "options": brief.options,
        "several": len(brief.options) > 1,
        "usual": brief.usual,
        "preferred": brief.preferred,
        "least": brief.least_change,
        "weak": brief.is_weak,
        "about": manifest["dataset"],
        "scenario": manifest["scenario"],
        "mark": brief.mark,
        "detail": brief.detail,
        "blank": say_blank,
        "table": lambda name, *which: put(*TABLES[name](brief, *which)),
        "picture": lambda name: put(place_picture(brief, name)),
        "picture_of": lambda option, kind: put(place_picture(brief, name_of(option, kind))),
        "has_picture": lambda name: brief.picture(name) is not None,
        "has_picture_of": lambda option, kind: brief.picture(name_of(option, kind)) is not None,
        "contents": lambda: put(Contents()),
        "notes": lambda: put(Notes()),
        "DAGGER": DAGGER,
        "BLANK": BLANK,
    }


def place_picture(brief: Brief, name: str) -> Image | None:
    """A saved picture at a size that leaves room for its caption, or None."""
    found = brief.picture(name)
    if found is None:
        return None
    ends = [0.0, *found.cuts, found.height]
    scale = min(1.0, TALLEST / max(below - above for above, below in pairwise(ends)))
    path, width, height = brief.folder / found.page, found.width * scale, found.height * scale
    cuts = tuple(cut / found.height for cut in found.cuts)
    return Image(path, found.title, found.alt, width, height, found.note, cuts)


def _read(piece: str, placed: Sequence[Block]) -> Block:
    found = _PIECE.fullmatch(piece)
    assert found is not None, "the last group takes whatever there is"
    kind, lead, words = found.groups()
    words = re.sub(r"[ \n]+", " ", words).strip()
    if kind.startswith("#"):
        return Heading(len(kind), words)
    if kind.startswith("@"):
        return placed[int(kind[1:])]
    if kind == "|":
        return _make_table([tuple(cell.strip() for cell in words.split(_CELL))])
    paragraph = Paragraph(words, f"{lead} " if lead else "", "callout" if kind == ">" else "body")
    return Points((paragraph,), kind == "+") if kind in ("-", "+") else paragraph


def _make_table(rows: Sequence[tuple[str, ...]]) -> Table:
    """A table written in the template: the first row its headings, widths by the longest words."""
    head, *body = rows
    widths = [_count_letters(column) for column in zip(*rows, strict=False)]
    columns = (Column(text, wide, "left") for text, wide in zip(head, widths, strict=False))
    return Table("", tuple(columns), tuple(body))


def _count_letters(column: Sequence[str]) -> int:
    """Letters that a column of a table has room for: its heading is bold and not to be broken."""
    longest = max(map(len, column))
    heading = math.ceil(BOLD * max(map(len, column[0].split()), default=0))
    return max(heading, min(max(longest, LETTERS_OF_BLANK), LETTERS_OF_WORDS))


def _join(blocks: Sequence[Block]) -> Iterator[Block]:
    """Points that follow one another are one list, and rows one table."""
    held: Block | None = None
    for block in blocks:
        joined = _join_two(held, block)
        if joined is not None:
            held = joined
            continue
        if held is not None:
            yield held
        held = block
    if held is not None:
        yield held


def _join_two(first: Block | None, second: Block) -> Block | None:
    if isinstance(first, Points) and isinstance(second, Points):
        return Points((*first.items, *second.items), first.numbered)
    if isinstance(first, Table) and isinstance(second, Table):
        heads = tuple(column.heading for column in second.columns)
        if not first.caption and not second.caption and any(heads) and not second.rows:
            rows = [tuple(column.heading for column in first.columns), *first.rows, heads]
            return _make_table(rows)
    return None
