"""The cheapest repair of a given plan: the fewest, then cheapest, moves that obey the rules."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimiser.arrays import Masks
from optimiser.engine.listed import Listed
from optimiser.engine.relaxation.master import master_rows
from optimiser.engine.relaxation.pricing import no_columns, solve_relaxation
from optimiser.engine.selection import build_single_sum
from optimiser.errors import NoPlanError, StoppedWithoutPlanError
from optimiser.footprints.candidates import as_masks, count_members
from optimiser.footprints.costs import KnownCosts
from optimiser.plan.distance import homes
from optimiser.plan.naming import name_footprints
from optimiser.progress import Report
from optimiser.questions.explain.candidate_lists import MOST_LISTED, CandidateList
from optimiser.questions.explain.differences import list_moved
from optimiser.questions.explain.nearby_divisions import NearbyDivisions, bound_costs
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved
from optimiser.questions.explain.repair_priced import near_rows, repair_priced
from optimiser.questions.explain.rules import Variant
from optimiser.tolerances import WHOLE

NO_REPAIR = "No plan obeys the rules, however many ICBs move."


@dataclass(frozen=True)
class Repaired:
    """A plan that obeys the rules with the fewest moves.

    Attributes:
        moves: one row per ICB that moves: icb, name, from_footprint, to_footprint (names of the
            given footprint it leaves and of the repaired one it comes to), new_footprint (its ICBs).
        solved: the cheapest plan with so few moves.
        fewest: number of ICBs that move.
        at_least: fewer are proven not to do; below ``fewest`` where footprints are priced and time ran
            out.
    """

    moves: pd.DataFrame
    solved: Solved
    fewest: int
    at_least: int


def repair_plan(
    variant: Variant, given: Masks, reoptimiser: Reoptimiser, report: Report
) -> Repaired:
    """Move as few ICBs as the rules ask for and, among such plans, find the cheapest.

    An ICB moves when it leaves its footprint under the best pairing of given and new footprints, as
    in ``max_moved``. ICBs that a footprint is split into or merged from count alike.

    Args:
        variant: the scenario whose rules are to be obeyed.
        given: footprints of the given plan, (K,).
        reoptimiser: solves it.
        report: called after each step.

    Raises:
        NoPlanError: no plan obeys the rules, however many move.
        StoppedWithoutPlanError: there are too many possible footprints; or, with a uniform portfolio or
            moves limited against another plan, too many plans that move so few.
        TimeoutError: the deadline came first.
    """
    listed = reoptimiser.feasibility.lists.list(variant, MOST_LISTED)
    if listed.priced and _needs_looking(variant):
        raise StoppedWithoutPlanError(
            "Moves are limited against another plan already, which is not solved beside a repair "
            "where footprints are priced. Leave max_moved at its default."
        )
    if listed.members is not None and not listed.priced:
        raise StoppedWithoutPlanError("There are too many possible footprints to prove a repair.")
    at_least = None
    if listed.priced:
        solved, at_least = repair_priced(variant, listed.system, given, reoptimiser, report)
    elif _needs_looking(variant):
        solved = _look_near(reoptimiser, variant, listed, given, report)
    else:
        fewest = _fewest_moves(reoptimiser, variant, listed, given, report)
        solved = reoptimiser.solve(variant, near_rows(listed.system, given, fewest))
    moved = list_moved(given, solved.masks, listed.system.size)
    at_least = len(moved) if at_least is None else at_least
    return Repaired(_describe_moves(solved, given, moved), solved, len(moved), at_least)


def _needs_looking(variant: Variant) -> bool:
    """Whether the set partition cannot hold the rules: one level for all, or two sets of moves."""
    rules = variant.scenario
    return rules.footprints.max_moved is not None or rules.services.portfolio == "uniform"


def _look_near(
    reoptimiser: Reoptimiser, variant: Variant, listed: CandidateList, given: Masks, report: Report
) -> Solved:
    """The cheapest plan with the fewest moves, among all divisions that move so few."""
    near = NearbyDivisions(
        listed.system, listed.masks, given, reoptimiser.feasibility.deadline.left
    )
    for most in range(_moves_at_least(reoptimiser, listed, given), listed.system.size):
        divisions = near.list(most)
        report("moves", f"{len(divisions):,} divisions of the map move at most {most} ICBs")
        solved = _cheapest(reoptimiser, variant, listed, divisions)
        if solved is not None:
            return solved
    raise NoPlanError(NO_REPAIR)


def _cheapest(
    reoptimiser: Reoptimiser, variant: Variant, listed: CandidateList, divisions: list[Masks]
) -> Solved | None:
    """The best levels of each division, the most promising first, until none can be better."""
    if not divisions:
        return None
    bounds = bound_costs(listed.system, divisions)
    best: Solved | None = None
    for k in np.argsort(bounds, kind="stable"):
        if not math.isfinite(bounds[k]) or (best is not None and bounds[k] >= best.cost_m - 1e-9):
            break
        reoptimiser.feasibility.deadline.left()
        solved = reoptimiser.settle(variant, divisions[int(k)], proven=True)
        if solved is not None and (best is None or solved.cost_m < best.cost_m):
            best = solved
    return best


def _fewest_moves(
    reoptimiser: Reoptimiser, variant: Variant, listed: CandidateList, given: Masks, report: Report
) -> int:
    """The least number of moves with which the rules can be obeyed, from a lower bound upward."""
    for most in range(_moves_at_least(reoptimiser, listed, given), listed.system.size):
        try:
            reoptimiser.solve(variant, near_rows(listed.system, given, most))
        except NoPlanError:
            report("moves", f"{most} are not enough")
            continue
        report("moves", f"{most} are enough")
        return most
    raise NoPlanError(NO_REPAIR)


def _moves_at_least(reoptimiser: Reoptimiser, listed: CandidateList, given: Masks) -> int:
    """Fewest moves were two footprints allowed to be paired with the same given one: never more."""
    if not len(listed.masks):
        raise NoPlanError(NO_REPAIR)
    kept = np.zeros(len(listed.masks), dtype=np.int64)
    for group in given:
        kept = np.maximum(kept, np.bitwise_count(listed.masks & group))
    moved = (count_members(listed.masks) - kept).astype(float)
    rows = replace(master_rows(listed.system), bounded=())
    source = Listed(KnownCosts(listed.masks, moved), rows.size, build_single_sum)
    highs, seconds = reoptimiser.feasibility.highs, reoptimiser.feasibility.deadline.left
    try:
        start = no_columns(rows)
        bound = solve_relaxation(highs, source, rows, start, seconds).bound
    except NoPlanError:
        raise NoPlanError(NO_REPAIR) from None
    return max(math.ceil(bound - WHOLE), 0)


def _describe_moves(solved: Solved, given: Masks, moved: list[int]) -> pd.DataFrame:
    system, masks = solved.system, solved.masks
    before, after = homes(given, system.size), homes(masks, system.size)
    old, new = (name_footprints(system, solved.variant.dataset, plan) for plan in (given, masks))
    rows = [
        {
            "icb": system.icbs[i],
            "name": system.names[i],
            "from_footprint": old[before[i]],
            "to_footprint": new[after[i]],
            "new_footprint": " ".join(system.members_of(int(masks[after[i]]))),
        }
        for i in moved
    ]
    columns = ["icb", "name", "from_footprint", "to_footprint", "new_footprint"]
    return pd.DataFrame(rows, columns=columns)


def given_masks(listed_codes: dict[str, tuple[str, ...]], icbs: tuple[str, ...]) -> Masks:
    """Bit masks of a grouping."""
    place = {code: k for k, code in enumerate(icbs)}
    masks = (sum(1 << place[code] for code in codes) for codes in listed_codes.values())
    return as_masks(masks, len(icbs))
