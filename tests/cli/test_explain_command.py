"""``footprints explain`` and ``footprints verify``: words, tables, saved answers, exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.toy import TOY, write_toy_scenario

from optimiser.cli import main

TOO_MANY = ("--set", "footprints.population_m=[3.1,5]")


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario on the toy country; answers are saved in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return write_toy_scenario(tmp_path, "population_m = [2.2, 5]\n")


def run(*arguments: object) -> Result:
    """The command as a user would type it."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_an_impossible_scenario_is_explained_in_its_own_words(toy: Path) -> None:
    """The clash, the relaxations with their costs, and exit code 3; all of it is saved."""
    result = run("explain", toy, *TOO_MANY, "--out", "why")
    assert result.exit_code == 3, result.output
    for words in (
        "No plan exists.",
        "each footprint has at least 3.1 million resident people",
        "there are at least 3 footprints",
        "lower the fewest footprints (count) from 3 to 2",
    ):
        assert words in " ".join(result.stdout.split())
    assert max(map(len, result.stdout.splitlines())) <= 100
    saved = json.loads(Path("why/manifest.json").read_text(encoding="utf-8"))
    assert saved["status"] == "infeasible"
    told = saved["explanation"]["impossible"]
    assert told["minimal"] is True
    assert {one["rule"] for one in told["clash"]} == {
        "footprints.population_m floor",
        "footprints.count fewest",
    }
    assert {"clash.csv", "relaxations.csv"} <= set(saved["files"])


def test_every_question_can_be_asked_at_once_and_is_saved_with_the_run(toy: Path) -> None:
    """Prices, a service, an ICB and a repair, as JSON; the run that holds them can be verified."""
    asked = ("--prices", "--service", "S3", "--icb", "B1", "--repair", "columns")
    result = run("explain", toy, *asked, "--out", "why", "--format", "json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert {"prices", "why_service", "why_icb", "repair", "repair_moves"} <= set(told)
    assert told["repair_moves"] == len(told["repair"]) == 1
    assert told["service"]["moves_with"] == ["S4"]
    assert {row["rule"] for row in told["prices"]} >= {"footprints.population_m floor"}
    checked = run("verify", "why", "--dataset", TOY)
    assert checked.exit_code == 0, checked.output
    assert checked.stdout.splitlines()[-1].startswith("Yes")


def test_prices_are_told_when_nothing_is_asked(toy: Path) -> None:
    """The table, the free rules and the key fit into 100 columns."""
    result = run("explain", toy)
    assert result.exit_code == 0, result.output
    assert "The price of each rule that binds" in result.stdout
    assert "Free, the best plan scores the same without them" in " ".join(result.stdout.split())
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_a_saved_run_can_be_asked_why(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its scenario is asked again, on the inputs found by the dataset's name."""
    run("solve", toy, "--out", "best")
    monkeypatch.chdir(TOY.parents[1])
    folder = toy.parent
    result = run(
        "explain", folder / "best", "--icb", "B1", "--out", folder / "w", "--format", "csv"
    )
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {"with_icb", "difference_m", "crossing_patients"} <= set(rows[0])
    refused = run("explain", folder / "best", "--set", "footprints.count=2")
    assert refused.exit_code == 2


def test_unknown_codes_are_bad_input(toy: Path) -> None:
    """Exit code 1, with the option's name."""
    result = run("explain", toy, "--icb", "ZZ")
    assert result.exit_code == 1
    assert "--icb" in result.stderr


def test_verify_says_what_differs(toy: Path) -> None:
    """Exit code 1 and the failed check, in each format."""
    run("solve", toy, "--out", "best")
    path = Path("best/manifest.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["bound"] += 1
    path.write_text(json.dumps(manifest), encoding="utf-8")
    result = run("verify", "best", "--dataset", TOY)
    assert result.exit_code == 1
    assert "NO    claim" in result.stdout
    told = json.loads(run("verify", "best", "--dataset", TOY, "--format", "json").stdout)
    assert told["verified"] is False
    assert [one["check"] for one in told["findings"] if one["passed"] is False] == [
        "files of the run",
        "claim",
        "proof",
    ]
    rows = list(csv.DictReader(io.StringIO(
        run("verify", "best", "--dataset", TOY, "--format", "csv").stdout)))  # fmt: skip
    assert len(rows) == len(told["findings"])
