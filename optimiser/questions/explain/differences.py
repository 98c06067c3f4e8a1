"""What a re-solve changes: money by term, patients who cross a boundary, ICBs that move."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser.arrays import Masks
from optimiser.footprints.levels import COLLECTIVE, ICB
from optimiser.plan.distance import homes
from optimiser.plan.measure_plan import level_of_services
from optimiser.plan.naming import name_footprints
from optimiser.questions.explain.reoptimise import Solved


def count_crossing(solved: Solved) -> float:
    """Patients a year of local services who are treated outside the body that commissions for them.

    Patients of a service that a footprint holds count when their provider lies in another footprint
    or elsewhere; of a service held by single ICBs, when it lies outside their own ICB. Patients of
    national services never count: England has no inner boundary. Read from the column ``patients``
    of the flows.
    """
    system, flows = solved.system, solved.variant.dataset.flows
    host = solved.variant.dataset.providers.set_index("provider")["icb"]
    place = {code: k for k, code in enumerate(system.icbs)}
    home = homes(solved.masks, system.size)
    i = flows["icb"].map(place).to_numpy(np.int64)
    j = flows["provider"].map(host).map(place).fillna(-1).to_numpy(np.int64)
    order = {code: k for k, code in enumerate(system.services.codes)}
    s = flows["service"].map(order).to_numpy(np.int64)
    levels = np.array(system.scenario.services.levels)
    level = levels[level_of_services(system, solved.choice)[home[i], s]]
    outside_footprint = (j < 0) | (home[i] != home[j])
    as_one = np.isin(level, COLLECTIVE)
    crosses = np.where(level == ICB, i != j, as_one & outside_footprint)
    return float(flows["patients"].to_numpy(float)[crosses].sum())


def match_footprints(before: Masks, after: Masks) -> dict[int, int]:
    """Index of each footprint after to the one before that it is paired with, most ICBs kept."""
    from scipy.optimize import linear_sum_assignment  # slow to load, seldom needed

    shared = np.bitwise_count(after[:, None] & before[None, :]).astype(np.int64)
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
        "crossing_patients": count_crossing(other) - count_crossing(base),
        "icbs_moved": len(moved),
        "moved": " ".join(base.system.icbs[i] for i in moved),
        "footprints": len(other.masks),
    }


def name_home(solved: Solved, icb: str) -> str:
    """The name of the footprint that an ICB is in."""
    place = solved.system.icbs.index(icb)
    (mask,) = (m for m in solved.masks if int(m) >> place & 1)
    return name_footprints(solved.system, solved.variant.dataset, np.array([mask]))[0]


def drop_zero_terms(frame: pd.DataFrame, terms: list[str]) -> pd.DataFrame:
    """The frame without the columns of terms that are nowhere different from zero."""
    unused = [
        f"{t}_m" for t in terms if f"{t}_m" in frame and (frame[f"{t}_m"].abs() < 5e-10).all()
    ]
    return frame.drop(columns=unused)
