"""Allocations by year under rules on the pace of change, in whole pounds that add up exactly.

Each year, from last year's allocations a with total T:

1. T grows to T' (rounded to the pound) and is shared out as a was: g. Targets t share T' out by need.
2. Whoever is above target would be cut, and whoever is below raised, by an equal part of what is left:
   (g - t) / years left, in whole pounds towards nothing; by all of it in the last year and after.
3. Caps: a cut is at most ``max_cut``·a and leaves at least (1 + ``min_growth``)·a; a rise is at most
   ``max_rise``·t: of the target, as an ICB without providers has no historic money to take a share of.
4. What the cuts release and what the rises ask for are made equal by scaling the larger side down.

Nobody passes their target, every cap holds, and the total is T' to the pound: whole pounds are shared
out by largest remainder (:func:`apportion`), which gives nobody more than the cap it scales.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import count, islice

from optimiser.inputs.scenario.money import MOST_YEARS, FundingRules

Pounds = list[int]
POUNDS = 1_000_000
"""Pounds in the £m of the tables."""


def to_pounds(amounts_m: Sequence[float]) -> Pounds:
    """Amounts in £m as whole pounds that add up to their total, rounded to the pound."""
    exact = [Fraction(float(amount)) * POUNDS for amount in amounts_m]
    floors = [math.floor(amount) for amount in exact]
    return _give(floors, [a - f for a, f in zip(exact, floors, strict=True)], round(sum(exact)))


def apportion(total: int, weights: Sequence[int]) -> Pounds:
    """Whole pounds in proportion to weights, by largest remainder; the first where remainders tie.

    Where the total is at most the sum of the weights nobody gets more than their weight.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    shares = [divmod(total * weight, whole) for weight in weights]
    return _give([floor for floor, _ in shares], [rest for _, rest in shares], total)


def _give(floors: Pounds, rests: Sequence[int | Fraction], total: int) -> Pounds:
    """Hand what is left of a total out pound by pound, to the largest rests first."""
    order = sorted(range(len(floors)), key=lambda i: (-rests[i], i))
    lucky = set(order[: total - sum(floors)])
    return [floor + (i in lucky) for i, floor in enumerate(floors)]


def follow_path(
    opening: Sequence[int], need: Sequence[int], rules: FundingRules, years: int
) -> list[Pounds]:
    """Allocations of the opening year and of each year after it.

    Args:
        opening: whole pounds of each.
        need: weights that share the total out by need.
        rules: the pace of change.
        years: how many to follow.
    """
    return list(islice(_follow(opening, need, rules), years + 1))


def _follow(opening: Sequence[int], need: Sequence[int], rules: FundingRules) -> Iterator[Pounds]:
    """Allocations of the opening year and of every year after it, without end."""
    money = list(opening)
    for year in count(1):
        yield money
        money = _next_year(money, need, rules, max(rules.years - year + 1, 1))


def share_by_need(total: int, need: Sequence[int]) -> Pounds:
    """Target of each: the total by need."""
    return apportion(total, need)


def _next_year(last: Pounds, need: Sequence[int], rules: FundingRules, left: int) -> Pounds:
    total = round(sum(last) * (1 + _exact(rules.growth)))
    grown, target = apportion(total, last), share_by_need(total, need)
    keep, most_cut, most_rise = map(_exact, (rules.min_growth, rules.max_cut, rules.max_rise))
    cuts = [
        max(min((g - t) // left, math.floor(most_cut * a), g - math.ceil((1 + keep) * a)), 0)
        for a, g, t in zip(last, grown, target, strict=True)
    ]
    rises = [
        max(min((t - g) // left, math.floor(most_rise * t)), 0)
        for g, t in zip(grown, target, strict=True)
    ]
    moved = min(sum(cuts), sum(rises))
    cuts, rises = apportion(moved, cuts), apportion(moved, rises)
    return [g - cut + rise for g, cut, rise in zip(grown, cuts, rises, strict=True)]


def _exact(share: float) -> Fraction:
    """The share as it is written: 0.1 is a tenth."""
    return Fraction(repr(share))


def find_year_at_target(
    opening: Sequence[int], need: Sequence[int], rules: FundingRules
) -> list[int | None]:
    """First year in which each is at its target, to a pound a year's rounding; None: not in 50 years."""
    found: list[int | None] = [None] * len(opening)
    for year, money in enumerate(islice(_follow(opening, need, rules), MOST_YEARS + 1)):
        target = share_by_need(sum(money), need)
        for i, (now, aim) in enumerate(zip(money, target, strict=True)):
            if found[i] is None and abs(now - aim) <= AT_TARGET:
                found[i] = year
        if None not in found:
            break
    return found


AT_TARGET = 100
"""Pounds: what whole pounds leave over in some years of rounding, far below any allocation."""
