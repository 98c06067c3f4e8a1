"""What each ICB and footprint is given: historic and needs-based money, and the path between by year.

Historic money is host-based: what an ICB's own providers are paid. A footprint is asked the rules of
pace on the one budget of its members, so what some of them stand above target and others below nets
off before anything moves; beside it stands what its members get when each is asked alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from optimiser.inputs.scenario.money import FundingRules
from optimiser.plan.pace_of_change import (
    POUNDS,
    Pounds,
    find_year_at_target,
    follow_path,
    share_by_need,
    to_pounds,
)

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
