"""Why no plan exists: a few areas that no footprints within the rules can hold all at once."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from scipy import sparse

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.deadline import Deadline, OutOfTimeError
from optimiser.engine.highs.adapter import Highs, Problem
from optimiser.footprints.candidates import membership
from optimiser.footprints.system import System

REASON_SECONDS = 20.0
"""After which the areas that are left are named, although fewer may do."""
MOST_ASKED = 100_000
"""Candidates above which each question takes too long to be asked of every area."""
MOST_NAMED = 9
"""Areas whose names still make a sentence."""


def tell_reason(system: System, masks: Masks, most: int, highs: Highs, deadline: Deadline) -> str:
    """A sentence that names areas which cannot all be held; empty where none was found in time.

    Args:
        system: the arrays.
        masks: all candidates.
        most: footprints of a plan.
        highs: the solver.
        deadline: when to stop.
    """
    if not len(masks) or len(masks) > MOST_ASKED:
        return ""
    inside = membership(masks, system.size).T
    needed, deadline = np.ones(system.size, dtype=bool), deadline.sooner(REASON_SECONDS)
    with suppress(OutOfTimeError):
        whole = _can_hold(inside, needed, most, False, highs, deadline.left())
        if whole and _can_hold(inside, needed, most, True, highs, deadline.left()):
            return ""  # other rules are the reason
        _leave_out(inside, needed, most, whole, highs, deadline)
    return _say(system, np.flatnonzero(needed), most)


def _say(system: System, areas: Ints, most: int) -> str:
    names = [f"{system.names[i]} ({system.icbs[i]})" for i in areas]
    if len(names) == 1:
        return f"no footprint within the rules can hold {names[0]}."
    last = names[-1] if len(names) <= MOST_NAMED else f"{len(names) + 1 - MOST_NAMED} more"
    first = ", ".join(names[: min(len(names), MOST_NAMED) - 1])
    return (
        f"no {most} footprints that keep the rules and share no area can hold {first} and {last} "
        "all at once, even where other areas may be left out."
    )


def _leave_out(
    inside: Floats, needed: Bools, most: int, whole: bool, highs: Highs, deadline: Deadline
) -> None:
    """Drop every area without which the rest still cannot be held, many at a time (deletion filter)."""
    waiting = [part for part in np.array_split(np.arange(len(needed)), 4) if len(part)]
    while waiting:
        part = waiting.pop()
        needed[part] = False
        if _can_hold(inside, needed, most, whole, highs, deadline.left()):
            needed[part] = True
            waiting += np.array_split(part, 2) if len(part) > 1 else []


def _can_hold(
    inside: Floats, needed: Bools, most: int, whole: bool, highs: Highs, seconds: float
) -> bool:
    """Whether footprints that do not overlap can hold all areas that are needed; True if not known.

    Whole ones, or fractions of them: where not even those can, that is known much sooner.
    """
    inside = inside[:, inside[needed].any(axis=0)]
    count = inside.shape[1]
    problem = Problem(
        cost=np.zeros(count),
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.full(count, whole),
        matrix=sparse.csc_array(np.vstack((inside, np.ones(count)))),
        row_lower=np.append(needed.astype(float), 0.0),
        row_upper=np.append(np.ones(len(needed)), float(most)),
    )
    return highs.solve(problem, seconds).reason != "infeasible"
