"""Every candidate of a scenario as one source, listed and measured once for all that is asked of it."""

from __future__ import annotations

from typing import Any

from optimiser.deadline import Deadline
from optimiser.engine.listed import Listed
from optimiser.engine.refusals import refuse_uncovered
from optimiser.engine.relaxation.master import Rows, bounded_measures, master_rows
from optimiser.engine.selection import build_by_footprint
from optimiser.engine.source import Pricing, WholeList
from optimiser.footprints.candidates import Candidates
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.rules import NEVER, footprint_rules, is_long, list_candidates
from optimiser.footprints.system import System
from optimiser.progress import Report, silent

KEPT = ("candidates", b"")


def open_candidates(
    system: System, report: Report = silent, deadline: Deadline = NEVER
) -> tuple[WholeList[Pricing], Rows]:
    """All candidates with their costs, and the master's rows; raises as :func:`list_candidates`.

    Raises:
        NoPlanError: some ICB is in no candidate.
    """
    if KEPT not in system.kept:
        candidates = list_candidates(system, footprint_rules(system), report, deadline)
        refuse_uncovered(system, candidates)
        build_list(system, candidates)
    return system.kept[KEPT], master_rows(system)


def build_list(system: System, candidates: Candidates) -> WholeList[Pricing]:
    """The source of a list of all candidates, which is kept for later questions."""
    totals = tuple(limit.name for limit in bounded_measures(system.scenario.services))
    source: Any
    if is_long(candidates):
        from optimiser.engine.compiled import build_compiled

        source = build_compiled(system, candidates.masks, totals)
    else:
        costs = CandidateCosts(system, candidates.masks, totals)
        source = Listed(costs, system.size, build_by_footprint(system))
    system.kept[KEPT] = source
    whole: WholeList[Pricing] = source
    return whole
