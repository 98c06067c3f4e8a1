"""From arrays to the selection model and back: the survivors as :class:`SelectionInputs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.inputs import Holding, Nearness, SelectionInputs, Total
from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.engine.listed import Build
from optimiser.engine.relaxation.master import Rows
from optimiser.engine.source import Survivors
from optimiser.footprints.candidates import count_shared, is_wide
from optimiser.footprints.costs import (
    Costs,
    cheapest_levels,
    fixed_totals,
    measure_fixed,
    price_levels,
    term_weights,
)
from optimiser.footprints.levels import (
    TERMS,
    ServiceLevels,
    cost_groups,
    measure_floors,
    measure_levels,
    sum_taken,
)
from optimiser.footprints.system import System

TOTAL_NAMES = {
    "local_spend": ("min_local_spend_m", "max_local_spend_m"),
    "local_services": ("min_local_services", "max_local_services"),
    "leakage": ("", "max_leakage_m"),
    "volatility": ("", "max_volatility_m"),
}
"""Bounded measure to the names of its floor and ceiling in the scenario."""


@dataclass(frozen=True)
class Shortlist:
    """Candidates that go to the selection model, and what is open in each.

    Attributes:
        masks: the candidates, (m,).
        choice: index of the settled level of each group, (m, G).
        open: levels still open, (O, m, G); a group with fewer than two open ones is settled.
    """

    masks: Masks
    choice: Ints
    open: Bools


def write_members(
    masks: Masks, size: int, codes: tuple[str, ...] | None = None
) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Name of each candidate, and name to its members' codes (their numbers where none are given)."""
    known = tuple(str(i) for i in range(size)) if codes is None else codes
    members = [tuple(known[i] for i in range(size) if int(mask) >> i & 1) for mask in masks]
    if is_wide(size):
        names = [f"F_{mask:x}" for mask in masks]
    else:
        names = ["_".join(of_one) for of_one in members]
    return names, dict(zip(names, members, strict=True))


def candidate_names(system: System, masks: Masks) -> list[str]:
    """Name of each candidate in the model: its ICBs' codes joined by underscores.

    On a map of more than 64 areas it is its bit mask, as LP files bear names of 255 characters.
    """
    return write_members(masks, system.size, system.icbs)[0]


def build_selection_inputs(system: System, shortlist: Shortlist, rows: Rows) -> SelectionInputs:
    """The selection model's inputs for a shortlist of candidates."""
    masks = shortlist.masks
    names, members = write_members(masks, system.size, system.icbs)
    levels = measure_levels(system, masks)
    groups = np.searchsorted(
        np.unique(system.services.group[levels.services]),
        system.services.group[levels.services],
    )
    one_for_all = system.scenario.services.portfolio == "uniform"
    is_open = (shortlist.open.sum(axis=0) > (0 if one_for_all else 1))[:, groups]
    taken = shortlist.choice[:, groups]
    settled = _settled_terms(system, masks, levels, taken, is_open)
    cells = _open_cells(system, levels, names, shortlist.open[:, :, groups], is_open)
    return SelectionInputs(
        icbs=system.icbs,
        members=members,
        settled_m={
            term: dict(zip(names, cost.tolist(), strict=True)) for term, cost in settled.items()
        },
        open_levels={(s, f): opened for (_, _, s, f), opened in cells.items()},
        level_m={
            term: _by_choice(cells, levels, term, weight)
            for term, weight in term_weights(system).items()
            if term in TERMS
        },
        count=rows.count,
        uniform=_codes(system, levels.services) if one_for_all else (),
        together=_together(system, levels.services),
        totals=_totals(levels, taken, is_open, cells, names, rows),
        holdings=_holdings(levels, taken, is_open, cells, names),
        nearness=measure_nearness(rows, masks, names),
    )


def _codes(system: System, services: Ints) -> tuple[str, ...]:
    return tuple(system.services.codes[s] for s in services)


Cells = Mapping[tuple[int, int, str, str], tuple[str, ...]]


def _open_cells(
    system: System, levels: ServiceLevels, names: list[str], open_: Bools, is_open: Bools
) -> Cells:
    """(row, place of the service, service, candidate) to the levels open there."""
    order = system.scenario.services.levels
    codes = _codes(system, levels.services)
    return {
        (int(f), int(k), codes[k], names[f]): tuple(
            o for place, o in enumerate(order) if open_[place, f, k]
        )
        for f, k in np.argwhere(is_open)
    }


def _by_choice(
    cells: Cells, levels: ServiceLevels, name: str, weight: float = 1.0
) -> dict[tuple[str, str, str], float]:
    """Weighted amount of a term, or of a bounded measure, by (s, o, f)."""
    if not weight or not cells:
        return {}
    order = levels.system.scenario.services.levels
    amounts: dict[str, Floats] = {o: levels.measure(name, o) for o in order}
    return {
        (s, o, f): weight * float(amounts[o][row, k])
        for (row, k, s, f), opened in cells.items()
        for o in opened
    }


def _settled_terms(
    system: System, masks: Masks, levels: ServiceLevels, taken: Ints, is_open: Bools
) -> dict[str, Floats]:
    measured = measure_fixed(system, masks)
    shut = np.where(is_open, -1, taken)
    return {
        term: weight
        * (measured[term] + (sum_taken(levels, term, shut) if weight and term in TERMS else 0.0))
        for term, weight in term_weights(system).items()
    }


def _together(system: System, services: Ints) -> tuple[tuple[str, str], ...]:
    group, codes = system.services.group, system.services.codes
    return tuple((codes[group[s]], codes[s]) for s in services if group[s] != s)


def _totals(
    levels: ServiceLevels, taken: Ints, is_open: Bools, cells: Cells, names: list[str], rows: Rows
) -> tuple[Total, ...]:
    found = []
    fixed = fixed_totals(levels.system, levels.masks, [total.name for total in rows.bounded])
    for total in rows.bounded:
        settled = fixed[total.name] + sum_taken(levels, total.name, np.where(is_open, -1, taken))
        at_settled = dict(zip(names, settled.tolist(), strict=True))
        at_choice = _by_choice(cells, levels, total.name)
        floor, ceiling = TOTAL_NAMES[total.name]
        if total.least > 0:
            found.append(Total(floor, total.least, None, at_settled, at_choice))
        if np.isfinite(total.most):
            found.append(Total(ceiling, None, total.most, at_settled, at_choice))
    return tuple(found)


EACH_NAMES = {
    "local_spend": "min_local_share_each",
    "local_services": "min_local_services_each",
}
"""Measure with a floor in each footprint to the floor's name in the scenario."""


def _holdings(
    levels: ServiceLevels, taken: Ints, is_open: Bools, cells: Cells, names: list[str]
) -> tuple[Holding, ...]:
    shut = np.where(is_open, -1, taken)
    return tuple(
        Holding(
            EACH_NAMES[name],
            dict(zip(names, least.tolist(), strict=True)),
            dict(zip(names, sum_taken(levels, name, shut).tolist(), strict=True)),
            _by_choice(cells, levels, name),
        )
        for name, least in measure_floors(levels.system, levels.masks).items()
    )


def measure_nearness(rows: Rows, masks: Masks, names: list[str]) -> Nearness | None:
    """What each candidate keeps of each baseline footprint; None when moves are not limited."""
    if not len(rows.baseline):
        return None
    kept = count_shared(masks, rows.baseline)
    cells = {(names[f], f"baseline_{b + 1}"): int(kept[f, b]) for f, b in np.argwhere(kept > 0)}
    return Nearness(rows.size - rows.fewest_kept, cells)


def build_by_footprint(system: System) -> Build:
    """The builder of a source whose candidates cost what a scenario's weights make of them."""

    def build(
        costs: Costs, survivors: Survivors, rows: Rows, prices: Mapping[str, float], room: float
    ) -> SelectionInputs:
        shortlist = _shorten(system, costs, survivors.reduced, prices, room)
        return build_selection_inputs(system, shortlist, rows)

    return build


def _shorten(
    system: System, costs: Costs, reduced: Floats, prices: Mapping[str, float], room: float
) -> Shortlist:
    """Candidates with the levels that may still be in a better plan.

    Those are the best at these prices, and where totals are priced every allowed level whose extra
    priced cost, on top of the reduced cost, still fits the room (which is infinite with no
    incumbent, and so is the cost of what is not allowed).
    """
    grouped = cost_groups(system, costs.masks, costs.totals)
    best = cheapest_levels(grouped, prices)
    open_ = np.zeros(grouped.cost_m.shape, dtype=bool)
    if costs.totals:
        priced = price_levels(grouped, prices)
        least = priced.min(axis=0)
        floors = best.cost_m - least.sum(axis=1)
        extra = priced - least + (reduced - floors)[:, None]
        open_ = (extra <= room) & np.isfinite(grouped.cost_m)
    np.put_along_axis(open_, best.choice[None], True, axis=0)
    return Shortlist(costs.masks, best.choice, open_)


def build_single_sum(
    costs: Costs, survivors: Survivors, rows: Rows, prices: Mapping[str, float], room: float
) -> SelectionInputs:
    """The selection model of candidates that cost one known amount each, no level left open."""
    del prices, room
    columns, size = survivors.columns, rows.size
    names, members = write_members(columns.masks, size)
    return SelectionInputs(
        icbs=tuple(str(i) for i in range(size)),
        members=members,
        settled_m={"objective": dict(zip(names, columns.cost_m.tolist(), strict=True))},
        count=rows.count,
        nearness=measure_nearness(rows, columns.masks, names),
    )


def everything_open(system: System, masks: Masks) -> Shortlist:
    """A shortlist with every allowed level open (used for a given grouping, and in checks)."""
    costs = cost_groups(system, masks)
    return Shortlist(masks, costs.cost_m.argmin(axis=0), np.isfinite(costs.cost_m))
