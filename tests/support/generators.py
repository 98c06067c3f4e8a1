"""The programs in docs/build, which are no package."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def load_generator(name: str) -> ModuleType:
    """``docs/build/NAME.py`` as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "build" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
