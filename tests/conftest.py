"""Runs that several tests share; being here makes ``tests/support`` importable as ``support``."""

from __future__ import annotations

import pytest
from hypothesis import settings
from support.saved import Saved, save_groupings

from optimiser.runs.compare import Comparison, compare_runs

settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.load_profile("same")
"""Drawn cases are the same in every run, and a busy machine is no fault; others are drawn with
``--hypothesis-profile=default``."""


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """The toy country's rows and columns as saved runs."""
    return save_groupings(tmp_path_factory.mktemp("saved"))


@pytest.fixture(scope="session")
def comparison(saved: Saved) -> Comparison:
    """Columns against rows."""
    return compare_runs(saved.runs)
