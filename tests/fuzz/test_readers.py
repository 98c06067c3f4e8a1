"""No reader lets a spoilt file through with a traceback, a hang or a silent change."""

from __future__ import annotations

from fuzz.readers import run_cases


def test_spoilt_files_are_read_or_told() -> None:
    """One hundred and thirty spoilt files end in an answer or in faults; some of each are met."""
    counts, wrong = run_cases(130, seed=7)
    assert not wrong, "\n".join(wrong)
    assert counts["cases"] == 130
    assert counts["told"] > 60
    assert counts["read"] > 0
