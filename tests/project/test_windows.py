"""What Windows does otherwise, by simulation: line ends, backslashes, capitals and reserved names."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PureWindowsPath

import pandas as pd
import pytest
from click.testing import CliRunner
from support.toy import TOY

import optimiser as fp
from optimiser.cli import main
from optimiser.errors import InputError
from optimiser.folders import find_unfit_names
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.inputs.writing import NewDataset, write_dataset

TEXTS = (".csv", ".toml", ".geojson", ".json", ".txt", ".lp", ".log", ".svg", ".html")


def _save_as_windows_does(folder: Path) -> None:
    """Every text of a folder with carriage returns, and the byte order mark of a spreadsheet."""
    for path in [*folder.rglob("*.csv"), *folder.rglob("*.toml")]:
        text = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        path.write_bytes((b"\xef\xbb\xbf" if path.suffix == ".csv" else b"") + text)


def test_line_ends_of_windows_change_nothing(tmp_path: Path) -> None:
    """Tables, what the dataset says of itself, plans and scenario read the same."""
    copy = tmp_path / "toy"
    shutil.copytree(TOY, copy)
    _save_as_windows_does(copy)
    ours, theirs = fp.load(TOY), fp.load(copy)
    for name in ("icbs", "neighbours", "services", "providers", "flows", "travel", "readiness"):
        pd.testing.assert_frame_equal(getattr(ours, name), getattr(theirs, name))
    assert ours.about == theirs.about
    pd.testing.assert_frame_equal(ours.plans["rows"], theirs.plans["rows"])
    scenarios = [read_scenario(home / "scenarios" / "base.toml") for home in (TOY, copy)]
    assert scenarios[0].settings() == scenarios[1].settings()
    given = copy / "plans" / "rows.csv"
    found = fp.evaluate(scenarios[0], given, no_optimum=True)
    assert found.plan.grouping == fp.evaluate(scenarios[0], "rows", no_optimum=True).plan.grouping


def test_paths_with_backslashes_are_read_everywhere(tmp_path: Path) -> None:
    """A scenario that was written on Windows finds its parent and its dataset."""
    shutil.copytree(TOY, tmp_path / "toy")
    mine = tmp_path / "toy" / "scenarios" / "mine"
    mine.mkdir()
    (mine / "child.toml").write_text("extends = '..\\base.toml'\n", encoding="utf-8")
    (mine / "own.toml").write_text("dataset = '..\\..'\n", encoding="utf-8")
    for name in ("child", "own"):
        scenario = read_scenario(mine / f"{name}.toml")
        assert len(fp.load(scenario.dataset_path).icbs) == 9


def test_a_path_that_is_saved_has_slashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the system's own relative paths have backslashes."""
    shutil.copytree(TOY, tmp_path / "toy")
    child = tmp_path / "toy" / "scenarios" / "mine" / "child.toml"
    child.parent.mkdir()
    child.write_text('extends = "../base.toml"\n', encoding="utf-8")
    plain = os.path.relpath
    monkeypatch.setattr(os.path, "relpath", lambda *to: str(PureWindowsPath(plain(*to))))
    monkeypatch.setattr("optimiser.inputs.scenario.scenario.Path", _PathOfWindows)
    assert read_scenario(child).dataset == "../.."


class _PathOfWindows(type(Path())):  # type: ignore[misc]  # the class is that of the system
    """Reads backslashes as Windows does, on any system."""

    def as_posix(self) -> str:
        return PureWindowsPath(str(self)).as_posix()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, near-best plans and a pack of the toy country."""
    home = tmp_path_factory.mktemp("written")
    base = str(TOY / "scenarios" / "base.toml")
    for words in (
        ("evaluate", base, "--plan", "rows", "--out", str(home / "run")),
        ("alternatives", base, "--place", "columns", "--out", str(home / "near")),
        ("report", str(home / "run"), "--out", str(home / "pack"), "--only", "pictures"),
    ):
        result = CliRunner().invoke(main, list(words))
        assert result.exit_code == 0, result.output
    return home


@pytest.mark.long
def test_names_of_files_are_fit_for_every_system(written: Path) -> None:
    """No reserved name or letter, none that differs in capitals alone, none too long."""
    folders = [written, *(path for path in written.rglob("*") if path.is_dir())]
    for folder in folders:
        assert not find_unfit_names(sorted(path.name for path in folder.iterdir()))
    assert max(len(str(path.relative_to(written))) for path in written.rglob("*")) <= 120


@pytest.mark.long
def test_texts_are_written_with_line_feeds_and_slashes(written: Path) -> None:
    """The same bytes on every system: no carriage return, no backslash in a file's name."""
    for path in written.rglob("*"):
        if path.suffix in TEXTS:
            assert b"\r" not in path.read_bytes(), path
        if path.name == "manifest.json":
            files = re.search(r'"files": \{.*?\}', path.read_text(encoding="utf-8"), re.S)
            assert files is not None
            assert "\\" not in files[0]


@pytest.mark.parametrize("names", [("CON",), ("aux.1",), ("a:b",), ("end ",), ("Rows", "rows")])
def test_plans_that_windows_cannot_hold_are_faults(names: tuple[str, ...], tmp_path: Path) -> None:
    """A workbook's plans become files; so their names are names of files."""
    toy = fp.load(TOY)
    assert find_unfit_names(names)
    plans = dict.fromkeys(names, toy.plans["rows"])
    tables = {n: getattr(toy, n) for n in ("icbs", "neighbours", "services", "providers", "flows")}
    place = write_dataset(NewDataset(toy.about, tables, plans), tmp_path / "odd")
    with pytest.raises(InputError, match="Rename it") as caught:
        fp.load(place)
    assert [fault.rule for fault in caught.value.faults] == ["file_name"]


def test_a_file_named_in_capitals_is_told_by_name(tmp_path: Path) -> None:
    """Windows opens ICBS.CSV as icbs.csv; elsewhere the fault says how to save it."""
    copy = tmp_path / "toy"
    shutil.copytree(TOY, copy)
    (copy / "icbs.csv").rename(copy / "ICBS.CSV")
    if (copy / "icbs.csv").exists():
        pytest.skip("this system does not tell capitals from small letters")
    with pytest.raises(InputError, match=r'Is it "ICBS.CSV"\? Then save it as icbs.csv'):
        fp.load(copy)
