"""Listing candidates in compiled code: what a walk reads, how much it will take, and its parts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimiser.arrays import Floats, Masks
from optimiser.deadline import NEVER, Deadline
from optimiser.footprints.candidates import WORD, TooManyCandidatesError, as_masks
from optimiser.footprints.compiled.machine import free_bytes, run_threads
from optimiser.footprints.compiled.walk_kernel import ROOT, TOP, Land, probe, walk
from optimiser.footprints.system import ROUNDING, System
from optimiser.progress import Report, silent

MILLION = 1e6
PARTS = 64
"""Parts of a walk: each an even sample of it, so that the first ones tell what all will take."""
QUOTA = 2_000_000
"""Sets met between two looks at the clock: about a second."""
BUFFER = 1 << 18
"""Masks listed between two looks at memory."""
DRAWS = 400
"""Random descents for each ICB: an estimate within about a third, in a tenth of a second."""
BYTES_EACH = 70
"""Of memory for each candidate, at the peak: its mask, twice while the list is sorted, its cost and
reduced cost, and the places of those below nothing. Four footprints of the 42 ICBs (19 million
candidates) took 67 beyond what the program takes anyway."""
MOST_LOOKED_AT = 2e10
"""Sets that a walk may meet: some two minutes on two cores. Four footprints of the 42 ICBs meet half a
billion; narrow windows on a map of small areas meet far more than they list."""


@dataclass(frozen=True)
class Walk:
    """What a walk reads, as :func:`optimiser.footprints.compiled.walk_kernel.walk` takes it.

    Attributes:
        graph: neighbours, whom each may not be with, must be with, and who may lead, (n,) each.
        people: millions, (n,).
        spend: in scope, £m, (n,).
        limits: floors and ceilings, (8,).
        alone: ICBs that may be a footprint alone.
    """

    graph: tuple[Masks, Masks, Masks, Masks]
    people: Floats
    spend: Floats
    limits: Floats
    alone: np.uint64

    @property
    def land(self) -> Land:
        """The arrays as compiled code takes them."""
        return (*self.graph, self.people, self.spend, self.limits, self.alone)

    @property
    def size(self) -> int:
        """Number of ICBs, n."""
        return len(self.people)


def build_walk(system: System) -> Walk:
    """The arrays of a walk under a scenario's rules."""
    rules = system.scenario.footprints
    fewest, most = rules.count_window
    windows = (rules.members, rules.population_m, rules.spend_m)
    limits = [_loosen(end, k) for window in windows for k, end in enumerate(window)]
    return Walk(
        graph=(
            system.neighbours.copy(),
            _list_apart(system),
            _list_together(system),
            _list_leads(system),
        ),
        people=system.window_population / MILLION,
        spend=system.scope_spend_m,
        limits=np.array([*limits, fewest - 1.0, most - 1.0]),
        alone=np.uint64(system.mask_of(rules.stand_alone)),
    )


def _loosen(end: float, upper: int) -> float:
    """A floor (0) or a ceiling (1) with the slack for rounding that the rules have."""
    slack = ROUNDING * max(1.0, abs(end)) if np.isfinite(end) else 0.0
    return end + slack if upper else end - slack


def _list_apart(system: System) -> Masks:
    """Whom each ICB may not share a footprint with."""
    rules, size = system.scenario.footprints, system.size
    apart = [0] * size
    for group in (*rules.keep_apart, system.scenario.lead.fixed):
        _bar(apart, system.mask_of(group), system.mask_of(group))
    for group in rules.fixed:
        _bar(apart, system.mask_of(group), (1 << size) - 1 & ~system.mask_of(group))
    if rules.within_regions:
        for region in np.unique(system.region):
            inside = sum(1 << int(i) for i in np.flatnonzero(system.region == region))
            _bar(apart, inside, (1 << size) - 1 & ~inside)
    return as_masks(apart, size)


def _bar(apart: list[int], of_these: int, these: int) -> None:
    for i in range(len(apart)):
        if of_these >> i & 1:
            apart[i] |= these & ~(1 << i)


def _list_together(system: System) -> Masks:
    """Whom each ICB must share its footprint with."""
    rules = system.scenario.footprints
    needs = [0] * system.size
    for group in (*rules.keep_together, *rules.fixed):
        mask = system.mask_of(group)
        needs = [need | mask if mask >> i & 1 else need for i, need in enumerate(needs)]
    return as_masks(needs, system.size)


def _list_leads(system: System) -> Masks:
    """Who may lead a footprint that holds each ICB, by the limit on travel."""
    most = system.scenario.footprints.max_travel_minutes
    if system.minutes is None or not np.isfinite(most):
        return as_masks([(1 << system.size) - 1] * system.size, system.size)
    near = system.minutes <= most
    return as_masks((sum(1 << int(j) for j in np.flatnonzero(row)) for row in near), system.size)


def estimate_walked(reads: Walk) -> float:
    """About how many sets a walk meets: those that the ceilings allow, whatever the floors."""
    limits = reads.limits.copy()
    limits[:6:2], limits[6:] = 0.0, (0.0, reads.size)
    return estimate_count(replace(reads, limits=limits))[0]


def estimate_count(reads: Walk) -> tuple[float, float]:
    """About how many candidates a walk lists, and the standard error of that."""
    random = np.random.default_rng(1)
    found = [probe(reads.land, i, random.random((DRAWS, reads.size))) for i in range(reads.size)]
    return sum(mean for mean, _ in found), float(
        np.sqrt(max(sum(variance for _, variance in found), 0.0))
    )


def list_compiled(system: System, report: Report = silent, deadline: Deadline = NEVER) -> Masks:
    """Every connected set within the windows and groups that leaves room for others, ascending.

    Which ICB leads, readiness, shape and levels are not looked at here; no footprint that obeys them
    is left out, but for those that can be in no plan (the hole rule).

    Raises:
        TooManyCandidatesError: there are more than memory holds, or than minutes list.
        OutOfTimeError: the deadline came first.
    """
    assert system.size <= WORD
    reads = build_walk(system)
    most = int(free_bytes() / BYTES_EACH)
    count, error = estimate_count(reads)
    if count - 3 * error > most:
        raise TooManyCandidatesError(_say_too_many(f"about {count:.1g}", most))
    walked = estimate_walked(reads)
    if walked > MOST_LOOKED_AT:
        raise TooManyCandidatesError(
            f"About {walked:.1g} connected sets would have to be looked at to list the possible "
            f"footprints; {MOST_LOOKED_AT:.0g} take minutes. Lower the most members, limit travel "
            "(max_travel_minutes) or keep ICBs together."
        )
    report("count", f"about {count:,.0f} footprints leave room for others")
    return _run_parts(reads, most, report, deadline)


def _say_too_many(count: str, most: int) -> str:
    return (
        f"There are {count} possible footprints; memory holds {most:,} of them at "
        f"{BYTES_EACH} bytes each. Lower the most members, narrow the population window, limit travel "
        "(max_travel_minutes) or keep ICBs together; or run it where there is more memory."
    )


def _run_parts(reads: Walk, most: int, report: Report, deadline: Deadline) -> Masks:
    lists: list[Masks] = []

    def take(part: int) -> None:
        for masks in _walk_part(reads, part):
            lists.append(masks)
            deadline.left()
            if sum(map(len, lists)) > most:
                raise TooManyCandidatesError(_say_too_many(f"more than {most:,}", most))

    began = time.monotonic()
    run_threads(take, range(PARTS), lambda done: _tell(report, lists, done, began))
    found = np.concatenate(lists)
    lists.clear()
    found.sort()
    return found


def _tell(report: Report, lists: Sequence[Masks], done: int, began: float) -> None:
    """Now and then how far the walk is: at an eighth, and at each further quarter."""
    if done in (PARTS // 8, PARTS // 4, PARTS // 2, 3 * PARTS // 4):
        so_far, left = sum(map(len, lists)), PARTS / done - 1
        whole, passed = so_far * PARTS / done, time.monotonic() - began
        report(
            "list",
            f"{so_far:,} of about {whole:,.0f} footprints, some {passed * left:,.0f} s more; "
            f"{whole * BYTES_EACH / 1e9:,.1f} GB in all",
        )


def _walk_part(reads: Walk, part: int) -> Iterator[Masks]:
    """The masks of one part, as they are listed."""
    size = reads.size
    stack, held = np.zeros((size + 2, 5), np.uint64), np.zeros((size + 3, 4))
    state = np.zeros(4, np.int64)
    while state[ROOT] < size or state[TOP]:
        out = np.empty(BUFFER, np.uint64)
        found = walk(reads.land, (part, PARTS), stack, held, state, out, QUOTA)
        yield out[:found].copy()
