"""A minimal set of clashing rules (an irreducible infeasible set), by a deletion filter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optimiser.questions.explain.feasibility import Feasibility
from optimiser.questions.explain.map_rules import list_rules
from optimiser.questions.explain.rules import Rule, Variant, must_hold


@dataclass(frozen=True)
class ConflictSet:
    """Rules that no plan obeys together.

    Attributes:
        rules: the rules.
        minimal: it is proven that without any one of them the others can be obeyed.
        unsure: rules that may not be needed, for time or the length of a list.
    """

    rules: tuple[Rule, ...]
    minimal: bool
    unsure: tuple[str, ...] = ()


def relevant_rules(variant: Variant) -> tuple[Rule, ...]:
    """The rules that can make a variant impossible: those of services only where some must be local.

    Where none must, all may be national, and no threshold or ceiling stands in the way.
    """
    must = must_hold(variant)
    return tuple(rule for rule in list_rules(variant) if not rule.service or must)


def without(variant: Variant, rules: Iterable[Rule]) -> Variant:
    """A variant less some rules."""
    for rule in rules:
        variant = rule.off(variant)
    return variant


def find_conflict_set(
    feasibility: Feasibility, variant: Variant, rules: Sequence[Rule]
) -> ConflictSet:
    """Deletion filter: drop each rule without which it is still impossible.

    Rules of one setting are tried as a group first. A rule that is kept was needed when it was tried,
    so it is needed in the smaller set that is left: the set is minimal (Chinneck and Dravnieks 1991).
    """
    kept, sure = list(rules), set[str]()
    try:
        for group in _by_setting(rules):
            if len(group) > 1 and _still_impossible(feasibility, variant, rules, kept, group):
                kept = [rule for rule in kept if rule not in group]
        # Twice: what stayed open among many rules is often plain among the few that are left.
        for _ in range(2):
            for rule in [rule for rule in kept if rule.name not in sure]:
                verdict = _still_impossible(feasibility, variant, rules, kept, [rule])
                if verdict:
                    kept.remove(rule)
                elif verdict is False:
                    sure.add(rule.name)
    except TimeoutError:
        pass
    unsure = tuple(rule.name for rule in kept if rule.name not in sure)
    return ConflictSet(tuple(kept), not unsure, unsure)


def _by_setting(rules: Sequence[Rule]) -> list[list[Rule]]:
    settings = dict.fromkeys(rule.setting for rule in rules)
    return [[rule for rule in rules if rule.setting == setting] for setting in settings]


def _still_impossible(
    feasibility: Feasibility,
    variant: Variant,
    rules: Sequence[Rule],
    kept: Sequence[Rule],
    group: Sequence[Rule],
) -> bool | None:
    """Whether the kept rules clash without a group of them; None when it was not settled."""
    dropped = [rule for rule in rules if rule not in kept or rule in group]
    possible = feasibility.check(without(variant, dropped)).possible
    return None if possible is None else not possible
