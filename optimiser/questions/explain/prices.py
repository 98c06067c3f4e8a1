"""The price of each rule: the optimum with it against the optimum without it."""

from __future__ import annotations

import math

import pandas as pd

from optimiser.errors import FootprintsError
from optimiser.progress import Report
from optimiser.questions.explain.differences import (
    bound_difference,
    compare_solved,
    drop_zero_terms,
    state_range,
)
from optimiser.questions.explain.map_rules import list_rules
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved
from optimiser.questions.explain.rules import Rule, Variant

FREE_M = 1e-6
"""A rule whose price is not above this share of the cost binds nothing."""


def price_rules(variant: Variant, reoptimiser: Reoptimiser, report: Report) -> pd.DataFrame:
    """The price of every rule, lock and threshold of a scenario, each dropped alone.

    Returns:
        one row per rule, the dearest first: rule, sentence, binding, price_m (cost with the rule
        less cost without it, £m-equivalents; NaN when it was not found; where ``proven`` is false,
        of the plans at hand, and ``note`` says between what it lies), then what dropping it changes:
        cost_m of the best plan without it, a difference for each term, crossing_patients (local
        services' patients treated outside the footprint that commissions for them), icbs_moved,
        moved (codes), footprints, proven, note.

    Raises:
        NoPlanError: the scenario itself has no plan.
        TimeoutError: no time was left for the scenario itself.
    """
    base = reoptimiser.solve(variant)
    report("base", f"the best plan scores {base.cost_m:,.2f}")
    rows = []
    rules = sorted(list_rules(variant), key=_effort)
    for k, rule in enumerate(rules):
        with reoptimiser.turn(variant, len(rules) - k):
            row = _price(rule, variant, reoptimiser, base)
        report("price", f"{rule.sentence}: {describe_price(row)}")
        rows.append(row)
    frame = pd.DataFrame(rows, columns=None if rows else ["rule", "price_m"])
    frame = frame.sort_values("price_m", ascending=False, kind="stable", ignore_index=True)
    return drop_zero_terms(frame, list(base.terms_m))


def _effort(rule: Rule) -> int:
    """Rules whose price needs little new to be measured come first, in case time runs out."""
    if rule.name in ("footprints.members ceiling", "footprints.contiguous"):
        return 3
    if rule.name in ("footprints.population_m ceiling", "footprints.min_border_km"):
        return 2
    return 1 if rule.service else 0


def _price(
    rule: Rule, variant: Variant, reoptimiser: Reoptimiser, base: Solved
) -> dict[str, object]:
    about: dict[str, object] = {"rule": rule.name, "sentence": rule.sentence}
    unknown = {**about, "binding": None, "price_m": math.nan, "proven": False}
    try:
        without = reoptimiser.solve(rule.off(variant))
    except TimeoutError:
        return {**unknown, "note": "no time left"}
    except FootprintsError as error:
        return {**unknown, "note": str(error)}
    low, high = _bound_price(base, without)
    free = FREE_M * max(1.0, abs(base.cost_m))
    if low <= free < high:
        return {**unknown, "note": _state_open(base, without, free)}
    price, binding = base.cost_m - without.cost_m, low > free
    difference = compare_solved(base, without if binding else base)
    del difference["difference_m"]
    return {
        **about,
        "binding": binding,
        "price_m": price if binding else 0.0,
        **difference,
        "proven": (base.proven and without.proven) or not binding,
        "note": _state_price(base, without) if binding else "",
    }


def _state_price(base: Solved, without: Solved) -> str:
    """What is not proven of a price, in words; empty where it is the price."""
    if base.proven and without.proven:
        return ""
    if without.scope:
        return f"it is at least this, {without.scope}"
    return state_range(*_bound_price(base, without), 0.0)


def _state_open(base: Solved, without: Solved, free: float) -> str:
    """What is known of a price of which it is not settled whether it is above nothing."""
    price = base.cost_m - without.cost_m
    if without.scope and price <= free:
        return f"no better plan is {without.scope}"
    estimate = "the plans found score the same"
    if price > free:
        estimate = f"an estimate, by the plans found, is {price:,.2f} £m-equivalents"
    return f"{estimate}; {state_range(*_bound_price(base, without), 0.0)}"


def _bound_price(base: Solved, without: Solved) -> tuple[float, float]:
    """What a price is at least and at most, as far as that is proven, £m-equivalents."""
    low, high = bound_difference(base, without)
    return -high, -low


def describe_price(row: dict[str, object]) -> str:
    """A price in a few words."""
    if row["binding"] is None:
        return f"not found ({row['note']})"
    unsure = "" if row["proven"] else f" (not proven: {row['note']})"
    return f"{row['price_m']:,.2f} £m-equivalents{unsure}" if row["binding"] else "free"
