"""One list for all England: what each answer for a group of services would cost in every footprint.

Under a uniform portfolio a group of services has one answer for all England: a level, or over the years
of a roadmap a level in each. Whatever footprints do not hold is the same in any division of the map, a
sum over ICBs; what they hold depends on the footprint. So every answer costs a sum over the footprints
of a plan, and what couples them is that all give the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.errors import CapacityError
from optimiser.footprints.candidates import membership
from optimiser.footprints.costs import fixed_cost
from optimiser.footprints.levels import COLLABORATIVE, COLLECTIVE, FOOTPRINT, cost_groups
from optimiser.footprints.paths import ALONE, BARRED, ENGLAND, HELD, Network, Paths, follow_held
from optimiser.footprints.system import System
from optimiser.footprints.years import Years, measure_by_level, measure_unmoved

BLOCK = 4_096
MOST_CELLS = 150_000_000
"""Footprints times answers of one group at once: 1.2 GB."""
HELD_BY = {FOOTPRINT: "f", COLLABORATIVE: "c"}
UNHELD = "-"
"""Letters of a year in the name of an answer over years: who holds for footprints, or that none does."""


@dataclass(frozen=True)
class Portfolio:
    """Candidates, and what each answer for each group would cost in them.

    Attributes:
        masks: the candidates, (m,).
        fixed_m: what no answer changes, £m, (m,).
        names: of the answers by group: a level, or a letter a year.
        cost_m: of each answer by group, £m, infinite where it is not allowed, (m, answers) each.
        amounts: of each measure bounded across footprints the amounts of every answer by group.
    """

    masks: Masks
    fixed_m: Floats
    names: tuple[tuple[str, ...], ...]
    cost_m: tuple[Floats, ...]
    amounts: tuple[tuple[Floats, ...], ...] = ()

    def taken(self, rows: Ints) -> Portfolio:
        """A selection of the candidates."""
        return replace(
            self,
            masks=self.masks[rows],
            fixed_m=self.fixed_m[rows],
            cost_m=tuple(cost[rows] for cost in self.cost_m),
            amounts=tuple(tuple(of[rows] for of in by) for by in self.amounts),
        )

    def opened(self, answers: Sequence[Ints]) -> Portfolio:
        """With some of the answers of each group, by their places."""
        named = zip(self.names, answers, strict=True)
        return replace(
            self,
            names=tuple(tuple(names[k] for k in few) for names, few in named),
            cost_m=tuple(cost[:, few] for cost, few in zip(self.cost_m, answers, strict=True)),
            amounts=tuple(
                tuple(of[:, few] for of, few in zip(by, answers, strict=True))
                for by in self.amounts
            ),
        )

    @cached_property
    def able(self) -> Bools:
        """Which candidates have an answer to every group, (m,)."""
        found = [np.isfinite(cost).any(axis=1) for cost in self.cost_m]
        return np.asarray(np.logical_and.reduce([np.ones(len(self.masks), dtype=bool), *found]))

    def total_m(self, choice: Sequence[int]) -> Floats:
        """Cost of each candidate at one answer a group, by its place, £m, (m,)."""
        return np.asarray(
            self.fixed_m
            + sum((cost[:, k] for cost, k in zip(self.cost_m, choice, strict=True)), 0.0)
        )


class Measuring(Protocol):
    """How candidates are measured under one list for all England."""

    @property
    def size(self) -> int:
        """Number of ICBs."""

    def cheapest(self, masks: Masks) -> Floats:
        """Cost of each candidate were every answer its own, £m, (m,)."""

    def measure(self, masks: Masks, reduced: Floats, room: float) -> Portfolio:
        """Every answer in every candidate, those left out that :func:`keep_answers` leaves out.

        Args:
            masks: the candidates, (m,).
            reduced: their reduced costs at some prices of the ICBs, none below 0, £m, (m,).
            room: what reduced costs of a plan may come to, £m.
        """


@dataclass(frozen=True)
class LevelsForAll:
    """The answers of one year: a level of each group of services.

    Attributes:
        system: the arrays.
        totals: measures that are bounded across footprints.
    """

    system: System
    totals: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of ICBs."""
        return self.system.size

    def cheapest(self, masks: Masks) -> Floats:
        """Cost of each candidate were every answer its own, £m, (m,)."""
        cost = fixed_cost(self.system, masks)
        for start in range(0, len(masks), BLOCK):
            rows = slice(start, start + BLOCK)
            cost[rows] += cost_groups(self.system, masks[rows]).cost_m.min(axis=0).sum(axis=1)
        return cost

    def measure(self, masks: Masks, reduced: Floats, room: float) -> Portfolio:
        """Every level of every group in every candidate; the room leaves none out."""
        blocks = [
            cost_groups(self.system, masks[start : start + BLOCK], self.totals)
            for start in range(0, len(masks) or 1, BLOCK)
        ]
        cost = np.concatenate([groups.cost_m for groups in blocks], axis=1)
        amounts = [
            np.concatenate([groups.totals[name] for groups in blocks], axis=1)
            for name in self.totals
        ]
        count = cost.shape[2]
        names = tuple(self.system.scenario.services.levels)
        return Portfolio(
            masks=masks,
            fixed_m=fixed_cost(self.system, masks),
            names=(names,) * count,
            cost_m=tuple(cost[:, :, g].T for g in range(count)),
            amounts=tuple(tuple(of[:, :, g].T for g in range(count)) for of in amounts),
        )


@dataclass(frozen=True)
class PathsForAll:
    """The answers over the years of a roadmap: in which of them footprints hold a group, and how.

    In the other years each ICB takes its own best path between England and itself.
    """

    years: Years

    @property
    def size(self) -> int:
        """Number of ICBs."""
        return self.years.size

    @cached_property
    def _network(self) -> Network:
        return Network(self.years)

    def cheapest(self, masks: Masks) -> Floats:
        """Cost of each candidate were every answer its own, £m, (m,)."""
        return self._network.cost(masks)

    @cached_property
    def unheld(self) -> Floats:
        """Cost of the years in which no footprint holds, moves among them, (sets of years, G, n).

        By the set of years in which footprints hold: its bits are the years, the first the lowest.
        """
        count = len(self.years.numbers)
        charges = self.years.charges
        return np.array([follow_held(charges, held)[0] for held in range(1 << count)])

    def measure(self, masks: Masks, reduced: Floats, room: float) -> Portfolio:
        """Every answer over the years that may be in a plan within the room."""
        years, inside = self.years, membership(masks, self.size)
        blocks = [
            np.array(measure_by_level(years, masks[start : start + BLOCK]))
            for start in range(0, len(masks) or 1, BLOCK)
        ]
        held = np.concatenate(blocks, axis=2)  # (T, 2, m, G)
        found = [
            self._answers(g, inside, held[..., g], reduced, room) for g in range(len(years.groups))
        ]
        names, costs = zip(*found, strict=True) if found else ((), ())
        return Portfolio(masks, measure_unmoved(years, masks), tuple(names), tuple(costs))

    def _answers(
        self, g: int, inside: Floats, held: Floats, reduced: Floats, room: float
    ) -> tuple[tuple[str, ...], Floats]:
        """Names and costs of the answers of one group, (m, answers)."""
        holders = [_useful_holders(by_level) for by_level in held]
        paths = list(itertools.product(*((-1, *few) for few in holders)))
        _refuse_many(len(self.years.numbers), len(paths) * len(inside))
        sets = np.array([sum(1 << t for t, who in enumerate(path) if who >= 0) for path in paths])
        unheld = np.minimum(self.unheld[sets, g], BARRED)
        cost = inside @ unheld.T
        for t, by_level in enumerate(held):
            for who in holders[t]:
                at = np.array([path[t] == who for path in paths])
                cost[:, at] += np.minimum(by_level[who], BARRED)[:, None]
        cost[cost >= BARRED] = np.inf
        kept = keep_answers(cost, inside, reduced, room)
        letters = (UNHELD, *(HELD_BY[level] for level in COLLECTIVE))
        names = tuple("".join(letters[who + 1] for who in paths[k]) for k in kept)
        return names, np.ascontiguousarray(cost[:, kept])


def _useful_holders(by_level: Floats) -> list[int]:
    """Of :data:`COLLECTIVE` those that some footprint has; of two one where it never costs more."""
    team, lead = by_level
    able = [k for k in (0, 1) if np.isfinite(by_level[k]).any()]
    if len(able) == 2 and (team <= lead).all():
        return [0]
    return [1] if len(able) == 2 and (lead <= team).all() else able


def _refuse_many(years: int, cells: int) -> None:
    if cells > MOST_CELLS:
        raise CapacityError(
            f"One list for all England over {years} years has too many answers in too many "
            "footprints to compare. Ask for fewer years (roadmap.years), lower the most members or "
            'narrow the population window; or use portfolio = "by_footprint".'
        )


def follow_answers(years: Years, masks: Masks, names: Sequence[str]) -> Paths:
    """Who holds in each year where every footprint gives the same answers; none at all without names."""
    inside, T = membership(masks, years.size) > 0, len(years.numbers)
    shape = (T, len(masks), len(years.groups))
    found = Paths(
        np.zeros(shape, np.int64), np.zeros((*shape, years.size), bool), np.zeros(shape, bool)
    )
    for g, name in enumerate(names):
        held = np.array([letter != UNHELD for letter in name])
        alone = follow_held(years.charges, sum(1 << int(t) for t in np.flatnonzero(held)))[1][:, g]
        state = np.where(held, HELD, np.where(alone.any(axis=1), ALONE, ENGLAND))
        found.state[:, :, g] = state[:, None]
        found.single[:, :, g] = alone[:, None] & inside
        found.led[:, :, g] = np.array([letter == HELD_BY[COLLABORATIVE] for letter in name])[
            :, None
        ]
    return found


def keep_answers(cost: Floats, inside: Floats, reduced: Floats, room: float) -> Ints:
    """Answers of a group that a plan within the room may give, of equally good ones the first.

    An ICB's footprint has at least the least reduced cost of those around the ICB, at this answer.

    Args:
        cost: of each answer, £m, (m, answers).
        inside: membership, (m, n).
        reduced: reduced cost of each candidate at its own best answers, £m, (m,).
        room: what reduced costs of a plan may come to, £m.
    """
    least = bound_answers(cost - cost.min(axis=1)[:, None] + reduced[:, None], inside)
    open_ = np.flatnonzero(least <= room)
    finite = np.isfinite(cost[:, open_])
    order = open_[np.argsort(np.where(finite, cost[:, open_], BARRED).sum(axis=0), kind="stable")]
    kept: list[int] = []
    for k in order:
        if not any((cost[:, j] <= cost[:, k]).all() for j in kept):
            kept.append(int(k))
    return np.array(sorted(kept), dtype=np.int64)


def bound_answers(reduced: Floats, inside: Floats) -> Floats:
    """The least that the footprint around the worst placed ICB comes to at each answer, (answers,)."""
    known = np.where(np.isnan(reduced), np.inf, reduced)
    of_icbs = [known[inside[:, i] > 0].min(axis=0, initial=np.inf) for i in range(inside.shape[1])]
    return np.asarray(np.max(of_icbs, axis=0))
