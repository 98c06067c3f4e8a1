"""The cost of a candidate: its fixed terms and the best allowed level of every service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.candidates import count_members, sum_over_members
from optimiser.footprints.leads import find_leads, person_minutes_m
from optimiser.footprints.levels import FOOTPRINT, GroupCosts, cost_groups
from optimiser.footprints.measures import pair_incidence
from optimiser.footprints.system import System

FIXED_TERMS = ("committee_cost", "governance", "travel", "disruption", "allocation")
BLOCK = 2_048


def measure_fixed(system: System, masks: Masks) -> dict[str, Floats]:
    """Unweighted measure of each term that no service level changes, (m,).

    ``committee_cost`` counts footprints, ``governance`` pairs of members, ``travel`` is in million
    person-minutes, ``disruption`` the share of pairs of residents joined or parted against the
    baseline, ``allocation`` £m moved between historic and needs-based money, ``national`` the
    integration benefit of the services that are national whatever the footprint, £m.
    """
    members = count_members(masks).astype(float)
    weights = system.scenario.objective
    zero = np.zeros(len(masks))
    arrays = system.services
    barred = arrays.barred != ""
    held_back = arrays.benefit_share[barred] @ arrays.spend_m[barred]
    travel = person_minutes_m(system, masks, find_leads(system, masks)) if weights.travel else zero
    shift = zero if system.shift_m is None else np.abs(sum_over_members(masks, system.shift_m))
    return {
        "committee_cost": np.ones(len(masks)),
        "governance": members * (members - 1) / 2,
        "travel": travel,
        "disruption": measure_disruption(system, masks),
        "allocation": shift,
        "national": sum_over_members(masks, held_back),
    }


def fixed_weights(system: System) -> dict[str, float]:
    """Weight of each fixed term, £m per unit of its measure."""
    weights = system.scenario.objective
    return {
        "committee_cost": weights.committee_cost_m,
        "governance": weights.governance_cost_m,
        "travel": weights.travel,
        "disruption": weights.disruption,
        "allocation": weights.allocation,
        "national": weights.national,
    }


def measure_disruption(system: System, masks: Masks) -> Floats:
    """Share of pairs of residents of different ICBs joined or parted against the baseline, (m,).

    Pairs parted are those of the baseline less those kept. The baseline's pairs are a constant; half
    of each is put on both its ICBs, so that the measure is a sum over footprints.
    """
    if system.baseline is None:
        return np.zeros(len(masks))
    people = system.residents / system.residents.sum()
    weight = np.outer(people, people)
    np.fill_diagonal(weight, 0.0)
    together = system.baseline[:, None] == system.baseline[None, :]
    joined_or_kept = np.where(together, -weight, weight).reshape(-1)
    constant = 0.5 * np.where(together, weight, 0.0).sum(axis=1)
    everything = weight.sum() / 2
    change = np.zeros(len(masks))
    for start in range(0, len(masks), BLOCK):
        part = slice(start, start + BLOCK)
        change[part] = pair_incidence(masks[part], system.size) @ joined_or_kept
    return np.asarray((change + sum_over_members(masks, constant)) / everything)


def fixed_cost(system: System, masks: Masks) -> Floats:
    """Weighted sum of the fixed terms, £m, (m,)."""
    weights = fixed_weights(system)
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


def cheapest_levels(
    system: System, costs: GroupCosts, prices: Mapping[str, float], cost_share: float = 1.0
) -> Cheapest:
    """Best allowed level of every group in every footprint at given prices of the totals."""
    priced = costs.cost_m
    if cost_share != 1.0:
        priced = share_of(priced, cost_share)
    for name, price in prices.items():
        if price:
            priced = priced - price * costs.totals[name]
    if system.scenario.services.risk == "pooled" and FOOTPRINT in costs.levels:
        return cheapest_pooled(system, costs, priced)
    choice = np.zeros(priced.shape[1:], dtype=np.int64)
    best = priced[0].copy()
    for level in range(1, len(priced)):
        better = priced[level] < best
        np.copyto(best, priced[level], where=better)
        choice[better] = level
    return Cheapest(best.sum(axis=1), choice)


def share_of(cost_m: Floats, share: float) -> Floats:
    """A share of each cost; what is not allowed costs infinitely much even at a share of nothing.

    Infinity times zero is no number, and would reach HiGHS as one.
    """
    barred = np.isinf(cost_m)
    return np.where(barred, np.inf, share * np.where(barred, 0.0, cost_m))


def taken_amounts(amounts: Floats, choice: Ints) -> Floats:
    """Amounts at the chosen levels, (O, m, G) and (m, G) to (m, G)."""
    return np.asarray(np.take_along_axis(amounts, choice[None], axis=0)[0])


def cheapest_pooled(system: System, costs: GroupCosts, priced: Floats) -> Cheapest:
    """Best levels when the services a footprint holds pool their risk, exactly.

    With a_g the cost of holding g less its best other level and v_g its variance, the best set
    minimises Σ a_g + w·sqrt(Σ v_g). The square root is concave, so some slope λ >= 0 makes the best set
    {g : a_g + λ v_g < 0}: a prefix of the groups sorted by a_g / v_g. Groups with no other level come
    first; those that may not be held are never in.
    """
    weight = system.scenario.objective.volatility
    hold = costs.levels.index(FOOTPRINT)
    others = priced.copy()
    others[hold] = np.inf
    fallback = others.argmin(axis=0)
    other_cost = others.min(axis=0)
    held_cost = priced[hold]
    gain, ratio = _gain_and_ratio(held_cost, other_cost, costs.variance)
    order = ratio.argsort(axis=1, kind="stable")
    variance = np.where(np.isinf(held_cost), 0.0, costs.variance)
    sums = np.cumsum(np.take_along_axis(gain, order, axis=1), axis=1)
    spread = np.sqrt(np.cumsum(np.take_along_axis(variance, order, axis=1), axis=1))
    total = np.concatenate((np.zeros((len(sums), 1)), sums + weight * spread), axis=1)
    total = np.where(np.arange(total.shape[1]) >= _must_hold(other_cost)[:, None], total, np.inf)
    best = total.argmin(axis=1)
    place = order.argsort(axis=1, kind="stable")
    held = place < best[:, None]
    base = np.where(np.isinf(other_cost), held_cost, other_cost).sum(axis=1)
    cost = base + np.take_along_axis(total, best[:, None], axis=1)[:, 0]
    return Cheapest(cost, np.where(held, hold, fallback))


def _must_hold(other_cost: Floats) -> Ints:
    return np.asarray(np.isinf(other_cost).sum(axis=1), dtype=np.int64)


def _gain_and_ratio(held: Floats, other: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """a_g and its sorting key; forced groups cost nothing more than their base and come first."""
    forced, barred = np.isinf(other), np.isinf(held)
    gain = np.where(
        forced | barred, 0.0, np.where(barred, 0.0, held) - np.where(forced, 0.0, other)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        sure = np.where(gain < 0, np.finfo(float).min, np.inf)
        ratio = np.where(variance > 0, gain / variance, sure)
    ratio = np.where(forced, -np.inf, np.where(barred, np.inf, ratio))
    return np.where(barred, np.inf, gain), ratio


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

    def blocks(self) -> Iterator[tuple[slice, GroupCosts]]:
        """Every block of candidates with its level costs."""
        for number, start in enumerate(range(0, len(self.masks), BLOCK)):
            rows = slice(start, min(start + BLOCK, len(self.masks)))
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
        cost = self.fixed_m * cost_share
        amounts = {name: np.zeros(len(cost)) for name in self.totals}
        for rows, costs in self.blocks():
            best = cheapest_levels(self.system, costs, prices, cost_share)
            cost[rows] += best.cost_m
            for name in self.totals:
                amounts[name][rows] = taken_amounts(costs.totals[name], best.choice).sum(axis=1)
        return cost, amounts

    def _unpriced(self) -> Floats:
        if self._cost_m is None:
            self._cost_m = self.fixed_m.copy()
            for rows, costs in self.blocks():
                self._cost_m[rows] += cheapest_levels(self.system, costs, {}).cost_m
        return self._cost_m
