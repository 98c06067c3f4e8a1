"""Prices, reasons and relaxations are exact: each equals what brute force or plain sums give."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from support.brute import find_best
from support.cases import cut_out, make_case, toy

from optimiser.cli.reasons import _tell_additions, _tell_icb
from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import settle_levels
from optimiser.errors import InputError, NoPlanError
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.progress import silent
from optimiser.questions.evaluate import score_case
from optimiser.questions.explain import reoptimise
from optimiser.questions.explain.additions import add_rule, price_additions
from optimiser.questions.explain.differences import list_moved
from optimiser.questions.explain.feasibility import Feasibility
from optimiser.questions.explain.icb_reasons import explain_icb
from optimiser.questions.explain.map_rules import list_rules
from optimiser.questions.explain.prices import price_rules
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved
from optimiser.questions.explain.repair import given_masks, repair_plan
from optimiser.questions.explain.rules import Variant
from optimiser.questions.explain.service_reasons import explain_service

pytestmark = pytest.mark.long

SIX = cut_out(toy(), ("A1", "A2", "A3", "B1", "B2", "B3"), ("S1", "S2", "S3", "S4", "S6"))
BASE: Mapping[str, object] = {
    "footprints.count": 2,
    "footprints.population_m": (2.0, 5.0),
    "footprints.keep_apart": (("A1", "A2"),),
    "services.min_local_spend_m": 10.0,
    "services.max_cv": 0.3,
    "readiness.joint": 1.5,
    "objective.integration": 2.0,
    "objective.committee_cost_m": 0.2,
}


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all tests here."""
    with Highs() as process:
        yield process


@pytest.fixture
def reoptimiser(highs: Highs) -> Reoptimiser:
    """Nothing remembered yet."""
    return Reoptimiser(Feasibility(highs, Deadline.after(900), patience=300))


def _variant(settings: Mapping[str, object]) -> Variant:
    return Variant(Scenario().changed(settings), SIX)


def _best_m(variant: Variant) -> float:
    best = find_best(variant.dataset, variant.scenario)
    return math.inf if best is None else best.cost_m


def test_the_price_of_a_rule_is_the_optimum_with_it_less_that_without_it(
    reoptimiser: Reoptimiser,
) -> None:
    """Every row of the table, by brute force; no price is negative, free rules cost nothing."""
    variant = _variant(BASE)
    rules = {rule.name: rule for rule in list_rules(variant)}
    prices = price_rules(variant, reoptimiser, silent).set_index("rule")
    assert set(prices.index) == set(rules)
    base = _best_m(variant)
    for name, row in prices.iterrows():
        price = base - _best_m(rules[str(name)].off(variant))
        assert row["price_m"] == pytest.approx(price, abs=1e-6), name
        assert row["binding"] == (price > 1e-6 * base)
    assert prices["binding"].any()
    assert not prices["binding"].all()


@pytest.mark.parametrize(
    "rule",
    [
        "footprints.within_regions=true",
        "whole=A2 and A3",
        "whole=parted",
        "footprints.members=[1, 2]",
    ],
)
def test_the_price_of_an_added_rule_is_the_optimum_with_it_less_that_without_it(
    reoptimiser: Reoptimiser, rule: str
) -> None:
    """By brute force; a rule that no plan keeps is told to be one."""
    base = _variant(BASE)
    pairs = {"A1": "parted", "A2": "parted"}, {"A2": "A2 and A3", "A3": "A2 and A3"}
    plans = {
        f"{k}": pd.DataFrame(pair.items(), columns=["icb", "footprint"])
        for k, pair in enumerate(pairs)
    }
    base = replace(base, dataset=replace(SIX, plans={**SIX.plans, **plans}))
    more = add_rule(rule, base)
    row = price_additions([base, more], [rule], reoptimiser, silent).iloc[0]
    with_it = _best_m(more)
    assert row["possible"] == math.isfinite(with_it)
    if row["possible"]:
        assert row["price_m"] == pytest.approx(with_it - _best_m(base), abs=1e-6)
        assert row["price_m"] >= -1e-9


def test_a_rule_that_cannot_be_added_is_refused_by_name() -> None:
    """A group that is none, a setting that is none, and a count that no plan has."""
    base = _variant(BASE)
    for text in ("whole=Nowhere", "footprints.within_region=true"):
        with pytest.raises(InputError, match="--add"):
            add_rule(text, base)


def test_a_price_without_a_whole_list_is_a_lower_bound(
    highs: Highs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With too many footprints to list, what is told is at most the price, and not called proven."""
    variant = _variant({"footprints.count": 2, "footprints.keep_apart": (("A2", "B1"),)})
    feasibility = Feasibility(highs, Deadline.after(900), patience=300, first=variant)
    whole = len(feasibility.lists.list(variant, 800_000).masks)
    monkeypatch.setattr(reoptimise, "MOST_LISTED", whole + 4)
    prices = price_rules(variant, Reoptimiser(feasibility), silent).set_index("rule")
    row = prices.loc["footprints.contiguous"]
    true = _best_m(variant) - _best_m(variant.changed({"footprints.contiguous": False}))
    assert not row["proven"]
    assert "too many to list" in row["note"]
    price_m = float(str(row["price_m"]))
    assert math.isnan(price_m) or 0 < price_m <= true + 1e-9


def test_a_price_on_lists_too_long_for_python_is_the_price(
    highs: Highs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are listed in compiled code, whole, so what is told is proven."""
    variant = _variant({"footprints.count": 2, "footprints.keep_apart": (("A2", "B1"),)})
    feasibility = Feasibility(highs, Deadline.after(900), patience=300, first=variant)
    monkeypatch.setattr(reoptimise, "MOST_LISTED", 12)
    prices = price_rules(variant, Reoptimiser(feasibility), silent).set_index("rule")
    free = variant.changed({"footprints.keep_apart": ()})
    row = prices.filter(like="keep_apart", axis=0).iloc[0]
    assert row["proven"]
    assert row["price_m"] == pytest.approx(_best_m(variant) - _best_m(free))


def test_differences_by_term_add_up_to_the_price(reoptimiser: Reoptimiser) -> None:
    """What dropping a rule changes, term by term, is its price with the other sign."""
    prices = price_rules(_variant(BASE), reoptimiser, silent)
    terms = [c for c in map(str, prices) if c.endswith("_m") and c not in ("price_m", "cost_m")]
    assert prices[terms].sum(axis=1).to_numpy() == pytest.approx(-prices["price_m"].to_numpy())


def test_a_scenario_without_plan_has_no_prices(reoptimiser: Reoptimiser) -> None:
    """There is nothing to compare with."""
    with pytest.raises(NoPlanError):
        price_rules(
            _variant({"footprints.count": 6, "footprints.population_m": (1, 9)}),
            reoptimiser,
            silent,
        )


def test_patients_that_cross_are_those_of_local_services_treated_outside(
    reoptimiser: Reoptimiser,
) -> None:
    """The toy country's rows by hand: 100 of Birch and 90 of Gorse for renal care, and so on."""
    settings = {
        "footprints.fixed": (("A1", "A2", "A3"), ("B1", "B2", "B3"), ("C1", "C2", "C3")),
        "services.force_local": ("S1",),
        "services.force_national": ("S2", "S3", "S4", "S5"),
    }
    rows = reoptimiser.solve(Variant(Scenario().changed(settings), toy()))
    assert rows.crossing_patients == pytest.approx(190.0)


def test_icbs_move_under_the_best_pairing() -> None:
    """Merging two footprints moves the smaller one; the names of footprints play no part."""
    before = np.array([0b000111, 0b111000], dtype=np.uint64)
    assert list_moved(before, before[::-1], 6) == []
    assert list_moved(before, np.array([0b111111], dtype=np.uint64), 6) in ([0, 1, 2], [3, 4, 5])
    assert list_moved(before, np.array([0b001111, 0b110000], dtype=np.uint64), 6) == [3]


def test_an_icb_beside_a_neighbour_costs_what_keeping_them_together_does(
    reoptimiser: Reoptimiser,
) -> None:
    """Each row is the optimum with the two kept together, by brute force; never below the best."""
    variant = _variant({"footprints.count": 2})
    best = _best_m(variant)
    frame = explain_icb("B1", variant, reoptimiser, silent)
    assert len(frame)
    for row in frame.to_dict("records"):
        pair = ("B1", row["with_icb"])
        together = _best_m(variant.changed({"footprints.keep_together": (pair,)}))
        assert row["difference_m"] == pytest.approx(together - best, abs=1e-6)
        assert row["with_icb"] in row["result"].split()


def test_what_no_time_was_left_for_is_said(
    reoptimiser: Reoptimiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the time ends after the best plan, every neighbour and rule is told as not answered."""
    variant = _variant({"footprints.count": 2})
    base = reoptimiser.solve(variant)

    def solve(asked: Variant) -> Solved:
        if asked is variant:
            return base
        raise TimeoutError

    monkeypatch.setattr(reoptimiser, "solve", solve)
    beside = explain_icb("B1", variant, reoptimiser, silent)
    wished = add_rule("footprints.within_regions=true", variant)
    added = price_additions((variant, wished), ["within"], reoptimiser, silent)
    told = list(_tell_icb(Mock(icb=beside))) + list(_tell_additions(added))
    assert len(beside)
    assert sum("no time left" in line for line in told) == len(beside) + 1


def test_unknown_codes_are_named(reoptimiser: Reoptimiser) -> None:
    """Asking for an ICB or service that is not there is an input fault."""
    with pytest.raises(InputError, match="no such ICB"):
        explain_icb("ZZ", _variant({}), reoptimiser, silent)
    with pytest.raises(InputError, match="no such service"):
        explain_service("ZZ", _variant({}), reoptimiser, silent)


@pytest.mark.parametrize("weight", ["contracting", "volatility", "integration", "holding"])
def test_a_level_flips_at_its_flip_point(weight: str, reoptimiser: Reoptimiser) -> None:
    """Just beyond the stated weight, the same grouping holds the service the other way."""
    settings = {
        "footprints.count": 2,
        "objective.integration": 1.5,
        "objective.holding_cost_m": 0.1,
    }
    variant = _variant(settings)
    reason = explain_service("S1", variant, reoptimiser, silent)
    base = reoptimiser.solve(variant)
    setting = "objective.holding_cost_m" if weight == "holding" else f"objective.{weight}"
    flipped = 0
    for f, row in enumerate(reason.footprints.to_dict("records")):
        at = row[f"flip_{weight}"]
        if not math.isfinite(at) or at <= 0:
            continue
        held = {
            _held(variant, {setting: at * factor}, base.masks, f, reoptimiser)
            for factor in (0.999, 1.001)
        }
        assert held == {"national", "footprint"}
        flipped += 1
    assert flipped


def _held(
    variant: Variant,
    settings: Mapping[str, object],
    masks: np.ndarray,
    f: int,
    reoptimiser: Reoptimiser,
) -> str:
    changed = variant.changed(dict(settings))
    system = reoptimiser.feasibility.lists.system(changed)
    choice, _ = settle_levels(system, reoptimiser.feasibility.highs, masks)
    return system.scenario.services.levels[int(choice[f, 0])]


def test_forcing_a_service_costs_what_brute_force_says(reoptimiser: Reoptimiser) -> None:
    """Local everywhere and national everywhere are optima of their own."""
    variant = _variant({"footprints.count": 2})
    forced = explain_service("S2", variant, reoptimiser, silent).forced.set_index("held")
    best = _best_m(variant)
    local = _best_m(variant.changed({"services.force_local": ("S2",)}))
    national = _best_m(variant.changed({"services.force_national": ("S2",)}))
    assert forced.loc["local", "difference_m"] == pytest.approx(local - best, abs=1e-6)
    assert forced.loc["national", "difference_m"] == pytest.approx(national - best, abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_repair_moves_as_few_as_any_plan_that_obeys(count: int, reoptimiser: Reoptimiser) -> None:
    """Fewest moves over every division of the map, and the cheapest of these, by brute force."""
    variant = _variant(
        {"footprints.count": count, "footprints.keep_apart": (("A1", "B1"),) * (count > 1)}
    )
    groups: dict[str, tuple[str, ...]] = {
        "west": ("A1", "B1"),
        "middle": ("A2", "B2"),
        "east": ("A3", "B3"),
    }
    given = given_masks(groups, tuple(SIX.icbs["icb"]))
    found = repair_plan(variant, given, reoptimiser, silent)
    frame = SIX.plans["rows"].assign(
        footprint=[f for i in SIX.plans["rows"]["icb"] for f, g in groups.items() if i in g]
    )
    best = {}
    for most in range(7):
        near = {"footprints.baseline": "rows", "footprints.max_moved": most}
        case = make_case(replace(SIX, plans={"rows": frame}), {**_settings(variant), **near})
        best[most] = find_best(case.dataset, case.scenario)
    fewest = min(most for most, plan in best.items() if plan is not None)
    assert found.fewest == fewest
    assert found.solved.cost_m == pytest.approx(best[fewest].cost_m)
    assert len(found.moves) == fewest


def _settings(variant: Variant) -> dict[str, object]:
    rules = variant.scenario.footprints
    return {"footprints.count": rules.count, "footprints.keep_apart": rules.keep_apart}


def test_a_plan_that_obeys_is_left_alone(reoptimiser: Reoptimiser) -> None:
    """Nothing moves when nothing is broken."""
    given = given_masks(
        {"north": ("A1", "A2", "A3"), "middle": ("B1", "B2", "B3")}, tuple(SIX.icbs["icb"])
    )
    assert repair_plan(_variant({"footprints.count": 2}), given, reoptimiser, silent).fewest == 0


MORE_REPAIRS: tuple[Mapping[str, object], ...] = (
    {"footprints.baseline": "rows", "footprints.max_moved": 1, "footprints.count": (1, 4)},
    {"services.portfolio": "uniform", "footprints.count": 2},
    {"services.portfolio": "uniform", "services.force_local": ("S2",)},
    {"services.portfolio": "uniform", "footprints.count": (4, 6), "objective.integration": 3.0},
)


@pytest.mark.parametrize(
    "settings",
    [
        {"footprints.baseline": "columns", "footprints.max_moved": 3, "footprints.count": (2, 4)},
        {"services.portfolio": "uniform", "services.min_local_spend_m": 60.0},
        *(pytest.param(settings, marks=pytest.mark.long) for settings in MORE_REPAIRS),
    ],
)
def test_a_repair_that_looks_plan_by_plan_is_that_of_brute_force(
    settings: Mapping[str, object], reoptimiser: Reoptimiser
) -> None:
    """With moves limited against another plan, or one portfolio: fewest moves, then least cost."""
    variant = _variant({"footprints.keep_apart": (("A1", "B1"),), **settings})
    icbs = tuple(SIX.icbs["icb"])
    given = given_masks({"west": ("A1", "B1"), "east": ("A2", "A3", "B2", "B3")}, icbs)
    found = repair_plan(variant, given, reoptimiser, silent)
    best = (math.inf, math.inf)
    for groups in _partitions(list(icbs)):
        masks = given_masks({str(k): tuple(g) for k, g in enumerate(groups)}, icbs)
        moved = len(list_moved(given, masks, len(icbs)))
        if moved <= best[0]:
            cost = _best_m(variant.changed({"footprints.fixed": tuple(map(tuple, groups))}))
            best = min(best, (moved if math.isfinite(cost) else math.inf, cost))
    assert (found.fewest, found.solved.cost_m) == (best[0], pytest.approx(best[1]))


def _partitions(icbs: list[str]) -> Iterator[list[list[str]]]:
    """Every way to divide ICBs into groups."""
    if not icbs:
        yield []
        return
    for groups in _partitions(icbs[1:]):
        yield [[icbs[0]], *groups]
        for k, group in enumerate(groups):
            yield [*groups[:k], [icbs[0], *group], *groups[k + 1 :]]


UNIFORM: Mapping[str, object] = {**BASE, "services.portfolio": "uniform"}


def test_prices_under_one_portfolio_are_those_of_brute_force(reoptimiser: Reoptimiser) -> None:
    """Every row of the table where each service has one level for all."""
    variant = _variant(UNIFORM)
    rules = {rule.name: rule for rule in list_rules(variant)}
    prices = price_rules(variant, reoptimiser, silent).set_index("rule")
    base = _best_m(variant)
    for name, row in prices.iterrows():
        price = base - _best_m(rules[str(name)].off(variant))
        assert row["price_m"] == pytest.approx(price, abs=1e-6), name


def test_reasons_under_one_portfolio_are_those_of_brute_force(reoptimiser: Reoptimiser) -> None:
    """An ICB beside each neighbour, and a service forced each way, are optima of their own."""
    variant = _variant({"footprints.count": 2, "services.portfolio": "uniform"})
    best = _best_m(variant)
    frame = explain_icb("B1", variant, reoptimiser, silent)
    for row in frame.to_dict("records"):
        pair = ("B1", row["with_icb"])
        together = _best_m(variant.changed({"footprints.keep_together": (pair,)}))
        assert row["difference_m"] == pytest.approx(together - best, abs=1e-6)
    reason = explain_service("S2", variant, reoptimiser, silent)
    forced = reason.forced.set_index("held")
    for held in ("local", "national"):
        other = _best_m(variant.changed({f"services.force_{held}": ("S2",)}))
        assert forced.loc[held, "difference_m"] == pytest.approx(other - best, abs=1e-6)
    assert len(set(reason.footprints["level"])) == 1


def test_a_re_solve_reuses_what_was_measured(reoptimiser: Reoptimiser) -> None:
    """Filtering again gives the same optimum as solving afresh, in any order of questions."""
    variants = [
        _variant({"footprints.count": count, "footprints.members": (1, members)})
        for count, members in itertools.product((2, 3), (3, 4))
    ]
    for variant in variants:
        assert reoptimiser.solve(variant).cost_m == pytest.approx(_best_m(variant))


def test_the_best_plan_is_scored_alike_elsewhere(reoptimiser: Reoptimiser) -> None:
    """The frames of a re-solve tell the cost that scoring its grouping gives."""
    variant = _variant({"footprints.count": 2})
    plan = reoptimiser.solve(variant).make_plan()
    case = make_case(SIX, {"footprints.count": 2})
    again = score_case(case, reoptimiser.feasibility.highs, dict(plan.grouping), None, None)
    assert again.plan.objective == pytest.approx(plan.objective)
