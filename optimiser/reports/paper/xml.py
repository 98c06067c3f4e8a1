"""What python-docx has no words for: fields, bookmarks, links, lists that start at one, alt text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

LANGUAGE = "en-GB"


def element(tag: str, **attributes: str) -> Any:
    """An element such as ``w:p``; attributes are of the same namespace."""
    made = OxmlElement(tag)
    prefix = tag.split(":")[0]
    for name, value in attributes.items():
        made.set(qn(f"{prefix}:{name}"), value)
    return made


def add_field(paragraph: Any, code: str, shown: str) -> None:
    """Add a field with the text that it shows until it is updated."""
    open_field(paragraph, code)
    paragraph.add_run(shown)
    add_mark(paragraph, "end")


def add_mark(paragraph: Any, kind: str) -> None:
    """Add one of the marks of a field: begin, separate or end."""
    paragraph.add_run()._r.append(element("w:fldChar", fldCharType=kind))


def open_field(paragraph: Any, code: str) -> None:
    """Begin a field whose text goes over paragraphs; :func:`add_mark` ends it."""
    add_mark(paragraph, "begin")
    text = element("w:instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = f" {code} "
    paragraph.add_run()._r.append(text)
    add_mark(paragraph, "separate")


def add_bookmark(paragraph: Any, name: str, number: int) -> None:
    """Put a bookmark around a paragraph's runs."""
    start = element("w:bookmarkStart", id=str(number), name=name)
    properties = paragraph._p.pPr
    at = 0 if properties is None else 1
    paragraph._p.insert(at, start)
    paragraph._p.append(element("w:bookmarkEnd", id=str(number)))


def add_link(paragraph: Any, anchor: str) -> Any:
    """Add an empty link to a bookmark, to be filled with runs as a paragraph is."""
    link = element("w:hyperlink", anchor=anchor, history="1")
    paragraph._p.append(link)
    return link


def move_runs(paragraph: Any, link: Any, since: int) -> None:
    """Move the runs of a paragraph from a place on into a link."""
    for run in paragraph._p.findall(qn("w:r"))[since:]:
        link.append(run)


def repeat_header(row: Any) -> None:
    """Repeat a table's row at the top of each page."""
    row._tr.get_or_add_trPr().append(element("w:tblHeader", val="true"))


def keep_whole(row: Any) -> None:
    """Do not break a table's row over two pages."""
    row._tr.get_or_add_trPr().append(element("w:cantSplit", val="true"))


def make_ground(colour: str) -> Any:
    """The ground of a cell or paragraph; ``colour`` is #RRGGBB."""
    return element("w:shd", val="clear", color="auto", fill=colour.lstrip("#"))


def crop(shape: Any, top: float, bottom: float) -> None:
    """Show a picture without these shares of its height at the top and at the bottom."""
    shown = OxmlElement("a:srcRect")
    shown.set("t", str(round(top * 100_000)))  # thousandths of a per cent
    shown.set("b", str(round(bottom * 100_000)))
    shape._inline.graphic.graphicData.pic.blipFill.blip.addnext(shown)


def describe_table(table: Any, title: str, text: str) -> None:
    """Title and alternative text of a table."""
    properties = table._tbl.tblPr
    properties.append(element("w:tblCaption", val=title))
    properties.append(element("w:tblDescription", val=text))


def set_language(properties: Any) -> None:
    """Set the language of some run properties."""
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    properties.append(element("w:lang", val=LANGUAGE, eastAsia=LANGUAGE))


def set_modern(settings: Any) -> None:
    """Say that the document is for Word 2013 or later, so that it does not open in an old mode."""
    compat = settings.find(qn("w:compat"))
    if compat is None:
        compat = element("w:compat")
        settings.append(compat)
    for old in compat.findall(qn("w:compatSetting")):
        if old.get(qn("w:name")) == "compatibilityMode":
            compat.remove(old)
    uri = "http://schemas.microsoft.com/office/word"
    compat.append(element("w:compatSetting", name="compatibilityMode", uri=uri, val="15"))


def clear(document: Any) -> None:
    """Take all that a document holds out of it; its sections, styles, headers and footers stay."""
    body = document.element.body
    for part in list(body):
        if part.tag != qn("w:sectPr"):
            body.remove(part)


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
