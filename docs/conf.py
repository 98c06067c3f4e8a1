"""The documents as a site: Sphinx over the Markdown that also reads in the repository.

Run: python bootstrap.py docs      (every broken link is an error)

The source folder is the project's root, so that links between documents, datasets' READMEs and the
models' pages are the same in the repository and on the site.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from optimiser.version import __version__  # noqa: E402 - the path is set first

project = "Footprints"
author = "The Footprints team"
project_copyright = author
release = __version__
language = "en-GB"

extensions = ["myst_nb"]
include_patterns = [
    "docs/*.md",
    "docs/notebooks/*.ipynb",
    "inputs/*/README.md",
    "models/*.md",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "DATA-LICENCES.md",
]
root_doc = "docs/index"
nb_execution_mode = "off"  # their outputs are stored, and a test runs the cells
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # an included README may begin at the second level
# Files that are no pages (scenarios, tables, pictures of a run) are offered as they are.
html_math_renderer = (
    "mathml"  # browsers draw it themselves; the usual script is fetched from a network
)
html_theme = "furo"
html_static_path = ["style"]
html_css_files = ["wide.css"]
html_title = f"Footprints {release}"
html_show_sphinx = False
html_copy_source = False
# Nothing is fetched from elsewhere: the site reads without a network.
html_theme_options = {"navigation_with_keys": True}


READABLE = (
    ('role="heading">', 'role="heading" aria-level="2">'),
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="All pages">'),
    ('<aside class="toc-drawer', '<aside aria-label="On this page" class="toc-drawer'),
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
)
"""What the theme leaves out for screen readers and keyboards: levels, labels, scrolling by key."""


def setup(app: Any) -> None:
    """Formulas as MathML, and pages that the keyboard and a screen reader can use."""
    app.connect("build-finished", _make_readable)
    app.add_html_math_renderer(
        "mathml", (_write_formula("inline"), None), (_write_formula("block"), None)
    )


def _make_readable(app: Any, failed: Exception | None) -> None:
    for page in Path(app.outdir).rglob("*.html") if failed is None else ():
        text = page.read_text(encoding="utf-8")
        for before, after in READABLE:
            text = text.replace(before, after)
        page.write_text(text, encoding="utf-8")


def _write_formula(display: str) -> Any:
    def write(translator: Any, node: Any) -> None:
        translator.body.append(convert(node.astext(), display=display))
        raise SkipNode

    return write
