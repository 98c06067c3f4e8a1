"""The search that ends a proof finds what looking at every division of the map finds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import permutations

import numpy as np
import pytest
from support.cases import cut_out, make_case, toy

from optimiser.arrays import Floats
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.proof.verify import closing
from optimiser.proof.verify.bound import (
    Bounding,
    Prices,
    leave_out_dear,
    measure_bound,
    search_anew,
)
from optimiser.proof.verify.closing import Closing, search_divisions

SIX = ("A1", "A2", "A3", "B1", "B2", "B3")
RULES: Mapping[str, Mapping[str, object]] = {
    "any number": {"footprints.members": (1, 4)},
    "three or four": {"footprints.count": (3, 4)},
    "two, near a baseline": {
        "footprints.count": 2,
        "footprints.baseline": "columns",
        "footprints.max_moved": 2,
    },
    "as in the baseline": {"footprints.baseline": "rows", "footprints.max_moved": 0},
}


def _divide(masks: list[int], left: int) -> Iterator[list[int]]:
    """Every way to divide what is left into candidates, by their places."""
    if not left:
        yield []
    for k, mask in enumerate(masks):
        if mask & left & -left and not mask & ~left:
            yield from ([k, *rest] for rest in _divide(masks, left & ~mask))


def _moved(system: System, groups: list[int]) -> int:
    """ICBs less those that stay under the best pairing of footprints with baseline ones."""
    assert system.baseline is not None
    homes = [
        sum(1 << i for i, home in enumerate(system.baseline) if home == one)
        for one in sorted(set(system.baseline.tolist()))
    ]
    longer, shorter = sorted((groups, homes), key=len, reverse=True)
    stay = max(
        sum((one & two).bit_count() for one, two in zip(order, shorter, strict=True))
        for order in permutations(longer, len(shorter))
    )
    return system.size - stay


def _best(system: System, masks: list[int], cost_m: Floats) -> float:
    rules = system.scenario.footprints
    fewest, most = rules.count_window
    found = math.inf
    for parts in _divide(masks, (1 << system.size) - 1):
        if fewest <= len(parts) <= most and (
            rules.max_moved is None or _moved(system, [masks[k] for k in parts]) <= rules.max_moved
        ):
            found = min(found, float(cost_m[parts].sum()))
    return found


def _search(system: System, cost_m: Floats, draw: np.random.Generator, target: float) -> Closing:
    """With prices drawn near what candidates cost, or far off: both must prove the same."""
    masks = list_candidates(system, footprint_rules(system)).masks
    prices = draw.normal(2, 1, system.size)
    inside = (masks[:, None] >> np.arange(system.size, dtype=np.uint64)) & np.uint64(1)
    reduced = cost_m - inside.astype(float) @ prices
    most = min(system.scenario.footprints.count_window[1], system.size)
    return search_divisions(
        system, masks, Bounding(float(prices.sum()), reduced, cost_m, most), None, target
    )


@pytest.mark.parametrize("name", RULES)
def test_a_claim_is_proven_exactly_where_no_division_costs_less(name: str) -> None:
    """Whatever candidates cost and prices are, up to the claim and not beyond it."""
    case = make_case(cut_out(toy(), SIX, ("S1", "S2")), RULES[name])
    masks = list_candidates(case.system, footprint_rules(case.system)).masks.tolist()
    for seed in range(12):
        draw = np.random.default_rng(seed)
        cost_m = draw.uniform(1, 5, len(masks)) * np.sqrt([mask.bit_count() for mask in masks])
        best = _best(case.system, masks, cost_m)
        assert math.isfinite(best)
        proven = _search(case.system, cost_m, draw, best - 1e-9)
        assert proven.proven is True
        assert math.isnan(proven.better_m)
        refuted = _search(case.system, cost_m, draw, best + 1e-6)
        assert refuted.proven is False
        assert refuted.better_m == pytest.approx(best)
        assert refuted.looked_at > 0
        assert refuted.steps >= refuted.looked_at
        assert 0 < refuted.survivors <= len(masks)


def test_every_division_within_the_room_is_looked_at_once() -> None:
    """Those whose reduced costs stay below what is open, none twice: counted one by one."""
    case = make_case(cut_out(toy(), SIX, ("S1",)), {"footprints.count": (1, 4)})
    masks = list_candidates(case.system, footprint_rules(case.system)).masks
    divisions = [p for p in _divide(masks.tolist(), 63) if len(p) <= 4]
    draw, met = np.random.default_rng(2), set()
    dear = np.full(len(masks), 99.0)
    for target in (1.0, 4.0, 7.0):  # in whole pounds, so that some fill the room exactly
        reduced = draw.integers(-1, 4, len(masks)).astype(float)
        found = search_divisions(case.system, masks, Bounding(2.0, reduced, dear, 4), None, target)
        room = target - 2.0 + 4 * 1.0
        within = [parts for parts in divisions if (reduced[parts] + 1).sum() < room]
        assert found.looked_at == len(within)
        assert found.survivors == (reduced + 1 < room).sum()
        assert found.proven is True
        met.add(len(within))
    assert len(met) == 3


def test_a_step_is_one_footprint_tried() -> None:
    """Six ICBs each alone are one division, found in six steps."""
    system = make_case(cut_out(toy(), SIX, ("S1",)), {"footprints.count": 6}).system
    alone = as_masks([1 << i for i in range(6)], 6)
    found = search_divisions(
        system, alone, Bounding(0.0, np.zeros(6), np.ones(6), 6), None, target=1.0
    )
    assert (found.proven, found.looked_at, found.steps) == (True, 1, 6)


def test_a_search_that_is_too_long_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither yes nor no with one candidate or step more than there may be."""
    case = make_case(cut_out(toy(), SIX, ("S1",)), {"footprints.members": (1, 4)})
    masks = list_candidates(case.system, footprint_rules(case.system)).masks

    def search() -> Closing:
        return _search(case.system, np.ones(len(masks)), np.random.default_rng(1), 2.0 - 1e-9)

    whole = search()
    assert whole.proven is True
    for name, needed in (("MOST_STEPS", whole.steps), ("MOST_SURVIVORS", whole.survivors)):
        for most, proven in ((needed, True), (needed - 1, None)):
            with monkeypatch.context() as patch:
                patch.setattr(closing, name, most)
                found = search()
            assert found.proven is proven
            assert found.survivors == whole.survivors


def test_without_room_there_is_nothing_to_search() -> None:
    """What the prices earn is more than the claim: proven at once."""
    case = make_case(cut_out(toy(), SIX, ("S1",)), {"footprints.members": (1, 4)})
    masks = list_candidates(case.system, footprint_rules(case.system)).masks
    found = _search(case.system, np.full(len(masks), 9.0), np.random.default_rng(1), -50.0)
    assert (found.proven, found.steps, found.looked_at) == (True, 0, 0)


def _true_cost_m(system: System) -> Floats:
    masks = list_candidates(system, footprint_rules(system)).masks
    return CandidateCosts(system, masks).priced({})[0]


@pytest.mark.long  # compiles the search
def test_a_proof_without_a_list_proves_what_the_list_proves() -> None:
    """Whatever the prices: a bound below the best plan, and every footprint that a better could use."""
    settings = {"footprints.members": (1, 4), "footprints.count": (2, 4)}
    system = make_case(cut_out(toy(), SIX, ("S1", "S2")), settings).system
    masks = list_candidates(system, footprint_rules(system)).masks
    best = _best(system, masks.tolist(), _true_cost_m(system))
    none, closed = np.zeros(0), 0
    for seed in range(8):
        icb = np.random.default_rng(seed).normal(best / 6, 0.5, 6)
        prices = Prices(icb, 0.0, {}, 0.0, none, as_masks((), 6), none)
        found = search_anew(system, prices, best)
        assert found.bound is not None
        assert measure_bound(system, masks, prices).bound - 1e-6 <= found.bound <= best + 1e-6
        if found.masks is None or found.bounding is None:
            continue
        closed += 1
        stay = leave_out_dear(system, masks, prices, best)
        for those, bounding in (
            (found.masks, found.bounding),
            (stay, measure_bound(system, stay, prices)),
        ):
            for target, proven in ((best - 1e-6, True), (best + 1e-6, False)):
                ended = search_divisions(system, those, bounding, None, target)
                assert ended.proven is proven, (seed, len(those))
    assert closed > 2
