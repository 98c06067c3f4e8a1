"""Whoever waits is told how things stand."""

from __future__ import annotations

import time

from optimiser.progress import telling


def test_a_long_step_is_not_silent() -> None:
    """Where nothing is reported for a while, the standing is told, and no more once all is done."""
    told: list[tuple[str, str]] = []
    with telling(lambda *line: told.append(line), lambda: "so far", seconds=0.05) as report:
        report("first", "done")
        time.sleep(0.5)
    assert told[0] == ("first", "done")
    assert told[1:]
    assert set(told[1:]) == {("search", "so far")}
    count = len(told)
    time.sleep(0.2)
    assert len(told) == count


def test_steps_that_follow_soon_are_told_alone() -> None:
    """A report in time puts the next reminder off."""
    told: list[tuple[str, str]] = []
    with telling(lambda *line: told.append(line), lambda: "so far", seconds=30.0) as report:
        for k in range(3):
            report("step", str(k))
    assert told == [("step", "0"), ("step", "1"), ("step", "2")]
