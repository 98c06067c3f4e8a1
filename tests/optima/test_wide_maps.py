"""Laws of maps with more areas than a machine word has bits."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from optima.test_toy_country import EVERY_SERVICE, MAP_RULES, SIX, TOTALS, USUAL
from support.cases import cut_out, make_case, toy

from optimiser.arrays import Bools, Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.near_optimal.plans import list_near_best
from optimiser.errors import UnsupportedError
from optimiser.footprints import candidates
from optimiser.footprints.candidates import (
    Candidates,
    as_masks,
    count_members,
    count_shared,
    membership,
    sum_over_members,
)
from optimiser.footprints.listing import list_by_pieces, list_candidates, list_pieces
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import build_system
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.questions.case import Case
from optimiser.questions.evaluate import score_case
from optimiser.questions.solve import solve_case

UNIFORM = {"services.portfolio": "uniform", "footprints.population_m": (1.0, 5.0)}
PARTS = 8
WITHOUT_AREAS = {
    "footprints.population_m": (1.0, 5.0),
    "services.categories": ("ready", "not_yet"),
    "services.year": 2025,
    "objective.integration": 4.0,
    "objective.sharing_loss": 0.0,
    "objective.committee_cost_m": 1.0,
}
"""Settings under which it does not matter how finely an ICB is divided: mixing does."""


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as process:
        yield process


@pytest.fixture(scope="module")
def divided() -> Dataset:
    """The toy country with each of its nine ICBs divided in eight: 72 areas."""
    return divide(toy(), PARTS)


def divide(dataset: Dataset, parts: int) -> Dataset:
    """Every ICB as a chain of equal parts; its providers and links are in and of the first."""
    icbs, near = dataset.icbs, dataset.neighbours
    people = ["population", "registered_population", "weighted_population"]
    chains = [(f"{i}.{k}", f"{i}.{k + 1}") for i in icbs["icb"] for k in range(parts - 1)]
    chain = pd.DataFrame(chains, columns=["a", "b"]).assign(kind="land", border_km=10.0, reason="")
    hosts = dataset.providers["icb"]
    plans = {name: _repeated(plan, ["icb"], parts) for name, plan in dataset.plans.items()}
    plans["wholes"] = _repeated(icbs[["icb"]].assign(footprint=icbs["icb"]), ["icb"], parts)
    assert dataset.readiness is not None
    return replace(
        dataset,
        icbs=_shared(_repeated(icbs, ["icb"], parts), people, parts),
        neighbours=pd.concat(
            [near.assign(a=near["a"] + ".0", b=near["b"] + ".0"), chain], ignore_index=True
        ),
        providers=dataset.providers.assign(icb=hosts.where(hosts == "", hosts + ".0")),
        flows=_shared(_repeated(dataset.flows, ["icb"], parts), ["patients", "spend_m"], parts),
        travel=None,
        readiness=_repeated(dataset.readiness, ["icb"], parts),
        funding=None,
        plans=plans,
    )


def _repeated(table: pd.DataFrame, columns: list[str], parts: int) -> pd.DataFrame:
    copies = [table.assign(**{c: table[c] + f".{k}" for c in columns}) for k in range(parts)]
    return pd.concat(copies).sort_index(kind="stable").reset_index(drop=True)


def _shared(table: pd.DataFrame, columns: list[str], parts: int) -> pd.DataFrame:
    return table.assign(**{column: table[column] / parts for column in columns})


def test_masks_of_objects_count_as_words_do() -> None:
    """Members, sums, counts and hashes do not depend on how a mask is kept."""
    draw = random.Random(3)
    values = [draw.getrandbits(40) for _ in range(50)]
    words, objects = as_masks(values, 40), np.array(values, dtype=object)
    amounts = np.random.default_rng(3).random(40)
    assert (membership(words, 40) == membership(objects, 40)).all()
    assert (sum_over_members(words, amounts) == sum_over_members(objects, amounts)).all()
    assert (count_members(words) == count_members(objects)).all()
    assert (count_shared(words, words[:7]) == count_shared(objects, objects[:7])).all()


def test_masks_of_a_hundred_areas() -> None:
    """Every bit of a mask beyond the 64th is a member like any other."""
    sets = [{0, 99}, {63, 64, 65}, set(range(100))]
    masks = as_masks((sum(1 << i for i in members) for members in sets), 100)
    assert [set(np.flatnonzero(row)) for row in membership(masks, 100)] == sets
    assert count_members(masks).tolist() == [2, 3, 100]
    assert sum_over_members(masks, np.arange(100.0)).tolist() == [99.0, 192.0, 4950.0]
    assert count_shared(masks, masks).tolist() == [[2, 0, 2], [0, 3, 3], [2, 3, 100]]
    assert len(Candidates(masks, 100).hash()) == 64


@pytest.mark.parametrize("seed", range(12))
def test_pieces_list_what_keeps_groups_together(seed: int) -> None:
    """Sets of pieces are exactly the connected sets that part no group, each once."""
    draw = random.Random(seed)
    size = 7
    links = {(draw.randrange(k), k) for k in range(1, size)}
    links |= {(min(pair), max(pair)) for pair in (draw.sample(range(size), 2) for _ in range(3))}
    groups = [sum(1 << i for i in draw.sample(range(size), draw.choice([2, 3]))) for _ in range(2)]
    near = [sum(1 << j for j in range(size) if {(i, j), (j, i)} & links) for i in range(size)]

    def stays(masks: Masks) -> Bools:
        return np.array([all(m & g in (0, g) for g in groups) for m in masks.tolist()], dtype=bool)

    def everything(masks: Masks) -> Bools:
        return np.ones(len(masks), dtype=bool)

    pieces = list_pieces(as_masks(near, size), groups)
    found = list_by_pieces(as_masks(near, size), pieces, everything)
    found = found[stays(found)]
    assert sum(pieces) == (1 << size) - 1
    expected = [
        mask
        for mask in range(1, 1 << size)
        if stays(np.array([mask]))[0] and _in_one_piece(mask, near)
    ]
    assert found.tolist() == expected


def _in_one_piece(mask: int, near: list[int]) -> bool:
    found = mask & -mask
    while True:
        wider = found
        for i, reach in enumerate(near):
            if found >> i & 1:
                wider |= reach & mask
        if wider == found:
            return found == mask
        found = wider


CASES = {**MAP_RULES, **TOTALS, "one level for all": UNIFORM}


@pytest.mark.parametrize("name", list(CASES)[::3])
def test_wide_masks_change_no_plan(
    name: str, highs: Highs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Solved with masks of objects, a third of the toy's cases keep their candidates and plan."""
    settings = {**USUAL, **CASES[name]}
    dataset = cut_out(toy(), SIX, EVERY_SERVICE) if name in TOTALS else toy()
    word = make_case(dataset, settings)
    narrow, listed = (
        solve_case(word, highs),
        list_candidates(word.system, footprint_rules(word.system)),
    )
    monkeypatch.setattr(candidates, "WORD", 4)
    case = make_case(dataset, settings)
    wide = solve_case(case, highs)
    assert case.system.neighbours.dtype == object
    again = list_candidates(case.system, footprint_rules(case.system))
    assert again.masks.tolist() == listed.masks.tolist()
    assert wide.outcome.objective == pytest.approx(narrow.outcome.objective, abs=1e-9)
    assert wide.outcome.bound == pytest.approx(narrow.outcome.bound, abs=1e-9)


@pytest.mark.parametrize(
    "changes", [{}, {"services.portfolio": "uniform"}, {"footprints.count": 4}]
)
def test_a_divided_country_kept_whole_has_its_plan(
    divided: Dataset, highs: Highs, changes: Mapping[str, object]
) -> None:
    """Each ICB in eight parts that stay together: as many candidates, the same footprints and cost."""
    settings = {**WITHOUT_AREAS, **changes}
    plain = solve_case(make_case(toy(), settings), highs)
    parted = solve_case(_kept_whole(divided, settings), highs)
    assert parted.outcome.scope.candidates == plain.outcome.scope.candidates
    assert parted.outcome.objective == pytest.approx(plain.outcome.objective, rel=1e-9)
    assert {frozenset(i.split(".")[0] for i in group) for group in parted.grouping.values()} == {
        frozenset(group) for group in plain.grouping.values()
    }


def _kept_whole(dataset: Dataset, settings: Mapping[str, object]) -> Case:
    scenario = Scenario().changed({**settings, "footprints.keep_whole": "wholes"})
    system = build_system(dataset, scenario)
    return Case(system.scenario, dataset, system)


def test_near_best_plans_of_a_divided_country(divided: Dataset, highs: Highs) -> None:
    """Kept whole, the divided country has as many plans within a quarter of the best, at their costs."""
    costs = []
    for case in (make_case(toy(), WITHOUT_AREAS), _kept_whole(divided, WITHOUT_AREAS)):
        best = solve_case(case, highs).objective
        near = list_near_best(case.system, highs, best, 0.25 * best)
        assert near.ended == "complete"
        costs.append(sorted(near.cost_m))
    assert len(costs[0]) > 3, costs
    assert costs[1] == pytest.approx(costs[0], rel=1e-9)


def test_a_given_plan_is_scored_at_any_size(divided: Dataset, highs: Highs) -> None:
    """The rows of the divided country cost what the rows of the country cost."""
    plain = score_case(make_case(toy(), WITHOUT_AREAS), highs, "rows", None, None)
    parted = score_case(make_case(divided, WITHOUT_AREAS), highs, "rows", None, None)
    assert parted.plan.objective == pytest.approx(plain.plan.objective, rel=1e-9)
    assert parted.broken_rules == plain.broken_rules


def test_what_is_not_priced_names_both_ways_out(divided: Dataset, highs: Highs) -> None:
    """72 areas of which none are kept together, under a rule that needs a list: what to do instead."""
    with pytest.raises(UnsupportedError) as error:
        solve_case(make_case(divided, {**WITHOUT_AREAS, "services.max_leakage_m": 9.0}), highs)
    assert "72 areas" in str(error.value)
    assert "max_leakage_m" in str(error.value)
    assert "keep_whole" in str(error.value)
    assert "footprints carry" in str(error.value)
