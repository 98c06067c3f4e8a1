"""A run's inputs are found wherever it is read from, and no others are taken for them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.toy import TOY

from optimiser import read_run, report, template
from optimiser.errors import InputError
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.proof.verify import verify_run
from optimiser.questions.evaluate import evaluate
from optimiser.questions.explain.answers import read_question
from optimiser.reports.ground import find_datasets
from optimiser.runs.compare import compare_runs
from optimiser.runs.folder import write_run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of the toy country whose secure care is worth less, stood in."""
    shutil.copytree(TOY, tmp_path / "home" / "own")
    services = tmp_path / "home" / "own" / "services.csv"
    services.write_text(services.read_text("utf-8").replace(",0.15,0.2,", ",0.1,0.2,"), "utf-8")
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path / "home"


def save_rows(place: Path) -> Path:
    """Score and save the rows of the copy, whose place is told as it was given."""
    scenario = read_scenario(Path("own/scenarios/base.toml"))
    found = evaluate(scenario, "rows", no_optimum=True, dataset=read_dataset(Path("own")))
    return write_run(found.plan, found.dataset, scenario, place)


def test_a_run_is_taken_up_from_any_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that was told relative to one folder is not looked for below another alone."""
    run = save_rows(home / "saved" / "run").resolve()
    (home / "elsewhere").mkdir()
    monkeypatch.chdir(home / "elsewhere")
    assert verify_run(run).verified
    assert read_question(run).dataset_path == home / "own"
    assert set(find_datasets(compare_runs([read_run(run)]))) == {"Rows"}


def test_no_question_is_asked_of_other_inputs_of_the_same_name(home: Path) -> None:
    """Not of what was edited since, nor of the carried dataset that shares the name."""
    run = save_rows(home / "run")
    with (home / "own" / "services.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(InputError, match=r"own: .*not as they were \(services.csv\)"):
        read_question(run)
    assert not verify_run(run).verified
    (home / "own").rename(home / "gone")
    with pytest.raises(InputError, match=r"own: .*not there"):
        read_question(run)
    with pytest.raises(InputError, match="--dataset"):
        verify_run(run)
    assert verify_run(run, home / "gone").differs[0].check == "inputs"


def test_a_run_of_a_workbook_with_boundaries_is_verified(tmp_path: Path) -> None:
    """The boundaries that stand beside it are held to their own hash."""
    template(tmp_path / "own.xlsx", TOY)
    scenario = read_scenario(TOY / "scenarios" / "base.toml")
    found = evaluate(scenario, "rows", no_optimum=True, dataset=read_dataset(tmp_path / "own.xlsx"))
    run = write_run(found.plan, found.dataset, scenario, tmp_path / "run")
    assert set(read_run(run).manifest["dataset"]["files"]) == {"own.xlsx", "own.boundaries.geojson"}
    assert verify_run(run).verified
    (tmp_path / "own.boundaries.geojson").write_text("{}", encoding="utf-8")
    assert verify_run(run).differs[0].detail.endswith("own.xlsx: own.boundaries.geojson")


def test_a_pack_of_a_country_without_places_has_no_maps(home: Path) -> None:
    """Nothing else is lost, and why there are none is told."""
    (home / "own" / "boundaries.geojson").unlink()
    icbs = read_dataset(home / "own").icbs.drop(columns=["lon", "lat"])
    icbs.to_csv(home / "own" / "icbs.csv", index=False)
    told: list[str] = []
    run = save_rows(home / "run")
    pack = report(
        [run], home / "pack", only=("pictures", "page"), report=lambda _, words: told.append(words)
    )
    assert any("places that can be drawn: no map" in words for words in told)
    assert "no boundaries that can be drawn" in (pack / "page.html").read_text(encoding="utf-8")
    pictures = {path.stem for path in (pack / "pictures").iterdir()}
    assert pictures
    assert not [name for name in pictures if name.startswith("map")]
