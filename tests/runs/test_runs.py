"""Run folders: whole or absent, never written over, and nothing is lost in them."""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.toy import score_rows

from optimiser.errors import InputError, OutputExistsError
from optimiser.folders import new_folder
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.plans import read_grouping
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.questions.evaluate import Evaluation
from optimiser.runs.basis import KINDS, weakest
from optimiser.runs.columns import COLUMNS
from optimiser.runs.folder import read_run, write_run
from optimiser.runs.saving import hash_files, plain

Scored = tuple[Evaluation, Scenario]
TABLES = ("icbs", "footprints", "services", "terms", "readiness")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """The toy country's rows with their scenario."""
    return score_rows(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def saved(scored: Scored, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its run folder, without a map."""
    evaluation, scenario = scored
    to = tmp_path_factory.mktemp("runs") / "rows"
    return write_run(evaluation.plan, evaluation.dataset, scenario, to)


@pytest.fixture(scope="module")
def manifest(saved: Path) -> dict[str, object]:
    """Its manifest, read by a reader that refuses NaN and Infinity."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    text = (saved / "manifest.json").read_text(encoding="utf-8")
    content: dict[str, object] = json.loads(text, parse_constant=refuse)
    return content


@pytest.mark.parametrize("table", TABLES)
def test_a_run_read_back_is_the_plan_that_was_saved(
    scored: Scored, saved: Path, table: str
) -> None:
    """Every table comes back with the same values, to the last digit, and the same types."""
    written, read = getattr(scored[0].plan, table), getattr(read_run(saved).plan, table)
    pd.testing.assert_frame_equal(read, written, check_exact=True)


def test_the_outcome_is_read_back(scored: Scored, saved: Path) -> None:
    """Status, objective, bound, gap and notes come back as they were."""
    written, read = scored[0].plan, read_run(saved).plan
    assert (read.name, read.notes) == (written.name, written.notes)
    assert read.objective == written.objective
    assert read.outcome.status == "evaluated"
    assert read.grouping == written.grouping


def test_the_manifest_tells_what_was_asked_of_which_inputs(
    scored: Scored, manifest: dict[str, Any]
) -> None:
    """It is strict JSON and holds the merged scenario, the inputs' hashes and the terms."""
    evaluation, scenario = scored
    assert manifest["scenario"] == scenario.settings()
    assert manifest["dataset"]["files"] == dict(evaluation.dataset.hashes)
    assert sum(t["cost_m"] for t in manifest["terms"]) == pytest.approx(manifest["objective"])
    assert {"python", "footprints", "pyomo", "highspy", "pandas", "numpy"} <= set(
        manifest["versions"]
    )


def test_the_manifest_knows_every_file_by_its_hash(saved: Path, manifest: dict[str, Any]) -> None:
    """Each file of the run but the manifest itself is listed with its SHA-256."""
    files = {path.name: path.read_bytes() for path in saved.iterdir()}
    del files["manifest.json"]
    assert manifest["files"] == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }


def test_every_saved_column_says_what_it_means_and_rests_on(manifest: dict[str, Any]) -> None:
    """No column of any table lacks its meaning, and its basis is one of the known kinds."""
    for table in manifest["tables"].values():
        for name, about in table["columns"].items():
            assert about.get("meaning"), name
            assert about["basis"] in KINDS


def test_every_table_carries_its_provenance(saved: Path) -> None:
    """A copied table still says which run it is of and what its weakest input is."""
    # The toy knows no deprivation, and a plan of one year has no roadmap.
    absent = {"access_deprivation", *(name for name in COLUMNS if name.startswith("roadmap_"))}
    for name in sorted(set(COLUMNS) - absent):
        table = pd.read_csv(saved / f"{name}.csv")
        assert list(table.columns[-2:]) == ["run", "basis"]
        assert table["run"].str.startswith("three/").all()
        assert set(table["basis"]) <= set(KINDS)
    assert set(pd.read_csv(saved / "services.csv")["basis"]) == {"illustrative"}


def test_a_given_grouping_is_not_called_modelled(manifest: dict[str, Any]) -> None:
    """The grouping of a plan that was given rests on no input."""
    columns = manifest["tables"]["plan.csv"]["columns"]
    assert columns["footprint"]["basis"] == "given"


def test_a_saved_plan_can_be_given_back(scored: Scored, saved: Path) -> None:
    """plan.csv of a run is a plan that can be evaluated."""
    _, grouping = read_grouping(saved / "plan.csv", scored[0].dataset)
    assert {frozenset(icbs) for icbs in grouping.values()} == {
        frozenset(icbs) for icbs in scored[0].plan.grouping.values()
    }


def test_nothing_is_written_over(scored: Scored, saved: Path) -> None:
    """A folder that is there is refused, and left as it was."""
    evaluation, scenario = scored
    before = sorted(path.name for path in saved.iterdir())
    with pytest.raises(OutputExistsError, match="exists"):
        write_run(evaluation.plan, evaluation.dataset, scenario, saved)
    assert sorted(path.name for path in saved.iterdir()) == before


def test_runs_of_one_second_have_folders_of_their_own(
    scored: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs saved at once do not meet; each manifest names its folder."""
    monkeypatch.chdir(tmp_path)
    evaluation, scenario = scored
    runs = [write_run(evaluation.plan, evaluation.dataset, scenario) for _ in range(3)]
    assert len({run.name for run in runs}) == 3
    assert {run.parent for run in runs} == {Path("outputs/three")}
    assert [read_run(run).manifest["run"] for run in runs] == [run.name for run in runs]


def test_a_run_is_whole_or_absent(
    scored: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When saving fails half-way, nothing is left behind."""

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    evaluation, scenario = scored
    monkeypatch.setattr("optimiser.runs.folder.seal", fail)
    with pytest.raises(OSError, match="disk is full"):
        write_run(evaluation.plan, evaluation.dataset, scenario, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [OSError("the disk is full"), KeyboardInterrupt()])
def test_no_picture_costs_a_plan(scored: Scored, tmp_path: Path, error: BaseException) -> None:
    """A map that fails half-way, or is interrupted, leaves the whole run and a note of it."""

    def fail(plan: Plan, dataset: Dataset, folder: Path, _after: str) -> Sequence[Path]:
        (folder / "map.png").write_bytes(b"half a map")
        raise error

    evaluation, scenario = scored
    told: list[str] = []
    save = functools.partial(
        write_run, evaluation.plan, evaluation.dataset, scenario, tmp_path / "run", fail,
        report=lambda step, detail: told.append(step),
    )  # fmt: skip
    if isinstance(error, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            save()
    else:
        save()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    run = read_run(tmp_path / "run")
    assert run.plan.grouping == evaluation.plan.grouping
    assert "map.png" not in hash_files(run.folder)
    assert run.manifest["not_drawn"]
    assert {"manifest.json", *run.manifest["files"]} == set(hash_files(run.folder))
    assert told == ["save", "map"]


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    """Reading one says what is missing."""
    with pytest.raises(InputError, match=r"no readable manifest\.json"):
        read_run(tmp_path)


def test_json_holds_no_nan() -> None:
    """NaN becomes null and infinities text, at any depth."""
    frame = pd.DataFrame({"a": [1.5, float("nan")], "b": [True, False]})
    assert plain({"x": frame, "y": (float("inf"),)}) == {
        "x": [{"a": 1.5, "b": True}, {"a": None, "b": False}],
        "y": ["inf"],
    }


def test_a_sum_is_as_good_as_its_weakest_part() -> None:
    """Published and modelled together are modelled; an unknown word is unstated."""
    assert weakest(["published", "modelled", "derived"]) == "modelled"
    assert weakest(["published", "guessed"]) == "unstated"
    assert weakest([]) == "given"


def test_a_second_interrupt_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heard while the first one's draft is removed, it is heard, and the draft removed all the same."""
    remove, calls = shutil.rmtree, list[Path]()

    def interrupt_once(folder: Path, ignore_errors: bool) -> None:
        calls.append(folder)
        if len(calls) == 1:
            raise KeyboardInterrupt
        remove(folder, ignore_errors)

    monkeypatch.setattr("optimiser.folders.shutil.rmtree", interrupt_once)

    def save_half() -> None:
        with new_folder(tmp_path / "run") as place:
            (place.draft / "half.csv").write_text("a\n", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_half()
    assert len(calls) == 2
    assert not list(tmp_path.iterdir())
