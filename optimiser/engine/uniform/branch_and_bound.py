"""Branch and bound for the uniform portfolio, every node priced over all candidates."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from optimiser.arrays import Bools, Floats, Ints
from optimiser.engine.highs.adapter import AT_LOWER, BASIC, Basis, Highs, Problem, Result
from optimiser.engine.uniform.portfolio import Limits, Node, NodeModel, Portfolio
from optimiser.engine.uniform.tree import EMPTY, SEARCHED, SPLIT, Tree
from optimiser.footprints.candidates import membership

TOLERANCE = 1e-7
ADDED = 200
FORBIDS_A_ROUND = 40
PENALTY = 100.0
"""Times the dearest candidate: what it costs to leave a row of the partition unmet."""
STIFFER = 1_000.0
"""Times more before a node is taken to hold no plan."""


@dataclass(frozen=True)
class NodeResult:
    """The solved relaxation of a node.

    Attributes:
        bound: lower bound on every plan of the node, £m; inf when it holds none.
        x: value of each candidate of ``rows``, only those above zero.
        rows: those candidates.
        z: value of z of each undecided group.
        reduced: reduced cost of every candidate of the node, £m.
        groups: the undecided groups.
        worth_m: v of each undecided group, £m.
        model: the relaxation's rows at the end.
        duals: their prices; None where what is settled breaks a limit by itself.
    """

    bound: float
    x: Floats
    rows: Ints
    z: Floats
    reduced: Floats
    groups: Ints
    worth_m: Floats
    model: NodeModel
    duals: Floats | None


@dataclass
class UniformSearch:
    """State of the branch and bound: the pool of columns, the best plan, the open nodes."""

    portfolio: Portfolio
    limits: Limits
    size: int
    highs: Highs
    seconds: Callable[[], float]
    offer: Callable[[Ints, Bools, float], None]
    best_m: float = np.inf
    pool: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    least_m: Floats = field(default_factory=lambda: np.zeros(0))
    most_m: Floats = field(default_factory=lambda: np.zeros(0))
    nodes: int = 0
    tried: set[bytes] = field(default_factory=set)
    tree: Tree = field(default_factory=Tree)

    def beaten(self, bound: float) -> bool:
        """Whether no plan of this bound can be better than the best held; never while none is."""
        if np.isinf(self.best_m):
            return False
        return bool(bound >= self.best_m - TOLERANCE * max(1.0, abs(self.best_m)))


def solve_node(search: UniformSearch, node: Node) -> NodeResult:
    """Price the relaxation of a node to the end."""
    part = search.portfolio.taken(node.rows)
    part = part.taken(np.flatnonzero(part.allowed[:, node.held].all(axis=1)))
    rows = node.rows[search.portfolio.allowed[node.rows][:, node.held].all(axis=1)]
    cost_m = part.cost_m + part.gain_m[:, node.held].sum(axis=1)
    model = _node_model(search, node)
    columns = np.flatnonzero(np.isin(rows, search.pool))
    basis: Basis | None = None
    first = penalty = PENALTY * max(100.0, float(np.abs(cost_m).max(initial=0.0)))
    while True:
        result = _solve_master(search, model, part, cost_m, columns, basis, penalty)
        if result.values is None or result.row_duals is None:
            return _nothing(search, model)
        reduced = model.reduced_costs(part, cost_m, result.row_duals)
        entering = _entering(reduced, TOLERANCE * max(1.0, abs(result.bound)))
        forbids = _violated(model, part, columns, result.values) if not len(entering) else ()
        if not len(entering) and not forbids:
            if penalty > first or not _is_unmet(model, result):
                break
            penalty = first * STIFFER
        basis = _extended(
            result.basis, len(model.own_columns.indptr) - 1, columns, entering, forbids
        )
        columns = np.concatenate((columns, entering))
        model = replace(model, forbids=model.forbids + forbids)
    search.pool = np.union1d(search.pool, rows[columns])
    return _node_result(search, model, result, columns, rows, reduced)


def _nothing(search: UniformSearch, model: NodeModel) -> NodeResult:
    """A node without plans: what is settled breaks a limit on local spend or services."""
    none, never = np.zeros(0), np.full(len(search.portfolio.masks), np.inf)
    k = len(model.groups)
    return NodeResult(
        bound=np.inf,
        x=none,
        rows=none.astype(np.int64),
        z=np.zeros(k),
        reduced=never,
        groups=model.groups,
        worth_m=np.zeros(k),
        model=model,
        duals=None,
    )


def _node_model(search: UniformSearch, node: Node) -> NodeModel:
    portfolio, groups = search.portfolio, node.undecided
    return NodeModel(
        size=search.size,
        limits=search.limits,
        groups=groups,
        least_m=search.least_m[groups],
        most_m=search.most_m[groups],
        settled_spend_m=float(portfolio.spend_m[node.held].sum()),
        settled_services=float(portfolio.services[node.held].sum()),
        spend_m=portfolio.spend_m[groups],
        services=portfolio.services[groups],
        forbids=(),
    )


def _solve_master(
    search: UniformSearch,
    model: NodeModel,
    part: Portfolio,
    cost_m: Floats,
    columns: Ints,
    basis: Basis | None,
    penalty: float,
) -> Result:
    """Solve the relaxation on given candidates; covering rows are softened at a penalty."""
    k, n = len(model.groups), model.size
    lower, upper = model.row_bounds
    slack = _slack(n, len(lower))
    soft = slack.shape[1]
    matrix = sparse.hstack([model.own_columns, slack, model.candidate_columns(part, columns)])
    wide = np.full(len(columns), np.inf)
    problem = Problem(
        cost=np.concatenate((np.zeros(k), np.ones(k), np.full(soft, penalty), cost_m[columns])),
        lower=np.concatenate((np.zeros(k), np.full(k, -np.inf), np.zeros(soft + len(columns)))),
        upper=np.concatenate((np.ones(k), np.full(k + soft, np.inf), wide)),
        integer=np.zeros(2 * k + soft + len(columns), dtype=bool),
        matrix=sparse.csc_array(matrix),
        row_lower=lower,
        row_upper=upper,
    )
    return search.highs.solve(problem, search.seconds(), basis).carry_on()


def _is_unmet(model: NodeModel, result: Result) -> bool:
    """Whether some row of the partition is left unmet at the penalty."""
    assert result.values is not None
    k, n = len(model.groups), model.size
    return bool(result.values[2 * k : 2 * k + n + 2].sum() > 1e-7)


def _slack(n: int, rows: int) -> sparse.csc_array:
    """Columns that soften the covering rows (too little) and the count (either way)."""
    place = np.concatenate((np.arange(n), [n, n]))
    sign = np.concatenate((np.ones(n), [1.0, -1.0]))
    return sparse.csc_array((sign, (place, np.arange(n + 2))), shape=(rows, n + 2))


def _extended(
    basis: Basis | None, own: int, columns: Ints, entering: Ints, forbids: tuple[object, ...]
) -> Basis | None:
    if basis is None:
        return None
    more_columns = np.full(len(entering), AT_LOWER, dtype=np.int8)
    more_rows = np.full(len(forbids), BASIC, dtype=np.int8)
    return np.concatenate((basis[0], more_columns)), np.concatenate((basis[1], more_rows))


def _entering(reduced: Floats, tolerance: float) -> Ints:
    negative = np.flatnonzero(reduced < -tolerance)
    if len(negative) <= ADDED:
        return negative
    worst = np.argpartition(reduced[negative], ADDED)[:ADDED]
    return negative[worst]


def _violated(
    model: NodeModel, part: Portfolio, columns: Ints, values: Floats
) -> tuple[tuple[int, int], ...]:
    """The worst forbidding row of each undecided group that the fractions break."""
    k = len(model.groups)
    z, x = values[:k], values[2 * k + model.size + 2 :]
    used = x > 1e-9
    inside = membership(part.masks[columns[used]], model.size)
    barred = ~part.allowed[np.ix_(columns[used], model.groups)]
    share = (barred * x[used][:, None]).T @ inside
    excess = z + share.max(axis=1, initial=0.0) - 1
    worst = share.argmax(axis=1)
    order = np.argsort(-excess)[:FORBIDS_A_ROUND]
    known = set(model.forbids)
    found = [(int(model.groups[g]), int(worst[g])) for g in order if excess[g] > 1e-6]
    return tuple(pair for pair in found if pair not in known)


def _node_result(
    search: UniformSearch,
    model: NodeModel,
    result: Result,
    columns: Ints,
    rows: Ints,
    reduced: Floats,
) -> NodeResult:
    assert result.values is not None
    k, n = len(model.groups), model.size
    x = result.values[2 * k + n + 2 :]
    used = x > 1e-9
    saving = min(float(reduced.min(initial=0.0)), 0.0)
    bound = np.inf if _is_unmet(model, result) else result.bound + search.limits.count[1] * saving
    every = np.full(len(search.portfolio.masks), np.inf)
    every[rows] = reduced
    return NodeResult(
        bound=bound,
        x=x[used],
        rows=rows[columns[used]],
        z=result.values[:k],
        reduced=every,
        groups=model.groups,
        worth_m=result.values[k : 2 * k],
        model=model,
        duals=result.row_duals,
    )


def best_levels(search: UniformSearch, rows: Ints) -> tuple[Bools, float]:
    """Best groups for a given plan to hold, and the plan's cost, £m (inf when none is allowed)."""
    portfolio = search.portfolio
    possible: Bools = np.asarray(portfolio.allowed[rows].all(axis=0), dtype=bool)
    total = portfolio.gain_m[rows].sum(axis=0)
    if (portfolio.forced & ~possible).any():
        return possible, np.inf
    held = portfolio.forced | (possible & (total < 0))
    held = _within_limits(search, held, possible, total)
    cost = float(portfolio.cost_m[rows].sum() + total[held].sum())
    spend, services = portfolio.spend_m[held].sum(), portfolio.services[held].sum()
    return held, cost if search.limits.meet(float(spend), float(services)) else np.inf


def _within_limits(search: UniformSearch, held: Bools, possible: Bools, total: Floats) -> Bools:
    """Take on or let go of groups, the cheapest per £ first, until the limits are met (a heuristic)."""
    portfolio, held = search.portfolio, held.copy()
    spend_m, services = portfolio.spend_m, portfolio.services
    order = np.argsort(total / np.maximum(spend_m, 1e-9))
    for g in order:
        short = spend_m[held].sum() < search.limits.spend_m[0]
        few = services[held].sum() < search.limits.services[0]
        if possible[g] and not held[g] and (short or few):
            held[g] = True
    for g in order[::-1]:
        long = spend_m[held].sum() > search.limits.spend_m[1]
        many = services[held].sum() > search.limits.services[1]
        if held[g] and not portfolio.forced[g] and (long or many):
            held[g] = False
    return held


def offer_plan(search: UniformSearch, rows: Ints) -> None:
    """Keep a plan with its best levels if it is the best so far."""
    held, cost = best_levels(search, rows)
    if cost < search.best_m - 1e-9:
        search.best_m = cost
        search.offer(rows, held, cost)


def offer_levels(search: UniformSearch, rows: Ints, held: Bools) -> None:
    """Keep a plan with given levels if they are allowed, within the limits, and the best so far."""
    portfolio = search.portfolio
    if not portfolio.allowed[rows][:, held].all() or not search.limits.meet(
        float(portfolio.spend_m[held].sum()), float(portfolio.services[held].sum())
    ):
        return
    cost = float(portfolio.cost_m[rows].sum() + portfolio.gain_m[rows][:, held].sum())
    if cost < search.best_m - 1e-9:
        search.best_m = cost
        search.offer(rows, held, cost)


def improve(search: UniformSearch, held: Bools) -> None:
    """Best plan for the levels, best levels for the plan, until nothing changes."""
    for _ in range(6):
        key = held.tobytes()
        if key in search.tried:
            return
        search.tried.add(key)
        plan = _partition(search, held)
        if plan is None:
            return
        offer_levels(search, plan, held)
        offer_plan(search, plan)
        held, cost = best_levels(search, plan)
        if not np.isfinite(cost):
            return


def _partition(search: UniformSearch, held: Bools) -> Ints | None:
    """The best plan when exactly these groups are held by footprints, from priced columns."""
    every = np.arange(len(search.portfolio.masks))
    node = Node(held, ~held, -np.inf, every)
    result = solve_node(search, node)
    if not np.isfinite(result.bound) or result.bound >= search.best_m:
        return None
    if np.all(result.x > 1 - 1e-6):
        return result.rows
    return _whole_plan(search, held, result)


def _whole_plan(search: UniformSearch, held: Bools, result: NodeResult) -> Ints | None:
    """A whole plan among the smallest reduced costs of a settled node."""
    portfolio = search.portfolio
    near = np.argsort(result.reduced, kind="stable")[:600]
    near = np.union1d(near[np.isfinite(result.reduced[near])], result.rows)
    cost = portfolio.cost_m[near] + portfolio.gain_m[near][:, held].sum(axis=1)
    inside = membership(portfolio.masks[near], search.size)
    ones = np.ones(len(near))
    matrix = sparse.csc_array(np.vstack([inside.T, ones[None, :]]))
    fewest, most = search.limits.count
    answer = search.highs.solve(
        Problem(
            cost=cost,
            lower=np.zeros(len(near)),
            upper=ones,
            integer=np.ones(len(near), dtype=bool),
            matrix=matrix,
            row_lower=np.concatenate((np.ones(search.size), [fewest])),
            row_upper=np.concatenate((np.ones(search.size), [most])),
        ),
        min(search.seconds(), 10.0),
    )
    return None if answer.values is None else near[answer.values > 0.5]


def branch_group(result: NodeResult, search: UniformSearch) -> int | None:
    """The undecided group whose answer the relaxation knows least; None when it is a plan."""
    portfolio = search.portfolio
    gain = result.x @ portfolio.gain_m[np.ix_(result.rows, result.groups)]
    barred = result.x @ ~portfolio.allowed[np.ix_(result.rows, result.groups)]
    truth = np.where(barred > 1e-6, 0.0, np.minimum(gain, 0.0))
    doubt = truth - result.worth_m
    if len(doubt) == 0:
        return None
    if doubt.max() > 1e-7:
        return int(result.groups[doubt.argmax()])
    broken = np.minimum(result.z, 1 - result.z)
    if search.limits.bind and broken.max() > 1e-6:
        return int(result.groups[broken.argmax()])
    return None


def branch_and_bound(
    search: UniformSearch, root: Node, tell: Callable[[float, int, int], None]
) -> float:
    """Search until proof; ``tell(bound, open nodes, survivors)`` after each node.

    Returns:
        the proven bound, £m: the best plan's cost when the search has ended.

    Raises:
        OutOfTimeError: a limit came first; the last bound told holds.
    """
    order = itertools.count()
    heap: list[tuple[float, int, Node]] = [(root.bound, next(order), root)]
    while heap:
        bound, _, node = heapq.heappop(heap)
        if search.beaten(bound):
            return search.best_m
        tell(bound, len(heap) + 1, len(node.rows))
        for child in _expand(search, node):
            heapq.heappush(heap, (child.bound, next(order), child))
    return search.best_m


def _expand(search: UniformSearch, node: Node) -> list[Node]:
    """Solve a node, look for plans near it, and split it."""
    search.nodes += 1
    result = solve_node(search, node)
    number = search.tree.add(node, result.model, result.duals)
    if np.isinf(result.bound) and result.duals is not None:
        search.tree.end(number, EMPTY)
    if np.isinf(result.bound) or search.beaten(result.bound):
        return []
    _look_near(search, node, result)
    group = branch_group(result, search)
    rows = np.flatnonzero(result.reduced <= search.best_m - result.bound + TOLERANCE)
    bound = max(node.bound, result.bound)
    smaller = replace(node, bound=bound, rows=rows, parent=number)
    if group is None:
        return _finish(search, smaller, result)
    search.tree.end(number, SPLIT)
    return [smaller.with_group(group, held) for held in (True, False)]


def _look_near(search: UniformSearch, node: Node, result: NodeResult) -> None:
    if np.all(result.x > 1 - 1e-6):
        offer_plan(search, result.rows)
        held = node.held.copy()
        held[result.groups[result.z > 0.5]] = True
        offer_levels(search, result.rows, held)
    if search.nodes <= 5 or search.nodes % 5 == 0:
        held = node.held.copy()
        held[result.groups[result.z > 0.5]] = True
        improve(search, held)


def _finish(search: UniformSearch, node: Node, result: NodeResult) -> list[Node]:
    """No group is in doubt: a whole solution is a plan; a fractional one is settled by a MIP."""
    if np.all(result.x > 1 - 1e-6):
        return []
    undecided = node.undecided
    if len(undecided):
        widest = undecided[np.argmax(np.abs(result.worth_m))]
        search.tree.end(node.parent, SPLIT)
        return [node.with_group(int(widest), held) for held in (True, False)]
    search.tree.end(node.parent, SEARCHED)
    plan = _exact_partition(search, node, result)
    if plan is not None:
        offer_plan(search, plan)
        offer_levels(search, plan, node.held)
    return []


def _exact_partition(search: UniformSearch, node: Node, result: NodeResult) -> Ints | None:
    """The best plan of a fully settled node, exactly: every candidate within the gap."""
    rows = np.flatnonzero(result.reduced <= search.best_m - result.bound + TOLERANCE)
    portfolio = search.portfolio
    cost = portfolio.cost_m[rows] + portfolio.gain_m[rows][:, node.held].sum(axis=1)
    inside = membership(portfolio.masks[rows], search.size)
    fewest, most = search.limits.count
    answer = search.highs.solve(
        Problem(
            cost=cost,
            lower=np.zeros(len(rows)),
            upper=np.ones(len(rows)),
            integer=np.ones(len(rows), dtype=bool),
            matrix=sparse.csc_array(np.vstack([inside.T, np.ones((1, len(rows)))])),
            row_lower=np.concatenate((np.ones(search.size), [fewest])),
            row_upper=np.concatenate((np.ones(search.size), [most])),
        ),
        search.seconds(),
    )
    return None if answer.values is None else rows[answer.values > 0.5]
