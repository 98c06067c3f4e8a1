"""``footprints settings``, and what ``--set`` takes and says."""

from __future__ import annotations

import json
import runpy

import pytest
from click.testing import CliRunner
from support.toy import ROOT

import optimiser as fp
from optimiser.cli import main
from optimiser.errors import InputError
from optimiser.inputs.scenario.scenario import Scenario, read_scenario

TOY = ROOT / "inputs" / "toy" / "scenarios" / "base.toml"
ALONE = {"footprints.max_moved": ("footprints.baseline=rows",)}
"""Settings that need another beside them."""


def test_every_setting_says_what_it_is_and_its_example_is_taken() -> None:
    """Meaning and allowed values are there; the example and the default are values it may have."""
    table = fp.settings()
    assert (table[["meaning", "allowed", "example"]] != "").all().all()
    for key, default, example in table[["setting", "default", "example"]].itertuples(index=False):
        read_scenario(TOY, [*ALONE.get(key, ()), f"{key}={example}"])
        if default:
            read_scenario(TOY, [f"{key}={default}"])


def test_a_section_a_name_and_everything() -> None:
    """A section has its settings alone, a name the settings of that name; forms hold the same rows."""
    keys = fp.settings("solver")["setting"].tolist()
    assert keys == [f"solver.{name}" for name in type(Scenario().solver).model_fields]
    assert fp.settings("count")["setting"].tolist() == ["footprints.count"]
    result = CliRunner().invoke(main, ["settings", "year", "--format", "json"])
    rows = json.loads(result.stdout)["settings"]
    assert [row["setting"] for row in rows] == ["services.year", "readiness.year"]


def test_no_argument_fits_a_screen() -> None:
    """At most forty lines of at most a hundred characters."""
    lines = CliRunner().invoke(main, ["settings"]).stdout.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("footprints.count=7-12", "count", (7, 12)),
        ("footprints.population_m=2.5 to 11", "population_m", (2.5, 11.0)),
        ("footprints.stand_alone=A1, A2", "stand_alone", ("A1", "A2")),
        ("footprints.keep_together=A1,A2;B1,B2", "keep_together", (("A1", "A2"), ("B1", "B2"))),
        ("footprints.count=free", "count", "free"),
    ],
)
def test_short_forms_are_read_as_they_are_meant(override: str, key: str, value: object) -> None:
    """Windows with a dash, lists with commas, groups with semicolons; words stay words."""
    assert getattr(read_scenario(TOY, [override]).footprints, key) == value


@pytest.mark.parametrize(
    ("override", "column", "said"),
    [
        ("footprints.count=seven", "footprints.count", "a whole number, or two whole numbers"),
        ("footprints.number=7", "footprints.number", 'mean "footprints.count"'),
        ("footprint.count=7", "footprint.count", 'mean "footprints.count"'),
        ("leakage=0.4", "leakage", 'mean "objective.leakage"'),
        ("services.levels=natinal", "services.levels", 'mean "national"'),
        ("solver.gap=2", "solver.gap", "a number from 0 to 1"),
        ("footprints.contiguous=yes", "footprints.contiguous", "true or false"),
    ],
)
def test_a_value_that_is_not_allowed_is_one_fault_in_words(
    override: str, column: str, said: str
) -> None:
    """It stands in --set, says what is allowed or meant, and nothing of types."""
    with pytest.raises(InputError, match=said) as caught:
        read_scenario(TOY, [override])
    (fault,) = caught.value.faults
    assert (fault.file, fault.column) == ("--set", column)
    assert "Input should" not in fault.remedy


def test_the_page_of_settings_is_the_declarations() -> None:
    """docs/settings.md is what docs/build/write_settings.py writes; run that after a change."""
    page = runpy.run_path(str(ROOT / "docs" / "build" / "write_settings.py"))
    assert page["FILE"].read_text(encoding="utf-8") == page["describe"]()
