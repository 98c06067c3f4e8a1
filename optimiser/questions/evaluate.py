"""Given plans on the scale of a scenario: their measures, their gap to the best plan, broken rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import engine_settings, is_unlisted
from optimiser.errors import NoPlanError
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.plans import read_grouping
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.given_levels import read_given_levels
from optimiser.plan.plan import Plan, measure_headlines
from optimiser.progress import Report, silent
from optimiser.proof.referee import BrokenRule, check_plan
from optimiser.questions.case import Case, SolvedPlan, open_case
from optimiser.questions.groupings import Grouping, Levels, measure_grouping
from optimiser.questions.solve import solve_case

LEAST_TOLD = 5e-6
"""Shares of the avoidable score below which two plans score the same: less than print has room for."""


@dataclass(frozen=True, repr=False)
class Evaluation:
    """A given plan on the scenario's scale.

    Attributes:
        plan: the plan, measured at its best levels (or the levels given).
        optimum: the best plan, where it was found.
        gap_to_optimum: (score - optimum) / avoidable score of the optimum, a share, or None.
        broken_rules: rules of the scenario that the plan breaks.
    """

    plan: SolvedPlan
    optimum: SolvedPlan | None
    gap_to_optimum: float | None
    broken_rules: tuple[BrokenRule, ...]

    @property
    def dataset(self) -> Dataset:
        """What it was measured on."""
        return self.plan.dataset

    def save(self, folder: str | Path | None = None, *, report: Report = silent) -> Path:
        """Save the plan as a run folder; its manifest says the gap and the broken rules."""
        return self.plan.save(folder, findings=describe_evaluation(self), report=report)

    def summary(self) -> str:
        """What ``footprints evaluate`` prints: the plan, its gap and the rules it breaks."""
        from optimiser.reports.text import describe_broken

        broken = describe_broken(list_broken(self))
        return "\n\n".join([self.plan.summary(), self._state_gap(), broken])

    def map(self, folder: str | Path) -> list[Path]:
        """Draw the plan as ``map.png`` and ``map.svg`` in a folder."""
        return self.plan.map(folder)

    def __repr__(self) -> str:
        gap = self.gap_to_optimum
        told = "gap not known" if gap is None else f"{gap:.2%} above the best plan"
        return f"{self.plan!r}"[:-1] + f", {told}, {len(list_broken(self))} rules broken>"

    def _state_gap(self) -> str:
        from optimiser.reports.text import wrap

        best, gap = self.optimum, self.gap_to_optimum
        if best is None or gap is None:
            return "How far it is from the best plan was not asked."
        more = self.plan.objective - best.objective
        size = f"{len(best.footprints)} footprints and scores {best.objective:,.1f}"
        if abs(gap) < LEAST_TOLD:
            return wrap(f"It scores the same as the best plan, which has {size}.")
        side, place = ("more", "above") if more > 0 else ("less", "below")
        why = "" if more > 0 else ", which it may as it breaks rules"
        return wrap(
            f"It scores {abs(more):,.1f} £m-equivalents {side} than the best plan within the rules"
            f"{why}: {abs(gap):.1%} {place} it on what a plan can change. The best plan has {size}."
        )


def evaluate(
    scenario: Scenario | str | Path,
    plan: str | Path | Grouping,
    dataset: Dataset | str | Path | None = None,
    *,
    services: str | Path | None = None,
    no_optimum: bool = False,
    report: Report = silent,
) -> Evaluation:
    """Score a given grouping and say how far it is from the best plan.

    Args:
        scenario: the scenario whose scale and rules apply, or its file.
        plan: name of a carried plan, a CSV file of icb and footprint, or footprint to ICBs.
        dataset: the inputs; read from where the scenario says when None.
        services: CSV file of service, footprint and level; the best levels where none is given.
        no_optimum: leave out the search for the best plan, which may take long.
        report: told of each step.

    Raises:
        InputError: the inputs or the plan have faults.
    """
    with Highs() as highs:
        case = open_case(scenario, dataset, silent if no_optimum else report)
        _check_given(case, plan, services)
        highs.settings = engine_settings(case.system)
        best = None if no_optimum else _best_if_any(case, highs, report)
        return score_case(case, highs, plan, services, best)


def _check_given(case: Case, plan: str | Path | Grouping, services: str | Path | None) -> None:
    """Tell faults of what was given before the best plan is searched for, which may take long."""
    _, grouping = read_grouping(plan, case.dataset)
    if services is not None:
        read_given_levels(services, case.system, list(grouping), case.dataset.folder)


def _best_if_any(case: Case, highs: Highs, report: Report) -> SolvedPlan | None:
    """The best plan, or None where there is none or the map is too large (the user is told)."""
    if is_unlisted(case.system):
        report("solve", "the best plan is not searched for, which takes minutes: footprints solve")
        return None
    try:
        return solve_case(case, highs, report)
    except NoPlanError as error:
        report("solve", str(error))
        return None


def evaluate_all(
    scenario: Scenario | str | Path,
    dataset: Dataset | str | Path | None = None,
    *,
    report: Report = silent,
) -> tuple[Evaluation, ...]:
    """Score every carried plan of the dataset against the best plan, which is solved once."""
    with Highs() as highs:
        case = open_case(scenario, dataset, report)
        highs.settings = engine_settings(case.system)
        best = _best_if_any(case, highs, report)
        return tuple(score_case(case, highs, name, None, best) for name in case.dataset.plans)


def score_case(
    case: Case,
    highs: Highs,
    plan: str | Path | Grouping,
    services: Levels,
    optimum: SolvedPlan | None,
) -> Evaluation:
    """Score a grouping on an open case; levels as in :func:`measure_grouping`."""
    bound = None if optimum is None else optimum.outcome.bound
    measured = measure_grouping(case, highs, plan, services, bound)
    broken = check_plan(measured, case.dataset, case.scenario)
    return Evaluation(measured, optimum, measure_gap(measured, optimum), broken)


def measure_gap(plan: Plan, optimum: Plan | None) -> float | None:
    """How far a plan's score is above the best, as a share of what the best could avoid, or None."""
    if optimum is None:
        return None
    avoidable = measure_headlines(optimum).avoidable_score
    return (plan.objective - optimum.objective) / max(abs(avoidable), 1e-9)


def summarise_evaluations(evaluations: Sequence[Evaluation]) -> pd.DataFrame:
    """One row per plan, the optimum first.

    Returns:
        plan, the fields of :class:`~optimiser.plan.plan.Headlines`, gap_to_optimum (a share of
        the best plan's avoidable score), and broken_rules (tuple of names).
    """
    best = [evaluation.optimum for evaluation in evaluations if evaluation.optimum is not None][:1]
    rows = [{**_measure(plan), "gap_to_optimum": 0.0, "broken_rules": ()} for plan in best]
    for evaluation in evaluations:
        found = {
            "gap_to_optimum": evaluation.gap_to_optimum,
            "broken_rules": tuple(list_broken(evaluation)),
        }
        rows.append({**_measure(evaluation.plan), **found})
    return pd.DataFrame(rows)


def describe_evaluation(evaluation: Evaluation) -> dict[str, object]:
    """What an evaluation adds to the words of a manifest."""
    best = evaluation.optimum
    return {
        "gap_to_optimum": evaluation.gap_to_optimum,
        "optimum": None if best is None else _measure(best),
        "broken_rules": list(evaluation.broken_rules),
    }


def list_broken(evaluation: Evaluation) -> dict[str, list[str]]:
    """Each broken rule's name with its sentences, in the referee's order."""
    broken: dict[str, list[str]] = {}
    for rule in evaluation.broken_rules:
        broken.setdefault(rule.rule, []).append(rule.sentence)
    return broken


def _measure(plan: Plan) -> dict[str, object]:
    return {"plan": plan.name, **asdict(measure_headlines(plan))}
