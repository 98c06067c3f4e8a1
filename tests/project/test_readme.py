"""The README says what the tool prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.generators import load_generator

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_the_readmes_figures_are_what_england_gives() -> None:
    """Both tables of plans and the sentences on what is firm stand in the README as made now."""
    figures = load_generator("readme_figures")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    today = figures.score_today()
    parts = figures.make_parts(today, figures.draw_again())
    assert {name: figures.split_at(text, name)[1] for name in parts} == parts
    offices = next(one for one in today if one.plan.name == figures.OFFICES)
    assert offices.optimum.outcome.status == "optimal"
    assert not offices.broken_rules
    assert offices.plan.objective > offices.optimum.objective


def test_every_file_the_documents_link_to_exists() -> None:
    """No link of the README, of a document in docs or of a dataset's README leads nowhere."""
    readmes = [ROOT / "README.md", *sorted((ROOT / "inputs").glob("*/README.md"))]
    checked = 0
    for document in (*readmes, *sorted((ROOT / "docs").glob("*.md"))):
        text = document.read_text(encoding="utf-8")
        for part in text.split("](")[1:]:
            target = part.split(")")[0].split("#")[0]
            if target and "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"
                checked += 1
    assert checked > 30
