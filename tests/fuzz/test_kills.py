"""A solve that is stopped at any moment ends, leaves nothing half, and loses no plan."""

from __future__ import annotations

import os

import pytest
from fuzz.kills import run_cases


@pytest.mark.nightly
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_no_plan_is_lost_and_no_run_is_half() -> None:
    """Twelve solves are stopped by Ctrl-C, SIGTERM or SIGKILL; some of them leave a run."""
    counts, wrong = run_cases(12, seed=3)
    assert not wrong, "\n".join(wrong)
    assert counts["cases"] == counts["saved"] + counts["nothing"]
    assert counts["saved"] > 2
