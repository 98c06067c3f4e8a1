"""Clashes and ways out, held to brute force: what is called impossible is, and what is offered works."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest
from support.brute import find_best
from support.cases import cut_out, make_case, toy

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.relaxation.master import Rows
from optimiser.errors import StoppedWithoutPlanError
from optimiser.footprints.levels import cost_groups
from optimiser.footprints.rules import footprint_rules, list_candidates
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.progress import silent
from optimiser.questions.explain.asking import Answer, Asker
from optimiser.questions.explain.impossible import (
    explain_impossible,
    find_clash,
    relevant_rules,
    without,
)
from optimiser.questions.explain.listing import Lists, Wish, list_around, near_rules
from optimiser.questions.explain.naming import name_rules
from optimiser.questions.explain.resolve import Resolver, Solved
from optimiser.questions.explain.totals import measure_amounts

SIX = cut_out(toy(), ("A1", "A2", "A3", "B1", "B2", "B3"), ("S1", "S2", "S3", "S4", "S6"))
IMPOSSIBLE: Mapping[str, Mapping[str, object]] = {
    "too many people to ask for": {
        "footprints.count": 3,
        "footprints.population_m": (2.5, 6.0),
        "footprints.members": (1, 5),
    },
    "too few members": {"footprints.count": 2, "footprints.members": (1, 2)},
    "an ICB too large": {"footprints.population_m": (0.0, 2.0)},
    "a split map": {"footprints.count": 1, "footprints.within_regions": True},
    "locks": {
        "footprints.count": 2,
        "footprints.keep_apart": (("A1", "B1"), ("A3", "B3"), ("A1", "A3")),
        "footprints.population_m": (1.0, 6.0),
    },
    "a service without providers": {
        "footprints.count": 3,
        "services.force_local": ("S3",),
        "services.categories": ("ready", "not_yet"),
    },
    "money that may not go local": {
        "services.min_local_spend_m": 150.0,
        "footprints.count": (2, 6),
    },
    "moves": {
        "footprints.baseline": "columns",
        "footprints.max_moved": 0,
        "footprints.within_regions": True,
    },
    "too few footprints for the moves": {
        "footprints.count": (1, 2),
        "footprints.baseline": "columns",
        "footprints.max_moved": 1,
    },
    "too many footprints for the moves": {
        "footprints.count": 6,
        "footprints.baseline": "columns",
        "footprints.max_moved": 2,
    },
    "two clashes at once": {
        "footprints.count": 3,
        "footprints.members": (1, 1),
        "footprints.population_m": (0.75, 7.0),
    },
}


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all tests here."""
    with Highs() as process:
        yield process


def _wish(settings: Mapping[str, object]) -> Wish:
    return Wish(Scenario().changed(settings), SIX)


def _asker(highs: Highs) -> Asker:
    return Asker(highs, time.monotonic() + 900, patience=300)


def _curt(highs: Highs) -> Asker:
    return Asker(highs, time.monotonic() + 900, longest=12)


def _possible(wish: Wish) -> bool:
    return find_best(wish.dataset, wish.scenario) is not None


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_clash_is_impossible_and_minimal_and_ways_out_work(name: str, highs: Highs) -> None:
    """Brute force finds no plan under the clash, one without any rule of it, and the stated costs."""
    wish = _wish(IMPOSSIBLE[name])
    found = explain_impossible(wish, Resolver(_asker(highs)), silent)
    assert found is not None
    assert found.minimal
    assert not _possible(wish)
    others = [r for r in name_rules(wish) if r.name not in {one.name for one in found.clash}]
    alone = without(wish, others)
    assert not _possible(alone)
    for rule in found.clash:
        assert _possible(rule.off(alone)), rule.name
    assert len(found.relaxations)
    for row in found.relaxations.to_dict("records"):
        changed = wish.scenario.changed(
            {key: _read(value) for key, value in row["settings"].items()}
        )
        if row["settings"] and "services.min_providers" not in row["rules"]:
            best = find_best(wish.dataset, changed)
            assert best is not None
            assert best.cost_m == pytest.approx(row["cost_m"], rel=1e-6)
    costs = found.relaxations["cost_m"].tolist()
    assert costs == sorted(costs)


def _read(value: object) -> object:
    """A setting as plain JSON gives it back."""
    if isinstance(value, list):
        return tuple(_read(item) for item in value)
    return float("inf") if value == "inf" else value


def test_the_least_change_is_the_least(highs: Highs) -> None:
    """One step less than the number offered is still impossible."""
    wish = _wish(IMPOSSIBLE["too many people to ask for"])
    found = explain_impossible(wish, Resolver(_asker(highs)), silent)
    assert found is not None
    floors = found.relaxations[found.relaxations["rules"] == "footprints.population_m floor"]
    floor, ceiling = floors.iloc[0]["settings"]["footprints.population_m"]
    assert _possible(wish.changed({"footprints.population_m": (floor, ceiling)}))
    assert not _possible(wish.changed({"footprints.population_m": (floor + 0.1, ceiling)}))


def test_a_possible_scenario_has_no_clash(highs: Highs) -> None:
    """None is the answer where a plan exists."""
    asker = _asker(highs)
    assert explain_impossible(_wish({"footprints.count": 2}), Resolver(asker), silent) is None


def test_no_time_is_said_rather_than_guessed(highs: Highs) -> None:
    """When time runs out before the first answer, it is not settled whether a plan exists."""
    resolver = Resolver(Asker(highs, time.monotonic() - 1))
    with pytest.raises(StoppedWithoutPlanError, match="not settled"):
        explain_impossible(_wish({"footprints.count": 2}), resolver, silent)


def test_a_clash_that_is_not_proven_minimal_says_so(highs: Highs) -> None:
    """When time runs out in the deletion filter, the rules left are not called minimal."""
    wish = _wish(IMPOSSIBLE["too many people to ask for"])
    asker = _Hurried(highs, time.monotonic() + 900, patience=300)
    clash = find_clash(asker, wish, relevant_rules(wish))
    assert not clash.minimal
    assert set(clash.unsure) <= {rule.name for rule in clash.rules}
    alone = without(wish, [r for r in name_rules(wish) if r not in clash.rules])
    for rule in clash.rules:
        assert rule.name in clash.unsure or _possible(rule.off(alone)), rule.name


class _Hurried(Asker):
    """Has time for two questions."""

    def ask(self, wish: Wish, patience: float | None = None) -> Answer:
        if self.asked >= 2:
            raise TimeoutError
        return super().ask(wish, patience)


@pytest.mark.parametrize("name", [*IMPOSSIBLE, "possible"])
def test_the_fast_question_agrees_with_brute_force(name: str, highs: Highs) -> None:
    """For every wish with one rule off, the feasibility question gives brute force's answer."""
    wish = _wish(IMPOSSIBLE.get(name, {"footprints.count": (2, 4)}))
    asker = _asker(highs)
    for rule in relevant_rules(wish)[-4:]:
        looser = rule.off(wish)
        assert asker.ask(looser).possible is _possible(looser), rule.name


def test_footprints_around_one_icb_are_those_of_the_whole_list_that_hold_it() -> None:
    """Listed from one ICB outward or as part of the whole map, the candidates are the same."""
    system = make_case(
        SIX, {"footprints.members": (2, 4), "footprints.population_m": (1.0, 5.0)}
    ).system
    rules = footprint_rules(system)
    whole = list_candidates(system, rules).masks
    for i in range(system.size):
        around = list_around(system, i, rules)
        assert around is not None
        assert sorted(around) == sorted(whole[(whole >> np.uint64(i)) & np.uint64(1) == 1])


def test_a_cut_list_still_proves_that_an_icb_is_hemmed_in(
    highs: Highs,
) -> None:
    """When the candidates are too many to list, those around one ICB may still prove a clash."""
    corner = {"footprints.keep_apart": (("A1", "A2"), ("A1", "B1"))}
    answer = _curt(highs).ask(_wish({**corner, "footprints.population_m": (1.0, 9.0)}))
    assert answer.possible is False
    assert "A1" in answer.cause
    free = _curt(highs).ask(_wish({"footprints.population_m": (1.2, 9.0)}))
    assert free.possible is True


def test_without_time_for_the_best_plan_a_way_out_still_names_one_that_obeys(highs: Highs) -> None:
    """The cost of a plan at hand is told as not proven, and is no less than the best."""
    wish = _wish(IMPOSSIBLE["too few members"])
    resolver = _Pressed(_asker(highs))
    found = explain_impossible(wish, resolver, silent)
    assert found is not None
    for row in found.relaxations.to_dict("records"):
        settings = {key: _read(value) for key, value in row["settings"].items()}
        best = find_best(wish.dataset, wish.scenario.changed(settings))
        assert best is not None
        assert not row["proven"]
        assert row["cost_m"] >= best.cost_m - 1e-9


class _Pressed(Resolver):
    """Never has time to find the best plan."""

    def _solve(self, wish: Wish, rows: Rows | None) -> Solved:
        raise TimeoutError


@pytest.mark.parametrize("minutes", [30.0, 45.0, 60.0])
@pytest.mark.parametrize("contiguous", [True, False])
def test_travel_prunes_a_list_without_losing_a_footprint(minutes: float, contiguous: bool) -> None:
    """The list that is pruned by nearness to one ICB is the one that is filtered afterwards."""
    settings = {"footprints.max_travel_minutes": minutes, "footprints.contiguous": contiguous}
    wish = _wish(settings)
    listed = Lists().list(wish, 10_000)
    system = make_case(SIX, settings).system
    assert listed.members is None
    assert near_rules(system)
    whole = list_candidates(system, footprint_rules(system)).masks
    assert sorted(listed.masks) == sorted(whole)


@pytest.mark.parametrize("name", ["local_spend", "local_services"])
@pytest.mark.parametrize("levels", [("national", "footprint"), ("national", "icb", "footprint")])
def test_what_a_footprint_loses_is_what_it_cannot_hold(name: str, levels: tuple[str, ...]) -> None:
    """Everything, less the most that any choice of levels holds."""
    settings = {"services.levels": levels, "services.max_cv": 0.25, "services.min_providers": 2}
    system = make_case(SIX, settings).system
    masks = list_candidates(system, footprint_rules(system)).masks
    costs = cost_groups(system, masks, (name,))
    held = np.where(np.isfinite(costs.cost_m), costs.totals[name], 0.0).max(axis=0).sum(axis=1)
    every = make_case(SIX, {"services.min_providers": 0}).system
    blank = replace(every.services, min_providers=0 * every.services.min_providers,
                    min_spend_m=0 * every.services.min_spend_m)  # fmt: skip
    whole = cost_groups(replace(every, services=blank), masks, (name,)).totals[name][1].sum(axis=1)
    lost = measure_amounts(system, masks, name, floor=True)
    assert lost == pytest.approx(whole - held)
    assert lost.max() > 0
