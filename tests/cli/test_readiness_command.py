"""`footprints readiness`: what it prints and what it saves."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.toy import write_toy_scenario

from optimiser.cli import main

RULES = "[readiness]\njoint = 2.0\n[services]\ncategories = ['ready', 'not_yet']\nyear = 2025\n"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario on the toy country."""
    monkeypatch.chdir(tmp_path)
    return write_toy_scenario(tmp_path, RULES)


def run(*arguments: object) -> Result:
    """Run one command in this process."""
    return CliRunner().invoke(main, ["readiness", *(str(argument) for argument in arguments)])


def test_a_carried_plan_is_read_without_a_solve(toy: Path) -> None:
    """Modes, leads, increases and the services that need delegation are told for a given grouping."""
    result = run(toy, "--plan", "rows", "--set", "readiness.year=2023", "--details")
    assert result.exit_code == 0, result.output
    assert "What it would take:" in result.stdout
    assert "South, delegated:" in result.stdout
    assert "Services that need full delegation: 1 of 7" in result.stdout
    assert "Secure mental health (S6; needs delegated)" in " ".join(result.stdout.split())
    assert "the scores are illustrative" in result.stdout
    assert "runner-up" in result.stdout


def test_without_a_plan_the_best_plan_is_solved(toy: Path) -> None:
    """The footprints are those of the proven plan, which has three here."""
    result = run(toy, "--format", "json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert len(found["footprints"]) == 3
    assert {row["standing"] for row in found["leads"]} >= {"proposed", "runner-up"}


@pytest.mark.parametrize("table", ["footprints", "domains", "leads", "increases", "services"])
def test_each_table_can_be_had_as_csv(toy: Path, table: str) -> None:
    """The CSV of a table has the rows that JSON has."""
    arguments = (toy, "--plan", "rows", "--set", "readiness.year=2023")
    rows = list(
        csv.DictReader(io.StringIO(run(*arguments, "--format", "csv", "--table", table).stdout))
    )
    whole = json.loads(run(*arguments, "--format", "json").stdout)
    assert len(rows) == len(whole[table]) > 0
    assert list(rows[0]) == list(whole[table][0])


def test_a_service_that_no_rise_helps_is_told_with_the_reason(toy: Path) -> None:
    """Highly specialised services stay national whatever the scores."""
    text = run(toy, "--plan", "rows", "--service", "S7", "--details").stdout
    assert "no increase helps: highly specialised services are always national" in " ".join(
        text.split()
    )


def test_an_unknown_service_or_plan_is_bad_input(toy: Path) -> None:
    """Both are named, with what was likely meant."""
    for arguments in (("--plan", "rows", "--service", "S66"), ("--plan", "row")):
        result = run(toy, *arguments)
        assert result.exit_code == 1
        assert "Did you mean" in result.output


def test_tables_are_saved_and_never_over_another(toy: Path, tmp_path: Path) -> None:
    """`--out` saves all tables; the same place a second time is refused."""
    place = tmp_path / "ready"
    assert run(toy, "--plan", "rows", "--out", place).exit_code == 0
    assert {path.stem for path in place.iterdir()} == {
        *("footprints", "domains", "leads", "increases", "services", "manifest"),
    }
    assert run(toy, "--plan", "rows", "--out", place).exit_code == 1
