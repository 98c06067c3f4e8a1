"""Lists of candidates for many like questions: rules are filters, and what was measured is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.deadline import Deadline
from optimiser.footprints.candidates import (
    WORD,
    as_masks,
    count_members,
    is_wide,
    list_connected,
    sum_over_members,
)
from optimiser.footprints.leads import find_leads, furthest_minutes
from optimiser.footprints.levels import measure_levels, sum_by_group
from optimiser.footprints.listing import list_by_pieces, list_candidates, pieces_of
from optimiser.footprints.rules import MILLION, FootprintRule, footprint_rules, stand_alone
from optimiser.footprints.system import System, build_system
from optimiser.questions.explain.rules import Variant

MOST_LISTED = 800_000
"""Longer lists are cut at a number of members, and the answer says so."""
MOST_FOR_CHECK = 300_000
"""The same for a question of feasibility, which has to be quick."""
MOST_AROUND = 50_000
"""Most footprints that are listed around one ICB."""
MOST_GROWN = 2_000
"""Footprints that are made one ICB larger where the whole list is too long."""
MOST_UNLINKED = 150_000
"""The same where members need not be linked: no list of a whole country is ever complete."""
MOST_NEAR = 16
"""Most ICBs within the limit of one for the limit to prune a list."""
BLOCK = 2_048
WIDE_BLOCK = 50_000


MOST_LONG = 5_000_000
"""About the most that compiled code lists whole for one question: some ten seconds on two cores."""


@dataclass(frozen=True)
class CandidateList:
    """Candidates of a variant.

    Attributes:
        system: the variant as arrays.
        rules: the footprint rules in force.
        masks: every candidate with at most ``members`` ICBs, ascending.
        members: None when the list is whole; 0 when nothing is listed, as on maps of more than 64
            areas whose footprints are too many.
    """

    system: System
    rules: tuple[FootprintRule, ...]
    masks: Masks
    members: int | None

    @property
    def priced(self) -> bool:
        """Whether nothing is listed: the engine has to price what it needs."""
        return self.members == 0


def state_cut(listed: CandidateList) -> str:
    """That no plan was found on a list that was cut, in a sentence."""
    return (
        f"There are too many possible footprints to list: none of at most {listed.members} ICBs do, "
        "larger ones were not looked at."
    )


class _TooManyError(Exception):
    def __init__(self, members: int) -> None:
        self.members = members


class MeasureCache:
    """A measure of footprints that is kept: masks that were seen before are looked up.

    Args:
        measure: masks to one number each, (m,) to (m,).
    """

    def __init__(self, measure: Callable[[Masks], Floats]) -> None:
        self._measure = measure
        self._masks: Masks = np.zeros(0, dtype=np.uint64)
        self._values: Floats = np.zeros(0)

    def __call__(self, masks: Masks) -> Floats:
        """The measure of each mask."""
        new = np.unique(masks[~self._known(masks)])
        if len(new):
            everything = np.concatenate((self._masks, new))
            values = np.concatenate((self._values, self._measure(new)))
            order = np.argsort(everything, kind="stable")
            self._masks, self._values = everything[order], values[order]
        return np.asarray(self._values[self._place(masks)])

    def count_new(self, masks: Masks) -> int:
        """How many masks have not been measured yet."""
        return int((~self._known(masks)).sum())

    def _place(self, masks: Masks) -> Ints:
        place = np.searchsorted(self._masks, masks)
        return np.minimum(place, max(len(self._masks) - 1, 0))

    def _known(self, masks: Masks) -> Bools:
        if not len(self._masks):
            return np.zeros(len(masks), dtype=bool)
        return np.asarray(self._masks[self._place(masks)] == masks)


@dataclass
class CandidateLists:
    """Systems, lists and measures that questions share."""

    _systems: dict[str, System] = field(default_factory=dict)
    _connected: dict[str, tuple[Masks, int | None]] = field(default_factory=dict)
    _measures: dict[str, MeasureCache] = field(default_factory=dict)
    _long: dict[str, bool] = field(default_factory=dict)

    def system(self, variant: Variant) -> System:
        """The variant as arrays; those of a like variant are used again."""
        key = self.system_key(variant)
        if key not in self._systems:
            self._systems[key] = build_system(variant.dataset, variant.scenario)
        return replace(self._systems[key], scenario=variant.scenario)

    def system_key(self, variant: Variant) -> str:
        """Everything that the arrays rest on."""
        rules = variant.scenario.footprints
        return json.dumps([self.measure_key(variant), rules.contiguous, rules.min_border_km])

    def measure_key(self, variant: Variant) -> str:
        """Everything that the measures of a footprint rest on: its neighbours are no part of that."""
        settings = variant.scenario.settings()
        parts = [settings["footprints"][name] for name in ("population_base", "baseline")]
        parts += [settings[name] for name in ("services", "readiness", "lead", "objective")]
        return json.dumps([parts, sorted(variant.dropped), sorted(variant.dataset.plans)])

    def measure(self, key: str, make: MeasureCache) -> MeasureCache:
        """A measure by name, kept from its first use on."""
        return self._measures.setdefault(key, make)

    def list(self, variant: Variant, longest: int) -> CandidateList:
        """The candidates of a variant, or those of few members when there are more than ``longest``."""
        system = self.system(variant)
        rules = footprint_rules(system)
        pruning = [*(rule for rule in rules if rule.hereditary), *near_rules(system)]
        masks, members = self._list_connected(variant, system, pruning, longest)
        if members is not None:
            implied = [*pruning, *implied_rules(system)]
            masks, members = self._list_connected(variant, system, implied, longest)
        if members == 0:
            return CandidateList(system, rules, masks, members)
        for rule in [rule for rule in rules if not rule.hereditary]:
            masks = masks[self._keeps(variant, system, rule, masks)]
        if system.services.forced_local.any():
            masks = masks[self.has_levels(variant, system, masks)]
        return CandidateList(system, rules, masks, members)

    def can_list_long(self, variant: Variant) -> bool:
        """Whether compiled code lists all candidates in the time of one question."""
        system = self.system(variant)
        if is_wide(system.size) or not variant.scenario.footprints.contiguous:
            return False
        if variant.key not in self._long:
            from optimiser.footprints.compiled.walk import build_walk, estimate_count

            self._long[variant.key] = estimate_count(build_walk(system))[0] <= MOST_LONG
        return self._long[variant.key]

    def list_long(self, variant: Variant, deadline: Deadline) -> CandidateList:
        """All candidates of a variant, as the solve lists them; raises as :func:`list_candidates`."""
        system = self.system(variant)
        rules = footprint_rules(system)
        masks = list_candidates(system, rules, deadline=deadline).masks
        return CandidateList(system, rules, masks, None)

    def _list_connected(
        self, variant: Variant, system: System, pruning: Sequence[FootprintRule], longest: int
    ) -> tuple[Masks, int | None]:
        rules = variant.scenario.footprints
        limits = sorted(rule.name + rule.sentence for rule in pruning)
        kept: list[object] = [rules.contiguous, rules.min_border_km, rules.population_base]
        if is_wide(system.size):
            kept += [rules.keep_together, rules.fixed]  # which make its pieces
        key = json.dumps([longest, *kept, *limits])
        if key not in self._connected:
            self._connected[key] = list_bounded(system, pruning, longest)
        return self._connected[key]

    def _keeps(self, variant: Variant, system: System, rule: FootprintRule, masks: Masks) -> Bools:
        """A slow rule is measured once for each mask, whatever its limit."""
        if rule.name == "max_travel_minutes":
            settings = variant.scenario.settings()
            key = json.dumps(["minutes", settings["lead"], settings["readiness"]])
            minutes = self.measure(key, MeasureCache(lambda sets: _minutes(system, sets)))
            return np.asarray(minutes(masks) <= variant.scenario.footprints.max_travel_minutes)
        if rule.name == "force_local":
            return np.ones(len(masks), dtype=bool)  # checked by has_levels, groups included
        return rule.keeps(masks)

    def has_levels(self, variant: Variant, system: System, masks: Masks) -> Bools:
        """Whether each forced service, with those it moves with, has a level that is allowed."""
        key = json.dumps(["levels", self.measure_key(variant)])
        found = self.measure(key, MeasureCache(lambda sets: _count_open(system, sets)))
        return np.asarray(found(masks) > 0)


def list_bounded(
    system: System, pruning: Sequence[FootprintRule], longest: int
) -> tuple[Masks, int | None]:
    """Connected sets under hereditary rules; when too many, those of few members and how many.

    On maps of more than 64 areas sets of pieces are listed, or none.
    """
    if not system.scenario.footprints.contiguous:
        longest = min(longest, MOST_UNLINKED)
    wide, none = is_wide(system.size), as_masks((), system.size)
    pieces = pieces_of(system) if wide else []
    if len(pieces) > WORD:
        return none, 0
    levels: list[Masks] = []

    def may_grow(sets: Masks) -> Bools:
        keep = np.ones(len(sets), dtype=bool)
        for rule in pruning:
            keep[keep] = rule.keeps(sets[keep])
        if sum(map(len, levels)) + int(keep.sum()) > longest:
            raise _TooManyError(int(count_members(sets[:1])[0]))
        levels.append(sets[keep])
        return keep

    try:
        if wide:
            return list_by_pieces(system.neighbours, pieces, may_grow), None
        return list_connected(system.neighbours, may_grow), None
    except _TooManyError as stop:
        if wide:
            return none, 0
        return np.sort(np.concatenate(levels)), stop.members - 1


def list_around(system: System, icb: int, rules: Sequence[FootprintRule]) -> Masks | None:
    """Every footprint that holds one ICB and obeys all rules; None when there are too many to list.

    Where an ICB is hemmed in by rules these are few, however many the map has.
    """
    pruning = [rule for rule in rules if rule.hereditary]
    sets: Masks = np.array([1 << icb], dtype=np.uint64)
    levels: list[Masks] = []
    while len(sets):
        for rule in pruning:
            sets = sets[rule.keeps(sets)]
        levels.append(sets)
        if sum(map(len, levels)) > MOST_AROUND:
            return None
        sets = _extended(system, sets)
    found = np.concatenate(levels)
    for rule in [rule for rule in rules if not rule.hereditary]:
        found = found[rule.keeps(found)]
    return found


def list_wider(
    system: System, rules: Sequence[FootprintRule], masks: Masks, reduced: Floats
) -> Masks:
    """Footprints one ICB larger than the likeliest of a list, that obey all rules.

    Where there are too many footprints to list, a better plan may be found among these.

    Args:
        system: the arrays; its neighbours say what may be added.
        rules: the footprint rules in force.
        masks: the list.
        reduced: reduced cost of each: the lowest are the likeliest.
    """
    likeliest = masks[np.argsort(reduced, kind="stable")[:MOST_GROWN]]
    found = _extended(system, likeliest)
    for rule in rules:
        found = found[rule.keeps(found)]
    return np.setdiff1d(found, masks)


def _extended(system: System, sets: Masks) -> Masks:
    """Each set with each one of its neighbours."""
    grown = []
    for i in range(system.size):
        bit = np.uint64(1 << i)
        near = ((sets & system.neighbours[i]) != 0) & ((sets & bit) == 0)
        grown.append(sets[near] | bit)
    return np.unique(np.concatenate(grown))


def near_rules(system: System) -> list[FootprintRule]:
    """What a limit on travel implies: all members lie within it of one ICB, the lead.

    Used only where no ICB has many others so near; elsewhere it prunes little, and lists are shared
    by the limits. Cuts no footprint that obeys.
    """
    most = system.scenario.footprints.max_travel_minutes
    if system.minutes is None or not np.isfinite(most):
        return []
    near = system.minutes <= most
    if near.sum(axis=0).max() > MOST_NEAR:
        return []
    around = sorted({mask_of_true(column) for column in near.T})
    return [
        FootprintRule(
            "near_one",
            f"within {most!r} minutes of one ICB",
            lambda masks: np.logical_or.reduce([(masks | ball) == ball for ball in around]),
            hereditary=True,
        )
    ]


def mask_of_true(chosen: Bools) -> int:
    """Bit mask of the ICBs that are true."""
    return sum(1 << int(i) for i in np.flatnonzero(chosen))


def implied_rules(system: System) -> list[FootprintRule]:
    """Ceilings that follow from floors: what the other footprints need at least can't be taken.

    With at least k footprints, of which at most a may stand alone below the floor, one footprint
    holds at most the total less the least that k - 1 others hold. Cuts no plan.
    """
    rules = system.scenario.footprints
    others = rules.count_window[0] - 1
    found = []
    for name, floor, held in (
        ("people", rules.population_m[0] * MILLION, system.window_population),
        ("members", float(rules.members[0]), np.ones(system.size)),
    ):
        if others < 1 or floor <= 0:
            continue
        light = sorted(float(held[_place(mask)]) for mask in stand_alone(system))
        least = sum(sorted([*light, *[floor] * others])[:others])
        ceiling = (float(held.sum()) - least) * (1 + 1e-8)
        found.append(_ceiling(f"implied_{name}", held, ceiling))
    return found


def _ceiling(name: str, held: Floats, most: float) -> FootprintRule:
    return FootprintRule(
        name,
        f"at most {most!r}",
        lambda masks: sum_over_members(masks, held) <= most,
        hereditary=True,
    )


def _place(mask: np.uint64) -> int:
    return int(mask).bit_length() - 1


def _minutes(system: System, masks: Masks) -> Floats:
    return furthest_minutes(system, masks, find_leads(system, masks))


def _count_open(system: System, masks: Masks) -> Floats:
    """Over the groups of forced services, the least number of allowed levels, (m,)."""
    group = system.services.group
    forced = np.isin(group, np.unique(group[system.services.forced_local]))
    chosen = np.flatnonzero(forced & (system.services.barred == ""))
    least = np.zeros(len(masks))
    for start in range(0, len(masks), WIDE_BLOCK):
        rows = slice(start, start + WIDE_BLOCK)
        allowed = measure_levels(system, masks[rows], chosen).allowed
        closed = [
            sum_by_group((~open_).astype(float), group[chosen]) > 0 for open_ in allowed.values()
        ]
        least[rows] = (len(closed) - np.sum(closed, axis=0)).min(axis=1)
    return least
