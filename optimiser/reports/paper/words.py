"""The words of the paper: the template ``paper.j2`` turned into blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from optimiser.reports.paper import annex_tables, sentences, tables
from optimiser.reports.paper.blocks import Block, Heading, Image, Paragraph, Points
from optimiser.reports.paper.brief import DAGGER, Brief
from optimiser.reports.paper.hazards import KINDS

TALLEST = 8.8
"""Inches of a picture that leave room for its caption and note on an A4 page."""

_BLOCK, _LEAD = "\x01", "\x02"
"""Signs that begin a block and stand around a lead. No name or note can hold them, as XML cannot, so
whatever stands in these is read as words."""

_STARTS = re.compile(r"^(?=#{1,3} |[>+-] |\n)", re.MULTILINE)
_PIECE = re.compile(r"(#+|[>+-]|@\d+|\n|)\s*(?:\x02(.+?)\x02\s)?(.*)", re.DOTALL)


def list_blocks(brief: Brief) -> list[Block]:
    """The whole paper, from front to back."""
    placed: list[Block] = []

    def put(block: Block | None) -> str:
        if block is None:
            return ""
        placed.append(block)
        return f"{_BLOCK}@{len(placed) - 1}{_BLOCK}"

    text = _open_template().render(
        **{name: getattr(sentences, name) for name in sentences.__all__},
        brief=brief,
        mark=brief.mark,
        tables=tables,
        annexes=annex_tables,
        put=put,
        picture=lambda name: put(place_picture(brief, name)),
        DAGGER=DAGGER,
        KINDS=KINDS,
    )
    return list(
        _join_points([_read(piece, placed) for piece in text.split(_BLOCK) if piece.strip()])
    )


def _open_template() -> Template:
    source = files(__package__).joinpath("paper.j2").read_text(encoding="utf-8")
    room = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return room.from_string(_STARTS.sub(_BLOCK, source).replace("**", _LEAD))


def place_picture(brief: Brief, name: str) -> Image | None:
    """A saved picture at a size that leaves room for its caption, or None."""
    found = brief.picture(name)
    if found is None:
        return None
    scale = min(1.0, TALLEST / found.height)
    path, width, height = brief.folder / found.page, found.width * scale, found.height * scale
    return Image(path, found.title, found.alt, width, height, found.note)


def _read(piece: str, placed: Sequence[Block]) -> Block:
    found = _PIECE.fullmatch(piece)
    assert found is not None, "the last group takes whatever there is"
    kind, lead, words = found.groups()
    words = re.sub(r"[ \n]+", " ", words).strip()
    if kind.startswith("#"):
        return Heading(len(kind), words)
    if kind.startswith("@"):
        return placed[int(kind[1:])]
    paragraph = Paragraph(words, f"{lead} " if lead else "", "callout" if kind == ">" else "body")
    return Points((paragraph,), kind == "+") if kind in ("-", "+") else paragraph


def _join_points(blocks: Sequence[Block]) -> Iterator[Block]:
    """Points that follow one another are one list."""
    held: Points | None = None
    for block in blocks:
        if isinstance(block, Points):
            held = block if held is None else Points((*held.items, *block.items), held.numbered)
            continue
        if held is not None:
            yield held
            held = None
        yield block
    if held is not None:
        yield held
