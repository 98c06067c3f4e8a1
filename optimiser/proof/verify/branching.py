"""The proof of a uniform portfolio: a tree of cases, each bounded by its own prices, no solver.

A part of the tree settles some groups of services as held by every footprint and some as held by none.
For any prices of its rows, a plan of that part costs at least what the prices earn on the rows' limits,
plus what the undecided groups could save, plus the reduced costs of its footprints; all are computed
anew over every candidate that may still be in a better plan. A part is split into the two answers for
one group, so the parts that are not split cover every case; each must be bounded by its prices, be
ruled out by a limit, or be searched to the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.candidates import sum_over_members
from optimiser.footprints.system import System
from optimiser.proof.verify.bound import Bounding, CertificateError
from optimiser.proof.verify.closing import Closing, search_divisions
from optimiser.proof.verify.measuring import Measured, measure_candidates
from optimiser.tolerances import CLOSE, size_of

CLOSED, SPLIT, LIMITS = "closed", "split", "limits"


@dataclass(frozen=True)
class Part:
    """A case: what is settled, and the candidates that a better plan may still use.

    Attributes:
        held: groups that every footprint holds, (G,).
        dropped: groups that none holds, (G,).
        rows: indices of candidates.
        bound: what is proven already, £m.
    """

    held: Bools
    dropped: Bools
    rows: Ints
    bound: float

    @property
    def undecided(self) -> Bools:
        """Groups that are neither."""
        return ~(self.held | self.dropped)

    def with_group(self, group: int, held: bool) -> Part:
        """The part in which one more group is settled."""
        one = np.arange(len(self.held)) == group
        if held:
            return replace(self, held=self.held | one)
        return replace(self, dropped=self.dropped | one)


@dataclass(frozen=True)
class Ground:
    """What every part of the tree rests on.

    Attributes:
        system: the arrays.
        measured: the candidates, measured anew.
        least_m: the least that holding each group can add to a plan's cost, £m, (G,).
        most_m: the most, £m, (G,).
        target: the cost that no plan may stay below, £m.
    """

    system: System
    measured: Measured
    least_m: Floats
    most_m: Floats
    target: float

    @property
    def count(self) -> tuple[int, int]:
        """Fewest and most footprints."""
        fewest, most = self.system.scenario.footprints.count_window
        return fewest, min(most, self.system.size)


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
    system: System, masks: Masks, tree: Sequence[Mapping[str, Any]], claim: float
) -> Branching:
    """Prove from a saved tree that no plan costs less than the claim (rounding apart).

    Raises:
        CertificateError: the tree can't be read.
    """
    ground = _measure_ground(system, masks, claim - CLOSE * size_of(claim))
    try:
        children = _list_children(tree)
        return _prove_from(ground, tree, children)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise CertificateError(f"The tree of the proof can't be read: {error}.") from None


def _measure_ground(system: System, masks: Masks, target: float) -> Ground:
    """The candidates' costs and how far each group can change a plan's cost.

    Holding costs nothing less than nothing, so a group saves at most its other level; it adds at most
    as often the largest difference of a candidate as there are footprints.
    """
    measured = measure_candidates(system, masks)
    most = min(system.scenario.footprints.count_window[1], system.size)
    largest = np.maximum(measured.gain_m.max(axis=0, initial=0.0), 0.0)
    return Ground(system, measured, -measured.other_m, most * largest, target)


Children = Mapping[int, Mapping[tuple[int, bool], int]]


def _list_children(tree: Sequence[Mapping[str, Any]]) -> Children:
    """Number of a part to (group, held) to the part that settles it so; parents come first."""
    found: dict[int, dict[tuple[int, bool], int]] = {}
    for number, part in enumerate(tree):
        parent = int(part["parent"])
        if parent >= number or (parent < 0) != (number == 0):
            raise CertificateError("A part of the tree does not follow the part it was split from.")
        if number:
            found.setdefault(parent, {})[int(part["group"]), bool(part["held"])] = number
    return found


def _prove_from(ground: Ground, tree: Sequence[Mapping[str, Any]], children: Children) -> Branching:
    forced = ground.measured.forced
    everything = np.arange(len(ground.measured.masks))
    waiting = [(0, Part(forced, np.zeros_like(forced), everything, -np.inf))]
    searched = 0
    while waiting:
        number, part = waiting.pop()
        end = str(tree[number]["end"])
        if end == LIMITS:
            if not _breaks_limits(ground, part):
                return Branching(False, f"part {number + 1} keeps the limits that should close it")
            continue
        bounded = _bound_part(ground, part, tree[number])
        if bounded.part.bound >= ground.target or not _covers(ground, bounded.part):
            continue
        if end == SPLIT:
            waiting += _split(bounded.part, children.get(number, {}))
            continue
        closing = _search_part(ground, bounded)
        searched += closing.steps
        if closing.proven is not True:
            proven = False if end == CLOSED else closing.proven
            return Branching(proven, _tell_open(number, bounded.part, closing))
    return Branching(True, f"{len(tree):,} parts cover every case ({searched:,} steps searched)")


def _tell_open(number: int, part: Part, closing: Closing) -> str:
    if closing.proven is False:
        return f"part {number + 1} holds a plan that scores {closing.better_m:,.6f}"
    return f"part {number + 1} is bounded by {part.bound:,.6f} only and too long to search here"


def _split(part: Part, children: Mapping[tuple[int, bool], int]) -> Iterator[tuple[int, Part]]:
    """Both cases of the one group that a part was split by; a case that is missing is a hole."""
    groups = {group for group, _ in children}
    if len(groups) != 1 or len(children) != 2:
        raise CertificateError("A part of the tree is not split into the two cases of one group.")
    for (group, held), number in children.items():
        if not part.undecided[group]:
            raise CertificateError("A part of the tree settles a group twice.")
        yield number, part.with_group(group, held)


@dataclass(frozen=True)
class BoundedPart:
    """A part with what its prices prove.

    Attributes:
        part: the part, with the candidates that are left.
        earned: what the prices earn, and what undecided groups could save, £m.
        reduced: reduced cost of each candidate left, £m.
    """

    part: Part
    earned: float
    reduced: Floats


def _bound_part(ground: Ground, part: Part, saved: Mapping[str, Any]) -> BoundedPart:
    """The bound of a part, and the candidates that a plan better than the target could use."""
    measured, most = ground.measured, ground.count[1]
    rows = part.rows[measured.allowed[part.rows][:, part.held].all(axis=1)]
    own, joint, floor = (_by_group(saved[kind], part) for kind in ("own", "joint", "floor"))
    forbids = [(int(g), int(i), min(float(price), 0.0)) for g, i, price in saved["forbids"]]
    icb = np.array(saved["icb"], dtype=float)
    if len(icb) != ground.system.size or not all(part.undecided[g] for g, _, _ in forbids):
        raise CertificateError("A part of the tree has prices of rows that it has not.")
    reduced = measured.cost_m[rows] + measured.gain_m[rows][:, part.held].sum(axis=1)
    reduced -= sum_over_members(measured.masks[rows], icb) + float(saved["count"])
    for g in map(int, np.flatnonzero(own + joint)):
        gain = measured.gain_m[rows, g]
        reduced += own[g] * np.minimum(gain, 0.0) + joint[g] * gain
    for g, i, price in forbids:
        inside = (measured.masks[rows] & (1 << i)).astype(bool)
        reduced -= price * (inside & ~measured.allowed[rows, g])
    earned = float(icb.sum()) + _earned(float(saved["count"]), ground.count)
    earned += _earned_by_groups(ground, part, saved, own, joint, floor, forbids)
    if not (np.isfinite(earned) and np.isfinite(reduced).all()):
        raise CertificateError("A price in the tree is not a finite number.")
    saving = min(float(reduced.min(initial=0.0)), 0.0)
    kept = np.flatnonzero(earned + reduced + (most - 1) * saving < ground.target)
    bound = max(part.bound, earned + most * saving)
    return BoundedPart(replace(part, rows=rows[kept], bound=bound), earned, reduced[kept])


def _by_group(prices: Mapping[str, Any], part: Part) -> Floats:
    """Prices of rows that are floors, by group; of undecided groups alone, never negative."""
    values = np.zeros(len(part.held))
    for group, price in prices.items():
        if int(group) < 0 or not part.undecided[int(group)]:
            raise CertificateError("A part of the tree has prices of rows that it has not.")
        values[int(group)] = max(float(price), 0.0)
    return values


def _earned(price: float, window: tuple[float, float]) -> float:
    """Price times limit: the floor for a price above zero, the ceiling for one below."""
    return price * window[0] if price > 0 else price * window[1] if price < 0 else 0.0


def _earned_by_groups(
    ground: Ground,
    part: Part,
    saved: Mapping[str, Any],
    own: Floats,
    joint: Floats,
    floor: Floats,
    forbids: Sequence[tuple[int, int, float]],
) -> float:
    """What the rows about groups earn, and the least that undecided groups cost at these prices.

    With z in 0-1 and v between the least and most that a group adds, each is at its cheaper end.
    """
    measured = ground.measured
    holding = ground.most_m * joint + ground.least_m * floor
    for g, _, price in forbids:
        holding[g] -= price
    earned = sum(price for _, _, price in forbids) - float(ground.most_m @ joint)
    for kind, amounts in (("spend", measured.spend_m), ("services", measured.services)):
        window, price = _window(ground, part, kind), float(saved[kind])
        price = 0.0 if price < 0 and np.isinf(window[1]) else price
        earned += _earned(price, window)
        holding -= price * amounts
    worth = 1.0 - own - joint - floor
    adding = np.minimum(worth * ground.least_m, worth * ground.most_m)
    return earned + float((np.minimum(holding, 0.0) + adding)[part.undecided].sum())


def _window(ground: Ground, part: Part, kind: str) -> tuple[float, float]:
    """Limits on what is held locally, less what is settled as held."""
    rules, measured = ground.system.scenario.services, ground.measured
    if kind == "spend":
        least, most, amounts = rules.min_local_spend_m, rules.max_local_spend_m, measured.spend_m
    else:
        least, most = rules.min_local_services, rules.max_local_services
        amounts = measured.services
    settled = float(amounts[part.held].sum())
    return least - settled, most - settled


def _breaks_limits(ground: Ground, part: Part) -> bool:
    """Whether what is settled alone rules out that a limit on what is held locally is kept."""
    for kind, amounts in (
        ("spend", ground.measured.spend_m),
        ("services", ground.measured.services),
    ):
        least, most = _window(ground, part, kind)
        if float(amounts[part.undecided].sum()) < least - CLOSE or most < -CLOSE:
            return True
    return False


def _covers(ground: Ground, part: Part) -> bool:
    """Whether the candidates that are left cover the map at all."""
    masks = ground.measured.masks[part.rows]
    everyone = (1 << ground.system.size) - 1
    return len(masks) > 0 and int(np.bitwise_or.reduce(masks)) == everyone


def _search_part(ground: Ground, bounded: BoundedPart) -> Closing:
    """Every division of the map in a part where all groups are settled."""
    part, measured = bounded.part, ground.measured
    if part.undecided.any():
        return Closing(None, len(part.rows))
    if _breaks_limits(ground, part):
        return Closing(True, 0)
    cost = measured.cost_m[part.rows] + measured.gain_m[part.rows][:, part.held].sum(axis=1)
    bounding = Bounding(bounded.earned, bounded.reduced, cost, ground.count[1])
    return search_divisions(ground.system, measured.masks[part.rows], bounding, None, ground.target)
