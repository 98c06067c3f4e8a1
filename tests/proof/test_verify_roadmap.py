"""A saved roadmap is a run like others: proved again without a solver, compared, and reported."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.countries import random_country
from support.toy import TOY

import optimiser as fp
from optimiser.app.desk import find_roadmap, find_subject
from optimiser.app.years import describe_years
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.runs.folder import read_run, read_table
from optimiser.runs.saving import MANIFEST, SEAL, seal

pytestmark = pytest.mark.long

LEVELS = ["national", "footprint", "icb", "collaborative"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy country's roadmap in a folder."""
    found = fp.roadmap(TOY / "scenarios" / "base.toml", years=(2023, 2025))
    return found.save(tmp_path_factory.mktemp("roadmap") / "run")


def _checks(folder: Path) -> dict[str, bool | None]:
    return {finding.check: finding.passed for finding in fp.verify(folder, TOY).findings}


def test_a_saved_roadmap_is_proved_again(saved: Path) -> None:
    """Rules and money of every year, tables, candidates and the bound over all years."""
    found = fp.verify(saved, TOY)
    assert found.verified, found.differs
    assert {"rules", "score", "tables", "candidates", "bound", "proof"} <= set(_checks(saved))


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_a_roadmap_of_one_list_is_proved_again(seed: int, tmp_path: Path) -> None:
    """The tree of its parts, over all years; and no tree proves a better claim."""
    folder = Path(shutil.copytree(TOY, tmp_path / "toy"))
    settings = ["services.portfolio='uniform'", f"objective.volatility={0.2 + 0.1 * seed}"]
    scenario = fp.read_scenario(folder / "scenarios" / "base.toml", settings)
    run = fp.roadmap(scenario, years=(2023, 2025)).save(tmp_path / "run")
    found = fp.verify(run, folder)
    assert found.verified, found.differs
    assert "cover every case" in next(f.detail for f in found.findings if f.check == "proof")

    def claim_more(words: dict[str, Any]) -> None:
        words["roadmap"].update(bound=words["roadmap"]["score"] * 1.01)

    _reseal(run, claim_more)
    assert not fp.verify(run, folder).verified


def _reseal(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change words of the manifest, and make the hashes anew as a forger would."""
    words = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    del words["files"], words[SEAL]
    change(words)
    seal(folder, words)


def _take_back(folder: Path) -> None:
    """Say that a service is national in the last year that is local before."""
    path = folder / "roadmap_levels.csv"
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    local = (table["level"] == "footprint") & (table["year"] == "2025")
    table.loc[local.idxmax(), "level"] = "national"
    table.to_csv(path, index=False, lineterminator="\n")
    _reseal(folder, lambda words: None)


FORGERIES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a level": ("rules", _take_back),
    "the score": (
        "score",
        lambda f: _reseal(f, lambda w: w["roadmap"].update(score=w["roadmap"]["score"] - 1)),
    ),
    "the bound": (
        "bound",
        lambda f: _reseal(
            f,
            lambda w: w["roadmap"]["certificate"].update(
                bound=w["roadmap"]["certificate"]["bound"] + 1
            ),
        ),
    ),
    "the candidates": (
        "candidates",
        lambda f: _reseal(f, lambda w: w["roadmap"].update(candidates=1)),
    ),
    "a word": ("tables", lambda f: _reseal(f, lambda w: w.update(objective=1.0, measures={}))),
}


@pytest.mark.parametrize(
    "name",
    [
        *("a level", "the bound"),
        *(
            pytest.param(n, marks=pytest.mark.long)
            for n in ("the score", "the candidates", "a word")
        ),
    ],
)
def test_a_forged_roadmap_is_seen(name: str, saved: Path, tmp_path: Path) -> None:
    """Though every hash was made anew."""
    check, forge = FORGERIES[name]
    folder = Path(shutil.copytree(saved, tmp_path / "run"))
    forge(folder)
    found = _checks(folder)
    assert found["files of the run"]
    assert found[check] is False


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A carried plan in the roadmap's last year."""
    scenario = fp.read_scenario(TOY / "scenarios" / "base.toml", ["services.year=2025"])
    found = fp.evaluate(scenario, "rows", no_optimum=True)
    return found.plan.save(tmp_path_factory.mktemp("plain") / "rows")


def test_it_is_compared_like_any_run(saved: Path, plain: Path) -> None:
    """Its last year stands beside a plan of that year, and the years are views."""
    both = fp.compare([plain, saved], unlike="label")
    told = read_run(saved).manifest["roadmap"]
    row = both.measures[both.measures["measure"] == "roadmap_score"].set_index("run")["value"]
    assert row[both.names[1]] == pytest.approx(told["score"])
    assert len(both.views["roadmap_milestones"]) == 3


@pytest.mark.long
def test_it_is_reported_like_any_run(saved: Path, plain: Path, tmp_path: Path) -> None:
    """The years are a picture, a section of the paper and a sheet; the pack is verified."""
    pack = fp.report([plain, saved], tmp_path / "pack", unlike="label")
    assert list((pack / "pictures").glob("years-*.svg"))
    assert fp.verify(pack).verified


@pytest.mark.parametrize("seed", [3, 5])
def test_the_last_year_is_measured_as_the_roadmap_has_it(seed: int, tmp_path: Path) -> None:
    """Single ICBs that stay local because they were, though it is dearer now, are counted so."""
    dataset = random_country(seed, 4, services=3)
    settings = {
        "services.levels": LEVELS,
        "services.categories": ("ready", "not_yet"),
        "objective.transition_delegate": 0.05,
        "roadmap.years": (2023, 2025),
        "roadmap.growth": -0.4,
        "readiness.required": False,
    }
    found = fp.roadmap(Scenario().changed(settings), dataset)
    assert found.last.objective == pytest.approx(found.milestones["score"].iloc[-1])
    for column in ("collective_m", "collaborative_m", "individual_m"):
        at_last = found.levels[found.levels["year"] == 2025][column].sum()
        assert found.last.footprints[column].sum() == pytest.approx(at_last, abs=1e-9)
    assert len(read_table(read_run(found.save(tmp_path / "run")), "roadmap_services"))


def test_the_page_opens_its_map_and_says_what_it_leaves_out(saved: Path) -> None:
    """The last year's question, the roadmap's footprints, and a sentence on the other years."""
    question, groups = find_subject(saved)
    assert question.services.year == 2025
    assert groups == read_run(saved).plan.grouping
    assert "the tab Years has the others" in question.title


def test_the_page_has_the_years_as_they_were_saved(saved: Path) -> None:
    """Milestones and paths beside, as the command prints them, with the picture; else no such tab."""
    assert find_roadmap(saved) == saved
    assert find_roadmap(TOY / "scenarios" / "base.toml") is None
    told = describe_years(saved)
    milestones, compared = told["tables"]
    assert [row[0] for row in milestones["rows"]] == ["2023", "2024", "2025"]
    score = read_run(saved).manifest["roadmap"]["score"]
    assert compared["rows"][0][:2] == ["Best roadmap", f"{score:,.0f}"]
    assert all(len(row) == len(t["heads"]) for t in told["tables"] for row in t["rows"])
    assert told["begins"]
    assert told["picture"].startswith("data:image/png;base64,")
