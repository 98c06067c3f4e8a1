"""Fill in what the commands of a page print: every ``console`` block is run and its output written anew.

Run: python docs/build/write_outputs.py

A block's lines that begin with ``$ `` are commands, run in order in one new folder that has the
project's ``inputs``; what they print to stdout follows each. ``<!-- first 12 lines -->`` above a block
keeps that many lines of each output. What goes to stderr (progress) is left out.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "docs" / "tutorial.md",)
BLOCK = re.compile(r"(?:<!-- first (\d+) lines -->\n)?```console\n(.*?)```\n", re.DOTALL)
LONGEST = 600
"""Seconds that one command may take: the longest of them draws all inputs again some times."""


def write_page(text: str, folder: Path) -> str:
    """The page with every block's output as the commands print it today.

    Args:
        text: of the page.
        folder: to run in; runs that a block saves stay there for the next.
    """

    def renew(match: re.Match[str]) -> str:
        most = int(match[1]) if match[1] else None
        head = match[0].split("```console", 1)[0]
        commands = [line[2:] for line in match[2].splitlines() if line.startswith("$ ")]
        lines = [line for command in commands for line in _show(command, folder, most)]
        return "\n".join([f"{head}```console", *lines, "```\n"])

    return BLOCK.sub(renew, text)


def _show(command: str, folder: Path, most: int | None) -> Iterator[str]:
    yield f"$ {command}"
    program, *arguments = shlex.split(command)
    assert program == "footprints", command
    ran = subprocess.run(
        [sys.executable, "-m", "optimiser", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"{command}\n{ran.stderr}")
    lines = [line.rstrip() for line in ran.stdout.rstrip().splitlines()]
    yield from lines[:most]
    if most is not None and len(lines) > most:
        yield "…"


def main() -> None:
    """Renew every page."""
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "inputs").symlink_to(ROOT / "inputs")
            text = write_page(page.read_text(encoding="utf-8"), Path(folder))
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
