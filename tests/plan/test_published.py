"""What was published of money is told in words."""

from __future__ import annotations

import re
from pathlib import Path

import optimiser as fp
from optimiser.plan.published import describe_published

ENGLAND = Path(__file__).parents[2] / "inputs" / "england"


def test_what_was_published_reads_as_words() -> None:
    """How much more or less, in words; no sum is left for the reader to work out."""
    allocations, central = describe_published(fp.load(ENGLAND))
    assert re.search(r"\d% less and of .+ \d+% more than was allocated\.$", allocations)
    assert not re.search(r"\d-\d{3,}|computed", central)
    assert central.startswith("A further £7,200m is held centrally")
