"""What the best plan changes against today: like with like, what each move is worth, how firm it is."""

from __future__ import annotations

import pandas as pd

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.near_optimal.path import Step, find_path
from optimiser.engine.near_optimal.plans import list_near_best
from optimiser.engine.relaxation.master import bounded_measures
from optimiser.engine.solve import Solution
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.system import System
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Beside, Plan, measure_headlines
from optimiser.questions.case import Case
from optimiser.questions.groupings import broken_by_footprint, grouping_masks

NEAR_SHARE = 0.01
"""Groupings within 1 % of the avoidable score: nearer than any of the weights is known."""
MOST_NEAR = 1_000
"""Beyond a thousand the number says no more: the map is not firm."""
SECONDS = 5.0
"""The answer does not wait longer than this to say how firm it is."""


def can_stand_beside(scenario: Scenario) -> bool:
    """Whether moves can be priced one by one: a baseline, and nothing that couples footprints."""
    rules = scenario.services
    coupled = rules.portfolio == "uniform" or scenario.footprints.max_moved is not None
    return bool(scenario.footprints.baseline) and not (coupled or bounded_measures(rules))


def stand_beside(case: Case, highs: Highs, plan: Plan, today: Plan, solution: Solution) -> Beside:
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
        *(case.system, highs, solution.objective, room, MOST_NEAR, SECONDS),
        source=solution.source,
        start=solution.columns,
    )
    moves = _list_moves(case, solution, today)
    return Beside(name, measure_headlines(today), best, moves, len(near.plans), near.complete)


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


def _joined(system: System, step: Step, today: Plan) -> str:
    """The baseline footprint that most of those an ICB joins are of; the ICB's own name if alone."""
    icb, masks = step.icb, step.masks
    (mask,) = [int(m) for m in masks if int(m) >> icb & 1]
    of = today.icbs.set_index("icb")["footprint"]
    others = [of[code] for code in system.members_of(mask) if code != system.icbs[icb]]
    return str(pd.Series(others).mode().iloc[0]) if others else system.names[icb]
