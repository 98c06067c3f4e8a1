"""Tiny instances of both models, a solver for them, and brute force over all groupings."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace

import highspy
import numpy as np
import pyomo.core as pyo
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from models.inputs import (
    COLLABORATIVE,
    FOOTPRINT,
    NATIONAL,
    AssignmentInputs,
    Holding,
    Nearness,
    SelectionInputs,
    Total,
)

Grouping = list[tuple[str, ...]]


def solve(model: pyo.ConcreteModel) -> float | None:
    """Solve with HiGHS and load the values; the objective, or None when there is no plan."""
    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    highs = highspy.Highs()
    highs.silent()
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 0.0)
    columns = form.columns
    infinity = highs.inf
    lower = np.array([-infinity if c.lb is None else c.lb for c in columns], dtype=float)
    upper = np.array([infinity if c.ub is None else c.ub for c in columns], dtype=float)
    highs.addVars(len(columns), lower, upper)
    whole = np.array([k for k, c in enumerate(columns) if c.is_integer()], dtype=np.int32)
    kinds = np.array([highspy.HighsVarType.kInteger] * len(whole))
    highs.changeColsIntegrality(len(whole), whole, kinds)
    costs = form.c.toarray().ravel()
    highs.changeColsCost(len(columns), np.arange(len(columns), dtype=np.int32), costs)
    highs.changeObjectiveOffset(float(np.ravel(form.c_offset)[0]))
    by_row = form.A.tocsr()
    for row, (_, side) in enumerate(form.rows):
        part = slice(by_row.indptr[row], by_row.indptr[row + 1])
        right = float(form.rhs[row])
        highs.addRow(
            -infinity if side == 1 else right,
            infinity if side == -1 else right,
            part.stop - part.start,
            by_row.indices[part].astype(np.int32),
            by_row.data[part],
        )
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        assert highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible
        return None
    for column, value in zip(columns, highs.getSolution().col_value, strict=True):
        column.set_value(value, skip_validation=True)
    return float(highs.getObjectiveValue())


def groupings(icbs: tuple[str, ...]) -> Iterator[Grouping]:
    """Every set partition, members in the order given."""
    if not icbs:
        yield []
        return
    first, rest = icbs[0], icbs[1:]
    for size in range(len(rest) + 1):
        for mates in itertools.combinations(rest, size):
            others = tuple(i for i in rest if i not in mates)
            for grouping in groupings(others):
                yield [(first, *mates), *grouping]


def best_selection(inputs: SelectionInputs) -> float | None:
    """The least cost over every grouping into candidates and every choice of levels."""
    name_of = {members: f for f, members in inputs.members.items()}
    costs = [
        cost
        for grouping in groupings(inputs.icbs)
        if all(group in name_of for group in grouping)
        for cost in _selection_costs(inputs, [name_of[group] for group in grouping])
    ]
    return min(costs, default=None)


def _selection_costs(inputs: SelectionInputs, chosen: list[str]) -> Iterator[float]:
    if not inputs.count[0] <= len(chosen) <= inputs.count[1]:
        return
    if inputs.nearness and _moved(inputs, chosen) > inputs.nearness.most_moved:
        return
    cells = [cell for cell in inputs.open_levels if cell[1] in chosen]
    for picked in itertools.product(*(inputs.open_levels[cell] for cell in cells)):
        levels = dict(zip(cells, picked, strict=True))
        fits = (_levels_fit, _totals_fit, _holdings_fit)
        if all(fit(inputs, chosen, levels) for fit in fits):
            yield _cost(inputs, chosen, levels)


def _moved(inputs: SelectionInputs, chosen: list[str]) -> int:
    assert inputs.nearness is not None
    kept = inputs.nearness.kept
    homes: list[str | None] = [*sorted({b for _, b in kept}), *[None] * len(chosen)]
    stay = max(
        sum(kept.get((f, b), 0) for f, b in zip(chosen, order, strict=False) if b)
        for order in set(itertools.permutations(homes, len(chosen)))
    )
    return len(inputs.icbs) - stay


def _levels_fit(
    inputs: SelectionInputs, chosen: list[str], levels: Mapping[tuple[str, str], str]
) -> bool:
    for s in inputs.uniform:
        if len({levels[s, f] for f in chosen}) > 1:
            return False
    return all(
        levels[s, f] == levels[t, f]
        for s, t in inputs.together
        for f in chosen
        if (s, f) in levels and (t, f) in levels
    )


def _totals_fit(
    inputs: SelectionInputs, chosen: list[str], levels: Mapping[tuple[str, str], str]
) -> bool:
    for total in inputs.totals:
        amount = sum(total.settled.get(f, 0.0) for f in chosen)
        amount += sum(total.by_level.get((s, o, f), 0.0) for (s, f), o in levels.items())
        if total.least is not None and amount < total.least - 1e-7:
            return False
        if total.most is not None and amount > total.most + 1e-7:
            return False
    return True


def _holdings_fit(
    inputs: SelectionInputs, chosen: list[str], levels: Mapping[tuple[str, str], str]
) -> bool:
    for holding in inputs.holdings:
        for f in chosen:
            held = holding.settled.get(f, 0.0)
            held += sum(
                holding.by_level.get((s, o, f), 0.0) for (s, g), o in levels.items() if g == f
            )
            if held < holding.least[f] - 1e-7:
                return False
    return True


def _cost(
    inputs: SelectionInputs, chosen: list[str], levels: Mapping[tuple[str, str], str]
) -> float:
    fixed = sum(by.get(f, 0.0) for by in inputs.settled_m.values() for f in chosen)
    return fixed + sum(
        by.get((s, o, f), 0.0) for by in inputs.level_m.values() for (s, f), o in levels.items()
    )


def best_assignment(inputs: AssignmentInputs) -> float | None:
    """The least cost over every grouping that keeps the rules, each service at its best level."""
    costs = [
        sum(inputs.always_m.values()) + sum(footprint_cost(inputs, group) for group in grouping)
        for grouping in groupings(inputs.icbs)
        if inputs.count[0] <= len(grouping) <= inputs.count[1]
        and all(may_be_footprint(inputs, group) for group in grouping)
        and _pairs_fit(inputs, grouping)
    ]
    return min(costs, default=None)


def _pairs_fit(inputs: AssignmentInputs, grouping: Grouping) -> bool:
    home = {i: at for at, group in enumerate(grouping) for i in group}
    return all(home[i] == home[j] for i, j in inputs.keep_together) and all(
        home[i] != home[j] for i, j in inputs.keep_apart
    )


def may_be_footprint(inputs: AssignmentInputs, group: tuple[str, ...]) -> bool:
    """Whether a group hangs together and is inside both windows."""
    reached, fresh = {group[0]}, [group[0]]
    while fresh:
        i = fresh.pop()
        near = {b if a == i else a for a, b in inputs.links if i in (a, b)}
        fresh += [j for j in group if j in near and j not in reached]
        reached |= set(fresh)
    people = sum(inputs.population[i] for i in group)
    exempt = len(group) == 1 and group[0] in inputs.stand_alone
    large_enough = (
        people >= inputs.population_window[0] and len(group) >= inputs.members_window[0]
    ) or exempt
    small_enough = people <= inputs.population_window[1] and len(group) <= inputs.members_window[1]
    return reached == set(group) and large_enough and small_enough


def footprint_cost(inputs: AssignmentInputs, group: tuple[str, ...]) -> float:
    """What a footprint costs with each service at its better level."""
    services = sum(min(level_costs(inputs, s, group).values()) for s in inputs.services)
    return map_cost(inputs, group) + services


def map_cost(inputs: AssignmentInputs, group: tuple[str, ...]) -> float:
    """What a footprint costs whoever holds its services: committee, pairs, and what leaves it."""
    pairs = len(group) * (len(group) - 1) / 2
    away = sum(m for (i, j), m in inputs.scope_flow_m.items() if i in group and j not in group)
    running = inputs.committee_cost_m + inputs.governance_cost_m * pairs
    return running + inputs.weight_leakage * away


def level_costs(inputs: AssignmentInputs, s: str, group: tuple[str, ...]) -> dict[str, float]:
    """What each allowed level of s costs in a footprint."""
    rows = [(i, j, m) for (t, i, j), m in inputs.flow_m.items() if t == s and i in group]
    spend = sum(m for _, _, m in rows)
    leak = sum(m for _, j, m in rows if j not in group)
    apart, held = (
        sum(by.get((s, i), 0.0) for by in terms.values() for i in group)
        for terms in (inputs.apart_m, inputs.held_m)
    )
    costs = {NATIONAL: apart}
    hosted = sum(inputs.hosted.get((s, i), 0) for i in group)
    if hosted < inputs.min_providers.get(s, 0):
        return costs
    local = inputs.weight_contracting * leak + held
    if spend >= inputs.min_spend_m.get(s, 0.0):
        costs[FOOTPRINT] = local + inputs.holding_cost_m
    if spend >= inputs.lead_min_spend_m.get(s, float("inf")):
        costs[COLLABORATIVE] = local + inputs.lead_provider_cost_m
    return costs


def as_selection(inputs: AssignmentInputs) -> SelectionInputs:
    """The same problem for the selection model, its candidates listed one subset at a time."""
    groups = [
        group
        for size in range(1, len(inputs.icbs) + 1)
        for group in itertools.combinations(inputs.icbs, size)
        if may_be_footprint(inputs, group)
        and all((i in group) == (j in group) for i, j in inputs.keep_together)
        and not any(i in group and j in group for i, j in inputs.keep_apart)
    ]
    members = {" ".join(group): group for group in groups}
    settled: dict[str, dict[str, float]] = {"fixed": {}, "services": {}}
    open_levels: dict[tuple[str, str], tuple[str, ...]] = {}
    level_m: dict[str, dict[tuple[str, str, str], float]] = {"services": {}}
    for f, group in members.items():
        settled["fixed"][f] = map_cost(inputs, group)
        for s in inputs.services:
            costs = level_costs(inputs, s, group)
            if len(costs) == 1:
                settled["services"][f] = settled["services"].get(f, 0.0) + costs[NATIONAL]
            else:
                open_levels[s, f] = tuple(costs)
                level_m["services"] |= {(s, o, f): cost for o, cost in costs.items()}
    return SelectionInputs(
        icbs=inputs.icbs,
        members=members,
        settled_m=settled,
        open_levels=open_levels,
        level_m=level_m,
        count=inputs.count,
    )


def random_selection(seed: int) -> SelectionInputs:
    """Five ICBs, most of their subsets as candidates, three services, and by turns every rule."""
    draw = random.Random(seed)
    icbs = ("A", "B", "C", "D", "E")
    subsets = [g for size in (1, 2, 3) for g in itertools.combinations(icbs, size)]
    members = {"".join(g): g for g in subsets if len(g) == 1 or draw.random() < 0.8}
    uniform = ("s2",) if seed % 2 else ()
    open_levels: dict[tuple[str, str], tuple[str, ...]] = {}
    for s in ("s1", "s2", "s3"):
        for f in members:
            levels = draw.sample(["national", "footprint", "icb"], draw.choice([1, 2, 3]))
            if len(levels) > 1 or s in uniform:
                open_levels[s, f] = tuple(levels)
    choices = [(s, o, f) for (s, f), levels in open_levels.items() for o in levels]
    inputs = SelectionInputs(
        icbs=icbs,
        members=members,
        settled_m={"committee_cost": dict.fromkeys(members, float(draw.randint(1, 9)))},
        open_levels=open_levels,
        level_m={"contracting": {choice: draw.uniform(0, 10) for choice in choices}},
        count=draw.choice([(1, 1_000_000), (2, 3), (3, 3), (2, 4)]),
        uniform=uniform,
    )
    return _with_rules(inputs, draw, seed)


def _with_rules(inputs: SelectionInputs, draw: random.Random, seed: int) -> SelectionInputs:
    if seed % 3 == 0:
        inputs = replace(inputs, together=(("s1", "s3"),))
    amounts = {
        (s, o, f): draw.uniform(1, 5)
        for (s, f), levels in inputs.open_levels.items()
        for o in levels
        if o != "national"
    }
    settled = {f: draw.uniform(0, 1) for f in inputs.members}
    if seed % 5 in (1, 2):
        least = {f: draw.uniform(0, 6) for f in inputs.members}
        floor = Holding("min_local_share_each", least, settled, amounts)
        inputs = replace(inputs, holdings=(floor,))
    if seed % 3 == 1:
        inputs = replace(
            inputs,
            totals=(
                Total("min_local_spend_m", least=4.0, settled=settled, by_level=amounts),
                Total("max_leakage_m", most=14.0, settled=settled, by_level=amounts),
            ),
        )
    if seed % 4 >= 2:
        baseline = {"x": {"A", "B", "C"}, "y": {"D", "E"}}
        kept = {
            (f, b): len(home & set(members))
            for f, members in inputs.members.items()
            for b, home in baseline.items()
            if home & set(members)
        }
        inputs = replace(inputs, nearness=Nearness(most_moved=draw.randint(0, 2), kept=kept))
    return inputs


def random_assignment(seed: int) -> AssignmentInputs:
    """Five ICBs on a small map, two services, and by turns every rule."""
    draw = random.Random(seed)
    icbs = ("A", "B", "C", "D", "E")
    links = (("A", "B"), ("B", "C"), ("C", "D"), ("B", "D"), ("D", "E"))
    services = ("s1", "s2")
    flow_m = {
        (s, i, j): draw.uniform(4, 12) if i == j else draw.uniform(0, 4)
        for s in services
        for i in icbs
        for j in (*icbs, "")
    }
    cells = [(s, i) for s in services for i in icbs]
    scope_flow_m = {
        (i, j): draw.uniform(0, 3) + sum(flow_m[s, i, j] for s in services)
        for i in icbs
        for j in (*icbs, "")
    }
    return AssignmentInputs(
        icbs=icbs,
        links=links,
        population={i: draw.uniform(0.5, 2.0) for i in icbs},
        population_window=draw.choice([(0.0, float("inf")), (1.5, 4.0), (2.0, 5.0)]),
        members_window=draw.choice([(1, 64), (2, 3), (1, 3)]),
        count=draw.choice([(1, 1_000_000), (2, 2), (2, 4)]),
        services=services,
        flow_m=flow_m,
        hosted={(s, i): draw.randint(0, 2) for s in services for i in icbs},
        scope_flow_m=scope_flow_m,
        min_providers={"s1": draw.randint(0, 3), "s2": 1},
        min_spend_m={"s1": draw.uniform(0, 40), "s2": draw.choice([0.0, float("inf")])},
        lead_min_spend_m={"s2": draw.uniform(0, 30)} if seed % 3 else {},
        lead_provider_cost_m=draw.choice([0.1, 1.0]),
        apart_m={
            "integration": {cell: draw.uniform(0, 3) for cell in cells},
            "holding": {cell: draw.uniform(0, 0.3) for cell in cells},
        },
        held_m={"transition_delegate": {cell: draw.uniform(0, 0.5) for cell in cells}},
        always_m={"integration": 3.0},
        weight_leakage=draw.choice([0.0, 0.3, 1.0]),
        weight_contracting=draw.choice([0.1, 0.5]),
        holding_cost_m=draw.choice([0.0, 0.5]),
        committee_cost_m=draw.uniform(0, 3),
        governance_cost_m=draw.choice([0.0, 0.4]),
        stand_alone=("E",) if seed % 2 else (),
        keep_together=(("C", "B"),) if seed % 5 == 1 else (),
        keep_apart=(("C", "D"),) if seed % 5 == 2 else (),
    )
