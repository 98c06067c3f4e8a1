"""Evaluated plans in words and as one table: the same measures, the same scale."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from optimiser.plan.plan import Plan
from optimiser.questions.solve import Evaluation


def summarise_evaluations(evaluations: Sequence[Evaluation]) -> pd.DataFrame:
    """One row per plan, the optimum first.

    Returns:
        plan, footprints, local_spend_m, leakage_m, leakage_share (of local spend),
        all_leakage_share (of all spend), volatility_m, objective, gap_to_optimum (a share), and
        broken_rules (tuple of names).
    """
    best = [one.optimum for one in evaluations if one.optimum is not None][:1]
    rows = [{**_measure(plan), "gap_to_optimum": 0.0, "broken_rules": ()} for plan in best]
    for one in evaluations:
        found = {"gap_to_optimum": one.gap_to_optimum, "broken_rules": tuple(list_broken(one))}
        rows.append({**_measure(one.plan), **found})
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
    table = plan.footprints
    local, leaked = table["local_spend_m"].sum(), table["leakage_m"].sum()
    spend = table["spend_m"].sum()
    return {
        "plan": plan.name,
        "footprints": len(table),
        "local_spend_m": local,
        "leakage_m": leaked,
        "leakage_share": leaked / local if local else None,
        "all_leakage_share": (table["all_leakage_share"] * table["spend_m"]).sum() / spend,
        "volatility_m": table["volatility_m"].sum(),
        "objective": plan.objective,
    }
