"""The notebooks run from top to bottom, and carry no outputs that could grow old."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted(Path("docs/notebooks").glob("*.ipynb"))


def _cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def test_both_notebooks_are_there() -> None:
    """First plan, and scenario study."""
    assert [path.stem for path in NOTEBOOKS] == ["first-plan", "scenario-study"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_outputs_are_kept(path: Path) -> None:
    """Outputs are made when it is run."""
    assert all(not cell["outputs"] for cell in _cells(path) if cell["cell_type"] == "code")


def test_the_first_plan_takes_ten_lines() -> None:
    """Up to the first plan there are at most ten lines of code."""
    lines: list[str] = []
    for cell in _cells(NOTEBOOKS[0]):
        if cell["cell_type"] == "code":
            lines += [line for line in cell["source"] if line.strip()]
        if any("fp.solve(" in line for line in lines):
            break
    assert len(lines) <= 10


@pytest.mark.long
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs(path: Path) -> None:
    """Cells are run in order in one namespace, as a kernel does; their own assertions hold."""
    names: dict[str, object] = {"__name__": "__main__"}
    for cell in _cells(path):
        if cell["cell_type"] == "code":
            code = compile("".join(cell["source"]), f"{path.name}:{cell['id']}", "exec")
            exec(code, names)
