"""The counter of lines counts every Python file once, and moves are not savings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "docs" / "build" / "house_size.py"


def _sizes(*arguments: str) -> dict[str, list[int]]:
    """The numbers of each row, by its name."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments], check=True, capture_output=True, text=True
    )
    lines = done.stdout.splitlines()  # what is long is listed below the sums
    sums = next(k for k, line in enumerate(lines) if line.startswith("everything"))
    rows = [line.split() for line in lines[1 : sums + 1]]
    return {name: [int(n.replace(",", "")) for n in numbers] for name, *numbers in rows}


@pytest.fixture(autouse=True)
def _needs_a_clone() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("the files are not a clone, so git cannot list them")


def test_the_packages_add_up_to_everything() -> None:
    """Each file that git lists is in one row, the sums apart."""
    sizes = _sizes()
    everything, source = sizes.pop("everything")[0], sizes.pop("source")[0]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    lines = sum((ROOT / f).read_bytes().count(b"\n") for f in listed if f and (ROOT / f).is_file())
    assert everything == lines == sum(numbers[0] for numbers in sizes.values())
    assert 0 < source < everything


def test_change_is_what_is_there_less_what_was() -> None:
    """In every row, against the revision checked out."""
    sizes = _sizes("HEAD")
    assert len(sizes) > 20
    assert all(now - before == change for now, before, change in sizes.values())


def test_source_holds_the_england_build_where_it_stands_now() -> None:
    """It left `optimiser` for `inputs`, which is no saving."""
    sizes = _sizes()
    parts = [n for n in sizes if n.split("/")[0] in {"optimiser", "models", "inputs"}]
    assert "inputs/england" in parts
    assert sizes["source"][0] == sum(sizes[name][0] for name in parts)
