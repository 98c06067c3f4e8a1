"""Draws of the inputs and what they tell of the best plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.more_answers import list_groupings, opened, toy

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import settle_levels, solve_system
from optimiser.errors import InputError
from optimiser.footprints.system import build_system
from optimiser.inputs.draws import Uncertainty, close_provider, draw_dataset, grow
from optimiser.inputs.spreads import draw_chain, draw_weights
from optimiser.questions.robust import apply_what_if, robust
from optimiser.questions.solve import solve
from optimiser.runs.draws import read_draws
from optimiser.runs.folder import read_run


@pytest.mark.parametrize("flows", ["poisson", "bootstrap"])
def test_robust_draws_have_the_mean_of_the_inputs(flows: Any) -> None:
    """Over many draws, patients and spend come out as given; services' totals follow the flows."""
    dataset = opened().dataset
    how = Uncertainty(flows, shock=0.0)
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


@pytest.mark.long
def test_robust_scores_every_draw_to_proof() -> None:
    """Optimum and regret of every draw are those of brute force, whoever draws, and seeds repeat."""
    scenario = toy()
    found = robust(scenario, draws=2, seed=7, flows="poisson", what_ifs=["growth=10%"], workers=1)
    again = robust(scenario, draws=2, seed=7, flows="poisson", workers=2)
    assert [draw.best_m for draw in found.draws[:2]] == [draw.best_m for draw in again.draws]
    assert [draw.name for draw in found.draws] == ["draw 1", "draw 2", "growth=10%"]
    case = opened()
    with Highs() as highs:
        best_plan = solve_system(case.system, highs, 60.0).masks
        for k in range(2):
            chance = Uncertainty("poisson", 0.0)
            drawn = draw_dataset(case.dataset, chance, np.random.default_rng([7, k]))
            system = build_system(drawn, case.scenario)
            best = min(settle_levels(system, highs, m)[1] for m in list_groupings(case))
            assert found.draws[k].best_m == pytest.approx(best)
            own = settle_levels(system, highs, best_plan)[1]
            assert found.regret_m[k, 0] == pytest.approx(own - best, abs=1e-9)
    table = found.summarise()
    assert table["largest_regret_m"][0] == found.regret_m[:, 0].max()
    shares = found.services()[["collective_share", "individual_share", "national_share"]]
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    together = found.pairs().set_index(["a", "b"])["together_share"]
    assert together.between(0, 1).all()


def test_nothing_is_drawn_where_nothing_has_a_spread() -> None:
    """Robust says so: draws that are all the same would look like proof of firmness."""
    with pytest.raises(InputError, match="nothing to draw"):
        robust(toy(), draws=1)


def test_the_whole_chain_keeps_demand_and_moves_what_has_a_spread() -> None:
    """Destinations and centres move where an ICB spends; what it spends moves with its own spread."""
    dataset = opened().dataset
    spreads = {("flows", "spend_m"): 0.4, ("service_providers", "provider"): 0.3}
    drawn = draw_chain(dataset, spreads, np.random.default_rng(3))
    keys = ["service", "icb"]
    before, after = (d.flows.groupby(keys)["spend_m"].sum() for d in (dataset, drawn))
    np.testing.assert_allclose(after, before)
    assert (drawn.flows["spend_m"] - dataset.flows["spend_m"]).abs().max() > 0.01
    benefit = draw_chain(
        dataset, {("services", "integration_benefit"): 0.5}, np.random.default_rng(3)
    )
    pd.testing.assert_frame_equal(benefit.flows, dataset.flows)
    assert (
        benefit.services["integration_benefit"] != dataset.services["integration_benefit"]
    ).all()


def test_a_weight_with_a_range_is_drawn_inside_it() -> None:
    """Each draw takes one value between the ends, and the others stay."""
    scenario = opened().scenario.changed({"uncertainty.weights": {"leakage": (0.15, 0.6)}})
    drawn = [draw_weights(scenario, np.random.default_rng(k)).objective for k in range(40)]
    values = [objective.leakage for objective in drawn]
    assert 0.15 <= min(values) < 0.25
    assert 0.4 < max(values) <= 0.6
    assert {objective.contracting for objective in drawn} == {scenario.objective.contracting}


def test_what_was_drawn_reads_back_as_it_was(tmp_path: Path) -> None:
    """Shares of the saved scores are those of the summary; a plan is found by its footprints."""
    found = robust(toy(), draws=6, flows="poisson", workers=1)
    draws = read_draws(found.save(tmp_path / "drawn"))
    first, *rivals = found.summarise().itertuples()
    assert draws.count == 6
    assert draws.share_best("best") == first.stays_best_share
    for row in rivals:
        assert draws.share_lower("best", str(row.plan)) == row.beats_share
        assert draws.share_lower("best", str(row.plan), "outside_share") == row.less_outside_share
    assert draws.find(draws.groupings["best"]) == "best"
    assert draws.find([["A1"]]) is None


@pytest.mark.long
def test_a_solve_carries_the_share_of_draws_of_its_own_question_alone(tmp_path: Path) -> None:
    """In words, in the manifest, and not where the draws are of other settings."""
    scenario = toy().changed({"footprints.baseline": "rows"})
    found = robust(scenario, draws=6, flows="poisson", workers=1)
    folder, rows = found.save(tmp_path / "drawn"), found.summarise().set_index("plan")
    plan = solve(scenario, robust=folder)
    assert plan.firm_share == {
        "best": rows.loc["best", "stays_best_share"],
        "scores_better": rows.loc["rows", "beats_share"],
        "less_outside": rows.loc["rows", "less_outside_share"],
    }
    assert f"better than Rows in {plan.firm_share['scores_better']:.0%} of draws" in plan.summary()
    assert read_run(plan.save(tmp_path / "run")).manifest["firm_share"] == plan.firm_share
    other = solve(scenario.changed({"objective.leakage": 0.4}), robust=folder)
    assert other.firm_share == {}
    assert "run footprints robust anew" in other.summary()


def test_a_folder_that_robust_did_not_write_is_refused(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(InputError, match="Run footprints robust anew"):
        read_draws(tmp_path)
