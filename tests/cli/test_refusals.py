"""Every refusal of bringing one's own data reads as the page says, and writes nothing."""

from __future__ import annotations

import pytest
from support.refusals import FILE, SECTIONS, Refusal, bring_about, show

EVERY = [one for refusals in SECTIONS.values() for one in refusals]


@pytest.mark.parametrize("refusal", EVERY, ids=lambda one: one.title)
def test_the_page_says_what_is_printed(refusal: Refusal) -> None:
    """The command and its whole message stand in docs/refusals.md."""
    assert show(refusal, bring_about(refusal)) in FILE.read_text(encoding="utf-8")


def test_the_page_says_nothing_else() -> None:
    """As many commands as refusals."""
    text = FILE.read_text(encoding="utf-8")
    assert text.count(": `footprints ") == len(EVERY)
