"""The relaxation is the whole linear program, written out column by column and solved elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from scipy.optimize import linprog
from support.cases import make_case, toy

from optimiser.arrays import Floats, Ints, Masks
from optimiser.engine.highs.adapter import AT_LOWER, BASIC, Highs
from optimiser.engine.listed import Listed, ListedPricing
from optimiser.engine.relaxation import pricing
from optimiser.engine.relaxation.master import (
    NO_OWN,
    UNMATCHED,
    Bounded,
    Columns,
    Duals,
    Own,
    Rows,
    dual_objective,
    master_rows,
    read_duals,
)
from optimiser.engine.relaxation.pricing import (
    Relaxation,
    cut_rounds,
    no_columns,
    solve_first_phase,
    solve_relaxation,
    violated_triples,
)
from optimiser.engine.selection import build_single_sum
from optimiser.errors import NoPlanError
from optimiser.footprints.candidates import as_masks

SIZE = 5
NAMES = ("local_spend", "leakage")
HOMES, TRIPLES = as_masks([0b00111, 0b11000], SIZE), as_masks([0b01011, 0b10101], SIZE)
OWN = Own(np.array([0.4, -0.2]), np.zeros(2), np.array([1.0, 2.0]), np.array([[1.5, 0], [0, -0.3]]))


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as process:
        yield process


@dataclass(frozen=True)
class Choices:
    """Candidates with a few levels each.

    Attributes:
        masks: (m,).
        totals: measures bounded across footprints.
        cost_m: (m, levels).
        amounts: of each measure, (measures, m, levels).
    """

    masks: Masks
    totals: tuple[str, ...]
    cost_m: Floats
    amounts: Floats

    def priced(
        self, prices: Mapping[str, float], cost_share: float = 1.0
    ) -> tuple[Floats, dict[str, Floats]]:
        """Cost less the priced measures at the best level, and the measures there."""
        weights = np.array([prices[name] for name in self.totals])
        priced = cost_share * self.cost_m - np.tensordot(weights, self.amounts, 1)
        best = priced.argmin(axis=1)[:, None]
        took = [np.take_along_axis(amount, best, 1)[:, 0] for amount in self.amounts]
        return np.take_along_axis(priced, best, 1)[:, 0], dict(zip(self.totals, took, strict=True))

    def subset(self, rows: Ints) -> Choices:
        """Some of the candidates."""
        return replace(
            self, masks=self.masks[rows], cost_m=self.cost_m[rows], amounts=self.amounts[:, rows]
        )


def _draw(seed: int, bounded: bool) -> Choices:
    """Every set of five ICBs at two levels, pairs and threes the cheapest for their members."""
    draw = np.random.default_rng(seed)
    masks = np.arange(1, 1 << SIZE, dtype=np.uint64)
    cost_m = draw.uniform(1, 3, (len(masks), 2))
    amounts = draw.uniform(0, 3, (len(NAMES), len(masks), 2))
    totals = NAMES if bounded else ()
    return Choices(masks, totals, cost_m, amounts if bounded else amounts[:0])


ROWS: Mapping[str, Rows] = {
    "a count": Rows(SIZE, (2, 3), (), HOMES[:0], 0, TRIPLES[:0]),
    "many": Rows(SIZE, (4, 5), (), HOMES[:0], 0, TRIPLES[:0]),
    "cuts": Rows(SIZE, (1, 5), (), HOMES[:0], 0, TRIPLES),
    "near a baseline": Rows(SIZE, (2, 4), (), HOMES, 4, TRIPLES[:0]),
    "as the baseline": Rows(SIZE, (1, 5), (), HOMES, 5, TRIPLES),
    "floor and ceiling": Rows(
        SIZE,
        (2, 4),
        (Bounded("local_spend", 5.0, math.inf), Bounded("leakage", 0.0, 2.0)),
        HOMES[:0],
        0,
        TRIPLES[:0],
    ),
    "everything": Rows(
        SIZE,
        (2, 3),
        (Bounded("local_spend", 4.0, 6.0), Bounded("leakage", 0.0, 3.0)),
        HOMES,
        3,
        TRIPLES,
    ),
    "columns of its own": Rows(
        SIZE,
        (2, 4),
        (Bounded("local_spend", 5.0, 7.0), Bounded("leakage", 0.0, 2.0)),
        HOMES,
        3,
        TRIPLES[:0],
        OWN,
    ),
}


def _solve_whole(rows: Rows, costs: Choices) -> float:
    """The optimum of the linear program with a column for each candidate, level and match."""
    levels, homes = range(costs.cost_m.shape[1]), [int(home) for home in rows.baseline]
    cost, inside, other, ends = [], [], [], _list_ends(rows)
    for k, mask in enumerate(map(int, costs.masks)):
        for level, match in product(levels, (UNMATCHED, *range(len(homes)))):
            kept = (mask & homes[match]).bit_count() if match != UNMATCHED else 0
            near = [kept, *(float(b == match) for b in range(len(homes)))] if homes else []
            held = [float((mask & int(t)).bit_count() >= 2) for t in rows.triples]
            cost.append(costs.cost_m[k, level])
            inside.append([float(mask >> i & 1) for i in range(rows.size)])
            other.append([1.0, *costs.amounts[:, k, level], *near, *held])
    for q in range(len(rows.own.cost)):
        cost.append(rows.own.cost[q])
        inside.append([0.0] * rows.size)
        rest = len(other[0]) - 1 - len(rows.bounded)
        other.append([0.0, *rows.own.matrix[:, q], *[0.0] * rest])
    span = [(0.0, None)] * (len(cost) - len(rows.own.cost))
    matrix = np.array(other).T
    signed = [(sign * row, sign * end) for row, pair in zip(matrix, ends, strict=True)
              for sign, end in zip((-1.0, 1.0), pair, strict=True) if math.isfinite(end)]  # fmt: skip
    found = linprog(
        cost,
        A_ub=np.array([row for row, _ in signed]),
        b_ub=np.array([end for _, end in signed]),
        A_eq=np.array(inside).T,
        b_eq=np.ones(rows.size),
        bounds=[*span, *zip(rows.own.lower, rows.own.upper, strict=True)],
    )
    return math.inf if found.fun is None else float(found.fun)


def _list_ends(rows: Rows) -> list[tuple[float, float]]:
    """Lower and upper end of every row but those of the ICBs."""
    ends: list[tuple[float, float]] = [rows.count, *((b.least, b.most) for b in rows.bounded)]
    if len(rows.baseline):
        ends += [(rows.fewest_kept, math.inf), *[(-math.inf, 1.0)] * len(rows.baseline)]
    return [*ends, *[(-math.inf, 1.0)] * len(rows.triples)]


def _relax(highs: Highs, rows: Rows, costs: Choices) -> tuple[Listed, Relaxation[ListedPricing]]:
    source = Listed(costs, rows.size, build_single_sum)
    return source, solve_relaxation(highs, source, rows, no_columns(rows), lambda: 60.0)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("unit", [1.0, 1e-9])
def test_the_bound_is_that_of_the_whole_program(name: str, unit: float, highs: Highs) -> None:
    """Under every kind of row, whatever the unit of money; and what it says of itself adds up."""
    rows, solved = ROWS[name], 0
    priced = replace(rows, own=replace(rows.own, cost=rows.own.cost * unit))
    for seed in range(4):
        costs = _draw(seed, bool(rows.bounded))
        expected = unit * _solve_whole(rows, costs)
        costs = replace(costs, cost_m=costs.cost_m * unit)
        if math.isinf(expected):
            with pytest.raises(NoPlanError, match="not even fractions"):
                _relax(highs, priced, costs)
            continue
        source, found = _relax(highs, priced, costs)
        exact = pytest.approx(expected, rel=1e-6, abs=1e-7 * unit)
        assert found.bound == exact
        assert dual_objective(found.duals, priced) == exact
        spent = found.columns.cost_m @ found.weights + priced.own.cost @ found.own
        assert spent == exact
        activity = found.columns.matrix(rows) @ found.weights + rows.own_matrix @ found.own
        assert (activity >= rows.lower - 1e-6).all()
        assert (activity <= rows.upper + 1e-6).all()
        assert found.prices == dict(zip(source.costs.totals, found.duals.bounded, strict=True))
        assert found.rounds > 1
        solved += 1
    assert solved > 1


def test_no_prices_earn_more_than_the_optimum(highs: Highs) -> None:
    """Weak duality: drawn prices with signs that the rows support, less what footprints save."""
    for name, rows in ROWS.items():
        costs = _draw(1, bool(rows.bounded))
        best = _solve_whole(rows, costs)
        draw, bounds = np.random.default_rng(4), []
        for _ in range(30):
            duals = read_duals(draw.normal(0, 1, len(rows.lower)), rows)
            least = Listed(costs, SIZE, build_single_sum).price(rows, duals).saving(rows.count[1])
            bounds.append(dual_objective(duals, rows) + least)
        assert max(bounds) <= best + 1e-9, name


def test_a_column_counts_in_each_row_what_its_footprint_holds() -> None:
    """Members, one footprint, amounts by their scale, what stays with its match, and shared triples."""
    rows = ROWS["everything"]
    columns = Columns(as_masks([0b00011, 0b11100], SIZE), np.ones(2),
                      np.array([[3.0, 1.5], [0.0, 6.0]]), np.array([0, UNMATCHED]))  # fmt: skip
    assert columns.matrix(rows).toarray().T.tolist() == [
        [1, 1, 0, 0, 0, 1, 3 / 6, 1.5 / 3, 2, 1, 0, 1, 0],
        [0, 0, 1, 1, 1, 1, 0, 6 / 3, 0, 0, 0, 0, 1],
    ]


def test_prices_with_a_sign_that_no_limit_supports_count_for_nothing() -> None:
    """A ceiling alone has none above nothing, a floor alone none below; the rest is only unscaled."""
    cut = 0
    for rows in ROWS.values():
        values = np.random.default_rng(2).normal(0, 1, len(rows.lower))
        scale = np.ones(len(values))
        scale[SIZE + 1 : SIZE + 1 + len(rows.bounded)] = rows.scale
        against = np.where(values > 0, np.isinf(rows.lower), np.isinf(rows.upper))
        duals = read_duals(values, rows)
        assert duals.prices == pytest.approx(np.where(against, 0.0, values) / scale)
        ends = np.where(values > 0, rows.lower, rows.upper)
        earned = sum(v * end for v, end, no in zip(values, ends, against, strict=True) if not no)
        own = rows.own.least(duals.bounded, 1.0) if len(rows.own.cost) else 0.0
        assert dual_objective(duals, rows) == pytest.approx(earned + own)
        cut += int(against.sum())
    assert cut > len(ROWS)


def test_columns_of_their_own_come_to_their_cheaper_end() -> None:
    """£0.4m less £1.5m at a price of one, up to one; £0.2m and £0.3m at a price of minus one, twice."""
    prices = np.array([1.0, -1.0])
    assert OWN.least(prices, 1.0) == pytest.approx(-1.1 + 2 * -0.5)
    assert OWN.least(prices, 0.0) == pytest.approx(-1.5 + 2 * -0.3)
    assert OWN.least(0 * prices, 1.0) == pytest.approx(-0.4)


def test_what_costs_far_more_than_the_rest_is_still_used_where_it_must_be(highs: Highs) -> None:
    """An ICB that only the dearest footprints hold is no rule that cannot be kept."""
    rows, costs = ROWS["a count"], _draw(2, False)
    dear = (costs.masks & np.uint64(1)) > 0
    costs = replace(costs, cost_m=np.where(dear[:, None], 1e5, 1.0) * costs.cost_m)
    costs = costs.subset(np.flatnonzero(~dear | (costs.masks <= 3)))
    _, found = _relax(highs, rows, costs)
    assert found.bound == pytest.approx(_solve_whole(rows, costs))
    assert found.bound > 1e5


def test_a_floor_out_of_reach_is_no_plan(highs: Highs) -> None:
    """However dear what is unmet becomes."""
    rows = replace(ROWS["a count"], bounded=(Bounded("local_spend", 99.0, math.inf),))
    costs = replace(_draw(2, True), totals=NAMES[:1])
    with pytest.raises(NoPlanError, match="not even fractions"):
        _relax(highs, rows, replace(costs, amounts=costs.amounts[:1]))


@dataclass(frozen=True)
class Saving(ListedPricing):
    """Every candidate priced, of which each could still save a quarter."""

    def saving(self, most: int) -> float:
        """A quarter of £1m for each footprint."""
        return -0.25 * most


class StillSaving(Listed):
    """A source whose pricing stops before nothing is saved."""

    def price(self, rows: Rows, duals: Duals, cost_share: float = 1.0) -> Saving:
        """As listed."""
        found = super().price(rows, duals, cost_share)
        return Saving(found.reduced, found.best, found.size)


def test_what_footprints_could_still_save_is_taken_off_the_bound(highs: Highs) -> None:
    """For as many footprints as a plan may have."""
    rows, costs = ROWS["a count"], _draw(1, False)
    source = StillSaving(costs, SIZE, build_single_sum)
    found = solve_relaxation(highs, source, rows, no_columns(rows), lambda: 60.0)
    assert found.bound == pytest.approx(_solve_whole(rows, costs) - 3 * 0.25)


def test_rows_that_fractions_keep_need_no_room(highs: Highs) -> None:
    """The first phase counts the members that rows leave unmet: none, or two of five."""
    costs = _draw(0, False)
    alone = costs.subset(np.flatnonzero(np.bitwise_count(costs.masks) == 1))
    for rows, short in ((ROWS["many"], 0.0), (ROWS["a count"], 2.0)):
        source = Listed(alone, SIZE, build_single_sum)
        phase = solve_first_phase(highs, source, rows, no_columns(rows), lambda: 60.0)
        assert phase.bound == pytest.approx(short, abs=1e-9)


def _threes(size: int, seed: int) -> Choices:
    """One to three ICBs, of which fractions are cheaper than whole ones."""
    draw = np.random.default_rng(seed)
    masks = sorted(sum(1 << i for i in c) for n in (1, 2, 3) for c in combinations(range(size), n))
    cost_m = draw.uniform(1, 1.4, (len(masks), 1))
    return Choices(np.array(masks, dtype=np.uint64), (), cost_m, np.zeros((0, len(masks), 1)))


def _list_broken(found: Relaxation[ListedPricing]) -> dict[int, float]:
    """How far footprints that share two of three ICBs add up to more than one, by triple."""
    used = list(zip(found.columns.masks.tolist(), found.weights, strict=True))
    sums = {
        triple: sum(weight for mask, weight in used if (mask & triple).bit_count() >= 2)
        for triple in (sum(1 << i for i in c) for c in combinations(range(found.rows.size), 3))
    }
    return {triple: held - 1 for triple, held in sums.items() if held > 1 + 1e-4}


def test_cuts_go_on_until_no_triple_is_broken(highs: Highs) -> None:
    """Each round's bound is that of the whole program with its cuts, and no round's is lower."""
    most_rounds, raised = 0, 0.0
    for seed in range(6):
        costs = _threes(8, seed)
        rows = Rows(8, (1, 8), (), as_masks((), 8), 0, as_masks((), 8))
        source, start = _relax(highs, rows, costs)
        rounds = list(cut_rounds(highs, source, start, lambda: 60.0))
        assert rounds[0] is start
        for before, after in pairwise(rounds):
            broken = _list_broken(before)
            assert set(after.rows.triples.tolist()) == {*before.rows.triples.tolist(), *broken}
            worst = violated_triples(before, 2).tolist()
            assert [broken[t] for t in worst] == pytest.approx(sorted(broken.values())[:-3:-1])
            assert after.bound == pytest.approx(_solve_whole(after.rows, costs))
            assert after.bound >= before.bound - 1e-9
        assert not _list_broken(rounds[-1])
        last = rounds[-1]
        priced = last.rows.triples[last.duals.triples < 0].tolist()
        assert last.cuts.tolist() == priced
        most_rounds, raised = max(most_rounds, len(rounds)), raised + last.bound - start.bound
        assert len(list(cut_rounds(highs, source, start, lambda: 60.0, rounds=1))) <= 2
    assert most_rounds > 2
    assert raised > 0.01


def test_a_plan_without_fractions_is_told(highs: Highs) -> None:
    """The relaxation's footprints where every weight is nought or one, and nothing else."""
    rows, costs = ROWS["many"], _draw(3, False)
    alone = costs.subset(np.flatnonzero(np.bitwise_count(costs.masks) == 1))
    whole = _relax(highs, rows, alone)[1].whole
    assert whole is not None
    assert sorted(whole.masks.tolist()) == [1, 2, 4, 8, 16]
    found = _relax(highs, rows, costs)[1]
    halves = replace(found, weights=np.full(len(found.weights), 0.5))
    assert halves.whole is None


def test_areas_kept_together_break_one_cut_alone() -> None:
    """On a wide map, a triple is told by the first of each pair that no footprint parts."""
    size = 66
    pairs = [0b1111, 0b110011, 0b111100]  # of three atoms of two areas each
    masks = as_masks([*pairs, (1 << size) - 64], size)
    columns = Columns(masks, np.zeros(4), np.zeros((4, 0)), np.full(4, UNMATCHED))
    rows = Rows(size, (1, size), (), as_masks((), size), 0, as_masks((), size))
    weights, duals = np.array([0.5, 0.5, 0.5, 1.0]), read_duals(np.zeros(size + 1), rows)
    priced = ListedPricing(np.zeros(4), columns, size)
    found = Relaxation(rows, 0.0, duals, priced, columns, weights, np.zeros(0), None, 1)
    assert violated_triples(found, 9).tolist() == [0b010101]


def test_a_basis_keeps_each_columns_status_as_more_come() -> None:
    """New columns stand behind the old ones, new rows at the end; none moves what was there."""
    old = (np.arange(1, 9, dtype=np.int8), np.array([11, 12], dtype=np.int8))
    assert pricing._widen(None, 3, columns=1) is None
    more = pricing._widen(old, 3, columns=2)
    assert more is not None
    assert more[0].tolist() == [1, 2, 3, AT_LOWER, AT_LOWER, 4, 5, 6, 7, 8]
    assert more[1].tolist() == [11, 12]
    taller = pricing._widen(old, 3, rows=1)
    assert taller is not None
    assert taller[0].tolist() == [1, 2, 3, 4, 5, AT_LOWER, 6, 7, AT_LOWER, 8]
    assert taller[1].tolist() == [11, 12, BASIC]


def test_the_tighter_of_two_bounds_holds() -> None:
    """A measure that is bounded twice; one that was not bounded is."""
    first = Bounded("leakage", 1.0, 5.0)
    rows = replace(ROWS["a count"], bounded=(first,))
    both = rows.with_bounds([Bounded("leakage", 2.0, 9.0), Bounded("local_spend", 3.0, 4.0)])
    assert both.bounded == (Bounded("leakage", 2.0, 5.0), Bounded("local_spend", 3.0, 4.0))
    assert [one.scale for one in both.bounded] == [5.0, 4.0]
    assert Bounded("leakage", 2.0, math.inf).scale == 2.0
    assert Bounded("leakage", 0.0, math.inf).scale == 1.0
    assert len(both.with_triples(TRIPLES).triples) == 2


def test_columns_that_are_there_are_left_out() -> None:
    """The same footprint, match and amounts; what differs in one of them is new."""
    here = Columns(as_masks([1, 2], 5), np.ones(2), np.array([[1.0], [2.0]]), np.array([-1, 0]))
    other = Columns(
        as_masks([1, 1, 2, 4], 5), np.ones(4), np.array([[1.0], [3.0], [2.0], [1.0]]),
        np.array([-1, -1, 1, -1]),
    )  # fmt: skip
    new = here.leave_out(other)
    assert list(zip(new.masks, new.amounts[:, 0], new.match, strict=True)) == [
        (1, 3.0, -1), (2, 2.0, 1), (4, 1.0, -1)]  # fmt: skip
    both = here.joined(new)
    assert both.masks.tolist() == [1, 2, 1, 2, 4]
    assert len(both.leave_out(other).masks) == 0


def test_rows_are_what_the_scenario_asks() -> None:
    """Count, bounded measures, and the baseline with the ICBs that must stay."""
    settings = {
        "footprints.count": (2, 40),
        "footprints.baseline": "columns",
        "footprints.max_moved": 3,
        "services.min_local_spend_m": 20.0,
        "services.max_leakage_m": 30.0,
    }
    system = make_case(toy(), settings).system
    rows = master_rows(system)
    assert rows.count == (2, 9)
    assert rows.fewest_kept == 6
    homes = toy().plans["columns"].groupby("footprint")["icb"]
    assert set(rows.baseline.tolist()) == {system.mask_of(list(group)) for _, group in homes}
    assert rows.bounded == (
        Bounded("local_spend", 20.0, math.inf),
        Bounded("leakage", 0.0, 30.0),
    )
    free = master_rows(make_case(toy(), {"footprints.baseline": "columns"}).system)
    assert len(free.baseline) == free.fewest_kept == 0
    assert free.own is NO_OWN
