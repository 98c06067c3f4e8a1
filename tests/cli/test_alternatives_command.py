"""The commands for more than one answer, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from optimiser.cli import main

TOY = Path(__file__).resolve().parents[2] / "inputs" / "toy"
RULES = ("population_m = [1.5, 5.0]", 'baseline = "rows"', "count = [2, 4]")


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A toy scenario in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "toy.toml"
    rules = "\n".join(RULES)
    path.write_text(f'dataset = "{TOY.as_posix()}"\n[footprints]\n{rules}\n', encoding="utf-8")
    return path


def _run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == code, result.output
    return result.stdout


def test_alternatives_command_saves_and_tells_the_whole_list(scenario: Path) -> None:
    """JSON holds count, complete and plans; tables and the plot are in the folder."""
    words = (
        "alternatives",
        str(scenario),
        "--within",
        "10%",
        "--place",
        "rows",
        "--format",
        "json",
    )
    told = json.loads(_run(*words))
    assert told["complete"]
    assert told["count"] == len(told["plans"])
    assert told["plans"][0]["gap_share"] == pytest.approx(0)
    assert told["within"]["share"] == pytest.approx(0.1)
    assert told["placed"][0]["standard_error"] == 0
    saved = {path.name for path in Path(told["folder"]).iterdir()}
    assert {"plans.csv", "together.csv", "services.csv", "together.png", "together.svg"} <= saved
    assert {"together-map.png", "together-map.svg", "together-map.csv", "pictures.json"} <= saved


def test_alternatives_command_refuses_a_gap_without_unit(scenario: Path) -> None:
    """A bare number could be a share or £m, so it is misuse."""
    _run("alternatives", str(scenario), "--within", "1", code=2)


def test_frontier_command_draws_and_tells(scenario: Path) -> None:
    """Points, carried plans and whether the frontier is complete; the picture is there twice."""
    words = ("frontier", str(scenario), "--x", "leakage", "--y", "volatility", "--options", "local")
    told = json.loads(_run(*words, "--all", "--format", "json"))
    assert told["complete"]
    assert [point["point"] for point in told["points"]] == list(range(1, len(told["points"]) + 1))
    assert {plan["plan"] for plan in told["plans"]} == {"rows", "columns"}
    saved = {path.name for path in Path(told["folder"]).iterdir()}
    assert {"frontier.csv", "plans.csv", "frontier.png", "frontier.svg"} <= saved


@pytest.mark.long
def test_a_plan_of_the_frontier_evaluates_to_its_own_numbers(
    scenario: Path, tmp_path: Path
) -> None:
    """Each plan is saved as a file that evaluate reads, and costs there what the frontier says."""
    words = (
        "frontier",
        str(scenario),
        "--x",
        "cost",
        "--y",
        "contracting",
        "--all",
        "--format",
        "json",
    )
    told = json.loads(CliRunner().invoke(main, [*words, "--out", str(tmp_path / "one")]).stdout)
    assert len(told["points"]) > 1
    for point in told["points"]:
        plan = tmp_path / "one" / "groupings" / f"point-{point['point']:02}.csv"
        asked = ("evaluate", str(scenario), "--plan", str(plan), "--format", "json")
        scored = json.loads(
            CliRunner().invoke(main, [*asked, "--out", str(tmp_path / plan.stem)]).stdout
        )
        assert scored["objective"] == pytest.approx(point["cost"], abs=1e-6)


@pytest.mark.parametrize(
    "words",
    [
        ("frontier", "--x", "leakage", "--y", "volatility"),
        ("alternatives", "--within", "1%"),
        ("robust", "--draws", "1"),
    ],
)
def test_a_command_without_an_answer_leaves_no_folder(
    scenario: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Where no plan exists nothing is saved, and the name stays free."""
    place = tmp_path / "answer"
    command, *options = words
    asked = (command, str(scenario), *options, "--set", "footprints.members=[1,1]")
    result = CliRunner().invoke(main, [*asked, "--set", "footprints.count=2", "--out", str(place)])
    assert result.exit_code in (1, 3)
    assert not [path.name for path in tmp_path.iterdir() if "answer" in path.name]


def test_frontier_command_names_the_measures_it_knows(scenario: Path) -> None:
    """An unknown measure is bad input and the known ones are told."""
    result = CliRunner().invoke(main, ["frontier", str(scenario), "--x", "cost", "--y", "beauty"])
    assert result.exit_code == 1
    assert "disruption" in result.stderr


def test_robust_command_records_its_seed(scenario: Path) -> None:
    """The seed, the draws and each draw's regret are told and saved."""
    words = ("robust", str(scenario), "--draws", "1", "--seed", "5", "--what-if", "growth=10%")
    told = json.loads(_run(*words, "--flows", "poisson", "--format", "json"))
    assert told["seed"] == 5
    assert [draw["draw"] for draw in told["draws"]] == ["draw 1", "growth=10%"]
    assert (Path(told["folder"]) / "about.json").exists()


@pytest.mark.long
def test_sweep_command_is_taken_up_again(scenario: Path) -> None:
    """The second call keeps what the first one solved."""
    grid = scenario.with_name("grid.toml")
    grid.write_text('base = "toy.toml"\n[grid]\n"objective.leakage" = [0.5, 1]\n', encoding="utf-8")
    words = ("sweep", str(grid), "--workers", "1", "--scheduler", "none", "--format", "json")
    assert json.loads(_run(*words))["solved"] == 2
    assert json.loads(_run(*words))["kept"] == 2
