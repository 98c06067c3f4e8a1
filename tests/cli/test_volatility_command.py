"""`footprints volatility`: estimates beside what is carried, and a plain word where there is none."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from support.datasets import write_csv, write_tiny_dataset
from support.toy import TOY

from optimiser.cli import main
from optimiser.inputs.schema import TABLES


def run(*arguments: object) -> Result:
    """Run one command in this process."""
    return CliRunner().invoke(main, ["volatility", *(str(argument) for argument in arguments)])


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """The tiny dataset with eight years of one service drawn from the model, three of another."""
    folder = write_tiny_dataset(tmp_path / "tiny")
    draw = np.random.default_rng(3)
    rows = [
        ("S1", icb, year, round(10 + draw.standard_normal(), 4))
        for icb in ("QAA", "QBB", "QCC", "QDD")
        for year in range(2015, 2023)
    ]
    rows += [("S2", "QAA", year, 5.0) for year in range(2020, 2023)]
    write_csv(folder / "history.csv", TABLES["history"].names, rows)
    return folder


def test_estimates_stand_beside_what_is_carried(dataset: Path) -> None:
    """A service with enough history has estimates; the others say why they have none."""
    result = run(dataset)
    assert result.exit_code == 0, result.output
    assert "S1" in result.stdout
    assert "Of 1 services estimated" in result.stdout
    text = " ".join(result.stdout.split())
    assert "at least 3 years and 2 ICBs with every year are needed: S2." in text
    assert "history does not tell of the service: S3, S4." in text


def test_csv_and_json_say_the_same(dataset: Path) -> None:
    """Numbers are the same in both forms; what is not estimated is null in JSON."""
    rows = list(csv.DictReader(io.StringIO(run(dataset, "--format", "csv").stdout)))
    found = json.loads(run(dataset, "--format", "json").stdout)
    assert found["history"] is True
    assert found["estimated"] == 1
    assert float(rows[0]["case_factor_m"]) == pytest.approx(found["services"][0]["case_factor_m"])
    assert found["services"][2]["common_shock"] is None


def test_a_higher_level_widens_the_intervals(dataset: Path) -> None:
    """An interval that holds the truth more often is no narrower."""

    def width(level: float) -> float:
        found = json.loads(run(dataset, "--level", level, "--format", "json").stdout)
        row = found["services"][0]
        return float(row["case_factor_high_m"] - row["case_factor_low_m"])

    assert width(0.5) < width(0.9) < width(0.99)


def test_without_history_it_is_said_plainly() -> None:
    """The toy country has no history: nothing is estimated, and the text says what to add."""
    text = " ".join(run(TOY).stdout.split())
    assert "has no history.csv, so nothing is estimated" in text
    assert "is illustrative and is not checked against past years" in text


def test_a_year_that_stands_twice_is_a_fault(dataset: Path) -> None:
    """The history is checked like every table, with file and line."""
    path = dataset / "history.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    result = run(dataset)
    assert result.exit_code == 1
    assert f"history.csv line {len(lines) + 1}" in result.output


def test_a_table_is_saved_and_never_over_another(dataset: Path, tmp_path: Path) -> None:
    """`--out` saves the table with a manifest; the same place a second time is refused."""
    place = tmp_path / "estimates"
    assert run(dataset, "--out", place).exit_code == 0
    assert (place / "volatility.csv").exists()
    assert json.loads((place / "manifest.json").read_text(encoding="utf-8"))["command"]
    assert run(dataset, "--out", place).exit_code == 1
    shutil.rmtree(place)
