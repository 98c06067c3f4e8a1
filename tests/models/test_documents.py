"""The written form of the models is that of the models that run."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pyomo.core as pyo
from support.golden_cases import ASSIGNMENT, SELECTION

import models
from models.assignment import ASSIGNMENT_FAMILIES, build_assignment
from models.formulation import FORMULATION, formulation_text
from models.selection import SELECTION_FAMILIES, build_selection

FOLDER = Path(models.__file__).parent
PARTS = (pyo.Set, pyo.Var, pyo.Expression, pyo.Constraint, pyo.Objective)


def _components(model: pyo.ConcreteModel) -> set[str]:
    names = {part.local_name for part in model.component_objects(PARTS)}
    return {name for name in names if not name.endswith("_index")}


def test_formulation_is_fresh() -> None:
    """FORMULATION.md is what ``python -m models`` writes today."""
    assert FORMULATION.read_text(encoding="utf-8") == formulation_text()


def test_every_component_is_in_the_notation() -> None:
    """Every set, variable, expression and constraint of both models stands in NOTATION.md."""
    chapters = (FOLDER / "NOTATION.md").read_text(encoding="utf-8").split("## ")[1:]
    counts = [(2, 2), (1, 2), (2, 3)]
    cases = [replace(SELECTION, count=count) for count in counts]
    selection = set().union(*(_components(build_selection(case)) for case in cases))
    assignment = _components(build_assignment(ASSIGNMENT))
    for chapter, names in zip(chapters, [selection, assignment], strict=True):
        written = set(re.findall(r"`([A-Za-z_]+)`", chapter))
        assert names <= written, names - written


def test_every_family_says_why_and_what() -> None:
    """Each family's docstring says why it is there, what it reads and what it adds."""
    for family in (*SELECTION_FAMILIES, *ASSIGNMENT_FAMILIES):
        assert family.__doc__ is not None
        for heading in ("Why:", "Reads:", "Adds:"):
            assert heading in family.__doc__, f"{family.__name__} lacks {heading}"


def test_every_row_is_named_in_the_formulation() -> None:
    """Each constraint of both models is named where the formulation writes it out."""
    text = formulation_text()
    totals = {total.name for total in SELECTION.totals}
    for model in (build_selection(SELECTION), build_assignment(ASSIGNMENT)):
        for part in model.component_objects(pyo.Constraint):
            assert part.local_name in text or part.local_name in totals
