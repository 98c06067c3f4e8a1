"""The bound that a run's prices prove, computed anew over every candidate.

For any prices of the rows, every plan X obeys

    cost(X)  >=  what the prices earn  +  Σ_{F in X} reduced(F)

where reduced(F) is the cost of F at its best levels and match, less the prices of the rows it is in.
The signs of the prices are checked: a ceiling's price is never positive, a floor's never negative.

Of a run whose candidates were never listed, the search is made anew without a solver: the footprints
that save most at the prices, and all that a plan below the claim could use, are searched for as the
engine does (:mod:`optimiser.footprints.unlisted`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimiser.arrays import Floats, Masks
from optimiser.deadline import Deadline
from optimiser.footprints.candidates import (
    as_masks,
    count_members,
    count_shared,
    sum_over_members,
)
from optimiser.footprints.costs import CandidateCosts, Costs
from optimiser.footprints.system import System
from optimiser.tolerances import CLOSE, size_of

BLOCK = 50_000
ROUNDING = 1e-12
LIMITS = {
    "local_spend": ("min_local_spend_m", "max_local_spend_m"),
    "local_services": ("min_local_services", "max_local_services"),
    "leakage": ("", "max_leakage_m"),
    "volatility": ("", "max_volatility_m"),
}
"""Measure bounded across footprints to the settings of its floor and ceiling."""


class CertificateError(ValueError):
    """The certificate can't be a proof: a price is missing, of the wrong length or the wrong sign."""


@dataclass(frozen=True)
class Prices:
    """The prices of a certificate, checked.

    Attributes:
        icb: price of covering each ICB, (n,).
        count: price of one more footprint.
        bounded: measure to the price of one unit of it.
        kept: price of one ICB that stays in its baseline footprint.
        baseline: price of matching each baseline footprint.
        triples: masks of three ICBs each.
        triple_prices: price of each.
    """

    icb: Floats
    count: float
    bounded: Mapping[str, float]
    kept: float
    baseline: Floats
    triples: Masks
    triple_prices: Floats


@dataclass(frozen=True)
class Bounding:
    """What the prices prove.

    Attributes:
        earned: what they earn on the limits of the rows, £m.
        reduced: reduced cost of every candidate, (m,).
        cost_m: true cost of every candidate at the levels that are best at these prices, (m,).
        most: most footprints of a plan.
    """

    earned: float
    reduced: Floats
    cost_m: Floats
    most: int

    @property
    def bound(self) -> float:
        """No plan costs less, £m: even were every footprint the one that saves most."""
        return self.earned + self.most * float(self.reduced.min(initial=0.0))


def read_prices(certificate: Mapping[str, Any], system: System) -> Prices:
    """The prices of a certificate.

    Raises:
        CertificateError: they can't prove anything.
    """
    try:
        prices = Prices(
            icb=np.array(certificate["icb"], dtype=float),
            count=float(certificate["count"]),
            bounded={str(k): float(v) for k, v in certificate["bounded"].items()},
            kept=float(certificate["kept"]),
            baseline=np.array(certificate["baseline"], dtype=float),
            triples=as_masks(certificate["triples"], system.size),
            triple_prices=np.array(certificate["triple_prices"], dtype=float),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CertificateError(f"The certificate has no readable prices: {error}.") from None
    _check_prices(prices, system)
    return prices


def _check_prices(prices: Prices, system: System) -> None:
    every = np.concatenate(
        (prices.icb, [prices.count, prices.kept], prices.baseline, prices.triple_prices)
    )
    if not np.isfinite([*every, *prices.bounded.values()]).all():
        raise CertificateError("A price is not a finite number.")
    if len(prices.icb) != system.size or len(prices.triples) != len(prices.triple_prices):
        raise CertificateError("The certificate has not one price for each row.")
    if (np.bitwise_count(prices.triples) != 3).any() or (prices.triples >> system.size).any():
        raise CertificateError("A triple is not one of three ICBs.")
    if prices.kept < 0 or (prices.baseline > 0).any() or (prices.triple_prices > 0).any():
        raise CertificateError("A price has a sign that no rule supports.")
    if set(prices.bounded) != set(list_limits(system)):
        raise CertificateError("The certificate has not one price for each floor and ceiling.")
    if prices.kept and len(prices.baseline) != len(baseline_masks(system)):
        raise CertificateError("The certificate has not one price for each baseline footprint.")


def list_limits(system: System) -> dict[str, tuple[float, float]]:
    """Floor and ceiling of each measure that the scenario bounds across footprints."""
    rules, found = system.scenario.services, {}
    for name, (floor, ceiling) in LIMITS.items():
        least = float(getattr(rules, floor)) if floor else 0.0
        most = float(getattr(rules, ceiling))
        if least > 0 or math.isfinite(most):
            found[name] = least, most
    return found


def limit_count(system: System) -> tuple[int, int]:
    """Fewest and most footprints of a plan: of n ICBs no more than n."""
    fewest, most = system.scenario.footprints.count_window
    return fewest, min(most, system.size)


def earn(price: float, limits: tuple[float, float]) -> float:
    """Price times limit: the floor for a price above nothing, the ceiling for one below."""
    return price * (limits[0] if price > 0 else limits[1]) if price else 0.0


def baseline_masks(system: System) -> Masks:
    """Masks of the baseline's footprints; empty when moves are not limited."""
    if system.scenario.footprints.max_moved is None or system.baseline is None:
        return as_masks((), system.size)
    homes = [np.flatnonzero(system.baseline == b) for b in range(int(system.baseline.max()) + 1)]
    return as_masks((sum(1 << int(i) for i in home) for home in homes), system.size)


def measure_bound(
    system: System, masks: Masks, prices: Prices, costs: Costs | None = None
) -> Bounding:
    """What the prices earn, and the reduced cost of every candidate; at costs that are known, if any."""
    names = tuple(prices.bounded)
    costs = costs or CandidateCosts(system, masks, names)
    priced, amounts = costs.priced(prices.bounded)
    cost = priced + sum(
        (prices.bounded[name] * amounts[name] for name in names), start=np.zeros(len(masks))
    )
    reduced = priced - sum_over_members(masks, prices.icb) - prices.count
    reduced = reduced - _best_match(system, masks, prices)
    for start in range(0, len(masks), BLOCK):
        rows = slice(start, start + BLOCK)
        holds = count_shared(masks[rows], prices.triples) >= 2
        reduced[rows] -= holds @ prices.triple_prices
    return Bounding(_earned(system, prices), reduced, cost, limit_count(system)[1])


def leave_out_dear(system: System, masks: Masks, prices: Prices, claim: float) -> Masks:
    """Of a long list, the candidates whose reduced costs may be within what the claim leaves open.

    The others are above nothing, so that they lower no bound, and in no plan below the claim: were some
    reduced costs below nothing, each other footprint of a plan could save as much as the lowest of them.
    Costs are reckoned in compiled code, to a margin; those that stay are reckoned again.
    """
    from optimiser.footprints.compiled.costs import build_costs, find_delegated, find_margin
    from optimiser.footprints.compiled.reduced import reduce_masks

    cost_m = build_costs(system, prices.bounded).cost(masks, find_delegated(system, masks))
    homes = baseline_masks(system)
    reduced = reduce_masks(
        masks, cost_m, prices.icb, prices.count, homes, prices.kept, prices.baseline
    )
    open_m = max(claim - _earned(system, prices), 0.0) + CLOSE * size_of(claim)
    saved_m = (limit_count(system)[1] - 1) * -float(reduced.min(initial=0.0))
    return np.asarray(masks[reduced <= open_m + saved_m + find_margin(cost_m)])


def _best_match(system: System, masks: Masks, prices: Prices) -> Floats:
    """What matching each footprint to the best baseline one is worth, never below 0."""
    worth = np.zeros(len(masks))
    for home, price in zip(baseline_masks(system), prices.baseline, strict=False):
        kept = count_members(masks & home)
        worth = np.maximum(worth, prices.kept * kept + price)
    return worth


def _earned(system: System, prices: Prices) -> float:
    """Price times limit, summed over the rows."""
    limits = list_limits(system)
    total = math.fsum(prices.icb) + earn(prices.count, limit_count(system))
    total += sum(_earn_on(limits[name], name, price) for name, price in prices.bounded.items())
    if prices.kept:
        moved = system.scenario.footprints.max_moved
        assert moved is not None
        total += prices.kept * (system.size - moved)
    return total + math.fsum(prices.baseline) + math.fsum(prices.triple_prices)


def _earn_on(limits: tuple[float, float], name: str, price: float) -> float:
    """Price times limit of one measure; none is below nothing, so a floor of nothing holds anyway."""
    if -ROUNDING < price < 0 and math.isinf(limits[1]):
        return 0.0
    earned = earn(price, limits)
    if math.isinf(earned):
        raise CertificateError(f"The price of {name} has a sign that no rule supports.")
    return earned


SECONDS = 600.0
"""After which a search gives up: as long as a solve may take by default."""
MOST_FOUND = 20_000
"""Footprints above which no search of their divisions would end: as for listed candidates."""


@dataclass(frozen=True)
class Searched:
    """What a search without a solver found.

    Attributes:
        bound: no plan costs less, £m; or None where the search did not end.
        masks: every footprint that a plan below the claim could use; or None where there are too many.
        bounding: what the prices prove of those.
    """

    bound: float | None
    masks: Masks | None = None
    bounding: Bounding | None = None


def search_anew(system: System, prices: Prices, claim: float) -> Searched:
    """The bound that the prices prove over every footprint, and those that a better plan could use."""
    from optimiser.footprints.unlisted.pricing import RowPrices, build_unlisted
    from optimiser.footprints.unlisted.searching import search_all

    unlisted = build_unlisted(system, baseline_masks(system))
    hunt = unlisted.at(
        RowPrices(
            prices.icb,
            prices.count,
            prices.kept,
            prices.baseline,
            prices.triples,
            prices.triple_prices,
        )
    )
    deadline, slack = Deadline.after(SECONDS), CLOSE * size_of(claim)
    least = search_all(unlisted, hunt, 0.0, deadline, narrow=1)
    if not least.complete:
        return Searched(None)
    earned = measure_bound(system, unlisted.masks(least.sets[:0]), prices).earned
    saving = np.minimum(np.sort(least.least)[: limit_count(system)[1]], 0.0)
    bound = earned + float(saving.sum())
    if claim - slack <= bound:
        return Searched(bound)
    # A plan below the claim with a footprint of reduced cost r: the others save at most what they can.
    room = claim - slack - bound
    found = search_all(unlisted, hunt, room, deadline, most=MOST_FOUND)
    if not found.complete:
        return Searched(bound)
    masks = np.sort(unlisted.masks(found.sets))
    return Searched(bound, masks, measure_bound(system, masks, prices))
