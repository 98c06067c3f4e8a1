"""Tables of a paper in Word: fixed widths that fill the page, headers that repeat, thin rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Emu, Pt, RGBColor

from optimiser.reports.identity import DARK_BLUE, MID_GREY, WHITE
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

SHORT = 8
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
    table = document.add_table(rows=1 + len(block.rows), cols=len(block.columns))
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    table.autofit = False
    _rule(table)
    heads = ", ".join(column.heading for column in block.columns if column.heading)
    describe_table(table, block.caption, f"{len(block.rows)} rows by {heads}.")
    widths = share_out([column.width for column in block.columns], width)
    _set_widths(table, widths)
    cells = table._cells  # python-docx works the list out anew on each access
    across = len(block.columns)
    style = document.styles[CELL].style_id  # looked up once: python-docx reads all styles each time
    _fill_header(cells[:across], block.columns, style, add_text)
    repeat_header(table.rows[0])
    small = across > CROWDED
    _set_size(cells[:across], small)
    for at, row in enumerate(block.rows):
        line = cells[(at + 1) * across : (at + 2) * across]
        bold = {column for line_at, column in block.strong if line_at == at}
        _fill(line, row, block.columns, bold, style, add_text)
        _set_size(line, small)
    for at, made in enumerate(table.rows):
        keep_whole(made)
        if _is_short(block) or at < 2 or at == len(block.rows):  # the last: with its note
            _keep_with_next(cells[at * across : (at + 1) * across])


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


def _fill_header(
    cells: Sequence[Any], columns: Sequence[Column], style: str, add_text: AddText
) -> None:
    for cell, column in zip(cells, columns, strict=True):
        cell._tc.get_or_add_tcPr().append(make_ground(DARK_BLUE))
        paragraph = cell.paragraphs[0]
        paragraph._p.style = style
        paragraph.alignment = SIDES[column.align]
        add_text(paragraph, column.heading)
        for run in paragraph.runs:
            run.font.bold = True
            run.font.color.rgb = RGBColor.from_string(WHITE.lstrip("#"))


def _fill(
    cells: Sequence[Any],
    texts: Sequence[str],
    columns: Sequence[Column],
    bold: set[int],
    style: str,
    add_text: AddText,
) -> None:
    for at, (cell, text, column) in enumerate(zip(cells, texts, columns, strict=True)):
        paragraph = cell.paragraphs[0]
        first, *others = text.split("\n")
        _fill_line(paragraph, first, column, style, add_text)
        for line in others:
            paragraph.paragraph_format.space_after = LINE_GAP
            paragraph = cell.add_paragraph()
            _fill_line(paragraph, line, column, style, add_text)
        if at in bold:
            for run in _list_runs(cell):
                run.font.bold = True


def _fill_line(paragraph: Any, text: str, column: Column, style: str, add_text: AddText) -> None:
    paragraph._p.style = style
    paragraph.alignment = SIDES[column.align]
    add_text(paragraph, text)


def _list_runs(cell: Any) -> list[Any]:
    return [run for paragraph in cell.paragraphs for run in paragraph.runs]


def _set_size(cells: Sequence[Any], small: bool) -> None:
    if small:
        for cell in cells:
            for run in _list_runs(cell):
                run.font.size = Pt(7.5)


def _keep_with_next(cells: Sequence[Any]) -> None:
    for cell in cells:
        cell.paragraphs[0].paragraph_format.keep_with_next = True


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
