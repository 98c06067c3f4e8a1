"""Every command ends with an answer or a sentence on random countries, and packs verify."""

from __future__ import annotations

from collections import Counter

import pytest
from fuzz.commands import try_case


@pytest.mark.long
@pytest.mark.parametrize("seed", [3_000_002, 4_000_028, 6_000_006])
def test_what_once_broke_is_answered(seed: int) -> None:
    """No service may go local; one is forced where it may not; no cover, and any plan would do."""
    counts: Counter[str] = Counter()
    assert not try_case(seed, False, counts)
    assert counts["commands"] > 20


@pytest.mark.nightly
def test_no_command_breaks_on_random_countries() -> None:
    """Thirty countries, some thirty commands each, every fifth made a pack."""
    counts: Counter[str] = Counter()
    wrong = [text for k in range(30) for text in try_case(5_000_000 + k, k % 5 == 0, counts)]
    print(dict(sorted(counts.items())))
    assert not wrong, "\n".join(wrong)
    assert counts["solved"] >= 12
    assert counts["packs"] >= 2
