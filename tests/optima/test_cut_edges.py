"""Dividing a graph: with £1m across each link, leakage counts the links that are cut."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from support.brute import find_best
from support.cases import Link, cycle_graph, graph_case, grid, path_graph

from optimiser.engine.assignment import solve_compact
from optimiser.engine.highs.adapter import Highs
from optimiser.questions.solve import solve_case


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all graphs."""
    with Highs() as process:
        yield process


def count_cut(links: list[Link], groups: list[tuple[str, ...]]) -> int:
    """Links between two groups."""
    home = {i: k for k, group in enumerate(groups) for i in group}
    return sum(home[a] != home[b] for a, b in links)


@pytest.mark.parametrize("parts", range(1, 9))
def test_a_line_is_cut_once_less_than_its_parts(parts: int, highs: Highs) -> None:
    """A line of 12 falls into k pieces at k - 1 cuts."""
    plan = solve_case(graph_case(path_graph(12), parts, (1, 12)), highs)
    assert plan.objective == pytest.approx(parts - 1)


@pytest.mark.parametrize("parts", range(2, 9))
def test_a_ring_is_cut_as_often_as_it_has_parts(parts: int, highs: Highs) -> None:
    """A ring of 12 falls into k pieces at k cuts."""
    plan = solve_case(graph_case(cycle_graph(12), parts, (1, 12)), highs)
    assert plan.objective == pytest.approx(parts)


@pytest.mark.parametrize(("rows", "columns", "parts"), [(4, 4, 4), (4, 6, 6), (6, 6, 6), (6, 6, 9)])
def test_a_grid_in_equal_districts(rows: int, columns: int, parts: int, highs: Highs) -> None:
    """Compact blocks are best: no n cells of a grid have more than 2n - ⌈2√n⌉ links inside.

    The bound is Harary and Harborth's (Extremal animals, 1976); blocks of 2 x 2 and 2 x 3 reach it
    and tile these grids, so the fewest links cut are all links less those inside.
    """
    links = grid(rows, columns)
    size = rows * columns // parts
    inside = 2 * size - math.ceil(2 * math.sqrt(size))
    plan = solve_case(graph_case(links, parts, (size, size)), highs)
    assert plan.objective == pytest.approx(len(links) - parts * inside)
    assert count_cut(links, list(plan.grouping.values())) == len(links) - parts * inside


@pytest.mark.parametrize("parts", [2, 3, 4])
def test_three_methods_on_the_three_by_three_grid(parts: int, highs: Highs) -> None:
    """Engine, brute force and the compact model agree."""
    members = {2: (4, 5), 3: (3, 3), 4: (2, 3)}[parts]
    case = graph_case(grid(3, 3), parts, members)
    expected = find_best(case.dataset, case.scenario)
    assert expected is not None
    assert expected.cost_m == pytest.approx(count_cut(grid(3, 3), list(expected.groups)))
    assert solve_case(case, highs).objective == pytest.approx(expected.cost_m)
    decision = solve_compact(case.system, highs)
    assert sum(decision.terms_m.values()) == pytest.approx(expected.cost_m)
