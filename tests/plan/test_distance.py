"""Distances between groupings, and the path of fewest moves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from optimiser.arrays import Floats, Masks
from optimiser.engine.near_optimal.path import find_path
from optimiser.plan.distance import count_moves, homes, measure_distance

PEOPLE = np.array([1.0, 2.0, 3.0, 4.0])


def _labels() -> list[np.ndarray]:
    """Every grouping of four ICBs."""
    every = itertools.product(range(4), repeat=4)
    found = {tuple(np.unique(one, return_inverse=True)[1]): np.array(one) for one in every}
    first = {tuple(one.index(v) for v in one) for one in map(list, found)}
    return [np.array(one) for one in sorted(first)]


def test_distance_is_nothing_only_between_equal_groupings() -> None:
    """Moves tell equal from different, and neither measure depends on the order."""
    labels = _labels()
    assert len(labels) == 15
    for a, b in itertools.product(labels, repeat=2):
        one, back = measure_distance(a, b, PEOPLE), measure_distance(b, a, PEOPLE)
        same = bool((a == b).all())
        assert (one.icbs_moved == 0) == same
        assert (one.population_moved == 0) == same
        assert one.icbs_moved == back.icbs_moved
        assert one.population_moved == pytest.approx(back.population_moved)


def test_distance_by_hand() -> None:
    """AB|CD to ABC|D: C moves, and its three people."""
    away = measure_distance(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]), PEOPLE)
    assert (away.icbs_moved, away.population_moved) == (1, 3.0)


def test_distance_table_is_that_of_the_pairs() -> None:
    """The table of moves holds the distances of the pairs."""
    plans = [np.array([3, 12], dtype=np.uint64), np.array([7, 8], dtype=np.uint64)]
    labels = [homes(masks, 4) for masks in plans]
    assert [count_moves(one, labels).tolist() for one in labels] == [[0, 1], [1, 0]]
    assert homes(plans[1], 4).tolist() == [0, 0, 0, 1]


def _judge(masks: Masks) -> tuple[Floats, list[tuple[str, ...]]]:
    sizes = np.bitwise_count(masks).astype(float)
    broken: list[tuple[str, ...]] = [("max_members",) if s > 3 else () for s in sizes]
    values = np.array([float(int(m) * 37 % 11) for m in masks])
    return values, broken


@pytest.mark.parametrize("seed", range(8))
def test_distance_path_is_the_best_order(seed: int) -> None:
    """Of all orders of the fewest moves, the path's has fewest broken rules, then least cost."""
    random = np.random.default_rng(seed)
    a, b = random.integers(0, 3, 6), random.integers(0, 3, 6)
    one, other = (
        np.array(
            [sum(1 << i for i in range(6) if h[i] == k) for k in np.unique(h)], dtype=np.uint64
        )
        for h in (a, b)
    )
    path = find_path(one, other, 6, _judge)
    assert path.exact
    moved = measure_distance(a, b, np.ones(6)).icbs_moved
    assert len(path.steps) == moved + 1
    assert sorted(map(int, path.steps[-1].masks)) == sorted(map(int, other))
    for before, after in itertools.pairwise(path.steps):
        stays = measure_distance(homes(before.masks, 6), homes(after.masks, 6), np.ones(6))
        assert stays.icbs_moved <= 1
    assert _worth([s.masks for s in path.steps]) == pytest.approx(_best_worth(path.steps))


def _worth(plans: list[Masks]) -> tuple[float, float]:
    faults, cost = 0.0, 0.0
    for masks in plans[1:]:
        values, broken = _judge(masks)
        faults, cost = faults + sum(map(len, broken)), cost + values.sum()
    return faults, cost


def _best_worth(steps: tuple[object, ...]) -> tuple[float, float]:
    """Brute force over all orders of the same moves."""
    from optimiser.engine.near_optimal.path import Step

    found = [s for s in steps if isinstance(s, Step)]
    start = homes(found[0].masks, 6)
    movers = [s.icb for s in found[1:]]
    end = homes(found[-1].masks, 6)
    mates = {icb: [j for j in range(6) if end[j] == end[icb]] for icb in movers}
    target = start.copy()
    fresh = 10
    for icb in movers:
        stay = [j for j in mates[icb] if j not in movers]
        done = [j for j in mates[icb] if j in movers and target[j] >= 10]
        target[icb] = start[stay[0]] if stay else target[done[0]] if done else fresh
        fresh += not stay and not done
    best = (np.inf, np.inf)
    for order in itertools.permutations(movers):
        home, plans = start.copy(), [found[0].masks]
        for icb in order:
            home[icb] = target[icb]
            plans.append(
                np.array(
                    [sum(1 << i for i in range(6) if home[i] == k) for k in np.unique(home)],
                    dtype=np.uint64,
                )
            )
        best = min(best, _worth(plans))
    return best
