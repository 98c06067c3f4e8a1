"""The rows of each constraint family on a map of three ICBs, alone, in LP format.

After a change that is meant, write the files anew with
``python tests/support/golden_cases.py`` and read the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pyomo.core as pyo

from models.assignment import ASSIGNMENT_FAMILIES, add_assignment_choices
from models.inputs import AssignmentInputs, Holding, Nearness, SelectionInputs, Total
from models.lp import write_lp
from models.objectives import add_assignment_objective, add_selection_objective
from models.selection import SELECTION_FAMILIES, add_selection_choices

GOLDEN = Path(__file__).resolve().parents[1] / "models" / "golden"

SELECTION = SelectionInputs(
    icbs=("A", "B", "C"),
    members={"A": ("A",), "C": ("C",), "AB": ("A", "B"), "BC": ("B", "C")},
    settled_m={"committee_cost": {"A": 2.0, "C": 2.0, "AB": 2.0, "BC": 2.0}},
    open_levels={
        **{("renal", f): ("national", "footprint") for f in ("A", "C", "AB")},
        ("renal", "BC"): ("national",),
        ("burns", "AB"): ("national", "footprint"),
        ("skin", "AB"): ("national", "icb"),
    },
    level_m={
        "contracting": {("renal", "footprint", "AB"): 3.5, ("burns", "footprint", "AB"): 1.25},
        "integration": {("renal", "national", "AB"): 4.0, ("renal", "national", "BC"): 6.0},
    },
    count=(2, 2),
    uniform=("renal",),
    together=(("burns", "skin"),),
    totals=(
        Total(
            "min_local_spend_m",
            least=10.0,
            settled={"A": 1.0},
            by_level={("renal", "footprint", "AB"): 12.0},
        ),
        Total("max_volatility_m", most=5.0, by_level={("burns", "footprint", "AB"): 1.25}),
    ),
    holdings=(
        Holding(
            "min_local_share_each",
            least={"A": 2.0, "C": 1.0, "AB": 8.0, "BC": 3.0},
            settled={"A": 2.5, "BC": 0.5},
            by_level={
                ("renal", "footprint", "C"): 4.0,
                ("renal", "footprint", "AB"): 12.0,
                ("burns", "footprint", "AB"): 1.25,
            },
        ),
    ),
    nearness=Nearness(
        most_moved=1,
        kept={("A", "west"): 1, ("C", "east"): 1, ("AB", "west"): 2, ("BC", "west"): 1},
    ),
)

ASSIGNMENT = AssignmentInputs(
    icbs=("A", "B", "C"),
    links=(("A", "B"), ("B", "C")),
    population={"A": 1.0, "B": 2.0, "C": 0.5},
    population_window=(1.5, 3.0),
    members_window=(2, 2),
    count=(1, 2),
    services=("renal",),
    flow_m={
        ("renal", "A", "A"): 5.0,
        ("renal", "A", "B"): 2.0,
        ("renal", "A", ""): 0.5,
        ("renal", "B", "B"): 4.0,
        ("renal", "C", "B"): 1.0,
        ("renal", "C", "A"): 3.0,
    },
    hosted={("renal", "A"): 1, ("renal", "B"): 2},
    scope_flow_m={
        ("A", "A"): 6.0,
        ("A", "B"): 2.5,
        ("A", ""): 0.5,
        ("B", "B"): 4.0,
        ("C", "B"): 1.0,
        ("C", "A"): 3.0,
    },
    min_providers={"renal": 2},
    min_spend_m={"renal": 6.0},
    apart_m={"integration": {("renal", i): m for i, m in zip("ABC", (2.0, 1.0, 0.5), strict=True)}},
    held_m={"transition_delegate": {("renal", "A"): 0.25}},
    always_m={"integration": 7.0},
    lead_min_spend_m={"renal": 4.0},
    holding_cost_m=0.2,
    lead_provider_cost_m=0.7,
    committee_cost_m=1.5,
    governance_cost_m=0.1,
    stand_alone=("B",),
    keep_together=(("B", "A"),),
    keep_apart=(("A", "C"),),
)

T = TypeVar("T")
Family = (
    Callable[[pyo.ConcreteModel, SelectionInputs], None]
    | Callable[[pyo.ConcreteModel, AssignmentInputs], None]
)


def golden_texts() -> Iterator[tuple[str, str]]:
    """File name and LP text of every family and objective alone."""
    for add in (*SELECTION_FAMILIES, add_selection_objective):
        model = pyo.ConcreteModel(name="selection")
        add_selection_choices(model, SELECTION)
        yield f"selection_{_short(add)}.lp", _text(model, add, SELECTION)
    for family in (*ASSIGNMENT_FAMILIES, add_assignment_objective):
        model = pyo.ConcreteModel(name="assignment")
        add_assignment_choices(model, ASSIGNMENT)
        yield f"assignment_{_short(family)}.lp", _text(model, family, ASSIGNMENT)


def _short(add: Family) -> str:
    name = add.__name__.removeprefix("add_")
    return name.removeprefix("selection_").removeprefix("assignment_")


def _text(model: pyo.ConcreteModel, add: Callable[[pyo.ConcreteModel, T], None], of: T) -> str:
    add(model, of)
    if not list(model.component_objects(pyo.Objective)):
        model.no_objective = pyo.Objective(expr=0.0)
    return write_lp(model)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, text in golden_texts():
        (GOLDEN / name).write_text(text, encoding="utf-8", newline="\n")
        print(name)
