"""The cheapest repair where footprints are priced: how few moves are enough is searched for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from optimiser.arrays import Masks
from optimiser.engine.relaxation.master import Rows, master_rows
from optimiser.engine.solve import find_priced_plan
from optimiser.errors import NoPlanError, StoppedWithoutPlanError
from optimiser.footprints.candidates import count_members
from optimiser.footprints.system import System
from optimiser.progress import Report
from optimiser.questions.explain.differences import list_moved
from optimiser.questions.explain.presolve import count_moves_needed
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved
from optimiser.questions.explain.rules import Variant

TURN = 4
"""Whether so few moves are enough may take one part in so many of the time left: most take seconds, and
the cheapest plan has to be found as well."""


def repair_priced(
    variant: Variant, system: System, given: Masks, reoptimiser: Reoptimiser, report: Report
) -> tuple[Solved, int]:
    """The cheapest plan found with the fewest moves found, and how many moves it takes at least.

    Raises:
        As :func:`optimiser.questions.explain.repair.repair_plan`.
    """
    search = _Fewest.begin(variant, system, given, reoptimiser)
    step = 0
    while search.low < search.high:
        most = search.low + min(step, (search.high - search.low) // 2)
        enough = search.ask(most)
        report("moves", f"{most} are {_ANSWERS[enough]}")
        step = step if enough else 2 * step + 1
    return search.find_cheapest(), min(search.at_least, search.high)


_ANSWERS = {True: "enough", False: "not enough", None: "not settled to be enough in time"}


def near_rows(system: System, given: Masks, most_moved: int) -> Rows:
    """Rows of the master under which at most so many ICBs leave their given footprint."""
    rows = master_rows(system)
    return replace(rows, baseline=given, fewest_kept=system.size - most_moved)


@dataclass
class _Fewest:
    """How few moves are enough: from both ends, as far as time allows.

    Attributes:
        variant: the scenario.
        system: the same as arrays.
        given: footprints of the given plan.
        reoptimiser: what solves it.
        low: fewer were not found to be enough.
        at_least: fewer are proven not to be.
        high: so many are enough, by
        plan: the footprints of this plan.
    """

    variant: Variant
    system: System
    given: Masks
    reoptimiser: Reoptimiser
    low: int
    at_least: int
    high: int
    plan: Masks

    @classmethod
    def begin(
        cls, variant: Variant, system: System, given: Masks, reoptimiser: Reoptimiser
    ) -> _Fewest:
        """From what the number of footprints asks for, and from the best plan."""
        sizes = np.sort(count_members(given))[::-1]
        low = count_moves_needed(sizes, *variant.scenario.footprints.count_window)
        plan = reoptimiser.solve(variant).masks
        high = len(list_moved(given, plan, system.size))
        return cls(variant, system, given, reoptimiser, low, low, high, plan)

    def ask(self, most: int) -> bool | None:
        """Whether so many moves are enough; None where that was not settled."""
        rows = near_rows(self.system, self.given, most)
        highs, begin = self.reoptimiser.feasibility.highs, self.reoptimiser.begin
        try:
            with self.reoptimiser.turn(self.variant, TURN):
                seconds = self.reoptimiser.feasibility.deadline.left()
                self.plan = find_priced_plan(self.system, highs, seconds, rows, begin)
        except NoPlanError:
            self.at_least = self.low = most + 1
            return False
        except (TimeoutError, StoppedWithoutPlanError):
            self.low = most + 1
            return None
        self.high = len(list_moved(self.given, self.plan, self.system.size))
        return True

    def find_cheapest(self) -> Solved:
        """The cheapest plan that moves no more; where time is out the one at hand."""
        rows = near_rows(self.system, self.given, self.high)
        usual = self.reoptimiser.begin
        self.reoptimiser.begin = replace(usual, plan=self.plan)
        try:
            return self.reoptimiser.solve(self.variant, rows)
        except TimeoutError:
            solved = self.reoptimiser.settle(self.variant, self.plan, proven=False)
        finally:
            self.reoptimiser.begin = usual
        if solved is None or not math.isfinite(solved.cost_m):
            raise StoppedWithoutPlanError("No repair was found in time.")
        return solved
