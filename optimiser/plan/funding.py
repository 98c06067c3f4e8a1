"""What each ICB and footprint is given: historic and needs-based money, and the path between by year.

Historic money is host-based: what an ICB's own providers are paid. A footprint is asked the rules of
pace on the one budget of its members, so what some of them stand above target and others below nets
off before anything moves; beside it stands what its members get when each is asked alone.

The path under rules on the pace of change is in whole pounds that add up exactly. Each year, from last
year's allocations a with total T:

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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, islice

import pandas as pd

from optimiser.inputs.scenario.questions import MOST_YEARS_TO_TARGET, FundingRules

FUNDING_COLUMNS = (
    *("footprint", "historic_m", "needs_based_m", "distance_m", "distance_share"),
    *("alone_shift_m", "pooled_shift_m", "netted_off_m"),
    *("first_year_m", "first_year_change_share", "year_at_target", "year_at_target_alone"),
)


@dataclass(frozen=True)
class Money:
    """Whole pounds of each of some budgets, with their path.

    Attributes:
        names: of the budgets.
        path: pounds by year, the opening year first.
        target: pounds by year of the same total, by need.
        at_target: first year at target of each; None where it is never reached.
    """

    names: tuple[str, ...]
    path: list[Pounds]
    target: list[Pounds]
    at_target: list[int | None]


def follow(names: Sequence[str], opening: Pounds, need: Pounds, rules: FundingRules) -> Money:
    """Follow budgets to their targets over the years that the rules name."""
    path = follow_path(opening, need, rules, rules.years)
    target = [share_by_need(sum(money), need) for money in path]
    return Money(tuple(names), path, target, find_year_at_target(opening, need, rules))


def follow_icbs(funding: pd.DataFrame, rules: FundingRules) -> Money:
    """Each ICB asked alone."""
    opening, need = (to_pounds(funding[c].tolist()) for c in ("historic_m", "needs_based_m"))
    return follow(funding["icb"].tolist(), opening, need, rules)


def pool(alone: Money, grouping: Mapping[str, Sequence[str]], rules: FundingRules) -> Money:
    """Each footprint asked on the one budget of its members, from where they open."""
    opening, need = (
        [sum(part) for part in _parts(alone, amounts, grouping)]
        for amounts in (alone.path[0], alone.target[0])
    )
    return follow(list(grouping), opening, need, rules)


def _parts(alone: Money, amounts: Pounds, grouping: Mapping[str, Sequence[str]]) -> list[list[int]]:
    of = dict(zip(alone.names, amounts, strict=True))
    return [[of[icb] for icb in icbs] for icbs in grouping.values()]


def summarise_icbs(alone: Money, grouping: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """One row per ICB asked alone.

    Returns:
        icb, footprint, historic_m, needs_based_m (share of the same total by need), distance_m
        (historic less needs-based), distance_share (of needs-based), first_year_m,
        first_year_change_share, year_at_target (1 is the first year; blank if not within 50).
    """
    home = {icb: name for name, icbs in grouping.items() for icb in icbs}
    table = _open(alone)
    table.insert(0, "icb", alone.names)
    table.insert(1, "footprint", [home[icb] for icb in alone.names])
    return table


def _open(money: Money) -> pd.DataFrame:
    """Where each budget opens, its first year, and when it is at target."""
    before, first, target = (pd.Series(a) for a in (money.path[0], money.path[1], money.target[0]))
    return pd.DataFrame(
        {
            "historic_m": before / POUNDS,
            "needs_based_m": target / POUNDS,
            "distance_m": (before - target) / POUNDS,
            "distance_share": (before - target) / target.where(target > 0),
            "first_year_m": first / POUNDS,
            "first_year_change_share": (first - before) / before.where(before > 0),
            "year_at_target": pd.array(money.at_target, dtype="Int64"),
        }
    )


def tabulate_funding(
    alone: Money, pooled: Money, grouping: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """One row per footprint: where it opens, what pooling nets off, its first year, when it converges.

    Returns:
        footprint, historic_m, needs_based_m, distance_m, distance_share (see
        :func:`summarise_icbs`), alone_shift_m (what moves if each member is brought to target alone,
        rises and cuts added up), pooled_shift_m (if the footprint is), netted_off_m (the difference,
        over two: what members above target give members below it inside the footprint), first_year_m
        and first_year_change_share (asked as one budget), year_at_target and year_at_target_alone (when
        the last member is there, each asked alone).
    """
    table = _open(pooled)
    shifts = [t - h for h, t in zip(alone.path[0], alone.target[0], strict=True)]
    parts = _parts(alone, shifts, grouping)
    years = dict(zip(alone.names, alone.at_target, strict=True))
    table["footprint"] = pooled.names
    table["alone_shift_m"] = [sum(map(abs, part)) / POUNDS for part in parts]
    table["pooled_shift_m"] = [abs(sum(part)) / POUNDS for part in parts]
    table["netted_off_m"] = (table["alone_shift_m"] - table["pooled_shift_m"]) / 2
    table["year_at_target_alone"] = pd.array(
        [_last([years[icb] for icb in icbs]) for icbs in grouping.values()], dtype="Int64"
    )
    return table[list(FUNDING_COLUMNS)]


def _last(years: Sequence[int | None]) -> int | None:
    known = [year for year in years if year is not None]
    return max(known) if len(known) == len(years) else None


def tabulate_by_year(
    alone: Money, pooled: Money, grouping: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """One row per footprint and year, year 0 as it opens.

    Returns:
        footprint, year, allocation_m (asked as one budget), target_m, distance_share, change_share (on
        the year before), alone_m (its members' allocations, each asked alone). The allocations, the
        targets and the members' allocations of a year add up to the same total, to the pound.
    """
    frames = []
    for year, (money, target) in enumerate(zip(pooled.path, pooled.target, strict=True)):
        now, aim = pd.Series(money), pd.Series(target)
        before = pd.Series(pooled.path[year - 1]) if year else now
        members = [sum(part) for part in _parts(alone, alone.path[year], grouping)]
        frames.append(
            pd.DataFrame(
                {
                    "footprint": pooled.names,
                    "year": year,
                    "allocation_m": now / POUNDS,
                    "target_m": aim / POUNDS,
                    "distance_share": (now - aim) / aim.where(aim > 0),
                    "change_share": (now - before) / before.where(before > 0),
                    "alone_m": pd.Series(members) / POUNDS,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


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
    for year, money in enumerate(islice(_follow(opening, need, rules), MOST_YEARS_TO_TARGET + 1)):
        target = share_by_need(sum(money), need)
        for i, (now, aim) in enumerate(zip(money, target, strict=True)):
            if found[i] is None and abs(now - aim) <= AT_TARGET:
                found[i] = year
        if None not in found:
            break
    return found


AT_TARGET = 100
"""Pounds: what whole pounds leave over in some years of rounding, far below any allocation."""
