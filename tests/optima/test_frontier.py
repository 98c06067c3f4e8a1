"""The frontier against brute force over every plan and every choice of levels of the toy country."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support.more_answers import keep_best, list_values, opened

from optimiser.deadline import Deadline
from optimiser.engine.frontier.epsilon_constraint import trace_frontier, trace_surface
from optimiser.engine.frontier.tracing import Tracer, keep_non_dominated, open_tracer
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.relaxation.master import Bounded
from optimiser.errors import CapacityError
from optimiser.footprints.levels import measure_levels, place_of_groups, sum_taken


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One solver for all."""
    with Highs() as process:
        yield process


def _tracer(highs: Highs, names: tuple[str, ...], policy: Any, floor: float = 0.0) -> Tracer:
    held = (Bounded("local_spend", floor, np.inf),) if floor else ()
    return open_tracer(opened().system, highs, names, policy, 120, fixed_bounds=held)


@pytest.mark.parametrize(
    ("x", "y", "policy"),
    [
        ("leakage", "volatility", "local"),
        ("cost", "national_spend", "open"),
        ("cost", "volatility", "open"),
        ("cost", "footprints", "open"),
        ("footprints", "leakage", "local"),
        ("integration", "contracting", "open"),
        ("governance", "leakage", "local"),
    ],
)
def test_frontier_is_every_non_dominated_plan(highs: Highs, x: str, y: str, policy: str) -> None:
    """Complete frontiers equal those of brute force, point by point."""
    found = trace_frontier(_tracer(highs, (x, y), policy), x, y, method="all")
    expected = keep_best(list_values(opened(), (x, y), policy))
    assert found.complete
    got = np.array([[one.measures[x], one.measures[y]] for one in found.points])
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_frontier_under_a_floor_with_open_levels(highs: Highs) -> None:
    """With a floor on local spend, levels are chosen so that both measures are least."""
    floor = 120.0
    names = ("leakage", "volatility", "local_spend")
    found = trace_frontier(
        _tracer(highs, names, "open", floor), "leakage", "volatility", method="all"
    )
    values = list_values(opened(), names)
    expected = keep_best(values[values[:, 2] >= floor - 1e-9][:, :2])
    got = np.array([[one.measures["leakage"], one.measures["volatility"]] for one in found.points])
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_frontier_more_is_better_measures(highs: Highs) -> None:
    """Spend held locally is the better the more; the frontier with the cost knows."""
    names = ("cost", "local_spend")
    found = trace_frontier(_tracer(highs, names, "open"), *names, method="all")
    expected = keep_best(list_values(opened(), names) * np.array([1.0, -1.0]))
    got = np.array([[one.measures["cost"], -one.measures["local_spend"]] for one in found.points])
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_frontier_grid_points_are_on_the_frontier(highs: Highs) -> None:
    """Every point of a grid is one of the complete frontier, and both ends are there."""
    tracer = _tracer(highs, ("leakage", "volatility"), "local")
    whole = trace_frontier(tracer, "leakage", "volatility", method="all")
    grid = trace_frontier(tracer, "leakage", "volatility", points=4)
    every = {round(one.measures["leakage"], 4) for one in whole.points}
    some = [round(one.measures["leakage"], 4) for one in grid.points]
    assert set(some) <= every
    assert (some[0], some[-1]) == (min(every), max(every))
    assert not grid.complete


def test_frontier_reuse_changes_nothing(highs: Highs) -> None:
    """Starting from the last solve or from nothing gives the same points."""
    warm = _tracer(highs, ("leakage", "volatility"), "local")
    cold = _tracer(highs, ("leakage", "volatility"), "local")
    cold.reuse = "none"
    one, other = (
        [p.measures["leakage"] for p in trace_frontier(t, "leakage", "volatility", 5).points]
        for t in (warm, cold)
    )
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_frontier_with_open_levels_keeps_the_floor_of_each_footprint(highs: Highs) -> None:
    """Levels that are traded for either measure never leave a footprint below what it must hold."""
    least = 0.6
    system = opened((("services__min_local_share_each", least),)).system
    names = ("cost", "volatility")
    found = trace_frontier(open_tracer(system, highs, names, "open", 120), *names, points=6)
    assert len(found.points) > 3
    group, nearest = system.services.group, 9.0
    for point in found.points:
        levels = measure_levels(system, point.masks)
        taken = point.choice[:, place_of_groups(group[levels.services])]
        must = least * (levels.inside @ system.scope_spend_m)
        share = sum_taken(levels, "local_spend", taken) / must
        assert (share >= 1 - 1e-9).all()
        nearest = min(nearest, float(share.min()))
    assert nearest < 1.5  # the floor is near enough to bind


def test_frontier_of_nothing_local_is_one_point(highs: Highs) -> None:
    """With no floor all services may be national: risk is least on any map, and that is said."""
    found = trace_frontier(
        _tracer(highs, ("leakage", "volatility"), "open"), "leakage", "volatility"
    )
    assert len(found.points) == 1
    assert "no trade-off" in found.statement


def test_frontier_too_large_for_memory_says_what_to_do(
    highs: Highs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before anything is measured, as a limit of the machine."""
    monkeypatch.setattr("optimiser.engine.frontier.tracing.free_bytes", lambda: 1e4)
    with pytest.raises(CapacityError, match="--levels best"):
        _tracer(highs, ("leakage", "volatility"), "open")


def test_frontier_stops_at_its_cap_and_says_so(highs: Highs) -> None:
    """A cap on points ends the walk, and the answer is told as a part."""
    tracer = _tracer(highs, ("cost", "volatility"), "open")
    found = trace_frontier(tracer, "cost", "volatility", method="all", most=1)
    assert not found.complete
    assert "not all" in found.statement


def test_frontier_of_three_measures_holds_no_dominated_plan(highs: Highs) -> None:
    """No plan of the surface is worse than another in all three measures."""
    names = ("leakage", "volatility", "disruption")
    tracer = _tracer(highs, names, "local")
    rows = tracer.rows
    found = trace_surface(tracer, *names, points=4, z_points=3)
    assert tracer.rows is rows
    table = np.array([[one.measures[name] for name in names] for one in found.points])
    for row in table:
        assert not ((table <= row + 1e-7).all(axis=1) & (table < row - 1e-6).any(axis=1)).any()
    values = list_values(opened(), names, "local")
    for row in table:
        assert (np.abs(values - row).max(axis=1) < 1e-5).any()
    assert len(keep_non_dominated(found.points, names)) == len(found.points)


def test_frontier_stops_at_the_deadline(highs: Highs) -> None:
    """A tracer whose time is up says so instead of going on."""
    tracer = _tracer(highs, ("leakage", "volatility"), "local")
    tracer.deadline = Deadline.after(-1)
    with pytest.raises(TimeoutError):
        trace_frontier(tracer, "leakage", "volatility")
