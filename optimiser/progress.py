"""Progress: whoever starts long work may be told of each step as it ends."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[str, str], None]
"""``report(step, detail)``: one word for the step that has ended, and a phrase on what came of it."""


def silent(step: str, detail: str) -> None:
    """Tell nobody."""
