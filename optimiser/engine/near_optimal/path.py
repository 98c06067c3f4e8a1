"""The fewest moves of single ICBs from one grouping to another, best gains first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.candidates import as_masks
from optimiser.plan.distance import homes, match_footprints

MOST_EXACT = 12
BEAM = 300
Judge = Callable[[Masks], tuple[Floats, list[tuple[str, ...]]]]
"""Cost of each footprint, £m, and the names of the rules it breaks."""


@dataclass(frozen=True)
class Step:
    """One ICB moves.

    Attributes:
        icb: index of the ICB that moves; -1 for the start.
        masks: footprints after the move.
        cost_m: cost of the plan then, £m a year.
        broken: rules that some footprint then breaks.
    """

    icb: int
    masks: Masks
    cost_m: float
    broken: tuple[str, ...]


@dataclass(frozen=True)
class Path:
    """The steps, the start first, and whether their order is proven best."""

    steps: tuple[Step, ...]
    exact: bool


def find_path(one: Masks, other: Masks, size: int, judge: Judge) -> Path:
    """Order the fewest moves so that plans on the way break few rules and cost little.

    The order least in (footprints breaking rules, then cost), both added up over the way: exact over
    all subsets of moves up to twelve, beyond that the best of a beam of 300.

    Args:
        one: footprints of the start.
        other: footprints of the end.
        size: number of ICBs.
        judge: cost and broken rules of footprints.
    """
    start, target = homes(one, size), _aimed(homes(one, size), homes(other, size))
    moves = np.flatnonzero(start != target)
    exact = len(moves) <= MOST_EXACT
    memory: dict[int, tuple[float, tuple[str, ...]]] = {}
    level: dict[int, tuple[int, float, tuple[int, ...]]] = {0: (0, 0.0, ())}
    for _ in moves:
        after: dict[int, tuple[int, float, tuple[int, ...]]] = {}
        states = {done | 1 << k for done in level for k in range(len(moves)) if not done >> k & 1}
        _learn(memory, [_masks_at(start, target, moves, s) for s in states], size, judge)
        for done, (faults, cost, order) in level.items():
            for k in range(len(moves)):
                state = done | 1 << k
                if state == done:
                    continue
                now = _judge_plan(memory, _masks_at(start, target, moves, state))
                offer = (faults + len(now[1]), cost + now[0], (*order, k))
                if state not in after or offer[:2] < after[state][:2]:
                    after[state] = offer
        best = sorted(after.items(), key=lambda item: item[1][:2])
        level = dict(best if exact else best[:BEAM])
    order = next(iter(level.values()))[2]
    return Path(_steps(start, target, moves, order, memory, judge), exact)


def _aimed(start: Ints, end: Ints) -> Ints:
    """The end with the start's numbers for the footprints that are matched, new ones for others."""
    to_start = {v: k for k, v in match_footprints(start, end).items()}
    fresh = int(start.max()) + 1
    for label in np.unique(end):
        if int(label) not in to_start:
            to_start[int(label)] = fresh
            fresh += 1
    return np.array([to_start[int(label)] for label in end])


def _masks_at(start: Ints, target: Ints, moves: Ints, done: int) -> list[int]:
    home = start.copy()
    for k, icb in enumerate(moves):
        if done >> k & 1:
            home[icb] = target[icb]
    found: dict[int, int] = {}
    for icb, label in enumerate(home):
        found[int(label)] = found.get(int(label), 0) | 1 << icb
    return list(found.values())


Memory = dict[int, tuple[float, tuple[str, ...]]]


def _learn(memory: Memory, plans: list[list[int]], size: int, judge: Judge) -> None:
    new = sorted({mask for plan in plans for mask in plan} - memory.keys())
    if new:
        costs, broken = judge(as_masks(new, size))
        memory.update({m: (float(c), b) for m, c, b in zip(new, costs, broken, strict=True)})


def _judge_plan(memory: Memory, masks: list[int]) -> tuple[float, tuple[str, ...]]:
    known = [memory[mask] for mask in masks]
    return sum(cost for cost, _ in known), tuple(name for _, names in known for name in names)


def _steps(
    start: Ints, target: Ints, moves: Ints, order: tuple[int, ...], memory: Memory, judge: Judge
) -> tuple[Step, ...]:
    done, steps = 0, []
    for k in (None, *order):
        done |= 0 if k is None else 1 << k
        masks = _masks_at(start, target, moves, done)
        _learn(memory, [masks], len(start), judge)
        cost, broken = _judge_plan(memory, masks)
        icb = -1 if k is None else int(moves[k])
        names = tuple(dict.fromkeys(broken))
        steps.append(Step(icb, as_masks(masks, len(start)), cost, names))
    return tuple(steps)
