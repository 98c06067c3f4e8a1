"""The board paper: a Word document written from a comparison, and its PDF; no solver is needed."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import PIL.Image

from optimiser.reports.drawing import Illustration, read_illustrations
from optimiser.reports.paper.blocks import Block, Image
from optimiser.reports.paper.brief import Brief
from optimiser.reports.paper.pdf import find_office, read_heading_pages, write_pdf
from optimiser.reports.paper.word import Cover, write_document
from optimiser.reports.paper.words import list_blocks as list_blocks
from optimiser.runs.compare import Comparison

NAME = "board-paper.docx"
PICTURES = "pictures"
"""Folder of a pack in which the pictures stand."""


@dataclass(frozen=True)
class Paper:
    """A paper before it is written.

    Attributes:
        blocks: from front to back.
        cover: title and properties.
        template: the team's own Word document, or None.
    """

    blocks: tuple[Block, ...]
    cover: Cover
    template: Path | None


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
    paper = plan_paper(comparison, read_illustrations(folder / PICTURES), folder, template)
    return finish_paper(paper, folder, find_pages(paper))


def plan_paper(
    comparison: Comparison, pictures: tuple[Illustration, ...], folder: Path, template: Path | None
) -> Paper:
    """What the paper says; its pictures need not be drawn yet.

    Args:
        comparison: the runs, business as usual first.
        pictures: what will be in the folder's ``pictures`` when it is finished.
        folder: where it goes.
        template: the team's own Word document, or None.
    """
    brief = Brief(comparison, pictures, folder / PICTURES)
    return Paper(tuple(list_blocks(brief)), _cover(brief), template)


def find_pages(paper: Paper) -> dict[str, list[int]]:
    """Pages of the headings of each text, in order; none without LibreOffice.

    Where a heading falls depends on the size of the pictures alone, so a blank stands for each.
    """
    if find_office() is None:
        return {}
    with tempfile.TemporaryDirectory() as room:
        blank = Path(room) / "blank.png"
        PIL.Image.new("L", (1, 1), 255).save(blank)
        blocks = [
            replace(block, path=blank) if isinstance(block, Image) else block
            for block in paper.blocks
        ]
        draft = write_document(blocks, paper.cover, Path(room) / NAME, paper.template)
        pdf = write_pdf(draft)
        return {} if pdf is None else read_heading_pages(pdf)


def finish_paper(paper: Paper, folder: Path, pages: Mapping[str, Sequence[int]]) -> list[Path]:
    """Write a planned paper with its pictures, and its PDF where LibreOffice is installed."""
    path = write_document(paper.blocks, paper.cover, folder / NAME, paper.template, pages)
    pdf = write_pdf(path) if find_office() else None
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


def title_of(brief: Brief) -> str:
    """The paper's title."""
    if len(brief.options) == 1:
        return "Footprints for specialised commissioning: one plan appraised"
    return "Footprints for specialised commissioning: options for the board"
