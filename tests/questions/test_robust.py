"""Draws of the inputs and what they tell of the best plan."""

from __future__ import annotations

import numpy as np
import pytest
from support.more_answers import list_groupings, opened, toy

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import settle_levels
from optimiser.errors import InputError
from optimiser.footprints.system import build_system
from optimiser.inputs.draws import Uncertainty, close_provider, draw_dataset, grow
from optimiser.questions.robust import apply_what_if, robust


@pytest.mark.parametrize("flows", ["poisson", "bootstrap"])
def test_robust_draws_have_the_mean_of_the_inputs(flows: str) -> None:
    """Over many draws, patients and spend come out as given; services' totals follow the flows."""
    dataset = opened().dataset
    how = Uncertainty(flows, shock=0.0)  # type: ignore[arg-type]
    draws = [draw_dataset(dataset, how, np.random.default_rng(k)) for k in range(60)]
    spend = np.array([d.flows["spend_m"].sum() for d in draws])
    error = spend.std() / np.sqrt(len(spend))
    assert abs(spend.mean() - dataset.flows["spend_m"].sum()) < 4 * error + 1e-9
    for one in draws[:3]:
        np.testing.assert_allclose(
            one.services["spend_m"],
            one.flows.groupby("service")["spend_m"].sum().reindex(one.services["service"]),
        )
        assert not np.allclose(one.flows["patients"], dataset.flows["patients"])


def test_robust_poisson_draws_spread_as_the_volatility_says() -> None:
    """The spread of a service's drawn spend is c²·n·(1 + k²) and the shock, as the measure has it."""
    dataset = opened().dataset
    row = dataset.services.iloc[0]
    draws = [draw_dataset(dataset, Uncertainty(), np.random.default_rng(k)) for k in range(400)]
    spend = np.array([d.services["spend_m"].iloc[0] for d in draws])
    case = row["spend_m"] / row["patients"]
    variance = case**2 * row["patients"] * (1 + row["case_cost_cv"] ** 2)
    sd = np.sqrt(variance + (row["common_shock"] * row["spend_m"]) ** 2)
    assert spend.std() == pytest.approx(sd, rel=0.15)


def test_robust_bootstrap_keeps_the_number_of_patients() -> None:
    """Patients drawn with replacement are as many as before, in every service."""
    dataset = opened().dataset
    drawn = draw_dataset(dataset, Uncertainty("bootstrap", 0.0), np.random.default_rng(1))
    np.testing.assert_allclose(drawn.services["patients"], dataset.services["patients"].round())


def test_robust_growth_of_one_service_leaves_the_others() -> None:
    """+10 % of one service changes its flows alone."""
    dataset = opened().dataset
    code = dataset.services["service"].iloc[0]
    ratio = grow(dataset, 0.1, code).services["spend_m"] / dataset.services["spend_m"]
    np.testing.assert_allclose(ratio, [1.1, *[1.0] * (len(ratio) - 1)])


def test_robust_closing_a_provider_moves_its_patients() -> None:
    """Nobody is lost, nobody stays, and others of the same ICB and service take them by share."""
    dataset = opened().dataset
    shut = dataset.flows["provider"].iloc[0]
    after = close_provider(dataset, shut)
    assert shut not in set(after.flows["provider"])
    keys = ["service", "icb"]
    np.testing.assert_allclose(
        after.flows.groupby(keys)["patients"].sum(), dataset.flows.groupby(keys)["patients"].sum()
    )
    assert after.flows["spend_m"].sum() == pytest.approx(dataset.flows["spend_m"].sum())


@pytest.mark.parametrize("text", ["growth", "close=NOBODY", "growth=much", "growth:S99=10%"])
def test_robust_refuses_what_ifs_it_does_not_know(text: str) -> None:
    """A what-if that means nothing is bad input."""
    with pytest.raises(InputError):
        apply_what_if(opened(), text)


def test_robust_scores_every_draw_to_proof() -> None:
    """Optimum and regret of every draw are those of brute force, and seeds repeat."""
    scenario = toy()
    whole = robust(scenario, draws=2, seed=7, what_ifs=["growth=10%"], within_share=0.1)
    found, stability = whole.near, whole.stability
    again = robust(scenario, draws=2, seed=7, within_share=0.1).stability
    np.testing.assert_allclose(stability.cost_m[:2], again.cost_m)
    case = opened()
    with Highs() as highs:
        for k in range(2):
            drawn = draw_dataset(case.dataset, Uncertainty(), np.random.default_rng([7, k]))
            system = build_system(drawn, case.scenario)
            best = min(settle_levels(system, highs, m)[1] for m in list_groupings(case))
            assert stability.best_m[k] == pytest.approx(best)
            own = settle_levels(system, highs, found.near.plans[0])[1]
            assert stability.regret_m[k, 0] == pytest.approx(own - best, abs=1e-9)
    table = stability.summarise()
    least = stability.least_regret()
    assert least is not None
    assert table["largest_regret_m"][least] == table["largest_regret_m"].min()
    assert stability.same.mean() == pytest.approx(table["stays_best_share"][0])
