"""The best plan beside the plan of today: what moves, and what each move is worth."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.toy import write_toy_scenario

import optimiser as fp
from optimiser.proof.verify import verify_run

BASELINE = 'baseline = "rows"\n'


def test_the_gains_of_the_moves_add_up_to_what_the_plan_of_today_scores_more(
    tmp_path: Path,
) -> None:
    """Each ICB that moves is named once; one after the other they lead from today to the best plan."""
    plan = fp.solve(write_toy_scenario(tmp_path, BASELINE))
    beside = plan.beside
    assert beside is not None
    today = fp.evaluate(plan.scenario, "rows", plan.dataset, no_optimum=True).plan
    assert beside.today.score == pytest.approx(today.objective)
    assert beside.best.score == pytest.approx(plan.objective)
    assert beside.moves["gain"].sum() == pytest.approx(today.objective - plan.objective)
    assert beside.moves["icb"].is_unique
    assert len(beside.moves) > 0
    assert beside.near >= 1


def test_the_summary_names_every_move_and_fits_on_a_page(tmp_path: Path) -> None:
    """A director reads it: at most forty lines, like with like first."""
    plan = fp.solve(write_toy_scenario(tmp_path, BASELINE))
    assert plan.beside is not None
    text = plan.summary()
    assert all(f"  {name}: from " in text for name in plan.beside.moves["name"])
    assert text.index("Treated") < text.index("would move")
    assert len(text.splitlines()) <= 40


def test_what_it_is_set_beside_is_saved_and_named_as_taken_as_stated(tmp_path: Path) -> None:
    """The manifest has it; verify says that it does not work the moves out again."""
    plan = fp.solve(write_toy_scenario(tmp_path, BASELINE))
    folder = plan.save(tmp_path / "run")
    assert fp.read_run(folder).manifest["beside"]["baseline"] == "rows"
    found = verify_run(folder)
    assert found.verified
    assert any("each move" in about.what for about in found.unvouched)


@pytest.mark.parametrize(
    "rules", ["", BASELINE + "max_moved = 2\n", BASELINE + '[services]\nportfolio = "uniform"\n']
)
def test_nothing_is_set_beside_where_moves_cannot_be_priced_one_by_one(
    rules: str, tmp_path: Path
) -> None:
    """No baseline, or rules that couple the footprints: the plan tells itself as before."""
    assert fp.solve(write_toy_scenario(tmp_path, rules)).beside is None
