"""Every footprint below a reduced cost, at given prices: the search of all seeds, part by part.

A part (a seed, with some atoms in and some out) is searched depth first for a while. What it leaves is
cut into parts again, and those of the least bounds are searched next: so the bound on all footprints
rises as fast as it can, and all cores have work though one seed may hold most of it.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from optimiser.arrays import Bools, Floats
from optimiser.deadline import Deadline
from optimiser.footprints.compiled.machine import count_cores
from optimiser.footprints.unlisted.bounds import IN, OUT, Hunt, Single, State
from optimiser.footprints.unlisted.branching import search_part
from optimiser.footprints.unlisted.diagram import Diagram
from optimiser.footprints.unlisted.diagram_kernel import walk_seed
from optimiser.footprints.unlisted.pricing import Unlisted

NODES = 2_000
"""Nodes of a part before it is cut: a twentieth of a second. Most seeds end in their first."""
BATCH = 16
"""Parts searched before the next are chosen: several for each core, and as many on all machines,
so that they find the same."""
TELL_SECONDS = 2.0
"""Between two tellings: each looks at all open parts, which may be hundreds of thousands."""
ROOM = 4_096
"""Footprints of one seed that a walk writes at first; where there are more, it is taken again."""
SPLIT_BYTES = 2**30
"""Of how savings are split in open parts: parts beyond that begin with even halves."""
NO_SPLIT = np.zeros(0, np.float32)
UNLIMITED = 2**62
Told = Callable[[Floats], None]
"""Told, now and then, of what the reduced costs of each seed's footprints are at least, £m, (n,)."""


@dataclass(frozen=True)
class Found:
    """What a search over all seeds found.

    Attributes:
        sets: atoms of each footprint, (m, n).
        cost_m: what each costs, £m, (m,).
        reduced: its reduced cost, £m, (m,).
        least: no footprint of each seed has a lesser reduced cost, £m, (n,).
        nodes: looked at.
        complete: whether every footprint that was asked for is here; else ``least`` holds all the same,
            from the bounds of what was left.
    """

    sets: Bools
    cost_m: Floats
    reduced: Floats
    least: Floats
    nodes: int
    complete: bool


@dataclass(order=True, frozen=True)
class _Part:
    """Atoms in and out, their seed, how savings are split, and a bound on what they lead to, £m."""

    bound: float
    number: int
    seed: int = field(compare=False)
    begin: State = field(compare=False)
    split: Single = field(compare=False)


@dataclass(frozen=True)
class _Searched:
    """What a part gave: finds, nodes, a bound on all others, £m; and what is left of it."""

    finds: tuple[Bools, Floats, Floats]
    nodes: int
    others: float
    left: State
    splits: Single
    bounds: Floats


@dataclass
class _Hunting:
    """A search under way: what is open, what was found, and the best find of each seed."""

    unlisted: Unlisted
    hunt: Hunt
    threshold: float
    narrow: int
    most: int
    flow: Diagram | None
    stop: Bools
    open_: list[_Part]
    best: Floats
    many: list[int]
    finds: list[tuple[Bools, Floats, Floats]] = field(default_factory=list)
    nodes: int = 0
    number: int = 0
    others: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        self.others = np.full(len(self.best), np.inf)

    def sought(self, seed: int) -> float:
        """Footprints of a seed are sought below this, £m."""
        return float(self.best[seed]) if self.many[seed] >= self.narrow else self.threshold

    def search(self, part: _Part) -> _Searched:
        """Search a part until it ends or has had its nodes; with a diagram, a whole seed is walked."""
        if self.flow is not None:
            return self._walk(self.flow, part)
        n, depth = len(part.begin), self.hunt.depth
        sets, costs, reduced = np.zeros((NODES, n), bool), np.zeros(NODES), np.zeros(NODES)
        left, bounds = np.zeros((depth, n), np.int8), np.zeros(depth)
        splits = np.zeros((depth, len(self.hunt.arc_to)), np.float32)
        found, nodes, parts, others = search_part(
            self.unlisted.tables,
            self.hunt,
            part.begin,
            part.split,
            bool(np.isneginf(part.bound)),
            part.seed,
            float(self.best[part.seed]),
            self.sought(part.seed),
            max(self.narrow - self.many[part.seed], 0),
            NODES,
            self.stop,
            sets,
            costs,
            reduced,
            left,
            splits,
            bounds,
        )
        finds = (sets[:found].copy(), costs[:found].copy(), reduced[:found].copy())
        return _Searched(finds, nodes, others, left[:parts], splits[:parts], bounds[:parts])

    def _walk(self, at: Diagram, part: _Part) -> _Searched:
        n, room = len(part.begin), ROOM
        limits = self.threshold, self.narrow, self.most or UNLIMITED
        place = int(at.place[part.seed])
        while True:
            sets, costs, reduced = np.zeros((room, n), bool), np.zeros(room), np.zeros(room)
            found, least, nodes = walk_seed(
                self.unlisted.tables,
                self.hunt,
                at.flow,
                at.table,
                place,
                *limits,
                self.stop,
                sets,
                costs,
                reduced,
            )
            if found <= room or nodes < 0:
                break
            room = found
        kept = min(found, room)
        left, bounds = part.begin[None], np.full(1, least)
        if nodes >= 0:
            left, bounds = left[:0], bounds[:0]
        splits = np.zeros((len(left), 0), np.float32)
        finds = (sets[:kept], costs[:kept], reduced[:kept])
        return _Searched(finds, abs(nodes), least, left, splits, bounds)

    def take(self, part: _Part, searched: _Searched) -> None:
        """Keep what a part gave, and what is left of it."""
        seed, reduced = part.seed, searched.finds[2]
        self.finds.append(searched.finds)
        self.nodes += searched.nodes
        self.many[seed] += len(reduced)
        self.best[seed] = min(self.best[seed], reduced.min(initial=np.inf))
        self.others[seed] = min(self.others[seed], searched.others)
        room = 4 * len(self.open_) * len(self.hunt.arc_to) < SPLIT_BYTES
        for begin, split, bound in zip(
            searched.left, searched.splits, searched.bounds.tolist(), strict=True
        ):
            if bound >= self.sought(seed):
                self.others[seed] = min(self.others[seed], bound)
                continue
            self.number += 1
            kept = split.copy() if room else NO_SPLIT
            heapq.heappush(self.open_, _Part(bound, self.number, seed, begin.copy(), kept))

    def next_parts(self, most: int) -> list[_Part]:
        """The open parts of the least bounds that may still hold what is sought."""
        parts: list[_Part] = []
        while self.open_ and len(parts) < most:
            part = heapq.heappop(self.open_)
            if part.bound < self.sought(part.seed):
                parts.append(part)
            else:
                self.others[part.seed] = min(self.others[part.seed], part.bound)
        return parts

    def least(self) -> Floats:
        """What the reduced costs of each seed's footprints are at least, £m, (n,)."""
        least = np.minimum(self.best, self.others)
        for part in self.open_:
            least[part.seed] = min(least[part.seed], part.bound)
        return least


def search_all(
    unlisted: Unlisted,
    hunt: Hunt,
    threshold: float,
    deadline: Deadline,
    narrow: int = UNLIMITED,
    most_nodes: int = UNLIMITED,
    most: int = UNLIMITED,
    told: Told | None = None,
) -> Found:
    """Every footprint whose reduced cost is below a threshold, £m.

    Args:
        unlisted: the footprints.
        hunt: the prices.
        threshold: £m.
        deadline: when to stop.
        narrow: footprints of one seed after which only better ones are sought.
        most_nodes: after which the search gives up.
        most: footprints after which the search gives up.
        told: told now and then of what is known.
    """
    seeds, n = np.argsort(hunt.rank), len(hunt.rank)
    with ThreadPoolExecutor(count_cores()) as pool, stopping(deadline) as stop:
        flow = None if unlisted.diagram is None else unlisted.diagram.at(unlisted.tables, hunt)
        under_way = _Hunting(
            *(unlisted, hunt, threshold, narrow, most, flow),
            *(stop, [], np.full(n, np.inf), [0] * n),
        )
        parts, told_at = [_start(hunt, int(seed)) for seed in seeds], time.monotonic()
        while parts:
            for part, searched in zip(parts, pool.map(under_way.search, parts), strict=True):
                under_way.take(part, searched)
            if told is not None and time.monotonic() - told_at > TELL_SECONDS:
                told(under_way.least())
                told_at = time.monotonic()
            if stop[0] or under_way.nodes >= most_nodes or sum(under_way.many) > most:
                break
            parts = under_way.next_parts(BATCH)
    return _gather(under_way)


def _start(hunt: Hunt, seed: int) -> _Part:
    """The whole search of a seed: atoms of lower rank are out."""
    begin = np.where(hunt.rank < hunt.rank[seed], OUT, 0).astype(np.int8)
    begin[seed] = IN
    return _Part(-np.inf, -1, seed, begin, NO_SPLIT)


def _gather(under_way: _Hunting) -> Found:
    left = any(part.bound < under_way.sought(part.seed) for part in under_way.open_)
    return Found(
        sets=np.concatenate([sets for sets, _, _ in under_way.finds]),
        cost_m=np.concatenate([cost_m for _, cost_m, _ in under_way.finds]),
        reduced=np.concatenate([reduced for _, _, reduced in under_way.finds]),
        least=under_way.least(),
        nodes=under_way.nodes,
        complete=not left,
    )


@contextmanager
def stopping(deadline: Deadline) -> Iterator[Bools]:
    """A flag that is raised when the deadline comes, and when the block is left by an error."""
    stop = np.zeros(1, dtype=bool)

    def raise_flag() -> None:
        stop[0] = True

    timer = threading.Timer(min(max(deadline.left(), 0.0), threading.TIMEOUT_MAX), raise_flag)
    timer.daemon = True
    timer.start()
    try:
        yield stop
    finally:
        raise_flag()
        timer.cancel()
