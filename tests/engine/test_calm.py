"""Calm prices: they earn what the master's do, undercut nothing that is known, and lie near a centre."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog, nnls
from support.cases import make_case
from support.countries import random_country
from support.holes import leaves_hole

from optimiser.arrays import Floats
from optimiser.deadline import Deadline
from optimiser.engine.priced.calm import BELOW, find_calm, find_centre, find_shortest
from optimiser.engine.relaxation.master import (
    UNMATCHED,
    Columns,
    Duals,
    Rows,
    dual_objective,
    master_rows,
    read_duals,
)
from optimiser.footprints.candidates import as_masks, membership
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.footprints.unlisted.pricing import RowPrices, build_unlisted
from optimiser.footprints.unlisted.root_bound import bound_roots

LATE = Deadline.after(3_600)
WINDOW = {"footprints.count": 3, "footprints.population_m": (1.5, 6.0), "objective.volatility": 0.5}


@pytest.mark.parametrize("seed", range(20))
def test_the_shortest_move_reaches_every_floor_and_none_is_shorter(seed: int) -> None:
    """It is a sum of the steps whose floors it just reaches: the conditions of the optimum."""
    random = np.random.default_rng(seed)
    steps, point = random.normal(size=(12, 5)), random.normal(size=5)
    floors = steps @ point - random.uniform(0.0, 1.0, size=12)
    move = find_shortest(steps, floors)
    assert move is not None
    over = steps @ move - floors
    assert over.min() > -1e-8
    tight = steps[over < 1e-7]
    assert (nnls(tight.T, move)[1] if len(tight) else np.abs(move).max()) < 1e-7
    assert np.linalg.norm(move) <= np.linalg.norm(point) + 1e-9
    against = np.vstack((steps, -steps[:1]))
    assert find_shortest(against, np.append(floors, 1.0 - floors[0])) is None


def _open(seed: int) -> tuple[System, Rows, Columns]:
    """A country of nine areas, the rows of its plans of three footprints, and all footprints."""
    system = make_case(random_country(seed, size=9), WINDOW).system
    masks = list_candidates(system, footprint_rules(system)).masks
    cost_m = CandidateCosts(system, masks).priced({})[0]
    unmatched = np.full(len(masks), UNMATCHED)
    every = Columns(masks, cost_m, np.zeros((len(masks), 0)), unmatched)
    rows = master_rows(system).with_triples(as_masks([0b111, 0b1110000, 0b100011], system.size))
    return system, rows, every


def _best_duals(rows: Rows, every: Columns) -> Duals:
    """Optimal prices over a list, by another solver."""
    earns = np.where(np.isinf(rows.upper), rows.lower, rows.upper)
    most = np.where(np.isinf(rows.lower), 0.0, np.inf)
    limits = [(None, None if np.isinf(top) else top) for top in most]
    found = linprog(-earns, A_ub=every.matrix(rows).T, b_ub=every.cost_m, bounds=limits)
    return read_duals(found.x, rows)


def _reduced(rows: Rows, every: Columns, duals: Duals) -> Floats:
    return np.asarray(every.cost_m - every.matrix(rows).T @ duals.prices)


@pytest.mark.parametrize("seed", range(8))
def test_calm_prices_prove_as_much_nearer_to_the_centre(seed: int) -> None:
    """They earn what the best duals do, undercut no footprint, and are at least as near as those are."""
    _, rows, every = _open(seed)
    duals = _best_duals(rows, every)
    centre = np.random.default_rng(seed).normal(10.0, 5.0, rows.size)
    calm = find_calm(every, rows, duals, centre)
    assert calm is not None
    best = dual_objective(duals, rows)
    scale = max(abs(best), every.cost_m.max())
    assert dual_objective(calm, rows) == pytest.approx(best - BELOW * scale, abs=1e-9 * scale)
    assert _reduced(rows, every, calm).min() > -1e-8 * scale
    assert (calm.triples <= 0.0).all()

    def distance(prices: Duals) -> float:
        return float(
            np.hypot(*map(np.linalg.norm, (prices.icb - centre, prices.triples - duals.triples)))
        )

    assert distance(calm) <= distance(duals) + 1e-6
    assert find_calm(every, rows, duals, duals.icb) is not None


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.long  # compiles the root bound
def test_roots_prove_less_than_a_list_and_most_at_the_centre(seed: int) -> None:
    """No footprint of more than its seed has a lesser reduced cost; the start proves no more."""
    system, rows, every = _open(seed)
    unlisted = build_unlisted(system, rows.baseline)
    best = dual_objective(_best_duals(rows.with_triples(as_masks((), rows.size)), every), rows)
    even = np.full(len(unlisted.atoms), best / len(unlisted.atoms))
    centre = find_centre(unlisted, rows.count[0], even, best, LATE)
    sets, proven = membership(every.masks, rows.size) > 0, []
    fit = np.array([not leaves_hole(system, int(mask)) for mask in every.masks])
    fit &= sets.sum(axis=1) > 1
    assert fit.sum() > 20
    for icb in (even, centre):
        each = (best - icb.sum()) / rows.count[0]
        none = np.zeros(0)
        hunt = unlisted.at(RowPrices(icb, each, 0.0, none, as_masks((), rows.size), none))
        least, shares = bound_roots(unlisted, hunt)
        reduced = every.cost_m - sets @ icb - each
        for row, value in zip(sets[fit], reduced[fit], strict=True):
            assert least[min(np.flatnonzero(row), key=hunt.rank.__getitem__)] <= value + 1e-6
        assert (shares.diagonal() == 1.0).all()
        proven.append(np.sort(least)[: rows.count[0]].sum())
    assert proven[1] >= proven[0] - 1e-9
