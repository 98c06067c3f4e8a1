"""Small pictures of a pack's paper and page, for the documentation.

    python docs/build/document_pictures.py outputs/pack docs/images

Needs pdftoppm (poppler) and a Chromium.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import ViewportSize

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
from support.browser import find_chromium, open_chromium

PAGES = (1, 3, 4, 9)
"""Of the paper: summary, maps, criteria, risks."""

WIDTH, GAP, COLOURS = 1600, 6, 220
VIEW: ViewportSize = {"width": 1280, "height": 860}


def main(pack: Path, folder: Path) -> None:
    """Write ``board-paper.png`` and ``page.png``; the folder is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    _save(_show_pages(pack / "board-paper.pdf"), folder / "board-paper.png")
    _save(_show_page(pack / "page.html"), folder / "page.png")


def _show_pages(paper: Path) -> Image.Image:
    """Some pages side by side."""
    with tempfile.TemporaryDirectory() as room:
        for page in PAGES:
            only = ["-f", str(page), "-l", str(page), "-singlefile"]
            target = f"{room}/{page}"
            subprocess.run(["pdftoppm", "-r", "110", "-png", *only, paper, target], check=True)
        pages = [Image.open(f"{room}/{page}.png").convert("RGB") for page in PAGES]
    wide, high = pages[0].size
    sheet = Image.new("RGB", ((wide + GAP) * len(pages) + GAP, high + 2 * GAP), "#768692")
    for at, picture in enumerate(pages):
        sheet.paste(picture, (GAP + at * (wide + GAP), GAP))
    return sheet.resize(
        (WIDTH, round(sheet.height * WIDTH / sheet.width)), Image.Resampling.LANCZOS
    )


def _show_page(page: Path) -> Image.Image:
    """The page with its second option, a footprint of it chosen."""
    chromium = find_chromium()
    assert chromium is not None, "no Chromium is installed"
    with open_chromium(chromium) as browser, tempfile.TemporaryDirectory() as room:
        view = browser.new_page(viewport=VIEW)
        view.goto(page.resolve().as_uri())
        view.get_by_role("radio").nth(1).check()
        view.screenshot(path=f"{room}/page.png")
        return Image.open(f"{room}/page.png").convert("RGB")


def _save(picture: Image.Image, path: Path) -> None:
    picture.quantize(COLOURS, Image.Quantize.MEDIANCUT).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
