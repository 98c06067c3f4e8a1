"""What a page asks the engine: the best plan from its locks, the cheapest repair, near-best plans."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from optimiser.app.desk import Desk
from optimiser.app.jobs import Event, Work
from optimiser.app.state import State
from optimiser.arrays import Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import engine_settings
from optimiser.footprints.candidates import as_masks
from optimiser.plan.naming import name_footprints
from optimiser.progress import Report
from optimiser.questions.alternatives import list_alternatives
from optimiser.questions.case import Case
from optimiser.questions.explain.answers import open_question, repair_given
from optimiser.questions.solve import solve_case
from optimiser.reports.sentences import state_proof
from optimiser.runs.compare.wording import show
from optimiser.runs.saving import plain

MOST_NEAR = 200
"""Near-best plans listed for stepping through: nobody looks at more, and shares no longer change."""
WITHIN = 0.01
"""Of the avoidable score, as ``solve`` counts near plans: nearer than any weight is known."""


def find_best(desk: Desk, state: State, locked: bool) -> Work:
    """The best plan of the state's settings; from its locks and levels if asked."""

    def work(highs: Highs, report: Report) -> Event:
        case = desk.locked_case(state) if locked else desk.case_of(state.settings)
        highs.settings = engine_settings(case.system)
        plan = solve_case(case, highs, report)
        free = not (locked and (state.locked or state.whole or state.held))
        if free and plan.outcome.status != "interrupted":
            desk.keep_best(state, plan)
        gap = plan.outcome.gap  # infinite where the search was stopped before it had a bound
        masks = as_masks(map(case.system.mask_of, plan.grouping.values()), case.system.size)
        return _event(
            {
                "grouping": _named(case, masks, state),
                "score": plan.objective,
                "score_text": show(plan.objective, "£m"),
                "status": plan.outcome.status,
                "gap": gap if gap is not None and math.isfinite(gap) else None,
                "proof": state_proof(plan.outcome),
            }
        )

    return work


def _event(told: Mapping[str, object]) -> Event:
    found: Event = plain(told)
    return found


def _named(case: Case, masks: Masks, state: State) -> dict[str, list[str]]:
    """Footprints of a found plan; those that the state has too keep their names."""
    own = {frozenset(icbs): name for name, icbs in state.grouping.items()}
    found: dict[str, list[str]] = {}
    for mask, title in zip(masks, name_footprints(case.system, case.dataset, masks), strict=True):
        icbs = case.system.members_of(int(mask))
        name = own.get(frozenset(icbs), title)
        while name in found:
            name += " (new)"
        found[name] = list(icbs)
    return found


def find_repair(desk: Desk, state: State) -> Work:
    """The fewest, then cheapest, moves that make the state's plan obey the rules."""

    def work(highs: Highs, report: Report) -> Event:
        case = desk.locked_case(state)
        with open_question(case.scenario, dataset=case.dataset) as (variant, reoptimiser):
            found = repair_given(state.grouping, variant, reoptimiser, report)
        names = dict(zip(case.system.icbs, case.system.names, strict=True))
        return _event(
            {
                "grouping": _named(case, found.solved.masks, state),
                "score": found.solved.cost_m,
                "score_text": show(found.solved.cost_m, "£m"),
                "fewest": found.fewest,
                "moves": [names[icb] for icb in found.moves["icb"]],
            }
        )

    return work


def find_near(desk: Desk, state: State, percent: float) -> Work:
    """Every plan within some per cent of the best one's score, and how firm each border is."""

    def work(highs: Highs, report: Report) -> Event:
        case = desk.locked_case(state)
        highs.settings = engine_settings(case.system)
        found = list_alternatives(
            case, highs, within_share=percent / 100, limit=MOST_NEAR, report=report
        )
        near, system = found.near, case.system
        share = found.together.share
        pairs = [(i, j) for i in range(system.size) for j in range(i) if _near(case, i, j)]
        return _event(
            {
                "statement": near.statement(),
                "complete": near.complete,
                "plans": [
                    {
                        "grouping": _named(case, masks, state),
                        "score_text": show(float(cost), "£m"),
                        "more_text": show(float(cost - near.best_m), "£m"),
                    }
                    for masks, cost in zip(near.plans, near.cost_m, strict=True)
                ],
                "apart": [
                    [system.icbs[j], system.icbs[i], 1.0 - float(share[i, j])] for i, j in pairs
                ],
            }
        )

    return work


def _near(case: Case, i: int, j: int) -> bool:
    return bool(int(case.system.neighbours[i]) >> j & 1)


ASKED: Mapping[str, Callable[[Desk, State, Mapping[str, Any]], Work]] = {
    "best": lambda desk, state, told: find_best(desk, state, bool(told.get("locked"))),
    "repair": lambda desk, state, _: find_repair(desk, state),
    "near": lambda desk, state, told: find_near(desk, state, float(told.get("percent", 1.0))),
}
"""What a page may ask for, by the word it asks with."""
