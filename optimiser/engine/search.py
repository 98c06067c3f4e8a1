"""What a search knows while it runs, and why it stopped."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from models.inputs import Decision
from optimiser.arrays import Masks
from optimiser.deadline import Deadline, OutOfTimeError
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.relaxation.pricing import Relaxation
from optimiser.errors import NoPlanError
from optimiser.progress import Report
from optimiser.tolerances import PROOF

Status = Literal["optimal", "enough", "infeasible", "time_limit", "interrupted"]
"""Why a search stopped. ``enough``: a plan as good as was asked for, perhaps not the best."""

MET = 5e-6
"""Share of the score below which a gap would be told as none of it, which needs other words."""


class FoundError(Exception):
    """A plan that is good enough was found; whoever runs the search catches this."""


@dataclass(frozen=True)
class Incumbent:
    """The best plan so far.

    Attributes:
        masks: its footprints, (K,).
        cost_m: what it costs, £m.
        decision: the selection model's answer, with levels, where that model found it.
    """

    masks: Masks
    cost_m: float
    decision: Decision | None = None


@dataclass(frozen=True)
class Beginning:
    """What a search of footprints that are priced begins with.

    Attributes:
        plan: footprints of a plan of a like question, which takes the place of annealing; may be empty.
        footprints: those that a like question priced lowest.
    """

    plan: Masks = field(default_factory=lambda: np.zeros(0, dtype=object))
    footprints: Masks = field(default_factory=lambda: np.zeros(0, dtype=object))


AFRESH = Beginning()


@dataclass
class Search:
    """What is known so far, and kept when a limit or the user stops the search.

    Attributes:
        highs: the solver.
        report: told of each step.
        deadline: when to stop.
        unit: what tolerances are shares of at least, £m.
        cutoff: plans that cost more are of no interest, £m.
        enough: the first plan that costs no more ends it, £m. At infinity any plan will do.
        grain: the step in which costs of plans come, as where links are counted, £m; 0 if there is none.
        status: why it stopped, apart from what it holds; ``infeasible``: proven that no plan costs at
            most the cutoff.
        incumbent: the best plan, or None.
        bound_m: no plan costs less, £m.
        reason: why there is no plan, the end of a sentence; empty where that is not known.
        survivors: candidates that could not be fixed out.
        relaxation: the last relaxation: like questions start from its columns and cuts.
        likeliest: footprints priced lowest, where none were listed: like questions begin with them.
        lp_text: the selection model as solved.
        log: what HiGHS wrote on it.
        certificate: the duals and the bound they prove, plain values.
        clock: wall time by step, seconds.
    """

    highs: Highs
    report: Report
    deadline: Deadline
    unit: float = 1.0
    cutoff: float = math.inf
    enough: float = -math.inf
    grain: float = 0.0
    status: Status = "time_limit"
    incumbent: Incumbent | None = None
    bound_m: float = -math.inf
    reason: str = ""
    survivors: int = 0
    relaxation: Relaxation[Any] | None = None
    likeliest: Masks | None = None
    lp_text: str = ""
    log: str = ""
    certificate: Mapping[str, object] = field(default_factory=dict)
    clock: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)

    def done(self, step: str, detail: str) -> None:
        """Close a step: take its time and report it."""
        now = time.monotonic()
        self.clock[step] = self.clock.get(step, 0.0) + now - self._since
        self._since = now
        self.report(step, detail)

    def offer(self, masks: Masks, cost_m: float, decision: Decision | None = None) -> None:
        """Keep a plan if it is the best so far.

        Raises:
            FoundError: it is good enough.
        """
        if cost_m < self.best_m:
            self.incumbent = Incumbent(masks, cost_m, decision)
            if cost_m <= self.enough:
                raise FoundError

    def raise_bound(self, bound_m: float) -> None:
        """Keep a bound if it is the best so far (the incumbent bounds it from above)."""
        met = bound_m > self.best_m - self.grain_m
        self.bound_m = max(self.bound_m, self.best_m if met else bound_m)

    @property
    def best_m(self) -> float:
        """Cost of the incumbent, £m; infinite while there is none."""
        return math.inf if self.incumbent is None else self.incumbent.cost_m

    @property
    def grain_m(self) -> float:
        """By how much a better plan is better at least, less rounding, £m."""
        return self.grain * (1 - 1e-3)

    @property
    def ceiling_m(self) -> float:
        """Plans that cost more are of no interest, £m."""
        return min(self.best_m, self.cutoff)

    @property
    def gap_m(self) -> float:
        """How much better than the incumbent any plan may still be, £m."""
        return max(self.best_m - self.bound_m, 0.0)

    @property
    def tolerance_m(self) -> float:
        """What rounding may come to in a proof, £m."""
        return PROOF * self.size_m

    @property
    def size_m(self) -> float:
        """What tolerances are shares of, £m."""
        return max(self.unit, 0.0 if math.isinf(self.ceiling_m) else abs(self.ceiling_m))

    @property
    def standing(self) -> str:
        """A phrase on the incumbent and how far it may be from the best."""
        if self.incumbent is None:
            return "no plan yet"
        if math.isinf(self.bound_m):
            return f"a plan scores {self.best_m:,.2f}, no bound yet"
        share = self.gap_m / self.size_m
        if share >= 1:
            return f"a plan scores {self.best_m:,.2f}, and no bound of use yet"
        if share < MET:
            return f"a plan scores {self.best_m:,.2f}, and the bound meets it"
        few = f"{share:.3%}" if share < 0.01 else f"{share:.0%}"
        return f"a plan scores {self.best_m:,.2f}, and none more than {few} less"

    def run(self, steps: Callable[[], Status]) -> Status:
        """Take the steps until proof, a limit, or the user stops them."""
        try:
            self.status = steps()
        except FoundError:
            self.status = "enough"
        except NoPlanError:
            self.status = "infeasible"
        except OutOfTimeError:
            self.status = "time_limit"
        except KeyboardInterrupt:
            self.status = "interrupted"
        return self.status
