"""The best grouping with the best path of every service over the years, proven in one model.

A footprint has one cost, that of the best paths of its services (:mod:`optimiser.footprints.paths`), so
that the partition engine settles grouping and years together. Where a service has one level for all
England in each year, the search under one list (:mod:`optimiser.engine.uniform`) does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Masks
from optimiser.deadline import Deadline
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.listed import Listed
from optimiser.engine.partition import search_partition
from optimiser.engine.refusals import refuse_uncovered
from optimiser.engine.relaxation.master import bounded_measures, master_rows
from optimiser.engine.search import Search, Status
from optimiser.engine.selection import build_single_sum
from optimiser.engine.solve import list_in_time, refuse_without_plan
from optimiser.engine.uniform.solve import search_one_list, settle_one_list
from optimiser.errors import CapacityError, UnsupportedError
from optimiser.footprints.candidates import Candidates, in_order
from optimiser.footprints.costs import KnownCosts
from optimiser.footprints.paths import Network, Paths
from optimiser.footprints.portfolio import PathsForAll, follow_answers
from optimiser.footprints.years import Years, keep_earlier, lasting_rules
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.progress import Report

MOST = 3_000_000
"""Footprints that a roadmap measures at most: about five minutes for six years, and 2 GB."""


@dataclass(frozen=True)
class YearsSolution:
    """What the engine holds when it stops.

    Attributes:
        masks: the footprints, (K,).
        paths: who holds each service in each year.
        objective: score over all years, discounted, £m-equivalents.
        bound: proven lower bound of it.
        status: why it stopped.
        candidates: footprints that obey the rules in every year.
        candidates_hash: hash of their list.
        rules: the rules of a footprint in force in the last year, in sentences.
        survivors: candidates left after fixing.
        certificate: duals and the bound they prove, plain values.
        seconds: wall time by step.
    """

    masks: Masks
    paths: Paths
    objective: float
    bound: float
    status: Status
    candidates: int
    candidates_hash: str
    rules: tuple[str, ...]
    survivors: int
    certificate: Mapping[str, object]
    seconds: Mapping[str, float]


def refuse_roadmap(scenario: Scenario) -> None:
    """Say which settings a roadmap does not answer, and what to do instead.

    Raises:
        UnsupportedError: the scenario has one of them.
    """
    rules = scenario.services
    if rules.portfolio == "uniform" and scenario.footprints.max_moved is not None:
        raise UnsupportedError(
            'max_moved is not solved under portfolio = "uniform". Put a weight on disruption instead, '
            'or use portfolio = "by_footprint".'
        )
    each = [n for n in ("min_local_share_each", "min_local_services_each") if getattr(rules, n)]
    across = [f"a floor or ceiling on {total.name}" for total in bounded_measures(rules)]
    if each or across:
        raise UnsupportedError(
            f"A roadmap does not know {', '.join([*each, *across])}: it couples the services of a year, "
            "while a roadmap finds the path of each service alone. Put a weight on what it is for, or "
            "solve each year on its own (services.year)."
        )


def _refuse_long(count: int) -> None:
    if count > MOST:
        raise CapacityError(
            f"{count:,} possible footprints are too many for a roadmap, which measures every path of "
            f"every service in each ({MOST:,} at most). Lower the most members, narrow the population "
            "window or limit travel; or solve single years (services.year)."
        )


def solve_years(years: Years, highs: Highs, time_limit: float, report: Report) -> YearsSolution:
    """The best grouping and paths, proven.

    Raises:
        NoPlanError: proven that no grouping obeys the rules in every year.
        StoppedWithoutPlanError: the time limit came before any plan.
        InterruptedWithoutPlanError: the user stopped before any plan.
        UnsupportedError: the scenario asks for what a roadmap does not answer.
    """
    refuse_roadmap(years.scenario)
    search = Search(highs, report, Deadline.after(time_limit))
    rules = lasting_rules(years)
    listed = list_in_time(search, years.last, rules)
    _refuse_long(len(listed))
    candidates = Candidates(listed.masks[keep_earlier(years, listed.masks)], years.size)
    refuse_uncovered(years.last, candidates)
    search.done("list", f"{len(candidates):,} obey the rules in every year")
    solve = _search_one_list if years.one_list else _search_by_footprint
    status, open_ = solve(search, years, candidates)
    incumbent = refuse_without_plan(search)
    masks = in_order(incumbent.masks, years.size)
    paths, _ = settle_years(years, highs, masks)
    return YearsSolution(
        masks=masks,
        paths=paths,
        objective=incumbent.cost_m,
        bound=min(search.bound_m, incumbent.cost_m),
        status=status,
        candidates=len(open_),
        candidates_hash=open_.hash(),
        rules=tuple(rule.sentence for rule in rules),
        survivors=search.survivors,
        certificate=search.certificate,
        seconds=dict(search.clock),
    )


def _search_by_footprint(
    search: Search, years: Years, candidates: Candidates
) -> tuple[Status, Candidates]:
    """Each footprint at its own best paths; the candidates that have any."""
    cost_m = Network(years).cost(candidates.masks)
    search.done("measure", f"every path over {len(years.numbers)} years in every candidate")
    has_path = np.isfinite(cost_m)
    open_ = Candidates(candidates.masks[has_path], years.size)
    refuse_uncovered(years.last, open_)
    source = Listed(KnownCosts(open_.masks, cost_m[has_path]), years.size, build_single_sum)
    search.unit = source.unit
    return search_partition(search, source, master_rows(years.last)), open_


def _search_one_list(
    search: Search, years: Years, candidates: Candidates
) -> tuple[Status, Candidates]:
    """One level of each service for all England in each year; all candidates."""
    rows = master_rows(years.last)
    measuring = PathsForAll(years)
    return search_one_list(search, measuring, candidates.masks, rows, ()), candidates


def settle_years(years: Years, highs: Highs, masks: Masks) -> tuple[Paths, float]:
    """Best paths of every service in given footprints, and their cost; infinite where there are none."""
    if not years.one_list:
        network = Network(years)
        return network.paths(masks), float(network.cost(masks).sum())
    names, _, cost_m = settle_one_list(PathsForAll(years), (), highs, masks)
    return follow_answers(years, masks, names), cost_m
