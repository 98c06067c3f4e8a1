"""The board paper: a Word document written from a comparison, and its PDF; no solver is needed."""

from __future__ import annotations

import datetime
from pathlib import Path

from optimiser.compare import Comparison
from optimiser.report.drawing import read_illustrations
from optimiser.report.paper.brief import Brief
from optimiser.report.paper.pdf import find_office, read_heading_pages, write_pdf
from optimiser.report.paper.sections import list_blocks, title_of
from optimiser.report.paper.word import Cover, write_document

NAME = "board-paper.docx"
PICTURES = "pictures"
"""Folder of a pack in which the pictures stand."""


def write_paper(comparison: Comparison, folder: Path, template: Path | None = None) -> list[Path]:
    """Write the board paper into a folder, with a PDF where LibreOffice is installed.

    Args:
        comparison: the runs, business as usual first.
        folder: where it goes; pictures that a pack saved in its ``pictures`` are placed in it.
        template: the team's own Word document, whose page, styles, header and footer are used.

    Returns:
        The Word document, and the PDF if one was made.

    Raises:
        InputError: the template is no Word document.
    """
    pictures = folder / PICTURES
    brief = Brief(comparison, read_illustrations(pictures), pictures)
    blocks, cover = list_blocks(brief), _cover(brief)
    path = write_document(blocks, cover, folder / NAME, template)
    if find_office() is None:
        return [path]
    pdf = write_pdf(path)
    if pdf is None:
        return [path]
    write_document(blocks, cover, path, template, read_heading_pages(pdf))
    pdf = write_pdf(path)
    return [path] if pdf is None else [path, pdf]


def _cover(brief: Brief) -> Cover:
    about = brief.usual.manifest["dataset"]
    names = "; ".join(f"{option.number} {option.label}" for option in brief.options)
    runs = max(str(option.manifest["run"]) for option in brief.options)
    return Cover(
        title=title_of(brief),
        subtitle=f"{about['title']}. Options: {names}",
        subject=f"Comparison of {len(brief.options)} plans, runs up to {runs}",
        made=_date_of(runs),
    )


def _date_of(run: str) -> datetime.datetime:
    """When the latest run was made, as its name says; a fixed date for a name of another form."""
    try:
        return datetime.datetime.strptime(run[:18], "%Y-%m-%dT%H%M%SZ")
    except ValueError:
        return datetime.datetime(2024, 1, 1)
