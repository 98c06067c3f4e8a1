"""A country of one ICB is a country: it is read, solved, verified and reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.datasets import write_one_icb, write_tiny_dataset

from optimiser.inputs.reading.load import check_dataset, read_dataset
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.inputs.workbook.writing import write_workbook
from optimiser.questions.alternatives import alternatives
from optimiser.questions.report import report
from optimiser.questions.solve import solve
from optimiser.questions.verify import verify


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    """One footprint of the one ICB."""
    write_one_icb(tmp_path / "one")
    path = tmp_path / "one.toml"
    path.write_text('dataset = "one"\n[footprints]\ncount = 1\n', encoding="utf-8")
    return read_scenario(path)


@pytest.mark.parametrize("portfolio", ["by_footprint", "uniform"])
def test_one_icb_is_solved_and_verified(scenario: Scenario, portfolio: str, tmp_path: Path) -> None:
    """It has no neighbours, one footprint, and a proof that is found again."""
    plan = solve(scenario.changed({"services.portfolio": portfolio}))
    assert len(plan.footprints) == 1
    assert plan.outcome.status == "optimal"
    assert verify(plan.save(tmp_path / "run"), tmp_path / "one").verified


@pytest.mark.long
def test_a_plan_that_holds_nothing_locally_is_reported(scenario: Scenario, tmp_path: Path) -> None:
    """Pictures with nothing to show are left out; near-best plans without a pair are saved."""
    nothing = scenario.changed({"services.levels": ("national",)})
    run = solve(nothing).save(tmp_path / "run")
    near = alternatives(nothing).save(tmp_path / "near")
    only = ("pictures", "page")
    pack = report([run], tmp_path / "pack", only=only, beside=[near], dataset=tmp_path / "one")
    drawn = {path.stem for path in (pack / "pictures").glob("*.svg")}
    assert "terms" in drawn
    assert "services-optimum" not in drawn


def test_the_workbook_of_one_icb_reads_the_same(scenario: Scenario, tmp_path: Path) -> None:
    """Its sheet of neighbours has a header alone."""
    one = read_dataset(scenario.dataset_path)
    again = read_dataset(write_workbook(tmp_path / "w.xlsx", one)[0])
    assert again.neighbours.empty
    assert again.icbs.equals(one.icbs)


def test_more_icbs_without_any_link_are_a_fault(tmp_path: Path) -> None:
    """A header alone is right for one ICB and wrong for four."""
    folder = write_tiny_dataset(tmp_path / "tiny")
    header = (folder / "neighbours.csv").read_text(encoding="utf-8").splitlines()[0]
    (folder / "neighbours.csv").write_text(header + "\n", encoding="utf-8")
    assert [fault.rule for fault in check_dataset(folder)] == ["no_rows"]
