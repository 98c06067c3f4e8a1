"""Branch and bound under one list for all England, every part priced over all candidates.

A part leaves some answers of each group open. Its relaxation (:mod:`optimiser.engine.uniform.node`)
bounds it; its prices fix out candidates and answers that no better plan uses. What is left is split by
the group whose answer the fractions know least: the likeliest answer, and all others. A part whose
groups have one answer each is a plain division of the map.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimiser.arrays import Ints
from optimiser.deadline import OutOfTimeError
from optimiser.engine.partitions import search_covers
from optimiser.engine.relaxation.master import Bounded, Duals
from optimiser.engine.uniform.node import Choices, Link, NodeSource, Solved, solve_once
from optimiser.engine.uniform.plans import UniformSearch, best_plan, improve
from optimiser.footprints.portfolio import bound_answers

IMPROVED_FIRST, IMPROVED_EACH = 5, 5
"""Parts near which better plans are sought: the first few, then every so many."""
LINK_ROUNDS = 30
"""Rounds of links in one part at most: what they leave open, a split closes faster."""
LINKS_PAY = 0.02
"""Share of the gap that a round of links must close to be followed by another."""
SLACK = 0.02
"""Share of the gap that the bound may lose for not pricing to the last digit."""
POOLED = 1_500
"""Columns that the next part begins with: the likeliest, as each makes its master slower."""
FEW = 40
"""Candidates of which every division of the map is looked at: at most some thousands."""
SECONDS_BETWEEN_REPORTS = 2.0
"""Often enough to see it move, seldom enough to be read."""

SPLIT, CLOSED, EMPTY, SEARCHED = "split", "closed", "empty", "searched"
"""How a part ends: split by a group; bounded by its prices; without any plan; searched to the end."""


@dataclass(frozen=True)
class Node:
    """A part of the search.

    Attributes:
        answers: those open to each group, places in the portfolio.
        rows: candidates that may still be in a better plan, places in the portfolio.
        bound: lower bound on every plan in this part, £m.
        links: that bore a price in the part that it was split from.
        parent: number of that part, -1 for the first.
        last: the group that it was split by, the answer, and whether this part gives it.
    """

    answers: tuple[Ints, ...]
    rows: Ints
    bound: float
    links: tuple[Link, ...] = ()
    parent: int = -1
    last: tuple[int, str, bool] | None = None


def branch_and_bound(state: UniformSearch, root: Node) -> None:
    """Search until proof: the bound is the best plan's cost when it has ended.

    Raises:
        OutOfTimeError: a limit came first; the bound so far holds.
    """
    order, search = itertools.count(), state.search
    heap: list[tuple[float, int, Node]] = [(root.bound, next(order), root)]
    while heap:
        bound, _, node = heapq.heappop(heap)
        if state.beaten(bound):
            if not state.tree:  # closed by the prices that it began with: the proof is that part
                _Expansion(state, root)
            break
        search.raise_bound(bound)
        _tell(state, len(heap) + 1)
        for child in _Expansion(state, node).split():
            heapq.heappush(heap, (child.bound, next(order), child))
    search.raise_bound(search.best_m)


def _tell(state: UniformSearch, parts: int) -> None:
    search, now = state.search, time.monotonic()
    if now - state.reported > SECONDS_BETWEEN_REPORTS and np.isfinite(search.bound_m):
        state.reported = now
        search.report(
            "search",
            f"a plan scores {search.best_m:,.2f}, none less than {search.bound_m:,.2f}, "
            f"gap {search.gap_m / search.size_m:.2%}, {parts} open parts, "
            f"{search.survivors:,} candidates",
        )


class _Expansion:
    """A part as it is solved: its candidates and answers grow fewer, its prices are kept.

    Args:
        state: of the search.
        node: the part.
    """

    def __init__(self, state: UniformSearch, node: Node) -> None:
        self.state, self.node = state, node
        self.rows, self.answers, self.bound = node.rows, node.answers, node.bound
        self.saved: list[dict[str, object]] = [] if state.tree else [*state.first]
        self.number = len(state.tree)
        last = node.last or (None, None, None)
        self.part: dict[str, object] = {
            "parent": node.parent,
            "group": last[0],
            "answer": last[1],
            "given": last[2],
            "end": CLOSED,
            "prices": self.saved,
        }
        state.tree.append(self.part)

    def split(self) -> list[Node]:
        """Solve the part, look for plans near it, and split it; no parts where it is closed."""
        solved = self._solve()
        if solved is None:
            return []
        self._look_near(solved)
        if self.state.beaten(self.bound):
            return []
        settled = all(len(few) == 1 for few in self.answers)
        if not settled and not self._are_few and self._is_left():
            self.part["end"] = SPLIT
            return self._halve(solved)
        self.part["end"] = SEARCHED
        if self._is_left() and not settled:
            self._look_through(solved)
        elif self._is_left():
            self._search_out()
        return []

    @property
    def _are_few(self) -> bool:
        """Whether so few candidates are left that every division of the map can be looked at."""
        return len(self.rows) <= FEW and not self.state.limits

    def _is_left(self) -> bool:
        """Whether candidates and an answer to every group are left."""
        return bool(len(self.rows)) and all(len(few) for few in self.answers)

    def _solve(self) -> Solved | None:
        """The relaxation with links, as long as they pay; None where no better plan is in the part."""
        search, before = self.state.search, -np.inf
        links, start = self.node.links, self._start()
        for number in range(LINK_ROUNDS):
            source = self._open(links)
            if source is None:
                self.part["end"] = EMPTY
                return None
            solved = solve_once(search.highs, source, self._in(source, start), search.deadline.left)
            self.saved.append(save_prices(solved))
            if solved.relaxation is None:
                self.part["end"] = EMPTY
                return None
            self.bound = max(self.bound, solved.bound)
            start = self._keep(solved)
            if self.state.beaten(self.bound):
                return None
            self._fix(solved)
            search.survivors = len(self.rows)
            broken = solved.list_broken()
            paid = solved.bound - before >= LINKS_PAY * (search.best_m - self.bound)
            before = solved.bound
            if not broken or (number and not paid) or self._are_few:
                break
            links = (*(link for link in links if self._is_open(link)), *broken)
        return solved

    def _is_open(self, link: Link) -> bool:
        few = self.answers[link.group]
        names = self.state.portfolio.names[link.group]
        return len(few) > 1 and any(names[k] == link.answer for k in few)

    def _open(self, links: Sequence[Link]) -> NodeSource | None:
        """The candidates and answers that are left; None where they cannot cover the map."""
        state = self.state
        part = state.portfolio.taken(self.rows).opened(self.answers)
        able = np.flatnonzero(part.able)
        self.rows, part = self.rows[able], part.taken(able)
        size = state.rows.size
        if not len(able) or int(np.bitwise_or.reduce(part.masks)) != (1 << size) - 1:
            return None
        open_ = tuple(link for link in links if self._is_open(link))
        count = state.rows.count
        gap = state.search.best_m - self.bound
        slack = SLACK * gap / count[1] if np.isfinite(gap) else 0.0
        return NodeSource(part, state.limits, open_, count, size, state.search.unit, slack)

    def _start(self) -> Choices:
        """The columns to begin with: the best plan's, and those of parts before."""
        count = len(self.state.portfolio.names)
        found = self.state.pool or Choices(np.zeros(0, np.int64), np.zeros((0, count), np.int64))
        if self.state.chosen is not None:
            rows, answers = self.state.chosen
            own = Choices(rows, np.tile(answers, (len(rows), 1)))
            found = Choices(*(np.concatenate(pair) for pair in zip(own, found, strict=True)))
        return found

    def _in(self, source: NodeSource, start: Choices) -> Choices:
        """Those of some columns that are open in the part, by their places in its source."""
        rows, answers = start
        kept = np.isin(rows, self.rows)
        places = np.zeros_like(answers)
        for g, few in enumerate(self.answers):
            kept &= np.isin(answers[:, g], few)
            places[:, g] = np.searchsorted(few, answers[:, g])
        rows, places = np.searchsorted(self.rows, rows[kept]), places[kept]
        cost = [c[rows, places[:, g]] for g, c in enumerate(source.portfolio.cost_m)]
        able = np.isfinite(sum(cost, np.zeros(len(rows))))
        return Choices(rows[able], places[able])

    def _keep(self, solved: Solved) -> Choices:
        """The likeliest columns of a relaxation, by places in the portfolio; also for other parts."""
        assert solved.relaxation is not None
        relaxation, source = solved.relaxation, solved.source
        columns, duals = relaxation.columns, solved.duals
        earned = (
            columns.amounts @ duals.bounded
            + source.inside[np.searchsorted(source.portfolio.masks, columns.masks)] @ duals.icb
        )
        order = np.argsort(columns.cost_m - earned, kind="stable")[:POOLED]
        made = source.read(columns.taken(order))
        answers = np.array(
            [few[made.answers[:, g]] for g, few in enumerate(self.answers)], dtype=np.int64
        ).reshape(len(self.answers), len(made.rows))
        self.state.pool = Choices(self.rows[made.rows], answers.T)
        return self._start()

    def _fix(self, solved: Solved) -> None:
        """Leave out candidates and answers that no better plan uses."""
        assert solved.relaxation is not None
        if np.isinf(self.state.search.best_m):
            return
        pricing = solved.relaxation.pricing
        room = self.state.search.best_m - solved.bound + self.state.search.tolerance_m
        reduced, inside = pricing.reduced - pricing.least, solved.source.inside
        answers = []
        for g, few in enumerate(self.answers):
            if len(few) > 1:
                adjusted = solved.source.adjust(g, solved.duals.bounded)
                excess = adjusted - adjusted.min(axis=1)[:, None] + reduced[:, None]
                few = few[bound_answers(excess, inside) <= room]
            answers.append(few)
        self.rows, self.answers = self.rows[reduced <= room], tuple(answers)

    def _likeliest(self, solved: Solved, answers: Sequence[Ints]) -> Ints:
        """The answer of each group that most of the map gives, by its place in the portfolio."""
        most = [int(share.sum(axis=1).argmax()) for share in solved.shares]
        return np.array([few[k] for few, k in zip(answers, most, strict=True)], dtype=np.int64)

    def _look_near(self, solved: Solved) -> None:
        state = self.state
        if solved.whole:
            places = np.searchsorted(
                state.portfolio.masks, solved.source.portfolio.masks[solved.made.rows]
            )
            state.offer(np.sort(places))
        if self.number < IMPROVED_FIRST or self.number % IMPROVED_EACH == 0:
            improve(state, self._likeliest(solved, self._answers_of(solved)))

    def _answers_of(self, solved: Solved) -> list[Ints]:
        """The answers that a relaxation was solved on, by places in the portfolio."""
        named = zip(self.state.portfolio.names, solved.source.portfolio.names, strict=True)
        return [np.array([names.index(name) for name in few]) for names, few in named]

    def _halve(self, solved: Solved) -> list[Node]:
        """The part that gives the likeliest answer of the least known group, and the other."""
        open_ = self._answers_of(solved)
        group = max(
            (g for g, few in enumerate(self.answers) if len(few) > 1),
            key=lambda g: self._doubt(solved, g),
        )
        few, names = self.answers[group], self.state.portfolio.names[group]
        share = solved.shares[group].sum(axis=1)
        worth = {int(k): amount for k, amount in zip(open_[group], share, strict=True)}
        given = max(few.tolist(), key=lambda k: worth[k])
        links = self._priced(solved)
        halves = (few[few == given], True), (few[few != given], False)
        return [
            replace(
                self.node,
                answers=(*self.answers[:group], half, *self.answers[group + 1 :]),
                rows=self.rows,
                bound=self.bound,
                links=links,
                parent=self.number,
                last=(group, names[given], gives),
            )
            for half, gives in halves
        ]

    def _doubt(self, solved: Solved, group: int) -> tuple[float, float]:
        """What one answer adds to what the fractions pay for a group, £m; else how much they differ."""
        rows, answers = solved.made
        prices, barred = solved.duals.bounded.copy(), float(self.state.search.size_m)
        prices[len(self.state.limits) :] = 0.0
        cost = solved.source.adjust(group, prices)[rows]
        paid = solved.weights @ cost[np.arange(len(rows)), answers[:, group]]
        alone = solved.weights @ np.where(np.isfinite(cost), cost, barred)
        doubt = float(alone.min() - paid)
        share = solved.shares[group].mean(axis=1)
        return doubt if doubt > self.state.search.tolerance_m else 0.0, float(1.0 - share.max())

    def _priced(self, solved: Solved) -> tuple[Link, ...]:
        prices = solved.duals.bounded[len(self.state.limits) :]
        return tuple(link for link, p in zip(solved.source.links, prices, strict=True) if p)

    def _look_through(self, solved: Solved) -> None:
        """Few candidates are left: every division of the map into them, at its best answers."""
        assert solved.relaxation is not None
        search, masks = self.state.search, self.state.portfolio.masks[self.rows]
        pricing = solved.relaxation.pricing
        places = np.searchsorted(solved.source.portfolio.masks, masks)
        reduced = pricing.reduced[places] - pricing.least
        room, size = search.best_m - solved.bound + search.tolerance_m, self.state.rows.size
        count, at = self.state.rows.count, search.deadline.at
        try:
            for cover in search_covers(masks, reduced, room, size, at, count[1]):
                if len(cover) >= count[0]:
                    self.state.offer(np.searchsorted(self.state.portfolio.masks, cover))
        except TimeoutError:
            raise OutOfTimeError from None

    def _search_out(self) -> None:
        """Every group has one answer, but the fractions are no plan: the best plan, exactly."""
        answers = np.array([int(few[0]) for few in self.answers], dtype=np.int64)
        plan = best_plan(self.state, answers, self.state.search.deadline, self.rows)
        if plan is not None:
            self.state.offer(plan)


def save_prices(solved: Solved) -> dict[str, object]:
    """The prices of a relaxation as plain values, links that bear none left out."""
    return write_prices(solved.duals, solved.source.limits, solved.source.links)


def write_prices(
    duals: Duals, limits: Sequence[Bounded] = (), links: Sequence[Link] = ()
) -> dict[str, object]:
    """Prices as plain values."""
    totals, linked = duals.bounded[: len(limits)], duals.bounded[len(limits) :]
    return {
        "icb": duals.icb.tolist(),
        "count": duals.count,
        "totals": {limit.name: float(p) for limit, p in zip(limits, totals, strict=True)},
        "links": [[*link, float(p)] for link, p in zip(links, linked, strict=True) if p],
    }
