"""`footprints funding`, `providers` and `access`: what they print of a scenario, run and table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.toy import TOY, score_rows, write_toy_scenario

from optimiser.cli import main


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario on the toy country."""
    monkeypatch.chdir(tmp_path)
    return write_toy_scenario(tmp_path)


def run(*arguments: object) -> Result:
    """Run one command in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_funding_is_told_of_a_scenario_and_saved(toy: Path) -> None:
    """Footprints, years and ICBs; the tables in a new folder."""
    result = run("funding", toy, "--plan", "rows", "--years", 3, "--out", "money")
    assert result.exit_code == 0, result.output
    assert "3 years to converge" in " ".join(result.stdout.split())
    assert "Netted" in result.stdout
    assert "Year 3" in result.stdout
    assert (Path("money") / "by_year.csv").is_file()


def test_funding_of_a_run_takes_its_plan_and_only_its_own_settings(toy: Path) -> None:
    """The same figures as of the scenario; a setting that would change the plan is misuse."""
    score_rows(toy.parent)[0].save("run", report=lambda *_: None)
    saved = json.loads(run("funding", "run", "--format", "json").stdout)
    asked = json.loads(run("funding", toy, "--plan", "rows", "--format", "json").stdout)
    named = json.loads(run("funding", toy, "--plan", "run", "--format", "json").stdout)
    assert saved["footprints"] == asked["footprints"] == named["footprints"]
    faster = json.loads(
        run("funding", "run", "--set", "funding.years=1", "--format", "json").stdout
    )
    assert faster["rules"]["years"] == 1
    assert run("funding", "run", "--set", "footprints.count=2").exit_code == 2


def test_a_users_allocations_take_the_place_of_the_datasets(toy: Path) -> None:
    """With its name in what is printed; an unknown column of ours is misuse."""
    table = Path("mine.csv")
    table.write_text((TOY / "funding.csv").read_text(encoding="utf-8"), encoding="utf-8")
    result = run("funding", toy, "--plan", "rows", "--allocations", table)
    assert result.exit_code == 0, result.output
    assert "from mine.csv" in result.stdout
    assert run("funding", toy, "--allocations", table, "--column", "money=X").exit_code == 2


def test_providers_are_told_with_who_is_past_a_limit(toy: Path) -> None:
    """Income, payers, losses and trade; limits are settings."""
    result = run("providers", toy, "--plan", "rows", "--set", "providers.most_lost=0.01")
    assert result.exit_code == 0, result.output
    assert "would lose more than 1% of specialised income" in result.stdout
    assert "imports patients" in result.stdout
    rows = json.loads(run("providers", toy, "--plan", "rows", "--format", "json").stdout)
    assert {row["provider"] for row in rows["providers"]} >= {"T01", "T05"}


def test_access_is_told_with_what_the_data_cannot_say(toy: Path) -> None:
    """Travel, gaps and services; deprivation is said to be missing."""
    result = run("access", toy, "--plan", "rows", "--out", "reach")
    assert result.exit_code == 0, result.output
    assert "Could stay" in result.stdout
    assert "nothing is said of deprivation" in " ".join(result.stdout.split())
    assert (Path("reach") / "without_centre.csv").is_file()
