"""Levels that a user gives for a grouping: what is missing is told once."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.toy import write_toy_scenario

from optimiser.errors import InputError
from optimiser.plan.given_levels import read_given_levels
from optimiser.questions.case import open_case


def test_a_service_without_levels_is_one_fault(tmp_path: Path) -> None:
    """One for each service, with the footprints that lack it, not one for each footprint."""
    system = open_case(write_toy_scenario(tmp_path)).system
    free = [
        c for c, why in zip(system.services.codes, system.services.barred, strict=True) if not why
    ]
    path = tmp_path / "levels.csv"
    path.write_text(f"service,footprint,level\n{free[0]},A,national\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_given_levels(path, system, ["A", "B", "C"], tmp_path)
    faults = caught.value.faults
    assert [fault.value for fault in faults] == free
    assert faults[0].remedy == "No level is given for it in B, C."
    assert faults[1].remedy == "No level is given for it in A, B, C."


@pytest.mark.parametrize("wrong", ["S9,A,national", "{},A,natinal", "{},B,national"])
def test_a_row_that_is_wrong_is_one_fault(tmp_path: Path, wrong: str) -> None:
    """That it is lacking where it was meant is no further mistake."""
    system = open_case(write_toy_scenario(tmp_path)).system
    arrays = system.services
    free = [code for code, why in zip(arrays.codes, arrays.barred, strict=True) if not why]
    rows = [wrong.format(free[0]), *(f"{code},A,national" for code in free[1:])]
    path = tmp_path / "levels.csv"
    path.write_text("\n".join(["service,footprint,level", *rows]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_given_levels(path, system, ["A"], tmp_path)
    assert [fault.line for fault in caught.value.faults] == [2]
