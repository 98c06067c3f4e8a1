"""Long lists in compiled code are those that Python makes, less what leaves others no room."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fuzz.countries import draw_case, try_case
from support.cases import graph_case, grid, make_case, network
from support.countries import random_country
from support.planar import draw_map as draw_planar
from support.planar import planar_settings
from support.toy import write_toy_scenario

from optimiser.deadline import Deadline, OutOfTimeError
from optimiser.engine.compiled import build_compiled
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.relaxation.master import master_rows
from optimiser.engine.solve import solve_system
from optimiser.errors import CapacityError, StoppedWithoutPlanError
from optimiser.footprints import listing
from optimiser.footprints.candidates import count_members, list_connected
from optimiser.footprints.compiled import walk
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.proof.verify import verify_run
from optimiser.questions.case import Case
from optimiser.questions.solve import solve, solve_case

pytestmark = pytest.mark.long  # compiles walk and costs


@pytest.fixture
def always_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the shortest list is made in compiled code."""
    monkeypatch.setattr(listing, "MOST_WALKED", 0)


def draw_map(seed: int) -> Case:
    """A country with rules of the map that compiled code knows, some of them switched on."""
    draw = random.Random(seed)
    size = draw.randint(4, 10)
    dataset = random_country(seed, size, 2)
    regions = [f"R{k * 2 // size}" for k in range(size)]
    dataset = replace(dataset, icbs=dataset.icbs.assign(region=regions))
    codes = list(dataset.icbs["icb"])
    most = draw.randint(2, size)
    optional: list[dict[str, object]] = [
        {"footprints.population_m": (draw.uniform(0.5, 3.0), draw.uniform(4.0, 9.0))},
        {"footprints.members": (draw.randint(1, most), most)},
        {"footprints.spend_m": (draw.uniform(1, 9), draw.uniform(20, 60))},
        {"footprints.count": draw.choice([2, 3, (2, 3)])},
        {"footprints.stand_alone": tuple(draw.sample(codes, 2))},
        {"footprints.keep_apart": (tuple(draw.sample(codes, 3)),)},
        {"footprints.keep_together": (tuple(draw.sample(codes, 2)),)},
        {"footprints.fixed": (tuple(draw.sample(codes, 2)),)},
        {"footprints.within_regions": True},
        {"footprints.max_travel_minutes": draw.uniform(60, 140)},
        {"footprints.contiguous": False, "footprints.members": (1, 4)},
        {"lead.fixed": tuple(draw.sample(codes, 2))},
    ]
    settings = {k: v for one in draw.sample(optional, draw.randint(1, 5)) for k, v in one.items()}
    return make_case(dataset, settings)


def leaves_room(system: System, mask: int) -> bool:
    """The hole rule in plain words: each piece left over can be divided into footprints by its sums."""
    found = system.scenario.footprints
    alone = {system.icbs.index(code) for code in found.stand_alone}
    windows = [
        (found.members, np.ones(system.size)),
        (found.population_m, system.window_population / 1e6),
        (found.spend_m, system.scope_spend_m),
    ]
    left = {i for i in range(system.size) if not mask >> i & 1}
    room = need = 0.0
    while left:
        piece, edge = set[int](), {min(left)}
        while edge:
            i = edge.pop()
            piece.add(i)
            edge |= {j for j in left - piece if int(system.neighbours[i]) >> j & 1}
        left -= piece
        sums = [sum(values[i] for i in piece) for _, values in windows]
        at_most = [
            np.floor(held / least + 1e-6)
            for held, ((least, _), _) in zip(sums, windows, strict=True)
            if least > 0
        ]
        at_least = [
            np.ceil(held / most - 1e-6) for held, ((_, most), _) in zip(sums, windows, strict=True)
        ]
        if min(at_most) < 1 and not piece <= alone:
            return False
        room += min(at_most) + len(piece & alone)
        need += max(1.0, *at_least)
    fewest, most = found.count_window
    return room >= fewest - 1 and need <= most - 1


def list_both_ways(case: Case, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[int]]:
    """The list in Python, less what leaves no room; and the list in compiled code."""
    chosen = footprint_rules(case.system)
    plain = [int(mask) for mask in list_candidates(case.system, chosen).masks]
    monkeypatch.setattr(listing, "MOST_WALKED", 0)
    compiled = list_candidates(case.system, chosen).masks.tolist()
    monkeypatch.undo()
    return [mask for mask in plain if leaves_room(case.system, mask)], compiled


@pytest.mark.parametrize(
    ("cases", "seed"), [(40, 1), pytest.param(1000, 2, marks=pytest.mark.nightly)]
)
def test_both_ways_list_the_same(cases: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On drawn maps under drawn rules; both long and empty lists are among them."""
    lengths = []
    for k in range(cases):
        plain, compiled = list_both_ways(draw_map(seed * 1_000_000 + k), monkeypatch)
        assert plain == compiled, k
        lengths.append(len(plain))
    assert max(lengths) > 100
    assert 0 < sum(length > 0 for length in lengths) < cases


def test_what_may_stand_alone_need_not_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a piece too small for a footprint a set takes the others, and leaves who may stand alone."""
    case = draw_map(2_000_542)
    system = case.system
    alone = system.mask_of(system.scenario.footprints.stand_alone)
    plain, compiled = list_both_ways(case, monkeypatch)
    assert plain == compiled
    whole = (1 << system.size) - 1
    assert any((whole & ~mask) & alone == whole & ~mask != 0 for mask in compiled)


@pytest.mark.usefixtures("always_compiled")
@pytest.mark.parametrize(
    ("cases", "seed"),
    [
        pytest.param(40, 7, marks=pytest.mark.long),
        pytest.param(400, 8, marks=pytest.mark.nightly),
    ],
)
def test_brute_force_agrees_with_compiled_lists(cases: int, seed: int) -> None:
    """The best plan is the same though footprints that leave no room are left out of the list."""
    counts: Counter[str] = Counter()
    with Highs() as highs:
        for k in range(cases):
            try_case(draw_case(seed * 1_000_000 + k), highs, counts)
    assert counts["by_footprint"] >= 0.2 * cases, counts
    assert counts["with a floor in each footprint"] >= 0.01 * cases, counts


def test_costs_are_those_of_python_to_their_margin() -> None:
    """Under every term and drawn prices of totals."""
    for seed in range(30):
        system = draw_case(seed).system
        if system.scenario.services.portfolio == "uniform":
            continue
        masks = list_candidates(system, footprint_rules(system)).masks
        totals = tuple(limit.name for limit in master_rows(system).bounded)
        if not len(masks):
            continue
        source = build_compiled(system, masks, totals)
        exact = CandidateCosts(system, source.masks).priced({})[0]
        below = source.cost_m - exact
        assert (below <= source.margin).all()
        rules_ = system.scenario.services
        if not (rules_.min_local_share_each or rules_.min_local_services_each):
            assert (np.abs(below) <= source.margin).all()


RULES = (
    "population_m = [2, 5]",
    "population_m = [1, 6]\n[services]\nmin_local_share_each = 0.9",
    'population_m = [1, 5]\nbaseline = "columns"\nmax_moved = 3',
    "population_m = [2, 5]\n[services]\nmin_local_spend_m = 130",
)


@pytest.mark.long
@pytest.mark.usefixtures("always_compiled")
@pytest.mark.parametrize("text", RULES)
def test_runs_on_long_lists_are_verified(text: str, tmp_path: Path) -> None:
    """Without a solver, and by list and bound: nothing is taken as stated that was proven."""
    run = solve(write_toy_scenario(tmp_path, text)).save(tmp_path / "run")
    found = {finding.check: finding.passed for finding in verify_run(run).findings}
    assert all(found[check] for check in ("candidates", "bound", "proof")), found


@pytest.mark.usefixtures("always_compiled")
def test_too_little_memory_stops_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a rule that is not priced the machine is the limit: exit code 4, and what to narrow."""
    monkeypatch.setattr(walk, "free_bytes", lambda: 100.0)
    case = make_case(random_country(1, 8, 2), {"services.min_local_spend_m": 0.1})
    with Highs() as highs, pytest.raises(CapacityError, match=r"max_travel_minutes") as stopped:
        solve_case(case, highs)
    assert stopped.value.exit_code == 4


@pytest.mark.usefixtures("always_compiled")
def test_time_may_end_while_a_long_list_is_made() -> None:
    """It is said that no plan was found for lack of time."""
    case = make_case(random_country(1, 8, 2), {})
    with pytest.raises(OutOfTimeError):
        walk.list_compiled(case.system, deadline=Deadline(0.0))
    with Highs() as highs, pytest.raises(StoppedWithoutPlanError, match="were listed"):
        solve_system(case.system, highs, 1e-9)


@pytest.mark.long  # compiling the search
@pytest.mark.usefixtures("always_compiled")
def test_what_is_too_long_to_list_is_priced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is chosen by a count beforehand, says so, and finds the plan that the list has."""
    links, people = draw_planar(14, 3, 5)
    case = make_case(network(links, people), planar_settings(people, 3, 0.1))
    said: list[str] = []
    with Highs() as highs:
        listed = solve_system(case.system, highs, 600)
        monkeypatch.setattr(walk, "MOST_LOOKED_AT", 0.0)
        priced = solve_system(case.system, highs, 600, lambda _, detail: said.append(detail))
    assert listed.candidates is not None
    assert priced.candidates is None
    assert priced.objective == priced.bound == pytest.approx(listed.objective)
    assert any("14 areas have too many possible footprints to list" in detail for detail in said)


def test_the_sets_that_a_walk_looks_at_are_estimated() -> None:
    """On a square of 4 x 4 of at most 8 members: within a third of those that brute force finds."""
    case = graph_case(grid(4, 4), 2, (7, 8))
    wide = graph_case(grid(4, 4), 2, (1, 8))
    looked_at = len(list_connected(wide.system.neighbours, lambda sets: count_members(sets) <= 8))
    assert walk.estimate_walked(walk.build_walk(case.system)) == pytest.approx(looked_at, rel=0.33)
