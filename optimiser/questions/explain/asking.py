"""Can a wish be met at all? The certain causes first, then fractions, then whole footprints."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from optimiser.arrays import Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.relaxation.master import Rows, master_rows
from optimiser.engine.relaxation.pricing import no_columns, solve_relaxation
from optimiser.engine.solve import solve_system
from optimiser.errors import NoPlanError, StoppedWithoutPlanError
from optimiser.footprints.candidates import count_members, sum_over_members
from optimiser.footprints.system import System
from optimiser.questions.explain.certain import (
    state_certain_cause,
    state_few_providers,
    state_many_moves,
)
from optimiser.questions.explain.covering import KnownCosts, find_within, list_source
from optimiser.questions.explain.listing import (
    MOST_ASKED,
    Listed,
    Lists,
    Wish,
    list_around,
    list_wider,
    state_cut,
)
from optimiser.questions.explain.remember import Remembered
from optimiser.questions.explain.totals import SAID, Limit, list_limits, measure_amounts
from optimiser.questions.explain.witnesses import first_witnesses, obeys_map

PATIENCE = 5.0
MOST_WIDER = 3
"""Times that a short list is made longer."""


@dataclass(frozen=True)
class Answer:
    """Whether some plan meets a wish.

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
class Asker:
    """Asks whether wishes can be met; what was listed, measured or answered is kept.

    Attributes:
        highs: the solver.
        deadline: on the monotonic clock.
        lists: what the questions share.
        patience: seconds for one question; harder ones are left open.
        longest: most candidates that are listed for one question.
        asked: how many questions were asked.
        first: the wish that is explained; its limits narrow lists that are too long.
    """

    highs: Highs
    deadline: float
    lists: Lists = field(default_factory=Lists)
    patience: float = PATIENCE
    longest: int = MOST_ASKED
    asked: int = 0
    first: Wish | None = None
    _witnesses: list[Masks] = field(default_factory=list)
    _until: float = 0.0
    _answers: dict[str, Answer] = field(default_factory=dict)

    def seconds(self) -> float:
        """Time left; raises TimeoutError when there is none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    @contextmanager
    def sharing(self, share: float) -> Iterator[None]:
        """A stage that may use a share of the time left; the deadline is then as before."""
        whole = self.deadline
        now = time.monotonic()
        self.deadline = now + share * max(whole - now, 0.0)
        try:
            yield
        finally:
            self.deadline = whole

    def ask(self, wish: Wish, patience: float | None = None) -> Answer:
        """Whether some plan meets the wish.

        Args:
            wish: what is asked.
            patience: seconds for this question, when not those for all.

        Raises:
            TimeoutError: the deadline has passed.
        """
        key = _key(wish)
        if key not in self._answers:
            self.seconds()
            self.asked += 1
            self._answers[key] = self._ask_patiently(
                wish, self.patience if patience is None else patience
            )
        elif self._answers[key].possible is None:
            known = self._find_witness(wish)
            if known is not None:
                self._answers[key] = Answer(True, masks=known)
        return self._answers[key]

    def plan_at_hand(self, wish: Wish) -> Masks | None:
        """Footprints of a plan that an earlier question found for this wish, or None."""
        answer = self._answers.get(_key(wish))
        return None if answer is None else answer.masks

    def _ask_patiently(self, wish: Wish, patience: float) -> Answer:
        self._until = time.monotonic() + patience
        try:
            return self._ask(wish)
        except (TimeoutError, StoppedWithoutPlanError):
            self.seconds()
            return Answer(None, f"It was not settled within {patience:g} s.")

    def _question_seconds(self) -> float:
        """Time left for the question; raises TimeoutError when there is none."""
        left = min(self.seconds(), self._until - time.monotonic())
        if left <= 0:
            raise TimeoutError
        return left

    def _ask(self, wish: Wish) -> Answer:
        certain = state_certain_cause(wish)
        if certain:
            return Answer(False, certain, certain=True)
        system = self.lists.system(wish)
        certain = state_few_providers(system) or state_many_moves(system)
        if certain:
            return Answer(False, certain, certain=True)
        known = self._find_witness(wish)
        if known is not None:
            return Answer(True, masks=known)
        listed = self.lists.list(wish, self.longest)
        whole = listed.members is None
        if not whole:
            return self._ask_narrower(wish, listed)
        lost = state_uncovered(listed)
        if lost:
            return Answer(False, lost, certain=True)
        return self._keep(self._cover(wish, listed))

    def _keep(self, answer: Answer) -> Answer:
        """Keep a plan that was found for later questions."""
        if answer.possible and answer.masks is not None:
            self._witnesses.insert(0, answer.masks)
        return answer

    def _find_witness(self, wish: Wish) -> Masks | None:
        """A plan at hand that meets the wish; with several bounded totals none is sought."""
        system = self.lists.system(wish)
        limits = list(list_limits(system, master_rows(system)))
        if len(limits) > 1 or is_coupled(wish):
            return None
        if not self._witnesses:
            self._witnesses = first_witnesses(wish.dataset)
        forced = bool(system.services.forced_local.any())
        levels = (lambda masks: self.lists.has_levels(wish, system, masks)) if forced else None
        return next(
            (
                masks
                for masks in self._witnesses
                if obeys_map(system, masks, levels)
                and all(
                    float(self._amounts(wish, limit)(masks).sum()) <= limit.room for limit in limits
                )
            ),
            None,
        )

    def _ask_narrower(self, wish: Wish, listed: Listed) -> Answer:
        """Of too many candidates, those of few ICBs, then those inside the first wish's limits."""
        lost = list_uncovered(listed)
        if not lost:
            answer = self._cover(wish, listed)
            if answer.possible:
                return self._keep(answer)
        for i in lost:
            around = list_around(listed.system, i, listed.rules)
            if around is not None and not len(around):
                return Answer(False, state_lost(listed.system, [i]), certain=True)
        narrow = self.narrow(wish)
        inner = self.lists.list(narrow, self.longest)
        if inner.members is not None or state_uncovered(inner):
            return _open(listed)
        answer = self._cover(narrow, inner)
        if not answer.possible:
            answer = self._ask_wider(wish, replace(listed, masks=inner.masks))
        if answer.possible:
            return self._keep(answer)
        return _open(listed)

    def narrow(self, wish: Wish) -> Wish:
        """A wish kept within the limits of the first one that make its list short."""
        rules = self.first.scenario.footprints if self.first else wish.scenario.footprints
        now = wish.scenario.footprints
        return wish.changed(
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

    def _ask_wider(self, wish: Wish, listed: Listed) -> Answer:
        """A short list, made longer by what is one ICB larger, for the sake of one limit."""
        rows = master_rows(listed.system)
        limits, rows = list(list_limits(listed.system, rows)), replace(rows, bounded=())
        answer = Answer(None)
        if len(limits) != 1 or is_coupled(wish):
            return answer
        for _ in range(MOST_WIDER):
            costs = self._costs(wish, listed.masks, limits[0])
            start = no_columns(rows)
            relaxation = solve_relaxation(
                self.highs, list_source(costs), rows, start, self._question_seconds
            )
            more = list_wider(listed.system, listed.rules, costs.masks, relaxation.pricing.reduced)
            listed = replace(listed, masks=np.union1d(listed.masks, more))
            answer = self._keep_limit(wish, listed, rows, limits[0])
            if answer.possible or not len(more):
                break
        return answer

    def _cover(self, wish: Wish, listed: Listed) -> Answer:
        rows = master_rows(listed.system)
        map_alone = replace(rows, bounded=())
        if not rows.bounded:
            answer = self._find_plan(listed, map_alone)
            return self._ask_engine(wish) if answer.possible and is_coupled(wish) else answer
        limits = list(list_limits(listed.system, rows))
        for limit in limits:
            answer = self._keep_limit(wish, listed, map_alone, limit)
            if answer.possible is not True:
                return answer
        if len(limits) == 1 and not is_coupled(wish):
            return answer
        return self._ask_engine(wish)

    def _find_plan(self, listed: Listed, rows: Rows) -> Answer:
        """Any plan: one of low made-up costs, which favour even and few-membered footprints."""
        system, masks = listed.system, listed.masks
        people = system.window_population / system.window_population.sum()
        fewest, most = rows.count
        even = sum_over_members(masks, people) * (fewest + most) / 2 - 1 if fewest > 1 else 0.0
        draw = np.random.default_rng(1).random(len(masks))
        costs = KnownCosts(system, masks, draw * count_members(masks) + 10 * np.square(even))
        cover = find_within(self.highs, costs, rows, math.inf, self._question_seconds)
        if cover.masks is not None:
            return Answer(True, masks=cover.masks)
        if cover.least == math.inf:
            return Answer(False, "No set of allowed footprints covers every ICB once.")
        return Answer(None, "It was not settled whether whole footprints can do it.")

    def _keep_limit(self, wish: Wish, listed: Listed, rows: Rows, limit: Limit) -> Answer:
        """Whether some plan of the map keeps one floor or ceiling across footprints."""
        costs = self._costs(wish, listed.masks, limit)
        cover = find_within(self.highs, costs, rows, limit.room, self._question_seconds)
        if cover.masks is not None:
            return Answer(True, masks=cover.masks)
        if cover.least <= limit.room:
            return Answer(None, f"It was not settled how far {limit.name} can go.")
        return Answer(False, self._state_limit(costs, rows, limit))

    def _costs(self, wish: Wish, masks: Masks, limit: Limit) -> KnownCosts:
        """What each footprint adds to a limit's sum, as a cost; those that no level allows left out."""
        amounts = self._amounts(wish, limit)(masks)
        allowed = np.flatnonzero(np.isfinite(amounts))
        return KnownCosts(self.lists.system(wish), masks, amounts).taken(allowed)

    def _state_limit(self, costs: KnownCosts, rows: Rows, limit: Limit) -> str:
        """How near any plan comes to a limit that none keeps: the bound by fractions of footprints."""
        try:
            start = no_columns(rows)
            relaxation = solve_relaxation(
                self.highs, list_source(costs), rows, start, self._question_seconds
            )
        except NoPlanError:
            return "No set of allowed footprints covers every ICB once."
        except TimeoutError:
            relaxation = None
        if relaxation is None or relaxation.bound <= limit.room:
            return f"No plan keeps the limit of {SAID[limit.name].format(limit.bound)}."
        return limit.state(relaxation.bound)

    def _amounts(self, wish: Wish, limit: Limit) -> Remembered:
        """What each footprint adds to the sum that a limit is about."""
        system = self.lists.system(wish)
        key = json.dumps(["amounts", limit.name, limit.floor, self.lists.measure_key(wish)])
        return self.lists.measure(
            key, Remembered(lambda masks: measure_amounts(system, masks, limit.name, limit.floor))
        )

    def _ask_engine(self, wish: Wish) -> Answer:
        """The whole engine: for what couples footprints beyond a sum of one measure."""
        try:
            solution = solve_system(self.lists.system(wish), self.highs, self.seconds())
        except NoPlanError as error:
            return Answer(False, str(error))
        return Answer(True, masks=solution.masks)


def _key(wish: Wish) -> str:
    return json.dumps([wish.scenario.settings(), sorted(wish.dropped)])


def is_coupled(wish: Wish) -> bool:
    """Whether one level for all England may forbid what each footprint alone may do."""
    rules = wish.scenario.services
    bounded = bool(rules.force_local) or rules.min_local_spend_m > 0 or rules.min_local_services > 0
    return rules.portfolio == "uniform" and bounded


def _open(listed: Listed) -> Answer:
    return Answer(None, state_cut(listed))


def list_uncovered(listed: Listed) -> list[int]:
    """Indices of the ICBs that no candidate holds."""
    covered = int(np.bitwise_or.reduce(listed.masks)) if len(listed.masks) else 0
    return [i for i in range(listed.system.size) if not covered >> i & 1]


def state_uncovered(listed: Listed) -> str:
    """The ICBs that no candidate holds, in a sentence; empty when there are none."""
    lost = list_uncovered(listed)
    return state_lost(listed.system, lost) if lost else ""


def state_lost(system: System, lost: list[int]) -> str:
    """That no footprint can hold some ICBs, in a sentence."""
    names = ", ".join(f"{system.names[i]} ({system.icbs[i]})" for i in lost)
    return f"No footprint within the rules can hold {names}."
