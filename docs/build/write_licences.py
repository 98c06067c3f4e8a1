"""Write docs/licences.md: what installs with the package, and under which licence.

Run: python docs/build/write_licences.py
"""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageMetadata, distribution
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "licences.md"
HEAD = """# Licences of what it stands on

The package itself is under the MIT licence (`LICENSE`); data and their licences stand in
[DATA-LICENCES](../DATA-LICENCES.md). These packages install with it. This page is made by
`python docs/build/write_licences.py` from what each package says of itself; versions stand in
`constraints.txt`, and `python bootstrap.py bom FILE` writes a bill of materials (CycloneDX).

| package | licence, as it says |
|---|---|
"""
PROJECT = "footprints-optimiser"
LONGEST = 60
"""Characters: some packages put the whole text of their licence where its name should stand."""


def write_licences() -> str:
    """The page."""
    rows = [f"| {name} | {_say_licence(distribution(name))} |" for name in list_needed()]
    return HEAD + "\n".join(rows) + "\n"


def list_needed() -> list[str]:
    """Every package that an installation without extras brings on this kind of system."""
    found: set[str] = set()
    waiting = [PROJECT]
    while waiting:
        for name in _list_direct(distribution(waiting.pop())):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return sorted(found)


def _list_direct(package: Distribution) -> list[str]:
    """Requirements without a marker: extras, other systems and older Pythons carry one."""
    needed = [text for text in package.requires or () if ";" not in text]
    return [re.split(r"[^A-Za-z0-9._-]", text)[0].lower().replace("_", "-") for text in needed]


def _say_licence(package: Distribution) -> str:
    said = package.metadata
    classifiers = [
        c.rpartition(" :: ")[2] for c in said.get_all("Classifier", []) if "License" in c
    ]
    named = (_first(said, "License-Expression"), "; ".join(classifiers), _first(said, "License"))
    line = " ".join(next(filter(None, named), "").split())
    return (line if len(line) <= LONGEST else f"{line[:LONGEST]} …") or "not stated"


def _first(said: PackageMetadata, key: str) -> str:
    return next(iter(said.get_all(key, [])), "")


if __name__ == "__main__":
    PAGE.write_text(write_licences(), encoding="utf-8")
