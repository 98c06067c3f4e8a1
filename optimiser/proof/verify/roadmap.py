"""A saved roadmap re-checked without a solver: rules and money of every year, tables, and the bound.

Who holds what in which year is read from the saved levels; every rule and every pound of each year is
the referee's, and every table is made anew. That no roadmap scores less is proved as for a plan of one
year: each candidate has one cost, that of the best paths of its services.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from optimiser.arrays import Masks
from optimiser.footprints.candidates import Candidates, as_masks
from optimiser.footprints.costs import KnownCosts
from optimiser.footprints.leads import find_leads
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.paths import Network
from optimiser.footprints.portfolio import PathsForAll
from optimiser.footprints.years import Years, build_years, keep_earlier, lasting_rules
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.inputs.years import make_year_dataset
from optimiser.plan.flows import add_suppressed
from optimiser.plan.roadmap import (
    list_levels,
    list_milestones,
    make_last_plan,
    read_paths,
    summarise_services,
)
from optimiser.proof.referee.roadmap import Account, check_roadmap, read_year
from optimiser.proof.verify.bound import CertificateError, measure_bound, read_prices
from optimiser.proof.verify.closing import close_gap
from optimiser.proof.verify.proving import Finding, is_same_m, is_up_to, tell_closing, tell_tree
from optimiser.proof.verify.words import OF_A_RUN, Unvouched, list_wrong_tables, list_wrong_words
from optimiser.runs.folder import Run, is_same, read_table
from optimiser.runs.saving import plain

OF_A_ROADMAP = (
    *OF_A_RUN,
    Unvouched("the paths that stand beside it", ("roadmap_compared.csv",)),
    Unvouched("that no other prices prove as much", ("roadmap.certificate.*",)),
)


@dataclass(frozen=True)
class Saved:
    """A saved roadmap on its inputs."""

    run: Run
    dataset: Dataset
    scenario: Scenario

    @cached_property
    def years(self) -> Years:
        """The arrays of its years."""
        return build_years(self.dataset, self.scenario)

    @cached_property
    def levels(self) -> pd.DataFrame:
        """Its levels as they were saved."""
        return read_table(self.run, "roadmap_levels")

    @property
    def titles(self) -> list[str]:
        """Names of its footprints."""
        return [str(name) for name in self.run.plan.footprints["footprint"]]

    @property
    def masks(self) -> Masks:
        """Its footprints."""
        system, members = self.years.last, self.run.plan.grouping
        return as_masks((system.mask_of(members[title]) for title in self.titles), system.size)

    @cached_property
    def account(self) -> Account:
        """What the referee finds of it."""
        claims = []
        for year, system in zip(self.years.numbers, self.years.systems, strict=True):
            leads = [system.icbs[lead] for lead in find_leads(system, self.masks)]
            named = dict(zip(self.titles, leads, strict=True))
            groups = {title: tuple(self.run.plan.grouping[title]) for title in self.titles}
            claims.append(read_year(groups, named, self.levels[self.levels["year"] == year]))
        return check_roadmap(claims, self.dataset, self.scenario)


def check_years(run: Run, dataset: Dataset, scenario: Scenario) -> Iterator[Finding]:
    """Every check of the years in turn."""
    saved = Saved(run, dataset, scenario)
    yield _check_rules(saved)
    yield _check_score(saved)
    yield _check_tables(saved)
    yield from _check_bound(saved)


def _check_rules(saved: Saved) -> Finding:
    broken = saved.account.broken
    said = "; ".join(f"{year}: {rule.sentence}" for year, rule in broken[:3])
    good = "the referee finds none broken in any year"
    stated = saved.run.manifest.get("broken_rules") == []
    return Finding("rules", not broken and stated, said or good)


def _check_score(saved: Saved) -> Finding:
    told, score = saved.run.manifest["roadmap"], saved.account.score
    same = (
        is_same_m(score, float(told["score"]))
        and told["score"] == saved.run.manifest["roadmap_score"]
    )
    detail = (
        f"the referee adds all years up to {score:,.6f}, the run states {float(told['score']):,.6f}"
    )
    return Finding("score", same, detail)


def _check_tables(saved: Saved) -> Finding:
    wrong = next(_list_wrong(saved), "")
    good = "levels, services, milestones and terms of every year, the last year's plan, and words"
    return Finding(
        "tables", not wrong, f"not what levels and inputs give: {wrong}" if wrong else good
    )


def _list_wrong(saved: Saved) -> Iterator[str]:
    years, masks, titles = saved.years, saved.masks, saved.titles
    paths = read_paths(years, saved.levels, titles)
    levels = list_levels(years, saved.dataset, masks, paths, titles)
    milestones = list_milestones(years, masks, paths, levels)
    each_year = saved.account.terms.groupby("year")["cost_m"].sum() / years.factors
    anew = {
        "roadmap_levels": levels,
        "roadmap_services": summarise_services(levels, saved.dataset),
        "roadmap_milestones": milestones.assign(score=each_year.to_numpy()),
        "roadmap_terms": saved.account.terms,
    }
    for name, table in anew.items():
        stated = read_table(saved.run, name).drop(columns="milestone", errors="ignore")
        if not is_same(plain(stated), plain(table.reindex(columns=list(stated.columns)))):
            yield f"{name}.csv"
    last = make_year_dataset(saved.dataset, saved.scenario, years.numbers[-1])
    name = saved.run.plan.name
    plan = add_suppressed(make_last_plan(years, last, masks, paths, titles, name), last)
    further = [*(f"{name}.csv" for name in anew), "roadmap_compared.csv"]
    yield from list_wrong_tables(saved.run, plan, last, saved.scenario, further)
    yield from list_wrong_words(saved.run, plan, last, saved.scenario)


def _check_bound(saved: Saved) -> Iterator[Finding]:
    """Candidates of every year, and what the prices prove of them."""
    years, told = saved.years, saved.run.manifest["roadmap"]
    listed = list_candidates(years.last, lasting_rules(years))
    lasting = listed.masks[keep_earlier(years, listed.masks)]
    cost_m = np.zeros(len(lasting)) if years.one_list else Network(years).cost(lasting)
    open_ = np.isfinite(cost_m)
    candidates = Candidates(lasting[open_], years.size)
    same = len(candidates) == told["candidates"] and candidates.hash() == told["candidates_hash"]
    detail = (
        f"{len(candidates):,} obey the rules in every year; the run states {told['candidates']:,}"
    )
    yield Finding("candidates", same, f"{detail}, {'the same' if same else 'not the same'} (hash)")
    claim, system = float(told["bound"]), years.last
    if not is_up_to(float(told["score"]), claim):
        yield Finding("claim", False, "the bound is above the score")
    if years.one_list and "tree" in told["certificate"]:
        paths = PathsForAll(years)
        yield tell_tree(system, paths, candidates.masks, told["certificate"], claim)
        return
    try:
        prices = read_prices(told["certificate"], system)
        known = KnownCosts(candidates.masks, cost_m[open_])
        bounding = measure_bound(system, candidates.masks, prices, known)
    except CertificateError as error:
        yield Finding("bound", False, str(error))
        return
    stated = float(told["certificate"].get("bound", math.nan))
    detail = (
        f"reduced costs of {len(candidates):,} candidates over all years prove {bounding.bound:,.6f}, "
        f"the certificate states {stated:,.6f}"
    )
    yield Finding("bound", is_same_m(bounding.bound, stated), detail)
    yield tell_closing(close_gap(system, candidates.masks, bounding, prices, claim), claim)


def is_roadmap(run: Run) -> bool:
    """Whether a run is the last year of a roadmap."""
    return "roadmap" in run.manifest
