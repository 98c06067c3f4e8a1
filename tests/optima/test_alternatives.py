"""Near-best plans, counts and samples against brute force over every plan of the toy country."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from support.more_answers import list_groupings, opened, toy

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.near_optimal.counting import TooManyStatesError, count_plans
from optimiser.engine.near_optimal.ensemble import (
    HeatBath,
    effective_draws,
    sample_plans,
    split_r_hat,
)
from optimiser.engine.near_optimal.plans import choose_diverse, list_near_best
from optimiser.engine.solve import open_candidates, settle_levels, solve_system
from optimiser.errors import UnsupportedError
from optimiser.plan.distance import count_moves, homes
from optimiser.questions.alternatives import alternatives, place_plan

FLOORED = (("services__min_local_spend_m", 100.0),)
NEAR = (("footprints__max_moved", 3),)
EACH = (("services__min_local_share_each", 0.85),)


@pytest.mark.parametrize("changes", [(), FLOORED, NEAR, EACH])
def test_alternatives_are_every_plan_within_the_gap(
    changes: tuple[tuple[str, object], ...],
) -> None:
    """The list holds each grouping within 15 % once, at its exact cost, and nothing else."""
    case = opened(changes)
    with Highs() as highs:
        best = solve_system(case.system, highs, 60).objective
        near = list_near_best(case.system, highs, best, 0.15 * best)
        expected = {}
        source, rows = open_candidates(case.system)
        from optimiser.engine.near_optimal.plans import grouping_cost

        for masks in list_groupings(case):
            free = [settle_levels(case.system, highs, masks)[1]] if not changes else []
            cost = grouping_cost(case.system, highs, source.masks, source.measure_costs(), rows)(
                masks
            )
            assert not free or abs(free[0] - cost) < 1e-6
            if cost <= 1.15 * best + 1e-9:
                expected[tuple(int(m) for m in masks)] = cost
    assert near.complete
    found = {tuple(int(m) for m in p): c for p, c in zip(near.plans, near.cost_m, strict=True)}
    assert found == pytest.approx(expected)
    assert near.cost_m[0] == pytest.approx(best)
    assert np.all(np.diff(near.cost_m) >= -1e-9)


@pytest.mark.long  # compiles the search
@pytest.mark.parametrize("count", [3, (1, 9)])
def test_both_searches_list_the_same_plans(count: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """In compiled code as in Python, to the last digit and in the same order."""
    case = opened((("footprints__count", count),))
    with Highs() as highs:
        best = solve_system(case.system, highs, 60).objective
        slow = list_near_best(case.system, highs, best, 0.8 * best)
        monkeypatch.setattr("optimiser.engine.partitions.MOST_IN_PYTHON", 0)
        fast = list_near_best(case.system, highs, best, 0.8 * best)
    assert len(slow.plans) > 20
    assert slow.complete
    assert fast.complete
    np.testing.assert_array_equal(slow.cost_m, fast.cost_m)
    same = {tuple(p.tolist()) for p in slow.plans}
    assert len(same) == len(slow.plans)
    assert same == {tuple(p.tolist()) for p in fast.plans}


def test_alternatives_say_when_the_list_is_cut_off() -> None:
    """A cap gives a part of the list and a message that says so."""
    case = opened()
    with Highs() as highs:
        best = solve_system(case.system, highs, 60).objective
        near = list_near_best(case.system, highs, best, 0.3 * best, most=3)
    assert (len(near.plans), near.ended) == (3, "limit")
    assert "there are more" in near.statement()


def test_alternatives_share_counts_plans_together() -> None:
    """Co-membership, its always and never lists and the local shares are counts over the list."""
    found = alternatives(toy(), within_share=0.1)
    plans, system = found.near.plans, found.case.system
    pairs: Counter[tuple[int, int]] = Counter()
    for masks in plans:
        for mask in masks:
            members = [i for i in range(system.size) if int(mask) >> i & 1]
            pairs.update((i, j) for i in members for j in members)
    for i in range(system.size):
        for j in range(system.size):
            assert found.together.share[i, j] == pytest.approx(pairs[i, j] / len(plans))
    assert found.together.always() == [
        (i, j) for i in range(9) for j in range(i + 1, 9) if pairs[i, j] == len(plans)
    ]
    assert all(pairs[pair] == 0 for pair in found.together.never())
    local = found.summarise_services()["local_share"]
    assert local.between(0, 1).all()
    assert local.max() > 0


def test_alternatives_under_uniform_list_every_plan() -> None:
    """One level for all England: the list is that of brute force with the uniform cost."""
    from optimiser.engine.uniform.solve import settle_uniform

    scenario = toy(services__portfolio="uniform")
    found = alternatives(scenario, within_share=0.05)
    with Highs() as highs:
        costs = [settle_uniform(found.case.system, highs, m)[1] for m in list_groupings(found.case)]
    inside = sorted(c for c in costs if c <= 1.05 * found.best.objective + 1e-9)
    np.testing.assert_allclose(found.near.cost_m, inside, rtol=1e-9)


def test_alternatives_shortlist_spreads() -> None:
    """The short list starts with the best plan and then takes the farthest plan there is."""
    near = alternatives(toy(), within_share=0.5, diverse=3).near
    chosen = choose_diverse(near.plans, 9, 3)
    labels = [homes(plan, 9) for plan in near.plans]
    table = np.array([count_moves(one, labels) for one in labels])
    assert chosen[0] == 0
    assert table[0, chosen[1]] == table[0].max()
    assert len(set(chosen)) == len(chosen)


def test_alternatives_count_and_draw_exactly() -> None:
    """The count is that of brute force; draws cover all plans evenly."""
    case = opened()
    source, rows = open_candidates(case.system)
    plans = list_groupings(case)
    counter = count_plans(case.system, source.masks, rows.count)
    assert counter.total == len(plans)
    random = np.random.default_rng(1)
    seen = Counter(tuple(int(m) for m in counter.draw(random)) for _ in range(40 * len(plans)))
    assert set(seen) == {tuple(int(m) for m in p) for p in plans}
    spread = sum((n - 40) ** 2 / 40 for n in seen.values())
    assert spread < len(plans) + 5 * np.sqrt(2 * len(plans))


def test_alternatives_count_gives_up_beyond_its_memory() -> None:
    """A table that does not fit is refused rather than cut."""
    system = opened().system
    source, rows = open_candidates(system)
    with pytest.raises(TooManyStatesError):
        count_plans(system, source.masks, rows.count, most_states=5)


def test_alternatives_sampler_reaches_every_plan_evenly() -> None:
    """In the long run the heat bath visits each plan equally often."""
    case = opened()
    source, rows = open_candidates(case.system)
    plans = list_groupings(case)
    chain = HeatBath(source.masks, 9, rows.count, plans[0], seed=3)
    visits: Counter[tuple[int, ...]] = Counter()
    steps = 400 * len(plans)
    for _ in range(steps):
        chain.step()
        visits[tuple(sorted(chain.plan))] += 1
    share = np.array([visits[tuple(int(m) for m in p)] for p in plans]) / steps * len(plans)
    assert share.min() > 0.5
    assert share.max() < 1.7


def test_alternatives_sample_estimates_the_exact_share() -> None:
    """The estimated share of better plans is within four standard errors of the exact one."""
    case = opened()
    source, rows = open_candidates(case.system)
    price = source.measure_costs()
    plans = list_groupings(case)

    def cost_of(masks: np.ndarray) -> np.ndarray:
        return price[np.searchsorted(source.masks, masks)]

    every = np.array([cost_of(p).sum() for p in plans])
    middle = float(np.quantile(every, 0.3))
    standing = sample_plans(source.masks, 9, rows.count, plans[:4], 400, 3, 5, cost_of)
    share, error = standing.share_better(middle)
    assert abs(share - (every < middle - 1e-9).mean()) < 4 * error
    assert standing.r_hat < 1.1
    assert "Estimate" in standing.statement()


def test_alternatives_diagnostics_know_bad_chains() -> None:
    """Chains that stay apart have a large R-hat; a chain that hardly moves is worth few draws."""
    random = np.random.default_rng(2)
    good = random.normal(size=(4, 500))
    assert split_r_hat(good) < 1.02
    assert split_r_hat(good + np.arange(4)[:, None] * 3) > 1.5
    assert effective_draws(good) > 1500
    assert effective_draws(np.cumsum(good, axis=1)) < 200


def test_alternatives_place_a_plan_exactly_where_all_can_be_listed() -> None:
    """The better plans are counted as brute force counts them, and the path ends at the best plan."""
    found = alternatives(toy())
    stands = place_plan(found, "rows")
    source, _ = open_candidates(found.case.system)
    price = source.measure_costs()
    every = [price[np.searchsorted(source.masks, p)].sum() for p in list_groupings(found.case)]
    assert stands.standing.total == len(every)
    assert stands.standing.better == (np.array(every) < stands.cost_m - 1e-9).sum()
    assert stands.better_share == pytest.approx(stands.standing.better / len(every))
    assert stands.standard_error == 0
    assert len(stands.path.steps) == stands.distance.icbs_moved + 1
    assert stands.path.steps[0].cost_m == pytest.approx(stands.cost_m)
    assert stands.path.steps[-1].cost_m == pytest.approx(found.best.objective)


def test_alternatives_refuse_to_place_under_floors() -> None:
    """Floors across footprints are not known to the sampler, so it refuses with the reason."""
    found = alternatives(toy(services__min_local_spend_m=50.0))
    with pytest.raises(UnsupportedError, match="floors and ceilings across"):
        place_plan(found, "rows")
