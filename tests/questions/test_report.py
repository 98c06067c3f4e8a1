"""A pack from runs, with what the team gives: names of the options and draws of the inputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.more_answers import toy

import optimiser as fp
from optimiser.errors import InputError


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A saved run of the toy country, and draws of its inputs."""
    room = tmp_path_factory.mktemp("report")
    fp.solve(toy()).save(room / "best")
    fp.robust(toy(), draws=2, flows="poisson", workers=1).save(room / "robust")
    return room / "best", room / "robust"


@pytest.mark.long
def test_names_of_the_options_stand_in_the_pack(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """One for each run; more or fewer are refused."""
    run, drawn = folders
    place = tmp_path / "paper.toml"
    place.write_text('options = ["Our plan"]', encoding="utf-8")
    pack = fp.report(
        [run], tmp_path / "pack", details=place, robust=drawn, only=["paper"], workers=1
    )
    manifest = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["baseline"] == "Our plan"
    place.write_text('options = ["Our plan", "Another"]', encoding="utf-8")
    with pytest.raises(InputError, match="one name for each"):
        fp.report([run], tmp_path / "more", details=place)


def test_draws_of_other_weights_are_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """Their shares would say nothing of these runs."""
    run, drawn = folders
    about = json.loads((drawn / "about.json").read_text(encoding="utf-8"))
    about["scenario"]["objective"]["leakage"] += 1
    (drawn / "about.json").write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(InputError, match="other inputs or weights"):
        fp.report([run], tmp_path / "pack", robust=drawn)


@pytest.mark.long
def test_a_plan_with_nothing_in_scope_has_a_pack(tmp_path: Path) -> None:
    """No share of nothing is shown, and no scale of nothing is drawn."""
    nothing = toy().changed({"services.year": 2022, "footprints.spend_m": (0.0, 1.0)})
    run = fp.solve(nothing).save(tmp_path / "run")
    parts = ["pictures", "paper"]
    pack = fp.report([run], tmp_path / "pack", only=parts, dataset=toy().dataset_path, workers=1)
    assert fp.verify(pack).verified
