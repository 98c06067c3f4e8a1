"""Tables of a paper in Word: fixed widths that fill the page, headers that repeat, thin rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Emu, Pt, RGBColor

from optimiser.reports.palette import DARK_BLUE, MID_GREY, WHITE
from optimiser.reports.paper.blocks import Column, Table
from optimiser.reports.paper.styles import CELL
from optimiser.reports.paper.xml import (
    describe_table,
    element,
    keep_whole,
    make_ground,
    repeat_header,
)

AddText = Callable[[Any, str], None]
"""Adds a text with its references to a paragraph."""

SIDES = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "centre": WD_ALIGN_PARAGRAPH.CENTER,
}
CROWDED = 8
"""With more columns than this the type is a little smaller."""

LINE_GAP = Pt(3)
"""Below each line of a cell of several."""

SHORT = 6
"""A table of no more rows is kept on one page ..."""
BRIEF = 1_200
"""... where it has no more characters: kept whole, a longer one would leave much of a page empty."""


def add_grid(document: Any, block: Table, width: int, add_text: AddText) -> None:
    """Add a table.

    Args:
        document: the document.
        block: what it holds.
        width: of the page between its margins, EMU.
        add_text: adds a text to a paragraph.
    """
    heads = [column.heading for column in block.columns]
    lines = [heads, *block.rows] if any(heads) else [*block.rows]
    first = len(lines) - len(block.rows)
    table = document.add_table(rows=len(lines), cols=len(block.columns))
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    table.autofit = False
    _rule(table)
    by = ", ".join(filter(None, heads)) or "name and value"
    describe_table(table, block.caption or by, f"{len(block.rows)} rows by {by}.")
    _set_widths(table, share_out([column.width for column in block.columns], width))
    if first:
        repeat_header(table.rows[0])
    across = len(block.columns)
    cells = table._cells  # python-docx works the list out anew on each access
    style = document.styles[CELL].style_id  # looked up once: python-docx reads all styles each time
    for at, (made, texts) in enumerate(zip(table.rows, lines, strict=True)):
        keep_whole(made)
        line = cells[at * across : (at + 1) * across]
        for place, (cell, text) in enumerate(zip(line, texts, strict=True)):
            runs = _fill(cell, text, block.columns[place], style, add_text)
            is_head = at < first
            _set_fonts(runs, is_head, (at - first, place) in block.strong, across > CROWDED)
            if is_head:
                cell._tc.get_or_add_tcPr().append(make_ground(DARK_BLUE))
            if _is_short(block) or at < 2 or at >= len(lines) - 3:  # the last three: with its note
                cell.paragraphs[0].paragraph_format.keep_with_next = True


def _is_short(block: Table) -> bool:
    length = sum(len(str(cell)) for row in block.rows for cell in row)
    return len(block.rows) <= SHORT and length <= BRIEF


def share_out(parts: Sequence[float], width: int) -> list[int]:
    """A width in parts, to the last EMU."""
    whole = sum(parts)
    shares = [int(width * part / whole) for part in parts]
    return [*shares[:-1], width - sum(shares[:-1])]


def _set_widths(table: Any, widths: Sequence[int]) -> None:
    for column, wide in zip(table.columns, widths, strict=True):
        column.width = Emu(wide)
    for row in table.rows:
        for cell, wide in zip(row._tr.tc_lst, widths, strict=True):
            cell.width = Emu(wide)


def _fill(cell: Any, text: str, column: Column, style: str, add_text: AddText) -> list[Any]:
    """Write a text, a paragraph a line, and return its runs."""
    runs: list[Any] = []
    for at, line in enumerate(lines := text.split("\n")):
        paragraph = cell.add_paragraph() if at else cell.paragraphs[0]
        paragraph._p.style = style
        paragraph.alignment = SIDES[column.align]
        if at < len(lines) - 1:
            paragraph.paragraph_format.space_after = LINE_GAP
        add_text(paragraph, line)
        runs += paragraph.runs
    return runs


def _set_fonts(runs: Sequence[Any], is_head: bool, bold: bool, small: bool) -> None:
    for run in runs:
        if bold or is_head:
            run.font.bold = True
        if is_head:
            run.font.color.rgb = RGBColor.from_string(WHITE.lstrip("#"))
        if small:
            run.font.size = Pt(7.5)


def _rule(table: Any) -> None:
    """Thin rules between the rows, none between columns; a little air in the cells."""
    properties = table._tbl.tblPr
    borders = element("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        colour = MID_GREY.lstrip("#")
        borders.append(element(f"w:{side}", val="single", sz="4", space="0", color=colour))
    margins = element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(element(f"w:{side}", w="70", type="dxa"))
    layout = properties.find(qn("w:tblLayout"))
    layout.addprevious(borders)
    layout.addnext(margins)
