"""The Python interface: `import optimiser as fp`."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from support.toy import TOY, write_toy_scenario

import optimiser as fp
from optimiser import errors as fp_errors


def test_every_name_of_the_interface_is_there() -> None:
    """Each name in __all__ leads to something that can be called."""
    assert all(callable(getattr(fp, name)) for name in fp.__all__)
    assert set(fp.__all__) <= set(dir(fp))


def test_an_unknown_name_is_refused() -> None:
    """As any module does."""
    with pytest.raises(AttributeError, match="no attribute 'slove'"):
        _ = fp.slove


def test_classify_stays_a_function(tmp_path: Path) -> None:
    """It gives what the command prints, although a module has its name."""
    module = import_module("optimiser.questions.classify")
    found = fp.classify(fp.read_scenario(write_toy_scenario(tmp_path)))
    assert isinstance(found, module.Classification)
    assert found.services["service"].tolist() == fp.load(TOY).services["service"].tolist()


def test_readiness_of_a_plan_by_name_or_as_solved(tmp_path: Path) -> None:
    """The tables of a carried plan, and of the plan that was scored, are the same."""
    scenario = fp.read_scenario(write_toy_scenario(tmp_path))
    named = fp.readiness(scenario, "rows").tables
    scored = fp.readiness(scenario, fp.evaluate(scenario, "rows").plan).tables
    assert set(named) == {"footprints", "domains", "leads", "increases", "services"}
    for name, table in named.items():
        pd.testing.assert_frame_equal(table, scored[name])


def test_volatility_of_a_dataset_without_history_is_not_estimated() -> None:
    """One row for each service; nothing is claimed without past years."""
    dataset = fp.load(TOY)
    table = fp.volatility(dataset).services
    assert len(table) == len(dataset.services)
    assert (dataset.history is None) == table["common_shock"].isna().all()


def test_a_given_plan_is_never_better_than_the_best(tmp_path: Path) -> None:
    """Solving and evaluating agree on the scale."""
    scenario = fp.read_scenario(write_toy_scenario(tmp_path))
    found, best = fp.evaluate(scenario, "columns"), fp.solve(scenario)
    assert found.plan.objective >= best.objective
    avoidable = best.objective - best.terms["unavoidable_m"].sum()
    more = found.plan.objective - best.objective
    assert found.gap_to_optimum == pytest.approx(more / avoidable)


def test_a_loaded_dataset_is_solved_without_reading_the_disk_again(tmp_path: Path) -> None:
    """Every question that takes a dataset answers when its folder is gone."""
    shutil.copytree(TOY, tmp_path / "toy")
    path = tmp_path / "three.toml"
    path.write_text('dataset = "toy"\n[footprints]\ncount = 3\n', encoding="utf-8")
    scenario, dataset = fp.read_scenario(path), fp.load(tmp_path / "toy")
    expected = fp.solve(scenario).objective
    shutil.rmtree(tmp_path / "toy")
    assert fp.solve(scenario, dataset).objective == expected
    found = fp.evaluate(scenario, "rows", dataset)
    assert found.optimum is not None
    assert found.optimum.objective == expected
    assert fp.alternatives(scenario, dataset).best.objective == expected
    assert len(fp.frontier(scenario, "cost", "leakage", dataset, points=2).frontier.points) >= 1
    drawn = fp.robust(scenario, dataset, draws=1, flows="poisson", workers=1)
    assert [draw.name for draw in drawn.draws] == ["draw 1"]
    assert fp.explain(scenario, dataset, service="S1").service is not None
    assert len(fp.classify(scenario, dataset).services) == len(dataset.services)
    assert len(fp.readiness(scenario, "rows", dataset).footprints) == 3


def test_a_plan_describes_saves_and_draws_itself(tmp_path: Path) -> None:
    """Its repr is one line, its run reads back as it is, and the map is where it was asked for."""
    plan = fp.solve(write_toy_scenario(tmp_path))
    assert repr(plan) == f"<Plan best found: 3 footprints, score {plan.objective:,.2f}, optimal>"
    assert plan.summary().startswith("Best plan: 3 footprints")
    run = fp.read_run(plan.save(tmp_path / "run"))
    assert run.plan.grouping == plan.grouping
    assert "not_drawn" not in run.manifest
    assert {path.name for path in plan.map(tmp_path / "drawn")} == {"map.png", "map.svg"}
    found = fp.evaluate(plan.scenario, "columns", plan.dataset)
    assert "rules broken" in repr(found)
    assert "than the best plan within the rules" in found.summary()


def test_levels_are_read_by_their_old_heading_too(tmp_path: Path) -> None:
    """A run's services.csv gives its own levels back, with the column named level or option."""
    plan = fp.solve(write_toy_scenario(tmp_path))
    new, old = tmp_path / "new.csv", tmp_path / "old.csv"
    plan.services.to_csv(new, index=False)
    plan.services.rename(columns={"level": "option"}).to_csv(old, index=False)
    scores = [
        fp.evaluate(plan.scenario, plan.grouping, services=path, no_optimum=True).plan.objective
        for path in (new, old)
    ]
    assert scores == pytest.approx([plan.objective] * 2)
    plan.services.drop(columns="level").to_csv(tmp_path / "none.csv", index=False)
    with pytest.raises(fp_errors.InputError, match="level"):
        fp.evaluate(plan.scenario, plan.grouping, services=tmp_path / "none.csv", no_optimum=True)
