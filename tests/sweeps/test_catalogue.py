"""The catalogue of a sweep and the keys of its runs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from support.datasets import append_row, write_tiny_dataset

from optimiser.errors import InputError
from optimiser.sweeps.catalogue import DONE, FAILED, PENDING, RUNNING, Catalogue, Entry
from optimiser.sweeps.grid import read_grid


def _write(folder: Path, text: str) -> Path:
    data = folder / "tiny"
    if not data.exists():
        write_tiny_dataset(data)
    (folder / "base.toml").write_text('dataset = "tiny"\n', encoding="utf-8")
    path = folder / "grid.toml"
    path.write_text(text, encoding="utf-8")
    return path


GRID = 'base = "base.toml"\n[grid]\n"footprints.count" = [1, 2]\n"objective.leakage" = [0.5, 1.0]\n'


def test_catalogue_grid_is_every_combination_once(tmp_path: Path) -> None:
    """A grid is its product; a listed run equal to one of them is not run twice."""
    text = GRID + '[[run]]\nname = "same"\n"footprints.count" = 2\n"objective.leakage" = 1.0\n'
    assert len(read_grid(_write(tmp_path, text)).entries) == 4


def test_catalogue_keys_follow_settings_and_inputs(tmp_path: Path) -> None:
    """The same file gives the same keys; a changed input file gives other keys."""
    path = _write(tmp_path, GRID)
    keys = [entry.key for entry in read_grid(path).entries]
    assert [entry.key for entry in read_grid(path).entries] == keys
    append_row(tmp_path / "tiny" / "plans" / "halves.csv", "QZZ", "West")
    assert not set(keys) & {entry.key for entry in read_grid(path).entries}


@pytest.mark.parametrize(
    "text",
    [
        "[grid]\n",
        'base = "base.toml"\n',
        'base = "base.toml"\n[grid]\n"footprints.count" = 3\n',
        'base = "base.toml"\n[grid]\n"footprints.cuont" = [3]\n',
        'base = "base.toml"\nscenarios = 1\n[grid]\n"footprints.count" = [3]\n',
        "base = \n",
    ],
)
def test_catalogue_refuses_faulty_grids(tmp_path: Path, text: str) -> None:
    """Each fault of a sweep file is bad input, told before anything runs."""
    with pytest.raises(InputError):
        read_grid(_write(tmp_path, text))


def test_catalogue_keeps_what_is_done(tmp_path: Path) -> None:
    """Entering runs again changes nothing; only runs nobody holds and failed ones are released."""
    catalogue = Catalogue(tmp_path / "c.sqlite")
    entries = [Entry(key, key, {}) for key in "abcd"]
    catalogue.enter(entries)
    catalogue.start("a", "w")
    catalogue.finish("a", DONE, {"objective": 1.5, "folder": "a"})
    catalogue.start("b", "w")
    catalogue.start("c", "w")
    catalogue.finish("c", FAILED, {"message": "broke"})
    catalogue.enter(entries)
    assert catalogue.read()["state"].tolist() == [DONE, RUNNING, FAILED, PENDING]
    assert catalogue.release() == 2
    assert catalogue.read()["state"].tolist() == [DONE, PENDING, PENDING, PENDING]
    assert catalogue.read()["objective"][0] == 1.5


def test_catalogue_is_read_while_it_is_written(tmp_path: Path) -> None:
    """Another connection reads while a write is open (write-ahead logging)."""
    catalogue = Catalogue(tmp_path / "c.sqlite")
    catalogue.enter([Entry("a", "a", {})])
    other = sqlite3.connect(tmp_path / "c.sqlite", isolation_level=None)
    other.execute("begin immediate")
    other.execute("update runs set state = 'running'")
    assert catalogue.read()["state"].tolist() == [PENDING]
    other.execute("commit")
    other.close()
