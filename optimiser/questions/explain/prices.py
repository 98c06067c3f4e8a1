"""The price of each rule: the optimum with it against the optimum without it."""

from __future__ import annotations

import math

import pandas as pd

from optimiser.errors import FootprintsError
from optimiser.progress import Report
from optimiser.questions.explain.differences import compare_solved, drop_zero_terms
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
        the price is at least this), then what dropping it changes:
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
    for rule in sorted(list_rules(variant), key=_effort):
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
    if not base.proven:
        return {**unknown, "note": "the scenario's own best plan is not proven"}
    price = base.cost_m - without.cost_m
    if not without.proven and price <= 0:
        return {**unknown, "note": f"no better plan is {without.scope}"}
    binding = price > FREE_M * max(1.0, abs(base.cost_m))
    difference = compare_solved(base, without if binding else base)
    del difference["difference_m"]
    return {
        **about,
        "binding": binding,
        "price_m": price if binding else 0.0,
        **difference,
        "proven": base.proven and without.proven,
        "note": without.scope,
    }


def describe_price(row: dict[str, object]) -> str:
    """A price in a few words."""
    if row["binding"] is None:
        return f"not found ({row['note']})"
    least = "" if row["proven"] else "at least "
    return f"{least}{row['price_m']:,.2f} £m-equivalents" if row["binding"] else "free"
