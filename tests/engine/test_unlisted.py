"""What a search for footprints that are not listed starts from, and when it ends."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from support.cases import make_case, toy
from support.row_prices import draw_prices, reduced_costs

from optimiser.arrays import Floats, Masks
from optimiser.deadline import Deadline
from optimiser.engine.relaxation.master import master_rows
from optimiser.footprints.candidates import as_masks, membership
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.footprints.unlisted.pricing import Unlisted, build_unlisted, free_of_costs
from optimiser.footprints.unlisted.searching import UNLIMITED, Found, search_all, stopping
from optimiser.footprints.unlisted.tables import (
    LEVELS,
    MEMBERS,
    NEVER_M,
    RESIDENTS,
    VARIANCE,
)

LATE = Deadline.after(3_600)
SETTINGS: Mapping[str, Mapping[str, object]] = {
    "people": {"footprints.population_m": (1.0, 3.1), "objective.volatility": 0.5},
    "members": {
        "footprints.members": (2, 4),
        "footprints.keep_together": (("A1", "A2"),),
        "footprints.baseline": "columns",
        "footprints.max_moved": 4,
        "objective.contracting": 1.0,
    },
    "led": {"services.levels": ("national", "footprint", "collaborative")},
    "spend": {"footprints.spend_m": (20.0, 90.0), "services.force_national": ("S1",)},
    "barred": {
        "services.levels": ("national", "footprint", "icb"),
        "services.force_local": ("S1",),
        "services.min_providers": 1,
    },
}


def _open(name: str) -> tuple[System, Unlisted]:
    services = toy().services.assign(collaborative=[k % 2 == 0 for k in range(7)])
    system = make_case(replace(toy(), services=services), SETTINGS[name]).system
    return system, build_unlisted(system, master_rows(system).baseline)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_search_starts_from_what_the_tables_say(name: str) -> None:
    """The narrowest window, the most atoms that fit it, and the most that any atom varies by size."""
    system, unlisted = _open(name)
    hunt, t, n = unlisted.hunt, unlisted.tables, len(unlisted.atoms)
    totals = [sum(t.linear[j, MEMBERS + k] for j in range(n)) for k in range(3)]
    most = [min(t.window[k, 1], totals[k]) for k in range(3)]
    narrow = max(range(3), key=lambda k: totals[k] / most[k])
    assert hunt.measure == MEMBERS + narrow
    size = [max(t.linear[j, MEMBERS + narrow], 1e-9) for j in range(n)]
    assert hunt.size.tolist() == size
    assert hunt.window.tolist() == [t.window[narrow, 0], most[narrow]]
    fits = [sum(sorted(size)[: k + 1]) <= most[narrow] for k in range(n)]
    assert hunt.depth == sum(fits) + 1 > 2
    assert hunt.deviation == max(t.linear[j, VARIANCE] / size[j] for j in range(n))
    by_size = [t.linear[j, RESIDENTS] / size[j] for j in range(n)]
    assert (hunt.residents, hunt.least_residents) == (max(by_size), min(by_size))
    order = sorted(range(n), key=lambda j: (-size[j], j))
    assert [order.index(j) for j in range(n)] == hunt.rank.tolist()
    homes = master_rows(system).baseline
    inside = membership(unlisted.atoms, system.size)
    expected = [[(membership(homes, system.size)[b] * inside[j]).sum() for j in range(n)]
                for b in range(len(homes))]  # fmt: skip
    assert hunt.homes.tolist() == expected
    assert not hunt.price.any()
    assert hunt.triples.shape == (0, 3)
    assert hunt.footprint == hunt.kept == 0.0
    groups = len(t.holding)
    for kind in range(4):
        for g in range(groups):
            cost = t.linear[:, LEVELS + kind * groups + g]
            assert hunt.blocks[:, kind, g] == pytest.approx(cost, rel=1e-6)


@pytest.mark.parametrize("name", SETTINGS)
def test_arcs_join_what_saves_together(name: str) -> None:
    """Each pair that saves something, both ways, at half of what it saves at most."""
    _, unlisted = _open(name)
    hunt, pair = unlisted.hunt, unlisted.tables.pair
    met = 0
    for j in range(len(unlisted.atoms)):
        arcs = range(hunt.arc_start[j], hunt.arc_start[j + 1])
        saves = {k: np.maximum(pair[j, k], 0.0).sum() for k in range(len(unlisted.atoms))}
        assert [hunt.arc_to[arc] for arc in arcs] == [k for k, saved in saves.items() if saved]
        for arc in arcs:
            assert hunt.arc_half[arc] == pytest.approx(saves[int(hunt.arc_to[arc])] / 2)
            assert hunt.arc_to[hunt.arc_back[arc]] == j
            met += 1
    assert met > 4
    assert hunt.arc_start[-1] == len(hunt.arc_to)


@pytest.mark.parametrize("name", SETTINGS)
def test_prices_of_areas_become_those_of_atoms(name: str) -> None:
    """What an atom earns is what its areas do; a triple inside one atom counts it once."""
    system, unlisted = _open(name)
    masks = as_masks([1], system.size)
    prices = draw_prices(system, masks, np.ones(1), 3)
    hunt = unlisted.at(prices)
    homes = master_rows(system).baseline
    for j, atom in enumerate(map(int, unlisted.atoms)):
        areas = [i for i in range(system.size) if atom >> i & 1]
        assert hunt.price[j] == pytest.approx(sum(prices.icb[i] for i in areas))
        kept = max([0, *((atom & int(home)).bit_count() for home in homes)])
        assert hunt.most_price[j] == pytest.approx(hunt.price[j] + prices.kept * kept)
    for triple, atoms in zip(map(int, prices.triples), hunt.triples, strict=True):
        met = [j for j, atom in enumerate(map(int, unlisted.atoms)) if atom & triple]
        assert atoms.tolist() == [*met, -1, -1, -1][:3]
    assert hunt.footprint == prices.count
    assert hunt.kept == prices.kept
    assert hunt.home_price.tolist() == prices.baseline.tolist()
    assert hunt.fines.tolist() == (-prices.triple_prices).tolist()
    sets = np.eye(len(unlisted.atoms), dtype=bool)
    assert unlisted.masks(sets).tolist() == unlisted.atoms.tolist()
    assert (unlisted.sets(unlisted.atoms) == sets).all()


@pytest.mark.parametrize("name", SETTINGS)
def test_the_first_phase_costs_nothing_and_keeps_what_is_barred(name: str) -> None:
    """No term is left, and who may not hold a service still may not."""
    system, unlisted = _open(name)
    t, free = unlisted.tables, free_of_costs(unlisted.tables)
    groups = len(t.holding)
    end = LEVELS + 4 * groups
    assert not free.linear[:, :2].any()
    barred = t.linear[:, LEVELS:end] >= NEVER_M / 2
    assert barred.any() == (name == "barred")  # some ICB has no centre of what must be local
    assert (free.linear[:, LEVELS:end] == np.where(barred, NEVER_M, 0.0)).all()
    assert (free.linear[:, end:] == t.linear[:, end:]).all()
    assert (free.linear[:, 2:LEVELS] == t.linear[:, 2:LEVELS]).all()
    assert not any(part.any() for part in (free.pair, free.holding))
    assert free.committee == free.shift == 0.0
    assert (free.leading == np.where(t.leading >= NEVER_M / 2, NEVER_M, 0.0)).all()
    phase = unlisted.without_costs()
    assert phase.hunt.measure == unlisted.hunt.measure
    assert phase.hunt.homes.tolist() == unlisted.hunt.homes.tolist()
    assert phase.atoms.tolist() == unlisted.atoms.tolist()
    assert phase.size == system.size
    assert not len(phase.hunt.arc_to)


def test_atoms_that_are_not_neighbours_do_not_hang_together() -> None:
    """A corner of the toy country's map and the corner across, and a whole row of it."""
    system, unlisted = _open("people")
    masks = as_masks(
        [system.mask_of(["A1", "C3"]), system.mask_of(["A1", "A2", "A3"])], system.size
    )
    assert unlisted.hang_together(unlisted.sets(masks)).tolist() == [False, True]


def test_a_flag_is_raised_at_the_deadline_and_at_the_end() -> None:
    """A search that is left, for whatever reason, is stopped."""
    with stopping(Deadline.after(0.05)) as late:
        ends = time.monotonic() + 30
        while not late[0] and time.monotonic() < ends:
            time.sleep(0.01)
        assert late[0]
    with stopping(LATE) as stop:
        assert not stop[0]
    assert stop[0]


def _search(
    name: str, narrow: int = UNLIMITED, most: int = UNLIMITED
) -> tuple[Masks, Floats, Unlisted, Found, float]:
    """Candidates, their reduced costs, and a search for the lowest quarter of them."""
    system, unlisted = _open(name)
    masks = list_candidates(system, footprint_rules(system)).masks
    cost_m = CandidateCosts(system, masks).priced({})[0]
    prices = draw_prices(system, masks, cost_m, 1)
    reduced = reduced_costs(system, masks, cost_m, prices)
    threshold = float(np.sort(reduced)[len(masks) // 2]) + 1e-7
    found = search_all(unlisted, unlisted.at(prices), threshold, LATE, narrow=narrow, most=most)
    return masks, reduced, unlisted, found, threshold


@pytest.mark.long  # compiles the search
def test_a_search_may_ask_for_less() -> None:
    """A limit on finds, or only what is better than the best so far: what it says is true."""
    masks, reduced, unlisted, whole, threshold = _search("people")
    least = {int(m): float(r) for m, r in zip(masks, reduced, strict=True)}
    first = unlisted.hunt.rank

    def seed_of(row: Floats) -> int:
        return int(min(np.flatnonzero(row), key=lambda j: first[j]))

    assert whole.nodes > 0
    got = unlisted.masks(whole.sets)
    assert whole.reduced == pytest.approx([least[int(m)] for m in got], abs=1e-9)
    few = _search("people", most=0)[3]
    narrow = _search("people", narrow=1)[3]
    for seed in range(len(first)):
        own = [
            least[int(m)] for m, row in zip(got, whole.sets, strict=True) if seed_of(row) == seed
        ]
        if own:
            assert whole.least[seed] == pytest.approx(min(own), abs=1e-6)
            assert narrow.least[seed] == pytest.approx(min(own), abs=1e-6)
            assert few.least[seed] <= min(own) + 1e-9
        else:
            assert min(whole.least[seed], narrow.least[seed]) >= threshold - 1e-9
    assert narrow.complete
    assert len(narrow.sets) < len(whole.sets)
    assert narrow.reduced.min() == pytest.approx(whole.reduced.min())
