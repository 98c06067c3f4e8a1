"""Smallest sets of rules whose loosening makes a plan possible: hitting sets of the conflict sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from optimiser.deadline import Deadline
from optimiser.questions.explain.conflict_set import ConflictSet, find_conflict_set, without
from optimiser.questions.explain.feasibility import Feasibility
from optimiser.questions.explain.rules import Rule, Scale, Variant

MOST_RELAXATIONS = 6
"""With so many at hand no larger set is looked for: a reader compares no more."""
DEEPEST = 3
"""Most rules of one relaxation: the sets multiply, and nobody changes four rules at once."""
SINGLE_PATIENCE = 20.0
"""Seconds for the check whether dropping a set of rules is enough."""
PAIRS_SECONDS = 15.0
"""Once a relaxation is known, those of several rules are looked for no longer than this."""
MOST_OPEN = 2
"""Checks of one number that may stay open before the number found is taken."""


@dataclass(frozen=True)
class RuleRelaxation:
    """A smallest set of rules whose loosening makes a plan possible.

    Attributes:
        rules: the rules.
        changes: the change of each, in words.
        variant: the variant after it.
        least: every smaller change of its numbers is proven not to do.
    """

    rules: tuple[Rule, ...]
    changes: tuple[str, ...]
    variant: Variant
    least: bool


def list_relaxations(
    feasibility: Feasibility, variant: Variant, rules: Sequence[Rule], conflict: ConflictSet
) -> tuple[list[RuleRelaxation], bool]:
    """Smallest relaxations, fewest rules first: each holds a rule of every conflict set.

    Returns:
        the relaxations; whether every smallest one was looked at.
    """
    search = _HittingSets(feasibility, variant, rules, [conflict], conflict.minimal)
    try:
        search.run(conflict)
    except TimeoutError:
        search.complete = False
    return search.found, search.complete


@dataclass
class _HittingSets:
    """Breadth first over sets of rules that hit every conflict set met so far (Reiter 1987)."""

    feasibility: Feasibility
    variant: Variant
    rules: Sequence[Rule]
    known: list[ConflictSet]
    complete: bool
    found: list[RuleRelaxation] = field(default_factory=list)

    def run(self, conflict: ConflictSet) -> None:
        """Look at single rules, then pairs, then threes, as far as time and number allow."""
        until = Deadline.after(PAIRS_SECONDS)
        waiting: list[tuple[tuple[Rule, ...], ConflictSet]] = [((), conflict)]
        while waiting:
            dropped, here = waiting.pop(0)
            for rule in here.rules:
                if self.found and dropped and until.passed:
                    self.complete = False
                    return
                trial = (*dropped, rule)
                if any(set(smaller.rules) <= set(trial) for smaller in self.found):
                    continue
                further = self._try(trial)
                waiting += [] if further is None else [(trial, further)]

    def _try(self, trial: tuple[Rule, ...]) -> ConflictSet | None:
        """Keep the relaxation where dropping these rules is enough; else what still conflicts."""
        variant = without(self.variant, trial)
        possible = self.feasibility.check(variant, SINGLE_PATIENCE).possible
        if possible is False and len(trial) < DEEPEST and len(self.found) < MOST_RELAXATIONS:
            return self._find_conflict(variant, trial)
        relaxation = None
        if possible is not False:
            relaxation = _relax_rules(self.feasibility, self.variant, trial, possible)
        if relaxation is None:
            self.complete = False
        else:
            self.found.append(relaxation)
        return None

    def _find_conflict(self, variant: Variant, dropped: Sequence[Rule]) -> ConflictSet:
        """A conflict set without the dropped rules: one that is known already, or a new one."""
        names = {rule.name for rule in dropped}
        for conflict in self.known:
            if names.isdisjoint(rule.name for rule in conflict.rules):
                self.complete &= conflict.minimal
                return conflict
        left = [rule for rule in self.rules if rule not in dropped]
        conflict = find_conflict_set(self.feasibility, variant, left)
        self.known.append(conflict)
        self.complete &= conflict.minimal
        return conflict


def _relax_rules(
    feasibility: Feasibility, variant: Variant, rules: tuple[Rule, ...], possible: bool | None
) -> RuleRelaxation | None:
    """The least loosening of these rules that is enough; None where none was found.

    Args:
        feasibility: checks variants.
        variant: what is impossible.
        rules: the rules to loosen.
        possible: whether dropping them all is enough; None when that was not settled.
    """
    changes, place, least = [], variant, True
    for k, rule in enumerate(rules):
        later = rules[k + 1 :]
        steps, sure = _least_steps(feasibility, rule, place, later)
        least &= sure
        if steps is None and possible is None:
            return None
        if steps is None or rule.scale is None:
            place = rule.off(place)
            changes.append(rule.dropping)
        else:
            value = rule.scale.at(steps)
            place = rule.scale.loosen(place, value)
            changes.append(rule.scale.describe(value))
    return RuleRelaxation(rules, tuple(changes), place, least)


def _least_steps(
    feasibility: Feasibility, rule: Rule, variant: Variant, later: Sequence[Rule]
) -> tuple[int | None, bool]:
    """Fewest steps of a number that make a plan possible, the later rules dropped.

    Doubles until it is possible, then halves: a looser number never forbids what a tighter allows.
    Numbers whose check was not settled count as too tight; after a few of them it stops halving.

    Returns:
        the steps, or None where no number does or the rule has none; whether fewer are proven not
        to do.
    """
    if rule.scale is None:
        return None, True
    scale: Scale = rule.scale
    open_ = 0

    def works(steps: int) -> bool:
        nonlocal open_
        changed = without(scale.loosen(variant, scale.at(steps)), later)
        possible = feasibility.check(changed).possible
        open_ += possible is None
        return possible is True

    low, high = 0, 1
    while not works(high):
        if high >= scale.steps:
            return None, not open_
        low, high = high, min((4 if open_ else 2) * high, scale.steps)
    while high - low > 1 and open_ <= MOST_OPEN:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle, high)
    return high, not open_
