"""Explanations where footprints are priced, and of more than 64 areas: those of another method."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from optima.test_wide_maps import PARTS, WITHOUT_AREAS, divide
from support.cases import country, make_case, path_graph, toy
from support.countries import random_country

from optimiser.arrays import Bools, Masks
from optimiser.cli.reasons import list_paragraphs
from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import find_priced_plan
from optimiser.errors import NoPlanError
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.rules import footprint_rules
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario, with_groups
from optimiser.progress import silent
from optimiser.questions.explain import candidate_lists
from optimiser.questions.explain import prices as prices_module
from optimiser.questions.explain.answers import explain
from optimiser.questions.explain.differences import list_moved, state_range
from optimiser.questions.explain.feasibility import Feasibility
from optimiser.questions.explain.icb_reasons import explain_icb
from optimiser.questions.explain.impossible import explain_impossible
from optimiser.questions.explain.map_rules import list_rules
from optimiser.questions.explain.presolve import obeys_map
from optimiser.questions.explain.prices import price_rules
from optimiser.questions.explain.reoptimise import Reoptimiser
from optimiser.questions.explain.repair import repair_plan
from optimiser.questions.explain.rules import Variant
from optimiser.questions.explain.service_reasons import explain_service

LINE = 66
"""Areas in a row: their footprints are stretches of it, of which the best division is summed up."""
COUNTRIES = 4


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all tests here."""
    with Highs() as process:
        yield process


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no list could be made of any map."""
    monkeypatch.setattr(
        candidate_lists,
        "list_bounded",
        lambda system, *_: (as_masks((), system.size), 0),
    )


def _ask(highs: Highs) -> Reoptimiser:
    return Reoptimiser(Feasibility(highs, Deadline.after(900), patience=300))


def _grouped(dataset: Dataset, settings: Mapping[str, object]) -> Variant:
    return Variant(with_groups(Scenario().changed(settings), dataset), dataset)


def test_a_divided_country_kept_whole_has_its_prices(highs: Highs) -> None:
    """72 areas in the parts of nine ICBs: what each rule costs is what it costs the nine."""
    settings = {**WITHOUT_AREAS, "footprints.count": (2, 3)}
    whole = {**settings, "footprints.keep_whole": "wholes"}
    parted = _grouped(divide(toy(), PARTS), whole)
    few = price_rules(_grouped(toy(), settings), _ask(highs), silent).set_index("rule")
    asked, base = _ask(highs), _ask(highs).solve(parted).cost_m
    compared = [rule for rule in list_rules(parted) if rule.name in few.index]
    assert len(compared) == len(few) >= 4
    for rule in compared:
        price = base - asked.solve(rule.off(parted)).cost_m
        assert price == pytest.approx(few.loc[rule.name, "price_m"], abs=1e-6), rule.name
    assert few["binding"].any()


@pytest.mark.long  # without the rules that keep areas together, 72 areas are priced
def test_a_divided_country_kept_whole_can_be_as_impossible(highs: Highs) -> None:
    """Its clash is that of the country: windows that no number of footprints fits."""
    settings = {**WITHOUT_AREAS, "footprints.count": 4, "footprints.population_m": (3.0, 5.0)}
    clashes = []
    for dataset, more in ((toy(), {}), (divide(toy(), PARTS), {"footprints.keep_whole": "wholes"})):
        found = explain_impossible(_grouped(dataset, {**settings, **more}), _ask(highs), silent)
        assert found is not None
        clashes.append({rule.name for rule in found.clash})
    assert clashes[0] == clashes[1]


RULES: Mapping[str, object] = {
    "footprints.count": (2, 3),
    "footprints.members": (1, 5),
    "footprints.keep_apart": (("N0", "N1"),),
    "footprints.max_travel_minutes": 150.0,
}


@pytest.mark.long  # compiling the search
@pytest.mark.parametrize("seed", range(COUNTRIES))
def test_priced_answers_are_the_listed_ones(
    seed: int, highs: Highs, request: pytest.FixtureRequest
) -> None:
    """Prices, an ICB, a service and a repair on random countries: the same table either way."""
    variant = _country(seed)
    try:
        listed = _answers(variant, _ask(highs))
    except NoPlanError:
        listed = None
    request.getfixturevalue("unlisted")
    if listed is None:
        with pytest.raises(NoPlanError):
            _ask(highs).solve(variant)
        return
    for one, other in zip(listed, _answers(variant, _ask(highs)), strict=True):
        pd.testing.assert_frame_equal(one, other, rtol=1e-6, atol=1e-6)


def _country(seed: int) -> Variant:
    dataset = random_country(seed, size=7)
    named = dataset.icbs.assign(name=dataset.icbs["icb"])
    return Variant(Scenario().changed(RULES), replace(dataset, icbs=named))


def _answers(variant: Variant, asked: Reoptimiser) -> list[pd.DataFrame]:
    icbs = variant.dataset.icbs["icb"]
    given = as_masks([0b0000111, 0b1111000], len(icbs))
    repaired = repair_plan(variant, given, asked, silent)
    assert repaired.at_least == repaired.fewest
    tables = [
        price_rules(variant, asked, silent).sort_values("rule", ignore_index=True),
        explain_icb(icbs[0], variant, asked, silent).sort_values("with_icb", ignore_index=True),
        explain_service("S0", variant, asked, silent).forced,
    ]
    costs = ["rule", "with_icb", "held", "binding", "price_m", "difference_m", "possible", "proven"]
    told = pd.DataFrame({"moves": [repaired.fewest], "cost_m": [repaired.solved.cost_m]})
    return [*(table[[c for c in costs if c in table]] for table in tables), told]


@pytest.mark.long
def test_the_tables_that_are_compared_hold_both_answers(highs: Highs) -> None:
    """Some countries have a plan, some rules bind and some are free: nothing is compared in vain."""
    binding = set[object]()
    for seed in range(COUNTRIES):
        variant = _country(seed)
        try:
            binding |= set(price_rules(variant, _ask(highs), silent)["binding"])
        except NoPlanError:
            continue
    assert binding == {True, False}


@cache
def line() -> Dataset:
    """66 areas in a row, unlike in people and flows."""
    draw = random.Random(5)
    links = path_graph(LINE)
    icbs = sorted({i for link in links for i in link})
    flows = {("S", i, i): draw.uniform(1, 3) for i in icbs}
    flows |= {("S", *pair): draw.uniform(0.1, 2) for a, b in links for pair in ((a, b), (b, a))}
    people = {i: float(draw.randrange(200_000, 900_000)) for i in icbs}
    dataset = country(flows, icbs, links, people)
    return replace(dataset, icbs=dataset.icbs.assign(name=dataset.icbs["icb"]))


LINE_RULES: Mapping[str, object] = {
    "footprints.count": (14, 16),
    "footprints.population_m": (1.5, 4.0),
    "footprints.members": (2, 7),
    "footprints.keep_apart": (("n10", "n11"), ("n30", "n31")),
    "objective.leakage": 1.0,
}


def _best_of_line(variant: Variant) -> float:
    """The least cost of a division of the row, by the best of every first stretch."""
    system = make_case(variant.dataset, {}).system
    system = replace(candidate_lists.CandidateLists().system(variant), icbs=system.icbs)
    ends = [(a, b) for a in range(LINE) for b in range(a + 1, LINE + 1)]
    masks: Masks = as_masks(((1 << b) - (1 << a) for a, b in ends), LINE)
    keeps: Bools = np.all([rule.keeps(masks) for rule in footprint_rules(system)], axis=0)
    cost = CandidateCosts(system, masks).priced({})[0]
    priced = {end: c for end, c, kept in zip(ends, cost, keeps, strict=True) if kept}
    low, high = variant.scenario.footprints.count_window
    most = min(high, LINE)
    best = np.full((most + 1, LINE + 1), math.inf)
    best[0, 0] = 0.0
    for (a, b), c in sorted(priced.items(), key=lambda item: item[0][1]):
        best[1:, b] = np.minimum(best[1:, b], best[:-1, a] + c)
    return float(best[low:, LINE].min())


@pytest.mark.long  # compiling the search
def test_prices_on_a_line_of_66_areas_are_those_of_its_best_divisions(
    highs: Highs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each rule dropped alone, against the best division by dynamic programming; all are proven."""
    variant = Variant(Scenario().changed(LINE_RULES), line())
    stretches = [rule for rule in list_rules(variant) if rule.name != "footprints.contiguous"]
    monkeypatch.setattr(prices_module, "list_rules", lambda _: stretches)
    prices = price_rules(variant, _ask(highs), silent).set_index("rule")
    rules = {rule.name: rule for rule in stretches}
    base, compared = _best_of_line(variant), 0
    for name, row in prices.iterrows():
        price = base - _best_of_line(rules[str(name)].off(variant))
        assert row["proven"], name
        assert row["price_m"] == pytest.approx(price, abs=1e-6 * base), name
        compared += 1
    assert compared >= 7
    assert prices["binding"].eq(True).any()
    assert prices["binding"].eq(False).any()


@pytest.mark.long  # compiling the search
def test_a_repair_on_a_line_moves_as_few_as_can(highs: Highs) -> None:
    """A plan that parts what is kept together at one border: one area moves."""
    variant = Variant(Scenario().changed(LINE_RULES), line())
    best = _ask(highs).solve(variant)
    border = next(k for k in range(1, LINE) if _moved_border(best.masks, k) is not None)
    given = _moved_border(best.masks, border)
    assert given is not None
    held = (best.system.icbs[border - 1], best.system.icbs[border])
    together = variant.changed({"footprints.keep_together": (held,)})
    found = repair_plan(together, given, _ask(highs), silent)
    assert found.at_least == found.fewest == len(list_moved(given, found.solved.masks, LINE))
    assert obeys_map(found.solved.system, found.solved.masks)


def _moved_border(masks: Masks, k: int) -> Masks | None:
    """The division with area k moved over the border before it; None where there is none, or no room."""
    left = [m for m in masks if int(m) >> (k - 1) & 1]
    right = [m for m in masks if int(m) >> k & 1]
    if left == right or int(right[0]).bit_count() < 3:
        return None
    changed = {left[0]: left[0] | 1 << k, right[0]: right[0] & ~(1 << k)}
    return as_masks((changed.get(m, m) for m in masks), LINE)


@pytest.mark.long  # compiling the search
def test_any_plan_obeys_the_rules(highs: Highs) -> None:
    """On the line, where only that is asked: every rule of the map."""
    case = make_case(line(), LINE_RULES)
    assert obeys_map(case.system, find_priced_plan(case.system, highs, 600))


@pytest.mark.long  # compiling the search
def test_every_answer_on_a_line_is_told_in_words() -> None:
    """An area, a service, a rule added and a repair in one explanation: nothing is left out."""
    icbs = line().icbs["icb"]
    found = explain(
        Scenario().changed(LINE_RULES),
        line(),
        icb="n20",
        service="S",
        add=["footprints.members=[2, 5]"],
        repair={f"F{k}": list(icbs[k : k + 6]) for k in range(0, LINE, 6)},
        seconds=600,
    )
    text = "\n".join(list_paragraphs(found))
    assert not found.not_answered
    assert "not proven" not in text
    assert "The best plan scores" in text
    assert "fewer are proven not to do" in text


@pytest.mark.parametrize(
    ("low", "high", "least", "words"),
    [
        (1.0, 2.5, -math.inf, "it is between 1.00 and 2.50"),
        (-3.0, 2.5, 0.0, "it is between 0.00 and 2.50"),
        (-math.inf, 2.5, -math.inf, "it is at most 2.50"),
        (1.0, math.inf, 0.0, "it is at least 1.00"),
        (-1.0, math.inf, 0.0, "no bound on it was proven in time"),
        (-math.inf, math.inf, -math.inf, "no bound on it was proven in time"),
    ],
)
def test_what_is_not_proven_is_told_with_what_is(
    low: float, high: float, least: float, words: str
) -> None:
    """Either end, both, or neither."""
    assert state_range(low, high, least) == words
