"""``compare``, ``report`` and ``verify`` of a pack on the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.saved import Saved, save_groupings
from support.toy import TOY

from optimiser.cli import main


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """The toy country's rows and columns as saved runs."""
    return save_groupings(tmp_path_factory.mktemp("saved"))


def _run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.stdout


def test_text_says_first_what_was_asked_and_stays_within_the_width(saved: Saved) -> None:
    """The first words are about the scenarios; no line is longer than a terminal."""
    code, text = _run("compare", *saved.folders.values())
    assert code == 0
    assert text.startswith("Scenarios: the same settings")
    assert "ICBs that move, against Rows" in text
    assert max(map(len, text.splitlines())) <= 100


def test_csv_has_one_row_per_run_and_measure(saved: Saved) -> None:
    """As the interface promises."""
    code, text = _run("compare", *saved.folders.values(), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert code == 0
    assert len({(row["run"], row["measure"]) for row in rows}) == len(rows) > 20


def test_json_is_strict_and_names_the_baseline(saved: Saved) -> None:
    """A reader that refuses NaN reads it."""
    words = ("--format", "json", "--baseline", saved.folders["columns"])
    code, text = _run("compare", *saved.folders.values(), *words)
    found = json.loads(text, parse_constant=lambda word: pytest.fail(word))
    assert (code, found["baseline"]) == (0, "Columns")


def test_a_pack_is_written_and_verified(saved: Saved, tmp_path: Path) -> None:
    """Report says where it is; verify passes it, and fails it when a file is touched."""
    to = tmp_path / "pack"
    words = ("--to", to, "--dataset", TOY, "--only", "workbook")
    code, text = _run("report", *saved.folders.values(), *words)
    assert (code, str(to) in text) == (0, True)
    code, text = _run("verify", to)
    assert (code, "Yes: everything that is checked was found again." in text) == (0, True)
    assert "Taken as stated" in text
    code, text = _run("verify", to, "--dataset", TOY, "--format", "json")
    checks = {one["check"] for one in json.loads(text)["findings"]}
    assert (code, {"run Rows, tables", "run Columns, rules"} <= checks) == (0, True)
    (to / "figures.csv").write_text("", encoding="utf-8")
    code, text = _run("verify", to, "--format", "json")
    assert (code, json.loads(text)["verified"]) == (1, False)


def test_the_wrong_dataset_is_refused(saved: Saved, tmp_path: Path) -> None:
    """Maps are drawn on the ground the runs rest on, or not at all."""
    england = TOY.parent / "england"
    code, _ = _run("report", *saved.folders.values(), "--to", tmp_path / "x", "--dataset", england)
    assert code == 1
    assert not (tmp_path / "x").exists()
