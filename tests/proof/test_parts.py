"""The parts of a uniform portfolio's proof: what they measure and what their prices prove, by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.cases import cut_out, make_case, toy

from optimiser.arrays import Bools, Masks
from optimiser.footprints.costs import fixed_cost
from optimiser.footprints.levels import cost_groups
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.proof.verify import branching, measuring
from optimiser.proof.verify.bound import CertificateError
from optimiser.proof.verify.branching import Ground, Part
from optimiser.proof.verify.measuring import measure_candidates

SIX = ("A1", "A2", "A3", "B1", "B2", "C1")
FLOOR, CEILING = 40.0, 150.0
USUAL: Mapping[str, object] = {
    "services.portfolio": "uniform",
    "services.year": 2025,
    "services.categories": ("ready", "not_yet"),
    "services.min_providers": 2,
    "services.levels": ("national", "icb", "footprint"),
    "footprints.members": (1, 4),
    "footprints.count": (2, 4),
    "objective.integration": 1.0,
    "objective.contracting": 1.0,
}
LIMITED = {
    **USUAL,
    "services.min_local_spend_m": FLOOR,
    "services.max_local_spend_m": CEILING,
    "services.min_local_services": 1.0,
    "services.max_local_services": 3.0,
}


def _open(settings: Mapping[str, object]) -> tuple[System, Masks]:
    case = make_case(cut_out(toy(), SIX, ("S1", "S2", "S3", "S5")), settings)
    return case.system, list_candidates(case.system, footprint_rules(case.system)).masks


def _members(mask: int) -> list[int]:
    return [i for i in range(len(SIX)) if mask >> i & 1]


@pytest.mark.parametrize("forced", [(), ("S1",)])
def test_candidates_are_measured_group_by_group(
    forced: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each group at the one other level that is best for all England, and what holding it changes."""
    monkeypatch.setattr(measuring, "BLOCK", 5)
    system, masks = _open({**USUAL, "services.force_local": forced})
    found = measure_candidates(system, masks)
    names = system.scenario.services.levels
    held_at, others = names.index("footprint"), [names.index("national"), names.index("icb")]
    held = cost_groups(system, masks).cost_m[held_at]
    alone = cost_groups(system, np.array([1 << i for i in range(6)], dtype=np.uint64)).cost_m
    fixed, groups = fixed_cost(system, masks), range(held.shape[1])
    sums = alone.sum(axis=1)
    best = {g: min((float(sums[o, g]), o) for o in others)[1] for g in groups}
    total = {g: float(alone[best[g], :, g].sum()) for g in groups}
    assert found.forced.tolist() == [math.isinf(total[g]) for g in groups]
    assert found.forced.any() == bool(forced)
    assert found.other_m == pytest.approx([0.0 if math.isinf(t) else t for t in total.values()])
    for f, mask in enumerate(map(int, masks)):
        other = {
            g: 0.0 if found.forced[g] else sum(alone[best[g], i, g] for i in _members(mask))
            for g in groups
        }
        assert found.cost_m[f] == pytest.approx(fixed[f] + sum(other.values()))
        for g in groups:
            assert found.allowed[f, g] == math.isfinite(held[f, g])
            expected = held[f, g] - other[g] if found.allowed[f, g] else 0.0
            assert found.gain_m[f, g] == pytest.approx(expected)
    assert not found.allowed.all()
    services = system.services
    for g, group in enumerate(sorted(set(services.group[services.barred == ""].tolist()))):
        own = (services.group == group) & (services.barred == "")
        assert found.services[g] == own.sum()
        assert found.spend_m[g] == pytest.approx(services.spend_m[own].sum())


def test_without_a_footprints_level_nothing_is_held() -> None:
    """Every group has its other level, and holding it changes nothing."""
    system, masks = _open({**USUAL, "services.levels": ("national", "icb")})
    found = measure_candidates(system, masks)
    assert not found.allowed.any()
    assert not found.gain_m.any()


def _draw_part(ground: Ground, draw: np.random.Generator) -> tuple[Part, dict[str, Any]]:
    """A part with some groups settled, and prices of every row that it has."""
    count = len(ground.most_m)
    state = draw.integers(0, 3, count)
    state[int(draw.integers(count))] = 0
    part = Part(state == 1, state == 2, np.arange(len(ground.measured.masks)), -np.inf)
    open_ = np.flatnonzero(part.undecided).tolist()
    some = {kind: {str(g): float(draw.uniform(0, 0.4)) for g in open_} for kind in
            ("own", "joint", "floor")}  # fmt: skip
    forbids = [(g, int(draw.integers(6)), -float(draw.uniform(0, 0.5))) for g in open_]
    return part, {
        **some,
        "forbids": forbids,
        "icb": draw.normal(6, 2, 6).tolist(),
        "count": float(draw.normal()),
        "spend": float(draw.normal(0, 0.02)),
        "services": float(draw.normal()),
    }


def _earn(price: float, least: float, most: float) -> float:
    return price * (least if price > 0 else most)


def _earn_by_hand(ground: Ground, part: Part, saved: Mapping[str, Any]) -> float:
    """What prices earn on the limits less what is settled, and the least that the rest comes to."""
    measured = ground.measured
    earned = sum(saved["icb"]) + _earn(saved["count"], 2, 4)
    earned += sum(price for _, _, price in saved["forbids"])
    for price, amounts, least, most in (
        (saved["spend"], measured.spend_m, FLOOR, CEILING),
        (saved["services"], measured.services, 1.0, 3.0),
    ):
        settled = sum(amounts[g] for g in np.flatnonzero(part.held))
        earned += _earn(price, least - settled, most - settled)
    for g in np.flatnonzero(part.undecided):
        own, joint, floor = (saved[kind][str(g)] for kind in ("own", "joint", "floor"))
        least, most = ground.least_m[g], ground.most_m[g]
        holding = most * joint + least * floor - sum(p for h, _, p in saved["forbids"] if h == g)
        holding -= saved["spend"] * measured.spend_m[g] + saved["services"] * measured.services[g]
        rest = 1.0 - own - joint - floor
        earned += min(0.0, holding) + min(rest * least, rest * most) - most * joint
    return float(earned)


def _reduce_by_hand(ground: Ground, part: Part, saved: Mapping[str, Any], f: int) -> float:
    """Reduced cost of one candidate that may hold all that is settled as held."""
    measured, mask = ground.measured, int(ground.measured.masks[f])
    cost = measured.cost_m[f] + sum(measured.gain_m[f, g] for g in np.flatnonzero(part.held))
    cost -= sum(saved["icb"][i] for i in _members(mask)) + saved["count"]
    for g in np.flatnonzero(part.undecided):
        gain = measured.gain_m[f, g]
        cost += saved["own"][str(g)] * min(gain, 0.0) + saved["joint"][str(g)] * gain
    for g, i, price in saved["forbids"]:
        cost -= price if mask >> i & 1 and not measured.allowed[f, g] else 0.0
    return float(cost)


def test_the_bound_of_a_part_is_what_the_formula_gives() -> None:
    """Whatever is settled and priced; those stay that a plan below the target could use."""
    system, masks = _open(LIMITED)
    draw, stayed = np.random.default_rng(8), 0
    ground = branching._measure_ground(system, masks, 0.0)
    assert ground.least_m == pytest.approx(-ground.measured.other_m)
    assert ground.most_m == pytest.approx(4 * np.maximum(ground.measured.gain_m.max(axis=0), 0))
    for _ in range(12):
        part, saved = _draw_part(ground, draw)
        may = [f for f in range(len(masks)) if ground.measured.allowed[f, part.held].all()]
        reduced = {f: _reduce_by_hand(ground, part, saved, f) for f in may}
        earned = _earn_by_hand(ground, part, saved)
        saving = min([0.0, *reduced.values()])
        room = float(np.median([*reduced.values(), 0.0]))
        target = earned + room + 3 * saving
        found = branching._bound_part(replace(ground, target=target), part, saved)
        assert found.earned == pytest.approx(earned)
        assert found.part.bound == pytest.approx(earned + 4 * saving)
        stay = [f for f in may if reduced[f] < room - 1e-9]
        edge = [f for f in may if abs(reduced[f] - room) < 1e-9]  # where rounding decides
        rows = set(found.part.rows.tolist())
        assert set(stay) <= rows <= {*stay, *edge}
        assert found.reduced == pytest.approx([reduced[f] for f in found.part.rows])
        stayed += 0 < len(stay) < len(may)
    assert stayed > 3


def _settle(held: tuple[int, ...], dropped: tuple[int, ...], count: int) -> Part:
    groups = np.arange(count)
    return Part(np.isin(groups, held), np.isin(groups, dropped), np.arange(1), -np.inf)


def test_limits_rule_a_part_out_only_where_nothing_that_is_open_helps() -> None:
    """Less than the floor even with all that is undecided held, or more than the ceiling already."""
    system, masks = _open(LIMITED)
    ground = branching._measure_ground(system, masks, 0.0)
    spend, number = ground.measured.spend_m, ground.measured.services
    count, seen = len(spend), set()
    for state in np.ndindex(*(3,) * count):
        held = tuple(g for g in range(count) if state[g] == 1)
        dropped = tuple(g for g in range(count) if state[g] == 2)
        part = _settle(held, dropped, count)
        most = [amounts[~part.dropped].sum() for amounts in (spend, number)]
        least = [amounts[part.held].sum() for amounts in (spend, number)]
        out = most[0] < FLOOR or least[0] > CEILING or most[1] < 1.0 or least[1] > 3.0
        assert branching._breaks_limits(ground, part) == out
        seen.add(out)
    assert seen == {True, False}


def _wrong_prices() -> Iterator[tuple[dict[str, Any], Bools]]:
    """Prices of rows that a part has not: of a group that is settled, below the first, of no ICB."""
    settled = np.array([True, False, False, False])
    none: dict[str, Any] = {kind: {} for kind in ("own", "joint", "floor")}
    none |= {"forbids": [], "icb": [0.0] * 6, "count": 0.0, "spend": 0.0, "services": 0.0}
    yield {**none, "own": {"0": 0.1}}, settled
    yield {**none, "joint": {"-1": 0.1}}, settled
    yield {**none, "forbids": [(0, 1, -0.1)]}, settled
    yield {**none, "icb": [0.0] * 7}, settled
    yield {**none, "count": math.inf}, settled


def test_prices_of_rows_that_a_part_has_not_are_refused() -> None:
    """What is settled has no rows left to price."""
    system, masks = _open(USUAL)
    ground = branching._measure_ground(system, masks, 0.0)
    tried = 0
    for saved, settled in _wrong_prices():
        held = settled[: len(ground.most_m)]
        part = Part(held, ~held & False, np.arange(len(masks)), -np.inf)
        with pytest.raises(CertificateError):
            branching._bound_part(ground, part, saved)
        tried += 1
    assert tried == 5


def test_a_negative_price_of_a_floor_counts_as_none() -> None:
    """And one above nothing of what is forbidden: no rule supports it, so it earns nothing."""
    system, masks = _open(USUAL)
    ground = branching._measure_ground(system, masks, 0.0)
    part = _settle((), (), len(ground.most_m))
    part = Part(part.held, part.dropped, np.arange(len(masks)), 3.5)
    none: dict[str, Any] = {kind: {} for kind in ("own", "joint", "floor")}
    none |= {"forbids": [], "icb": [1.0] * 6, "count": 0.0, "spend": 0.0, "services": 0.0}
    plain = branching._bound_part(ground, part, none)
    wrong = {**none, "own": {"0": -0.3}, "forbids": [(1, 2, 0.4)], "spend": -0.1, "services": -0.2}
    assert branching._bound_part(ground, part, wrong).earned == pytest.approx(plain.earned)
    assert plain.part.bound >= 3.5  # what is proven already of the part stays
    low = {**none, "icb": [-50.0] * 6}
    assert branching._bound_part(ground, part, low).part.bound == 3.5
