"""The best plan beside the plan of today: like with like, what moves, what each move is worth, how firm."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.near_optimal.path import find_path
from optimiser.engine.near_optimal.plans import NearBest, list_near_best
from optimiser.engine.relaxation.master import bounded_measures
from optimiser.engine.solve import Solution
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.system import System
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.headlines import Headlines, measure_headlines
from optimiser.plan.plan import Plan
from optimiser.questions.groupings import broken_by_footprint, grouping_masks
from optimiser.questions.solve import Case

NEAR_SHARE = 0.01
"""Groupings within 1 % of the avoidable score: nearer than any of the weights is known."""
MOST_NEAR = 1_000
"""Beyond a thousand the number says no more: the map is not firm."""
SECONDS = 5.0
"""The answer does not wait longer than this to say how firm it is."""


@dataclass(frozen=True)
class Beside:
    """A best plan beside its scenario's baseline.

    Attributes:
        baseline: name of the plan of today.
        today: its headline figures, at its best levels.
        best: those of the best plan.
        moves: one row per ICB that changes footprint, in an order in which each move gains most: icb,
            name, from_footprint (of the baseline), with (members it joins), gain (of score, £m-equivalents,
            negative for a step back on the way).
        near: how many groupings score within 1 % of the avoidable score, and whether that is all.
    """

    baseline: str
    today: Headlines
    best: Headlines
    moves: pd.DataFrame
    near: NearBest

    def describe(self) -> dict[str, object]:
        """The same as plain values, for a manifest."""
        return {
            "baseline": self.baseline,
            "today": vars(self.today),
            "best": vars(self.best),
            "moves": self.moves,
            "groupings_within_1_percent": len(self.near.plans),
            "near_complete": self.near.complete,
        }


def can_stand_beside(scenario: Scenario) -> bool:
    """Whether moves can be priced one by one: a baseline, and nothing that couples footprints."""
    rules = scenario.services
    coupled = rules.portfolio == "uniform" or scenario.footprints.max_moved is not None
    return bool(scenario.footprints.baseline) and not (coupled or bounded_measures(rules))


def stand_beside(
    case: Case, highs: Highs, plan: Plan, today: Plan, solution: Solution
) -> Beside:
    """Set a best plan beside the baseline.

    Args:
        case: what was asked; see :func:`can_stand_beside`.
        highs: the solver.
        plan: the best plan.
        today: the baseline, measured at its best levels.
        solution: what the engine held.
    """
    name = case.scenario.footprints.baseline
    best = measure_headlines(plan)
    room = NEAR_SHARE * abs(best.avoidable_score)
    near = list_near_best(
        *(case.system, highs, solution.objective, room, MOST_NEAR, SECONDS), costs=solution.costs
    )
    return Beside(name, measure_headlines(today), best, _list_moves(case, solution, today), near)


def _list_moves(case: Case, solution: Solution, today: Plan) -> pd.DataFrame:
    """The fewest moves from the baseline to the best plan, and what each gains."""
    system, start = case.system, grouping_masks(case, case.scenario.footprints.baseline)
    path = find_path(
        start,
        solution.masks,
        system.size,
        lambda few: (CandidateCosts(system, few).priced({})[0], broken_by_footprint(system, few)),
    )
    of = today.icbs.set_index("icb")["footprint"]
    rows = []
    for before, step in zip(path.steps, path.steps[1:], strict=False):
        code = system.icbs[step.icb]
        gain = before.cost_m - step.cost_m
        rows.append((code, system.names[step.icb], of[code], _joined(system, step, today), gain))
    return pd.DataFrame(rows, columns=["icb", "name", "from_footprint", "to_footprint", "gain"])


def _joined(system: System, step: object, today: Plan) -> str:
    """The baseline footprint that most of those an ICB joins are of; the ICB's own name if alone."""
    icb, masks = step.icb, step.masks  # type: ignore[attr-defined]
    (mask,) = [int(m) for m in masks if int(m) >> icb & 1]
    of = today.icbs.set_index("icb")["footprint"]
    others = [of[code] for code in system.members_of(mask) if code != system.icbs[icb]]
    return str(pd.Series(others).mode().iloc[0]) if others else system.names[icb]
