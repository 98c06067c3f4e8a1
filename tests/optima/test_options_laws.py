"""Laws of the levels: opening one never worsens the optimum, and closing all but one is that one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.brute import find_best
from support.cases import connected_icbs, cut_out, england, make_case, toy

from optimiser.engine.highs.adapter import Highs
from optimiser.inputs.dataset import Dataset
from optimiser.questions.solve import solve_case

NATIONAL, FOOTPRINT, ICB = "national", "footprint", "icb"
USUAL: dict[str, object] = {
    "footprints.population_m": (1.0, 5.0),
    "services.categories": ("ready", "not_yet"),
    "services.year": 2025,
    "objective.volatility": 0.4,
    "objective.committee_cost_m": 0.5,
}
WEIGHTS: dict[str, dict[str, object]] = {
    "usual": {},
    "sharing loses all": {
        "objective.sharing_loss": 1.0,
        "objective.integration": 4.0,
        "objective.volatility": 0.1,
    },
    "local care worth much": {"objective.integration": 4.0},
    "local care worth little": {"objective.integration": 0.3},
    "teams dear": {"objective.holding_cost_m": 1.0, "objective.volatility": 1.0},
}
OPENINGS = [
    ((NATIONAL,), (NATIONAL, FOOTPRINT)),
    ((NATIONAL,), (NATIONAL, ICB)),
    ((NATIONAL, FOOTPRINT), (NATIONAL, FOOTPRINT, ICB)),
    ((NATIONAL, ICB), (NATIONAL, FOOTPRINT, ICB)),
]


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as process:
        yield process


def best_m(
    dataset: Dataset, levels: tuple[str, ...], more: dict[str, object], highs: Highs
) -> float:
    """Proven least cost with these levels open, £m."""
    plan = solve_case(make_case(dataset, {**USUAL, **more, "services.levels": levels}), highs)
    assert plan.outcome.status == "optimal"
    return plan.objective


@pytest.mark.parametrize("weights", WEIGHTS)
def test_opening_an_level_never_worsens_the_optimum(weights: str, highs: Highs) -> None:
    """By footprint, a further level can be left unused, so the best plan costs no more with it."""
    sets = sorted({s for opening in OPENINGS for s in opening})
    best = {levels: best_m(toy(), levels, WEIGHTS[weights], highs) for levels in sets}
    for fewer, more in OPENINGS:
        assert best[more] <= best[fewer] + 1e-6


@pytest.mark.parametrize("weights", WEIGHTS)
def test_where_sharing_loses_nothing_alone_is_never_better_than_together(
    weights: str, highs: Highs
) -> None:
    """Single ICBs buy no less outside, pool no risk and need a team each: they gain nothing.

    What every member may hold alone the footprint may hold too: it has all their providers, patients
    and spend, and is as ready as the least ready of them. All services are forced local, so that no
    member is left to England and the law holds of whole footprints.
    """
    services = toy().services.assign(min_providers=0, needs_delegation=False, max_cv=float("nan"))
    anyone = replace(toy(), services=services)
    forced = {"services.force_local": "all", "services.min_providers": 0}
    settings = {**WEIGHTS[weights], **forced, "objective.sharing_loss": 0.0}
    costs = [
        best_m(anyone, levels, settings, highs)
        for levels in ((NATIONAL, FOOTPRINT, ICB), (NATIONAL, FOOTPRINT), (NATIONAL, ICB))
    ]
    assert costs[0] == pytest.approx(costs[1], abs=1e-6)
    assert costs[2] > costs[0] + 1e-6


def test_single_ICBs_are_used_where_sharing_loses_what_holding_wins(highs: Highs) -> None:
    """With all three levels open each is used somewhere: none is there for show."""
    for levels in ((NATIONAL, FOOTPRINT, ICB), (NATIONAL, ICB)):
        settings = {**USUAL, **WEIGHTS["sharing loses all"], "services.levels": levels}
        used = set(solve_case(make_case(toy(), settings), highs).services["level"])
        assert used == set(levels)


@pytest.mark.parametrize("seed", range(3))
def test_all_three_levels_agree_with_brute_force_on_cuts_of_england(
    seed: int, highs: Highs
) -> None:
    """On six ICBs and six services drawn from England, all three levels open, no plan is better."""
    country = england()
    services = ("2", "7", "15", "35", "78", "139A")
    start = str(country.icbs["icb"].iloc[11 * seed])
    cut = cut_out(country, connected_icbs(country, start, 6, seed), services)
    settings = {
        "services.levels": (NATIONAL, FOOTPRINT, ICB),
        "services.max_cv": 0.3,
        "footprints.members": (1, 4),
        "objective.committee_cost_m": 0.5,
        "objective.holding_cost_m": 0.05,
        "objective.leakage": 0.3,
    }
    case = make_case(cut, settings)
    expected = find_best(cut, case.scenario)
    assert expected is not None
    assert solve_case(case, highs).objective == pytest.approx(expected.cost_m, rel=1e-7, abs=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("policy", ["by_footprint", "uniform"])
def test_both_policies_agree_with_brute_force_with_all_three_levels(
    policy: str, highs: Highs
) -> None:
    """On the toy country, groupings times levels, the engine's plan costs what brute force says."""
    settings = {
        **USUAL,
        "services.portfolio": policy,
        "services.levels": (NATIONAL, FOOTPRINT, ICB),
        "objective.holding_cost_m": 0.05,
    }
    case = make_case(toy(), settings)
    expected = find_best(toy(), case.scenario)
    assert expected is not None
    assert solve_case(case, highs).objective == pytest.approx(expected.cost_m, rel=1e-7, abs=1e-6)


def test_one_level_for_all_england_costs_at_least_as_much(highs: Highs) -> None:
    """What is uniform is open to footprints that settle their own, so it is never cheaper."""
    for weights in ("usual", "local care worth much"):
        settings = {**WEIGHTS[weights], "services.levels": (NATIONAL, FOOTPRINT)}
        own, alike = (
            solve_case(make_case(toy(), {**USUAL, **settings, "services.portfolio": p}), highs)
            for p in ("by_footprint", "uniform")
        )
        assert alike.objective >= own.objective - 1e-6
        levels = alike.services.groupby("service")["level"].nunique()
        assert (levels == 1).all()


@pytest.mark.parametrize("service", ["S1", "S3"])
def test_forcing_a_service_never_betters_the_optimum(service: str, highs: Highs) -> None:
    """Forced local or forced national, the best plan costs at least what the free one does."""
    levels = (NATIONAL, FOOTPRINT, ICB)
    free = best_m(toy(), levels, {}, highs)
    for setting in ("services.force_national", "services.force_local"):
        assert best_m(toy(), levels, {setting: (service,)}, highs) >= free - 1e-6


def test_a_higher_limit_on_moves_never_worsens_the_optimum(highs: Highs) -> None:
    """At most m ICBs moved: the cost falls with m, from the baseline's own to the free optimum."""
    near = {"footprints.baseline": "columns"}
    costs = [
        best_m(toy(), (NATIONAL, FOOTPRINT), {**near, "footprints.max_moved": moves}, highs)
        for moves in (0, 1, 2, 3, 9)
    ]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == pytest.approx(best_m(toy(), (NATIONAL, FOOTPRINT), {}, highs))
    assert costs[0] > costs[-1]
