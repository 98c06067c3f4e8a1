"""Styles of a paper: made where the document has none of that name, the team's own left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from optimiser.reports.palette import BLUE, DARK_BLUE, DARK_GREY, INK, PALE_GREY
from optimiser.reports.paper.xml import element, make_ground, set_language

FONT = "Arial"
"""The font the NHS identity gives for documents that are shared."""

NOTE = "Footprints Note"
CALLOUT = "Footprints Callout"
CELL = "Footprints Table Text"
REFERENCE = "Footprints Reference"
TAG = "Footprints Tag"
CAPTION = "Caption"
CONTENTS = ("toc 1", "toc 2")
"""Word's own names, as its files hold them."""

CONTENTS_HEAD = "TOC Heading"


@dataclass(frozen=True)
class Look:
    """How a paragraph style looks."""

    size: float
    before: float = 0.0
    after: float = 0.0
    colour: str = INK
    bold: bool = False
    keep_with_next: bool = False


LOOKS = {
    "Normal": Look(10, after=5),
    "Title": Look(18, before=0, after=2, colour=DARK_BLUE, bold=True),
    "Subtitle": Look(10.5, after=6, colour=DARK_GREY),
    "Heading 1": Look(15, before=14, after=5, colour=DARK_BLUE, bold=True, keep_with_next=True),
    "Heading 2": Look(12.5, before=12, after=4, colour=BLUE, bold=True, keep_with_next=True),
    "Heading 3": Look(11, before=8, after=3, colour=BLUE, bold=True, keep_with_next=True),
    "List Bullet": Look(10, after=3),
    "List Number": Look(10, after=3),
    CAPTION: Look(9.5, before=8, after=4, colour=DARK_BLUE, bold=True),
    NOTE: Look(8.5, before=3, after=10, colour=DARK_GREY),
    CALLOUT: Look(9.5, before=4, after=6),
    CELL: Look(8.5, before=1.5, after=1.5),
    TAG: Look(8, colour=BLUE),
    CONTENTS_HEAD: Look(12.5, after=4, colour=BLUE, bold=True, keep_with_next=True),
    CONTENTS[0]: Look(10.5, before=4, after=1),
    CONTENTS[1]: Look(9.5, after=1),
}
_NEW = (NOTE, CALLOUT, CELL, TAG)


def set_styles(document: Any, own: bool) -> None:
    """Give a document the styles a paper needs.

    Args:
        document: the document.
        own: whether it is ours, so that its styles are set; else only missing ones are added.
    """
    for name, look in LOOKS.items():
        known = name in [style.name for style in document.styles]
        if known and not own:
            continue
        style = document.styles[name] if known else _add(document, name)
        _set(style, look)
        if own:
            _set_font(style)
        if name in _EXTRAS:
            _EXTRAS[name](style)
    if REFERENCE not in [style.name for style in document.styles]:
        _set_reference(document.styles.add_style(REFERENCE, WD_STYLE_TYPE.CHARACTER))
    _set_defaults(document)


def _add(document: Any, name: str) -> Any:
    style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=name not in _NEW)
    style.base_style = document.styles["Normal"]
    style.quick_style = name in _NEW
    if name.startswith("Heading "):
        level = element("w:outlineLvl", val=str(int(name[-1]) - 1))
        style.element.get_or_add_pPr().append(level)
    return style


def _set_font(style: Any) -> None:
    """Our font in place of the theme's; in a template, styles of ours follow its Normal."""
    style.font.name = FONT
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), FONT)
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
        fonts.attrib.pop(qn(theme), None)


def _set(style: Any, look: Look) -> None:
    style.font.size = Pt(look.size)
    style.font.bold = look.bold
    style.font.italic = False
    style.font.color.rgb = RGBColor.from_string(look.colour.lstrip("#"))
    form = style.paragraph_format
    form.space_before, form.space_after = Pt(look.before), Pt(look.after)
    form.keep_with_next = look.keep_with_next
    form.line_spacing_rule = WD_LINE_SPACING.SINGLE
    form.widow_control = True


def _set_title(style: Any) -> None:
    """No line under the title, no letters apart."""
    for spacing in style.element.rPr.findall(qn("w:spacing")):
        style.element.rPr.remove(spacing)
    for border in style.element.pPr.findall(qn("w:pBdr")):
        style.element.pPr.remove(border)


def _set_callout(style: Any) -> None:
    """A tinted block with a bar at its left."""
    style.paragraph_format.left_indent = Cm(0.3)
    style.paragraph_format.right_indent = Cm(0.2)
    properties = style.element.get_or_add_pPr()
    borders = element("w:pBdr")
    borders.append(element("w:left", val="single", sz="36", space="8", color=BLUE.lstrip("#")))
    spacing = properties.find(qn("w:spacing"))
    spacing.addprevious(borders)
    spacing.addprevious(make_ground(PALE_GREY))


def _indent_contents(style: Any) -> None:
    style.paragraph_format.left_indent = Cm(0.6)


_EXTRAS: dict[str, Callable[[Any], None]] = {
    "Title": _set_title,
    "Subtitle": _set_title,
    CALLOUT: _set_callout,
    CONTENTS[1]: _indent_contents,
}


def _set_reference(style: Any) -> None:
    """Small and grey, so that it can be passed over."""
    style.font.size = Pt(7)
    style.font.color.rgb = RGBColor.from_string(DARK_GREY.lstrip("#"))


def _set_defaults(document: Any) -> None:
    root = document.styles.element
    defaults = root.find(qn("w:docDefaults"))
    if defaults is not None:
        for properties in defaults.iter(qn("w:rPr")):
            set_language(properties)
    for properties in root.iter(qn("w:rPr")):
        if properties.find(qn("w:lang")) is not None:
            set_language(properties)
