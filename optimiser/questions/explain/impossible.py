"""Why no plan meets a scenario: a minimal set of clashing rules, and what would resolve it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from optimiser.errors import FootprintsError, StoppedWithoutPlanError
from optimiser.inputs.checks.windows import check_windows
from optimiser.progress import Report
from optimiser.questions.explain.asking import Answer, Asker
from optimiser.questions.explain.listing import Wish
from optimiser.questions.explain.named import NamedRule, Scale
from optimiser.questions.explain.naming import name_rules, settings_changed
from optimiser.questions.explain.resolve import Resolver, Solved

MOST_REPAIRS = 6
DEEPEST = 3
SINGLE_PATIENCE = 20.0
"""Seconds for the question whether dropping a set of rules is enough."""
PAIRS_SECONDS = 15.0
"""Once a way out is known, those of several rules are looked for no longer than this."""
CLASH_SHARE = 0.5
"""Share of the time left that the clash may take; the ways out take the next share of the rest."""
WAYS_SHARE = 0.6
MOST_OPEN = 2
"""Questions about one number that may stay open before the number found is taken."""


@dataclass(frozen=True)
class Clash:
    """Rules that no plan obeys together.

    Attributes:
        rules: the rules.
        minimal: it is proven that without any one of them the others can be obeyed.
        unsure: rules that may not be needed, for time or the length of a list.
    """

    rules: tuple[NamedRule, ...]
    minimal: bool
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True)
class Impossible:
    """Why no plan exists.

    Attributes:
        causes: causes that were certain at once, in sentences, or what the search saw.
        clash: a minimal set of clashing rules.
        minimal: whether it is proven to be minimal.
        unsure: names of rules of the clash that may not be needed.
        relaxations: one row per way out, the cheapest first: change (in words), rules (their
            names), settings (``section.key`` to value), footprints, cost_m (of the best plan after
            it, £m a year; NaN when time ran out), proven, then a column per term.
        complete: every smallest way out was looked at (of at most three rules).
        notes: what the reader must know.
        asked: how many feasibility questions it took.
        seconds: wall time.
    """

    causes: tuple[str, ...]
    clash: tuple[NamedRule, ...]
    minimal: bool
    unsure: tuple[str, ...]
    relaxations: pd.DataFrame
    complete: bool
    notes: tuple[str, ...]
    asked: int
    seconds: float


def explain_impossible(wish: Wish, resolver: Resolver, report: Report) -> Impossible | None:
    """Find a minimal clash and the ways out; None when a plan exists.

    Raises:
        StoppedWithoutPlanError: it was not settled whether a plan exists.
    """
    asker, started = resolver.asker, time.monotonic()
    asker.first = wish
    try:
        answer = asker.ask(wish, asker.seconds())
    except TimeoutError:
        answer = Answer(None, "The time limit came first.")
    if answer.possible:
        return None
    if answer.possible is None:
        raise StoppedWithoutPlanError(f"Whether a plan exists is not settled. {answer.cause}")
    report("ask", answer.cause)
    rules = relevant_rules(wish)
    with asker.sharing(CLASH_SHARE):
        clash = find_clash(asker, wish, rules)
    report("clash", f"{len(clash.rules)} rules clash, {asker.asked} questions asked")
    with asker.sharing(WAYS_SHARE):
        repairs, complete = _list_repairs(asker, wish, rules, clash)
    report("ways out", f"{len(repairs)} found, {asker.asked} questions asked")
    relaxations = _cost_repairs(resolver, wish, repairs, report)
    return Impossible(
        causes=_list_causes(wish, answer),
        clash=clash.rules,
        minimal=clash.minimal,
        unsure=clash.unsure,
        relaxations=relaxations,
        complete=complete,
        notes=_notes(clash, repairs, complete),
        asked=asker.asked,
        seconds=time.monotonic() - started,
    )


def relevant_rules(wish: Wish) -> tuple[NamedRule, ...]:
    """The rules that can make a wish impossible: those of services only where some must be local.

    Where none must, all may be national, and no threshold or ceiling stands in the way.
    """
    rules = wish.scenario.services
    must = bool(rules.force_local) or rules.min_local_spend_m > 0 or rules.min_local_services > 0
    return tuple(rule for rule in name_rules(wish) if not rule.service or must)


def without(wish: Wish, rules: Iterable[NamedRule]) -> Wish:
    """A wish less some rules."""
    for rule in rules:
        wish = rule.off(wish)
    return wish


def find_clash(asker: Asker, wish: Wish, rules: Sequence[NamedRule]) -> Clash:
    """Deletion filter: let go of each rule without which it is still impossible.

    Lists of like rules are tried as a group first. A rule that is kept was needed when it was tried,
    so it is needed in the smaller set that is left: the clash is minimal.
    """
    kept, sure = list(rules), set[str]()
    try:
        for group in _by_setting(rules):
            if len(group) > 1 and _still_impossible(asker, wish, rules, kept, group):
                kept = [rule for rule in kept if rule not in group]
        # Twice: what stayed open among many rules is often plain among the few that are left.
        for _ in range(2):
            for rule in [rule for rule in kept if rule.name not in sure]:
                verdict = _still_impossible(asker, wish, rules, kept, [rule])
                if verdict:
                    kept.remove(rule)
                elif verdict is False:
                    sure.add(rule.name)
    except TimeoutError:
        pass
    unsure = tuple(rule.name for rule in kept if rule.name not in sure)
    return Clash(tuple(kept), not unsure, unsure)


def _by_setting(rules: Sequence[NamedRule]) -> list[list[NamedRule]]:
    settings = dict.fromkeys(rule.setting for rule in rules)
    return [[rule for rule in rules if rule.setting == setting] for setting in settings]


def _still_impossible(
    asker: Asker,
    wish: Wish,
    rules: Sequence[NamedRule],
    kept: Sequence[NamedRule],
    group: Sequence[NamedRule],
) -> bool | None:
    """Whether the kept rules clash without a group of them; None when it was not settled."""
    dropped = [rule for rule in rules if rule not in kept or rule in group]
    possible = asker.ask(without(wish, dropped)).possible
    return None if possible is None else not possible


@dataclass(frozen=True)
class Repair:
    """A smallest set of rules whose loosening makes a plan possible.

    Attributes:
        rules: the rules.
        changes: the change of each, in words.
        wish: the wish after it.
        least: every smaller change of its numbers is proven not to do.
    """

    rules: tuple[NamedRule, ...]
    changes: tuple[str, ...]
    wish: Wish
    least: bool


def _list_repairs(
    asker: Asker, wish: Wish, rules: Sequence[NamedRule], clash: Clash
) -> tuple[list[Repair], bool]:
    """Ways out, fewest rules first: every way out holds a rule of each clash (a hitting set).

    Returns:
        the ways out; whether every smallest one was looked at.
    """
    found: list[Repair] = []
    known = [clash]
    waiting: list[tuple[tuple[NamedRule, ...], Clash]] = [((), clash)]
    complete = clash.minimal
    until = time.monotonic() + PAIRS_SECONDS
    try:
        while waiting:
            dropped, here = waiting.pop(0)
            for rule in here.rules:
                trial = (*dropped, rule)
                if found and dropped and time.monotonic() > until:
                    return found, False
                if any(set(one.rules) <= set(trial) for one in found):
                    continue
                possible = asker.ask(without(wish, trial), SINGLE_PATIENCE).possible
                repair = None if possible is False else _try_repair(asker, wish, trial, possible)
                if repair is not None:
                    found.append(repair)
                elif possible is False and len(trial) < DEEPEST and len(found) < MOST_REPAIRS:
                    left = [one for one in rules if one not in trial]
                    further = _clash_without(trial, known)
                    if further is None:
                        further = find_clash(asker, without(wish, trial), left)
                        known.append(further)
                    complete &= further.minimal
                    waiting.append((trial, further))
                else:
                    complete = False
    except TimeoutError:
        complete = False
    return found, complete


def _clash_without(dropped: Sequence[NamedRule], known: Sequence[Clash]) -> Clash | None:
    """A clash that is known already and holds none of the dropped rules."""
    names = {rule.name for rule in dropped}
    return next(
        (clash for clash in known if names.isdisjoint(rule.name for rule in clash.rules)), None
    )


def _try_repair(
    asker: Asker, wish: Wish, rules: tuple[NamedRule, ...], possible: bool | None
) -> Repair | None:
    """The least loosening of these rules that is enough; None where none was found.

    Args:
        asker: answers questions.
        wish: what is impossible.
        rules: the rules to loosen.
        possible: whether dropping them all is enough; None when that was not settled.
    """
    changes, place, least = [], wish, True
    for k, rule in enumerate(rules):
        later = rules[k + 1 :]
        steps, sure = _least_steps(asker, rule, place, later)
        least &= sure
        if steps is None and possible is None:
            return None
        if steps is None or rule.scale is None:
            place = rule.off(place)
            changes.append(rule.dropping)
        else:
            value = rule.scale.at(steps)
            place = rule.scale.loosen(place, value)
            changes.append(rule.scale.say(value))
    return Repair(rules, tuple(changes), place, least)


def _least_steps(
    asker: Asker, rule: NamedRule, wish: Wish, later: Sequence[NamedRule]
) -> tuple[int | None, bool]:
    """Fewest steps of a number that make a plan possible, the later rules dropped.

    Doubles until it is possible, then halves: a looser number never forbids what a tighter allows.
    Numbers whose question was not settled count as too tight; after a few of them it stops halving.

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
        changed = without(scale.loosen(wish, scale.at(steps)), later)
        possible = asker.ask(changed).possible
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


def _cost_repairs(
    resolver: Resolver, wish: Wish, repairs: Sequence[Repair], report: Report
) -> pd.DataFrame:
    """One row per way out, ranked by what the best plan after it costs."""
    rows = []
    for k, repair in enumerate(repairs):
        with resolver.asker.sharing(1 / (len(repairs) - k)):
            solved, note = _try_solve(resolver, repair.wish)
        if not repair.least:
            note = f"{note} (a smaller change may do: that was not settled in time)".strip()
        rows.append(_describe_repair(wish, repair, solved, note))
        report("cost", f"{rows[-1]['change']}: {_tell_cost(solved)} {note}".rstrip())
    columns = ["change", "rules", "settings", "footprints", "cost_m", "proven", "note"]
    frame = pd.DataFrame(rows, columns=None if rows else columns)
    return frame.sort_values("cost_m", kind="stable", na_position="last", ignore_index=True)


def _describe_repair(
    wish: Wish, repair: Repair, solved: Solved | None, note: str
) -> dict[str, object]:
    return {
        "change": "; ".join(repair.changes),
        "rules": "; ".join(rule.name for rule in repair.rules),
        "settings": settings_changed(wish.scenario, repair.wish.scenario),
        "footprints": None if solved is None else len(solved.masks),
        "cost_m": float("nan") if solved is None else solved.cost_m,
        "proven": solved is not None and solved.proven,
        "note": note,
        **({} if solved is None else {f"{t}_m": v for t, v in solved.terms_m.items()}),
    }


def _tell_cost(solved: Solved | None) -> str:
    return "not found" if solved is None else f"£{solved.cost_m:,.2f}m a year"


def _try_solve(resolver: Resolver, wish: Wish) -> tuple[Solved | None, str]:
    """The best plan; where time runs out, one that the questions came upon, if there is any."""
    try:
        solved = resolver.solve(wish)
    except (TimeoutError, StoppedWithoutPlanError):
        at_hand = resolver.cost_at_hand(wish)
        return at_hand, "(no time left to find the best plan)"
    except FootprintsError as error:
        return None, f"({error})"
    return solved, solved.scope


def _list_causes(wish: Wish, answer: Answer) -> tuple[str, ...]:
    faults = check_windows(wish.scenario, wish.dataset, wish.scenario.name)
    said = [answer.cause, *(fault.remedy for fault in faults)]
    return tuple(dict.fromkeys(said))


def _notes(clash: Clash, repairs: Sequence[Repair], complete: bool) -> tuple[str, ...]:
    notes = []
    if not clash.minimal:
        notes.append(
            "The clash is proven, but not that it is minimal: time, or the number of possible "
            f"footprints, left open whether these are needed: {', '.join(clash.unsure)}."
        )
    if repairs and all(len(repair.rules) > 1 for repair in repairs):
        notes.append(
            "More than one set of rules clashes, so no single change is enough: each way out changes "
            "several rules."
        )
    if not complete:
        notes.append("There may be further ways out that were not looked at.")
    return tuple(notes)
