"""What python-docx has no words for: fields, bookmarks, links, repeated headers, alt text."""

from __future__ import annotations

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
    add_mark(paragraph, "begin")
    _add_code(paragraph, code)
    add_mark(paragraph, "separate")
    paragraph.add_run(shown)
    add_mark(paragraph, "end")


def open_field(paragraph: Any, code: str) -> None:
    """Begin a field whose text goes over paragraphs; :func:`add_mark` ends it."""
    add_mark(paragraph, "begin")
    _add_code(paragraph, code)
    add_mark(paragraph, "separate")


def add_mark(paragraph: Any, kind: str) -> None:
    """Add one of the marks of a field: begin, separate or end."""
    paragraph.add_run()._r.append(element("w:fldChar", fldCharType=kind))


def _add_code(paragraph: Any, code: str) -> None:
    text = element("w:instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = f" {code} "
    paragraph.add_run()._r.append(text)


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


def shade(properties: Any, colour: str) -> None:
    """Give the properties of a cell or paragraph a ground; ``colour`` is RRGGBB."""
    properties.append(element("w:shd", val="clear", color="auto", fill=colour))


def describe_table(table: Any, title: str, text: str) -> None:
    """Title and alternative text of a table."""
    properties = table._tbl.tblPr
    properties.append(element("w:tblCaption", val=title))
    properties.append(element("w:tblDescription", val=text))


def describe_picture(shape: Any, title: str, text: str) -> None:
    """Title and alternative text of a picture."""
    shape._inline.docPr.set("title", title)
    shape._inline.docPr.set("descr", text)


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
