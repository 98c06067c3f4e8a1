"""Footprints that are priced, not listed: the same as the list has, and the same best plan."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzz.countries import ACROSS, draw_settings
from optima.test_toy_country import MAP_RULES, SERVICE_RULES, USUAL
from support.cases import connected_icbs, cut_out, make_case, toy
from support.countries import random_country
from support.holes import leaves_hole
from support.planar import planar_case
from support.row_prices import draw_prices, reduced_costs

from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.priced.annealing import grow_parts
from optimiser.engine.priced.recombining import recombine
from optimiser.engine.priced.source import PATIENCE, Priced, PricedSource
from optimiser.engine.relaxation.master import Duals, Rows, dual_objective, master_rows
from optimiser.engine.solve import solve_priced, solve_system
from optimiser.errors import NoPlanError, UnsupportedError
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.footprints.unlisted import searching
from optimiser.footprints.unlisted.pricing import build_unlisted
from optimiser.footprints.unlisted.searching import search_all
from optimiser.footprints.unlisted.tables import build_tables, find_grain
from optimiser.inputs.reading.load import read_dataset

FLOORS = ("services.min_local_share_each", "services.min_local_services_each")
OF_MONEY = ("footprints.max_first_year_change", "footprints.max_income_at_risk")
EVERY_RULE: dict[str, Any] = {
    name: rule
    for name, rule in {**MAP_RULES, **SERVICE_RULES}.items()
    if not any(key in rule for key in (*FLOORS, *OF_MONEY))
}
NOT_PRICED = (*ACROSS, *FLOORS, *OF_MONEY, "services.portfolio")
LIMIT = 600.0
"""Seconds of a solve: compiling for the first time counts, on a machine that may be busy."""
LATE = Deadline.after(3_600)
ABOVE = 3.0
"""£m: a threshold above nothing, as where a list is made inside the gap."""


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as process:
        yield process


@pytest.mark.long  # of its minute, forty seconds compile the search
@pytest.mark.parametrize("name", EVERY_RULE)
def test_a_search_finds_what_the_list_has(name: str) -> None:
    """Under each rule: every footprint below a reduced cost, no other, and each at its cost."""
    settings: Mapping[str, object] = {**USUAL, **EVERY_RULE[name]}
    system = make_case(toy(), settings).system
    masks = list_candidates(system, footprint_rules(system)).masks
    assert len(masks)
    cost_m = CandidateCosts(system, masks).priced({})[0]
    prices = draw_prices(system, masks, cost_m, 1)
    reduced = reduced_costs(system, masks, cost_m, prices)
    unlisted = build_unlisted(system, master_rows(system).baseline)
    for place in (len(masks) // 4, len(masks) - 1):
        threshold = float(np.sort(reduced)[place]) + 1e-7
        found = search_all(unlisted, unlisted.at(prices), threshold, LATE)
        below = {int(m) for m, r in zip(masks, reduced, strict=True) if r < threshold}
        got = {int(m): c for m, c in zip(unlisted.masks(found.sets), found.cost_m, strict=True)}
        assert found.complete
        expected = {m for m in below if not leaves_hole(system, m)}
        assert expected <= got.keys() <= below
        exact = {int(m): c for m, c in zip(masks, cost_m, strict=True)}
        assert all(got[m] == pytest.approx(exact[m], abs=1e-9) for m in got)
        assert (
            found.least.min()
            <= min(r for m, r in zip(masks, reduced, strict=True) if m in got) + 1e-9
        )


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_a_search_in_small_parts_finds_what_one_finds_in_whole(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut after every few nodes it finds the same; given up, its bounds are below all it left."""
    system = make_case(random_country(seed, size=9), USUAL).system
    masks = list_candidates(system, footprint_rules(system)).masks
    cost_m = CandidateCosts(system, masks).priced({})[0]
    unlisted = build_unlisted(system, master_rows(system).baseline)
    hunt = unlisted.at(draw_prices(system, masks, cost_m, seed))
    whole = search_all(unlisted, hunt, ABOVE, LATE)
    assert whole.complete
    assert len(whole.reduced) > 5
    monkeypatch.setattr(searching, "NODES", 3)
    monkeypatch.setattr(searching, "BATCH", 2)
    cut = search_all(unlisted, hunt, ABOVE, LATE)
    assert cut.complete
    assert cut.nodes > 3 * len(unlisted.atoms)
    both = [[int(mask) for mask in unlisted.masks(found.sets)] for found in (whole, cut)]
    assert all(leaves_hole(system, mask) for mask in set(both[0]) ^ set(both[1]))
    given_up = search_all(unlisted, hunt, ABOVE, LATE, most_nodes=1)
    assert not given_up.complete
    fit = np.array([not leaves_hole(system, mask) for mask in both[0]])
    ranks = np.where(whole.sets[fit], hunt.rank, len(hunt.rank)).min(axis=1)
    least = np.full(len(unlisted.atoms), np.inf)
    np.minimum.at(least, np.argsort(hunt.rank)[ranks], whole.reduced[fit])
    for found in (whole, cut, given_up):
        assert (found.least <= least + 1e-9).all()


def compare(system: System, highs: Highs) -> str:
    """Listed and priced engine give one answer: what kind of answer it was."""
    try:
        listed = solve_system(system, highs, LIMIT)
    except NoPlanError:
        with pytest.raises(NoPlanError):
            solve_priced(system, highs, LIMIT)
        return "impossible"
    priced = solve_priced(system, highs, LIMIT)
    assert priced.status == listed.status == "optimal"
    assert priced.objective == pytest.approx(listed.objective, rel=1e-7, abs=1e-7)
    assert priced.bound == pytest.approx(listed.objective, rel=1e-6, abs=1e-6)
    return "solved"


@pytest.mark.long
def test_too_few_footprints_for_all_people_are_impossible(highs: Highs) -> None:
    """Where three hold no more than fifteen million of more people, no plan of four is given."""
    system = make_case(random_country(8, size=10), {**USUAL, "footprints.count": 3}).system
    assert system.window_population.sum() > 3 * 5e6
    assert compare(system, highs) == "impossible"


@pytest.mark.long
def test_a_bound_raised_from_the_centre_bounds_and_what_is_found_on_the_way_serves(
    highs: Highs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the search at calm prices is given up at once: the same best plan, proven."""
    climbs = list[float]()
    climb, price = PricedSource._climb, PricedSource._price_calmly

    def hasten(source: PricedSource, rows: Rows, duals: Duals) -> Priced | None:
        source.patience = 1 if source.patience == PATIENCE else source.patience
        return price(source, rows, duals)

    def count(source: PricedSource, rows: Rows, duals: Duals) -> None:
        climb(source, rows, duals)
        climbs.append(source.best_m - dual_objective(duals, rows))

    monkeypatch.setattr(PricedSource, "_price_calmly", hasten)
    monkeypatch.setattr("optimiser.engine.priced.source.OF_NO_USE", -1.0)
    monkeypatch.setattr(searching, "NODES", 3)
    monkeypatch.setattr(PricedSource, "_climb", count)
    settings = {**USUAL, "footprints.count": 3, "objective.volatility": 0.5}
    for seed in range(12):
        compare(make_case(random_country(seed, size=10), settings).system, highs)
    assert len(climbs) >= 6
    assert max(climbs) < 1e-6
    assert np.median(climbs) > -1.0


@pytest.mark.long  # of its minute, forty seconds compile the search
@pytest.mark.parametrize("name", EVERY_RULE)
def test_both_engines_find_the_same_best_plan(name: str, highs: Highs) -> None:
    """Under each rule of the toy country."""
    compare(make_case(toy(), {**USUAL, **EVERY_RULE[name]}).system, highs)


@pytest.mark.parametrize(
    ("cases", "seed"),
    [
        pytest.param(24, 3, marks=pytest.mark.long),
        pytest.param(240, 7, marks=pytest.mark.nightly),
    ],
)
def test_both_engines_agree_on_random_countries(cases: int, seed: int, highs: Highs) -> None:
    """Countries of eight ICBs under rules of every kind."""
    counts = {"solved": 0, "impossible": 0, "refused": 0}
    for k in range(cases):
        draw = random.Random(seed * 1_000 + k)
        drawn = draw_settings(draw, 8, linear=False)
        settings = {key: drawn[key] for key in drawn if key not in NOT_PRICED}
        system = make_case(random_country(seed * 1_000 + k, size=8), settings).system
        try:
            counts[compare(system, highs)] += 1
        except UnsupportedError:
            counts["refused"] += 1
    assert counts["solved"] > cases / 3
    assert counts["refused"] < cases / 2


@pytest.mark.long  # of its minute, forty seconds compile the search
@pytest.mark.parametrize("count", [2, 3, (2, 4)])
@pytest.mark.parametrize(("first", "seed"), [("00L", 1), ("02P", 2)])
def test_both_engines_agree_where_areas_share_a_commissioner(
    first: str, seed: int, count: object, highs: Highs
) -> None:
    """Pieces of the map of sub-ICB locations: sharing counts commissioners, not areas."""
    fine = read_dataset(Path("inputs/england-106"))
    areas = connected_icbs(fine, first, 13, seed)
    services = tuple(fine.services["service"][fine.services["category"] == "ready"][:12])
    piece = cut_out(fine, areas, services)
    settings = {
        "footprints.count": count,
        "footprints.population_m": (0.4, 3.0),
        "objective.sharing_loss": 0.5,
        "objective.volatility": 1.0,
    }
    case = make_case(piece, settings)
    assert len(set(case.system.commissioner)) < len(areas) / 2
    assert compare(case.system, highs) == "solved"


@pytest.mark.long  # compiling the search
@pytest.mark.parametrize(
    ("size", "count", "seed"), [(12, 2, 1), (16, 3, 2), (18, 4, 3), (15, 5, 4)]
)
def test_both_engines_divide_planar_maps_alike(
    size: int, count: int, seed: int, highs: Highs
) -> None:
    """Within 3 % of even shares of people, the fewest links cut; or both prove that none is possible."""
    compare(planar_case(size, count, seed, share=0.03).system, highs)


def test_costs_come_in_steps_where_links_alone_are_counted() -> None:
    """£1m a link; under the usual weights there is no such step."""
    counted = build_tables(planar_case(12, 2).system, as_masks((1 << i for i in range(12)), 12))
    assert find_grain(counted) == pytest.approx(1.0)
    usual = make_case(toy(), USUAL).system
    assert find_grain(build_tables(usual, as_masks((1 << i for i in range(9)), 9))) == 0.0


@pytest.mark.long  # compiling recombination
@pytest.mark.parametrize("seed", range(4))
def test_recombination_keeps_every_rule(seed: int) -> None:
    """The footprints it meets are connected and within the window, and its plan covers the map once."""
    case = planar_case(20, 3, seed, share=0.05)
    unlisted = build_unlisted(case.system, as_masks((), 20))
    random = np.random.default_rng(seed)
    part = grow_parts(unlisted.tables, 3, random)
    met, stop = np.zeros((500, 20), dtype=bool), np.zeros(1, dtype=bool)
    cost_m, found = recombine(unlisted.tables, part, 400, random, stop, met)
    people = met[:found] @ case.system.window_population / 1e6
    least, most = case.scenario.footprints.population_m
    assert found
    assert unlisted.hang_together(met[:found]).all()
    assert ((people >= least - 1e-9) & (people <= most + 1e-9)).all()
    masks = unlisted.masks(np.array([part == f for f in range(3)]))
    if cost_m < np.inf:
        assert cost_m == pytest.approx(CandidateCosts(case.system, masks).priced({})[0].sum())


@pytest.mark.parametrize("weight", ["leakage", "volatility", "integration", "committee_cost_m"])
def test_weights_under_which_plans_cost_what_never_does_are_refused(
    weight: str, highs: Highs
) -> None:
    """Footprints beyond it were left out as if not allowed, and a worse plan called proven."""
    system = make_case(toy(), {**USUAL, f"objective.{weight}": 1e9}).system
    with pytest.raises(UnsupportedError, match="Divide all weights"):
        solve_priced(system, highs, LIMIT)


def test_what_is_not_priced_is_refused_by_name(highs: Highs) -> None:
    """One list for all England, and totals across footprints."""
    for settings, name in (
        ({"services.portfolio": "uniform"}, "portfolio"),
        ({"services.max_leakage_m": 9.0}, "max_leakage_m"),
        ({"services.min_local_share_each": 0.5}, "min_local_share_each"),
    ):
        with pytest.raises(UnsupportedError, match=name):
            solve_priced(make_case(toy(), {**USUAL, **settings}).system, highs, LIMIT)
