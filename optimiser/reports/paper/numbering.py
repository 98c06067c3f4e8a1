"""Numbered lists that each start at one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.oxml.ns import qn

from optimiser.reports.paper.xml import element


def is_list(style: Any) -> bool:
    """Whether paragraphs of a style are marked or numbered by Word."""
    return _list_of(style) is not None


def restart(document: Any, paragraphs: Sequence[Any]) -> None:
    """Number paragraphs from one, in the way of their style; without a list there, by none.

    Args:
        document: the document.
        paragraphs: one list's paragraphs, all of one style.
    """
    found = _list_of(paragraphs[0].style) if paragraphs else None
    if found is None:
        return
    numbering = document.part.numbering_part.element
    old = numbering.num_having_numId(found)
    new = numbering.add_num(old.abstractNumId.val)
    new.add_lvlOverride(ilvl=0).add_startOverride(1)
    for paragraph in paragraphs:
        properties = paragraph._p.get_or_add_pPr()
        mine = element("w:numPr")
        mine.append(element("w:ilvl", val="0"))
        mine.append(element("w:numId", val=str(new.numId)))
        properties.insert(1 if properties.find(qn("w:pStyle")) is not None else 0, mine)


def _list_of(style: Any) -> int | None:
    """Number of the list a style belongs to, its ancestors' counted."""
    while style is not None:
        found = style.element.find(f"{qn('w:pPr')}/{qn('w:numPr')}/{qn('w:numId')}")
        if found is not None:
            return int(found.get(qn("w:val")))
        style = style.base_style
    return None
