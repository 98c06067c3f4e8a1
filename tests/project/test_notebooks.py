"""The notebooks run from top to bottom, and show what they show today."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.generators import load_generator

build = load_generator("run_notebooks")


def test_both_notebooks_are_there() -> None:
    """First plan, and scenario study."""
    assert [path.stem for path in build.NOTEBOOKS] == ["first-plan", "scenario-study"]


def test_the_first_plan_takes_ten_lines() -> None:
    """Up to the first plan there are at most ten lines of code."""
    lines: list[str] = []
    for cell in build.nbformat.read(build.NOTEBOOKS[0], as_version=4).cells:
        if cell.cell_type == "code":
            lines += [line for line in cell.source.splitlines() if line.strip()]
        if any("fp.solve(" in line for line in lines):
            break
    assert len(lines) <= 10


@pytest.mark.long
@pytest.mark.parametrize("path", build.NOTEBOOKS, ids=lambda path: path.stem)
def test_the_outputs_are_those_of_today(path: Path) -> None:
    """Every cell runs, its own assertions hold, and what it shows is what is stored."""
    stored = build.nbformat.read(path, as_version=4)
    shown = list(build.list_texts(build.run_notebook(path)))
    assert shown
    assert shown == list(build.list_texts(stored))
