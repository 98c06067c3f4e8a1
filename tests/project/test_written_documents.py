"""The documents say what the code says, and show what the commands print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.generators import ROOT, load_generator

reference = load_generator("write_reference")
outputs = load_generator("write_outputs")


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    """Commands and data dictionary are made from the code as it is."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == reference.PAGES[name]()


@pytest.mark.long
@pytest.mark.parametrize("page", outputs.PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_its_commands_print(page: Path, tmp_path: Path) -> None:
    """Every command of the page is run, and prints what stands below it."""
    (tmp_path / "inputs").symlink_to(ROOT / "inputs")
    text = page.read_text(encoding="utf-8")
    assert "```console\n$ footprints" in text
    assert outputs.write_page(text, tmp_path) == text


@pytest.mark.long
def test_the_site_is_whole_and_asks_for_nothing_from_elsewhere(tmp_path: Path) -> None:
    """Each link leads somewhere, every document is on the site, and no page loads from a network."""
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "-c", "docs", ".", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    pages = {page.stem for page in (tmp_path / "docs").rglob("*.html")}
    assert {page.stem for page in (ROOT / "docs").glob("*.md")} <= pages
    for page in tmp_path.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'src="http' not in text
        assert 'rel="stylesheet" href="http' not in text


def test_every_package_that_installs_with_it_has_its_licence() -> None:
    """The list of licences names what an installation brings, and each says something."""
    licences = load_generator("write_licences")
    rows = re.findall(r"^\| (\S+) \| (.+) \|$", licences.PAGE.read_text(encoding="utf-8"), re.M)
    told = dict(rows[1:])
    assert list(told) == licences.list_needed()
    assert "not stated" not in told.values()
