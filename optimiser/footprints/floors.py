"""The cheapest levels of a footprint that must hold a least amount: a small knapsack each, exactly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.candidates import membership
from optimiser.footprints.system import ROUNDING, System


def measure_floors(system: System, masks: Masks) -> dict[str, Floats]:
    """Measure to the least that each footprint must hold of it, for floors that are set, (m,).

    ``local_services`` counts for the footprint's share of England's residents, as its total does.
    """
    rules = system.scenario.services
    inside = membership(masks, system.size)
    found = {}
    if rules.min_local_share_each > 0:
        found["local_spend"] = rules.min_local_share_each * (inside @ system.scope_spend_m)
    if rules.min_local_services_each > 0:
        people = inside @ system.residents / system.residents.sum()
        found["local_services"] = rules.min_local_services_each * people
    return found


def meet_floors(
    priced: Floats,
    amounts: Mapping[str, Floats],
    floors: Mapping[str, Floats],
    cost: Floats,
    choice: Ints,
) -> tuple[Floats, Ints]:
    """Cost and levels of each footprint, the cheapest that hold enough.

    Args:
        priced: cost of every level, infinite where it is not allowed, (O, m, G).
        amounts: measure to what every level adds to it, (O, m, G).
        floors: measure to the least of it, (m,).
        cost: cost of the cheapest levels if nothing were asked, (m,).
        choice: those levels, (m, G).

    Returns:
        (m,), infinite where no levels hold enough; (m, G).
    """
    short = np.zeros(len(cost), dtype=bool)
    for name, least in floors.items():
        held = np.take_along_axis(amounts[name], choice[None], axis=0)[0].sum(axis=1)
        short |= held < _least(least)
    cost, choice = cost.copy(), choice.copy()
    for f in np.flatnonzero(short & np.isfinite(cost)):
        of_one = {name: amounts[name][:, f] for name in floors}
        needed = {name: float(_least(values)[f]) for name, values in floors.items()}
        found = _settle(priced[:, f], of_one, needed)
        cost[f] = np.inf if found is None else priced[found, f, np.arange(len(found))].sum()
        choice[f] = choice[f] if found is None else found
    return cost, choice


def _least(floor: Floats) -> Floats:
    return floor - ROUNDING * np.maximum(1.0, np.abs(floor))


def _settle(
    priced: Floats, amounts: Mapping[str, Floats], least: Mapping[str, float]
) -> Ints | None:
    """Levels of one footprint, (G,), or None where no allowed levels hold enough."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # slow to load, seldom needed

    levels, groups = priced.shape
    if not groups:
        return None
    allowed = np.isfinite(priced)
    unit = np.abs(priced[allowed]).max(initial=0.0) or 1.0
    one_each = np.tile(np.eye(groups), levels)
    rows = [amounts[name].reshape(-1) for name in least]
    scales = [max(float(np.abs(row).max(initial=0.0)), 1e-300) for row in rows]
    found = milp(
        np.where(allowed, priced, 0.0).reshape(-1) / unit,
        integrality=np.ones(levels * groups),
        bounds=Bounds(0, allowed.reshape(-1).astype(float)),
        constraints=[
            LinearConstraint(one_each, 1, 1),
            LinearConstraint(
                np.array([row / scale for row, scale in zip(rows, scales, strict=True)]),
                np.array([one / scale for one, scale in zip(least.values(), scales, strict=True)]),
                np.inf,
            ),
        ],
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    return np.asarray(found.x.reshape(levels, groups).argmax(axis=0), dtype=np.int64)
