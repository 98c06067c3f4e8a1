"""No reader lets a spoilt file through with a traceback, a hang or a silent change."""

from __future__ import annotations

from fuzz.readers import run_cases


def test_spoilt_files_are_read_or_told() -> None:
    """Three spoilt files of each reader end in an answer or in faults; some of each are met."""
    counts, wrong = run_cases(66, seed=7)
    assert not wrong, "\n".join(wrong)
    assert counts["cases"] == 66
    assert counts["told"] > 30
    assert counts["read"] > 0
