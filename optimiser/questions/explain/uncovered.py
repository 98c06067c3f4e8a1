"""ICBs that no candidate holds."""

from __future__ import annotations

import numpy as np

from optimiser.footprints.system import System
from optimiser.questions.explain.candidate_lists import CandidateList


def list_uncovered(listed: CandidateList) -> list[int]:
    """Indices of the ICBs that no candidate holds."""
    covered = int(np.bitwise_or.reduce(listed.masks)) if len(listed.masks) else 0
    return [i for i in range(listed.system.size) if not covered >> i & 1]


def state_uncovered(listed: CandidateList) -> str:
    """The ICBs that no candidate holds, in a sentence; empty when there are none."""
    lost = list_uncovered(listed)
    return state_lost(listed.system, lost) if lost else ""


def state_lost(system: System, lost: list[int]) -> str:
    """That no footprint can hold some ICBs, in a sentence."""
    names = ", ".join(f"{system.names[i]} ({system.icbs[i]})" for i in lost)
    return f"No footprint within the rules can hold {names}."
