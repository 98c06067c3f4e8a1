"""What a plan proves and rests on, in sentences that every view shares."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from optimiser.spelling import title_plan

if TYPE_CHECKING:  # the help of commands that use these words is instant
    from optimiser.inputs.dataset import Dataset
    from optimiser.plan.plan import Outcome, Plan

_STOPPED = {"time_limit": "The time limit came first", "interrupted": "The run was interrupted"}


def state_title(plan: Plan) -> str:
    """The plan's name and size, as a heading."""
    name = title_plan(plan.name)
    if plan.name == "optimal":
        name = "Best plan" if plan.outcome.status == "optimal" else "Best plan found"
    return f"{name}: {count(len(plan.footprints), 'footprint')}"


def state_objective(plan: Plan) -> str:
    """The objective in a few words."""
    return f"score {plan.objective:,.1f} £m-equivalents"


def state_proof(outcome: Outcome) -> str:
    """How good the plan is and over what that is proven, in a sentence or two."""
    scope = f" {outcome.scope.statement}" if outcome.scope else ""
    if outcome.status == "evaluated":
        return f"This plan was given, not searched for.{_state_bound(outcome)}"
    if outcome.gap is None:
        return f"{_STOPPED.get(outcome.status, 'Done')}: an estimate, of which no bound is claimed."
    if outcome.status == "optimal" and outcome.gap == 0:
        return f"Proven best.{scope}"
    if outcome.gap >= 1:
        return (
            f"{_STOPPED.get(outcome.status, 'Done')}: an estimate, without a bound of use.{scope}"
        )
    estimate = "an estimate, " if outcome.status in _STOPPED else ""
    reason = _STOPPED.get(outcome.status, "Done within the gap asked for")
    share = f"{outcome.gap:.3%}" if outcome.gap < 0.01 else f"{outcome.gap:.1%}"
    return (
        f"{reason}: {estimate}no plan scores more than {share} less.{_state_bound(outcome)}{scope}"
    )


def _state_bound(outcome: Outcome) -> str:
    if outcome.bound is None:
        return ""
    return f" No plan within the rules scores less than {outcome.bound:,.1f}."


def state_modelled(dataset: Dataset) -> str:
    """Which inputs are modelled, in one line; says so when the dataset names none."""
    if not dataset.about.modelled:
        return "Modelled inputs: none named by the dataset."
    return f"Modelled inputs: {'; '.join(it.rstrip('.') for it in dataset.about.modelled)}."


RULES = {
    "count": "number of footprints",
    "population_m": "people of a footprint",
    "members": "ICBs of a footprint",
    "spend_m": "money of a footprint",
    "max_travel_minutes": "travel to the lead",
    "contiguous": "linked through neighbours",
    "max_cv": "budgets too volatile",
    "min_providers": "providers of a service",
    "min_patients": "patients of a service",
}
"""Rules whose names say little to a reader; others are read off their names."""


def say_rule(rule: str) -> str:
    """A rule in a few words."""
    return RULES.get(rule, rule.removesuffix("_m").replace("_", " "))


def join(names: Sequence[str], most: int = 6) -> str:
    """Names in a sentence; beyond ``most`` the others are counted."""
    shown = list(names[:most])
    left = len(names) - len(shown)
    if left:
        return f"{', '.join(shown)} and {left} more"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def count(number: int, noun: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def wrap(text: str, width: int) -> str:
    """Text in lines of at most ``width`` characters, whole words."""
    return "\n".join(textwrap.wrap(text, width, break_long_words=False))


def shorten(text: str, most: int) -> str:
    """Text of at most ``most`` characters; a mark stands for what is cut."""
    return text if len(text) <= most else text[: most - 1].rstrip(" ,(+") + "…"


def spell(number: int) -> str:
    """A number up to ten as a word."""
    words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    return words[number] if 0 <= number < len(words) else f"{number:,}"
