"""Each family of constraints states the rows it is meant to state."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from support.golden_cases import GOLDEN, golden_texts

import models.assignment
import models.selection
from models.assignment import ASSIGNMENT_FAMILIES
from models.selection import SELECTION_FAMILIES

TEXTS = dict(golden_texts())


@pytest.mark.parametrize("name", TEXTS)
def test_a_family_states_the_rows_of_its_golden_file(name: str) -> None:
    """The LP text of a family alone is the one on file."""
    assert TEXTS[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_family() -> None:
    """No golden file is left over."""
    assert {path.name for path in GOLDEN.glob("*.lp")} == set(TEXTS)


def test_every_family_is_part_of_a_model() -> None:
    """Every add_ function of a model's folder is in its builder's list, so it has a golden file."""
    for package, families in (
        (models.selection, SELECTION_FAMILIES),
        (models.assignment, ASSIGNMENT_FAMILIES),
    ):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, value in vars(importlib.import_module(module.name)).items():
                if name.startswith("add_"):
                    assert value in families, f"{module.name}.{name} is in no model"


def test_every_golden_family_has_rows() -> None:
    """The tiny instances switch every family on: no golden file is empty of constraints."""
    for name, text in TEXTS.items():
        rows = text.split("s.t.")[1].split("bounds")[0].strip()
        assert rows or name.endswith("objective.lp"), name
