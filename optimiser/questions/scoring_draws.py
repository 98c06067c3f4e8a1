"""One draw of the inputs after another, each solved to proof and every plan scored on it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Floats, Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import engine_settings, settle_levels, solve_system
from optimiser.errors import NoPlanError, StoppedWithoutPlanError
from optimiser.footprints.levels import COLLECTIVE, NATIONAL, free_services, measure_levels
from optimiser.footprints.measures import measure_scope_leakage
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System, build_system
from optimiser.inputs.draws import Uncertainty, draw_dataset
from optimiser.inputs.spreads import Spreads, draw_chain, draw_weights
from optimiser.plan.measure_plan import level_of_services
from optimiser.progress import Report
from optimiser.questions.case import Case
from optimiser.workers import open_pool


@dataclass(frozen=True)
class Ask:
    """What every worker is given once.

    Attributes:
        case: the inputs as they are.
        spreads: what is drawn, by column.
        chance: noise of one year on top.
        plans: plans that are scored in every draw, by name.
        seed: of the draws.
    """

    case: Case
    spreads: Spreads
    chance: Uncertainty
    plans: Mapping[str, Masks]
    seed: int


@dataclass(frozen=True)
class Drawn:
    """What came of one draw.

    Attributes:
        name: of the draw or what-if.
        best_m: proven optimum, £m-equivalents.
        optimum: its footprints.
        cost_m: score of each plan at its best levels; infinite where it breaks a rule.
        outside_share: in-scope care outside the footprint, of each plan and then of the optimum.
        held: share of residents for whom each free service is held collectively, and by single ICBs,
            in the optimum, (services, 2).
    """

    name: str
    best_m: float
    optimum: Masks
    cost_m: Floats
    outside_share: Floats
    held: Floats


def draw_all(ask: Ask, draws: int, workers: int | None, report: Report) -> Iterator[Drawn]:
    """Every draw in its order, worked on by several processes."""
    crew = min(draws, workers or os.cpu_count() or 1)
    if crew <= 1:
        _begin(ask)
        results: Iterator[Drawn] = map(_draw_and_score, range(draws))
        yield from _report_each(results, report)
        return
    with open_pool(crew, _begin, (ask,)) as pool:
        yield from _report_each(pool.map(_draw_and_score, range(draws)), report)


def _report_each(results: Iterator[Drawn], report: Report) -> Iterator[Drawn]:
    for drawn in results:
        report("draw", tell_draw(drawn))
        yield drawn


def tell_draw(drawn: Drawn) -> str:
    """A draw in a few words: its best score, and how the best plan of the inputs as they are fares."""
    regret = max(float(drawn.cost_m[0]) - drawn.best_m, 0.0)
    how = "breaks a rule" if np.isinf(regret) else f"scores {regret:,.2f} more"
    return f"{drawn.name}: best score {drawn.best_m:,.2f}, the best plan {how}"


_ASK: list[Ask] = []
"""What this process works on; one process serves one question."""


def _begin(ask: Ask) -> None:
    _ASK[:] = [ask]


def _draw_and_score(k: int) -> Drawn:
    """Draw k: the same whoever works on it."""
    (ask,) = _ASK
    random = np.random.default_rng([ask.seed, k])
    scenario = draw_weights(ask.case.scenario, random)
    drawn = draw_dataset(draw_chain(ask.case.dataset, ask.spreads, random), ask.chance, random)
    system = build_system(drawn, scenario)
    with Highs(engine_settings(system)) as highs:
        return score_draw(f"draw {k + 1}", system, highs, ask)


def score_draw(name: str, system: System, highs: Highs, ask: Ask) -> Drawn:
    """The optimum of some inputs, proven, and every plan on them.

    Raises:
        StoppedWithoutPlanError: it was not solved in time.
    """
    seconds = system.scenario.solver.time_limit
    solution = solve_system(system, highs, seconds)
    if solution.status != "optimal":
        raise StoppedWithoutPlanError(f"{name} was not solved within {seconds:g} s.")
    groupings = [*ask.plans.values(), solution.masks]
    scope_m = float(system.scope_spend_m.sum())
    return Drawn(
        name,
        solution.objective,
        np.sort(solution.masks),
        np.array([cost_in(system, highs, masks) for masks in ask.plans.values()]),
        np.array([measure_scope_leakage(system, masks).sum() / scope_m for masks in groupings]),
        _measure_held(system, solution.masks, solution.choice),
    )


def _measure_held(system: System, masks: Masks, choice: np.ndarray) -> Floats:
    """Share of residents for whom each free service is collective, and individual, (services, 2)."""
    free = free_services(system)
    levels = measure_levels(system, masks, free)
    taken = level_of_services(system, choice)[:, free]
    local = np.zeros(len(free))
    together = np.zeros(len(free))
    for place, level in enumerate(system.scenario.services.levels):
        if level == NATIONAL:
            continue
        amount = np.where(taken == place, levels.total("local_services", level), 0.0).sum(axis=0)
        local += amount
        together += amount if level in COLLECTIVE else 0.0
    return np.stack([together, local - together], axis=1)


def cost_in(system: System, highs: Highs, masks: Masks) -> float:
    """Score of a grouping at its best levels; infinite when it breaks a rule."""
    if not all(rule.keeps(masks).all() for rule in footprint_rules(system)):
        return np.inf
    try:
        return settle_levels(system, highs, masks)[1]
    except NoPlanError:
        return np.inf
