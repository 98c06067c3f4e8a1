"""Why an ICB is where it is: the best plan with it in each neighbouring footprint."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimiser.errors import Fault, FootprintsError, InputError
from optimiser.footprints.system import System
from optimiser.plan.distance import homes
from optimiser.progress import Report
from optimiser.questions.explain.differences import (
    compare_solved,
    drop_zero_terms,
    name_home,
    state_failure,
    state_proof,
)
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved
from optimiser.questions.explain.rules import Variant
from optimiser.spelling import join_sentences, suggest_code


def explain_icb(
    icb: str, variant: Variant, reoptimiser: Reoptimiser, report: Report
) -> pd.DataFrame:
    """The best plan with an ICB beside each neighbour that lies outside its footprint.

    Each plan is a new optimum: everything else may change too. A plan "with X in the footprint of n"
    is one in which X and n share a footprint, which rules out that X stays with its present ones
    alone.

    Args:
        icb: code of the ICB.
        variant: the scenario.
        reoptimiser: solves it anew.
        report: called after each step.

    Returns:
        one row per neighbouring ICB outside the footprint of the best plan, the cheapest first:
        with_icb, with_name, footprint (ICBs of the neighbour's present footprint), result and
        result_name (ICBs and name of the ICB's footprint in the new plan), cost_m, difference_m, a
        difference for each term, crossing_patients, icbs_moved, moved, footprints, possible (None where
        that was not settled), proven, note.

    Raises:
        InputError: there is no such ICB.
        NoPlanError: the scenario has no plan.
    """
    table = variant.dataset.icbs
    names = dict(zip(table["icb"], table["name"], strict=True))
    if icb not in names:
        remedy = join_sentences("The dataset has no such ICB.", suggest_code(icb, names))
        raise InputError([Fault("--icb", 0, "", icb, "known_icb", remedy)])
    base = reoptimiser.solve(variant)
    report("base", f"the best plan scores {base.cost_m:,.2f}")
    outside = list(_neighbours_outside(base, icb))
    rows = []
    for k, other in enumerate(outside):
        with reoptimiser.turn(variant, len(outside) - k):
            rows.append(_row(base, icb, other, reoptimiser))
    columns = ["with_icb", "cost_m", "difference_m"]
    frame = pd.DataFrame(rows)
    absent = [
        name for name in columns if name not in frame
    ]  # no neighbour, or none answered in time
    frame[absent] = math.nan
    frame = frame.sort_values("difference_m", kind="stable", na_position="last", ignore_index=True)
    return drop_zero_terms(frame, list(base.terms_m))


def home_of(solved: Solved, icb: str) -> tuple[str, ...]:
    """ICBs of the footprint that an ICB is in."""
    place = solved.system.icbs.index(icb)
    mask = next(int(m) for m in solved.masks if int(m) >> place & 1)
    return solved.system.members_of(mask)


def _neighbours_outside(base: Solved, icb: str) -> Iterator[str]:
    system: System = base.system
    home = homes(base.masks, system.size)
    place = system.icbs.index(icb)
    for other in np.flatnonzero(home != home[place]):
        if int(system.neighbours[place]) >> int(other) & 1:
            yield system.icbs[int(other)]


def _row(base: Solved, icb: str, other: str, reoptimiser: Reoptimiser) -> dict[str, object]:
    system = base.system
    names = dict(zip(system.icbs, system.names, strict=True))
    about: dict[str, object] = {
        "with_icb": other,
        "with_name": names[other],
        "footprint": " ".join(home_of(base, other)),
    }
    groups = (*base.variant.scenario.footprints.keep_together, (icb, other))
    try:
        found = reoptimiser.solve(base.variant.changed({"footprints.keep_together": groups}))
    except (TimeoutError, FootprintsError) as error:
        return {**about, **state_failure(error)}
    return {
        **about,
        "result": " ".join(home_of(found, icb)),
        "result_name": name_home(found, icb),
        **compare_solved(base, found),
        "possible": True,
        "proven": base.proven and found.proven,
        "note": state_proof(base, found, least=0.0),
    }
