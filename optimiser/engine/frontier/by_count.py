"""A frontier by the number of footprints: the best plan of each number, one after another.

The number takes few values, so that no bound on it need be searched: with the number held, what is left
is one ordinary solve, and each starts from the columns and cuts of the one before.
"""

from __future__ import annotations

import time
from dataclasses import replace

from optimiser.engine.frontier.tracing import (
    Frontier,
    FrontierPoint,
    Tracer,
    keep_non_dominated,
)
from optimiser.errors import NoPlanError
from optimiser.footprints.totals import AXES

COUNT = "footprints"
"""The measure that this is about."""


def trace_by_count(tracer: Tracer, x: str, y: str) -> Frontier:
    """The frontier between the number of footprints and one other measure, whole.

    Args:
        tracer: candidates measured for x and y, of which one is :data:`COUNT`.
        x: measure across.
        y: measure upwards.

    Raises:
        NoPlanError: no plan obeys the rules with any number.
    """
    began, rows = time.monotonic(), tracer.rows
    other = y if x == COUNT else x
    found: list[FrontierPoint] = []
    complete = True
    for count in range(rows.count[0], rows.count[1] + 1):
        tracer.rows = replace(rows, count=(count, count))
        try:
            found.append(tracer.solve({other: float(AXES[other].sense)}, ()))
        except NoPlanError:
            continue
        except TimeoutError:
            complete = False
            break
        tracer.report("point", f"{count} footprints: {other} {found[-1].measures[other]:,.2f}")
    tracer.rows = rows
    if not found and complete:
        raise NoPlanError("No plan exists with any number of footprints that is allowed.")
    points = keep_non_dominated(found, (x, y)) if found else []
    ordered = sorted(points, key=lambda point: AXES[x].sense * point.measures[x])
    statement = _state(len(found), len(ordered), other, complete)
    seconds = {"points": time.monotonic() - began}
    return Frontier(x, y, "", tuple(ordered), complete, statement, seconds)


def _state(solved: int, kept: int, other: str, complete: bool) -> str:
    end = "" if complete else " The time limit came before larger numbers."
    if kept == 1 and complete:
        return (
            f"One plan has the best {other} and the best number of footprints at once: there is no "
            f"trade-off between them under these rules ({solved} possible numbers were solved)."
        )
    return (
        f"{solved} numbers of footprints are possible, each solved for its best {other}, proven; "
        f"{kept} of these plans are not bettered by another in both.{end}"
    )
