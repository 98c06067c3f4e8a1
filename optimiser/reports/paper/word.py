"""A paper as a Word document: real styles, numbered captions, contents, page numbers, alt text."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
from docx.enum.text import WD_COLOR_INDEX, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.opc.exceptions import PackageNotFoundError
from docx.shared import Cm, Inches, Pt

from optimiser.errors import Fault, InputError
from optimiser.reports.paper import styles, xml
from optimiser.reports.paper.blocks import (
    BLANK,
    REFERENCE,
    Block,
    Contents,
    Heading,
    Image,
    Notes,
    Paragraph,
    Points,
    Table,
)
from optimiser.reports.paper.grid import add_grid

A4 = (Cm(21.0), Cm(29.7))
MARGIN = Cm(2.0)
STAMP = (1980, 1, 1, 0, 0, 0)
"""Date of the parts in the file, so that the same paper gives the same bytes."""

DEPTH = 1
"""Levels of headings in the contents: two would take most of a page."""

NOTE_SIZE = Pt(9)
"""Of raised numbers, which Word makes smaller."""

_TO_REFERENCE = re.compile(r" (?=\[[MTFD]\d)")
_STYLES = {"body": "Normal", "note": styles.NOTE, "callout": styles.CALLOUT}


@dataclass(frozen=True)
class Cover:
    """What stands above the paper and in its properties."""

    title: str
    subtitle: str
    subject: str
    made: datetime.datetime


@dataclass
class _State:
    """Counters of one document."""

    document: Any
    width: int
    headings: tuple[Heading, ...] = ()
    notes: dict[str, int] = field(default_factory=dict)
    tables: int = 0
    figures: int = 0
    marks: int = 0
    pages: dict[str, list[int]] = field(default_factory=dict)


def write_document(
    blocks: Sequence[Block],
    cover: Cover,
    path: Path,
    template: Path | None = None,
    pages: Mapping[str, Sequence[int]] | None = None,
    cleared: bool = False,
) -> Path:
    """Write blocks as a Word document.

    Args:
        blocks: the paper.
        cover: title and properties.
        path: the file.
        template: the team's own document: its page, styles, header and footer are kept.
        pages: pages of the headings of each text, in order; blank in the contents where not known.
        cleared: whether what the template holds is its words, which are not to be printed.

    Raises:
        InputError: the template is no Word document.
    """
    document = open_document(template)
    if cleared:
        xml.clear(document)
    styles.set_styles(document, own=template is None)
    section = document.sections[-1]
    if template is None:
        xml.set_modern(document.settings.element)
        _set_page(section)
    width = section.page_width - section.left_margin - section.right_margin
    known = {text: list(places) for text, places in (pages or {}).items()}
    headings = tuple(block for block in blocks if isinstance(block, Heading))
    state = _State(document, int(width), headings, pages=known)
    _add_cover(state, cover)
    for block in blocks:
        _add(state, block)
    _add_footer(section, cover.title, state.width)
    _set_properties(document, cover)
    document.save(str(path))
    date_parts(path)
    return path


def open_document(template: Path | None) -> Any:
    """A new document, or the team's own.

    Raises:
        InputError: it is no Word document.
    """
    if template is None:
        return docx.Document()
    try:
        return docx.Document(str(template))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, PackageNotFoundError):
        pass
    remedy = "It is not a Word document. Save the template as .docx (not .dotx or .doc)."
    raise InputError([Fault(str(template), 0, "", "", "template", remedy)])


def _set_page(section: Any) -> None:
    section.page_width, section.page_height = A4
    section.left_margin = section.right_margin = MARGIN
    section.top_margin = section.bottom_margin = MARGIN
    section.header_distance = section.footer_distance = Cm(1.0)


def _add(state: _State, block: Block) -> None:
    match block:
        case Heading():
            _add_heading(state, block)
        case Paragraph():
            _add_paragraph(state, state.document.add_paragraph(style=_STYLES[block.kind]), block)
        case Points():
            _add_points(state, block)
        case Table():
            _add_table(state, block)
        case Image():
            _add_image(state, block)
        case Contents():
            _add_contents(state, state.headings)
        case Notes():
            _add_notes(state)


def _add_cover(state: _State, cover: Cover) -> None:
    """After whatever the template holds, on a page of its own."""
    if any(paragraph.text.strip() for paragraph in state.document.paragraphs):
        state.document.add_page_break()
    state.document.add_paragraph(cover.title, style="Title")
    state.document.add_paragraph(cover.subtitle, style="Subtitle")


def _add_heading(state: _State, block: Heading) -> None:
    paragraph = state.document.add_paragraph(block.text, style=f"Heading {block.level}")
    state.marks += 1
    xml.add_bookmark(paragraph, bookmark_of(state.marks), state.marks)


def bookmark_of(number: int) -> str:
    """Name of a heading's bookmark, by its place among the headings."""
    return f"_Toc{100_000 + number}"


def _add_contents(state: _State, headings: Sequence[Heading]) -> None:
    """A field that Word can update, filled so that it reads without; on a page after the summary."""
    head = state.document.add_paragraph("Contents", style=styles.CONTENTS_HEAD)
    head.paragraph_format.page_break_before = True
    lines = [(at, heading) for at, heading in enumerate(headings, 1) if heading.level <= DEPTH]
    for place, (at, heading) in enumerate(lines):
        paragraph = state.document.add_paragraph(style=styles.CONTENTS[heading.level - 1])
        stops = paragraph.paragraph_format.tab_stops
        stops.add_tab_stop(state.width, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
        if place == 0:
            xml.open_field(paragraph, f'TOC \\o "1-{DEPTH}" \\h \\z \\u')
        before = len(paragraph.runs)
        link = xml.add_link(paragraph, bookmark_of(at))
        paragraph.add_run(f"{heading.text}\t")
        xml.add_field(paragraph, f"PAGEREF {bookmark_of(at)} \\h", _page(state, heading.text))
        xml.move_runs(paragraph, link, before)
        if place == len(lines) - 1:
            xml.add_mark(paragraph, "end")


def _page(state: _State, text: str) -> str:
    found = state.pages.get(text)
    return str(found.pop(0)) if found else ""


def _add_paragraph(state: _State, paragraph: Any, block: Paragraph) -> None:
    """Running text: a reference in it is a small raised number, told in the notes."""
    if block.lead:
        paragraph.add_run(block.lead).bold = True
    for part in REFERENCE.split(_TO_REFERENCE.sub("", block.text)):
        if REFERENCE.fullmatch(part):
            number = state.notes.setdefault(part, len(state.notes) + 1)
            run = paragraph.add_run(str(number), style=styles.REFERENCE)
            run.font.superscript, run.font.size = True, NOTE_SIZE
        else:
            _add_words(paragraph, part)


def _add_words(paragraph: Any, text: str) -> None:
    """Add words; blanks that the team has still to fill stand on a tint."""
    for part in BLANK.split(text):
        if part:
            run = paragraph.add_run(part)
            if BLANK.fullmatch(part):
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def add_text(paragraph: Any, text: str) -> None:
    """Add the text of a table, caption or note; references in it are small."""
    for part in REFERENCE.split(text):
        if REFERENCE.fullmatch(part):
            paragraph.add_run(part, style=styles.REFERENCE)
        else:
            _add_words(paragraph, part)


def _add_notes(state: _State) -> None:
    """What each raised number stands for, in one paragraph."""
    if not state.notes:
        return
    state.document.add_paragraph("Notes to the text", style="Heading 3")
    told = "; ".join(f"{number}\u00a0{reference}" for reference, number in state.notes.items())
    add_text(state.document.add_paragraph(style=styles.NOTE), f"{told}.")


def _add_points(state: _State, block: Points) -> None:
    style = "List Number" if block.numbered else "List Bullet"
    made = [state.document.add_paragraph(style=style) for _ in block.items]
    by_word = xml.is_list(state.document.styles[style])
    for at, (paragraph, heading) in enumerate(zip(made, block.items, strict=True), 1):
        if not by_word:
            _mark_by_hand(paragraph, f"{at}." if block.numbered else "•")
        _add_paragraph(state, paragraph, heading)
    if block.numbered:
        xml.restart(state.document, made)


def _mark_by_hand(paragraph: Any, mark: str) -> None:
    """A bullet or number as text, where a template has no list of that name."""
    paragraph.paragraph_format.left_indent = Cm(0.8)
    paragraph.paragraph_format.first_line_indent = Cm(-0.8)
    paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(0.8))
    paragraph.add_run(f"{mark}\t")


def _add_caption(state: _State, kind: str, number: int, text: str) -> Any:
    paragraph = state.document.add_paragraph(style=styles.CAPTION)
    paragraph.add_run(f"{kind} ")
    xml.add_field(paragraph, f"SEQ {kind} \\* ARABIC", str(number))
    add_text(paragraph, f": {text}")
    return paragraph


def _add_table(state: _State, block: Table) -> None:
    if block.caption:
        state.tables += 1
        caption = _add_caption(state, "Table", state.tables, block.caption)
        caption.paragraph_format.keep_with_next = True
    add_grid(state.document, block, state.width, add_text)
    below = state.document.add_paragraph(style=styles.NOTE)
    add_text(below, block.note)
    if not block.note:
        below.paragraph_format.space_after = Pt(0)


def _add_image(state: _State, block: Image) -> None:
    state.figures += 1
    width = min(int(Inches(block.width)), state.width)
    height = int(Inches(block.height) * width / Inches(block.width))
    ends = [0.0, *block.cuts, 1.0]
    for top, bottom in pairwise(ends):
        paragraph = state.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = bottom == 1.0
        paragraph.paragraph_format.space_after = 0
        high = int(height * (bottom - top))
        shape = paragraph.add_run().add_picture(str(block.path), width=width, height=high)
        if block.cuts:
            xml.crop(shape, top, 1 - bottom)
        part = f" (part {ends.index(bottom)} of {len(ends) - 1})" if block.cuts else ""
        alt = block.alt if top == 0 else f"More of the picture above: {block.caption}."
        for name, words in (("title", f"{block.caption}{part}"), ("descr", alt)):
            shape._inline.docPr.set(name, words)
    caption = _add_caption(state, "Figure", state.figures, block.caption)
    if block.note:
        caption.paragraph_format.keep_with_next = True
        add_text(state.document.add_paragraph(style=styles.NOTE), block.note)


def _add_footer(section: Any, title: str, width: int) -> None:
    """Title and page of pages; a footer of the template stays as it is."""
    footer = section.footer
    if any(paragraph.text.strip() or len(paragraph._p) > 1 for paragraph in footer.paragraphs):
        return
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.style = styles.NOTE
    stops = paragraph.paragraph_format.tab_stops
    stops.add_tab_stop(width, WD_TAB_ALIGNMENT.RIGHT)
    paragraph.add_run(f"{title}\tPage ")
    xml.add_field(paragraph, "PAGE", "1")
    paragraph.add_run(" of ")
    xml.add_field(paragraph, "NUMPAGES", "1")


def _set_properties(document: Any, cover: Cover) -> None:
    words = document.core_properties
    words.title, words.subject = cover.title, cover.subject
    words.author, words.last_modified_by = "Footprints", "Footprints"
    words.comments, words.keywords = cover.subtitle, "footprints, specialised commissioning"
    words.language, words.revision = xml.LANGUAGE, 1
    words.created = words.modified = cover.made


def date_parts(path: Path) -> None:
    """Write the file's parts again under a fixed date."""
    with zipfile.ZipFile(path) as file:
        parts = [(name, file.read(name)) for name in file.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts:
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, content)
