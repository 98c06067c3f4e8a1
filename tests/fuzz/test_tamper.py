"""Verify finds what was tampered with, or names it among what it takes as stated."""

from __future__ import annotations

import pytest
from fuzz.tamper import run_cases


@pytest.mark.nightly
def test_no_tampering_is_missed() -> None:
    """Three hundred cases over files and words of runs and a pack, hashes made anew in half of them."""
    counts, wrong = run_cases(300, seed=7)
    assert not wrong, "\n".join(wrong)
    assert counts["found"] > 200
    assert counts["found"] + counts["stated"] == counts["cases"]
    assert counts["cases"] > 250
