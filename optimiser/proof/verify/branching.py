"""The proof under one list for all England: a tree of parts, each bounded by its own prices, no solver.

A part leaves some answers of each group of services open. For any prices a plan of that part costs at
least what they earn, plus the reduced costs of its footprints, each at the answers that are best for
itself. A link's price is paid on a share of some ICBs less that of all, at one answer: over a plan whose
footprints answer alike these shares add up to nothing, so that it earns nothing. All is computed anew
over every candidate that may still be in a better plan. A part is split into one answer of a group and
all others, so that the parts that are not split cover every case; each must be bounded by its prices,
or be searched to the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimiser.arrays import Floats, Ints, Masks
from optimiser.footprints.candidates import membership, sum_over_members
from optimiser.footprints.portfolio import Measuring, Portfolio, bound_answers
from optimiser.footprints.system import System
from optimiser.proof.verify.bound import Bounding, CertificateError, earn, limit_count, list_limits
from optimiser.proof.verify.closing import Closing, search_divisions
from optimiser.tolerances import CLOSE, size_of

SPLIT, SEARCHED = "split", "searched"


@dataclass(frozen=True)
class Part:
    """A case: the candidates that a better plan may still use, and the answers that it may give.

    Attributes:
        rows: candidates, by their places.
        answers: of each group, by their places.
        bound: what is proven already, £m.
    """

    rows: Ints
    answers: tuple[Ints, ...]
    bound: float

    @property
    def empty(self) -> bool:
        """Whether no candidate is left, or no answer to some group."""
        return not len(self.rows) or not all(map(len, self.answers))


@dataclass(frozen=True)
class Ground:
    """What every part of the tree rests on.

    Attributes:
        system: the arrays, of the last year.
        portfolio: the candidates, measured anew.
        inside: membership, (m, n).
        totals: measures bounded across footprints to floor and ceiling, in the portfolio's order.
        target: the cost that no plan may stay below, £m.
    """

    system: System
    portfolio: Portfolio
    inside: Floats
    totals: Mapping[str, tuple[float, float]]
    target: float

    @property
    def count(self) -> tuple[int, int]:
        """Fewest and most footprints."""
        return limit_count(self.system)


@dataclass(frozen=True)
class Branching:
    """Whether the tree proves the claim.

    Attributes:
        proven: True; False where the tree has a hole or a part that its prices do not bound; None
            where a part was too long to search here.
        detail: what was found, in a sentence.
    """

    proven: bool | None
    detail: str


def prove_tree(
    system: System,
    measuring: Measuring,
    masks: Masks,
    tree: Sequence[Mapping[str, Any]],
    claim: float,
) -> Branching:
    """Prove from a saved tree that no plan costs less than the claim (rounding apart).

    Raises:
        CertificateError: the tree can't be read.
    """
    target = claim - CLOSE * size_of(claim)
    try:
        return _prove(system, measuring, masks, tree, target)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        raise CertificateError(f"The tree of the proof can't be read: {error}.") from None


def _prove(
    system: System,
    measuring: Measuring,
    masks: Masks,
    tree: Sequence[Mapping[str, Any]],
    target: float,
) -> Branching:
    """The first prices choose the candidates, each at its own answers; the tree does the rest."""
    cost_m = measuring.cheapest(masks)
    masks, cost_m = masks[np.isfinite(cost_m)], cost_m[np.isfinite(cost_m)]
    first, children = tree[0]["prices"][0], _list_children(tree)
    icb, count = _read_icb(system, first)
    reduced = cost_m - sum_over_members(masks, icb) - count
    least = float(reduced.min(initial=0.0))
    bound = float(icb.sum()) + earn(count, limit_count(system)) + limit_count(system)[1] * least
    _refuse_infinite(bound, reduced)
    kept = np.flatnonzero(bound + reduced - least < target)
    portfolio = measuring.measure(masks[kept], reduced[kept] - least, target - bound)
    ground = Ground(
        system,
        portfolio,
        membership(portfolio.masks, system.size),
        list_limits(system) if portfolio.amounts else {},
        target,
    )
    answers = tuple(np.arange(len(names)) for names in portfolio.names)
    return _prove_from(ground, tree, children, Part(np.arange(len(kept)), answers, bound))


Children = Mapping[int, Mapping[tuple[int, str, bool], int]]


def _list_children(tree: Sequence[Mapping[str, Any]]) -> Children:
    """Number of a part to (group, answer, given) to the part that it gives; parents come first."""
    found: dict[int, dict[tuple[int, str, bool], int]] = {}
    for number, part in enumerate(tree):
        parent = int(part["parent"])
        if parent >= number or (parent < 0) != (number == 0):
            raise CertificateError("A part of the tree does not follow the part it was split from.")
        if number:
            by = int(part["group"]), str(part["answer"]), bool(part["given"])
            found.setdefault(parent, {})[by] = number
    return found


def _prove_from(
    ground: Ground, tree: Sequence[Mapping[str, Any]], children: Children, root: Part
) -> Branching:
    waiting = [(0, root)]
    while waiting:
        number, part = waiting.pop()
        part, bounding = _leave_unable(ground, part), None
        for prices in tree[number]["prices"]:
            if not _is_open(ground, part):
                break
            part, bounding = _bound_part(ground, part, prices)
        if not _is_open(ground, part):
            continue
        if tree[number]["end"] == SPLIT:
            waiting += _split(ground, part, children.get(number, {}))
            continue
        searched_out = tree[number]["end"] == SEARCHED
        closing = _search_part(ground, part, bounding if searched_out else None)
        if closing.proven is not True:
            proven = closing.proven if searched_out else False
            return Branching(proven, _tell_open(number, part, closing))
    return Branching(True, f"{len(tree):,} parts cover every case")


def _tell_open(number: int, part: Part, closing: Closing) -> str:
    if closing.proven is False:
        return f"part {number + 1} holds a plan that scores {closing.better_m:,.6f}"
    return f"part {number + 1} is bounded by {part.bound:,.6f} only and too long to search here"


def _leave_unable(ground: Ground, part: Part) -> Part:
    """A part without the candidates that have no answer to some group."""
    able = ground.portfolio.taken(part.rows).opened(part.answers).able
    return replace(part, rows=part.rows[able])


def _is_open(ground: Ground, part: Part) -> bool:
    """Whether a plan better than the target may be in a part; its candidates must cover the map."""
    if part.bound >= ground.target or part.empty:
        return False
    everyone = (1 << ground.system.size) - 1
    return int(np.bitwise_or.reduce(ground.portfolio.masks[part.rows])) == everyone


def _split(
    ground: Ground, part: Part, children: Mapping[tuple[int, str, bool], int]
) -> Iterator[tuple[int, Part]]:
    """Both cases of one answer that a part was split by; a case that is missing is a hole."""
    if len({by[:2] for by in children}) != 1 or len(children) != 2:
        raise CertificateError("A part of the tree is not split into the two cases of an answer.")
    for (group, answer, given), number in children.items():
        names, few = ground.portfolio.names[group], part.answers[group]
        half = np.array([k for k in few if (names[k] == answer) == given], dtype=np.int64)
        answers = (*part.answers[:group], half, *part.answers[group + 1 :])
        yield number, replace(part, answers=answers)


def _bound_part(ground: Ground, part: Part, prices: Mapping[str, Any]) -> tuple[Part, Bounding]:
    """What prices prove of a part, and what of it a plan better than the target could use."""
    rows = part.rows
    view, inside = ground.portfolio.taken(rows).opened(part.answers), ground.inside[rows]
    (icb, count), totals = _read_icb(ground.system, prices), _price_totals(ground, prices)
    adjusted = _adjust(ground, view, inside, prices, totals)
    earned = float(icb.sum()) + earn(count, ground.count)
    earned += sum(earn(totals[name], ground.totals[name]) for name in totals)
    reduced = view.fixed_m - sum_over_members(view.masks, icb) - count
    reduced = reduced + sum((cost.min(axis=1) for cost in adjusted), np.zeros(len(rows)))
    _refuse_infinite(earned, reduced)
    least = float(reduced.min(initial=0.0))
    bound = earned + ground.count[1] * least
    room, lifted = ground.target - bound, reduced - least
    answers = []
    for few, cost in zip(part.answers, adjusted, strict=True):
        excess = cost - cost.min(axis=1, initial=np.inf)[:, None] + lifted[:, None]
        answers.append(few[bound_answers(excess, inside) < room])
    kept = np.flatnonzero(lifted < room)
    left = Part(rows[kept], tuple(answers), max(part.bound, bound))
    found = _leave_unable(ground, left)
    reduced = reduced[np.isin(rows, found.rows)]
    return found, Bounding(earned, reduced, np.zeros(len(reduced)), ground.count[1])


def _adjust(
    ground: Ground,
    view: Portfolio,
    inside: Floats,
    prices: Mapping[str, Any],
    totals: Mapping[str, float],
) -> list[Floats]:
    """Cost of every answer of each group less what links and totals earn on it, £m."""
    found = [cost.copy() for cost in view.cost_m]
    for name, by_group in zip(ground.totals, view.amounts, strict=False):
        for cost, amounts in zip(found, by_group, strict=True):
            cost -= totals.get(name, 0.0) * amounts
    size = inside.shape[1]
    for group, answer, icbs, price in prices["links"]:
        if answer in view.names[group]:
            share = np.array([int(icbs) >> i & 1 for i in range(size)], dtype=float)
            if not share.any():
                raise CertificateError("A part of the tree has prices of rows that it has not.")
            share = share / share.sum() - 1.0 / size
            found[group][:, view.names[group].index(answer)] -= float(price) * (inside @ share)
    return found


def _read_icb(system: System, prices: Mapping[str, Any]) -> tuple[Floats, float]:
    icb = np.array(prices["icb"], dtype=float)
    if icb.shape != (system.size,):
        raise CertificateError("A part of the tree has prices of rows that it has not.")
    return icb, float(prices["count"])


def _price_totals(ground: Ground, prices: Mapping[str, Any]) -> dict[str, float]:
    """Prices of measures bounded across footprints, with no price where there is no such limit."""
    found = {}
    for name, (_, most) in ground.totals.items():
        price = float(prices["totals"].get(name, 0.0))
        found[name] = 0.0 if price < 0 and math.isinf(most) else price
    return found


def _refuse_infinite(earned: float, reduced: Floats) -> None:
    if not (np.isfinite(earned) and np.isfinite(reduced).all()):
        raise CertificateError("A price in the tree is not a finite number.")


def _search_part(ground: Ground, part: Part, bounding: Bounding | None) -> Closing:
    """Every division of the map into what is left of a part, at its best answers."""
    many = any(len(few) > 1 for few in part.answers)
    if bounding is None or (many and ground.totals):
        return Closing(None, len(part.rows))
    view = ground.portfolio.taken(part.rows).opened(part.answers)

    def cost_of(rows: Ints) -> float:
        best = sum(float(cost[rows].sum(axis=0).min()) for cost in view.cost_m)
        return float(view.fixed_m[rows].sum()) + best

    return search_divisions(ground.system, view.masks, bounding, None, ground.target, cost_of)
