"""Fast exact re-solves: candidates are filtered, and only those not met before are measured."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from optimiser.arrays import Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.relaxation.master import Rows, master_rows
from optimiser.engine.solve import Solution, settle_levels, solve_listed, solve_system
from optimiser.errors import FootprintsError, NoPlanError, StoppedWithoutPlanError
from optimiser.footprints.candidates import sum_over_members
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.levels import measure_levels
from optimiser.footprints.system import System
from optimiser.plan.plan import Outcome, Plan
from optimiser.plan.tables import level_of_services, make_plan, measure_terms, term_weights
from optimiser.proof.referee import check_plan
from optimiser.questions.explain.asking import MOST_WIDER, Asker
from optimiser.questions.explain.covering import KnownCosts
from optimiser.questions.explain.listing import MOST_LISTED, Listed, Wish, list_wider, state_cut
from optimiser.questions.explain.remember import Remembered


class RefusedError(FootprintsError):
    """A re-solve's plan does not pass the referee: a bug of this tool, never the user's fault."""


@dataclass(frozen=True)
class Solved:
    """The best plan of a wish.

    Attributes:
        wish: what was asked.
        system: the same as arrays.
        masks: the footprints, (K,).
        choice: index of the level of each group of services, (K, G).
        cost_m: £m a year.
        terms_m: term to its cost, £m a year, weight applied.
        proven: no plan of the wish costs less.
        solution: what the engine held at the end.
        scope: over what; empty when over all candidates.
    """

    wish: Wish
    system: System
    masks: Masks
    choice: Ints
    cost_m: float
    terms_m: dict[str, float]
    proven: bool
    solution: Solution
    scope: str = ""

    def make_plan(self, name: str = "optimal", outcome: Outcome | None = None) -> Plan:
        """The plan as frames."""
        if outcome is None:
            outcome = Outcome("optimal" if self.proven else "time_limit", self.cost_m)
        return make_plan(name, self.system, self.wish.dataset, self.masks, self.choice, outcome)


@dataclass
class Resolver:
    """Solves like wishes; each candidate's cost is measured once for each set of weights.

    Attributes:
        asker: the lists and the solver.
    """

    asker: Asker
    _solved: dict[str, Solved] = field(default_factory=dict)
    _pace: float = 0.0

    def solve(self, wish: Wish, rows: Rows | None = None) -> Solved:
        """The best plan of a wish, proven and passed by the referee.

        Args:
            wish: what is asked.
            rows: rows of the master, when more is asked than the wish says.

        Raises:
            NoPlanError: there is none.
            StoppedWithoutPlanError: the deadline came first.
            TimeoutError: the deadline has passed.
        """
        key = json.dumps([wish.scenario.settings(), sorted(wish.dropped)])
        if rows is None and key in self._solved:
            return self._solved[key]
        solved = self._solve(wish, rows)
        self._pass_referee(solved)
        if rows is None:
            self._solved[key] = solved
        return solved

    def cost_at_hand(self, wish: Wish) -> Solved | None:
        """A plan of the wish that a question of feasibility came upon, at its best levels.

        Not the best plan: what it costs is an upper bound. None where there is no such plan.
        """
        masks = self.asker.plan_at_hand(wish)
        return None if masks is None else self.settle(wish, masks, proven=False)

    def settle(self, wish: Wish, masks: Masks, *, proven: bool) -> Solved | None:
        """A given division of the map at its best levels, passed by the referee.

        Args:
            wish: the scenario.
            masks: the footprints; they obey the rules of the map.
            proven: whether no plan of the kind that was asked for costs less.

        Returns:
            the plan, or None where no levels obey the floors and ceilings.
        """
        system = self.asker.lists.system(wish)
        try:
            choice, cost = settle_levels(system, self._highs, masks)
        except NoPlanError:
            return None
        if not math.isfinite(cost):
            return None
        terms = sum_terms(system, masks, choice)
        status: Literal["optimal", "time_limit"] = "optimal" if proven else "time_limit"
        solution = Solution(masks, choice, cost, -math.inf, status, 0, "", (), 0, {})
        solved = Solved(wish, system, masks, choice, cost, terms, proven, solution)
        self._pass_referee(solved)
        return solved

    def _solve(self, wish: Wish, rows: Rows | None) -> Solved:
        if wish.scenario.services.portfolio == "uniform":
            system = self.asker.lists.system(wish)
            return _read(wish, system, solve_system(system, self._highs, self.asker.seconds()))
        listed = self.asker.lists.list(wish, MOST_LISTED)
        if listed.members is not None and rows is None:
            return self._solve_wider(wish, listed)
        costs = self._cost(wish, listed)
        asked = master_rows(listed.system) if rows is None else rows
        solution = solve_listed(
            listed.system, self._highs, self.asker.seconds(), listed.rules, costs, asked
        )
        return _read(wish, listed.system, solution)

    def _solve_wider(self, wish: Wish, listed: Listed) -> Solved:
        """The best plan that is found where there are too many footprints to list; not proven.

        Those of a narrower wish can be listed; added are, round by round, the ones that are one ICB
        larger than the likeliest.
        """
        narrow = self.asker.narrow(wish)
        inner = self.asker.lists.list(narrow, MOST_LISTED)
        if inner.members is not None:
            raise StoppedWithoutPlanError(state_cut(listed))
        try:
            best = self.solve(narrow)
        except NoPlanError:
            raise StoppedWithoutPlanError(state_cut(listed)) from None
        solution, masks = best.solution, inner.masks
        for _ in range(MOST_WIDER):
            pool = replace(listed, masks=masks)
            reduced = _reduced(self._cost(wish, pool), solution.certificate)
            more = list_wider(listed.system, listed.rules, masks, reduced)
            masks = np.union1d(masks, more)
            pool = replace(listed, masks=masks)
            costs = self._cost(wish, pool)
            seconds, rows = self.asker.seconds(), master_rows(listed.system)
            found = solve_listed(listed.system, self._highs, seconds, listed.rules, costs, rows)
            if not len(more) or found.objective >= solution.objective - 1e-9 * abs(
                solution.objective
            ):
                break
            solution = found
        return _read(wish, listed.system, solution, len(masks))

    @property
    def _highs(self) -> Highs:
        return self.asker.highs

    def _cost(self, wish: Wish, listed: Listed) -> CandidateCosts:
        """Costs of the candidates; those with bounded measures are measured anew."""
        totals = tuple(one.name for one in master_rows(listed.system).bounded)
        key = json.dumps(["cost", self.asker.lists.measure_key(wish)])
        system = listed.system
        known = self.asker.lists.measure(
            key, Remembered(lambda masks: _measure_cost(system, masks))
        )
        new = len(listed.masks) if totals else known.count_new(listed.masks)
        if new * self._pace > self.asker.seconds():
            raise StoppedWithoutPlanError(f"Measuring {new:,} more candidates takes too long.")
        started = time.monotonic()
        costs = (
            CandidateCosts(system, listed.masks, totals)
            if totals
            else KnownCosts(system, listed.masks, known(listed.masks))
        )
        if not totals and new > 10_000:
            self._pace = (time.monotonic() - started) / new
        return costs

    def _pass_referee(self, solved: Solved) -> None:
        broken = check_plan(solved.make_plan(), solved.wish.dataset, solved.wish.scenario)
        if broken:
            raise RefusedError(
                "A re-solve's plan does not pass the referee. Please report this.\n"
                + "\n".join(rule.sentence for rule in broken)
            )


def _measure_cost(system: System, masks: Masks) -> Floats:
    return CandidateCosts(system, masks).priced({})[0]


def _reduced(costs: CandidateCosts, certificate: Mapping[str, Any]) -> Floats:
    """Reduced costs by the prices of ICBs and of their number alone: an order, not a proof."""
    if "icb" not in certificate:
        return np.asarray(costs.fixed_m)
    prices = np.array(certificate["icb"])
    return np.asarray(costs.fixed_m - sum_over_members(costs.masks, prices) - certificate["count"])


def _read(wish: Wish, system: System, solution: Solution, looked_at: int = 0) -> Solved:
    """The best plan; with how many footprints were looked at where they are too many to list."""
    scope = f"among {looked_at:,} possible footprints; there are too many to list them all"
    return Solved(
        wish,
        system,
        solution.masks,
        solution.choice,
        solution.objective,
        sum_terms(system, solution.masks, solution.choice),
        solution.status == "optimal" and not looked_at,
        solution,
        scope if looked_at else "",
    )


def sum_terms(system: System, masks: Masks, choice: Ints) -> dict[str, float]:
    """Term to its cost over all footprints, £m a year, weight applied."""
    levels = measure_levels(system, masks, np.arange(len(system.services.codes)))
    measured = measure_terms(system, masks, levels, level_of_services(system, choice))
    weights = term_weights(system)
    return {term: weights[term] * float(measured[term].sum()) for term in measured}


def summarise_terms(terms_m: dict[str, float], base_m: dict[str, float] | None = None) -> pd.Series:
    """Terms as columns ``leakage_m`` …, or their differences to a base."""
    base = base_m or {}
    return pd.Series({f"{term}_m": cost - base.get(term, 0.0) for term, cost in terms_m.items()})
