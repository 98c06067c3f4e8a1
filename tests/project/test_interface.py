"""The Python interface: `import optimiser as fp`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from support.toy import TOY, write_toy_scenario

import optimiser as fp


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
    assert set(named) == {"footprints", "domains", "leads", "rises", "services"}
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
    assert found.gap_to_optimum == pytest.approx(found.plan.objective / best.objective - 1)
