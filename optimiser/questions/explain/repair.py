"""The cheapest repair of a given plan: the fewest, then cheapest, moves that obey the rules."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimiser.arrays import Masks
from optimiser.engine.relaxation.master import Rows, master_rows
from optimiser.errors import NoPlanError, StoppedWithoutPlanError
from optimiser.footprints.candidates import count_members
from optimiser.progress import Report
from optimiser.questions.explain.covering import KnownCosts, minimise_sum
from optimiser.questions.explain.effects import find_homes, list_moved, match_footprints
from optimiser.questions.explain.listing import MOST_LISTED, Listed, Wish
from optimiser.questions.explain.near_plans import NearPlans, bound_costs
from optimiser.questions.explain.resolve import Resolver, Solved


@dataclass(frozen=True)
class Repaired:
    """A plan that obeys the rules with the fewest moves.

    Attributes:
        moves: one row per ICB that moves: icb, name, from_footprint, to_footprint (ICBs of the
            given and of the repaired footprint it comes to).
        solved: the cheapest plan with so few moves.
        fewest: number of ICBs that move; fewer are proven not to do.
    """

    moves: pd.DataFrame
    solved: Solved
    fewest: int


def repair_plan(wish: Wish, given: Masks, resolver: Resolver, report: Report) -> Repaired:
    """Move as few ICBs as the rules ask for and, among such plans, find the cheapest.

    An ICB moves when it leaves its footprint under the best pairing of given and new footprints, as
    in ``max_moved``. ICBs that a footprint is split into or merged from count alike.

    Args:
        wish: the scenario whose rules are to be obeyed.
        given: footprints of the given plan, (K,).
        resolver: solves it.
        report: told of each step.

    Raises:
        NoPlanError: no plan obeys the rules, however many move.
        StoppedWithoutPlanError: there are too many possible footprints; or, with a uniform portfolio or
            moves limited against another plan, too many plans that move so few.
        TimeoutError: the deadline came first.
    """
    listed = resolver.asker.lists.list(wish, MOST_LISTED)
    if listed.members is not None:
        raise StoppedWithoutPlanError("There are too many possible footprints to prove a repair.")
    if _needs_looking(wish):
        solved = _look_near(resolver, wish, listed, given, report)
    else:
        fewest = _fewest_moves(resolver, wish, listed, given, report)
        solved = resolver.solve(wish, _near(listed, given, fewest))
    moved = list_moved(given, solved.masks, listed.system.size)
    return Repaired(_describe_moves(listed, given, solved.masks, moved), solved, len(moved))


def _needs_looking(wish: Wish) -> bool:
    """Whether the set partition can't hold what is asked: one level for all, or two sets of moves."""
    rules = wish.scenario
    return rules.footprints.max_moved is not None or rules.services.portfolio == "uniform"


def _look_near(
    resolver: Resolver, wish: Wish, listed: Listed, given: Masks, report: Report
) -> Solved:
    """The cheapest plan with the fewest moves, among all divisions that move so few."""
    near = NearPlans(listed.system, listed.masks, given, resolver.asker.seconds)
    for most in range(_moves_at_least(resolver, listed, given), listed.system.size):
        divisions = near.list(most)
        report("moves", f"{len(divisions):,} divisions of the map move at most {most} ICBs")
        solved = _cheapest(resolver, wish, listed, divisions)
        if solved is not None:
            return solved
    raise NoPlanError("No plan obeys the rules, however many ICBs move.")


def _cheapest(
    resolver: Resolver, wish: Wish, listed: Listed, divisions: list[Masks]
) -> Solved | None:
    """The best levels of each division, the most promising first, until none can be better."""
    if not divisions:
        return None
    bounds = bound_costs(listed.system, divisions)
    best: Solved | None = None
    for k in np.argsort(bounds, kind="stable"):
        if not math.isfinite(bounds[k]) or (best is not None and bounds[k] >= best.cost_m - 1e-9):
            break
        resolver.asker.seconds()
        solved = resolver.settle(wish, divisions[int(k)], proven=True)
        if solved is not None and (best is None or solved.cost_m < best.cost_m):
            best = solved
    return best


def _near(listed: Listed, given: Masks, most_moved: int) -> Rows:
    rows = master_rows(listed.system)
    return replace(rows, baseline=given, fewest_kept=listed.system.size - most_moved)


def _fewest_moves(
    resolver: Resolver, wish: Wish, listed: Listed, given: Masks, report: Report
) -> int:
    """The least number of moves with which the rules can be obeyed, from a lower bound upward."""
    for most in range(_moves_at_least(resolver, listed, given), listed.system.size):
        try:
            resolver.solve(wish, _near(listed, given, most))
        except NoPlanError:
            report("moves", f"{most} are not enough")
            continue
        report("moves", f"{most} are enough")
        return most
    raise NoPlanError("No plan obeys the rules, however many ICBs move.")


def _moves_at_least(resolver: Resolver, listed: Listed, given: Masks) -> int:
    """Fewest moves were two footprints allowed to be paired with the same given one: never more."""
    if not len(listed.masks):
        raise NoPlanError("No plan obeys the rules, however many ICBs move.")
    kept = np.zeros(len(listed.masks), dtype=np.int64)
    for group in given:
        kept = np.maximum(kept, np.bitwise_count(listed.masks & group))
    moved = (count_members(listed.masks) - kept).astype(float)
    rows = replace(master_rows(listed.system), bounded=())
    costs = KnownCosts(listed.system, listed.masks, moved)
    asker = resolver.asker
    cover = minimise_sum(asker.highs, costs, rows, -math.inf, asker.seconds)
    if math.isinf(cover.least):
        raise NoPlanError("No plan obeys the rules, however many ICBs move.")
    return max(math.ceil(cover.least - 1e-6), 0)


def _describe_moves(listed: Listed, given: Masks, masks: Masks, moved: list[int]) -> pd.DataFrame:
    system = listed.system
    before, after = find_homes(given, system.size), find_homes(masks, system.size)
    pairs = match_footprints(given, masks)
    rows = []
    for i in moved:
        target = pairs.get(int(after[i]))
        rows.append(
            {
                "icb": system.icbs[i],
                "name": system.names[i],
                "from_footprint": " ".join(system.members_of(int(given[before[i]]))),
                "to_footprint": ""
                if target is None
                else " ".join(system.members_of(int(given[target]))),
                "new_footprint": " ".join(system.members_of(int(masks[after[i]]))),
            }
        )
    columns = ["icb", "name", "from_footprint", "to_footprint", "new_footprint"]
    return pd.DataFrame(rows, columns=columns)


def given_masks(listed_codes: dict[str, tuple[str, ...]], icbs: tuple[str, ...]) -> Masks:
    """Bit masks of a grouping."""
    place = {code: k for k, code in enumerate(icbs)}
    return np.array(
        [sum(1 << place[code] for code in codes) for codes in listed_codes.values()],
        dtype=np.uint64,
    )
