"""One exact answer under any objective and any bounds: the engine's steps on measured arrays.

Solve the relaxation, guess a gap, solve the selection model on everything within it. An optimum v on
the candidates and levels whose reduced costs are at most r proves the point when v <= bound + r:
whatever was left out costs more than bound + r.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from models.inputs import SelectionInputs, Total
from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.engine.highs.adapter import Highs, Result, from_pyomo
from optimiser.engine.highs.adapter import _load_values as load_values
from optimiser.engine.listed import Listed, ListedPricing
from optimiser.engine.relaxation.master import Bounded, Columns, Rows, holds_two
from optimiser.engine.relaxation.pricing import Relaxation, cut_rounds, solve_relaxation
from optimiser.engine.selection import build_single_sum, candidate_names, measure_nearness
from optimiser.errors import NoPlanError
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.levels import free_services
from optimiser.footprints.totals import MeasuredCosts

LIKELY = 20_000
FIRST_GUESS = 2e-3
LEAST_RISE = 1e-5
SLACK = 1e-7


@dataclass(frozen=True)
class Point:
    """One proven answer.

    Attributes:
        masks: its footprints, (K,).
        choice: index of the level of each group, (K, G).
        objective: what was minimised.
        measures: every measure at hand, added up over the footprints.
        relaxation: what its proof rests on; the next one starts from it.
        gap: how much of the objective any plan may still save: 0 when proven best.
    """

    masks: Masks
    choice: Ints
    objective: float
    measures: dict[str, float]
    relaxation: Relaxation[ListedPricing]
    gap: float = 0.0


def bound_rows(rows: Rows, extra: tuple[Bounded, ...]) -> Rows:
    """The same rows with further bounds; a measure bounded twice keeps the tighter bounds."""
    merged = {total.name: total for total in rows.bounded}
    for total in extra:
        old = merged.get(total.name, total)
        merged[total.name] = Bounded(
            total.name, max(old.least, total.least), min(old.most, total.most)
        )
    return replace(rows, bounded=tuple(merged.values()))


def solve_point(
    highs: Highs,
    costs: MeasuredCosts,
    rows: Rows,
    seconds: Callable[[], float],
    start: Columns,
    likely: Floats | None = None,
) -> Point:
    """The best plan for the objective of ``costs`` inside ``rows``, proven within the solver's gap.

    Args:
        highs: the solver.
        costs: the candidates; its totals are the bounded measures of ``rows``.
        rows: rows of the master.
        seconds: time left.
        start: columns to begin with, with amounts in the order of ``rows.bounded``.
        likely: reduced costs of an earlier, similar solve: its best candidates are priced first.

    Raises:
        NoPlanError: proven that no plan fits.
        TimeoutError: the time is up.
    """
    relaxation = tighten(highs, costs, rows, seconds, start, likely)
    room = max(FIRST_GUESS * abs(relaxation.bound), 1e-6)
    return _widen(highs, costs, relaxation, room, seconds)


def tighten(
    highs: Highs,
    costs: MeasuredCosts,
    rows: Rows,
    seconds: Callable[[], float],
    start: Columns,
    likely: Floats | None = None,
) -> Relaxation[ListedPricing]:
    """The relaxation over all candidates with the triple cuts that it breaks.

    Cuts are sought on the likeliest candidates, which are much cheaper to price; all are priced to
    end with, so that the bound holds for all.
    """
    if likely is None:
        relaxation = solve_relaxation(highs, _listed(costs), rows, start, seconds)
        rows, start, likely = relaxation.rows, relaxation.columns, relaxation.pricing.reduced
    if len(likely) > LIKELY:
        chosen = np.sort(np.argpartition(likely, LIKELY)[:LIKELY])
        try:
            few = _cut(highs, costs.subset(chosen), rows, start, seconds)
            rows, start = few.rows, few.columns
        except NoPlanError:  # the likeliest alone cannot make a plan
            pass
    return _cut(highs, costs, rows, start, seconds)


def _listed(costs: MeasuredCosts) -> Listed:
    return Listed(costs, costs.system.size, build_single_sum)


def _cut(
    highs: Highs,
    costs: MeasuredCosts,
    rows: Rows,
    columns: Columns,
    seconds: Callable[[], float],
) -> Relaxation[ListedPricing]:
    """Add triple cuts while some are broken and the bound rises by them."""
    source, before = _listed(costs), -np.inf
    start = solve_relaxation(highs, source, rows, columns, seconds)
    for relaxation in cut_rounds(highs, source, start, seconds):
        if relaxation.bound - before < LEAST_RISE * max(abs(relaxation.bound), 1e-6):
            break
        before = relaxation.bound
    return relaxation


def _widen(
    highs: Highs,
    costs: MeasuredCosts,
    relaxation: Relaxation[ListedPricing],
    room: float,
    seconds: Callable[[], float],
) -> Point:
    """Widen the room until the answer is proven, or near enough for the scenario's gap."""
    gap = highs.settings.gap
    tolerance = SLACK * max(1.0, abs(relaxation.bound))
    while True:
        kept = np.flatnonzero(relaxation.pricing.reduced <= room + tolerance)
        point = _solve_within(highs, costs, relaxation, kept, room, seconds)
        if point is None and np.isinf(room):
            raise NoPlanError("No plan obeys all rules and bounds together.")
        if point is None:
            room = _wider(room, relaxation)
            continue
        above = point.objective - relaxation.bound
        if above <= room:
            return replace(point, gap=gap)
        if above <= gap * abs(point.objective):
            return replace(point, gap=above / abs(point.objective))
        room = above * (1 + 1e-9) + 1e-9


def _wider(room: float, relaxation: Relaxation[ListedPricing]) -> float:
    """What lets twice as many candidates in; no limit once all are in."""
    order = np.sort(relaxation.pricing.reduced)
    kept = int(np.searchsorted(order, room, side="right"))
    if kept >= len(order):
        return np.inf
    place = min(2 * kept + 50, len(order) - 1)
    return max(1.3 * room, float(order[place]))


def _solve_within(
    highs: Highs,
    costs: MeasuredCosts,
    relaxation: Relaxation[ListedPricing],
    kept: Ints,
    room: float,
    seconds: Callable[[], float],
) -> Point | None:
    """The selection model on candidates and levels whose reduced costs are within ``room``."""
    from models.selection import build_selection
    from models.solution import read_selection

    few = costs.subset(kept)
    covered = np.bitwise_or.reduce(few.masks) if len(kept) else 0
    if int(covered) != (1 << costs.system.size) - 1:
        return None
    prices = _prices(costs, relaxation)
    choice = few.choices(prices)
    inputs = build_point_inputs(few, relaxation, kept, choice, room)
    model = build_selection(inputs)
    result = _solve_with_cuts(highs, model, few, relaxation.rows.triples, seconds())
    if result.reason == "infeasible":
        return None
    if result.reason != "optimal" or result.values is None:
        raise TimeoutError
    decision = read_selection(model, inputs)
    return _read_point(few, relaxation, decision.footprints, decision.levels, choice)


def _solve_with_cuts(
    highs: Highs, model: Any, costs: MeasuredCosts, triples: Masks, seconds: float
) -> Result:
    """Solve the model with the triple cuts as further rows: every plan obeys them."""
    problem, variables = from_pyomo(model)
    if len(triples):
        names = candidate_names(costs.system, costs.masks)
        place = {id(variable): k for k, variable in enumerate(variables)}
        columns = np.array([place[id(model.x[name])] for name in names])
        cuts = sparse.coo_array(holds_two(costs.masks, triples).T)
        shape = (len(triples), len(variables))
        rows = sparse.csc_array((cuts.data, (cuts.coords[0], columns[cuts.coords[1]])), shape)
        problem = replace(
            problem,
            matrix=sparse.csc_array(sparse.vstack([problem.matrix, rows])),
            row_lower=np.concatenate((problem.row_lower, np.full(len(triples), -np.inf))),
            row_upper=np.concatenate((problem.row_upper, np.ones(len(triples)))),
        )
    result = highs.solve(problem, seconds)
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    load_values(variables, result)
    return result


def _prices(costs: MeasuredCosts, relaxation: Relaxation[ListedPricing]) -> dict[str, float]:
    return dict(zip(costs.totals, relaxation.duals.bounded.tolist(), strict=True))


def open_within(
    costs: MeasuredCosts, prices: dict[str, float], reduced: Floats, room: float
) -> Bools:
    """Levels whose extra priced cost on top of the reduced cost is within ``room``, (O, m, G)."""
    priced = costs.priced_levels(costs.factors(prices, 1.0), slice(0, len(costs.masks)))
    if not len(priced):
        return np.zeros(priced.shape, dtype=bool)
    extra = priced - priced.min(axis=0)
    return np.asarray(reduced[:, None] + extra <= room + SLACK * (1 + abs(room)))


def build_point_inputs(
    costs: MeasuredCosts,
    relaxation: Relaxation[ListedPricing],
    kept: Ints,
    choice: Ints,
    room: float,
) -> SelectionInputs:
    """The selection model's inputs: one term, the objective; groups of services as services."""
    system, amounts = costs.system, costs.amounts
    names = candidate_names(system, costs.masks)
    is_open = np.zeros((0, *choice.shape), dtype=bool)
    if amounts.levels:
        prices = _prices(costs, relaxation)
        is_open = (
            open_within(costs, prices, relaxation.pricing.reduced[kept], room) & amounts.allowed
        )
    cells = _cells(system.services.codes, _groups(costs), amounts.levels, names, is_open)
    free = is_open.sum(axis=0) > 1 if len(is_open) else np.zeros(choice.shape, dtype=bool)
    weights = dict(costs.weights)
    settled = dict(zip(names, _settled(costs, weights, choice, free).tolist(), strict=True))
    return SelectionInputs(
        icbs=system.icbs,
        members={n: system.members_of(int(m)) for n, m in zip(names, costs.masks, strict=True)},
        settled_m={"objective": settled},
        open_levels={(s, f): opened for (_, _, s, f), opened in cells.items()},
        level_m={"objective": _by_choice(costs, cells, weights)},
        count=relaxation.rows.count,
        totals=tuple(_totals(costs, relaxation.rows, names, cells, choice, free)),
        nearness=measure_nearness(relaxation.rows, costs.masks, names),
    )


Cells = dict[tuple[int, int, str, str], tuple[str, ...]]


def _groups(costs: MeasuredCosts) -> Ints:
    return np.unique(costs.system.services.group[free_services(costs.system)])


def _cells(
    codes: tuple[str, ...], groups: Ints, levels: tuple[str, ...], names: list[str], open_: Bools
) -> Cells:
    """(candidate's row, group's place, service, candidate) to its levels, where two are open."""
    if not len(open_):
        return {}
    return {
        (int(f), int(g), codes[groups[g]], names[f]): tuple(
            o for place, o in enumerate(levels) if open_[place, f, g]
        )
        for f, g in np.argwhere(open_.sum(axis=0) > 1)
    }


def _settled(costs: MeasuredCosts, weights: dict[str, float], choice: Ints, free: Bools) -> Floats:
    """What each candidate brings whatever is still open, (m,)."""
    amounts = costs.amounts
    total = np.zeros(len(costs.masks))
    for name, weight in weights.items():
        total += weight * amounts.fixed[name]
        for level, values in amounts.by_level[name].items():
            taken = (choice == amounts.levels.index(level)) & ~free
            total += weight * np.where(taken, values, 0.0).sum(axis=1)
    return total


def _by_choice(
    costs: MeasuredCosts, cells: Cells, weights: dict[str, float]
) -> dict[tuple[str, str, str], float]:
    found: dict[tuple[str, str, str], float] = {}
    for (f, g, s, name), opened in cells.items():
        for level in opened:
            parts = [
                weight * float(costs.amounts.by_level[measure][level][f, g])
                for measure, weight in weights.items()
                if level in costs.amounts.by_level[measure]
            ]
            found[s, level, name] = sum(parts)
    return found


def _totals(
    costs: MeasuredCosts, rows: Rows, names: list[str], cells: Cells, choice: Ints, free: Bools
) -> list[Total]:
    found = []
    for total in rows.bounded:
        alone = {total.name: 1.0}
        settled = dict(zip(names, _settled(costs, alone, choice, free).tolist(), strict=True))
        by_choice = _by_choice(costs, cells, alone)
        if total.least > 0:
            found.append(Total(f"min_{total.name}", total.least, None, settled, by_choice))
        if np.isfinite(total.most):
            found.append(Total(f"max_{total.name}", None, total.most, settled, by_choice))
    return found


def _read_point(
    few: MeasuredCosts,
    relaxation: Relaxation[ListedPricing],
    footprints: object,
    levels: object,
    choice: Ints,
) -> Point:
    assert isinstance(footprints, dict)
    assert isinstance(levels, dict)
    system = few.system
    masks = [system.mask_of(list(codes)) for codes in footprints.values()]
    order = sorted(range(len(masks)), key=lambda k: masks[k] & -masks[k])
    titles = list(footprints)
    chosen = as_masks((masks[k] for k in order), system.size)
    rows = np.searchsorted(few.masks, chosen)
    taken = choice[rows].copy()
    groups = _groups(few)
    for f, k in enumerate(order):
        for g, service in enumerate(groups):
            level = levels.get((system.services.codes[service], titles[k]))
            if level is not None:
                taken[f, g] = few.amounts.levels.index(level)
    plan = few.subset(rows)
    measures = {name: float(plan.measure(name, taken).sum()) for name in few.amounts.fixed}
    return Point(
        masks=chosen,
        choice=taken,
        objective=sum(weight * measures[name] for name, weight in few.weights.items()),
        measures=measures,
        relaxation=relaxation,
    )
