"""Why no plan meets a scenario: a minimal set of clashing rules, and what would resolve it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from optimiser.errors import FootprintsError, StoppedWithoutPlanError
from optimiser.inputs.checks.windows import check_windows
from optimiser.progress import Report
from optimiser.questions.explain.conflict_set import ConflictSet, find_conflict_set, relevant_rules
from optimiser.questions.explain.feasibility import Verdict
from optimiser.questions.explain.map_rules import settings_changed
from optimiser.questions.explain.relaxations import RuleRelaxation, list_relaxations
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved
from optimiser.questions.explain.rules import Rule, Variant

CONFLICT_SHARE = 0.5
"""Share of the time left that the conflict set may take. Half: without it there is nothing to relax."""
RELAXATIONS_SHARE = 0.6
"""Share of the rest for the relaxations; what is left finds the cost of each."""


@dataclass(frozen=True)
class Impossible:
    """Why no plan exists.

    Attributes:
        causes: causes that were certain at once, in sentences, or what the search saw.
        clash: a minimal set of clashing rules.
        minimal: whether it is proven to be minimal.
        unsure: names of rules of the clash that may not be needed.
        relaxations: one row per relaxation, the cheapest first: change (in words), rules (their
            names), settings (``section.key`` to value), footprints, cost_m (of the best plan after
            it, £m-equivalents; NaN when time ran out), proven, then a column per term.
        complete: every smallest relaxation was looked at (of at most three rules).
        notes: what the reader must know.
        asked: how many checks of feasibility it took.
        seconds: wall time.
    """

    causes: tuple[str, ...]
    clash: tuple[Rule, ...]
    minimal: bool
    unsure: tuple[str, ...]
    relaxations: pd.DataFrame
    complete: bool
    notes: tuple[str, ...]
    asked: int
    seconds: float


def explain_impossible(
    variant: Variant, reoptimiser: Reoptimiser, report: Report
) -> Impossible | None:
    """Find a conflict set and its relaxations; None when a plan exists.

    Raises:
        StoppedWithoutPlanError: it was not settled whether a plan exists.
    """
    feasibility, started = reoptimiser.feasibility, time.monotonic()
    feasibility.first = variant
    try:
        verdict = feasibility.check(variant, feasibility.deadline.left())
    except TimeoutError:
        verdict = Verdict(None, "The time limit came first.")
    if verdict.possible:
        return None
    if verdict.possible is None:
        raise StoppedWithoutPlanError(f"Whether a plan exists is not settled. {verdict.cause}")
    report("ask", verdict.cause)
    rules = relevant_rules(variant)
    with feasibility.sharing(CONFLICT_SHARE):
        conflict = find_conflict_set(feasibility, variant, rules)
    report("clash", f"{len(conflict.rules)} rules clash, {feasibility.checks} questions asked")
    with feasibility.sharing(RELAXATIONS_SHARE):
        relaxations, complete = list_relaxations(feasibility, variant, rules, conflict)
    report("relaxations", f"{len(relaxations)} found, {feasibility.checks} questions asked")
    return Impossible(
        causes=_list_causes(variant, verdict),
        clash=conflict.rules,
        minimal=conflict.minimal,
        unsure=conflict.unsure,
        relaxations=_cost_relaxations(reoptimiser, variant, relaxations, report),
        complete=complete,
        notes=_notes(conflict, relaxations, complete),
        asked=feasibility.checks,
        seconds=time.monotonic() - started,
    )


def _cost_relaxations(
    reoptimiser: Reoptimiser,
    variant: Variant,
    relaxations: Sequence[RuleRelaxation],
    report: Report,
) -> pd.DataFrame:
    """One row per relaxation, ranked by what the best plan after it costs."""
    rows = []
    for k, relaxation in enumerate(relaxations):
        with reoptimiser.feasibility.sharing(1 / (len(relaxations) - k)):
            solved, note = _try_solve(reoptimiser, relaxation.variant)
        if not relaxation.least:
            note = f"{note} (a smaller change may do: that was not settled in time)".strip()
        rows.append(_describe_relaxation(variant, relaxation, solved, note))
        report("cost", f"{rows[-1]['change']}: {_describe_cost(solved)} {note}".rstrip())
    columns = ["change", "rules", "settings", "footprints", "cost_m", "proven", "note"]
    frame = pd.DataFrame(rows, columns=None if rows else columns)
    return frame.sort_values("cost_m", kind="stable", na_position="last", ignore_index=True)


def _describe_relaxation(
    variant: Variant, relaxation: RuleRelaxation, solved: Solved | None, note: str
) -> dict[str, object]:
    return {
        "change": "; ".join(relaxation.changes),
        "rules": "; ".join(rule.name for rule in relaxation.rules),
        "settings": settings_changed(variant.scenario, relaxation.variant.scenario),
        "footprints": None if solved is None else len(solved.masks),
        "cost_m": float("nan") if solved is None else solved.cost_m,
        "proven": solved is not None and solved.proven,
        "note": note,
        **({} if solved is None else {f"{t}_m": v for t, v in solved.terms_m.items()}),
    }


def _describe_cost(solved: Solved | None) -> str:
    return "not found" if solved is None else f"score {solved.cost_m:,.2f}"


def _try_solve(reoptimiser: Reoptimiser, variant: Variant) -> tuple[Solved | None, str]:
    """The best plan; where time runs out, one that a check came upon, if any did."""
    try:
        solved = reoptimiser.solve(variant)
    except (TimeoutError, StoppedWithoutPlanError):
        known = reoptimiser.cost_known_plan(variant)
        return known, "(no time left to find the best plan)"
    except FootprintsError as error:
        return None, f"({error})"
    if solved.proven or solved.scope:
        return solved, solved.scope
    least = solved.bound_m
    return solved, f"(no plan less than {least:,.1f})" if math.isfinite(least) else ""


def _list_causes(variant: Variant, verdict: Verdict) -> tuple[str, ...]:
    faults = check_windows(variant.scenario, variant.dataset, variant.scenario.name)
    sentences = [verdict.cause, *(fault.remedy for fault in faults)]
    return tuple(dict.fromkeys(sentences))


def _notes(
    conflict: ConflictSet, relaxations: Sequence[RuleRelaxation], complete: bool
) -> tuple[str, ...]:
    notes = []
    if not conflict.minimal:
        notes.append(
            "The clash is proven, but not that it is minimal: time, or the number of possible "
            f"footprints, left open whether these are needed: {', '.join(conflict.unsure)}."
        )
    if relaxations and all(len(relaxation.rules) > 1 for relaxation in relaxations):
        notes.append(
            "More than one set of rules clashes, so no single change is enough: each way out changes "
            "several rules."
        )
    if not complete:
        notes.append("There may be further relaxations that were not looked at.")
    return tuple(notes)
