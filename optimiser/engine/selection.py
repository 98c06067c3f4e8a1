"""From arrays to the selection model and back: the survivors as :class:`SelectionInputs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

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
from optimiser.footprints.floors import measure_floors
from optimiser.footprints.levels import (
    TERMS,
    cost_groups,
    free_services,
    measure_levels,
    place_of_groups,
)
from optimiser.footprints.system import System
from optimiser.footprints.totals import MeasuredCosts

TOTAL_NAMES = {
    "local_spend": ("min_local_spend_m", "max_local_spend_m"),
    "local_services": ("min_local_services", "max_local_services"),
    "leakage": ("", "max_leakage_m"),
    "volatility": ("", "max_volatility_m"),
}
"""Bounded measure to the names of its floor and ceiling in the scenario."""
EACH_NAMES = {
    "local_spend": "min_local_share_each",
    "local_services": "min_local_services_each",
}
"""Measure with a floor in each footprint to the floor's name in the scenario."""


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
    """Name of each candidate, and name to its members' codes (their numbers where none are given).

    The name is the codes joined by underscores; on a map of more than 64 areas it is the bit mask, as
    LP files bear names of 255 characters.
    """
    known = tuple(str(i) for i in range(size)) if codes is None else codes
    members = [tuple(known[i] for i in range(size) if int(mask) >> i & 1) for mask in masks]
    if is_wide(size):
        names = [f"F_{mask:x}" for mask in masks]
    else:
        names = ["_".join(of_one) for of_one in members]
    return names, dict(zip(names, members, strict=True))


@dataclass(frozen=True)
class Opened:
    """Levels of K services, or groups of them, in m candidates: the settled ones and those still open.

    Attributes:
        candidates: their names, m of them.
        services: codes, K of them.
        levels: names, O of them.
        choice: index of the settled level of each, (m, K).
        open: levels still open, (O, m, K).
        fewest: with fewer levels open a service is settled: two, or one where a level that only one
            candidate has binds all England.
        measure: amount of a term, or of a bounded measure, at a level, (m, K).
    """

    candidates: list[str]
    services: tuple[str, ...]
    levels: tuple[str, ...]
    choice: Ints
    open: Bools
    fewest: int
    measure: Callable[[str, str], Floats]

    @cached_property
    def is_open(self) -> Bools:
        """Whether a service is open in a candidate, (m, K)."""
        return np.asarray(self.open.sum(axis=0) >= self.fewest)

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """Where services are open: row of the candidate, place of the service."""
        return [(int(f), int(k)) for f, k in np.argwhere(self.is_open)]

    def _at(self, f: int, k: int) -> tuple[str, ...]:
        return tuple(o for place, o in enumerate(self.levels) if self.open[place, f, k])

    @property
    def open_levels(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """(service, candidate) to the levels open there."""
        return {(self.services[k], self.candidates[f]): self._at(f, k) for f, k in self.places}

    def by_choice(self, name: str, weight: float = 1.0) -> dict[tuple[str, str, str], float]:
        """Weighted amount where services are open, by (s, o, f)."""
        if not weight or not self.places:
            return {}
        amounts = {o: self.measure(name, o) for o in self.levels}
        return {
            (self.services[k], o, self.candidates[f]): weight * float(amounts[o][f, k])
            for f, k in self.places
            for o in self._at(f, k)
        }

    def settled(self, name: str) -> Floats:
        """Amount that settled services add to each candidate, (m,)."""
        total = np.zeros(len(self.candidates))
        for place, level in enumerate(self.levels):
            taken = (self.choice == place) & ~self.is_open
            if taken.any():
                total += np.where(taken, self.measure(name, level), 0.0).sum(axis=1)
        return total

    def by_candidate(self, values: Floats) -> dict[str, float]:
        """A value of each candidate under its name."""
        return dict(zip(self.candidates, values.tolist(), strict=True))

    def totals(self, rows: Rows, fixed: Mapping[str, Floats]) -> tuple[Total, ...]:
        """The floors and ceilings across footprints; ``fixed`` is what no level changes, (m,) each."""
        found = []
        for total in rows.bounded:
            settled = self.by_candidate(fixed[total.name] + self.settled(total.name))
            by_choice = self.by_choice(total.name)
            names = f"min_{total.name}", f"max_{total.name}"
            floor, ceiling = TOTAL_NAMES.get(total.name, names)
            if total.least > 0:
                found.append(Total(floor, total.least, None, settled, by_choice))
            if np.isfinite(total.most):
                found.append(Total(ceiling, None, total.most, settled, by_choice))
        return tuple(found)

    def holdings(self, floors: Mapping[str, Floats]) -> tuple[Holding, ...]:
        """The floors in each footprint, by measure, (m,) each."""
        return tuple(
            Holding(
                EACH_NAMES[name],
                self.by_candidate(least),
                self.by_candidate(self.settled(name)),
                self.by_choice(name),
            )
            for name, least in floors.items()
        )


def build_selection_inputs(system: System, shortlist: Shortlist, rows: Rows) -> SelectionInputs:
    """The selection model's inputs for a shortlist of candidates."""
    masks = shortlist.masks
    names, members = write_members(masks, system.size, system.icbs)
    measured = measure_levels(system, masks)
    groups = place_of_groups(system.services.group[measured.services])
    codes = tuple(system.services.codes[s] for s in measured.services)
    one_for_all = system.scenario.services.portfolio == "uniform"
    opened = Opened(
        names,
        codes,
        system.scenario.services.levels,
        shortlist.choice[:, groups],
        shortlist.open[:, :, groups],
        1 if one_for_all else 2,
        measured.measure,
    )
    fixed = fixed_totals(system, masks, [total.name for total in rows.bounded])
    weights = term_weights(system)
    return SelectionInputs(
        icbs=system.icbs,
        members=members,
        settled_m=_settle_terms(system, masks, opened),
        open_levels=opened.open_levels,
        level_m={term: opened.by_choice(term, weights[term]) for term in weights if term in TERMS},
        count=rows.count,
        uniform=codes if one_for_all else (),
        together=_together(system, measured.services),
        totals=opened.totals(rows, fixed),
        holdings=opened.holdings(measure_floors(system, masks)),
        nearness=measure_nearness(rows, masks, names),
    )


def _settle_terms(system: System, masks: Masks, opened: Opened) -> dict[str, dict[str, float]]:
    """Term to what each candidate brings of it whatever is still open, £m."""
    fixed, found = measure_fixed(system, masks), {}
    for term, weight in term_weights(system).items():
        settled = opened.settled(term) if weight and term in TERMS else 0.0
        found[term] = opened.by_candidate(weight * (fixed[term] + settled))
    return found


def _together(system: System, services: Ints) -> tuple[tuple[str, str], ...]:
    group, codes = system.services.group, system.services.codes
    return tuple((codes[group[s]], codes[s]) for s in services if group[s] != s)


def build_measured(
    costs: Costs, survivors: Survivors, rows: Rows, prices: Mapping[str, float], room: float
) -> SelectionInputs:
    """The selection model of a weighted sum of measures, which is its one term; groups as services."""
    assert isinstance(costs, MeasuredCosts)
    system, amounts = costs.system, costs.amounts
    names, members = write_members(costs.masks, system.size, system.icbs)
    choice = costs.choices(prices)
    priced = costs.priced_levels(costs.factors(prices, 1.0), slice(0, len(names)))
    groups = np.unique(system.services.group[free_services(system)])
    opened = Opened(
        names,
        tuple(system.services.codes[g] for g in groups),
        amounts.levels,
        choice,
        open_within(priced, choice, survivors.reduced, room) if amounts.levels else priced > 0,
        2,
        costs.at_level,
    )
    return SelectionInputs(
        icbs=system.icbs,
        members=members,
        settled_m={"objective": opened.by_candidate(costs.fixed_m + opened.settled("objective"))},
        open_levels=opened.open_levels,
        level_m={"objective": opened.by_choice("objective")},
        count=rows.count,
        totals=opened.totals(rows, amounts.fixed),
        holdings=opened.holdings({name: least for name, (least, _) in amounts.floors.items()}),
        nearness=measure_nearness(rows, costs.masks, names),
    )


def open_within(priced: Floats, choice: Ints, reduced: Floats, room: float) -> Bools:
    """Levels that may still be in a better plan, (O, m, G).

    Those are the best at these prices, and every allowed level whose extra priced cost, on top of the
    reduced cost, still fits the room. Where a candidate has floors of its own to meet, its reduced cost
    holds what they cost it, and levels are weighed without that.

    Args:
        priced: cost of each level at the prices, infinite where it is not allowed, (O, m, G).
        choice: the best levels that meet the candidate's floors, (m, G).
        reduced: reduced costs of the candidates at these levels, £m, (m,).
        room: what a better plan has at most, £m.
    """
    least = priced.min(axis=0)
    floors = (np.take_along_axis(priced, choice[None], axis=0)[0] - least).sum(axis=1)
    extra = priced - least + (reduced - floors)[:, None]
    found = (extra <= room) & np.isfinite(priced)
    np.put_along_axis(found, choice[None], True, axis=0)
    return np.asarray(found)


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
    """Candidates with their best levels; where totals are priced, with all that a plan may still use."""
    grouped = cost_groups(system, costs.masks, costs.totals)
    choice = cheapest_levels(grouped, prices).choice
    if costs.totals:
        open_ = open_within(price_levels(grouped, prices), choice, reduced, room)
    else:
        open_ = np.arange(len(grouped.levels))[:, None, None] == choice
    return Shortlist(costs.masks, choice, open_)


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
