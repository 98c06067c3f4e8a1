"""Maps on which nearly every footprint costs the same: a plan is found all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from support.cases import england, make_case, toy

from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.incumbents import fit_together
from optimiser.engine.listed import Listed
from optimiser.engine.relaxation.master import master_rows
from optimiser.engine.relaxation.pricing import no_columns, solve_relaxation
from optimiser.engine.search import Search
from optimiser.engine.selection import build_by_footprint
from optimiser.footprints.candidates import membership
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.progress import silent
from optimiser.questions.solve import solve_case

WINDOW = {"footprints.population_m": (1.0, 5.0)}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"footprints.count": 4},
        {"footprints.baseline": "columns", "footprints.max_moved": 2},
        {"services.max_local_spend_m": 60.0},
    ],
)
def test_any_plan_is_fitted_together(settings: Mapping[str, object]) -> None:
    """The search over all candidates holds each ICB once and obeys the rows across footprints."""
    system = make_case(toy(), {**WINDOW, **settings}).system
    rows = master_rows(system)
    masks = list_candidates(system, footprint_rules(system)).masks
    costs = CandidateCosts(system, masks, tuple(one.name for one in rows.bounded))
    with Highs() as highs:
        source = Listed(costs, system.size, build_by_footprint(system))
        relaxation = solve_relaxation(highs, source, rows, no_columns(rows), lambda: 60.0)
        search = Search(highs, silent, Deadline.after(60))
        fit_together(search, relaxation)
    assert search.incumbent is not None
    assert (membership(search.incumbent.masks, system.size).sum(axis=0) == 1).all()
    assert rows.count[0] <= len(search.incumbent.masks) <= rows.count[1]
    assert search.best_m >= relaxation.bound - 1e-9
    chosen = relaxation.pricing.best.taken(np.searchsorted(masks, np.sort(search.incumbent.masks)))
    held = chosen.matrix(rows).sum(axis=1)
    assert (held >= rows.lower - 1e-6).all()
    assert (held <= rows.upper + 1e-6).all()


@pytest.mark.long
def test_england_with_the_flows_of_one_icb_has_a_plan() -> None:
    """A plan is found where a quarter of a million candidates tie, with how far it may be from the best.

    Of 42 ICBs one spends, a thousandth of its money.
    """
    flows = england().flows
    few = flows[flows["icb"] == "QE1"].assign(
        spend_m=flows["spend_m"] / 1000, patients=flows["patients"] / 1000
    )
    dataset = replace(england(), flows=few.reset_index(drop=True))
    settings = {"footprints.population_m": (2.2, 11.3), "footprints.members": (1, 8)}
    with Highs() as highs:
        plan = solve_case(make_case(dataset, settings), highs)
    assert plan.outcome.bound is not None
    assert plan.outcome.gap is not None
    assert plan.outcome.bound <= plan.objective <= plan.outcome.bound + 0.05
    assert sum(plan.footprints["members"]) == 42
