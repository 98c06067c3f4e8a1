"""The board paper: a Word document written from a comparison, and its PDF; no solver is needed."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import PIL.Image

from optimiser.reports.drawing import Illustration, read_illustrations
from optimiser.reports.paper.blocks import Block, Image
from optimiser.reports.paper.brief import Brief
from optimiser.reports.paper.details import Details
from optimiser.reports.paper.pdf import find_office, read_heading_pages, write_pdf
from optimiser.reports.paper.word import Cover, write_document
from optimiser.reports.paper.wording import NAME as TEMPLATE
from optimiser.reports.paper.wording import read_template, write_template
from optimiser.reports.paper.words import list_blocks as list_blocks
from optimiser.runs.compare import Comparison
from optimiser.runs.draws import Draws

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
        own_words: whether the template holds the words, too.
    """

    blocks: tuple[Block, ...]
    cover: Cover
    template: Path | None
    own_words: bool = False


@dataclass(frozen=True)
class Order:
    """What a team gives with its paper.

    Attributes:
        template: its own Word document, or None.
        details: what only the team knows: sponsor, meeting, owners.
        draws: plans over draws of the inputs, or None.
    """

    template: Path | None = None
    details: Details = field(default_factory=Details)
    draws: Draws | None = None


def write_paper(comparison: Comparison, folder: Path, order: Order | None = None) -> list[Path]:
    """Write the board paper into a folder, with a PDF where LibreOffice is installed.

    Args:
        comparison: the runs, business as usual first.
        folder: where it goes; pictures that a pack saved in its ``pictures`` are placed in it.
        order: the team's template, details and draws.

    Returns:
        The Word document, its words as a template, and the PDF if one was made.

    Raises:
        InputError: the template is no Word document, or its words have a fault.
    """
    paper = plan_paper(comparison, read_illustrations(folder / PICTURES), folder, order or Order())
    return finish_paper(paper, folder, find_pages(paper))


def plan_paper(
    comparison: Comparison, pictures: tuple[Illustration, ...], folder: Path, order: Order
) -> Paper:
    """What the paper says; its pictures need not be drawn yet.

    Args:
        comparison: the runs, business as usual first.
        pictures: what will be in the folder's ``pictures`` when it is finished.
        folder: where it goes.
        order: the team's template, details and draws.
    """
    brief = Brief(comparison, pictures, folder / PICTURES, order.details, order.draws)
    words = read_template(order.template) if order.template else None
    blocks = tuple(list_blocks(brief, words, order.template))
    return Paper(blocks, _cover(brief), order.template, words is not None)


def find_pages(paper: Paper) -> dict[str, list[int]]:
    """Pages of the headings of each text, in order; none without LibreOffice.

    Where a heading falls depends on the size of the pictures alone, so a blank stands for each.
    """
    if find_office() is None:
        return {}
    with tempfile.TemporaryDirectory() as room:
        blank = Path(room) / "blank.png"
        PIL.Image.new("L", (1, 1), 255).save(blank)
        blocks = tuple(
            replace(block, path=blank) if isinstance(block, Image) else block
            for block in paper.blocks
        )
        pdf = write_pdf(_write(replace(paper, blocks=blocks), Path(room), {}))
        return {} if pdf is None else read_heading_pages(pdf)


def finish_paper(paper: Paper, folder: Path, pages: Mapping[str, Sequence[int]]) -> list[Path]:
    """Write a planned paper with its pictures, its words, and its PDF where there is LibreOffice."""
    path = _write(paper, folder, pages)
    made = [path, write_template(folder / TEMPLATE)]
    pdf = write_pdf(path) if find_office() else None
    return made if pdf is None else [*made, pdf]


def _write(paper: Paper, folder: Path, pages: Mapping[str, Sequence[int]]) -> Path:
    place = folder / NAME
    return write_document(
        paper.blocks, paper.cover, place, paper.template, pages, cleared=paper.own_words
    )


def _cover(brief: Brief) -> Cover:
    about = brief.usual.manifest["dataset"]
    runs = max(str(option.manifest["run"]) for option in brief.options)
    return Cover(
        title=brief.details.texts.get("title") or title_of(brief),
        subtitle=str(about["title"]),
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
    return "Footprints for specialised commissioning: options"
