"""What contributors are told is so: the packages, the directions, the files that public hosts run."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _packages() -> set[str]:
    return {place.parent.name for place in (ROOT / "optimiser").glob("*/__init__.py")}


def test_few_files_lie_loose_beside_the_packages() -> None:
    """The public interface and the leaves that all may use."""
    assert len(list((ROOT / "optimiser").glob("*.py"))) <= 12


def test_the_architecture_names_every_package() -> None:
    """And nothing that is not there."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `optimiser/(\w+)/` \|", text, flags=re.MULTILINE))
    assert named == _packages()


def test_every_package_has_its_place_in_the_directions() -> None:
    """The contract of layers lists each of them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    listed = {name for layer in layers for name in re.findall(r"\w+", layer)}
    assert _packages() <= listed


def test_files_named_in_the_architecture_are_there() -> None:
    """Each path with an ending, as written or below the folder that the row speaks of."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    places = [place for place in re.findall(r"`([\w/]+\.py)`", text) if "/" in place]
    assert len(places) > 15
    known = (ROOT, ROOT / "optimiser")
    assert not [place for place in places if not any((base / place).is_file() for base in known)]


def test_public_continuous_integration_runs_the_oldest_python() -> None:
    """The oldest that pyproject.toml allows is in the matrix."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    oldest = settings["project"]["requires-python"].removeprefix(">=")
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert f'"{oldest}"' in text
    assert "python bootstrap.py ci" in text


def test_every_check_that_is_switched_off_says_why() -> None:
    """No bare ``noqa``, ``type: ignore`` or ``no cover``: each is followed by its reason."""
    off = re.compile(r"#\s*(noqa(: [A-Z0-9, ]+)?|type: ignore(\[[\w, -]+\])?|pragma: no cover)(.*)")
    folders = ("optimiser", "models", "tests", "docs", "inputs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 400
    found = [(path, hit) for path in files for hit in off.finditer(path.read_text("utf-8"))]
    found = [(path, hit) for path, hit in found if path != Path(__file__)]
    assert not [f"{path}: {hit[0]}" for path, hit in found if len(hit[4].strip(" -#")) < 8]


def test_every_skip_says_why() -> None:
    """Whoever reads ``-rs`` is told what is missing."""
    calls = [
        node
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".skip", ".skipif"))
    ]
    assert len(calls) > 5
    bare = [c for c in calls if not any(k.arg == "reason" for k in c.keywords) and len(c.args) != 1]
    assert not [ast.unparse(call) for call in bare]
