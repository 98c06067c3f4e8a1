"""The carried impossible scenarios are impossible, each for the reason its note gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cases import ENGLAND, england

from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions.explain.feasibility import Feasibility
from optimiser.questions.explain.presolve import state_presolve_cause
from optimiser.questions.explain.rules import Variant

SCENARIOS = sorted((ENGLAND / "scenarios").glob("impossible-*.toml"))
BY_ARITHMETIC = {"impossible-members", "impossible-population-floor", "impossible-regions"}


def test_there_are_scenarios_of_at_least_six_causes() -> None:
    """Each has a title and a note of its own."""
    notes = {read_scenario(path).note for path in SCENARIOS}
    assert len(notes) == len(SCENARIOS) >= 6


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_arithmetic_sees_what_it_should(path: Path) -> None:
    """Sums alone prove some of them, and none of the others."""
    cause = state_presolve_cause(Variant(read_scenario(path), england()))
    assert bool(cause) == (path.stem in BY_ARITHMETIC)


@pytest.mark.long
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_each_is_proven_impossible(path: Path) -> None:
    """No plan exists: proven, not given up on."""
    with Highs() as highs:
        feasibility = Feasibility(highs, Deadline.after(600))
        assert feasibility.check(Variant(read_scenario(path), england()), 500).possible is False
