"""Roadmaps: one year is the plain solve; several are what looking at every path finds."""

from __future__ import annotations

import math
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from support.brute_years import find_best_years
from support.cases import ENGLAND, TOY, make_case, toy
from support.countries import random_country

import optimiser as fp
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.roadmap import YearsSolution, solve_years
from optimiser.errors import InputError, NoPlanError, UnsupportedError
from optimiser.footprints.paths import cost_step_by_step
from optimiser.footprints.years import build_years, can_last
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.progress import silent
from optimiser.proof.referee.facts import Claim
from optimiser.proof.referee.roadmap import check_roadmap
from optimiser.questions.roadmap import Roadmap
from optimiser.questions.roadmap_text import name_compared
from optimiser.questions.solve import solve_case

YEARS = (2023, 2025)
MOVES_LIMITED: dict[str, object] = {
    "services.portfolio": "uniform",
    "footprints.baseline": "rows",
    "footprints.max_moved": 2,
}


@pytest.fixture(scope="module")
def highs() -> Iterator[Highs]:
    """One HiGHS process for all cases."""
    with Highs() as one:
        yield one


def _draw(seed: int, size: int = 4) -> tuple[Dataset, Scenario]:
    """A country whose services join and whose ICBs get readier over the years, and rules for it."""
    draw = random.Random(seed)
    dataset = random_country(seed, size, services=3)
    services = dataset.services.copy()
    services.loc[1, "category"], services.loc[1, "ready_year"] = "not_yet", 2024
    services.loc[0, "programme_of_care"] = "Cancer"
    services.loc[1:, "collaborative"] = True
    if draw.random() < 0.3:
        services.loc[2, "moves_with"] = "S0"
    scores = dataset.readiness
    later = [
        scores.assign(score=(scores["score"] + 0.4 * k).clip(upper=4), year=2023 + k)
        for k in (1, 2)
    ]
    settings: dict[str, object] = {
        "footprints.members": (1, draw.randint(2, 3)),
        "services.levels": draw.choice(
            [
                ("national", "footprint"),
                ("national", "footprint", "icb"),
                ("national", "footprint", "icb", "collaborative"),
            ]
        ),
        "services.categories": ("ready", "not_yet"),
        "objective.holding_cost_m": round(draw.uniform(0, 1.0), 2),
        "objective.lead_provider_cost_m": round(draw.uniform(0, 1.0), 2),
        "objective.volatility": round(draw.uniform(0, 2), 2),
        "objective.integration": round(draw.uniform(0, 0.6), 2),
        "objective.contracting": round(draw.uniform(0, 0.5), 2),
        "objective.transition_delegate": draw.choice([0.0, 0.05, 0.2]),
        "objective.transition_clawback": draw.choice([0.0, 0.1]),
        "objective.committee_cost_m": draw.choice([0.0, 0.5]),
        "roadmap.years": YEARS,
        "roadmap.growth": draw.choice([0.0, 0.2, -0.2, {"Cancer": 0.3}]),
        "roadmap.discount": draw.choice([0.0, 0.1]),
        "roadmap.start": draw.choice(["current", "national"]),
        "roadmap.clawback": draw.random() < 0.5,
        "readiness.joint": draw.choice([0.0, 2.0]),
    }
    optional: list[dict[str, object]] = [
        {"services.force_local": draw.choice([("S1",), "all"])},
        {"services.force_national": ("S2",)},
        {"services.max_cv": round(draw.uniform(0.05, 0.3), 2)},
        {"services.min_patients": float(draw.randint(10, 120))},
        {"footprints.spend_m": (0.0, round(draw.uniform(25, 60), 1))},
        {"footprints.max_travel_minutes": 120},
    ]
    for some in draw.sample(optional, draw.randint(0, 2)):
        settings |= some
    dataset = replace(dataset, services=services, readiness=pd.concat([scores, *later]))
    return dataset, Scenario().changed(settings)


def _solve(dataset: Dataset, scenario: Scenario, highs: Highs) -> YearsSolution | None:
    try:
        return solve_years(build_years(dataset, scenario), highs, 60, silent)
    except NoPlanError:
        return None


def _score(solution: YearsSolution | Plan | None) -> float:
    return math.inf if solution is None else solution.objective


@pytest.mark.parametrize("seed", range(24))
def test_one_year_is_the_plain_solve(seed: int, highs: Highs) -> None:
    """With one year the score is that of ``solve``, moves from today included."""
    _hold_one_year_plain(*_draw(seed), highs)


def _hold_one_year_plain(dataset: Dataset, scenario: Scenario, highs: Highs) -> None:
    scenario = scenario.changed({"roadmap.years": (2023, 2023), "roadmap.start": "current"})
    try:
        plain = solve_case(make_case(dataset, scenario.model_dump(exclude={"roadmap"})), highs)
    except NoPlanError:
        plain = None
    assert _score(_solve(dataset, scenario, highs)) == pytest.approx(_score(plain), rel=1e-9)


@pytest.mark.parametrize("seed", range(24))
def test_every_path_looked_through_gives_the_same(seed: int, highs: Highs) -> None:
    """Grouping and paths by brute force, every set of single ICBs among them."""
    dataset, scenario = _draw(seed)
    found = _score(_solve(dataset, scenario, highs))
    assert found == pytest.approx(find_best_years(dataset, scenario), rel=1e-7)


def _draw_one_list(seed: int) -> tuple[Dataset, Scenario]:
    dataset, scenario = _draw(seed)
    return dataset, scenario.changed({"services.portfolio": "uniform"})


@pytest.mark.parametrize("seed", range(12))
def test_one_list_for_all_england_looked_through_gives_the_same(seed: int, highs: Highs) -> None:
    """Every grouping and every sequence of levels for all England, by brute force."""
    dataset, scenario = _draw_one_list(seed)
    found = _score(_solve(dataset, scenario, highs))
    assert found == pytest.approx(find_best_years(dataset, scenario), rel=1e-7)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 400))
def test_many_countries_under_one_list_agree_with_brute_force(seed: int, highs: Highs) -> None:
    """The same on hundreds."""
    test_one_list_for_all_england_looked_through_gives_the_same(seed, highs)


@pytest.mark.parametrize("seed", range(6))
def test_one_year_of_one_list_is_the_plain_solve(seed: int, highs: Highs) -> None:
    """With one year the score is that of ``solve`` under the same portfolio."""
    _hold_one_year_plain(*_draw_one_list(seed), highs)


@pytest.mark.long
def test_one_list_never_scores_less_and_sometimes_more(highs: Highs) -> None:
    """It restricts what each footprint may choose; the draws hold cases in which that binds."""
    dearer = 0
    for seed in range(8):
        dataset, scenario = _draw(seed)
        own = _score(_solve(dataset, scenario, highs))
        alike = _score(_solve(*_draw_one_list(seed), highs))
        assert alike >= own * (1 - 1e-9), seed
        dearer += own * (1 + 1e-6) < alike < math.inf
    assert dearer >= 2


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 400))
def test_many_drawn_countries_agree_with_brute_force(seed: int, highs: Highs) -> None:
    """The same on hundreds."""
    test_every_path_looked_through_gives_the_same(seed, highs)


def test_a_roadmap_is_never_worse_than_solving_year_by_year(highs: Highs) -> None:
    """The best map of the first year with each year's best levels is one of the roadmaps."""
    lasting = 0
    for seed in range(12):
        dataset, scenario = _draw(seed, size=5)
        years = build_years(dataset, scenario)
        best = _solve(dataset, scenario, highs)
        own = cost_step_by_step(years, best.masks) if best else math.inf
        assert _score(best) <= own * (1 + 1e-9), seed
        try:
            first = solve_years(years.until(1), highs, 60, silent)
        except NoPlanError:
            continue
        stepwise = cost_step_by_step(years, first.masks)
        if best is None:
            assert math.isinf(stepwise) or not can_last(years, first.masks), seed
        elif can_last(years, first.masks):
            assert best.objective <= stepwise * (1 + 1e-9), seed
            lasting += 1
    assert lasting > 3


def test_the_whole_answer_on_the_toy(tmp_path: Path) -> None:
    """Tables, picture and text of the toy country; the referee passed it, and the tables add up."""
    found = fp.roadmap(TOY / "scenarios" / "base.toml", years=(2023, 2026))
    assert found.terms["cost_m"].sum() == pytest.approx(found.score)
    assert found.compared["score"].min() == pytest.approx(found.score)
    own = found.milestones
    held = own[["collective_m", "collaborative_m", "individual_m", "national_m"]].sum(axis=1)
    assert held.tolist() == pytest.approx(own["in_scope_m"].tolist())
    assert set(found.services["service"]) == {"S1", "S2", "S3", "S4", "S5"}
    folder = found.save(tmp_path / "roadmap")
    assert {"roadmap_levels.csv", "roadmap_milestones.csv", "roadmap.png", "plan.csv"} <= {
        path.name for path in folder.iterdir()
    }
    assert "Proven" in found.summary()


def test_planted_faults_are_found() -> None:
    """A service taken back, and a score that does not add up."""
    scenario = Scenario().changed({"roadmap.years": (2023, 2024)})
    dataset = toy()
    icbs = tuple(dataset.icbs["icb"])
    everyone = {"England": icbs}

    def claim(level: str) -> Claim:
        levels = {
            (s, "England"): (level if s == "S1" else "national",)
            for s in dataset.services["service"]
        }
        return Claim(everyone, {"England": icbs[:1]}, levels)

    kept = check_roadmap([claim("national"), claim("footprint")], dataset, scenario)
    assert "clawback" not in {rule.rule for _, rule in kept.broken}
    lost = check_roadmap([claim("footprint"), claim("national")], dataset, scenario, kept.score + 1)
    assert {(2024, "clawback"), (2024, "terms_agree")} <= {
        (year, rule.rule) for year, rule in lost.broken
    }


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (MOVES_LIMITED, "max_moved"),
        ({"services.min_local_spend_m": 5.0}, "local_spend"),
        ({"services.min_local_share_each": 0.5}, "min_local_share_each"),
    ],
)
def test_what_a_roadmap_does_not_answer_is_refused_by_name(
    settings: dict[str, object], named: str
) -> None:
    """And what to do instead is said."""
    with pytest.raises(UnsupportedError, match=named):
        fp.roadmap(Scenario().changed(settings), toy())


def test_a_service_is_forced_local_from_the_year_in_which_it_may_be() -> None:
    """Before its year it is national, whatever the scenario forces; the referee agrees."""
    settings = [
        *("services.force_local=['S6']", "services.categories=['ready', 'not_yet']"),
        *("readiness.required=false", "roadmap.years=[2024, 2025]"),
    ]
    found = fp.roadmap(fp.read_scenario(TOY / "scenarios" / "base.toml", settings))
    own = found.levels[found.levels["service"] == "S6"].groupby("year")["level"].agg(set)
    assert own.to_dict() == {2024: {"national"}, 2025: {"footprint"}}


def _carry_path(found: Roadmap, folder: Path) -> None:
    """Write a roadmap's own grouping and first year's levels as a path of the dataset."""
    (folder / "paths").mkdir()
    (folder / "levels").mkdir()
    found.plan[["icb", "footprint"]].to_csv(folder / "plans" / "own.csv", index=False)
    first = found.levels[found.levels["year"] == found.numbers[0]]
    first[["service", "footprint", "level"]].to_csv(folder / "levels" / "own.csv", index=False)
    rows = f"year,plan,levels,milestone\n{found.numbers[0]},own,own,Begins\n"
    (folder / "paths" / "own.csv").write_text(rows, encoding="utf-8")


def test_a_path_that_is_the_best_roadmap_scores_the_same(tmp_path: Path) -> None:
    """The path is scored by the referee from files alone; an unknown path is refused."""
    folder = Path(shutil.copytree(TOY, tmp_path / "toy"))
    scenario = fp.read_scenario(folder / "scenarios" / "base.toml", ["roadmap.years=[2023, 2024]"])
    best = fp.roadmap(scenario)
    by_year = best.levels.groupby("year")["level"].apply(list)
    assert by_year[2023] == by_year[2024]
    _carry_path(best, folder)
    found = fp.roadmap(scenario.changed({"roadmap.beside": "own"}))
    scores = found.compared.set_index("path")
    assert scores.loc["own", "score"] == pytest.approx(best.score)
    assert scores.loc["own", "broken"] == ""
    assert found.milestones["milestone"].tolist() == ["Begins", ""]
    with pytest.raises(InputError, match="carries no such path"):
        fp.roadmap(scenario.changed({"roadmap.beside": "owm"}))


@pytest.mark.long
def test_englands_roadmap_is_proven_as_the_document_tells() -> None:
    """Within five minutes; the table of docs/roadmap.md is what the command prints."""
    started = time.monotonic()
    found = fp.roadmap(ENGLAND / "scenarios" / "roadmap-2023.toml")
    assert found.status == "optimal"
    assert found.gap == 0
    assert time.monotonic() - started < 300
    page = (TOY.parents[1] / "docs" / "roadmap.md").read_text(encoding="utf-8")
    table = page.partition("<!-- roadmap begins -->")[2].partition("<!-- roadmap ends -->")[0]
    told = [[c.strip() for c in row.split("|")[1:5]] for row in table.strip().splitlines()[2:]]
    assert told == [
        [path, f"{score:,.0f}", f"{more:,.0f}", broken]
        for path, score, more, broken in name_compared(found.compared)[
            ["path", "score", "more", "broken"]
        ].itertuples(index=False)
    ]
