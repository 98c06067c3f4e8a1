"""The plan is saved first, pictures after: nothing that goes wrong in a drawing costs a plan."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.toy import TOY, write_toy_scenario

from optimiser.cli import main
from optimiser.runs.folder import read_run
from optimiser.runs.saving import hash_files


def _shapes(folder: Path, change: Callable[[list[list[float]]], list[list[float]]]) -> None:
    path = folder / "boundaries.geojson"
    found = json.loads(path.read_text(encoding="utf-8"))
    ring = found["features"][0]["geometry"]["coordinates"][0]
    found["features"][0]["geometry"]["coordinates"][0] = change(ring)
    path.write_text(json.dumps(found), encoding="utf-8")


def no_places(folder: Path) -> None:
    """Neither boundaries nor the places of ICBs."""
    (folder / "boundaries.geojson").unlink()
    _set_places(folder, "", every=True)


def bow_tie(folder: Path) -> None:
    """A polygon that crosses itself."""
    _shapes(folder, lambda ring: [ring[0], ring[2], ring[1], ring[3], ring[0]])


def unclosed(folder: Path) -> None:
    """A ring that does not come back."""
    _shapes(folder, lambda ring: ring[:-1])


def nan_corner(folder: Path) -> None:
    """A corner that is no number."""
    _shapes(folder, lambda ring: [ring[0], [float("nan"), ring[1][1]], *ring[2:]])


def nan_place(folder: Path) -> None:
    """An ICB whose place is no number."""
    _set_places(folder, "nan", every=False)


def _set_places(folder: Path, text: str, *, every: bool) -> None:
    path = folder / "icbs.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows if every else rows[:1]:
        row["lon"] = row["lat"] = text
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _solve(scenario: Path, out: Path) -> Result:
    return CliRunner().invoke(main, ["solve", str(scenario), "--out", str(out)])


def _check_kept(out: Path) -> None:
    """The run is whole: it reads, its manifest lists every file, nothing lies beside it."""
    run = read_run(out)
    assert len(run.plan.footprints) == 3
    assert set(hash_files(out)) == {"manifest.json", *run.manifest["files"]}
    assert not list(out.parent.glob(".*.partial"))


@pytest.mark.parametrize("break_it", [no_places, bow_tie, unclosed, nan_corner, nan_place])
def test_what_cannot_be_drawn_is_a_fault_before_or_a_note_after(
    tmp_path: Path, break_it: Callable[[Path], None]
) -> None:
    """Never a traceback, never a plan that is lost: refused as input, or solved and saved."""
    folder = tmp_path / "toy"
    shutil.copytree(TOY, folder)
    break_it(folder)
    scenario = tmp_path / "three.toml"
    scenario.write_text('dataset = "toy"\n[footprints]\ncount = 3\n', encoding="utf-8")
    result = _solve(scenario, tmp_path / "runs" / "one")
    assert "Traceback" not in result.output
    assert result.exit_code in (0, 1), result.output
    if result.exit_code == 1:
        assert "fault" in result.stderr
        assert not (tmp_path / "runs").exists()
        return
    _check_kept(tmp_path / "runs" / "one")
    drawn = (tmp_path / "runs" / "one" / "map.png").exists()
    assert drawn == ("(map: " in result.stdout) == ("not drawn" not in result.stderr)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("a ring is open")])
def test_an_interrupt_or_fault_of_the_map_keeps_the_saved_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """The run is there and whole, stderr names its folder, and the exit code tells which it was."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("optimiser.reports.maps.write_map", fail)
    out = tmp_path / "runs" / "one"
    result = _solve(write_toy_scenario(tmp_path), out)
    assert result.exit_code == (130 if isinstance(error, KeyboardInterrupt) else 0)
    assert str(out) in result.stderr
    assert "not drawn" in result.stderr
    _check_kept(out)
    assert read_run(out).manifest["not_drawn"]


def test_a_map_drawn_in_another_process_is_the_same_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large map is drawn beside the solve; where, makes no difference to a byte of it."""
    scenario = write_toy_scenario(tmp_path)
    _solve(scenario, tmp_path / "here")
    monkeypatch.setattr("optimiser.cli.solve.LARGE_BYTES", 0)
    _solve(scenario, tmp_path / "beside")
    for name in ("map.png", "map.svg"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "beside" / name).read_bytes()
    _check_kept(tmp_path / "beside")
