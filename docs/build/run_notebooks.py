"""Run the notebooks from top to bottom and keep what they show.

Run: python docs/build/run_notebooks.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = tuple(sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")))
LONGEST = 600
"""Seconds that one cell may take."""


def run_notebook(path: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs of a run today; nothing that differs from run to run is kept."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=LONGEST, record_timing=False)
    client.execute(cwd=str(ROOT))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    notebook.metadata.pop("language_info", None)
    return notebook


def list_texts(notebook: nbformat.NotebookNode) -> Iterator[str]:
    """What each cell shows, as text."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            yield output.get("text") or output.get("data", {}).get("text/plain", "")


if __name__ == "__main__":
    for path in NOTEBOOKS:
        nbformat.write(run_notebook(path), path)
