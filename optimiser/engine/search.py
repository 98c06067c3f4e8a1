"""What a search knows while it runs, what it holds when it stops, and what it refuses to start."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from optimiser.arrays import Ints, Masks
from optimiser.engine.assign_levels import settle_levels
from optimiser.engine.highs.adapter import Highs, Settings
from optimiser.engine.relaxation.master import master_rows
from optimiser.errors import (
    InterruptedWithoutPlanError,
    NoPlanError,
    StoppedWithoutPlanError,
    UnsupportedError,
)
from optimiser.footprints.candidates import Candidates, membership
from optimiser.footprints.rules import FootprintRule
from optimiser.footprints.system import System
from optimiser.plan.plan import Status
from optimiser.progress import Report


@dataclass(frozen=True)
class Solution:
    """What the engine holds when it stops.

    Attributes:
        masks: the chosen footprints, (K,).
        choice: index of the level of each group of services in each footprint, (K, G).
        objective: £m a year.
        bound: proven lower bound, £m a year.
        status: why it stopped.
        candidates: how many footprints obey the rules.
        candidates_hash: hash of their list.
        rules: the footprint rules in force, in sentences.
        survivors: candidates left after fixing.
        seconds: wall time by step.
        lp_text: the selection model as solved.
        log: what HiGHS wrote on it.
        certificate: duals and bound, plain values.
    """

    masks: Masks
    choice: Ints
    objective: float
    bound: float
    status: Status
    candidates: int
    candidates_hash: str
    rules: tuple[str, ...]
    survivors: int
    seconds: Mapping[str, float]
    lp_text: str = ""
    log: str = ""
    certificate: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Search:
    """What is known so far; kept when a limit or the user stops the search."""

    system: System
    highs: Highs
    report: Report
    deadline: float
    best_masks: Masks | None = None
    best_m: float = math.inf
    bound_m: float = -math.inf
    survivors: int = 0
    lp_text: str = ""
    log: str = ""
    certificate: Mapping[str, object] = field(default_factory=dict)
    clock: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)

    def seconds_left(self) -> float:
        """Until the deadline; raises TimeoutError when it has passed."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def done(self, step: str, detail: str) -> None:
        """Close a step: take its time and tell the user."""
        now = time.monotonic()
        self.clock[step] = self.clock.get(step, 0.0) + now - self._since
        self._since = now
        self.report(step, detail)

    def offer(self, masks: Masks, cost_m: float) -> None:
        """Keep a plan if it is the best so far."""
        if cost_m < self.best_m:
            self.best_masks, self.best_m = masks, cost_m

    def raise_bound(self, bound_m: float) -> None:
        """Keep a bound if it is the best so far (a plan that is held bounds it from above)."""
        self.bound_m = max(self.bound_m, min(bound_m, self.best_m))

    @property
    def gap_m(self) -> float:
        """How much better than the best plan held any plan may still be, £m."""
        return max(self.best_m - self.bound_m, 0.0)


def refuse_unsupported(system: System) -> None:
    """Say which combinations this engine does not solve, and why."""
    rules = system.scenario.services
    bounded = master_rows(system).bounded
    if rules.risk == "pooled" and bounded:
        names = ", ".join(one.name for one in bounded)
        raise UnsupportedError(
            f'risk = "pooled" with a floor or ceiling across footprints ({names}) is not solved: '
            "pooled risk is not a sum over services, so one service's level can't be priced alone. "
            'Use risk = "standalone", or drop the floor or ceiling.'
        )
    if rules.portfolio == "uniform":
        _refuse_under_uniform(system)


def _refuse_under_uniform(system: System) -> None:
    rules = system.scenario.services
    ceilings = [
        name for name in ("max_leakage_m", "max_volatility_m") if np.isfinite(getattr(rules, name))
    ]
    if ceilings or system.scenario.footprints.max_moved is not None:
        names = ", ".join(ceilings or ["max_moved"])
        raise UnsupportedError(
            f'{names} is not solved under portfolio = "uniform": its search prices footprints for one '
            "choice of services at a time. Put a weight on the term instead, or use "
            'portfolio = "by_footprint".'
        )
    limited = [one.name for one in master_rows(system).bounded]
    if "icb" in rules.levels and limited:
        raise UnsupportedError(
            f'A floor or ceiling on {", ".join(limited)} with the level "icb" is not solved under '
            'portfolio = "uniform": its search weighs each service held by footprints against one '
            'other level only. Leave "icb" out of levels, or use portfolio = "by_footprint".'
        )
    if rules.risk == "pooled":
        raise UnsupportedError(
            'risk = "pooled" is not solved under portfolio = "uniform": pooled risk is not a sum over '
            'services. Use risk = "standalone"; pooled volatility is reported beside it.'
        )


def refuse_uncovered(system: System, candidates: Candidates) -> None:
    """Raise NoPlanError when some ICB is in no candidate."""
    covered = np.bitwise_or.reduce(candidates.masks) if len(candidates) else 0
    lost = [
        f"{name} ({code})"
        for i, (code, name) in enumerate(zip(system.icbs, system.names, strict=True))
        if not int(covered) >> i & 1
    ]
    if lost:
        raise NoPlanError(
            f"No plan exists: no footprint within the rules can hold {', '.join(lost)}."
        )


def make_solution(
    search: Search,
    candidates: Candidates,
    rules: tuple[FootprintRule, ...],
    status: Status,
) -> Solution:
    """What the search holds, with the level of every service settled.

    Raises:
        InterruptedWithoutPlanError: the user stopped before any plan was found.
        StoppedWithoutPlanError: a limit came before any plan was found.
    """
    if search.best_masks is None:
        if status == "interrupted":
            raise InterruptedWithoutPlanError("Stopped before any plan was found; nothing is kept.")
        raise StoppedWithoutPlanError(
            "The time limit came before any plan was found. Allow more time (--time-limit)."
        )
    masks = _in_order(search.best_masks, search.system)
    choice, cost_m = settle_levels(search.system, search.highs, masks)
    search.done("settle", "the level of every service")
    return Solution(
        masks=masks,
        choice=choice,
        objective=cost_m,
        bound=min(search.bound_m, cost_m),
        status=status,
        candidates=len(candidates),
        candidates_hash=candidates.hash(),
        rules=tuple(rule.sentence for rule in rules),
        survivors=search.survivors,
        seconds=dict(search.clock),
        lp_text=search.lp_text,
        log=search.log,
        certificate=search.certificate,
    )


def _in_order(masks: Masks, system: System) -> Masks:
    """Footprints by their first ICB in the dataset's order."""
    return masks[np.argsort(membership(masks, system.size).argmax(axis=1), kind="stable")]


def engine_settings(system: System) -> Settings:
    """HiGHS settings of a scenario."""
    solver = system.scenario.solver
    return Settings(threads=solver.threads, seed=solver.seed, gap=solver.gap)
