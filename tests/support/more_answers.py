"""The toy country with a few rules, opened once, and brute force over all its plans."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from optimiser.arrays import Masks
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.totals import measure_amounts
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.questions.case import Case, open_case

TOY = Path(__file__).resolve().parents[2] / "inputs" / "toy"
SETTINGS = {
    "dataset": str(TOY),
    "footprints": {"population_m": [1.5, 5.0], "baseline": "rows", "count": [2, 4]},
    "objective": {"committee_cost_m": 1.0},
}


def toy(**changes: object) -> Scenario:
    """The toy scenario; changes are ``section__key=value``."""
    named = {key.replace("__", "."): value for key, value in changes.items()}
    return Scenario.model_validate(SETTINGS).changed(named)


@cache
def opened(changes: tuple[tuple[str, object], ...] = ()) -> Case:
    """The toy case, read once."""
    return open_case(toy(**dict(changes)))


def list_groupings(case: Case) -> list[Masks]:
    """Every grouping into candidates, by plain recursion."""
    masks = [int(m) for m in list_candidates(case.system, footprint_rules(case.system)).masks]
    low, high = case.scenario.footprints.count_window

    def rest(covered: int) -> list[tuple[int, ...]]:
        if covered == (1 << case.system.size) - 1:
            return [()]
        first = (~covered & (covered + 1)).bit_length() - 1
        found = []
        for mask in masks:
            if mask >> first & 1 and not mask & covered:
                found += [(mask, *more) for more in rest(covered | mask)]
        return found

    plans = [np.array(sorted(p), dtype=np.uint64) for p in rest(0) if low <= len(p) <= high]
    assert plans
    return plans


def list_values(case: Case, names: tuple[str, ...], policy: Any = "open") -> np.ndarray:
    """Values of the measures of every plan with every choice of allowed levels, (plans, names)."""
    rows = []
    for masks in list_groupings(case):
        amounts = measure_amounts(case.system, masks, names, policy)
        parts = []
        for f in range(len(masks)):
            fixed = np.array([amounts.fixed[name][f] for name in names])
            choices = [
                [o for k, o in enumerate(amounts.levels) if amounts.allowed[k, f, g]]
                for g in range(amounts.allowed.shape[2])
            ]
            part = []
            for picked in itertools.product(*choices):
                value = fixed.copy()
                for g, o in enumerate(picked):
                    for n, name in enumerate(names):
                        if o in amounts.by_level[name]:
                            value[n] += amounts.by_level[name][o][f, g]
                part.append(value)
            parts.append(np.unique(np.round(part, 9), axis=0))
        total = parts[0]
        for more in parts[1:]:
            total = (total[:, None, :] + more[None, :, :]).reshape(-1, len(names))
            total = np.unique(np.round(total, 9), axis=0)
        rows.append(total)
    return np.concatenate(rows)


def keep_best(values: np.ndarray) -> np.ndarray:
    """Rows of two columns that no other row dominates, by rising first column."""
    order = np.lexsort((values[:, 1], values[:, 0]))
    kept, least = [], np.inf
    for x, y in values[order]:
        if y < least - 1e-7:
            kept.append((x, y))
            least = y
    return np.array(kept)
