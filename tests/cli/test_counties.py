"""A map of counties goes the whole way of a user: a dataset folder, a plan, its proof, `verify`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.planar import write_map

from optimiser.cli import main


@pytest.mark.long
def test_a_map_too_long_to_list_is_priced_proven_and_verified(tmp_path: Path) -> None:
    """44 counties in two halves of half a per cent: `solve` chooses pricing by itself and says so."""
    scenario, run = write_map(tmp_path / "counties", 44, 2), tmp_path / "run"
    solved = CliRunner().invoke(main, ["solve", str(scenario), "--out", str(run)])
    assert solved.exit_code == 0, solved.output
    assert "Proven best" in solved.stdout
    assert "too many possible footprints to list: they are priced" in solved.stderr
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "optimal"
    assert manifest["bound"] == pytest.approx(manifest["objective"])
    assert manifest["objective"] == round(manifest["objective"])
    verified = CliRunner().invoke(main, ["verify", str(run)])
    assert verified.exit_code == 0, verified.output


def test_a_county_above_the_window_is_named(tmp_path: Path) -> None:
    """Where no plan exists, the reason is told, before any search."""
    scenario = write_map(tmp_path / "counties", 70, 2)
    icbs = tmp_path / "counties" / "icbs.csv"
    lines = icbs.read_text(encoding="utf-8").splitlines()
    lines[1] = ",".join((*lines[1].split(",")[:2], "9000000"))
    icbs.write_text("\n".join(lines) + "\n", encoding="utf-8")
    solved = CliRunner().invoke(main, ["solve", str(scenario), "--out", str(tmp_path / "run")])
    assert solved.exit_code == 3, solved.output
    assert "c000 alone has 9 million people" in solved.stderr
