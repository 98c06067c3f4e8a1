"""The words of the paper as a Word document that staff can change, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimiser.reports.paper import styles
from optimiser.reports.paper.word import date_parts, open_document
from optimiser.reports.paper.words import read_words

NAME = "paper-template.docx"

_STYLE_OF = {
    "#": "Heading 1",
    "##": "Heading 2",
    "###": "Heading 3",
    ">": styles.CALLOUT,
    "-": "List Bullet",
    "+": "List Number",
}
_MARK_OF = {style: mark for mark, style in _STYLE_OF.items()}
_COMMENT = re.compile(r"\{#.*?#\}\s*", re.DOTALL)
_MARKED = re.compile(r"(#{1,3}|[>+-]) (.*)", re.DOTALL)
_TAG = re.compile(r"\{%.*%\}")
_CURLY = str.maketrans("“”‘’", "\"\"''")
"""Word turns straight quotes into curly ones, in braces too."""


def write_template(path: Path) -> Path:
    """Write our words as a Word document to start from: each paragraph in the style it will have."""
    document = open_document(None)
    styles.set_styles(document, own=True)
    for piece in _split(_COMMENT.sub("", read_words())):
        if piece.startswith("| "):
            _add_rows(document, piece.split("\n"))
            continue
        marked = _MARKED.fullmatch(piece)
        mark, words = marked.groups() if marked else ("", piece)
        style = styles.TAG if _TAG.fullmatch(words) else _STYLE_OF.get(mark, "Normal")
        paragraph = document.add_paragraph(style=style)
        for at, part in enumerate(words.split("**")):
            paragraph.add_run(part).bold = at % 2 == 1 or None
    document.save(str(path))
    date_parts(path)
    return path


def read_template(path: Path) -> str | None:
    """The words of a team's document, or None where it holds none: then it is a cover and styles.

    Raises:
        InputError: it is no Word document.
    """
    lines = list(_read_lines(open_document(path)))
    text = "\n".join(lines) + "\n"
    return text if "{{" in text or "{%" in text else None


def _split(source: str) -> Iterator[str]:
    """Paragraphs of the source: text up to a blank line, a mark or a tag; rows stay together."""
    held: list[str] = []

    def flush() -> Iterator[str]:
        if held:
            yield ("\n" if held[0].startswith("| ") else " ").join(held)
            held.clear()

    for raw in source.split("\n"):
        line = raw.strip()
        alone = _TAG.fullmatch(line) is not None
        follows = bool(held) and line.startswith("| ") and held[0].startswith("| ")
        if not line or alone or ((_MARKED.match(line) or line.startswith("| ")) and not follows):
            yield from flush()
        if alone:
            yield line
        elif line:
            held.append(line)
    yield from flush()


def _add_rows(document: Any, rows: list[str]) -> None:
    cells = [row.strip("| ").split(" | ") for row in rows]
    table = document.add_table(rows=len(cells), cols=len(cells[0]), style="Table Grid")
    for row, texts in zip(table.rows, cells, strict=True):
        for cell, text in zip(row.cells, texts, strict=False):
            cell.paragraphs[0].style = styles.CELL
            cell.paragraphs[0].add_run(text)
    document.add_paragraph(style=styles.TAG)


def _read_lines(document: Any) -> Iterator[str]:
    for item in document.iter_inner_content():
        if hasattr(item, "rows"):
            yield from (f"| {' | '.join(_say(c) for c in row.cells)} |" for row in item.rows)
            yield ""
            continue
        text = _mark_lead(item)
        mark = _MARK_OF.get(item.style.name, "")
        if _TAG.fullmatch(text.strip()):
            yield text.strip()
        elif text.strip():
            yield f"{mark} {text}".strip()
            yield ""


def _say(cell: Any) -> str:
    return " ".join(cell.text.split()).translate(_CURLY) if "{" in cell.text else cell.text.strip()


def _mark_lead(paragraph: Any) -> str:
    """Its text, with the bold words at its start marked as a lead and quotes in braces straight."""
    lead = ""
    if not paragraph.style.name.startswith("Heading"):
        for run in paragraph.runs:
            if run.text and not run.bold:
                break
            lead += run.text
    rest = paragraph.text[len(lead) :]
    text = (
        f"**{lead.strip()}** {rest.lstrip()}" if lead.strip() and rest.strip() else paragraph.text
    )
    return re.sub(r"\{[{%].*?[%}]\}", lambda tag: tag[0].translate(_CURLY), " ".join(text.split()))
