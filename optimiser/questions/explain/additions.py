"""The price of a rule that is not in force: the best plan with it against the best without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from optimiser.errors import Fault, FootprintsError, InputError
from optimiser.inputs.checks.scenario import check_scenario
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import change_setting, with_groups
from optimiser.progress import Report
from optimiser.questions.explain.differences import (
    compare_solved,
    drop_zero_terms,
    state_failure,
    state_proof,
)
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved
from optimiser.questions.explain.rules import Variant, is_clash
from optimiser.spelling import join_sentences, suggest

WHOLE = "whole"
OPTION = "--add"


def price_additions(
    additions: Sequence[Variant], names: Sequence[str], reoptimiser: Reoptimiser, report: Report
) -> pd.DataFrame:
    """What each rule would cost, each added alone to the scenario that was solved last.

    Args:
        additions: the scenario, and then the scenario with each rule.
        names: the rules, as they were asked.
        reoptimiser: solves them.
        report: told of each.

    Returns:
        one row per rule: added, possible (None where that was not settled), price_m (score of the best
        plan with it less that without it, £m-equivalents; NaN where there is none), then what it
        changes, as :func:`compare_solved` has it, proven, note.
    """
    base = reoptimiser.solve(additions[0])
    rows = []
    for k, (name, variant) in enumerate(zip(names, additions[1:], strict=True)):
        with reoptimiser.turn(variant, len(names) - k):
            rows.append({"added": name, **_price(variant, base, reoptimiser)})
        report("add", f"{name}: {describe_addition(rows[-1])}")
    return drop_zero_terms(pd.DataFrame(rows), list(base.terms_m))


def _price(variant: Variant, base: Solved, reoptimiser: Reoptimiser) -> dict[str, object]:
    faults = check_scenario(variant.scenario, variant.dataset, OPTION)
    if faults:
        return {"possible": False, "proven": True, "note": faults[0].remedy}
    try:
        found = reoptimiser.solve(variant)
    except (TimeoutError, FootprintsError) as error:
        return state_failure(error)
    difference = compare_solved(base, found)
    price = difference.pop("difference_m")
    sure = base.proven and found.proven
    return {
        "possible": True,
        "price_m": price,
        **difference,
        "proven": sure,
        "note": state_proof(base, found),
    }


def describe_addition(row: Mapping[Any, Any]) -> str:
    """A price in a few words."""
    if not row["possible"]:
        return f"{'no plan' if row['possible'] is False else 'not found'} ({row['note']})"
    return f"{row['price_m']:+,.2f} £m-equivalents"


def add_rule(text: str, variant: Variant) -> Variant:
    """A variant with one more rule.

    Args:
        text: ``section.key=value``; or ``whole=NAME``, a region or a footprint of a carried plan (such
            as a cluster), whose ICBs are not parted.
        variant: the scenario as it is.

    Raises:
        InputError: there is no such setting, value or name.
    """
    key, _, name = text.partition("=")
    scenario = variant.scenario
    try:
        if key.strip() == WHOLE:
            groups = (*scenario.footprints.keep_together, find_group(name.strip(), variant.dataset))
            scenario = scenario.changed({"footprints.keep_together": groups})
        else:
            scenario = change_setting(scenario, text)
    except InputError as error:
        raise InputError([replace(fault, file=OPTION) for fault in error.faults]) from None
    faults = check_scenario(scenario, variant.dataset, OPTION)
    wrong = [fault for fault in faults if not is_clash(fault)]
    if wrong:
        raise InputError(wrong)
    return replace(variant, scenario=with_groups(scenario, variant.dataset))


def find_group(name: str, dataset: Dataset) -> tuple[str, ...]:
    """ICBs of a region, or of a footprint of a carried plan, by its name.

    Raises:
        InputError: there is none of two ICBs or more with that name.
    """
    groups = dict(iter(dataset.icbs.groupby("region")["icb"]))
    for plan in dataset.plans.values():
        groups |= {str(f): icbs for f, icbs in plan.groupby("footprint")["icb"] if f not in groups}
    whole = {str(group): tuple(icbs) for group, icbs in groups.items() if len(icbs) > 1}
    if name in whole:
        return whole[name]
    remedy = "No region and no footprint of a carried plan of two ICBs or more has this name."
    remedy = join_sentences(remedy, suggest(name, list(whole)))
    raise InputError([Fault(OPTION, 0, WHOLE, name, "known_group", remedy)])
