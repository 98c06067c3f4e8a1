"""Both models against brute force over every grouping, and against each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import highspy
import pytest
from support.small_cases import (
    as_selection,
    best_assignment,
    best_selection,
    may_be_footprint,
    random_assignment,
    random_selection,
    solve,
)

from models.assignment import build_assignment
from models.inputs import Holding, SelectionInputs, Total
from models.lp import write_lp
from models.selection import build_selection
from models.solution import read_assignment, read_selection


@pytest.mark.parametrize("seed", range(24))
def test_selection_finds_the_best_of_all_groupings(seed: int) -> None:
    """The selection model's optimum is the least cost over every grouping and every level."""
    inputs = random_selection(seed)
    expected = best_selection(inputs)
    model = build_selection(inputs)
    found = solve(model)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-6))
    if expected is not None:
        decision = read_selection(model, inputs)
        assert sum(decision.terms_m.values()) == pytest.approx(expected, abs=1e-6)
        assert sorted(i for g in decision.footprints.values() for i in g) == list(inputs.icbs)


def test_the_random_selections_cover_both_answers() -> None:
    """Some of the random cases have a plan and some have none, and some floors in each bind."""
    cases = [random_selection(seed) for seed in range(24)]
    costs = [solve(build_selection(inputs)) for inputs in cases]
    assert 0 < costs.count(None) < 12
    free = [solve(build_selection(replace(inputs, holdings=()))) for inputs in cases]
    dearer = [a for a, b in zip(costs, free, strict=True) if a and b and a > b + 1e-6]
    assert len(dearer) >= 3


@pytest.mark.parametrize("seed", range(16))
def test_assignment_finds_the_best_of_all_groupings(seed: int) -> None:
    """The assignment model's optimum is the least cost over every grouping that keeps the rules."""
    inputs = random_assignment(seed)
    expected = best_assignment(inputs)
    model = build_assignment(inputs)
    found = solve(model)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-5))
    if expected is not None:
        decision = read_assignment(model, inputs)
        assert sum(decision.terms_m.values()) == pytest.approx(expected, abs=1e-5)
        assert all(may_be_footprint(inputs, group) for group in decision.footprints.values())


@pytest.mark.parametrize("seed", range(8))
def test_the_two_models_agree(seed: int) -> None:
    """Selection over listed candidates and assignment over the raw network cost the same."""
    inputs = random_assignment(seed)
    by_root = solve(build_assignment(inputs))
    candidates = as_selection(inputs)
    covered = {i for members in candidates.members.values() for i in members}
    if covered != set(inputs.icbs):
        assert by_root is None
        return
    by_choice = solve(build_selection(candidates))
    if by_root is None:
        assert by_choice is None
    else:
        assert by_choice is not None
        assert by_choice + sum(inputs.always_m.values()) == pytest.approx(by_root, abs=1e-5)


@pytest.mark.parametrize("seed", [1, 4, 6])
def test_the_lp_file_states_the_same_problem(seed: int, tmp_path: Path) -> None:
    """HiGHS reading the LP file finds the optimum of the model it was written from."""
    model = build_selection(random_selection(seed))
    expected = solve(model)
    path = tmp_path / "selection.lp"
    text = write_lp(model, path)
    assert path.read_text(encoding="utf-8") == text
    highs = highspy.Highs()
    highs.silent()
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    highs.run()
    assert highs.getObjectiveValue() == pytest.approx(expected, abs=1e-6)


def test_a_uniform_service_with_one_level_in_a_candidate_settles_it_for_england() -> None:
    """Choosing a candidate where only national is left makes the service national everywhere."""
    inputs = SelectionInputs(
        icbs=("A", "B"),
        members={"A": ("A",), "B": ("B",)},
        settled_m={"committee_cost": {"A": 1.0, "B": 1.0}},
        open_levels={("s", "A"): ("national",), ("s", "B"): ("national", "footprint")},
        level_m={"integration": {("s", "national", "A"): 5.0, ("s", "national", "B"): 5.0}},
        uniform=("s",),
    )
    model = build_selection(inputs)
    assert solve(model) == pytest.approx(12.0)
    decision = read_selection(model, inputs)
    assert decision.levels == {("s", "A"): "national", ("s", "B"): "national"}


def test_a_floor_on_nothing_has_no_plan() -> None:
    """A floor to which no candidate contributes is infeasible, not an error."""
    inputs = replace(
        random_selection(4), totals=(Total("min_local_spend_m", least=1.0),), nearness=None
    )
    assert solve(build_selection(inputs)) is None


def test_a_footprint_that_can_not_hold_its_least_is_not_chosen() -> None:
    """A floor in each: the dear pair that holds 3 is taken, not the cheap single that holds 0."""
    inputs = SelectionInputs(
        icbs=("A", "B"),
        members={"A": ("A",), "B": ("B",), "AB": ("A", "B")},
        settled_m={"committee_cost": {"A": 1.0, "B": 1.0, "AB": 9.0}},
        open_levels={("s", "AB"): ("national", "footprint")},
        level_m={"contracting": {("s", "footprint", "AB"): 4.0}},
        holdings=(
            Holding(
                "min_local_share_each",
                least={"A": 1.0, "B": 1.0, "AB": 2.0},
                settled={"B": 1.0},
                by_level={("s", "footprint", "AB"): 3.0},
            ),
        ),
    )
    model = build_selection(inputs)
    # A may not stand (0 of 1); AB must hold s: 9 + 4. Without the floor A and B cost 1 + 1.
    assert solve(model) == pytest.approx(13.0)
    assert read_selection(model, inputs).levels == {("s", "AB"): "footprint"}
    assert solve(build_selection(replace(inputs, holdings=()))) == pytest.approx(2.0)


def test_faults_of_the_inputs_are_told_together() -> None:
    """An uncovered ICB and a uniform service without a level are both named."""
    inputs = SelectionInputs(icbs=("A", "B"), members={"A": ("A",)}, settled_m={}, uniform=("s",))
    with pytest.raises(ValueError, match=r"no candidate holds B.*uniform service s"):
        build_selection(inputs)


def test_a_model_that_was_not_solved_is_not_read() -> None:
    """Reading before solving is an error, never an empty plan."""
    inputs = random_selection(0)
    with pytest.raises(ValueError, match="has not been solved"):
        read_selection(build_selection(inputs), inputs)
