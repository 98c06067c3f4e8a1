"""The cost of a candidate: its fixed terms and the best allowed level of every service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from optimiser.arrays import Floats, Ints, Masks, in_one_thread
from optimiser.footprints.candidates import count_members, sum_over_members
from optimiser.footprints.floors import meet_floors
from optimiser.footprints.levels import (
    TERMS,
    GroupCosts,
    cost_groups,
    measure_holders,
    term_weight,
)
from optimiser.footprints.measures import measure_scope_leakage, sum_over_pairs
from optimiser.footprints.system import System

TERM_UNITS = {
    "leakage": "£m in scope treated outside the footprint",
    "contracting": "£m bought outside the holder's territory",
    "volatility": "£m of standard deviation",
    "integration": "£m of benefit forgone",
    "holding": "services held",
    "lead_provider": "services held by lead providers",
    "committee_cost": "footprints",
    "governance": "pairs of members",
    "transition_delegate": "£m",
    "transition_clawback": "£m",
    "disruption": "share of pairs of residents",
    "allocation": "£m shifted",
}
"""Unit of the measure of each term, in the order in which terms are reported."""
BLOCK = 2_048


def measure_fixed(system: System, masks: Masks) -> dict[str, Floats]:
    """Unweighted measure of each term, the part that no open level changes, (m,).

    ``leakage`` is of the geography: everything in scope, whoever holds it. The terms of levels hold
    what England bears for services that are national whatever the footprint: the same in every plan.
    """
    members = count_members(masks).astype(float)
    zero = np.zeros(len(masks))
    shift = zero if system.shift_m is None else np.abs(sum_over_members(masks, system.shift_m))
    barred = measure_barred(system)
    measured = {
        "leakage": measure_scope_leakage(system, masks),
        **{term: sum_over_members(masks, barred[term]) for term in TERMS},
        "committee_cost": np.ones(len(masks)),
        "governance": members * (members - 1) / 2,
        "disruption": measure_disruption(system, masks),
        "allocation": shift,
    }
    return {term: measured[term] for term in TERM_UNITS}


def measure_barred(system: System) -> dict[str, Floats]:
    """What England bears for the services that no plan may move, by term and ICB, (n,) each."""
    barred = np.flatnonzero(system.services.barred != "")
    england = measure_holders(system, barred).england
    return {term: england[term].sum(axis=0) for term in TERMS}


def term_weights(system: System) -> dict[str, float]:
    """Weight of every term, £m per unit of its measure."""
    objective = system.scenario.objective
    named = {
        "leakage": objective.leakage,
        "committee_cost": objective.committee_cost_m,
        "governance": objective.governance_cost_m,
        "disruption": objective.disruption,
        "allocation": objective.allocation,
    }
    return {t: named[t] if t in named else term_weight(system, t) for t in TERM_UNITS}


def measure_disruption(system: System, masks: Masks) -> Floats:
    """Share of pairs of residents of different ICBs joined or parted against the baseline, (m,).

    Pairs parted are those of the baseline less those kept. The baseline's pairs are a constant; half
    of each is put on both its ICBs, so that the measure is a sum over footprints.
    """
    if system.baseline is None:
        return np.zeros(len(masks))
    pairs, constant = disruption_weights(system)
    change = sum_over_pairs(masks, system.size, pairs)
    return np.asarray(change + sum_over_members(masks, constant))


def disruption_weights(system: System) -> tuple[Floats, Floats]:
    """What pairs and members add to the disruption of a footprint, (n²,) at i·n + j, and (n,)."""
    size = system.size
    if system.baseline is None:
        return np.zeros(size * size), np.zeros(size)
    people = system.residents / system.residents.sum()
    weight = np.outer(people, people)
    np.fill_diagonal(weight, 0.0)
    together = system.baseline[:, None] == system.baseline[None, :]
    joined_or_kept = np.where(together, -weight, weight).reshape(-1)
    constant = 0.5 * np.where(together, weight, 0.0).sum(axis=1)
    everything = weight.sum() / 2
    return joined_or_kept / everything, constant / everything


@in_one_thread
def fixed_cost(system: System, masks: Masks) -> Floats:
    """Weighted sum of what no open level changes, £m, (m,)."""
    weights = term_weights(system)
    measured = measure_fixed(system, masks)
    return np.asarray(sum(weights[term] * measured[term] for term in weights))


@dataclass(frozen=True)
class Cheapest:
    """The best levels of each footprint.

    Attributes:
        cost_m: cost of the services at their best levels, priced, £m, (m,); infinite where a
            service has no allowed level.
        choice: index of the chosen level of each group, (m, G).
    """

    cost_m: Floats
    choice: Ints


def price_levels(costs: GroupCosts, prices: Mapping[str, float], cost_share: float = 1.0) -> Floats:
    """Cost of every level less its priced totals, infinite where it is not allowed, (O, m, G)."""
    priced = costs.cost_m if cost_share == 1.0 else share_of(costs.cost_m, cost_share)
    for name, price in prices.items():
        if price and name in costs.totals:
            priced = priced - price * costs.totals[name]
    return priced


def cheapest_levels(
    costs: GroupCosts, prices: Mapping[str, float], cost_share: float = 1.0
) -> Cheapest:
    """Best allowed level of every group in every footprint at given prices of the totals.

    Where a footprint must hold a least share or number of services, its levels are the cheapest that
    do (:mod:`optimiser.footprints.floors`).
    """
    priced = price_levels(costs, prices, cost_share)
    choice = np.zeros(priced.shape[1:], dtype=np.int64)
    best = priced[0].copy()
    for level in range(1, len(priced)):
        better = priced[level] < best
        np.copyto(best, priced[level], where=better)
        choice[better] = level
    cost = best.sum(axis=1)
    if costs.floors:
        amounts = {name: costs.totals[name] for name in costs.floors}
        cost, choice = meet_floors(priced, amounts, costs.floors, cost, choice)
    return Cheapest(cost, choice)


def share_of(cost_m: Floats, share: float) -> Floats:
    """A share of each cost; what is not allowed costs infinitely much even at a share of nothing.

    Infinity times zero is no number, and would reach HiGHS as one.
    """
    barred = np.isinf(cost_m)
    return np.where(barred, np.inf, share * np.where(barred, 0.0, cost_m))


def taken_amounts(amounts: Floats, choice: Ints) -> Floats:
    """Amounts at the chosen levels, (O, m, G) and (m, G) to (m, G)."""
    return np.asarray(np.take_along_axis(amounts, choice[None], axis=0)[0])


def fixed_totals(system: System, masks: Masks, names: Iterable[str]) -> dict[str, Floats]:
    """The part of each bounded measure that no open level changes, (m,)."""
    found = {}
    for name in names:
        found[name] = np.zeros(len(masks))
        if name == "leakage":
            found[name] = measure_scope_leakage(system, masks)
        if name == "volatility":
            found[name] = sum_over_members(masks, measure_barred(system)["volatility"])
    return found


class Costs(Protocol):
    """What is known of the cost of m listed candidates."""

    @property
    def masks(self) -> Masks:
        """The candidates, ascending, (m,)."""

    @property
    def totals(self) -> tuple[str, ...]:
        """Measures bounded across footprints."""

    def priced(
        self, prices: Mapping[str, float], cost_share: float = 1.0
    ) -> tuple[Floats, dict[str, Floats]]:
        """Cost at the best levels less the priced totals, (m,); each total at those levels, (m,)."""

    def subset(self, rows: Ints) -> Costs:
        """Those of some of the candidates."""


@dataclass(frozen=True)
class KnownCosts:
    """Candidates that cost one known amount each, whatever the levels.

    Attributes:
        masks: the candidates, ascending, (m,).
        cost_m: what each costs, (m,).
    """

    masks: Masks
    cost_m: Floats

    @property
    def totals(self) -> tuple[str, ...]:
        """None: a known cost has no levels left to price."""
        return ()

    def priced(
        self, prices: Mapping[str, float], cost_share: float = 1.0
    ) -> tuple[Floats, dict[str, Floats]]:
        """As :meth:`Costs.priced`; there is nothing to price."""
        del prices
        return self.cost_m * cost_share, {}

    def subset(self, rows: Ints) -> KnownCosts:
        """Those of some of the candidates."""
        return KnownCosts(self.masks[rows], self.cost_m[rows])


class CandidateCosts:
    """Costs of a list of candidates, measured in blocks; blocks are kept where totals price them.

    Args:
        system: the arrays.
        masks: the candidates, (m,).
        totals: measures bounded across footprints.
    """

    def __init__(self, system: System, masks: Masks, totals: tuple[str, ...] = ()) -> None:
        self.system = system
        self.masks = masks
        self.totals = totals
        self.fixed_m = fixed_cost(system, masks)
        self._kept: list[GroupCosts] = []
        self._keep = bool(totals)
        self._cost_m: Floats | None = None

    def subset(self, rows: Ints) -> CandidateCosts:
        """Those of some of the candidates; costs that are measured already are kept."""
        few = CandidateCosts(self.system, self.masks[rows], self.totals)
        few._cost_m = None if self._cost_m is None else self._cost_m[rows]
        return few

    def blocks(self) -> Iterator[tuple[Ints, GroupCosts]]:
        """Every block of candidates with its level costs; those of like size are measured together."""
        order = np.argsort(count_members(self.masks), kind="stable")
        for number, start in enumerate(range(0, len(order), BLOCK)):
            rows = order[start : start + BLOCK]
            if number < len(self._kept):
                yield rows, self._kept[number]
                continue
            costs = cost_groups(self.system, self.masks[rows], self.totals)
            if self._keep:
                self._kept.append(costs)
            yield rows, costs

    def priced(
        self, prices: Mapping[str, float], cost_share: float = 1.0
    ) -> tuple[Floats, dict[str, Floats]]:
        """Priced cost of each candidate at its best levels, and the totals of those levels.

        Args:
            prices: dual value of each bounded measure, £m per unit.
            cost_share: 1, or 0 to count no cost but the prices (levels stay those allowed).

        Returns:
            cost less the priced totals, £m, (m,); total to amount, (m,).
        """
        if not self.totals:
            return share_of(self._unpriced(), cost_share), {}
        fixed = self._fixed_totals
        cost = self.fixed_m * cost_share - sum(prices[name] * fixed[name] for name in self.totals)
        amounts = {name: fixed[name].copy() for name in self.totals}
        for rows, costs in self.blocks():
            best = cheapest_levels(costs, prices, cost_share)
            cost[rows] += best.cost_m
            for name in self.totals:
                amounts[name][rows] += taken_amounts(costs.totals[name], best.choice).sum(axis=1)
        return cost, amounts

    @cached_property
    def _fixed_totals(self) -> dict[str, Floats]:
        """What no level changes of each total: the same in every round of pricing."""
        return fixed_totals(self.system, self.masks, self.totals)

    def _unpriced(self) -> Floats:
        if self._cost_m is None:
            self._cost_m = self.fixed_m.copy()
            for rows, costs in self.blocks():
                self._cost_m[rows] += cheapest_levels(costs, {}).cost_m
        return self._cost_m
