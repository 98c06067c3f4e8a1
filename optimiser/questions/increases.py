"""What it would take: the smallest increases of scores for a mode, or for a service to go local."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Ints
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.levels import (
    COLLABORATIVE,
    FOOTPRINT,
    ICB,
    NATIONAL,
    check_local_rules,
)
from optimiser.footprints.measures import (
    DELEGATED,
    JOINT,
    MODES,
    Measures,
    measure_footprints,
)
from optimiser.footprints.score_increases import (
    Increases,
    find_increases,
    measure_effort,
)
from optimiser.footprints.system import System
from optimiser.inputs.dataset import PDAF_DOMAINS
from optimiser.inputs.local_services import REASONS
from optimiser.plan.reasons import state_broken_rule

ALREADY, INCREASES, OUT_OF_REACH = "already", "increases", "out_of_reach"
"""No score need go up; some must; no increase of scores is enough."""


@dataclass(frozen=True)
class Answer:
    """What it would take.

    Attributes:
        status: ``already``, ``increases`` or ``out_of_reach``.
        increases: the smallest set of increases; none unless the status is ``increases``.
        reasons: why no increases help, in sentences; none unless ``out_of_reach``.
    """

    status: str
    increases: Increases = ()
    reasons: tuple[str, ...] = ()


def answer_mode(system: System, mask: int, mode: int) -> Answer:
    """What it would take for a footprint to reach at least a mode."""
    increases = find_increases(system, mask, mode)
    if increases is None:
        return Answer(
            OUT_OF_REACH, reasons=("a threshold is beyond what scores of at most 4 can reach",)
        )
    return Answer(INCREASES if increases else ALREADY, increases)


def answer_service(system: System, mask: int, service: int) -> Answer:
    """What it would take for a service to be allowed to go local in a footprint.

    By the footprint, by a lead provider for it (of whom no readiness is asked) or by one of its ICBs
    alone, whichever of the open levels takes least (by all of them, if it is forced local). Services
    that move together must all be allowed.
    """
    barred = str(system.services.barred[service])
    if barred:
        return Answer(OUT_OF_REACH, reasons=(REASONS[barred],))
    group = np.flatnonzero(system.services.group == system.services.group[service])
    levels = system.scenario.services.levels
    if COLLABORATIVE in levels and system.services.collaborative[group].all():
        blocked = _list_blocks(system, [mask], group)
        if not blocked or set(levels) == {NATIONAL, COLLABORATIVE}:
            return Answer(OUT_OF_REACH if blocked else ALREADY, reasons=blocked)
    alone = [1 << i for i in range(system.size) if mask >> i & 1]
    forced = system.services.forced_local[group].any()
    ways = {FOOTPRINT: [[mask]], ICB: [alone] if forced else [[member] for member in alone]}
    holders = [way for level, those in ways.items() if level in levels for way in those]
    if not holders:
        return Answer(OUT_OF_REACH, reasons=("it is in no provider collaborative",))
    return min((_answer_holders(system, way, group) for way in holders), key=_how_far)


def _how_far(answer: Answer) -> tuple[int, int, float]:
    return (
        (ALREADY, INCREASES, OUT_OF_REACH).index(answer.status),
        *measure_effort(answer.increases),
    )


def _answer_holders(system: System, holders: Sequence[int], group: Ints) -> Answer:
    """What every holder needs for every service of a group; other rules than readiness block."""
    blocked = _list_blocks(system, holders, group)
    if blocked:
        return Answer(OUT_OF_REACH, reasons=blocked)
    if not system.scenario.readiness.required:
        return Answer(ALREADY)
    mode = DELEGATED if system.services.needs_delegation[group].any() else JOINT
    answers = [answer_mode(system, holder, mode) for holder in holders]
    if any(answer.status == OUT_OF_REACH for answer in answers):
        return next(answer for answer in answers if answer.status == OUT_OF_REACH)
    increases = tuple(increase for answer in answers for increase in answer.increases)
    return Answer(INCREASES if increases else ALREADY, increases)


def _list_blocks(system: System, holders: Sequence[int], group: Ints) -> tuple[str, ...]:
    masks = as_masks(holders, system.size)
    every = np.arange(len(system.services.codes))
    measures = measure_footprints(system, masks, every)
    checks = check_local_rules(system, measures, every)
    return tuple(
        _state_block(system, measures, rule, f, int(s), holders, group)
        for rule, kept in checks.items()
        if rule != "readiness"
        for s in group
        for f in range(len(holders))
        if not kept[f, s]
    )


def _state_block(
    system: System,
    measures: Measures,
    rule: str,
    f: int,
    s: int,
    holders: Sequence[int],
    group: Ints,
) -> str:
    said = state_broken_rule(system, measures, rule, f, s)
    if holders[f].bit_count() == 1:
        said = f"{' '.join(system.members_of(holders[f]))} alone: {said}"
    return said if len(group) == 1 else f"{system.services.codes[s]}: {said}"


def list_increases(system: System, increases: Increases) -> list[dict[str, object]]:
    """Increases as rows: icb, name, domain, before, after, points."""
    return [
        {
            "icb": system.icbs[increase.icb],
            "name": system.names[increase.icb],
            "domain": PDAF_DOMAINS[increase.domain],
            "before": increase.before,
            "after": increase.after,
            "points": increase.points,
        }
        for increase in increases
    ]


def needed_mode(system: System, service: int) -> str:
    """The mode that a service, with those it moves with, asks of its holder."""
    group = system.services.group == system.services.group[service]
    return MODES[DELEGATED if system.services.needs_delegation[group].any() else JOINT]


def state_increases(system: System, increases: Increases) -> str:
    """Increases in words: ``QWE finance 1.9 to 2.4, ...``."""
    return ", ".join(
        f"{row['icb']} {row['domain']} {row['before']:.2f} to {row['after']:.2f}"
        for row in list_increases(system, increases)
    )
