"""What a command prints fits a screen, in words; the rest on request; nothing is dropped silently."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from support.toy import TOY

from optimiser.cli import main

BASE = str(TOY / "scenarios" / "base.toml")
COMMANDS = {
    "solve": (BASE,),
    "evaluate": (BASE, "--plan", "columns", "--no-optimum"),
    "alternatives": (BASE, "--place", "columns"),
    "frontier": (BASE, "--x", "cost", "--y", "leakage"),
    "explain": (BASE, "--service", "S1"),
    "readiness": (BASE, "--plan", "rows"),
    "classify": (BASE,),
    "access": (BASE, "--plan", "rows"),
    "funding": (BASE, "--plan", "rows", "--years", "12"),
    "providers": (BASE, "--plan", "rows"),
}
RAW = re.compile(
    r"variation_of_information|rand_share|gap_share|\binf\b|\bnan\b|_m\b|£m a year-|True|False"
)
"""Names of columns and values as a program holds them."""


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_result_fits_a_screen_and_reads_as_words(command: str, tmp_path: Path) -> None:
    """At most forty lines of a hundred characters, no names of columns; the score never as money."""
    result = _run(command, *COMMANDS[command], "--out", str(tmp_path / "new"))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= max(100, len(str(tmp_path)) + 20)
    assert not RAW.search(result.stdout.replace(str(tmp_path), ""))
    assert not re.search(r"(score|costs?) £", result.stdout)


def test_the_first_command_of_the_readme_fits_a_screen(tmp_path: Path) -> None:
    """Today's England, with where its run is and what comes next: at most forty lines."""
    result = _run("solve", "--out", str(tmp_path / "new"))
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) <= 40
    assert "Kent and Medway" in result.stdout


def test_details_hold_the_rest(tmp_path: Path) -> None:
    """The terms of the score and the codes stand there and not in the summary."""
    brief = _run("solve", BASE, "--out", str(tmp_path / "a")).stdout
    whole = _run("solve", BASE, "--details", "--out", str(tmp_path / "b")).stdout
    assert "Bought outside" not in brief
    assert "(A1)" not in brief
    assert "Bought outside" in whole
    assert "(A1)" in whole


def test_csv_of_an_evaluation_carries_its_totals(tmp_path: Path) -> None:
    """The last row adds the footprints up; the score, the gap and the broken rules stand in it."""
    words = ("evaluate", BASE, "--plan", "columns", "--set", "footprints.max_travel_minutes=60")
    shown = [_run(*words, "--out", str(tmp_path / n), "--format", n) for n in ("csv", "json")]
    table, told = pd.read_csv(io.StringIO(shown[0].stdout)), json.loads(shown[1].stdout)
    *parts, total = table.to_dict("records")
    assert total["footprint"] == "All footprints"
    assert total["population"] == sum(part["population"] for part in parts)
    assert total["leakage_share"] == pytest.approx(total["leakage_m"] / total["scope_spend_m"])
    assert total["score"] == pytest.approx(told["objective"])
    assert total["gap_to_optimum"] == pytest.approx(told["gap_to_optimum"])
    assert total["broken_rules"] == "max_travel_minutes"


def test_an_option_given_twice_is_misuse() -> None:
    """Where one value counts the other would be dropped; options that repeat still do."""
    result = _run("explain", BASE, "--icb", "A1", "--icb", "B1")
    assert (result.exit_code, "--icb is given twice" in result.stderr) == (2, True)
    twice = ("--set", "footprints.count=2", "--set", "footprints.count=3")
    assert _run("evaluate", BASE, "--plan", "all", *twice).exit_code == 0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("services.categories=ready,not_yet", "the first is in 2025"),
        ("services.force_national=S7", "changes nothing for Transplantation"),
        ("footprints.stand_alone=A1", "no floor is set"),
    ],
)
def test_a_setting_that_changes_nothing_is_told(setting: str, said: str, tmp_path: Path) -> None:
    """On stderr while it runs, and in the notes of the plan."""
    free = ("--set", "footprints.population_m=0-9")
    words = ("evaluate", BASE, "--plan", "rows", "--no-optimum", *free, "--set", setting)
    result = _run(*words, "--details", "--out", str(tmp_path / "new"))
    assert said in result.stdout.replace("\n", " ")


def test_results_without_a_folder_of_their_own_are_saved_on_request(tmp_path: Path) -> None:
    """As text, CSV and JSON, each what the command prints."""
    for k, words in enumerate(
        (("check", str(TOY)), ("settings",), ("evaluate", BASE, "--plan", "all"))
    ):
        out = tmp_path / str(k)
        result = _run(*words, "--out", str(out))
        assert (out / "result.txt").read_text(encoding="utf-8").strip() == result.stdout.strip()
        assert json.loads((out / "result.json").read_text(encoding="utf-8"))
        assert (out / "result.csv").exists()
