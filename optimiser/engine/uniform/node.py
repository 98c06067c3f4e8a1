"""The relaxation of a part of the search under one list for all England.

A column is a candidate with one answer for each group. Every footprint would give its own answers; what
makes them one list are links: for an answer a of group g and some ICBs S,

    Σ {|F ∩ S| / |S| - |F| / n : F chosen with answer a to g} = 0

as that share of S is 1 or 0 where all answer alike, like that of all ICBs. Links are added where the
fractions break them. A price of a link moves money between ICBs for giving an answer, so that it changes
which answers are best in a candidate and no more: pricing looks at every candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.listed import ListedPricing, earn
from optimiser.engine.relaxation.master import UNMATCHED, Bounded, Columns, Duals, Rows
from optimiser.engine.relaxation.pricing import (
    Relaxation,
    Seconds,
    solve_first_phase,
    solve_relaxation,
)
from optimiser.errors import NoPlanError
from optimiser.footprints.candidates import as_masks, membership
from optimiser.footprints.portfolio import Portfolio

LINKS_A_ROUND = 10
"""The links broken worst, added at once: with four times as many, prices swing and pricing takes ten
times as long."""
BROKEN_LINK = 1e-3
"""Spread of an answer's share over ICBs below which the footprints are said to agree."""
GROWTH = 1.02
"""What the slack grows by in each round, so that pricing ends: twice in 35 rounds."""
CERTAIN = 10.0
"""Times what a plan may cost at most: what the prices of an empty part earn, to close it for sure."""


class Link(NamedTuple):
    """That the ICBs of a set share an answer of a group as all ICBs do.

    Attributes:
        group: of services.
        answer: its name.
        icbs: the set, as bits.
    """

    group: int
    answer: str
    icbs: int


class Choices(NamedTuple):
    """Columns by what they are made of: the candidate and its answers, by places in the portfolio."""

    rows: Ints
    answers: Ints


@dataclass(frozen=True)
class NodeSource:
    """The candidates of a part, priced under links and totals.

    Attributes:
        portfolio: candidates and answers that are open, every candidate with one for each group.
        limits: measures bounded across footprints.
        links: in force.
        count: fewest and most footprints.
        size: number of ICBs.
        unit: a power of two near what a candidate costs, £m.
        slack: columns that save less are not asked for; the bound pays for them, £m.
    """

    portfolio: Portfolio
    limits: tuple[Bounded, ...]
    links: tuple[Link, ...]
    count: tuple[int, int]
    size: int
    unit: float
    slack: float = 0.0
    _made: dict[tuple[int, bytes], Ints] = field(default_factory=dict)
    _rounds: list[float] = field(default_factory=list)

    @cached_property
    def rows(self) -> Rows:
        """The rows of the master."""
        none = as_masks((), self.size)
        links = (Bounded(f"link {k}", 0.0, 0.0) for k in range(len(self.links)))
        return Rows(self.size, self.count, (*self.limits, *links), none, 0, none)

    @cached_property
    def inside(self) -> Floats:
        """Membership, (m, n)."""
        return membership(self.portfolio.masks, self.size)

    @cached_property
    def shares(self) -> Floats:
        """What a candidate adds to each link if it gives the answer, (m, links)."""
        return share_links([link.icbs for link in self.links], self.inside)

    @cached_property
    def priced(self) -> dict[int, list[tuple[int, int]]]:
        """Group to its links: number and place of the answer."""
        found: dict[int, list[tuple[int, int]]] = {}
        for k, link in enumerate(self.links):
            place = self.portfolio.names[link.group].index(link.answer)
            found.setdefault(link.group, []).append((k, place))
        return found

    @cached_property
    def cheapest(self) -> tuple[Ints, Floats]:
        """Best answer of each group at no prices, (m, G), and what a candidate costs at them, (m,)."""
        costs = self.portfolio.cost_m
        answers = np.array([cost.argmin(axis=1) for cost in costs], dtype=np.int64)
        answers = answers.reshape(len(costs), len(self.portfolio.fixed_m)).T
        least = sum((cost.min(axis=1) for cost in costs), self.portfolio.fixed_m)
        return answers, least

    def choose(self, prices: Floats, cost_share: float = 1.0) -> tuple[Ints, Floats]:
        """Best answers at prices of limits and links, (m, G), and reduced cost by them alone, (m,)."""
        answers, least = self.cheapest
        totals = prices[: len(self.limits)]
        asked = range(len(self.portfolio.names)) if totals.any() or not cost_share else self.priced
        answers, reduced = answers.copy(), least.copy()
        if not cost_share:
            reduced = np.zeros_like(least)
        for g in asked:
            adjusted = self.adjust(g, prices, cost_share)
            answers[:, g] = adjusted.argmin(axis=1)
            reduced += adjusted.min(axis=1)
            if cost_share:
                reduced -= self.portfolio.cost_m[g].min(axis=1)
        return answers, reduced

    def adjust(self, group: int, prices: Floats, cost_share: float = 1.0) -> Floats:
        """Cost of each answer of a group less what prices earn on it, £m, (m, answers)."""
        cost = self.portfolio.cost_m[group]
        found = cost.copy() if cost_share else np.where(np.isfinite(cost), 0.0, np.inf)
        for price, amounts in zip(prices, self.portfolio.amounts, strict=False):
            if price:
                found -= price * amounts[group]
        for k, place in self.priced.get(group, ()):
            price = prices[len(self.limits) + k]
            if price:
                found[:, place] -= price * self.shares[:, k]
        return found

    def price(self, rows: Rows, duals: Duals, cost_share: float = 1.0) -> ListedPricing:
        """Reduced cost of every candidate at its best answers."""
        answers, reduced = self.choose(duals.bounded, cost_share)
        reduced = reduced - earn(self.portfolio.masks, rows, duals)[0]
        best = _Asked(self, answers, cost_share)
        self._rounds.append(cost_share)
        slack = self.slack * cost_share * GROWTH ** len(self._rounds)
        return _SlackPricing(reduced, best, self.size, slack)

    def columns(self, made: Choices, cost_share: float = 1.0) -> Columns:
        """Columns of some candidates with some answers."""
        rows, answers = made
        if not self.limits:  # what no link prices is at its best: no column stands in another's way
            own = np.setdiff1d(np.arange(len(self.portfolio.names)), list(self.priced))
            answers = answers.copy()
            answers[:, own] = self.cheapest[0][np.ix_(rows, own)]
        cost_m = self.portfolio.fixed_m[rows].copy()
        amounts = np.zeros((len(rows), len(self.limits) + len(self.links)))
        for g, cost in enumerate(self.portfolio.cost_m):
            cost_m += cost[rows, answers[:, g]]
            for k, by_group in enumerate(self.portfolio.amounts):
                amounts[:, k] += by_group[g][rows, answers[:, g]]
            for k, place in self.priced.get(g, ()):
                given = answers[:, g] == place
                amounts[:, len(self.limits) + k] = np.where(given, self.shares[rows, k], 0.0)
        masks = self.portfolio.masks[rows]
        if cost_share:
            for mask, row, chosen in zip(masks.tolist(), amounts, answers, strict=True):
                self._made.setdefault((mask, row.tobytes()), chosen)
        return Columns(masks, cost_share * cost_m, amounts, np.full(len(rows), UNMATCHED))

    def read(self, columns: Columns) -> Choices:
        """What columns of this source were made of."""
        keys = zip(columns.masks.tolist(), columns.amounts, strict=True)
        made = [self._made[mask, row.tobytes()] for mask, row in keys]
        answers = np.array(made, dtype=np.int64).reshape(len(made), len(self.portfolio.names))
        return Choices(np.searchsorted(self.portfolio.masks, columns.masks), answers)


@dataclass(frozen=True)
class _Asked:
    """Columns of all candidates, of which only those that are asked for are made."""

    source: NodeSource
    answers: Ints
    cost_share: float

    @property
    def masks(self) -> Masks:
        return self.source.portfolio.masks

    def taken(self, rows: Ints) -> Columns:
        return self.source.columns(Choices(rows, self.answers[rows]), self.cost_share)


@dataclass(frozen=True)
class _SlackPricing(ListedPricing):
    """Every candidate priced; what saves little is left out, as its last digits take most rounds."""

    slack: float

    def entering(self, tolerance: float) -> Columns:
        return super().entering(max(tolerance, self.slack))


def share_links(icbs: Sequence[int], inside: Floats) -> Floats:
    """Share of a link's ICBs that is in each candidate, less that of all ICBs, (m, links)."""
    size = inside.shape[1]
    sets = np.array([[mask >> i & 1 for i in range(size)] for mask in icbs], dtype=float)
    sets = sets.reshape(len(icbs), size)
    weights = sets / np.maximum(sets.sum(axis=1, keepdims=True), 1.0) - 1.0 / size
    return np.asarray(inside @ weights.T)


@dataclass(frozen=True)
class Solved:
    """The relaxation of a part.

    Attributes:
        source: what it was solved on.
        relaxation: solved; None where the part holds no plan.
        duals: its prices, or those that prove that there is none.
        made: what its columns are made of, and
        weights: their values.
    """

    source: NodeSource
    relaxation: Relaxation[ListedPricing] | None
    duals: Duals
    made: Choices
    weights: Floats

    @property
    def bound(self) -> float:
        """Lower bound on every plan of the part, £m; infinite where it holds none."""
        return np.inf if self.relaxation is None else self.relaxation.bound

    @property
    def whole(self) -> bool:
        """Whether the fractions are a division of the map."""
        return bool(np.all(self.weights > 1 - 1e-6))

    @cached_property
    def shares(self) -> list[Floats]:
        """Share of each ICB's footprints that gives each answer, (answers, n) by group."""
        rows, answers = self.made
        inside = self.source.inside[rows] * self.weights[:, None]
        return [
            np.array([inside[answers[:, g] == k].sum(axis=0) for k in range(len(names))])
            for g, names in enumerate(self.source.portfolio.names)
        ]

    def list_broken(self) -> list[Link]:
        """The links that the fractions break worst: the ICBs above the mean share of an answer."""
        found = []
        for g, (shares, names) in enumerate(
            zip(self.shares, self.source.portfolio.names, strict=True)
        ):
            for share, name in zip(shares, names, strict=True):
                if share.max() - share.min() > BROKEN_LINK:
                    above = share > share.mean()
                    icbs = sum(1 << int(i) for i in np.flatnonzero(above))
                    found.append(((share - share.mean())[above].sum(), Link(g, name, icbs)))
        worst = sorted(found, key=lambda pair: -pair[0])
        known = set(self.source.links)
        return [link for _, link in worst if link not in known][:LINKS_A_ROUND]


def solve_once(
    highs: Highs,
    source: NodeSource,
    start: Choices,
    seconds: Seconds,
    before: Relaxation[ListedPricing] | None = None,
) -> Solved:
    """Price the relaxation of a part to the end."""
    columns = source.columns(start)
    try:
        found = solve_relaxation(highs, source, source.rows, columns, seconds, before=before)
    except NoPlanError:
        phase = solve_first_phase(highs, source, source.rows, columns, seconds)
        none = Choices(np.zeros(0, np.int64), np.zeros((0, len(source.portfolio.names)), np.int64))
        return Solved(source, None, _raise_prices(source, phase), none, np.zeros(0))
    used = np.flatnonzero(found.weights > 1e-9)
    made = source.read(found.columns.taken(used))
    return Solved(source, found, found.duals, made, found.weights[used])


def _raise_prices(source: NodeSource, phase: Relaxation[ListedPricing]) -> Duals:
    """Prices of the first phase, at which every plan comes out dearer than any plan can be."""
    costs = source.portfolio.cost_m
    most = sum(
        (np.where(np.isfinite(c), np.abs(c), 0.0).max(axis=1, initial=0.0) for c in costs),
        np.abs(source.portfolio.fixed_m),
    )
    times = CERTAIN * source.count[1] * float(most.max(initial=source.unit)) / phase.bound
    found = phase.duals
    return replace(
        found, icb=times * found.icb, count=times * found.count, bounded=times * found.bounded
    )
