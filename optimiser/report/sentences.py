"""What a plan proves and rests on, in sentences that every view shares."""

from __future__ import annotations

from optimiser.data.dataset import Dataset
from optimiser.plan import Outcome, Plan

_STOPPED = {
    "time_limit": "The time limit came first",
    "interrupted": "The run was interrupted",
}


def state_title(plan: Plan) -> str:
    """The plan's name and size, as a heading."""
    name = plan.name.replace("-", " ").replace("_", " ")
    count = len(plan.footprints)
    return f"{name[:1].upper()}{name[1:]}: {count} footprint{'s' if count != 1 else ''}"


def state_objective(plan: Plan) -> str:
    """The objective in a few words."""
    return f"objective £{plan.objective:,.2f}m a year"


def state_proof(outcome: Outcome) -> str:
    """One sentence: how good the plan is and over what that is proven."""
    scope = f" {outcome.scope.statement}" if outcome.scope else ""
    if outcome.status == "optimal" and not outcome.gap:
        return f"Proven best: no plan within the rules costs less.{scope}"
    if outcome.bound is None or outcome.gap is None:
        reason = _STOPPED.get(outcome.status, "This plan was given, not searched for")
        return f"{reason}; no bound is claimed."
    shortfall = f"at most {outcome.gap:.2%} above the best (bound £{outcome.bound:,.2f}m)"
    if outcome.status == "optimal":
        return f"Proven {shortfall}, within the gap asked for.{scope}"
    if outcome.status == "evaluated":
        return f"This plan was given; it is {shortfall}.{scope}"
    return f"{_STOPPED[outcome.status]}: this plan is {shortfall}.{scope}"


def state_modelled(dataset: Dataset) -> str:
    """Which inputs are modelled, in one line; says so when the dataset names none."""
    if not dataset.about.modelled:
        return "Modelled inputs: none named by the dataset."
    return (
        "Modelled inputs: " + "; ".join(item.rstrip(".") for item in dataset.about.modelled) + "."
    )
