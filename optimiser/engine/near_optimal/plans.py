"""Every plan within a gap of the best one: a depth-first search over reduced costs.

With the duals of the relaxation, a grouping costs at least the bound plus the sum of its footprints'
reduced costs. So every grouping that costs at most the limit is an exact cover of the ICBs by
candidates whose reduced costs add up to at most limit - bound; the search lists those covers, and the
exact cost of each decides. A plan here is a grouping at its best levels.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.partitions import search_covers
from optimiser.engine.relaxation.master import (
    Columns,
    Rows,
    bounded_measures,
    count_kept,
    master_rows,
)
from optimiser.engine.relaxation.pricing import (
    Relaxation,
    cut_rounds,
    no_columns,
    solve_relaxation,
)
from optimiser.engine.solve import open_candidates, settle_levels
from optimiser.engine.source import Pricing, WholeList
from optimiser.errors import NoPlanError
from optimiser.footprints.candidates import membership
from optimiser.footprints.system import System
from optimiser.plan.distance import count_moves, homes
from optimiser.progress import Report, silent

Ended = Literal["complete", "limit", "time_limit"]
CUT_ROUNDS = 8
"""Rounds of cuts at most: the depth-first search then closes what is left faster than further cuts."""
FEW = 1_500
"""Candidates that the depth-first search takes as they are; more of them repay further cuts."""
WORTH_A_ROUND = 0.01
"""A round of cuts that closes less than this share of the room is the last."""
SLACK = 1e-7
"""Share of the cost that rounding may add: a plan at the limit is in the list, not lost to it."""


@dataclass(frozen=True)
class NearBest:
    """Groupings within the limit, the cheapest first.

    Attributes:
        plans: footprints of each, ascending masks.
        cost_m: cost of each at its best levels, £m a year, (p,).
        best_m: the optimum, £m-equivalents.
        limit_m: the most a plan may score to be here, £m-equivalents.
        ended: ``complete`` when every grouping within the limit is here.
        candidates: candidate footprints that may be in such a plan.
        seconds: wall time.
    """

    plans: tuple[Masks, ...]
    cost_m: Floats
    best_m: float
    limit_m: float
    ended: Ended
    candidates: int
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether every grouping within the limit is here."""
        return self.ended == "complete"

    def statement(self) -> str:
        """What the list is, in a sentence."""
        over = f"{self.limit_m - self.best_m:,.1f} £m-equivalents"
        if self.complete and len(self.plans) == 1:
            return f"The best plan stands alone: every other one scores over {over} more."
        if self.complete:
            return (
                f"{len(self.plans):,} plans, the best one among them, score at most {over} more than "
                "it. The list is complete: every other grouping within the rules scores more."
            )
        why = "the limit on their number" if self.ended == "limit" else "the time limit"
        return (
            f"{len(self.plans):,} plans within {over} of the best one were listed when {why} came; "
            "there are more. Shares over this list are of a part only. Narrow --within or raise --limit."
        )


def list_near_best(
    system: System,
    highs: Highs,
    best_m: float,
    room_m: float,
    most: int = 10_000,
    seconds: float = 600.0,
    report: Report = silent,
    source: WholeList[Pricing] | None = None,
    start: Columns | None = None,
) -> NearBest:
    """List every grouping that costs at most ``room_m`` more than the best one.

    Args:
        system: the arrays.
        highs: the solver.
        best_m: proven optimum, £m-equivalents.
        room_m: how much more a plan may score, £m-equivalents.
        most: the search stops after this many plans.
        seconds: wall time.
        report: called after each step.
        source: all candidates, where they are listed already.
        start: columns to begin with, where a like question left some.

    Under a uniform portfolio the search is the same: a grouping whose footprints each settle their own
    levels costs no more than under one level for all, so the bound holds; the exact cost decides.
    """
    began, deadline = time.monotonic(), Deadline.after(seconds)
    if source is None:
        source, _ = open_candidates(system, report, deadline)
    rows, limit = master_rows(system), best_m + room_m
    relaxation = tighten(highs, source, rows, limit, deadline.left, start)
    room = limit - relaxation.bound + _slack(limit)
    kept = relaxation.pricing.within(room)
    masks = kept.columns.masks
    report("fix", f"{len(masks):,} of {len(source.masks):,} candidates may be in such a plan")
    covers = search_covers(masks, kept.reduced, room, system.size, deadline.at, rows.count[1])
    cost_of = grouping_cost(system, highs, masks, kept.columns.cost_m, rows)
    plans, found, ended = _keep_exact(cost_of, covers, limit, most)
    order = np.argsort(found, kind="stable")
    report("list", f"{len(plans):,} plans, {ended}")
    passed = time.monotonic() - began
    sorted_plans = tuple(plans[k] for k in order)
    return NearBest(sorted_plans, found[order], best_m, limit, ended, len(masks), passed)


def _slack(value: float) -> float:
    return SLACK * max(1.0, abs(value))


def tighten(
    highs: Highs,
    source: WholeList[Pricing],
    rows: Rows,
    limit: float,
    seconds: Callable[[], float],
    columns: Columns | None = None,
) -> Relaxation[Pricing]:
    """The relaxation, with triple cuts while many candidates fit below the limit and cuts help."""
    before = -np.inf
    columns = no_columns(rows) if columns is None else columns
    start = solve_relaxation(highs, source, rows, columns, seconds)
    for relaxation in cut_rounds(highs, source, start, seconds, CUT_ROUNDS):
        room = limit - relaxation.bound
        if relaxation.pricing.count_within(room) <= FEW:
            break
        if relaxation.bound - before < WORTH_A_ROUND * room:
            break
        before = relaxation.bound
    return relaxation


def _keep_exact(
    cost_of: Callable[[Masks], float], covers: Iterator[Masks], limit: float, most: int
) -> tuple[list[Masks], Floats, Ended]:
    """Those whose exact cost is within the limit and which obey the rules across footprints."""
    plans: list[Masks] = []
    found: list[float] = []
    ended: Ended = "complete"
    try:
        for cover in covers:
            cost = cost_of(cover)
            if cost > limit + _slack(limit):
                continue
            if len(plans) == most:
                ended = "limit"
                break
            plans.append(cover)
            found.append(cost)
    except TimeoutError:
        ended = "time_limit"
    return plans, np.array(found), ended


def grouping_cost(
    system: System, highs: Highs, masks: Masks, cost_m: Floats, rows: Rows
) -> Callable[[Masks], float]:
    """Exact cost of a grouping of these candidates, infinite when it breaks a rule across footprints.

    Args:
        system: the arrays.
        highs: the solver, asked where levels of footprints are tied together.
        masks: the candidates, ascending, (m,).
        cost_m: their costs at their best levels, £m, (m,).
        rows: what binds across footprints.
    """
    fewest, most = rows.count
    tied = bool(rows.bounded) or system.scenario.services.portfolio == "uniform"

    def cost_of(plan: Masks) -> float:
        if not fewest <= len(plan) <= most or count_kept(plan, rows) < rows.fewest_kept:
            return np.inf
        if not tied:
            return float(cost_m[np.searchsorted(masks, plan)].sum())
        try:
            return settle_levels(system, highs, plan)[1]
        except NoPlanError:
            return np.inf

    return cost_of


def choose_diverse(plans: tuple[Masks, ...], size: int, count: int, among: int = 400) -> list[int]:
    """A short list that differs as much as possible: the best plan, then always the farthest.

    Greedy max-min over ICBs moved (Gonzalez 1985: within a factor two of the best possible); ties go
    to the cheaper plan. Looks at the ``among`` cheapest plans.

    Returns:
        places in ``plans``, the best plan first; fewer than ``count`` when no other plan is left.
    """
    labels = [homes(masks, size) for masks in plans[:among]]
    chosen = [0] if labels else []
    nearest = np.full(len(labels), size + 1)
    while chosen and len(chosen) < min(count, len(labels)):
        nearest = np.minimum(nearest, count_moves(labels[chosen[-1]], labels))
        farthest = int(nearest.argmax())
        if nearest[farthest] == 0:
            break
        chosen.append(farthest)
    return chosen


@dataclass(frozen=True)
class Togetherness:
    """What near-best plans share.

    Attributes:
        share: share of the plans in which each two ICBs are together, (n, n); 1 on the diagonal.
        possible: whether any candidate footprint holds both, (n, n).
        local_share: share of residents whose footprint holds the service, mean over the plans, by
            group of services, (G,).
    """

    share: Floats
    possible: Ints
    local_share: Floats

    def always(self) -> list[tuple[int, int]]:
        """Pairs together in every plan."""
        return self._pairs(self.share >= 1 - 1e-12)

    def never(self) -> list[tuple[int, int]]:
        """Pairs together in no plan although some footprint within the rules could hold both."""
        return self._pairs((self.share <= 1e-12) & (self.possible > 0))

    def _pairs(self, chosen: np.ndarray) -> list[tuple[int, int]]:
        return [(int(i), int(j)) for i, j in np.argwhere(np.triu(chosen, 1))]


def summarise_together(
    system: System, highs: Highs, plans: tuple[Masks, ...], candidates: Masks, national: int
) -> Togetherness:
    """Co-membership of ICBs, and how local each group of services is, over plans at best levels.

    Args:
        system: the arrays.
        highs: the solver, asked where floors or ceilings tie the levels of footprints.
        plans: the groupings.
        candidates: all candidate footprints.
        national: index of the level ``national``.
    """
    used, counts = np.unique(np.concatenate(plans), return_counts=True)
    inside = membership(used, system.size)
    share = (inside * counts[:, None]).T @ inside / len(plans)
    rules = system.scenario.services
    if bounded_measures(rules) or rules.portfolio == "uniform":
        shares = [_local_shares(system, highs, plan, national) for plan in plans]
        local = np.asarray(np.mean(shares, axis=0))
    else:  # each footprint settles its own levels, whatever plan it is in
        local = counts @ _held_locally(system, highs, used, national) / len(plans)
    possible = np.zeros((system.size, system.size), dtype=np.int64)
    for start in range(0, len(candidates), 50_000):
        block = membership(candidates[start : start + 50_000], system.size).astype(np.float32)
        possible += (block.T @ block > 0).astype(np.int64)
    return Togetherness(share, possible, local)


def _held_locally(system: System, highs: Highs, masks: Masks, national: int) -> Floats:
    """Share of all residents that are in each footprint and for whom each group is local, (m, G)."""
    choice, _ = settle_levels(system, highs, masks)
    people = membership(masks, system.size) @ system.residents / system.residents.sum()
    return np.asarray(people[:, None] * (choice != national))


def _local_shares(system: System, highs: Highs, plan: Masks, national: int) -> Floats:
    """Share of residents for whom each group of services is local in a plan, (G,)."""
    return np.asarray(_held_locally(system, highs, plan, national).sum(axis=0))
