"""A roadmap checked year by year, and added up again: running costs and moves between years."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.inputs.years import (
    discount_factors,
    list_years,
    make_year_dataset,
    make_year_scenario,
)
from optimiser.proof.referee import map_rules, service_rules, terms
from optimiser.proof.referee.facts import Claim, Facts, gather_facts
from optimiser.proof.referee.verdict import SOLVED, BrokenRule

MOVES = ("transition_delegate", "transition_clawback")
Local = Mapping[str, frozenset[str]]
"""Service to the ICBs whose residents' share of it is held locally."""


@dataclass(frozen=True)
class Account:
    """A path over the years as the referee finds it.

    Attributes:
        broken: year and rule for every rule broken.
        terms: one row per year and term: year, term, weight, measure, unit, factor (what a pound of
            that year counts), cost_m (weight x measure x factor).
    """

    broken: tuple[tuple[int, BrokenRule], ...]
    terms: pd.DataFrame

    @property
    def score(self) -> float:
        """Sum of all terms over all years, £m-equivalents."""
        return float(self.terms["cost_m"].sum())


def read_year(
    groups: Mapping[str, tuple[str, ...]], leads: Mapping[str, str], levels: pd.DataFrame
) -> Claim:
    """What a table of levels says of one year: service, footprint, level, single_icbs."""
    cells = list(zip(levels["service"], levels["footprint"], strict=True))
    single = zip(cells, levels["single_icbs"], strict=True)
    return Claim(
        groups=groups,
        leads={footprint: (lead,) for footprint, lead in leads.items()},
        levels={cell: (o,) for cell, o in zip(cells, levels["level"], strict=True)},
        single={cell: tuple(icbs.split()) for cell, icbs in single},
    )


def check_roadmap(
    claims: Sequence[Claim], dataset: Dataset, scenario: Scenario, score: float | None = None
) -> Account:
    """Every rule that a path breaks, and its terms, added up from the dataset.

    Args:
        claims: what holds in each year of the scenario's roadmap; the grouping may change.
        dataset: the tables of the first year.
        scenario: the scenario.
        score: what the path claims to cost over all years, £m-equivalents; None where it claims nothing.
    """
    years = list_years(scenario)
    rows, broken = [], []
    before: Local | None = None
    for year, factor, claim in zip(years, discount_factors(scenario), claims, strict=True):
        own = make_year_scenario(scenario, year)
        facts = gather_facts(make_year_dataset(dataset, scenario, year), own)
        own = force_what_may(facts, own)
        found = _check_year(facts, own, claim, last=year == years[-1])
        broken += [(year, rule) for rule in found]
        local = _list_held(facts, own, claim)
        table = terms.score_claim(facts, own, claim)
        moved_m = _moves(facts, before, local)
        if before is not None and not scenario.roadmap.clawback:
            broken += [(year, rule) for rule in _taken_back(before, local)]
        for term in MOVES:
            weight = float(getattr(scenario.objective, term))
            at = table["term"] == term
            table.loc[at, ["weight", "measure"]] = weight, moved_m[term]
            table.loc[at, "cost_m"] = weight * moved_m[term]
        table["cost_m"] *= factor
        rows.append(table.assign(year=year, factor=factor))
        before = local
    account = Account(tuple(broken), pd.concat(rows, ignore_index=True))
    if score is not None and not math.isclose(account.score, score, rel_tol=SOLVED, abs_tol=SOLVED):
        sentence = (
            f"The roadmap states a score of {score:.9g}; added up again it is {account.score:.9g}."
        )
        rule = BrokenRule("terms_agree", "England", score, account.score, sentence)
        account = Account((*account.broken, (years[-1], rule)), account.terms)
    return account


def force_what_may(facts: Facts, scenario: Scenario) -> Scenario:
    """The scenario of a year: a service is forced local only from the year in which it may be local."""
    forced = scenario.services.force_local
    if forced == "all":
        return scenario
    may = [
        s
        for s in forced
        if not any(
            map_rules.why_national(facts, scenario, other)
            for other in service_rules.list_group(facts, s)
        )
    ]
    return scenario.changed({"services.force_local": may})


def _check_year(facts: Facts, scenario: Scenario, claim: Claim, last: bool) -> Iterator[BrokenRule]:
    """The rules of one year; a footprint need be ready by the last, and holds nothing before it is."""
    yield from map_rules.check_cover(facts, claim)
    yield from map_rules.check_count(scenario, claim)
    waits = scenario.changed({"readiness.required": scenario.readiness.required and last})
    for footprint in claim.groups:
        yield from map_rules.check_footprint(facts, waits, claim, footprint)
    yield from map_rules.check_groups(facts, scenario, claim)
    yield from map_rules.check_moves(facts, scenario, claim)
    yield from service_rules.check_levels(facts, scenario, claim)
    yield from service_rules.check_pairs(facts, claim)
    yield from service_rules.check_portfolio(facts, scenario, claim)
    yield from _check_single(facts, scenario, claim)


def _check_single(facts: Facts, scenario: Scenario, claim: Claim) -> Iterator[BrokenRule]:
    """At level icb single ICBs are members, and all of them where the service is forced local."""
    for (s, f), (level, *_) in claim.levels.items():
        single = set(service_rules.list_single(facts, scenario, claim, s, f))
        members = set(claim.groups[f])
        if level != service_rules.ICB:
            continue
        if not single <= members:
            sentence = (
                f"In {f} service {s} is held by {', '.join(sorted(single - members))}: no members."
            )
            yield BrokenRule("levels", f"{s} in {f}", " ".join(sorted(single)), "members", sentence)
        if service_rules.is_forced_local(facts, scenario, s) and single != members:
            sentence = f"Service {s} is national for some of {f}; the scenario forces it local."
            yield BrokenRule(
                "force_local", f"{s} in {f}", " ".join(sorted(single)), "all", sentence
            )


def _list_held(facts: Facts, scenario: Scenario, claim: Claim) -> Local:
    found: dict[str, set[str]] = {s: set() for s in facts.services}
    for s, _, holder in service_rules.list_local(facts, scenario, claim):
        found[s] |= set(holder)
    return {s: frozenset(icbs) for s, icbs in found.items()}


def _moves(facts: Facts, before: Local | None, local: Local) -> dict[str, float]:
    """£m a year that become local and national; in the first year against what is held today."""
    delegated = taken_back = 0.0
    for s, icbs in local.items():
        today = str(facts.services[s]["current_level"])
        if before is not None:
            gained, lost = icbs - before[s], before[s] - icbs
        else:
            gained = icbs if today == service_rules.NATIONAL else frozenset()
            held = today not in ("", service_rules.NATIONAL) and s in facts.in_scope
            lost = frozenset(facts.icbs) - icbs if held else frozenset()
        delegated += facts.spend_m(s, gained)
        taken_back += facts.spend_m(s, lost)
    return {"transition_delegate": delegated, "transition_clawback": taken_back}


def _taken_back(before: Local, local: Local) -> Iterator[BrokenRule]:
    """A service that is local for an ICB stays local for it."""
    for s, icbs in before.items():
        lost = sorted(icbs - local[s])
        if lost:
            sentence = (
                f"Service {s} becomes national for {', '.join(lost)}; it was local the year before."
            )
            yield BrokenRule("clawback", s, " ".join(lost), "local", sentence)
