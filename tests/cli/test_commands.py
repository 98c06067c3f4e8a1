"""The command line: help is instant, results go to stdout, failures have their exit codes."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from support.datasets import write_tiny_dataset
from support.toy import TOY, score_rows, write_toy_scenario

from optimiser.cli import COMMANDS, main
from optimiser.errors import (
    InterruptedWithoutPlanError,
    NoPlanError,
    StoppedWithoutPlanError,
    UnsupportedError,
)
from optimiser.questions import solve as workflow

HEAVY = {"pandas", "numpy", "scipy", "pyomo", "highspy", "matplotlib", "geopandas", "shapely",
         "pydantic", "rich"}  # fmt: skip


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario on the toy country; runs are saved in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return write_toy_scenario(tmp_path)


def run(*arguments: object) -> Result:
    """Run one command in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def _options(command: str) -> list[str]:
    found = main.get_command(click.Context(main), command)
    assert found is not None
    return [option for one in found.params for option in one.opts if option.startswith("--")]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([c, "--help"] for c in COMMANDS)]
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Asking for help or the version imports neither pandas nor Pyomo nor anything like them."""
    code = (
        "import sys\nfrom optimiser.cli import main\n"
        f"try:\n    main({arguments!r})\n"
        "finally:\n    print('loaded', *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.splitlines()[-1].split())
    assert "click" in loaded
    assert not loaded & HEAVY


def test_importing_the_package_loads_nothing_heavy() -> None:
    """Nor does `import optimiser`."""
    code = "import sys, optimiser\nprint(*{name.split('.')[0] for name in sys.modules})"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(ended.stdout.split()) & HEAVY


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_with_an_example(command: str) -> None:
    """Its help shows a worked example, and each option says what it does."""
    text = run(command, "--help").output
    assert f"footprints {command}" in text.partition("Example")[2]
    found = main.get_command(click.Context(main), command)
    assert found is not None
    helped = [one for one in found.params if isinstance(one, click.Option)]
    assert [one.name for one in helped if not one.help] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_use_options_that_exist(command: str) -> None:
    """Every option in a command's example is one of its options."""
    example = run(command, "--help").output.partition("Example")[2].partition("Options:")[0]
    used = {word for word in example.split() if word.startswith("--")}
    assert used <= set(_options(command))


def test_solve_prints_saves_and_proves(toy: Path) -> None:
    """Footprints, terms and proof on stdout, progress on stderr, and a run folder with a map."""
    result = run("solve", toy, "--out", "best")
    assert result.exit_code == 0
    for word in ("Middle", "vary by chance", "Proven best.", "Run: best (map: map.png)"):
        assert word in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert "referee" in result.stderr
    assert {"manifest.json", "map.png", "map.svg", "plan.csv", "selection.lp", "solver.log"} <= {
        path.name for path in Path("best").iterdir()
    }


def test_evaluate_gives_the_gap_and_names_broken_rules(toy: Path) -> None:
    """JSON shares its words with the manifest that it saves."""
    asked = ("--set", "footprints.count=2", "--format", "json")
    result = run("evaluate", toy, "--plan", "rows", "--out", "rows", *asked)
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    saved = json.loads(Path("rows/manifest.json").read_text(encoding="utf-8"))
    assert told["gap_to_optimum"] == pytest.approx(
        (told["objective"] - told["optimum"]["score"]) / told["optimum"]["avoidable_score"]
    )
    assert [rule["rule"] for rule in told["broken_rules"]] == ["count"]
    assert {key: saved[key] for key in told if key in saved} == {
        key: told[key] for key in told if key in saved
    }
    assert set(told) - set(saved) == {"folder", "footprints"}


def test_evaluate_all_has_one_row_for_each_carried_plan(toy: Path) -> None:
    """The optimum first, and no plan within the rules is better."""
    result = run("evaluate", toy, "--plan", "all", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["plan"] for row in rows] == ["optimal", "columns", "rows"]
    assert all(float(row["gap_to_optimum"]) >= 0 for row in rows)
    assert not Path("outputs").exists()


def test_a_title_that_is_printed_names_the_plan(toy: Path) -> None:
    """Tables print titles, and a title is as good as the name of the plan's file."""
    printed = run("evaluate", toy, "--plan", "all").stdout
    assert {"Rows", "Columns"} <= {line.split(" ")[0] for line in printed.splitlines()}
    by_title, by_name = (
        run("evaluate", toy, "--plan", plan, "--no-optimum", "--format", "csv").stdout
        for plan in ("Columns", "columns")
    )
    assert [row["footprint"] for row in csv.DictReader(io.StringIO(by_title))] == [
        row["footprint"] for row in csv.DictReader(io.StringIO(by_name))
    ]


def test_csv_is_the_footprints_table(toy: Path) -> None:
    """Readable by any reader, with its provenance and the totals of all footprints."""
    result = run("evaluate", toy, "--plan", "rows", "--no-optimum", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["footprint"] for row in rows] == ["North", "Middle", "South", "All footprints"]
    assert {row["basis"] for row in rows} == {"illustrative"}
    assert len(list(Path("outputs/three").iterdir())) == 1


def test_names_of_footprints_are_printed_as_they_are_saved(toy: Path) -> None:
    """What looks like a number stays as it is; what looks like a formula is guarded once."""
    names = {"A": "007", "B": "=1+1", "C": "1e5"}
    rows = [f"{row}{k},{names[row]}" for row in names for k in (1, 2, 3)]
    Path("mine.csv").write_text("\n".join(["icb,footprint", *rows]), encoding="utf-8")
    result = run("evaluate", toy, "--plan", "mine.csv", "--no-optimum", "--format", "csv")
    printed = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["footprint"] for row in printed[:3]] == ["007", "'=1+1", "1e5"]


def test_a_taken_place_is_refused_before_any_work(toy: Path) -> None:
    """--out names a new folder."""
    Path("best").mkdir()
    result = run("solve", toy, "--out", "best")
    assert result.exit_code == 1
    assert "best exists" in result.stderr
    assert "referee" not in result.stderr


def test_a_mistyped_setting_is_bad_input(toy: Path) -> None:
    """Told with the likely meant name, without a traceback."""
    result = run("solve", toy, "--set", "footprints.cuont=2")
    assert result.exit_code == 1
    assert 'Did you mean "footprints.count"?' in result.stderr
    assert "Traceback" not in result.output


def test_misuse_has_a_code_of_its_own(toy: Path) -> None:
    """An unknown format, and --plan all with --services, are misuse."""
    assert run("solve", toy, "--format", "xml").exit_code == 2
    assert run("evaluate", toy, "--plan", "all", "--no-optimum").exit_code == 2


def test_an_impossible_scenario_has_a_code_of_its_own(toy: Path) -> None:
    """No grouping of nine ICBs has ten footprints."""
    result = run("solve", toy, "--set", "footprints.count=10")
    assert result.exit_code == 3
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoPlanError("No plan."), 3),
        (StoppedWithoutPlanError("Too short."), 4),
        (InterruptedWithoutPlanError("Stopped."), 130),
        (UnsupportedError("Not yet."), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_failure_has_its_exit_code(
    toy: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    """And its message on stderr, without a traceback."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(workflow, "solve", fail)
    result = run("solve", toy)
    assert result.exit_code == code
    assert str(error) in result.stderr
    assert "Traceback" not in result.output


def test_an_interrupted_run_keeps_its_plan(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan found so far is saved and printed; the exit code tells the interruption."""
    from dataclasses import replace

    evaluation, _ = score_rows(toy.parent)
    outcome = replace(evaluation.plan.outcome, status="interrupted")
    plan = replace(evaluation.plan, name="optimal", outcome=outcome)
    monkeypatch.setattr(workflow, "solve", lambda *_, **__: plan)
    result = run("solve", toy, "--out", "kept")
    assert result.exit_code == 130
    assert "Best plan found" in result.stdout
    assert Path("kept/manifest.json").exists()


def test_without_inputs_solve_says_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed from a wheel, outside the project, there is no base scenario."""
    from optimiser.cli import shared

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shared, "__file__", str(tmp_path / "lib" / "optimiser" / "cli" / "x.py"))
    result = run("solve")
    assert result.exit_code == 2
    assert "source code" in result.stderr


def test_check_counts_what_a_sound_dataset_holds() -> None:
    """And says so in one line."""
    result = run("check", TOY)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"No faults in {TOY}: 9 ICBs")


def test_check_tells_every_fault_with_its_place(tmp_path: Path) -> None:
    """As a sentence, as CSV and as JSON: file, line, column, value, rule, remedy."""
    folder = write_tiny_dataset(tmp_path / "tiny")
    icbs = folder / "icbs.csv"
    text = icbs.read_text(encoding="utf-8").replace("1000000", "-4210", 1)
    icbs.write_text(text.replace(",North,", ",,", 1), encoding="utf-8")
    told = run("check", folder, "--format", "json")
    assert told.exit_code == 1
    faults = json.loads(told.stdout)["faults"]
    assert ("icbs.csv", 2, "population", "-4210") in [
        (Path(f["file"]).name, f["line"], f["column"], f["value"]) for f in faults
    ]
    rows = list(csv.DictReader(io.StringIO(run("check", folder, "--format", "csv").stdout)))
    assert len(rows) == len(faults)
    assert f"{icbs} line 2, population" in run("check", folder).stdout


def test_check_tells_an_impossible_scenario_apart(toy: Path) -> None:
    """Sound settings that no plan can meet exit with 3, as solve does."""
    path = toy.with_name("ten.toml")
    path.write_text(toy.read_text(encoding="utf-8").replace("= 3", "= 10"), encoding="utf-8")
    assert run("check", path).exit_code == 3


def test_a_frontier_needs_no_carried_plans(tmp_path: Path) -> None:
    """A dataset of one's own may carry none."""
    shutil.copytree(TOY, tmp_path / "own")
    shutil.rmtree(tmp_path / "own" / "plans")
    base = tmp_path / "own" / "scenarios" / "base.toml"
    found = run("frontier", base, "--x", "cost", "--y", "leakage", "--out", tmp_path / "out")
    assert found.exit_code == 0
    assert "No carried plan is within the rules" in found.stdout
