"""`footprints classify`: what it prints and what it saves."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.toy import write_toy_scenario

from optimiser.cli import main

RULES = "[classify]\nreference_population_m = 3.0\nfew_patients = 100\n"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A scenario on the toy country that states its own limits."""
    return write_toy_scenario(tmp_path, RULES)


def run(*arguments: object) -> str:
    """Run one command in this process and return its stdout."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_table_names_rule_value_and_limit(toy: Path) -> None:
    """A person reads the deciding rule, its number and limit, the confusion and the differences."""
    text = run("classify", toy, "--details")
    line = next(line for line in text.splitlines() if line.startswith("Rare metabolic disorders"))
    assert line.split()[-5:] == ["ready", "few_patients", "90", "100", "illustrative"]
    assert "Rare metabolic disorders (S5): National: 90 patients a year in England" in text
    assert "agree with the carried category on" in text


def test_csv_and_json_say_the_same(toy: Path) -> None:
    """The three forms hold the same categories, and JSON the confusion table besides."""
    rows = list(csv.DictReader(io.StringIO(run("classify", toy, "--format", "csv"))))
    result = json.loads(run("classify", toy, "--format", "json"))
    assert [r["category"] for r in rows] == [r["category"] for r in result["services"]]
    assert {r["carried"] for r in result["confusion"]} == {"ready", "not_yet", "national", "all"}
    different = [r["service"] for r in result["services"] if r["category"] != r["carried"]]
    assert result["differences"] == different


def test_a_setting_changes_the_result(toy: Path) -> None:
    """A limit of 50 patients lets the service of 90 pass that rule."""
    text = run("classify", toy, "--set", "classify.few_patients=50", "--format", "json")
    by_code = {row["service"]: row for row in json.loads(text)["services"]}
    assert by_code["S5"]["rule"] != "few_patients"


def test_tables_are_saved_and_never_over_another(toy: Path, tmp_path: Path) -> None:
    """`--out` saves every table with a manifest; the same place a second time is refused."""
    place = tmp_path / "portfolio"
    run("classify", toy, "--out", place)
    names = {path.name for path in place.iterdir()}
    assert names == {
        *("services.csv", "differences.csv", "confusion.csv", "attributes.csv", "manifest.json"),
        *("by_year.csv", "years.csv", "next.csv"),
    }
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["scenario"]["classify"]["few_patients"] == 100
    assert set(manifest["files"]) == names - {"manifest.json"}
    before = (place / "manifest.json").read_bytes()
    again = CliRunner().invoke(main, ["classify", str(toy), "--out", str(place)])
    assert again.exit_code == 1
    assert "exists and is not written over" in again.output
    assert (place / "manifest.json").read_bytes() == before


def test_an_unknown_rule_is_refused(toy: Path) -> None:
    """A rule that there is not, or that stands twice, is a fault of the scenario."""
    for order, said in (('["few_patient"]', "few_patients"), ('["volatile","volatile"]', "once")):
        result = CliRunner().invoke(
            main, ["classify", str(toy), "--set", f"classify.order={order}"]
        )
        assert result.exit_code == 1
        assert said in result.output
