"""What a page sends: read whole or refused, and told to the engine as rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.toy import TOY, write_toy_scenario

from optimiser.app.desk import Desk, find_subject, open_desk
from optimiser.app.opening import describe_opening
from optimiser.errors import InputError
from optimiser.inputs.reading.plans import read_grouping
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions.evaluate import evaluate
from optimiser.questions.solve import solve
from optimiser.reports.atlas import read_atlas
from optimiser.reports.palette import EVERY_FILL
from optimiser.reports.picture import continue_picture, prepare_picture
from optimiser.runs.compare.moving import homes_of, match_homes


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The toy country with three footprints."""
    opened = open_desk(read_scenario(write_toy_scenario(tmp_path)), None)
    yield opened
    opened.close()


def _raw(desk: Desk, **more: object) -> dict[str, Any]:
    return {"grouping": {name: list(icbs) for name, icbs in desk.start.items()}, **more}


def test_a_whole_state_is_read(desk: Desk) -> None:
    """As it was sent, an open end as infinity."""
    first = next(iter(desk.start))
    state = desk.read(
        _raw(
            desk,
            locked=[desk.start[first][0]],
            whole=[first],
            held={"S1": "national"},
            settings={"footprints.population_m": [0, "inf"]},
        )
    )
    assert dict(state.grouping) == {k: tuple(v) for k, v in desk.start.items()}
    assert state.settings == {"footprints.population_m": [0, float("inf")]}
    assert desk.case_of(state.settings).scenario.footprints.population_m == (0, float("inf"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"grouping": {"all": ["nobody"]}}, "exactly one footprint"),
        ({"grouping": []}, "not what this page sends"),
        ({"locked": ["nobody"]}, "not there"),
        ({"whole": ["nowhere"]}, "not there"),
        ({"settings": {"dataset": "/etc"}}, "does not change dataset"),
        ({"settings": {"title.x": 1}}, "does not change title.x"),
    ],
)
def test_what_is_no_state_is_refused(desk: Desk, change: dict[str, Any], said: str) -> None:
    """With what is wrong; another folder is never read."""
    with pytest.raises(InputError, match=said):
        desk.read({**_raw(desk), **change})


def test_locks_hold_in_the_best_plan(desk: Desk) -> None:
    """A whole footprint stays; locked ICBs of one footprint stay together, of two apart."""
    names = list(desk.start)
    whole, one, two = (desk.start[name] for name in names)
    state = desk.read(_raw(desk, whole=[names[0]], locked=[*one[:2], two[0]]))
    scenario = desk.locked_case(state).scenario
    found = {frozenset(icbs) for icbs in solve(scenario, desk.dataset).grouping.values()}
    assert frozenset(whole) in found
    (home,) = [icbs for icbs in found if one[0] in icbs]
    assert one[1] in home
    assert two[0] not in home


def test_levels_told_are_rules_for_the_engine(desk: Desk) -> None:
    """Local is never national, national always; what the scenario forces is kept beside them."""
    code = desk.dataset.services["service"].iloc[0]
    state = desk.read(_raw(desk, held={code: "national"}))
    assert code in desk.locked_case(state).scenario.services.force_national
    state = desk.read(_raw(desk, held={code: "footprint"}))
    assert code in desk.locked_case(state).scenario.services.force_local


def test_a_saved_run_begins_with_its_plan(tmp_path: Path) -> None:
    """And with its scenario, whatever its baseline."""
    folder = evaluate(write_toy_scenario(tmp_path), "rows", no_optimum=True).save(tmp_path / "run")
    scenario, plan = find_subject(folder)
    desk = open_desk(scenario, plan)
    desk.close()
    rows = read_grouping("rows", desk.dataset)[1]
    assert {frozenset(icbs) for icbs in desk.start.values()} == set(map(frozenset, rows.values()))
    assert scenario.dataset_path.resolve() == TOY.resolve()


def test_what_is_neither_run_nor_scenario_is_refused(tmp_path: Path) -> None:
    """By its name."""
    with pytest.raises(InputError, match="nowhere"):
        find_subject(tmp_path / "nowhere.toml")


def test_a_given_grouping_is_measured_as_evaluate_measures_it(desk: Desk) -> None:
    """The same score to the last digit, levels told or not."""
    state = desk.read(_raw(desk))
    expected = evaluate(desk.scenario, desk.start, desk.dataset, no_optimum=True).plan
    assert desk.measure(state).objective == expected.objective


def test_a_footprint_has_the_colour_it_has_on_saved_maps(tmp_path: Path) -> None:
    """That of the baseline's footprint it continues, as the map of a run draws it."""
    scenario = read_scenario(write_toy_scenario(tmp_path, 'baseline = "columns"'))
    rows, columns = (evaluate(scenario, name, no_optimum=True).plan for name in ("rows", "columns"))
    desk = open_desk(scenario, rows.grouping)
    told = describe_opening(desk)["fills"]
    desk.close()
    people = desk.dataset.icbs.set_index("icb")["population"].astype("float64")
    first = prepare_picture(columns, read_atlas(desk.dataset))
    continues = match_homes(homes_of(rows), homes_of(columns), people)
    drawn = continue_picture(first, rows, continues).fills
    assert {name: EVERY_FILL[at] for name, at in told.items()} == drawn
