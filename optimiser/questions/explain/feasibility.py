"""Does any plan meet a variant? Arithmetic first, then fractions of footprints, then whole ones."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from optimiser.arrays import Masks
from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.listed import Listed
from optimiser.engine.partition import solve_partition
from optimiser.engine.refusals import list_unpriced
from optimiser.engine.relaxation.master import Rows, master_rows
from optimiser.engine.relaxation.pricing import no_columns, solve_relaxation
from optimiser.engine.search import Search
from optimiser.engine.selection import build_single_sum
from optimiser.engine.solve import find_priced_plan, solve_system
from optimiser.errors import NoPlanError, StoppedWithoutPlanError
from optimiser.footprints.candidates import count_members, sum_over_members
from optimiser.footprints.costs import Costs, KnownCosts
from optimiser.questions.explain.candidate_lists import (
    MOST_FOR_CHECK,
    CandidateList,
    CandidateLists,
    MeasureCache,
    list_around,
    list_wider,
    state_cut,
)
from optimiser.questions.explain.limits import UNITS, Limit, list_limits, measure_amounts
from optimiser.questions.explain.presolve import (
    list_known_plans,
    obeys_map,
    state_cause_in_arrays,
    state_presolve_cause,
)
from optimiser.questions.explain.rules import Variant, floors_each, must_hold
from optimiser.questions.explain.uncovered import list_uncovered, state_lost, state_uncovered

PATIENCE = 5.0
"""Seconds for one check: most end within one, and an explanation makes dozens."""
MOST_WIDER = 3
"""Times that a short list is made longer."""


@dataclass(frozen=True)
class Verdict:
    """Whether some plan meets a variant.

    Attributes:
        possible: True and False are proven; None when time or the length of a list left it open.
        cause: why not, or why it is open, in a sentence.
        certain: the cause was seen at once, without a solve.
        masks: footprints of a plan of the map's rules, when one was found.
    """

    possible: bool | None
    cause: str = ""
    certain: bool = False
    masks: Masks | None = None


@dataclass
class Feasibility:
    """Checks whether some plan meets a variant; what was listed, measured or found is kept.

    Attributes:
        highs: the solver.
        deadline: of all checks together.
        lists: what the checks share.
        patience: seconds for one check; harder ones are left open.
        longest: most candidates that are listed for one check.
        checks: how many were made.
        first: the variant that is explained; its limits narrow lists that are too long.
    """

    highs: Highs
    deadline: Deadline
    lists: CandidateLists = field(default_factory=CandidateLists)
    patience: float = PATIENCE
    longest: int = MOST_FOR_CHECK
    checks: int = 0
    first: Variant | None = None
    _known_plans: list[Masks] = field(default_factory=list)
    _until: Deadline = field(default_factory=Deadline)
    _verdicts: dict[str, Verdict] = field(default_factory=dict)

    @contextmanager
    def sharing(self, share: float) -> Iterator[None]:
        """A stage that may use a share of the time left; the deadline is then as before."""
        whole = self.deadline
        self.deadline = whole.shared(share)
        try:
            yield
        finally:
            self.deadline = whole

    def check(self, variant: Variant, patience: float | None = None) -> Verdict:
        """Whether some plan meets the variant.

        Args:
            variant: the scenario.
            patience: seconds for this check, when not those for all.

        Raises:
            OutOfTimeError: the deadline has passed.
        """
        key = variant.key
        if key not in self._verdicts:
            self.deadline.left()
            self.checks += 1
            seconds = self.patience if patience is None else patience
            self._verdicts[key] = self._check_patiently(variant, seconds)
        elif self._verdicts[key].possible is None:
            known = self._find_known_plan(variant)
            if known is not None:
                self._verdicts[key] = Verdict(True, masks=known)
        return self._verdicts[key]

    def known_plan(self, variant: Variant) -> Masks | None:
        """Footprints of a plan that an earlier check found for this variant, or None."""
        verdict = self._verdicts.get(variant.key)
        return None if verdict is None else verdict.masks

    def _check_patiently(self, variant: Variant, patience: float) -> Verdict:
        self._until = self.deadline.sooner(patience)
        try:
            return self._check(variant)
        except (TimeoutError, StoppedWithoutPlanError):
            self.deadline.left()
            return Verdict(None, f"It was not settled within {patience:g} s.")

    def _check(self, variant: Variant) -> Verdict:
        certain = state_presolve_cause(variant)
        if certain:
            return Verdict(False, certain, certain=True)
        system = self.lists.system(variant)
        certain = state_cause_in_arrays(system)
        if certain:
            return Verdict(False, certain, certain=True)
        known = self._find_known_plan(variant)
        if known is not None:
            return Verdict(True, masks=known)
        listed = self.lists.list(variant, self.longest)
        if listed.priced:
            return self._keep(self._check_unlisted(variant))
        whole = listed.members is None
        if not whole:
            answer = self._check_narrower(variant, listed)
            return self._check_long(variant, answer) if answer.possible is None else answer
        lost = state_uncovered(listed)
        if lost:
            return Verdict(False, lost, certain=True)
        return self._keep(self._cover(variant, listed))

    def _keep(self, answer: Verdict) -> Verdict:
        """Keep a plan that was found for later questions."""
        if answer.possible and answer.masks is not None:
            self._known_plans.insert(0, answer.masks)
        return answer

    def _find_known_plan(self, variant: Variant) -> Masks | None:
        """A plan at hand that meets the variant; with several bounded totals none is sought."""
        system = self.lists.system(variant)
        limits = list(list_limits(system, master_rows(system)))
        if len(limits) > 1 or is_coupled(variant):
            return None
        if not self._known_plans:
            self._known_plans = list_known_plans(variant.dataset)
        forced = bool(system.services.forced_local.any())
        levels = (lambda masks: self.lists.has_levels(variant, system, masks)) if forced else None
        return next(
            (
                masks
                for masks in self._known_plans
                if obeys_map(system, masks, levels)
                and all(
                    float(self._amounts(variant, limit)(masks).sum()) <= limit.room
                    for limit in limits
                )
            ),
            None,
        )

    def _check_narrower(self, variant: Variant, listed: CandidateList) -> Verdict:
        """Of too many candidates, those of few ICBs, then those inside the first variant's limits."""
        lost = list_uncovered(listed)
        if not lost:
            answer = self._cover(variant, listed)
            if answer.possible:
                return self._keep(answer)
        for i in lost:
            around = list_around(listed.system, i, listed.rules)
            if around is not None and not len(around):
                return Verdict(False, state_lost(listed.system, [i]), certain=True)
        narrow = self.narrow(variant)
        inner = self.lists.list(narrow, self.longest)
        if inner.members is not None or state_uncovered(inner):
            return _open(listed)
        answer = self._cover(narrow, inner)
        if not answer.possible:
            answer = self._check_wider(variant, replace(listed, masks=inner.masks))
        if answer.possible:
            return self._keep(answer)
        return _open(listed)

    def _check_long(self, variant: Variant, open_: Verdict) -> Verdict:
        """The same on the whole list in compiled code, where one question bears that."""
        if not self.lists.can_list_long(variant):
            return open_
        if master_rows(self.lists.system(variant)).bounded:
            return self._check_with_engine(variant)
        listed = self.lists.list_long(variant, self._until)
        if list_uncovered(listed):
            return Verdict(False, "No set of allowed footprints covers every ICB once.")
        return self._keep(self._cover(variant, listed))

    def narrow(self, variant: Variant) -> Variant:
        """A variant kept within the limits of the first one that make its list short."""
        rules = self.first.scenario.footprints if self.first else variant.scenario.footprints
        now = variant.scenario.footprints
        return variant.changed(
            {
                "footprints.contiguous": rules.contiguous,
                "footprints.min_border_km": rules.min_border_km,
                "footprints.population_m": (
                    now.population_m[0],
                    max(rules.population_m[1], now.population_m[0]),
                ),
                "footprints.members": (now.members[0], max(rules.members[1], now.members[0])),
            }
        )

    def _check_wider(self, variant: Variant, listed: CandidateList) -> Verdict:
        """A short list, made longer by what is one ICB larger, for the sake of one limit."""
        rows = master_rows(listed.system)
        limits, rows = list(list_limits(listed.system, rows)), replace(rows, bounded=())
        answer = Verdict(None)
        if len(limits) != 1 or is_coupled(variant):
            return answer
        for _ in range(MOST_WIDER):
            costs = self._costs(variant, listed.masks, limits[0])
            start = no_columns(rows)
            relaxation = solve_relaxation(
                self.highs, self._source(costs, rows.size), rows, start, self._until.left
            )
            more = list_wider(listed.system, listed.rules, costs.masks, relaxation.pricing.reduced)
            listed = replace(listed, masks=np.union1d(listed.masks, more))
            answer = self._keep_limit(variant, listed, rows, limits[0])
            if answer.possible or not len(more):
                break
        return answer

    def _cover(self, variant: Variant, listed: CandidateList) -> Verdict:
        rows = master_rows(listed.system)
        map_alone = replace(rows, bounded=())
        if not rows.bounded:
            answer = self._find_plan(listed, map_alone)
            coupled = answer.possible and is_coupled(variant)
            return self._check_with_engine(variant) if coupled else answer
        limits = list(list_limits(listed.system, rows))
        for limit in limits:
            answer = self._keep_limit(variant, listed, map_alone, limit)
            if answer.possible is not True:
                return answer
        if len(limits) == 1 and not is_coupled(variant):
            return answer
        return self._check_with_engine(variant)

    def _find_plan(self, listed: CandidateList, rows: Rows) -> Verdict:
        """Any plan: one of low made-up costs, which favour even and few-membered footprints."""
        system, masks = listed.system, listed.masks
        people = system.window_population / system.window_population.sum()
        fewest, most = rows.count
        even = sum_over_members(masks, people) * (fewest + most) / 2 - 1 if fewest > 1 else 0.0
        draw = np.random.default_rng(1).random(len(masks))
        costs = KnownCosts(masks, draw * count_members(masks) + 10 * np.square(even))
        result = self._solve(costs, rows, enough=math.inf)
        if result.incumbent is not None:
            return Verdict(True, masks=result.incumbent.masks)
        if result.status == "infeasible":
            return Verdict(False, "No set of allowed footprints covers every ICB once.")
        return Verdict(None, "It was not settled whether whole footprints can do it.")

    def _keep_limit(
        self, variant: Variant, listed: CandidateList, rows: Rows, limit: Limit
    ) -> Verdict:
        """Whether some plan of the map keeps one floor or ceiling across footprints."""
        costs = self._costs(variant, listed.masks, limit)
        # No amount is negative, so a footprint that alone exceeds the room is in no plan.
        few = costs.subset(np.flatnonzero(costs.cost_m <= limit.room))
        result = self._solve(few, rows, enough=limit.room, cutoff=limit.room)
        if result.incumbent is not None and result.incumbent.cost_m <= limit.room:
            return Verdict(True, masks=result.incumbent.masks)
        if result.status == "infeasible" or result.bound_m > limit.room:
            return Verdict(False, self._state_limit(costs, rows, limit))
        return Verdict(None, f"It was not settled how far {limit.name} can go.")

    @staticmethod
    def _source(costs: Costs, size: int) -> Listed:
        """Candidates of known cost as the engine takes them; no level is left open."""
        return Listed(costs, size, build_single_sum)

    def _solve(
        self, costs: Costs, rows: Rows, *, enough: float, cutoff: float = math.inf
    ) -> Search:
        """The engine's answer within this check's patience.

        Raises:
            OutOfTimeError: the patience is over.
            KeyboardInterrupt: the user interrupted.
        """
        source = self._source(costs, rows.size)
        result = solve_partition(
            source, rows, self.highs, self._until, enough=enough, cutoff=cutoff
        )
        if result.status == "interrupted":
            raise KeyboardInterrupt
        if result.status == "time_limit":
            self._until.left()
        return result

    def _costs(self, variant: Variant, masks: Masks, limit: Limit) -> KnownCosts:
        """What each footprint adds to a limit's sum, as a cost; those that no level allows left out."""
        amounts = self._amounts(variant, limit)(masks)
        allowed = np.flatnonzero(np.isfinite(amounts))
        return KnownCosts(masks, amounts).subset(allowed)

    def _state_limit(self, costs: KnownCosts, rows: Rows, limit: Limit) -> str:
        """How near any plan comes to a limit that none keeps: the bound by fractions of footprints."""
        try:
            start = no_columns(rows)
            relaxation = solve_relaxation(
                self.highs, self._source(costs, rows.size), rows, start, self._until.left
            )
        except NoPlanError:
            return "No set of allowed footprints covers every ICB once."
        except TimeoutError:
            relaxation = None
        if relaxation is None or relaxation.bound <= limit.room:
            return f"No plan keeps the limit of {UNITS[limit.name].format(limit.bound)}."
        return limit.state(relaxation.bound)

    def _amounts(self, variant: Variant, limit: Limit) -> MeasureCache:
        """What each footprint adds to the sum that a limit is about."""
        system = self.lists.system(variant)
        key = json.dumps(["amounts", limit.name, limit.floor, self.lists.measure_key(variant)])
        return self.lists.measure(
            key, MeasureCache(lambda masks: measure_amounts(system, masks, limit.name, limit.floor))
        )

    def _check_with_engine(self, variant: Variant) -> Verdict:
        """The whole engine: for what couples footprints beyond a sum of one measure."""
        try:
            solution = solve_system(self.lists.system(variant), self.highs, self.deadline.left())
        except NoPlanError as error:
            return Verdict(False, state_cause(error))
        return Verdict(True, masks=solution.masks)

    def _check_unlisted(self, variant: Variant) -> Verdict:
        """Any plan of footprints that are priced; rules that are not priced need the whole engine."""
        system = self.lists.system(variant)
        if list_unpriced(system):
            return self._check_with_engine(variant)
        try:
            return Verdict(True, masks=find_priced_plan(system, self.highs, self._until.left()))
        except NoPlanError as error:
            return Verdict(False, state_cause(error))


def state_cause(error: NoPlanError) -> str:
    """Why there is no plan, in a sentence that does not say again that there is none."""
    cause = str(error).removeprefix("No plan exists: ")
    return cause[:1].upper() + cause[1:]


def is_coupled(variant: Variant) -> bool:
    """Whether more is asked at once than each footprint's best of one measure shows.

    One level for all England may forbid what each footprint alone may do; and what a footprint must
    hold may cost it room under a limit across footprints or under another floor.
    """
    rules, floors = variant.scenario.services, floors_each(variant)
    if rules.portfolio == "uniform":
        return must_hold(variant)
    bounded = (rules.max_local_spend_m, rules.max_local_services, rules.max_volatility_m)
    return floors > 1 or (floors > 0 and any(math.isfinite(most) for most in bounded))


def _open(listed: CandidateList) -> Verdict:
    return Verdict(None, state_cut(listed))
