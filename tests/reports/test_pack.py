"""Packs: whole, checkable anywhere, and every planted change is found."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from support.saved import Saved

from optimiser.errors import InputError, OutputExistsError
from optimiser.reports.making import Order
from optimiser.reports.pack import check_pack, is_pack, write_pack
from optimiser.runs.compare import Comparison, compare_runs
from optimiser.runs.folder import read_run
from optimiser.runs.saving import SEAL, hash_files, seal


def _quiet(step: str, detail: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def pack(saved: Saved, comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack with a workbook."""
    to = tmp_path_factory.mktemp("packs") / "pack"
    return write_pack(comparison, to, Order(only=("workbook",), datasets=saved.datasets), _quiet)


@pytest.fixture
def copy(pack: Path, tmp_path: Path) -> Path:
    """A pack of one's own to spoil."""
    shutil.copytree(pack, tmp_path / "copy")
    return tmp_path / "copy"


def _rehash(folder: Path, **changed: object) -> None:
    """Make the manifest agree with the files, as a careful forger would."""
    words = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    seal(folder, {k: v for k, v in {**words, **changed}.items() if k not in ("files", SEAL)})


def test_an_untouched_pack_with_zeros_and_no_blanks_passes(saved: Saved, tmp_path: Path) -> None:
    """A zero is a number: a column of figures without a blank reads back as it was written."""
    run = read_run(shutil.copytree(saved.folders["rows"], tmp_path / "rows"))
    _rehash(run.folder, gap_to_optimum=0.0)  # without it there is a blank
    found = compare_runs([read_run(run.folder)])
    to = write_pack(found, tmp_path / "pack", Order(only=("page",)), _quiet)
    figures = pd.read_csv(to / "figures.csv")
    assert (figures["value"] == 0).any()
    assert figures["value"].notna().all()
    assert check_pack(to) == []


def test_a_pack_passes_anywhere(pack: Path, copy: Path) -> None:
    """As written it has no differences, also after it was moved."""
    assert check_pack(pack) == []
    assert check_pack(copy) == []


def test_the_manifest_lists_every_file_but_itself(pack: Path) -> None:
    """Files and hashes are those of the folder."""
    manifest = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
    found = hash_files(pack)
    del found["manifest.json"]
    assert manifest["files"] == found
    assert {one["run"] for one in manifest["runs"]} == {"Rows", "Columns"}


def _change_figure(folder: Path) -> None:
    path = folder / "figures.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[1] = str(float(cells[1]) + 0.5)
    path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n", encoding="utf-8")


def _change_table(folder: Path) -> None:
    path = folder / "comparison" / "grouping.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("North", "Nord"), encoding="utf-8")


def _change_run(folder: Path) -> None:
    path = next(folder.glob("runs/1-*/footprints.csv"))
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [(_change_figure, "M1.1"), (_change_table, "grouping.csv"), (_change_run, "run Rows")],
)
@pytest.mark.parametrize("forged", [False, True])
def test_a_planted_change_is_found(
    copy: Path, spoil: Callable[[Path], None], told: str, forged: bool
) -> None:
    """By its hash; and by its content when the manifest was made to agree."""
    spoil(copy)
    if forged:
        _rehash(copy)
    found = check_pack(copy)
    assert found
    assert told in found[0] if forged else "SHA-256" in found[0]


def test_added_and_missing_files_are_told(copy: Path) -> None:
    """Both by name."""
    (copy / "note.txt").write_text("added", encoding="utf-8")
    (copy / "results.xlsx").unlink()
    assert check_pack(copy)[:2] == ["results.xlsx is missing.", "note.txt is not in the manifest."]


def test_a_pack_is_never_written_over(pack: Path, comparison: Comparison) -> None:
    """A place that is taken is refused before anything is made."""
    with pytest.raises(OutputExistsError):
        write_pack(comparison, pack, Order(only=()), _quiet)


def test_a_run_is_not_a_pack(saved: Saved, pack: Path) -> None:
    """Each is told from the other."""
    run = saved.folders["rows"]
    assert is_pack(pack)
    assert not is_pack(run)
    with pytest.raises(InputError, match="not a pack"):
        check_pack(run)


@pytest.mark.long
def test_no_solver_is_loaded(saved: Saved, tmp_path: Path) -> None:
    """A pack is made and checked in a Python that cannot import Pyomo, HiGHS or the models."""
    runs = [str(folder) for folder in saved.folders.values()]
    code = f"""
import sys
for name in ("pyomo", "highspy", "models"):
    sys.modules[name] = None
from pathlib import Path
from optimiser.runs.compare import compare_folders
from optimiser.reports.making import Order
from optimiser.reports.pack import check_pack, write_pack
found = compare_folders({runs!r})
to = write_pack(found, Path({str(tmp_path / "pack")!r}), Order(only=("workbook",)), lambda *_: None)
assert check_pack(to) == []
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.long
@pytest.mark.parametrize("word", ["baseline", "runs", "documents", "notes", "unlike", "files"])
def test_a_manifest_of_any_shape_is_told(copy: Path, word: str) -> None:
    """Whatever a word is replaced by, hashes made anew: a sentence and no traceback."""
    path = copy / "manifest.json"
    words = json.loads(path.read_text(encoding="utf-8"))
    others: tuple[object, ...] = (None, -1.5, [{}])
    for wrong in (other for other in others if other != words[word]):
        path.write_text(json.dumps({**words, word: wrong}), encoding="utf-8")
        if word != "files":
            _rehash(copy)
        assert check_pack(copy), wrong


def test_a_run_outside_the_pack_is_refused(copy: Path) -> None:
    """The runs of a pack are those inside it."""
    words = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    shutil.copytree(copy / words["runs"][0]["folder"], copy.parent / "outside")
    words["runs"][0]["folder"] = "../outside"
    _rehash(copy, runs=words["runs"])
    assert "A run of a pack lies in its folder" in check_pack(copy)[0]
