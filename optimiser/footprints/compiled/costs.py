"""What compiled costs rest on: the objective as sums over members, over pairs, and rates of services.

Nothing of the objective is written here a second time but what a footprint pays for what it holds: the
rest is measured, by the same functions as everywhere, on single ICBs and on pairs of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.errors import RefereeError
from optimiser.footprints.candidates import singletons, sum_over_members
from optimiser.footprints.compiled.cost_kernel import NOT_ALLOWED as NOT_ALLOWED
from optimiser.footprints.compiled.cost_kernel import cost_masks
from optimiser.footprints.compiled.machine import count_cores, run_slices
from optimiser.footprints.compiled.reduced import Costs32 as Costs32
from optimiser.footprints.costs import CandidateCosts, fixed_cost, fixed_totals, term_weights
from optimiser.footprints.levels import (
    COLLABORATIVE,
    FOOTPRINT,
    ICB,
    NATIONAL,
    TERMS,
    free_services,
    measure_holders,
    measure_levels,
    sum_by_group,
    term_weight,
)
from optimiser.footprints.measures import DELEGATED, measure_modes
from optimiser.footprints.system import ROUNDING, System

AT_ONCE = 50_000
"""Masks whose readiness is measured at once, and least of a thread's share."""
HALF_ULP = 2.0**-24
"""What a cost kept in 32 bits may be off by, as a share of it."""
SLACK = 1e-10
"""What sums in another order may be off by, as a share of the cost: thousands of terms at 1e-16."""
SAMPLE = 200
"""Candidates, evenly through the list, whose costs are compared with those reckoned in Python."""


@dataclass(frozen=True)
class CostTables:
    """The last arguments of :func:`cost_masks`, in its order."""

    of_icb: Floats
    of_pair: Floats
    commissioner: Ints
    spend: Floats
    pair_flow: Floats
    hosted: Floats
    elsewhere: Floats
    group: Ints
    rates: Floats
    undelegated: Floats
    shift_weight: float
    each: float

    def cost(self, masks: Masks, delegated: Bools) -> Costs32:
        """Cost of ascending masks at their best levels, £m, (m,)."""
        out = np.empty(len(masks), np.float32)
        arguments: tuple[Any, ...] = tuple(vars(self).values())

        def part(rows: slice) -> None:
            cost_masks(masks[rows], delegated[rows], out[rows], *arguments)

        run_slices(part, len(masks), _share_out(len(masks)))
        return out


def _share_out(count: int) -> int:
    return max(1, min(4 * count_cores(), count // AT_ONCE))


def build_costs(
    system: System, prices: Mapping[str, float] | None = None, cost_share: float = 1.0
) -> CostTables:
    """The tables of a scenario's objective, less what bounded totals are priced at.

    Args:
        system: the arrays.
        prices: dual value of each bounded measure, £m per unit.
        cost_share: 1, or 0 to count nothing but the prices.
    """
    priced = {name: price for name, price in (prices or {}).items() if price}
    arrays, free = system.services, free_services(system)
    group = arrays.group[free]
    order = np.argsort(group, kind="stable")
    free, group = free[order], group[order]
    _, extra = list_team_costs(system, free)
    each, single, pair = _split_pairs(system, priced, cost_share)
    shift = np.zeros(system.size) if system.shift_m is None else system.shift_m
    of_icb = [single, system.scope_spend_m, system.scope_variance, system.residents, shift]
    flows = arrays.within_m[free]
    both = flows + flows.transpose(0, 2, 1)
    diagonal = np.arange(system.size)
    both[:, diagonal, diagonal] /= 2
    return CostTables(
        of_icb=np.stack(of_icb, axis=1),
        of_pair=pair,
        commissioner=system.commissioner,
        spend=np.ascontiguousarray(arrays.spend_m[free].T),
        pair_flow=np.ascontiguousarray(both.transpose(1, 2, 0)),
        hosted=np.ascontiguousarray(arrays.hosted[free].T.astype(float)),
        elsewhere=_list_elsewhere(system, free, group, priced, cost_share),
        group=np.unique(group, return_inverse=True)[1].astype(np.int64),
        rates=_list_rates(system, free, priced, cost_share),
        undelegated=_weigh(extra, cost_share),
        shift_weight=cost_share * term_weights(system)["allocation"],
        each=each,
    )


def _split_pairs(
    system: System, prices: Mapping[str, float], cost_share: float
) -> tuple[float, Floats, Floats]:
    """What no level changes, as a cost of each footprint, of each member and of each pair of them."""
    weights = term_weights(system)

    def measure(masks: Masks) -> Floats:
        shift = 0.0 if system.shift_m is None else np.abs(sum_over_members(masks, system.shift_m))
        cost = cost_share * (fixed_cost(system, masks) - weights["allocation"] * shift)
        totals = fixed_totals(system, masks, prices)
        return np.asarray(cost - sum(prices[name] * totals[name] for name in totals))

    each, bits = cost_share * weights["committee_cost"], singletons(system.size)
    single = measure(bits) - each
    a, b = np.triu_indices(system.size, 1)
    pair = np.zeros((system.size, system.size))
    pair[a, b] = pair[b, a] = measure(bits[a] | bits[b]) - single[a] - single[b] - each
    return each, single, pair


def _list_elsewhere(
    system: System, free: Ints, group: Ints, prices: Mapping[str, float], cost_share: float
) -> Floats:
    """Cost of each group where England or single ICBs hold it, by ICB, (A, n, G).

    ICBs that may choose bear at most what they would under England, so that one level is enough
    unless totals are priced or services are forced.
    """
    holders, levels = (
        measure_holders(system, free),
        measure_levels(system, singletons(system.size), free),
    )
    forced = np.isin(group, group[system.services.forced_local[free]])
    found = {
        NATIONAL: (holders.england, forced[:, None] & np.ones_like(holders.able)),
        ICB: ({term: holders.mixed(term) for term in TERMS}, forced[:, None] & ~holders.able),
    }
    open_ = [level for level in system.scenario.services.levels if level in found]
    if ICB in open_ and not prices and not forced.any():
        open_ = [ICB]
    tables = np.zeros((len(open_), system.size, len(np.unique(group))))
    for k, level in enumerate(open_):
        amounts, barred = found[level]
        weighed = [term_weight(system, term) * amounts[term] for term in TERMS]
        cost = cost_share * np.sum(weighed, axis=0).T
        for name, price in prices.items():
            cost = cost - price * levels.total(name, level)
        tables[k] = sum_by_group(np.where(barred.T, NOT_ALLOWED, cost), group)
    return tables


def _list_rates(
    system: System, free: Ints, prices: Mapping[str, float], cost_share: float
) -> Floats:
    """What a footprint pays for each service it holds, and when it may, (9, S).

    Floors and the ceiling are looser by rounding: what is cheaper here for that is reckoned again.
    """
    arrays, weights = system.services, system.scenario.objective
    by_sd = cost_share * weights.volatility - prices.get("volatility", 0.0)
    spend = cost_share * weights.transition_delegate * arrays.national_today[free]
    lost = cost_share * weights.integration * weights.sharing_loss
    by_people = -prices.get("local_services", 0.0) / system.residents.sum()
    team = list_team_costs(system, free)[0]
    columns = (
        spend - prices.get("local_spend", 0.0),
        by_sd * arrays.variance_factor[free],
        lost * arrays.benefit_share[free],
        cost_share * weights.contracting,
        by_people,
        _weigh(team, cost_share),
        arrays.min_spend_m[free] * (1 - ROUNDING),
        arrays.min_providers[free],
        arrays.max_cv[free] * (1 + 2 * ROUNDING),
    )
    return np.stack([np.broadcast_to(column, free.shape) for column in columns]).astype(float)


def _weigh(cost: Floats, cost_share: float) -> Floats:
    """A share of each cost; what is not allowed stays so."""
    return np.where(cost < NOT_ALLOWED / 2, cost_share * cost, NOT_ALLOWED)


def list_team_costs(system: System, free: Ints) -> tuple[Floats, Floats]:
    """What the team of a footprint or of its lead provider costs by service, and more, (S,) each.

    A lead provider's budget differs from a committee's in that cost and in readiness alone, so that the
    better of the two is one cost where the footprint is under full delegation, and another where not.
    """
    arrays, open_ = system.services, system.scenario.services.levels
    group = arrays.group[free]
    apart = np.isin(group, group[~arrays.collaborative[free]]) | (COLLABORATIVE not in open_)
    lead = np.where(apart, NOT_ALLOWED, term_weight(system, "lead_provider"))
    own = term_weight(system, "holding") if FOOTPRINT in open_ else NOT_ALLOWED
    needs = np.isin(group, group[arrays.needs_delegation[free]])
    waits = needs & system.scenario.readiness.required
    return np.minimum(own, lead), np.where(waits, lead - np.minimum(own, lead), 0.0)


def find_delegated(system: System, masks: Masks) -> Bools:
    """Which candidates may hold what needs full delegation; all where nobody asks, (m,)."""
    found = np.ones(len(masks), dtype=bool)
    needed = system.services.needs_delegation[free_services(system)].any()
    if system.scenario.readiness.required and needed:
        for start in range(0, len(masks), AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            found[rows] = measure_modes(system, masks[rows]) >= DELEGATED
    return found


def find_margin(cost_m: Costs32) -> float:
    """What any of these costs may be off by, £m, and as much again for what is taken off them."""
    largest = max(
        float(cost_m.max(initial=0.0, where=cost_m < NOT_ALLOWED / 2)),
        -float(cost_m.min(initial=0.0)),
    )
    return 2 * largest * (HALF_ULP + SLACK)


def check_sample(system: System, masks: Masks, cost_m: Costs32, margin: float) -> None:
    """Compare some costs with those reckoned in Python; floors may make the latter dearer.

    Raises:
        RefereeError: the two ways to reckon differ.
    """
    rows = np.unique(np.linspace(0, len(masks) - 1, SAMPLE).astype(int))
    exact = CandidateCosts(system, masks[rows]).priced({})[0]
    rules = system.scenario.services
    floors = rules.min_local_share_each > 0 or rules.min_local_services_each > 0
    above = exact - cost_m[rows]
    if (above < -margin).any() or (not floors and (above[np.isfinite(exact)] > margin).any()):
        raise RefereeError(
            "Two ways to reckon what footprints cost differ; nothing was solved. Please report this."
        )
