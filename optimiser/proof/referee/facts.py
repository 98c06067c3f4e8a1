"""What the dataset says, looked up by code, and what a plan claims. Nothing here is optimised."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from optimiser.inputs.dataset import PDAF_DOMAINS, Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan

ELSEWHERE = ""
PEOPLE = {
    "resident": "population",
    "registered": "registered_population",
    "weighted": "weighted_population",
}


@dataclass(frozen=True)
class Facts:
    """The dataset under a scenario, by code.

    Attributes:
        icbs: ICB codes in the order of the dataset.
        names: ICB to short name.
        regions: ICB to NHS region.
        commissioners: area to the ICB that commissions for it: itself, but on a finer map.
        residents: ICB to residents, persons.
        counted: ICB to persons in the base of the population window.
        neighbours: ICB to the ICBs it is linked to by a border that is long enough.
        border_km: ICB to each neighbour and the border they share, km.
        services: service to its row of ``services.csv``.
        spent_m: (service, ICB of residence) to host ICB to £m a year; the host is empty elsewhere.
        resident_m: (service, ICB of residence) to £m a year, hosts together.
        total_m: service to £m a year in all flows.
        hosted: (service, ICB) to the number of its providers there.
        minutes: (from, to) to minutes; empty without a travel table.
        scores: (ICB, domain) to PDAF score, or None without a readiness table.
        shift_m: ICB to historic less needs-based money, £m; empty without a funding table.
        historic_m: ICB to historic money, £m; empty without a funding table.
        baseline: ICB to its baseline footprint; empty when the scenario names none.
        whole: ICB to its footprint in the plan to keep whole; empty when the scenario names none.
        in_scope: services that some plan may move, by their own category and year.
        paid_m: provider of the map to ICB of residence to £m a year for services in scope.
        income_m: provider to £m a year for everything.
        host: provider to the ICB that hosts it; empty elsewhere.
    """

    icbs: tuple[str, ...]
    names: Mapping[str, str]
    regions: Mapping[str, str]
    commissioners: Mapping[str, str]
    residents: Mapping[str, float]
    counted: Mapping[str, float]
    neighbours: Mapping[str, frozenset[str]]
    border_km: Mapping[str, Mapping[str, float]]
    services: Mapping[str, Mapping[str, Any]]
    spent_m: Mapping[tuple[str, str], Mapping[str, float]]
    resident_m: Mapping[tuple[str, str], float]
    total_m: Mapping[str, float]
    hosted: Mapping[tuple[str, str], int]
    minutes: Mapping[tuple[str, str], float]
    scores: Mapping[tuple[str, str], float] | None
    shift_m: Mapping[str, float]
    historic_m: Mapping[str, float]
    baseline: Mapping[str, str]
    whole: Mapping[str, str]
    in_scope: Mapping[str, None]
    paid_m: Mapping[str, Mapping[str, float]]
    income_m: Mapping[str, float]
    host: Mapping[str, str]

    def spend_m(self, service: str, members: Collection[str]) -> float:
        """£m a year that residents spend on a service, wherever they are treated."""
        return sum(self.resident_m.get((service, i), 0.0) for i in members)

    def leakage_m(self, service: str, members: Collection[str]) -> float:
        """£m a year that residents spend on a service outside these ICBs."""
        return sum(
            amount
            for i in members
            for host, amount in self.spent_m.get((service, i), {}).items()
            if host not in members
        )

    def patients(self, service: str, members: Collection[str]) -> float:
        """Patients a year expected among residents: England's, shared out by spend."""
        total = self.total_m[service]
        share = self.spend_m(service, members) / total if total else 0.0
        return float(self.services[service]["patients"]) * share

    def variance(self, service: str, members: Collection[str]) -> float:
        """Chance variance of a year's spend of one line, £m².

        c²·n·(1 + k²): n patients expected, mean cost c, coefficient of variation k of the cost of a
        case (the model's description, "Volatility").
        """
        row = self.services[service]
        nationally = float(row["patients"])
        case_m = self.total_m[service] / nationally if nationally else 0.0
        spread = 1 + float(row["case_cost_cv"]) ** 2
        return float(case_m**2 * self.patients(service, members) * spread)

    @cached_property
    def kept(self) -> dict[tuple[str, ...], Any]:
        """Sums that many checks ask for, by what they are and of whom."""
        return {}

    def sd_m(self, members: Collection[str]) -> float:
        """Standard deviation of a year's spend on everything in scope, held as one budget, £m."""
        key = ("sd", *members)
        if key not in self.kept:
            self.kept[key] = math.sqrt(sum(self.variance(s, members) for s in self.in_scope))
        return float(self.kept[key])

    def budget_m(self, members: Collection[str]) -> float:
        """£m a year that residents spend on everything in scope."""
        key = ("budget", *members)
        if key not in self.kept:
            self.kept[key] = sum(self.spend_m(s, members) for s in self.in_scope)
        return float(self.kept[key])

    def mixing(self, members: Collection[str]) -> float:
        """The chance that two residents have different ICBs."""
        people = sum(self.residents[i] for i in members)
        of_icb: defaultdict[str, float] = defaultdict(float)
        for i in members:
            of_icb[self.commissioners[i]] += self.residents[i]
        return 1.0 - sum((number / people) ** 2 for number in of_icb.values())

    def providers(self, service: str, members: Collection[str]) -> int:
        """Providers of a service hosted in these ICBs."""
        return sum(self.hosted.get((service, i), 0) for i in members)

    def said(self, icb: str) -> str:
        """An ICB as a person would name it."""
        return f"{self.names[icb]} ({icb})" if icb in self.names else icb


def gather_facts(dataset: Dataset, scenario: Scenario) -> Facts:
    """Look everything up once."""
    icbs = dataset.icbs.set_index("icb")
    rules = scenario.footprints
    spent_m = _spending(dataset)
    services = _services(dataset.services)
    in_scope = [s for s, row in services.items() if not why_out_of_scope(row, scenario)]
    paid = dataset.flows[dataset.flows["service"].isin(in_scope)]
    return Facts(
        icbs=tuple(icbs.index),
        names=dict(icbs["short_name"]),
        regions=dict(icbs["region"]),
        commissioners={str(i): str(c) or str(i) for i, c in icbs["commissioner"].items()},
        residents=dict(icbs["population"].astype(float)),
        counted=dict(icbs[PEOPLE[rules.population_base]].astype(float)),
        neighbours=_neighbours(dataset.neighbours, rules.min_border_km),
        border_km=_borders(dataset.neighbours),
        services=services,
        spent_m=spent_m,
        resident_m={cell: sum(by_host.values()) for cell, by_host in spent_m.items()},
        total_m=_totals(dataset),
        hosted=_hosted(dataset),
        minutes=_minutes(dataset.travel),
        scores=_scores(dataset.readiness, scenario),
        shift_m=_shift(dataset.funding),
        historic_m={}
        if dataset.funding is None
        else dict(zip(dataset.funding["icb"], dataset.funding["historic_m"], strict=True)),
        baseline=_homes(dataset, rules.baseline),
        whole=_homes(dataset, rules.keep_whole),
        in_scope=dict.fromkeys(in_scope),
        paid_m=_by_provider(paid),
        income_m=dict(dataset.flows.groupby("provider")["spend_m"].sum()),
        host=_host(dataset),
    )


def why_out_of_scope(row: Mapping[str, Any], scenario: Scenario) -> dict[str, str]:
    """Rule to reason for each of a service's own attributes that keeps it national everywhere."""
    rules = scenario.services
    first_year = None if pd.isna(row["ready_year"]) else float(row["ready_year"])
    found = {}
    if row["highly_specialised"]:
        found["highly_specialised"] = "highly specialised services are always national"
    if row["category"] not in rules.categories:
        found["category"] = f"its category is {row['category']}"
    if first_year is None and row["category"] == "not_yet":
        found["ready_year"] = "no year is given in which it will be ready"
    if first_year is not None and first_year > rules.year:
        found["ready_year"] = f"it is ready from {first_year:.0f}, the scenario is of {rules.year}"
    return found


def _services(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    rows = table.to_dict("records")
    return {str(row["service"]): {str(k): value for k, value in row.items()} for row in rows}


def _neighbours(links: pd.DataFrame, least_km: float) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for a, b, border_km in zip(links["a"], links["b"], links["border_km"], strict=True):
        if border_km >= least_km:
            found.setdefault(a, set()).add(b)
            found.setdefault(b, set()).add(a)
    return {icb: frozenset(others) for icb, others in found.items()}


def _borders(links: pd.DataFrame) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for a, b, border_km in zip(links["a"], links["b"], links["border_km"], strict=True):
        length = 0.0 if pd.isna(border_km) else float(border_km)
        found.setdefault(a, {})[b] = length
        found.setdefault(b, {})[a] = length
    return found


def _host(dataset: Dataset) -> dict[str, str]:
    return dict(zip(dataset.providers["provider"], dataset.providers["icb"], strict=True))


def _spending(dataset: Dataset) -> dict[tuple[str, str], dict[str, float]]:
    host = _host(dataset)
    flows = dataset.flows
    found: dict[tuple[str, str], dict[str, float]] = {}
    columns = [flows[name].tolist() for name in ("service", "icb", "provider", "spend_m")]
    for service, icb, provider, amount in zip(*columns, strict=True):
        by_host = found.setdefault((service, icb), {})
        by_host[host[provider]] = by_host.get(host[provider], 0.0) + amount
    return found


def _by_provider(flows: pd.DataFrame) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    paid = flows.groupby(["provider", "icb"], as_index=False)["spend_m"].sum()
    for provider, icb, amount in paid[["provider", "icb", "spend_m"]].to_numpy().tolist():
        found.setdefault(provider, {})[icb] = amount
    return found


def _totals(dataset: Dataset) -> dict[str, float]:
    summed = dataset.flows.groupby("service")["spend_m"].sum()
    return {service: float(summed.get(service, 0.0)) for service in dataset.services["service"]}


def _hosted(dataset: Dataset) -> Counter[tuple[str, str]]:
    pairs = dataset.service_providers
    if pairs is None:
        pairs = dataset.flows[dataset.flows["spend_m"] > 0]
    host = _host(dataset)
    distinct = {*zip(pairs["service"], pairs["provider"], strict=True)}
    found = Counter((service, host[provider]) for service, provider in distinct)
    return Counter({key: number for key, number in found.items() if key[1] != ELSEWHERE})


def _minutes(travel: pd.DataFrame | None) -> dict[tuple[str, str], float]:
    if travel is None:
        return {}
    pairs = zip(travel["from_icb"], travel["to_icb"], strict=True)
    return dict(zip(pairs, travel["minutes"].astype(float), strict=True))


def _scores(
    readiness: pd.DataFrame | None, scenario: Scenario
) -> dict[tuple[str, str], float] | None:
    """Scores of the latest year up to the one asked for, or of the earliest when there is none."""
    if readiness is None:
        return None
    own = scenario.readiness.year
    asked = scenario.services.year if own is None else own
    years = sorted({int(year) for year in readiness["year"]})
    year = max([y for y in years if y <= asked], default=years[0])
    rows = readiness[readiness["year"] == year]
    keys = zip(rows["icb"], rows["domain"], strict=True)
    return dict(zip(keys, rows["score"].astype(float), strict=True))


def _shift(funding: pd.DataFrame | None) -> dict[str, float]:
    if funding is None:
        return {}
    return dict(zip(funding["icb"], funding["historic_m"] - funding["needs_based_m"], strict=True))


def _homes(dataset: Dataset, name: str) -> dict[str, str]:
    if not name:
        return {}
    plan = dataset.plans[name]
    return dict(zip(plan["icb"], plan["footprint"].astype(str), strict=True))


@dataclass(frozen=True)
class Claim:
    """What a plan says it does.

    Attributes:
        groups: footprint to its ICBs.
        leads: footprint to the ICBs that the plan marks as lead.
        levels: (service, footprint) to the levels the plan gives it (one, in a sound plan).
        single: (service, footprint) to the ICBs that hold it alone, where the plan chooses them; at
            level ``icb`` a plan of one year leaves that to what is cheaper for each.
    """

    groups: Mapping[str, tuple[str, ...]]
    leads: Mapping[str, tuple[str, ...]]
    levels: Mapping[tuple[str, str], tuple[str, ...]]
    single: Mapping[tuple[str, str], tuple[str, ...]] | None = None

    def lead(self, footprint: str) -> str:
        """The lead of a footprint; empty when the plan names none."""
        return next(iter(self.leads[footprint]), "")

    def level(self, service: str, footprint: str) -> str:
        """The level of a service in a footprint; empty when the plan gives it none."""
        return next(iter(self.levels.get((service, footprint), ())), "")


def read_claim(plan: Plan) -> Claim:
    """The plan's frames as a claim."""
    groups: dict[str, list[str]] = {}
    leads: dict[str, list[str]] = {}
    for icb, footprint, lead in zip(
        plan.icbs["icb"], plan.icbs["footprint"], plan.icbs["lead"], strict=True
    ):
        groups.setdefault(footprint, []).append(icb)
        leads.setdefault(footprint, []).extend([icb] if lead else [])
    levels: dict[tuple[str, str], list[str]] = {}
    rows = plan.services
    for service, footprint, level in zip(
        rows["service"], rows["footprint"], rows["level"], strict=True
    ):
        levels.setdefault((service, footprint), []).append(level)
    return Claim(
        groups={f: tuple(members) for f, members in groups.items()},
        leads={f: tuple(members) for f, members in leads.items()},
        levels={cell: tuple(given) for cell, given in levels.items()},
    )


def mode_of(facts: Facts, scenario: Scenario, members: Collection[str], lead: str) -> str:
    """Mode that a holder's readiness allows: delegated, joint, not_ready or not_assessed."""
    if facts.scores is None:
        return "not_assessed"
    rules = scenario.readiness
    reached = {
        domain: _domain_score(facts, rules.aggregate, domain, members, lead)
        for domain in PDAF_DOMAINS
    }
    for mode, thresholds in (("delegated", rules.delegated), ("joint", rules.joint)):
        if all(reached[domain] >= _threshold(thresholds, domain) - 1e-9 for domain in PDAF_DOMAINS):
            return mode
    return "not_ready"


def _threshold(thresholds: float | Mapping[str, float], domain: str) -> float:
    return float(thresholds.get(domain, 0.0) if isinstance(thresholds, Mapping) else thresholds)


def _domain_score(
    facts: Facts, aggregate: str, domain: str, members: Collection[str], lead: str
) -> float:
    assert facts.scores is not None
    scores = {i: facts.scores.get((i, domain), 0.0) for i in members}
    if aggregate == "lead":
        return scores.get(lead, 0.0)
    if aggregate == "weakest":
        return min(scores.values())
    people = sum(facts.residents[i] for i in members)
    return sum(facts.residents[i] * score for i, score in scores.items()) / people
