"""The referee: re-checks any plan against every rule and adds its costs up again.

It reads the dataset's frames and the plan's claims, in plain Python, and shares no code with the
models or with the engine that measures candidates: an error there shows here as a broken rule.
"""

from __future__ import annotations

from optimiser.proof.referee.judging import check_plan, score_plan
from optimiser.proof.referee.verdict import RULES, BrokenRule

__all__ = ["RULES", "BrokenRule", "check_plan", "score_plan"]
