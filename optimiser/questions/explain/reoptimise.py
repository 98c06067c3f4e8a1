"""Fast exact re-solves: candidates are filtered, and only those not met before are measured."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.refusals import list_unpriced
from optimiser.engine.relaxation.master import Rows, master_rows
from optimiser.engine.search import AFRESH, Beginning
from optimiser.engine.solve import (
    Solution,
    settle_levels,
    solve_listed,
    solve_priced,
    solve_system,
)
from optimiser.errors import FootprintsError, NoPlanError, StoppedWithoutPlanError
from optimiser.footprints.candidates import in_order, is_wide, sum_over_members
from optimiser.footprints.costs import CandidateCosts, KnownCosts
from optimiser.footprints.system import System
from optimiser.plan.measure_plan import make_plan, score_terms
from optimiser.plan.plan import Outcome, Plan
from optimiser.proof.referee import check_plan
from optimiser.questions.explain.candidate_lists import (
    MOST_LISTED,
    CandidateList,
    MeasureCache,
    list_wider,
    state_cut,
)
from optimiser.questions.explain.crossing import count_crossing
from optimiser.questions.explain.feasibility import MOST_WIDER, Feasibility
from optimiser.questions.explain.presolve import state_cause_in_arrays, state_presolve_cause
from optimiser.questions.explain.rules import Variant

SAME = 1e-9
"""A longer list whose plan saves less than this share has gained nothing: rounding."""
ENOUGH_TO_TIME = 10_000
"""Fewer new candidates are measured too fast for their pace to foretell a longer list's."""


class RefusedError(FootprintsError):
    """A re-solve's plan does not pass the referee: a bug of this tool, never the user's fault."""


@dataclass(frozen=True)
class Solved:
    """The best plan of a variant.

    Attributes:
        variant: the scenario.
        system: the same as arrays.
        solution: what the engine held at the end.
        scope: over what; empty when over all candidates.
    """

    variant: Variant
    system: System
    solution: Solution
    scope: str = ""

    @property
    def masks(self) -> Masks:
        """The footprints, (K,)."""
        return self.solution.masks

    @property
    def choice(self) -> Ints:
        """Index of the level of each group of services, (K, G)."""
        return self.solution.choice

    @property
    def cost_m(self) -> float:
        """The score, £m-equivalents."""
        return self.solution.objective

    @property
    def proven(self) -> bool:
        """Whether no plan of the variant costs less."""
        return self.solution.status == "optimal" and not self.scope

    @property
    def bound_m(self) -> float:
        """What the best plan of the variant costs at least, £m-equivalents.

        Minus infinity where nothing of use is proven: a bound as far below as the plan costs is none.
        """
        if self.proven:
            return self.cost_m
        near = self.cost_m - self.solution.bound < abs(self.cost_m)
        return self.solution.bound if near and not self.scope else -math.inf

    @cached_property
    def terms_m(self) -> dict[str, float]:
        """Term to its cost over all footprints, £m-equivalents, weight applied."""
        return score_terms(self.system, self.masks, self.choice)

    @cached_property
    def crossing_patients(self) -> float:
        """Patients a year of local services who are treated outside the body that commissions."""
        dataset = self.variant.dataset
        return count_crossing(self.system, dataset, self.masks, self.choice)

    def make_plan(self, name: str = "optimal", outcome: Outcome | None = None) -> Plan:
        """The plan as frames."""
        if outcome is None:
            outcome = Outcome("optimal" if self.proven else "time_limit", self.cost_m)
        return make_plan(name, self.system, self.variant.dataset, self.masks, self.choice, outcome)


@dataclass
class Reoptimiser:
    """Solves like variants; each candidate's cost is measured once for each set of weights.

    Attributes:
        feasibility: the lists and the solver.
        begin: what the first question on footprints that are priced found, for those after it.
    """

    feasibility: Feasibility
    begin: Beginning = AFRESH
    _solved: dict[str, Solved] = field(default_factory=dict)
    _pace: float = 0.0

    @contextmanager
    def turn(self, variant: Variant, left: int) -> Iterator[None]:
        """One of so many questions that are left.

        Where footprints are priced, any of them may take all the time there is: each has its share.
        Where they are listed, what one question measured serves the next, and each takes what it needs.
        """
        share = 1 / left if is_wide(len(variant.dataset.icbs)) else 1.0
        with self.feasibility.sharing(share):
            yield

    def solve(self, variant: Variant, rows: Rows | None = None) -> Solved:
        """The best plan of a variant, proven and passed by the referee.

        Args:
            variant: the scenario.
            rows: rows of the master, when they hold more than the variant says.

        Raises:
            NoPlanError: there is none.
            StoppedWithoutPlanError: the deadline came first.
            TimeoutError: the deadline has passed.
        """
        key = variant.key
        if rows is None and key in self._solved:
            return self._solved[key]
        solved = self._solve(variant, rows)
        self._pass_referee(solved)
        if rows is None:
            self._solved[key] = solved
        return solved

    def take_up(self, variant: Variant, masks: Masks, outcome: Outcome) -> bool:
        """Take a plan for the best one, as its run states; False where it costs otherwise here."""
        system = self.feasibility.lists.system(variant)
        solved = self.settle(variant, in_order(masks, system.size), proven=True)
        if solved is None or not math.isclose(solved.cost_m, outcome.objective, rel_tol=SAME):
            return False
        stated = replace(solved.solution, certificate=outcome.certificate)
        self._solved[variant.key] = replace(solved, solution=stated)
        self.begin = Beginning(solved.masks)
        self.feasibility.first = variant
        return True

    def cost_known_plan(self, variant: Variant) -> Solved | None:
        """A plan of the variant that a check of feasibility came upon, at its best levels.

        Not the best plan: what it costs is an upper bound. None where there is no such plan.
        """
        masks = self.feasibility.known_plan(variant)
        return None if masks is None else self.settle(variant, masks, proven=False)

    def settle(self, variant: Variant, masks: Masks, *, proven: bool) -> Solved | None:
        """A given division of the map at its best levels, passed by the referee.

        Args:
            variant: the scenario.
            masks: the footprints; they obey the rules of the map.
            proven: whether no plan of the kind sought costs less.

        Returns:
            the plan, or None where no levels obey the floors and ceilings.
        """
        system = self.feasibility.lists.system(variant)
        try:
            choice, cost = settle_levels(system, self._highs, masks)
        except NoPlanError:
            return None
        if not math.isfinite(cost):
            return None
        status: Literal["optimal", "time_limit"] = "optimal" if proven else "time_limit"
        solution = Solution(masks, choice, cost, -math.inf, status, 0, "", (), 0, {})
        solved = Solved(variant, system, solution)
        self._pass_referee(solved)
        return solved

    def _solve(self, variant: Variant, rows: Rows | None) -> Solved:
        if variant.scenario.services.portfolio == "uniform":
            system = self.feasibility.lists.system(variant)
            seconds = self.feasibility.deadline.left()
            return Solved(variant, system, solve_system(system, self._highs, seconds))
        listed = self.feasibility.lists.list(variant, MOST_LISTED)
        if listed.priced:
            return self._solve_priced(variant, listed.system, rows)
        if listed.members is not None and rows is None:
            if not self.feasibility.lists.can_list_long(variant):
                return self._solve_wider(variant, listed)
            seconds = self.feasibility.deadline.left()
            return Solved(variant, listed.system, solve_system(listed.system, self._highs, seconds))
        return Solved(variant, listed.system, self._solve_list(variant, listed, rows))

    def _solve_priced(self, variant: Variant, system: System, rows: Rows | None) -> Solved:
        """The best plan of footprints that are priced, from what the first such question found."""
        certain = state_presolve_cause(variant) or state_cause_in_arrays(system)
        if certain:
            raise NoPlanError(certain)
        seconds = self.feasibility.deadline.left()
        if list_unpriced(system):
            return Solved(variant, system, solve_system(system, self._highs, seconds))
        solution = solve_priced(system, self._highs, seconds, rows=rows, begin=self.begin)
        if not len(self.begin.footprints) and solution.likeliest is not None:
            plan = self.begin.plan if len(self.begin.plan) else solution.masks
            self.begin = Beginning(plan, solution.likeliest)
        return Solved(variant, system, solution)

    def _solve_list(
        self, variant: Variant, listed: CandidateList, rows: Rows | None = None
    ) -> Solution:
        costs = self._cost(variant, listed)
        rows = master_rows(listed.system) if rows is None else rows
        seconds = self.feasibility.deadline.left()
        return solve_listed(listed.system, self._highs, seconds, listed.rules, costs, rows)

    def _solve_wider(self, variant: Variant, listed: CandidateList) -> Solved:
        """The best plan that is found where there are too many footprints to list; not proven.

        Those of a narrower variant can be listed; added are, round by round, the ones that are one ICB
        larger than the likeliest.
        """
        narrow = self.feasibility.narrow(variant)
        inner = self.feasibility.lists.list(narrow, MOST_LISTED)
        if inner.members is not None:
            raise StoppedWithoutPlanError(state_cut(listed))
        try:
            best = self.solve(narrow)
        except NoPlanError:
            raise StoppedWithoutPlanError(state_cut(listed)) from None
        solution, masks = best.solution, inner.masks
        for _ in range(MOST_WIDER):
            pool = replace(listed, masks=masks)
            reduced = _reduced(self._cost(variant, pool), solution.certificate)
            more = list_wider(listed.system, listed.rules, masks, reduced)
            masks = np.union1d(masks, more)
            found = self._solve_list(variant, replace(listed, masks=masks))
            least = solution.objective - SAME * abs(solution.objective)
            if not len(more) or found.objective >= least:
                break
            solution = found
        scope = f"among {len(masks):,} possible footprints; there are too many to list them all"
        return Solved(variant, listed.system, solution, scope)

    @property
    def _highs(self) -> Highs:
        return self.feasibility.highs

    def _cost(self, variant: Variant, listed: CandidateList) -> CandidateCosts | KnownCosts:
        """Costs of the candidates; those with bounded measures are measured anew."""
        totals = tuple(total.name for total in master_rows(listed.system).bounded)
        lists, system, masks = self.feasibility.lists, listed.system, listed.masks
        key = json.dumps(["cost", lists.measure_key(variant)])
        known = lists.measure(
            key, MeasureCache(lambda sets: CandidateCosts(system, sets).priced({})[0])
        )
        new = len(masks) if totals else known.count_new(masks)
        if new * self._pace > self.feasibility.deadline.left():
            raise StoppedWithoutPlanError(f"Measuring {new:,} more candidates takes too long.")
        if totals:
            return CandidateCosts(system, masks, totals)
        started = time.monotonic()
        costs = KnownCosts(masks, known(masks))
        if new > ENOUGH_TO_TIME:
            self._pace = (time.monotonic() - started) / new
        return costs

    def _pass_referee(self, solved: Solved) -> None:
        broken = check_plan(solved.make_plan(), solved.variant.dataset, solved.variant.scenario)
        if broken:
            raise RefusedError(
                "A re-solve's plan does not pass the referee. Please report this.\n"
                + "\n".join(rule.sentence for rule in broken)
            )


def _reduced(costs: CandidateCosts | KnownCosts, certificate: Mapping[str, Any]) -> Floats:
    """Reduced costs by the prices of ICBs and of their number alone: an order, not a proof."""
    cost_m = costs.cost_m if isinstance(costs, KnownCosts) else costs.fixed_m
    if "icb" not in certificate:
        return cost_m
    prices = np.array(certificate["icb"])
    return np.asarray(cost_m - sum_over_members(costs.masks, prices) - certificate["count"])
