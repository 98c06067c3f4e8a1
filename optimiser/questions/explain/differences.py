"""What a re-solve changes: money by term, patients who cross a boundary, ICBs that move."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from optimiser.arrays import Masks
from optimiser.errors import NoPlanError
from optimiser.footprints.candidates import as_masks, count_shared
from optimiser.plan.naming import name_footprints
from optimiser.questions.explain.reoptimise import Solved


def match_footprints(before: Masks, after: Masks) -> dict[int, int]:
    """Index of each footprint after to the one before that it is paired with, most ICBs kept."""
    from scipy.optimize import linear_sum_assignment  # slow to load, seldom needed

    shared = count_shared(after, before).astype(np.int64)
    rows, columns = linear_sum_assignment(shared, maximize=True)
    return {int(f): int(b) for f, b in zip(rows, columns, strict=True)}


def list_moved(before: Masks, after: Masks, size: int) -> list[int]:
    """Indices of the ICBs that leave their footprint, under the best pairing of footprints."""
    pairs = match_footprints(before, after)
    kept = 0
    for f, b in pairs.items():
        kept |= int(after[f]) & int(before[b])
    return [i for i in range(size) if not kept >> i & 1]


def compare_solved(base: Solved, other: Solved) -> dict[str, object]:
    """The difference of two plans in a flat row.

    Returns:
        cost_m (of the other), difference_m (other less base), one difference a term
        (``leakage_m`` …), crossing_patients (difference), icbs_moved (number) and moved (codes).
    """
    moved = list_moved(base.masks, other.masks, base.system.size)
    return {
        "cost_m": other.cost_m,
        "difference_m": other.cost_m - base.cost_m,
        **{f"{term}_m": other.terms_m[term] - base.terms_m[term] for term in base.terms_m},
        "crossing_patients": other.crossing_patients - base.crossing_patients,
        "icbs_moved": len(moved),
        "moved": " ".join(base.system.icbs[i] for i in moved),
        "footprints": len(other.masks),
    }


def bound_difference(base: Solved, other: Solved) -> tuple[float, float]:
    """How much more the best plan of another variant costs, at least and at most, £m-equivalents.

    The same number twice where both plans are proven best; infinite where a bound is not known.
    """
    return other.bound_m - base.cost_m, other.cost_m - base.bound_m


def state_proof(base: Solved, other: Solved, least: float = -math.inf) -> str:
    """What is not proven of a difference, in words; empty where both plans are proven best.

    Args:
        base: the scenario's plan.
        other: the other variant's.
        least: what the difference comes to at least whatever was proven, as where a rule was added.
    """
    if base.proven and other.proven:
        return ""
    return other.scope or state_range(*bound_difference(base, other), least)


def state_range(low: float, high: float, least: float = -math.inf) -> str:
    """Between what a difference lies, in words."""
    low = max(low, least) + 0.0  # which makes of -0.0 a plain 0
    if math.isfinite(high):
        between = f"it is between {low:,.2f} and {high:,.2f}"
        return between if math.isfinite(low) else f"it is at most {high:,.2f}"
    return f"it is at least {low:,.2f}" if low > least else "no bound on it was proven in time"


def state_failure(error: Exception) -> dict[str, object]:
    """What a variant without a plan says: proven that there is none, or not found."""
    if isinstance(error, TimeoutError):
        return {"possible": None, "proven": False, "note": "no time left"}
    possible = False if isinstance(error, NoPlanError) else None
    return {"possible": possible, "proven": possible is False, "note": str(error)}


def name_home(solved: Solved, icb: str) -> str:
    """The name of the footprint that an ICB is in."""
    place = solved.system.icbs.index(icb)
    (mask,) = (m for m in solved.masks if int(m) >> place & 1)
    return name_footprints(
        solved.system, solved.variant.dataset, as_masks([mask], solved.system.size)
    )[0]


def drop_zero_terms(frame: pd.DataFrame, terms: list[str]) -> pd.DataFrame:
    """The frame without the columns of terms that are nowhere different from zero."""
    unused = [
        f"{t}_m" for t in terms if f"{t}_m" in frame and (frame[f"{t}_m"].abs() < 5e-10).all()
    ]
    return frame.drop(columns=unused)
