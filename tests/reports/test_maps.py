"""Maps: neighbours are told apart, labels are free of each other, same plan same bytes."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from support.toy import score_rows

from optimiser.plan.plan import Outcome, Plan, Scope
from optimiser.questions.evaluate import Evaluation
from optimiser.reports.atlas import choose_projection, list_touching, read_atlas
from optimiser.reports.lettering import Label, box_of, overlap, place_labels
from optimiser.reports.maps import plot_footprints, write_comparison_map, write_map
from optimiser.reports.palette import HUES, choose_fills
from optimiser.reports.sentences import state_proof, state_title


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """The toy country's rows, scored."""
    return score_rows(tmp_path_factory.mktemp("toy"))[0]


def _grid(width: int, height: int) -> dict[str, frozenset[str]]:
    places = set(itertools.product(range(width), range(height)))
    steps = ((0, 1), (1, 0), (0, -1), (-1, 0))
    return {
        f"{x},{y}": frozenset(f"{x + a},{y + b}" for a, b in steps if (x + a, y + b) in places)
        for x, y in sorted(places)
    }


@given(st.integers(1, 7), st.integers(1, 6))
def test_neighbours_differ_in_hue_and_all_differ_in_fill(width: int, height: int) -> None:
    """On any board, up to the 42 fields of a country of single ICBs."""
    touching = _grid(width, height)
    fills = choose_fills(touching)
    assert list(fills) == list(touching)
    assert len(set(fills.values())) == len(fills)
    assert all(fills[a].hue != fills[b].hue for a in touching for b in touching[a])


def test_six_footprints_have_six_hues_and_no_pattern() -> None:
    """Patterns are for hues that are shared."""
    fills = choose_fills(_grid(3, 2))
    assert {fill.hue for fill in fills.values()} == set(HUES)
    assert {fill.hatch for fill in fills.values()} == {""}


@settings(deadline=None)  # a busy machine is no fault of the labels
@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 400)), min_size=1, max_size=8))
def test_labels_do_not_cover_each_other(anchors: list[tuple[float, float]]) -> None:
    """Where there is room, wherever they would like to stand."""
    placed = place_labels([Label(x, y, 60, 20) for x, y in anchors], (0, 0, 400, 400))
    boxes = [box_of(place) for place in placed]
    assert sum(overlap(a, b) for a, b in itertools.combinations(boxes, 2)) < 1


def test_a_label_with_room_stays_where_it_is() -> None:
    """Nothing is moved without need."""
    labels = [Label(50, 50, 40, 20), Label(150, 50, 40, 20)]
    assert place_labels(labels, (0, 0, 200, 100)) == labels


@pytest.mark.parametrize(
    ("west", "south"), [(-1.5, 52.5), (2.0, 55.2)], ids=["national grid", "equirectangular"]
)
def test_the_ground_is_true_to_scale(west: float, south: float) -> None:
    """A minute north is a nautical mile, 1,852 m, and east it shrinks with the latitude."""
    minute = 1 / 60
    corners = np.array([(west, south), (west, south + minute), (west + minute, south)])
    origin, north, east = choose_projection(corners)(corners)
    assert np.hypot(*(north - origin)) == pytest.approx(1852, rel=5e-3)
    shrunk = 1852 * np.cos(np.radians(south))
    assert np.hypot(*(east - origin)) == pytest.approx(shrunk, rel=7e-3)


def test_footprints_that_share_a_border_touch(rows: Evaluation) -> None:
    """The toy country's rows lie one below the other."""
    touching = list_touching(rows.plan.grouping, read_atlas(rows.dataset))
    assert touching == {
        "North": frozenset({"Middle"}),
        "Middle": frozenset({"North", "South"}),
        "South": frozenset({"Middle"}),
    }


def test_the_same_plan_gives_the_same_bytes(rows: Evaluation, tmp_path: Path) -> None:
    """Both files of the map hold neither a time nor a chance."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    one, two = (write_map(rows.plan, rows.dataset, folder) for folder in folders)
    assert [path.name for path in one] == ["map.png", "map.svg"]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def _words(axes_text: list[str]) -> str:
    return " ".join(axes_text).replace("\n", " ")


@pytest.mark.parametrize("bounded", [True, False], ids=["areas", "points"])
def test_every_footprint_is_labelled_where_it_lies(rows: Evaluation, bounded: bool) -> None:
    """With its number, name and people; also where there are no boundaries."""
    dataset = rows.dataset if bounded else dataclasses.replace(rows.dataset, boundaries=None)
    axes = Figure().add_axes((0, 0, 1, 1))
    plot_footprints(axes, rows.plan, dataset)
    said = _words([text.get_text() for text in axes.texts])
    for at, row in enumerate(rows.plan.footprints.itertuples(), 1):
        assert f"{at} {row.footprint} {row.population / 1e6:.1f}m" in said


def test_the_page_says_whose_data_and_what_is_modelled(rows: Evaluation, tmp_path: Path) -> None:
    """Attribution and modelled inputs stand in the file itself."""
    svg = write_map(rows.plan, rows.dataset, tmp_path)[1].read_text(encoding="utf-8")
    assert rows.dataset.about.attribution in svg
    assert "Modelled inputs: Everything" in svg
    assert "<title>Rows: 3 footprints</title>" in svg


def test_two_plans_stand_side_by_side(rows: Evaluation, tmp_path: Path) -> None:
    """Under the name that was asked for, with or without an ending."""
    files = write_comparison_map(rows.plan, rows.plan, rows.dataset, tmp_path / "both.png")
    assert [path.name for path in files] == ["both.png", "both.svg"]
    assert all(path.stat().st_size > 10_000 for path in files)


def _with(plan: Plan, outcome: Outcome) -> Plan:
    return dataclasses.replace(plan, name="optimal", outcome=outcome)


def test_only_a_proven_plan_is_called_optimal(rows: Evaluation) -> None:
    """A plan at the time limit is the best found, with its distance from the bound."""
    scope = Scope("No set of 3 footprints costs less.", (), 181, "", 10)
    proven = _with(rows.plan, Outcome("optimal", 10.0, 10.0, 0.0, scope))
    stopped = _with(rows.plan, Outcome("time_limit", 10.0, 9.0, 0.1, scope))
    assert state_title(proven) == "Best plan: 3 footprints"
    assert state_proof(proven.outcome).startswith("Proven best. No set of 3 footprints")
    assert state_title(stopped) == "Best plan found: 3 footprints"
    assert "no plan scores more than 10.0% less" in state_proof(stopped.outcome)
    loose = _with(rows.plan, Outcome("time_limit", 10.0, -9.0, 1.9, scope))
    assert "an estimate, without a bound of use" in state_proof(loose.outcome)
    assert "Proven" not in state_proof(stopped.outcome)
