"""Clashes and relaxations, held to brute force: the impossible is so, and what is offered works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest
from support.brute import find_best
from support.cases import cut_out, make_case, toy

from optimiser.deadline import Deadline, OutOfTimeError
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.relaxation.master import Rows
from optimiser.errors import StoppedWithoutPlanError
from optimiser.footprints.levels import cost_groups
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.progress import silent
from optimiser.questions.explain.candidate_lists import CandidateLists, list_around, near_rules
from optimiser.questions.explain.conflict_set import find_conflict_set, relevant_rules, without
from optimiser.questions.explain.feasibility import Feasibility, Verdict
from optimiser.questions.explain.impossible import explain_impossible
from optimiser.questions.explain.limits import measure_amounts
from optimiser.questions.explain.map_rules import list_rules
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved
from optimiser.questions.explain.rules import Variant

SIX = cut_out(toy(), ("A1", "A2", "A3", "B1", "B2", "B3"), ("S1", "S2", "S3", "S4", "S6"))
IMPOSSIBLE: Mapping[str, Mapping[str, object]] = {
    "too many people to check for": {
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


def _variant(settings: Mapping[str, object]) -> Variant:
    return Variant(Scenario().changed(settings), SIX)


def _feasibility(highs: Highs) -> Feasibility:
    return Feasibility(highs, Deadline.after(900), patience=300)


def _curt(highs: Highs) -> Feasibility:
    return Feasibility(highs, Deadline.after(900), longest=12)


def _possible(variant: Variant) -> bool:
    return find_best(variant.dataset, variant.scenario) is not None


@pytest.mark.long
@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_clash_is_impossible_and_minimal_and_ways_out_work(name: str, highs: Highs) -> None:
    """Brute force finds no plan under the clash, one without any rule of it, and the stated costs."""
    variant = _variant(IMPOSSIBLE[name])
    found = explain_impossible(variant, Reoptimiser(_feasibility(highs)), silent)
    assert found is not None
    assert found.minimal
    assert not _possible(variant)
    others = [r for r in list_rules(variant) if r.name not in {one.name for one in found.clash}]
    alone = without(variant, others)
    assert not _possible(alone)
    for rule in found.clash:
        assert _possible(rule.off(alone)), rule.name
    assert len(found.relaxations)
    for row in found.relaxations.to_dict("records"):
        changed = variant.scenario.changed(
            {key: _read(value) for key, value in row["settings"].items()}
        )
        if row["settings"] and "services.min_providers" not in row["rules"]:
            best = find_best(variant.dataset, changed)
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
    variant = _variant(IMPOSSIBLE["too many people to check for"])
    found = explain_impossible(variant, Reoptimiser(_feasibility(highs)), silent)
    assert found is not None
    floors = found.relaxations[found.relaxations["rules"] == "footprints.population_m floor"]
    floor, ceiling = floors.iloc[0]["settings"]["footprints.population_m"]
    assert _possible(variant.changed({"footprints.population_m": (floor, ceiling)}))
    assert not _possible(variant.changed({"footprints.population_m": (floor + 0.1, ceiling)}))


def test_a_possible_scenario_has_no_clash(highs: Highs) -> None:
    """None is the answer where a plan exists."""
    feasibility = _feasibility(highs)
    assert (
        explain_impossible(_variant({"footprints.count": 2}), Reoptimiser(feasibility), silent)
        is None
    )


def test_no_time_is_said_rather_than_guessed(highs: Highs) -> None:
    """When time runs out before the first answer, it is not settled whether a plan exists."""
    reoptimiser = Reoptimiser(Feasibility(highs, Deadline.after(-1)))
    with pytest.raises(StoppedWithoutPlanError, match="not settled"):
        explain_impossible(_variant({"footprints.count": 2}), reoptimiser, silent)


def test_a_stage_that_begins_after_the_deadline_is_no_error(highs: Highs) -> None:
    """The last of the relaxations may find no time left: only a question asked in its stage says so."""
    feasibility = Feasibility(highs, Deadline.after(-1))
    with feasibility.sharing(0.5), pytest.raises(OutOfTimeError):
        feasibility.deadline.left()


def test_a_clash_that_is_not_proven_minimal_says_so(highs: Highs) -> None:
    """When time runs out in the deletion filter, the rules left are not called minimal."""
    variant = _variant(IMPOSSIBLE["too many people to check for"])
    feasibility = _Hurried(highs, Deadline.after(900), patience=300)
    conflict = find_conflict_set(feasibility, variant, relevant_rules(variant))
    assert not conflict.minimal
    assert set(conflict.unsure) <= {rule.name for rule in conflict.rules}
    alone = without(variant, [r for r in list_rules(variant) if r not in conflict.rules])
    for rule in conflict.rules:
        assert rule.name in conflict.unsure or _possible(rule.off(alone)), rule.name


class _Hurried(Feasibility):
    """Has time for two questions."""

    def check(self, variant: Variant, patience: float | None = None) -> Verdict:
        if self.checks >= 2:
            raise TimeoutError
        return super().check(variant, patience)


@pytest.mark.parametrize("name", [*IMPOSSIBLE, "possible"])
def test_the_fast_question_agrees_with_brute_force(name: str, highs: Highs) -> None:
    """For every variant with one rule off, the feasibility question gives brute force's answer."""
    variant = _variant(IMPOSSIBLE.get(name, {"footprints.count": (2, 4)}))
    feasibility = _feasibility(highs)
    for rule in relevant_rules(variant)[-4:]:
        looser = rule.off(variant)
        assert feasibility.check(looser).possible is _possible(looser), rule.name


@pytest.mark.long  # compiles walk and costs
@pytest.mark.parametrize("name", [*IMPOSSIBLE, "possible"])
def test_lists_too_long_for_python_are_settled_as_the_solve_does(name: str, highs: Highs) -> None:
    """Where a list is cut, compiled code makes it whole: nothing is left open that brute force knows."""
    variant = _variant(IMPOSSIBLE.get(name, {"footprints.count": (2, 4)}))
    feasibility = Feasibility(highs, Deadline.after(900), longest=12, patience=300)
    assert feasibility.check(variant).possible is _possible(variant)


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
    answer = _curt(highs).check(_variant({**corner, "footprints.population_m": (1.0, 9.0)}))
    assert answer.possible is False
    assert "A1" in answer.cause
    free = _curt(highs).check(_variant({"footprints.population_m": (1.2, 9.0)}))
    assert free.possible is True


def test_without_time_for_the_best_plan_a_way_out_still_names_one_that_obeys(highs: Highs) -> None:
    """The cost of a plan at hand is told as not proven, and is no less than the best."""
    variant = _variant(IMPOSSIBLE["too few members"])
    reoptimiser = _Pressed(_feasibility(highs))
    found = explain_impossible(variant, reoptimiser, silent)
    assert found is not None
    for row in found.relaxations.to_dict("records"):
        settings = {key: _read(value) for key, value in row["settings"].items()}
        best = find_best(variant.dataset, variant.scenario.changed(settings))
        assert best is not None
        assert not row["proven"]
        assert row["cost_m"] >= best.cost_m - 1e-9


class _Pressed(Reoptimiser):
    """Never has time to find the best plan."""

    def _solve(self, variant: Variant, rows: Rows | None) -> Solved:
        raise TimeoutError


@pytest.mark.parametrize("minutes", [30.0, 45.0, 60.0])
@pytest.mark.parametrize("contiguous", [True, False])
def test_travel_prunes_a_list_without_losing_a_footprint(minutes: float, contiguous: bool) -> None:
    """The list that is pruned by nearness to one ICB is the one that is filtered afterwards."""
    settings = {"footprints.max_travel_minutes": minutes, "footprints.contiguous": contiguous}
    variant = _variant(settings)
    listed = CandidateLists().list(variant, 10_000)
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
