"""Runs on two maps of one country: compared in what they share, and nothing else is claimed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from support.saved import Saved, save_coarser

from optimiser.errors import InputError
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions.evaluate import describe_evaluation, evaluate
from optimiser.reports.atlas import read_atlases
from optimiser.reports.ground import find_datasets
from optimiser.reports.making import Order
from optimiser.reports.pack import check_pack, write_pack
from optimiser.reports.panels import prepare_panels, summarise_panels
from optimiser.reports.paper import write_paper
from optimiser.runs.compare import Comparison, compare_runs
from optimiser.runs.folder import Run, read_run, write_run

pytestmark = pytest.mark.long

FINE, COARSE = "Rows (three)", "Rows (coarser)"


@pytest.fixture(scope="module")
def coarser(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """The toy country in eight ICBs."""
    return save_coarser(tmp_path_factory.mktemp("coarser"))


@pytest.fixture(scope="module")
def both(saved: Saved, coarser: Saved) -> Comparison:
    """Rows and columns of nine ICBs, and the same rows of eight."""
    return compare_runs([*saved.runs, *coarser.runs])


def test_what_is_shared_is_equal(both: Comparison) -> None:
    """The same three footprints on both maps: people, money and care outside to the last digit."""
    assert both.other_maps == (COARSE,)
    assert both.unlike == ()
    for measure in ("leakage_m", "leakage_share", "largest_population", "smallest_population"):
        ours, theirs = (both.figure(run, measure).value for run in (COARSE, FINE))
        assert ours == pytest.approx(theirs, rel=1e-12)
    numbers = [both.numbers_of(run) for run in (FINE, COARSE)]
    assert numbers[0] == numbers[1]


def test_what_needs_one_set_of_icbs_leaves_the_other_map_out(both: Comparison) -> None:
    """No move, no level by ICB and no pair is told of it, and a note says so."""
    for table in (both.moves, both.service_changes):
        assert COARSE not in set(table["run"])
    assert COARSE not in both.grouping.columns
    assert COARSE not in both.service_levels.columns
    assert "GH" not in set(both.grouping["icb"])
    assert COARSE in both.notes[0]
    assert "8 ICBs" in both.notes[0]


def _with(run: Run, **changes: object) -> Run:
    """The run with settings of its scenario replaced, given as section__name."""
    manifest = json.loads(json.dumps(dict(run.manifest)))
    for name, value in changes.items():
        section, _, setting = name.partition("__")
        manifest["scenario"][section][setting] = value
    return dataclasses.replace(run, manifest=manifest)


def test_other_weights_are_refused_over_two_maps(saved: Saved, coarser: Saved) -> None:
    """Scores of two maps stand beside one another under the same weights alone."""
    weighed = _with(coarser.runs[0], objective__leakage=9.0)
    with pytest.raises(InputError, match=r"objective\.leakage"):
        compare_runs([saved.runs[0], weighed])


def test_another_country_is_refused_even_if_unlike_runs_are_asked_for(
    saved: Saved, coarser: Saved
) -> None:
    """Other ICBs with other money on a service: there is nothing to compare."""
    run = coarser.runs[0]
    services = run.plan.services.assign(spend_m=run.plan.services["spend_m"] * 1.001)
    changed = dataclasses.replace(run, plan=dataclasses.replace(run.plan, services=services))
    with pytest.raises(InputError, match="not the same on both"):
        compare_runs([saved.runs[0], changed], unlike="label")


def test_a_pack_of_two_maps_verifies(
    saved: Saved, coarser: Saved, both: Comparison, tmp_path: Path
) -> None:
    """Each option is drawn on its own map, the page has both, and the pack is what its runs give."""
    datasets = {FINE: saved.dataset, "Columns": saved.dataset, COARSE: coarser.dataset}
    datasets = {run: datasets[run] for run in both.names}
    to = write_pack(both, tmp_path / "pack", Order(only=("workbook", "page"), datasets=datasets),
                    lambda *_: None)  # fmt: skip
    assert check_pack(to) == []
    page = (to / "page.html").read_text(encoding="utf-8")
    assert page.count('class="ground"') == 2
    pictures = prepare_panels(both, read_atlases(datasets))
    assert [len(picture.atlas.points) for picture in pictures.values()] == [9, 9, 8]
    data = summarise_panels(both)
    assert data.groupby("run").size().to_dict() == {FINE: 9, "Columns": 9, COARSE: 8}


def test_the_paper_says_what_is_left_out(both: Comparison, tmp_path: Path) -> None:
    """A callout names the maps, and the recommendation is of the first one's."""
    import docx

    (path, *_) = write_paper(both, tmp_path)
    text = "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)
    assert "Maps of different ICBs." in text
    assert "it groups another set of 8 ICBs" in text


@pytest.mark.long
def test_england_of_36_and_42_stands_in_one_pack(tmp_path: Path) -> None:
    """Today's offices and the nine committees of 2023: people and money are England's on both."""
    runs = []
    for place, name in (("england/scenarios/today", "pan-icb-offices-2027"),
                        ("england-42/scenarios/nine-2023", "nine-committees-2023")):  # fmt: skip
        scenario = read_scenario(f"inputs/{place}.toml")
        found = evaluate(scenario, name, no_optimum=True)
        told = describe_evaluation(found)
        runs.append(read_run(write_run(found.plan, found.dataset, scenario, tmp_path / name,
                                       findings=told)))  # fmt: skip
    both = compare_runs(runs)
    assert both.other_maps == ("Nine committees 2023",)
    sums = both.footprints.groupby("run")[["population", "spend_m", "scope_spend_m"]].sum()
    assert sums.iloc[0].to_numpy() == pytest.approx(sums.iloc[1].to_numpy(), rel=1e-12)
    order = Order(only=("workbook", "page"), datasets=find_datasets(both))
    assert len(order.datasets) == 2
    assert check_pack(write_pack(both, tmp_path / "pack", order, lambda *_: None)) == []
