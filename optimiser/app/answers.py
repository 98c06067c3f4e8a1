"""Answers to a page as plain values: figures as they are shown, beside what they are worked out from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from optimiser.app.desk import Desk
from optimiser.app.state import State
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.levels import measure_levels
from optimiser.footprints.system import System
from optimiser.plan.distance import homes, match_footprints, measure_distance
from optimiser.plan.plan import Plan, measure_headlines
from optimiser.proof.referee import check_plan
from optimiser.questions.case import Case, SolvedPlan
from optimiser.questions.evaluate import measure_gap
from optimiser.questions.margins import Margin, list_margins, tightest
from optimiser.questions.moves import list_moves
from optimiser.runs.basis import WEAK, summarise_basis
from optimiser.runs.compare.figures import EVERY_ROW, list_columns, work_out
from optimiser.runs.compare.measuring import MEASURES
from optimiser.runs.compare.wording import say_mode, say_term, show, show_difference
from optimiser.runs.saving import plain

Answer = Callable[[Any], Any]
"""From the JSON that a page sends to the JSON it gets."""
FOOTPRINT_COLUMNS = (
    ("members", "ICBs", "ICBs"),
    ("population", "People, million", "persons"),
    ("scope_spend_m", "In scope, £m", "£m"),
    ("leakage_share", "Treated outside, %", "share"),
    ("local_share", "Held locally, %", "share"),
    ("cv", "Volatility, %", "share"),
    ("furthest_minutes", "Minutes to the lead, most", "minutes"),
    ("cost_m", "Score, £m-eq.", "£m"),
)
"""Columns of the page's table of footprints: column, heading, unit."""


def describe_plan(desk: Desk, state: State) -> Any:
    """Every measure and every rule of a state's plan."""
    case, plan = desk.case_of(state.settings), desk.measure(state)
    margins = tightest(list_margins(case, plan))
    best = desk.best_of(state)
    basis = summarise_basis("footprints", plan.footprints, desk.dataset)
    return plain(
        {
            "score": plan.objective,
            "score_text": show(plan.objective, "£m"),
            "best": None if best is None else _describe_best(plan, best),
            "measures": list_measures(plan),
            "terms": _list_terms(plan),
            "heads": [
                [column, heading, basis.get(column) in WEAK]
                for column, heading, _ in FOOTPRINT_COLUMNS
            ],
            "footprints": _list_footprints(case.system, plan),
            "rules": [_describe_margin(margin) for margin in margins],
        }
    )


def _describe_best(plan: Plan, best: SolvedPlan) -> dict[str, Any]:
    gap = measure_gap(plan, best)
    return {
        "score": best.objective,
        "gap": gap,
        "gap_text": show(gap or 0.0, "share"),
        "more_text": show(plan.objective - best.objective, "£m"),
        "proven": best.outcome.status == "optimal" and not best.outcome.gap,
        "within_text": show(best.outcome.gap or 0.0, "share"),
        "same": _same(plan.grouping, best.grouping),
    }


def _same(one: Mapping[str, Sequence[str]], other: Mapping[str, Sequence[str]]) -> bool:
    return {frozenset(icbs) for icbs in one.values()} == {frozenset(x) for x in other.values()}


def list_measures(plan: Plan) -> list[dict[str, Any]]:
    """The measures that runs are compared by, of a plan that is not saved yet."""
    found = []
    for measure in MEASURES:
        frame = getattr(plan, measure.table, None)
        if frame is None or not set(list_columns(measure.column)) <= set(frame):
            continue  # in a manifest or a view of a saved plan, or of a level that is not open
        value = work_out(frame, EVERY_ROW, measure.column)
        if not math.isnan(value):
            about = {"name": measure.name, "label": measure.label, "unit": measure.unit}
            text = {"text": show(value, measure.unit), "better": measure.better}
            found.append({**about, **text, "value": value})
    avoidable = measure_headlines(plan).avoidable_score
    about = {"name": "avoidable_m", "label": "Score that a plan can change", "better": "lower"}
    money = {"unit": "£m-equivalents", "text": show(avoidable, "£m"), "value": avoidable}
    return [*found, {**about, **money}]


def _list_terms(plan: Plan) -> list[dict[str, Any]]:
    used = plan.terms[plan.terms["cost_m"] != 0]
    return [
        {
            "term": say_term(row["term"]),
            "weight": f"{row['weight']:g}",
            "measure": _tell_amount(row["measure"], str(row["unit"])),
            "score": show(row["cost_m"], "£m"),
            "same": show(row["unavoidable_m"], "£m"),
            "value": row["cost_m"],
        }
        for row in used.to_dict(orient="records")
    ]


def _tell_amount(value: float, unit: str) -> str:
    return f"£{value:,.1f}m{unit[2:]}" if unit.startswith("£m") else f"{value:,.1f} {unit}"


def _list_footprints(system: System, plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "name": row["footprint"],
            "lead": row["lead_name"],
            "mode": say_mode(str(row["mode"])),
            "cells": [show(float(row[column]), unit) for column, _, unit in FOOTPRINT_COLUMNS],
            "parts": _list_parts(system, plan.grouping[row["footprint"]]),
        }
        for row in plan.footprints.to_dict(orient="records")
    ]


def _list_parts(system: System, icbs: Sequence[str]) -> list[list[str]]:
    """The pieces of a footprint that hang together, the largest first."""
    left, parts = system.mask_of(icbs), []
    while left:
        part, waiting = 0, left & -left
        while waiting:
            i = (waiting & -waiting).bit_length() - 1
            part |= 1 << i
            waiting = (waiting | int(system.neighbours[i])) & left & ~part
        parts.append(list(system.members_of(part)))
        left &= ~part
    return sorted(parts, key=len, reverse=True)


_FORMS = {"share": "{:.0%}", "footprints": "{:.0f}", "ICBs": "{:.0f}", "minutes": "{:.0f}"}
_SAID = {
    "m people": "{} million people",
    "ICBs": "{} ICBs",
    "£m": "£{}m",
    "minutes": "{} minutes",
    "footprints": "{} footprints",
    "services": "{} services",
}


def _describe_margin(margin: Margin) -> dict[str, Any]:
    return {
        "rule": margin.rule,
        "sentence": margin.sentence[:1].upper() + margin.sentence[1:],
        "kept": margin.kept,
        "asked": margin.asked,
        "where": margin.where,
        "told": _tell_margin(margin),
    }


def _tell_margin(margin: Margin) -> str:
    """Value and margin in words, with as many decimals as tell the one from the limit."""
    if math.isnan(margin.value):
        return "In every footprint" if margin.kept else f"Broken: {margin.where}"
    if margin.rule == "readiness":
        return f"{margin.where} {margin.value:.2f}, needs {margin.limit:.2f}"
    form = _FORMS.get(margin.unit, "{:,.2f}")
    value, spare = form.format(margin.value), form.format(abs(margin.spare))
    said = _SAID.get(margin.unit, "{}").format(value)
    if margin.spare == 0:
        return f"{margin.where}: {said}, exactly as asked"
    after = f"{spare} to spare" if margin.kept else f"{spare} on the wrong side"
    return f"{margin.where}: {said}, {after}"


def describe_moves(desk: Desk, state: State, icb: str) -> dict[str, Any]:
    """What it would cost to move an ICB to each footprint it could join."""
    case = desk.case_of(state.settings)
    highs, lock = desk.ask()
    with lock:
        moves = list_moves(case, highs, state.grouping, icb, state.held)
    return {
        "icb": icb,
        "moves": [
            {
                "to": move.to,
                "change": move.change,
                "text": show_difference(move.change, "£m"),
                "breaks": [_say_rule(rule) for rule in move.breaks],
                "mends": [_say_rule(rule) for rule in move.mends],
            }
            for move in moves
        ],
    }


_SHORT = {
    "count": "number of footprints",
    "contiguous": "members linked through neighbours",
    "min_population": "least population",
    "max_population": "largest population",
    "min_members": "fewest ICBs",
    "max_members": "most ICBs",
    "min_spend": "least spend",
    "max_spend": "largest spend",
    "max_travel_minutes": "travel to the lead",
    "within_regions": "regions kept whole",
}
"""Rules in a few words, for a button."""


def _say_rule(rule: str) -> str:
    return _SHORT.get(rule, rule.replace("_", " "))


def describe_verdict(desk: Desk, state: State) -> Any:
    """What the referee, which shares no code with the engine, says of a state's plan."""
    case = desk.case_of(state.settings)
    broken = check_plan(desk.measure(state), desk.dataset, case.scenario)
    return plain({"broken": [{"rule": it.rule, "sentence": it.sentence} for it in broken]})


def describe_levels(desk: Desk, state: State, footprint: str) -> Any:
    """Level, reason and flip point of every service in one footprint, and how many hold it."""
    case, plan = desk.case_of(state.settings), desk.measure(state)
    mine = plan.services[plan.services["footprint"] == footprint]
    held = plan.services.assign(local=plan.services["level"] != "national")
    local = held.groupby("service")["local"].sum()
    masks = as_masks([case.system.mask_of(plan.grouping[footprint])], case.system.size)
    flips = _tell_flips(case, masks)
    return plain(
        {
            "footprint": footprint,
            "footprints": len(plan.footprints),
            "rows": [
                {
                    "service": row["service"],
                    "level": row["level"],
                    "reason": row["reason"],
                    "spend": show(row["spend_m"], "£m"),
                    "spend_m": row["spend_m"],
                    "local": int(local[row["service"]]),
                    "flip": flips[at] if row["in_scope"] else "",
                }
                for at, row in enumerate(mine.to_dict(orient="records"))
            ],
        }
    )


def _tell_flips(case: Case, masks: Any) -> list[str]:
    """The weight that flips each service with the least change, in words; empty where none does."""
    from optimiser.questions.explain.service_reasons import find_flips  # slow, for one tab alone

    system = case.system
    every = np.arange(len(system.services.codes))
    levels = measure_levels(system, masks, every)
    objective = system.scenario.objective
    weights = {
        term: objective.holding_cost_m if term == "holding" else float(getattr(objective, term))
        for term in ("contracting", "volatility", "integration", "holding")
    }
    return [_tell_flip(find_flips(levels, 0, int(s)), weights) for s in every]


def _tell_flip(flips: Mapping[str, float], weights: Mapping[str, float]) -> str:
    near = {
        term: abs(math.log(max(flip, 1e-6) / weights[term]))
        for term, flip in flips.items()
        if not math.isnan(flip) and weights[term] > 0
    }
    if not near:
        return "no weight flips it"
    term = min(near, key=lambda name: near[name])
    return f"{say_term(term).lower()}: weight {flips[term]:.2g} instead of {weights[term]:g}"


def compare_plans(desk: Desk, state: State, other: Mapping[str, Sequence[str]]) -> Any:
    """Another grouping on the state's scale beside the state's plan, and which ICBs differ."""
    mine = desk.measure(state)
    beside = State({name: tuple(icbs) for name, icbs in other.items()}, settings=state.settings)
    theirs = desk.measure(beside)
    size, system = len(desk.dataset.icbs), desk.case_of(state.settings).system
    one, two = (_homes(system, plan) for plan in (mine, theirs))
    matched = match_footprints(two, one)
    moved = [i for i in range(size) if matched.get(int(two[i])) != int(one[i])]
    names = [list(plan.grouping) for plan in (mine, theirs)]
    values = {row["name"]: row for row in list_measures(theirs)}
    away = measure_distance(one, two, system.residents)
    best = desk.best_of(state)
    return plain(
        {
            "grouping": {name: list(icbs) for name, icbs in theirs.grouping.items()},
            "matched": {names[1][b]: names[0][a] for b, a in matched.items()},
            "moved": [system.icbs[i] for i in moved],
            "moved_people": show(away.population_moved, "persons"),
            "gap": None if best is None else show(measure_gap(theirs, best) or 0.0, "share"),
            "measures": [
                {
                    "label": row["label"],
                    "unit": row["unit"],
                    "mine": row["text"],
                    "theirs": values[row["name"]]["text"],
                    "difference": show_difference(
                        row["value"] - values[row["name"]]["value"], row["unit"]
                    ),
                }
                for row in list_measures(mine)
                if row["name"] in values
            ],
            "icbs": [
                {
                    "icb": system.icbs[i],
                    "mine": names[0][int(one[i])],
                    "theirs": names[1][int(two[i])],
                    "moved": i in moved,
                }
                for i in range(size)
            ],
        }
    )


def _homes(system: System, plan: Plan) -> Any:
    masks = as_masks((system.mask_of(icbs) for icbs in plan.grouping.values()), system.size)
    return homes(masks, system.size)
