"""Levels and costs of two footprints against every figure worked out by hand for the referee."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.referee_case import (
    GROUPS,
    LEVELS,
    MEASURES,
    SCENARIO,
    WEIGHTS,
    make_dataset,
    with_service,
)

from optimiser.footprints.candidates import as_masks
from optimiser.footprints.costs import (
    TERM_UNITS,
    CandidateCosts,
    KnownCosts,
    disruption_weights,
    fixed_cost,
    fixed_totals,
    measure_fixed,
    share_of,
    term_weights,
)
from optimiser.footprints.levels import (
    TERMS,
    TOTALS,
    ServiceLevels,
    check_local_rules,
    measure_levels,
    sum_taken,
)
from optimiser.footprints.measures import (
    measure_first_step,
    measure_income_at_risk,
    measure_line_sd,
)
from optimiser.footprints.rules import local_somehow
from optimiser.footprints.system import System, build_system
from optimiser.inputs.scenario.scenario import Scenario

_DRAFT = make_dataset()
DATASET = replace(
    _DRAFT,
    services=_DRAFT.services.assign(programme_of_care="", spend_m=1.0),
    flows=_DRAFT.flows.assign(patients=1.0),
)


def _system(scenario: Scenario = SCENARIO) -> System:
    return build_system(DATASET, scenario)


def _levels(system: System) -> ServiceLevels:
    return measure_levels(system, _masks(system))


def _masks(system: System) -> np.ndarray:
    return as_masks([system.mask_of(members) for members in GROUPS.values()], system.size)


def _taken(levels: ServiceLevels) -> np.ndarray:
    """The plan's levels by their place in the scenario's."""
    names = levels.system.scenario.services.levels
    codes = [levels.system.services.codes[s] for s in levels.services]
    return np.array([[names.index(LEVELS[s, f]) for s in codes] for f in GROUPS])


def test_every_term_comes_to_the_figure_by_hand() -> None:
    """What no level changes and what the plan's levels come to, term by term."""
    system = _system()
    levels, fixed = _levels(system), measure_fixed(system, _masks(system))
    taken = _taken(levels)
    found = {
        term: float(amount.sum() + (sum_taken(levels, term, taken).sum() if term in TERMS else 0))
        for term, amount in fixed.items()
    }
    assert list(found) == list(TERM_UNITS)
    assert found == pytest.approx(MEASURES)
    assert term_weights(system) == pytest.approx(WEIGHTS)
    weighted = sum(WEIGHTS[term] * amount for term, amount in fixed.items())
    assert fixed_cost(system, _masks(system)) == pytest.approx(weighted)


def test_totals_are_those_by_hand() -> None:
    """What the plan's levels, and what no level, add to each bounded measure."""
    system = _system()
    levels = _levels(system)
    taken = _taken(levels)
    fixed = fixed_totals(system, _masks(system), TOTALS)
    held = {name: sum_taken(levels, name, taken) + fixed[name] for name in TOTALS}
    assert held["local_spend"] == pytest.approx([4.8, 4.8])
    # Each holds three services for its half of England's people.
    assert held["local_services"] == pytest.approx([1.5, 1.5])
    # Off to the other footprint or off the map: B's 0.5; D's 0.2 and the South's mind.
    assert held["leakage"] == pytest.approx([0.5, 0.8])
    assert held["volatility"].sum() == pytest.approx(MEASURES["volatility"])
    assert held["volatility"][1] > held["volatility"][0]
    left_out = np.where(taken == 0, -1, taken)
    assert sum_taken(levels, "holding", left_out) == pytest.approx([3.0, 4.0])


def test_the_best_levels_are_the_cheapest_of_those_allowed() -> None:
    """Of two footprints with every level to choose from, by looking at each group by itself."""
    free = SCENARIO.changed({"services.force_local": [], "services.min_local_share_each": 0.0,
                             "services.min_local_services_each": 0.0})  # fmt: skip
    system = _system(free)
    levels, masks = _levels(system), _masks(system)
    codes = [system.services.codes[s] for s in levels.services]
    assert codes == ["kidney", "heart", "valve", "mind"]
    assert levels.allowed["national"].all()
    # Mind's only provider is in B; C alone is not ready, D is, for what it hosts.
    assert levels.allowed["footprint"].tolist() == [[True] * 4, [True, True, True, False]]
    cost = {
        level: sum(WEIGHTS[term] * levels.amount(term, level) for term in TERMS)
        for level in free.services.levels
    }
    for level, amounts in cost.items():
        shown = levels.cost_m(level)
        assert shown == pytest.approx(np.where(levels.allowed[level], amounts, np.inf))
    best = np.inf * np.ones((2, 3))
    for level in free.services.levels:
        shown = levels.cost_m(level)
        joined = np.stack([shown[:, 0], shown[:, 1] + shown[:, 2], shown[:, 3]], axis=1)
        best = np.minimum(best, joined)
    found = CandidateCosts(system, masks).priced({})[0]
    assert found == pytest.approx(fixed_cost(system, masks) + best.sum(axis=1))


def test_prices_of_totals_are_taken_off_and_costs_may_be_left_out() -> None:
    """Against the same costs at no price; at a share of nothing only the prices count."""
    system = _system()
    masks = _masks(system)
    names = ("local_spend", "leakage")
    plain, amounts = CandidateCosts(system, masks, names).priced(dict.fromkeys(names, 0.0))
    assert plain == pytest.approx(CandidateCosts(system, masks).priced({})[0])
    few = CandidateCosts(system, masks, names).subset(np.array([1]))
    assert few.priced(dict.fromkeys(names, 0.0))[0] == pytest.approx(plain[1:])
    priced, same = CandidateCosts(system, masks, names).priced(
        {"local_spend": 1e-6, "leakage": 2.0}
    )
    assert priced == pytest.approx(plain - 2.0 * amounts["leakage"], abs=1e-4)
    assert same["local_spend"] == pytest.approx(amounts["local_spend"])
    free, most = CandidateCosts(system, masks, names).priced(
        {"local_spend": 1.0, "leakage": 0.0}, 0.0
    )
    assert free == pytest.approx(-most["local_spend"])
    assert most["local_spend"] == pytest.approx([5.4, 4.8])  # all that each may hold


def test_a_known_cost_has_nothing_to_price() -> None:
    """It is given back, or the share of it that is asked for."""
    known = KnownCosts(as_masks([1, 2, 4], 3), np.array([1.0, 2.0, 4.0]))
    cost, amounts = known.priced({}, 0.5)
    assert (cost.tolist(), amounts, known.totals) == ([0.5, 1.0, 2.0], {}, ())
    few = known.subset(np.array([0, 2]))
    assert (few.masks.tolist(), few.priced({})[0].tolist()) == ([1, 4], [1.0, 4.0])


def test_a_share_of_what_is_barred_stays_barred() -> None:
    """Infinity is no number that may be halved."""
    assert share_of(np.array([2.0, np.inf]), 0.25).tolist() == [0.5, np.inf]


def test_disruption_is_of_pairs_joined_and_parted() -> None:
    """Without a baseline nothing is; with one, what is joined weighs as what is parted."""
    free = _system(SCENARIO.changed({"footprints.baseline": "", "footprints.max_moved": None}))
    pairs, constant = disruption_weights(free)
    assert (pairs.tolist(), constant.tolist()) == ([0.0] * 16, [0.0] * 4)
    pairs, constant = disruption_weights(_system())
    # Of 13 pairs of (million) residents B-C were together, 2; A-B was not, 2.
    assert pairs.reshape(4, 4)[1, 2] == pytest.approx(-2 / 13)
    assert pairs.reshape(4, 4)[0, 1] == pytest.approx(2 / 13)
    assert constant == pytest.approx([0, 1 / 13, 1 / 13, 0])


def test_a_holder_meets_each_rule_up_to_its_edge() -> None:
    """Providers, patients, readiness and the pooled budget, service by service, by hand."""
    system = _system()
    levels = _levels(system)
    found = check_local_rules(system, levels.measures, levels.services)
    assert list(found) == ["readiness", "min_providers", "min_patients", "max_cv"]
    assert found["min_providers"].tolist() == [[True] * 4, [True, True, True, False]]
    assert all(found[rule].all() for rule in ("readiness", "min_patients", "max_cv"))
    for rule, setting, edge in (
        ("min_patients", "services.min_patients", 3.0),
        ("max_cv", "services.max_cv", float(levels.measures.cv[0])),
        ("readiness", "readiness.delegated", 10 / 3),
    ):
        for value, met in ((edge, True), (edge * (0.99 if rule == "max_cv" else 1.01), False)):
            one = _system(SCENARIO.changed({setting: value}))
            held = _levels(one)
            assert bool(check_local_rules(one, held.measures, held.services)[rule].all()) is met


def test_a_service_is_local_somehow_with_its_partner_or_not_at_all() -> None:
    """Heart and valve have one level: what one may not, the other does not."""
    tied = with_service(DATASET, "valve", min_providers=2)
    for dataset, may in ((DATASET, [True, True]), (tied, [False, False])):
        system = build_system(dataset, SCENARIO)
        heart = system.services.codes.index("heart")
        assert local_somehow(system, _masks(system), heart).tolist() == may


def test_a_line_of_its_own_bears_its_common_shock() -> None:
    """Heart: £3m at £²0.1m a pound and a shock of a tenth; kidney: £6m at £²0.02m and none."""
    system = _system()
    codes = system.services.codes
    spend_m = np.zeros((1, len(codes)))
    spend_m[0, [codes.index("kidney"), codes.index("heart")]] = 6.0, 3.0
    found = measure_line_sd(system, spend_m)[0]
    assert found[codes.index("kidney")] == pytest.approx(np.sqrt(0.02 * 6))
    assert found[codes.index("heart")] == pytest.approx(np.sqrt(0.1 * 3 + 0.3**2))


def test_the_income_at_risk_is_of_the_trust_that_would_lose_most() -> None:
    """Half of what others send PB and PC, of £3.3m each; PA, of £4.1m, is sent nothing."""
    for smallest_m, shares in ((0.0, [0.3 / 3.3, 0.25 / 3.3]), (3.31, [0.0, 0.0])):
        asked = {"providers.smallest_m": smallest_m, "footprints.max_income_at_risk": 0.5}
        system = _system(SCENARIO.changed(asked))
        assert measure_income_at_risk(system, _masks(system)) == pytest.approx(shares)


def test_a_first_step_is_of_historic_money() -> None:
    """£0.6m in five steps; where money comes and none has been, no share is enough."""
    system = _system()
    assert measure_first_step(system, _masks(system)) == pytest.approx([0.12 / 11.6, 0.12 / 11.0])
    none = replace(DATASET, funding=DATASET.funding.assign(historic_m=0.0))
    assert np.isinf(measure_first_step(build_system(none, SCENARIO), _masks(system))).all()
    nothing = replace(none, funding=none.funding.assign(needs_based_m=0.0))
    assert not measure_first_step(build_system(nothing, SCENARIO), _masks(system)).any()


def test_who_would_rather_not_hold_alone_counts_for_nothing_local() -> None:
    """Where kidney is worth holding alone for D only, the South holds D's part of it."""
    asked = {
        "services.force_local": [],
        "objective.integration": 0.9,
        "objective.holding_cost_m": 0.02,
    }
    levels = _levels(_system(SCENARIO.changed(asked)))
    kidney = [levels.system.services.codes[s] for s in levels.services].index("kidney")
    assert levels.holders.alone[kidney].tolist()[2:] == [False, True]
    assert levels.total("local_spend", "icb")[1, kidney] == pytest.approx(2.0)
    assert levels.total("local_services", "icb")[1, kidney] == pytest.approx(2 / 6)


def test_a_level_is_measured_where_the_scenario_opens_it() -> None:
    """National always; the others as asked, the collaborative's where a service may have one."""
    for asked in (["national"], ["national", "footprint"], ["national", "icb", "collaborative"]):
        settings: dict[str, object] = {"services.levels": asked}
        if asked != SCENARIO.services.levels:
            settings |= {"services.force_local": [], "services.min_local_share_each": 0}
        levels = _levels(_system(SCENARIO.changed(settings)))
        assert sorted(levels.allowed) == sorted(asked)


@pytest.mark.parametrize(("least", "may"), [(0.0, True), (100.0, True), (100.1, False)])
def test_what_must_be_local_is_alone_only_where_every_member_can(least: float, may: bool) -> None:
    """Kidney has 100 patients for each million people: A and C see too few where more are asked."""
    system = _system(SCENARIO.changed({"services.min_patients": least}))
    levels = _levels(system)
    kidney = [system.services.codes[s] for s in levels.services].index("kidney")
    assert levels.holders.able[kidney].tolist() == [may, True, may, True]
    assert levels.allowed["icb"][:, kidney].tolist() == [may, may]


def test_nothing_bought_has_no_spread() -> None:
    """A footprint that spends nothing on services in scope bears no volatility."""
    north = DATASET.flows["icb"].isin(["A", "B"])
    levels = _levels(build_system(replace(DATASET, flows=DATASET.flows[~north]), SCENARIO))
    volatility = levels.amount("volatility", "footprint")
    assert volatility[0].tolist() == [0.0] * 4
    assert (volatility[1, 1:] > 0).all()
