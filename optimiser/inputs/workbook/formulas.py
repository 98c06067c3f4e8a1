"""Cells of a workbook whose value can't be known: formulas that were never worked out, and errors.

The reader of workbooks gives both as blanks, and a blank is allowed in some columns: they would be
dropped in silence. So the file itself is looked through for them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from optimiser.errors import Fault

NOT_WORKED_OUT = (
    "It is a formula that was saved without its value. Open the workbook in a spreadsheet, save it, "
    "or give the value."
)
ERROR = "It is an error of a spreadsheet formula. Give the value."
MOST_NAMED = 10
"""Cells of a sheet that are named one by one; the rest are counted."""
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
Cell = tuple[str, int, str, str]
"""Sheet, row, cell and error; the error is empty for a formula that was not worked out."""


def find_unknown_cells(path: Path, sheets: Sequence[str]) -> list[Fault]:
    """A fault for each cell, in sheets that are read, whose value can't be known.

    Args:
        path: a workbook that has been read without a fault.
        sheets: names of the sheets that are read.

    Raises:
        OSError, ValueError: it can't be looked through.
    """
    is_open = path.suffix.lower() == ".ods"
    with zipfile.ZipFile(path) as book:
        found = list((_list_open_document if is_open else _list_excel)(book, sheets))
    faults: list[Fault] = []
    for sheet in dict.fromkeys(cell[0] for cell in found):
        faults += _build_faults(f"{path} sheet {sheet}", [c for c in found if c[0] == sheet])
    return faults


def _build_faults(place: str, cells: Sequence[Cell]) -> Iterator[Fault]:
    for at, (_, row, cell, error) in enumerate(cells[:MOST_NAMED], start=1):
        remedy = ERROR if error else NOT_WORKED_OUT
        if at == MOST_NAMED < len(cells):
            remedy += f" {len(cells) - MOST_NAMED} more cells of the sheet are like it."
        rule = "spreadsheet_error" if error else "formula"
        yield Fault(place, row, f"cell {cell}" if cell else "", error, rule, remedy)


def _list_excel(book: zipfile.ZipFile, sheets: Sequence[str]) -> Iterator[Cell]:
    parts = dict(_list_parts(book))
    for sheet in sheets:
        content = book.read(parts[sheet]) if sheet in parts else b""
        if b"<f" not in content and b't="e"' not in content:  # nothing to look at, as a rule
            continue
        for cell in _iterate(content, "c"):
            inside = {_name(part): part.text or "" for part in cell}
            place = cell.get("r", "")
            row = int("".join(filter(str.isdigit, place)) or 0)
            if cell.get("t") == "e":
                yield sheet, row, place, inside.get("v", "") or "#error"
            elif "f" in inside and not inside.get("v") and cell.get("t") != "str":
                yield sheet, row, place, ""


def _list_parts(book: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Name of each sheet and the part that holds it."""
    rels = book.read("xl/_rels/workbook.xml.rels")
    targets: Mapping[str, str] = {
        part.get("Id", ""): part.get("Target", "") for part in _iterate(rels, "Relationship")
    }
    for sheet in _iterate(book.read("xl/workbook.xml"), "sheet"):
        target = targets.get(sheet.get(RELATION, ""), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in book.namelist():
            yield sheet.get("name", ""), part


def _list_open_document(book: zipfile.ZipFile, sheets: Sequence[str]) -> Iterator[Cell]:
    for table in _iterate(book.read("content.xml"), "table"):
        name = _attribute(table, "name")
        for cell in table.iter() if name in sheets else ():
            if _name(cell) == "table-cell" and _attribute(cell, "formula"):
                text = "".join(cell.itertext()).strip()
                if text.startswith(("#", "Err:")):
                    yield name, 0, "", text
                elif not _attribute(cell, "value-type"):
                    yield name, 0, "", ""


def _iterate(content: bytes, name: str) -> Iterator[ElementTree.Element]:
    """Every element of a local name, whatever prefix the writer gave it."""
    try:
        yield from (
            element for element in ElementTree.fromstring(content).iter() if _name(element) == name
        )
    except ElementTree.ParseError as error:
        raise ValueError(f"a part of it is no XML ({error})") from None


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _attribute(element: ElementTree.Element, name: str) -> str:
    return next((text for key, text in element.items() if key.rpartition("}")[2] == name), "")
