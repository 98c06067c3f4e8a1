"""The dataset and scenario as arrays: what every measure of a candidate is computed from.

Index order is fixed: ICBs as in ``icbs.csv``, services as in ``services.csv``. n is the number of
ICBs, S of services.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.candidates import as_masks
from optimiser.inputs.dataset import PDAF_DOMAINS, POPULATION_COLUMNS, Dataset
from optimiser.inputs.local_services import (
    find_barred,
    find_in_scope,
    list_forced_local,
    list_in_scope,
)
from optimiser.inputs.scenario.scenario import FootprintRules, Scenario, with_groups
from optimiser.inputs.scenario.settings import LEVELS

ROUNDING = 1e-9
"""Relative slack on floors and ceilings of a holder: rounding of sums, nothing more."""
NEVER = -1
"""Stands for "not in this plan" where an index is asked for."""


@dataclass(frozen=True)
class ServiceArrays:
    """Services as arrays, in the order of ``services.csv``.

    Attributes:
        codes: service codes, length S.
        spend_m: £m a year by service and ICB of residence, (S, n).
        within_m: £m a year by ordered pair of ICBs, residence first then host, (S, n, n).
        hosted: providers of the service hosted in each ICB, (S, n).
        patients: a year, England, (S,).
        case_m: mean cost of a patient, £m, (S,).
        variance_factor: c(1 + k²), £m: the part of sd² that grows with spend, (S,).
        common_shock: σ, the share of spend that does not pool, (S,).
        benefit_share: integration benefit per £, forgone where it is held at a distance, (S,).
        min_providers: floor for a holder, (S,).
        min_spend_m: least spend of a holder, from the floor on patients, (S,).
        max_cv: ceiling on the relative volatility of a holder's in-scope budget, (S,).
        needs_delegation: the holder must be under full delegation, (S,).
        collaborative: a lead provider may hold it for a footprint, (S,).
        barred: why a service is national whatever the footprint; empty text if it is not, (S,).
        in_scope: some plan may move it: what the geography is judged on, (S,).
        local_today: held locally today, as far as is known, (S,).
        national_today: held nationally today, as far as is known, (S,).
        forced_local: services that may not be national, (S,).
        group: index of the group of services that move together, (S,).
    """

    codes: tuple[str, ...]
    spend_m: Floats
    within_m: Floats
    hosted: Ints
    patients: Floats
    case_m: Floats
    variance_factor: Floats
    common_shock: Floats
    benefit_share: Floats
    min_providers: Ints
    min_spend_m: Floats
    max_cv: Floats
    needs_delegation: Bools
    collaborative: Bools
    barred: NDArray[np.str_]
    in_scope: Bools
    local_today: Bools
    national_today: Bools
    forced_local: Bools
    group: Ints

    def pair_flows(self, chosen: Ints) -> Floats:
        """Flow between i and j in both directions, at row i·n + j with i <= j, (n², k); kept."""
        key = chosen.tobytes()
        if key not in self._pair_flows:
            within = self.within_m[chosen]
            both = np.triu(within + within.transpose(0, 2, 1), 1)
            n = within.shape[1]
            both[:, np.arange(n), np.arange(n)] = within[:, np.arange(n), np.arange(n)]
            flows = np.ascontiguousarray(both.reshape(len(chosen), n * n).T)
            self._pair_flows[key] = flows
        return self._pair_flows[key]

    @cached_property
    def _pair_flows(self) -> dict[bytes, Floats]:
        return {}


@dataclass(frozen=True)
class ProviderArrays:
    """Providers of the map as arrays, in the order of ``providers.csv``; P of them.

    Attributes:
        host: index of the ICB that hosts each, (P,).
        income_m: £m a year from everywhere for everything, (P,).
        from_m: £m a year for services in scope by ICB of residence, (P, n).
    """

    host: Ints
    income_m: Floats
    from_m: Floats


@dataclass(frozen=True)
class System:
    """Everything the engine reads, as arrays.

    Attributes:
        scenario: the settings these arrays were made for.
        icbs: ICB codes, length n.
        names: short names, length n.
        commissioner: index of the ICB that commissions for each area: itself, or on a finer map the
            one that it is part of, (n,).
        neighbours: bit mask of each ICB's neighbours under the contiguity rules, (n,).
        border_km: shared border of each pair of ICBs, 0 where they are no neighbours, (n, n).
        residents: persons, (n,).
        window_population: persons in the base that the population window counts, (n,).
        region: index of the NHS region, (n,).
        minutes: travel from residents of i to j, (n, n), or None.
        readiness: PDAF score by ICB and domain, (n, 8), or None.
        joint: threshold by domain, (8,).
        delegated: threshold by domain, (8,).
        hosting_share: share of England's specialised income hosted, (n,).
        shift_m: needs-based minus historic money, £m, (n,), or None.
        historic_m: historic money, £m, (n,), or None.
        baseline: index of the baseline footprint, (n,), or None.
        services: the services.
        providers: who gives the care.
    """

    scenario: Scenario
    icbs: tuple[str, ...]
    names: tuple[str, ...]
    commissioner: Ints
    neighbours: Masks
    border_km: Floats
    residents: Floats
    window_population: Floats
    region: Ints
    minutes: Floats | None
    readiness: Floats | None
    joint: Floats
    delegated: Floats
    hosting_share: Floats
    shift_m: Floats | None
    historic_m: Floats | None
    baseline: Ints | None
    services: ServiceArrays
    providers: ProviderArrays

    @property
    def size(self) -> int:
        """Number of ICBs, n."""
        return len(self.icbs)

    @cached_property
    def scope_spend_m(self) -> Floats:
        """£m a year by ICB of residence on the services in scope, (n,)."""
        return np.asarray(self.services.spend_m[self.services.in_scope].sum(axis=0))

    @cached_property
    def scope_variance(self) -> Floats:
        """Chance variance of a year's in-scope spend by ICB of residence, £m², (n,)."""
        scope = self.services.in_scope
        return np.asarray(self.services.variance_factor[scope] @ self.services.spend_m[scope])

    @cached_property
    def scope_pairs_m(self) -> Floats:
        """In-scope £m a year between i and j in both directions, at i·n + j with i <= j, (n²,)."""
        return np.asarray(
            self.services.pair_flows(np.flatnonzero(self.services.in_scope)).sum(axis=1)
        )

    @cached_property
    def kept(self) -> dict[tuple[str, bytes], Any]:
        """What is measured once and asked for often, by what it is and the services it is of."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Without what is kept on the way: another process measures its own."""
        return {name: value for name, value in self.__dict__.items() if name != "kept"}

    def mask_of(self, codes: Sequence[str]) -> int:
        """Bit mask of ICB codes."""
        place = {code: k for k, code in enumerate(self.icbs)}
        return sum(1 << place[code] for code in codes)

    def members_of(self, mask: int) -> tuple[str, ...]:
        """ICB codes of a bit mask, in the order of the dataset."""
        return tuple(code for k, code in enumerate(self.icbs) if mask >> k & 1)


def build_system(dataset: Dataset, scenario: Scenario) -> System:
    """Turn a checked dataset and scenario into arrays.

    ``keep_whole`` is written out as ``keep_together``.
    """
    scenario = with_groups(scenario, dataset)
    icbs = dataset.icbs
    place = pd.Series(range(len(icbs)), index=icbs["icb"])
    rules = scenario.footprints
    money = _money(dataset.funding, icbs["icb"])
    return System(
        scenario=scenario,
        icbs=tuple(icbs["icb"]),
        names=tuple(icbs["short_name"]),
        commissioner=pd.factorize(
            icbs["commissioner"].where(icbs["commissioner"] != "", icbs["icb"])
        )[0].astype(np.int64),
        neighbours=_neighbour_masks(dataset.neighbours, place, rules),
        border_km=_border_km(dataset.neighbours, place),
        residents=icbs["population"].to_numpy(float),
        window_population=icbs[POPULATION_COLUMNS[rules.population_base]].to_numpy(float),
        region=pd.factorize(icbs["region"])[0].astype(np.int64),
        minutes=_minutes(dataset.travel, icbs["icb"]),
        readiness=_readiness(dataset.readiness, icbs["icb"], scenario),
        joint=_thresholds(scenario.readiness.joint),
        delegated=_thresholds(scenario.readiness.delegated),
        hosting_share=_hosting_share(dataset, place),
        shift_m=None if money is None else money["needs_based_m"] - money["historic_m"],
        historic_m=None if money is None else money["historic_m"],
        baseline=_baseline(dataset, rules),
        services=_services(dataset, scenario, place),
        providers=_providers(dataset, scenario, place),
    )


def _neighbour_masks(links: pd.DataFrame, place: pd.Series, rules: FootprintRules) -> Masks:
    n = len(place)
    if not rules.contiguous:
        everyone = (1 << n) - 1
        return as_masks((everyone & ~(1 << i) for i in range(n)), n)
    masks = [0] * n
    strong = links[links["border_km"] >= rules.min_border_km]
    for a, b in zip(strong["a"].map(place), strong["b"].map(place), strict=True):
        masks[a] |= 1 << b
        masks[b] |= 1 << a
    return as_masks(masks, n)


def _border_km(links: pd.DataFrame, place: pd.Series) -> Floats:
    table = np.zeros((len(place), len(place)))
    a, b = links["a"].map(place).to_numpy(int), links["b"].map(place).to_numpy(int)
    table[a, b] = table[b, a] = links["border_km"].fillna(0.0).to_numpy(float)
    return table


def _minutes(travel: pd.DataFrame | None, icbs: pd.Series) -> Floats | None:
    if travel is None:
        return None
    table = travel.pivot(index="from_icb", columns="to_icb", values="minutes")
    return table.reindex(index=icbs, columns=icbs).to_numpy(float)


def _readiness(
    readiness: pd.DataFrame | None, icbs: pd.Series, scenario: Scenario
) -> Floats | None:
    """Scores of the latest year up to the one asked for (the earliest if none is), (n, domains)."""
    if readiness is None:
        return None
    asked = scenario.readiness.year
    asked = scenario.services.year if asked is None else asked
    earlier = readiness.loc[readiness["year"] <= asked, "year"]
    latest = earlier.max() if len(earlier) else readiness["year"].min()
    table = readiness[readiness["year"] == latest].pivot(
        index="icb", columns="domain", values="score"
    )
    return np.asarray(table.reindex(index=icbs, columns=list(PDAF_DOMAINS)), dtype=float)


def _thresholds(setting: float | dict[str, float]) -> Floats:
    if isinstance(setting, dict):
        return np.array([setting.get(domain, 0.0) for domain in PDAF_DOMAINS])
    return np.full(len(PDAF_DOMAINS), float(setting))


def _hosting_share(dataset: Dataset, place: pd.Series) -> Floats:
    host = dataset.providers.set_index("provider")["icb"]
    income = dataset.flows.groupby(dataset.flows["provider"].map(host))["spend_m"].sum()
    hosted = income.reindex(place.index).fillna(0.0).to_numpy(float)
    total = hosted.sum()
    return np.asarray(hosted / total if total else hosted)


def _money(funding: pd.DataFrame | None, icbs: pd.Series) -> dict[str, Floats] | None:
    if funding is None:
        return None
    table = funding.set_index("icb").reindex(icbs)
    return {str(column): values.to_numpy(float) for column, values in table.items()}


def _baseline(dataset: Dataset, rules: FootprintRules) -> Ints | None:
    if not rules.baseline:
        return None
    plan = dataset.plans[rules.baseline].set_index("icb")["footprint"]
    return pd.factorize(plan.reindex(dataset.icbs["icb"]))[0].astype(np.int64)


def _services(dataset: Dataset, scenario: Scenario, place: pd.Series) -> ServiceArrays:
    table = dataset.services
    rules = scenario.services
    order = pd.Series(range(len(table)), index=table["service"])
    spend_m, within_m = _flow_arrays(dataset, order, place)
    patients = table["patients"].to_numpy(float)
    total_m = spend_m.sum(axis=1)
    case_m = np.divide(total_m, patients, out=np.zeros_like(total_m), where=patients > 0)
    factor = case_m * (1 + table["case_cost_cv"].to_numpy(float) ** 2)
    shock = table["common_shock"].to_numpy(float)
    group = _groups(table, order)
    return ServiceArrays(
        codes=tuple(table["service"]),
        spend_m=spend_m,
        within_m=within_m,
        hosted=_hosted(dataset, order, place),
        patients=patients,
        case_m=case_m,
        variance_factor=factor,
        common_shock=shock,
        benefit_share=table["integration_benefit"].to_numpy(float),
        min_providers=np.maximum(table["min_providers"].to_numpy(np.int64), rules.min_providers),
        min_spend_m=_min_spend(table, rules.min_patients, case_m),
        max_cv=np.fmin(table["max_cv"].to_numpy(float), rules.max_cv),
        needs_delegation=table["needs_delegation"].to_numpy(bool),
        collaborative=table["collaborative"].to_numpy(bool),
        barred=find_barred(table, rules).to_numpy(dtype=np.str_),
        in_scope=find_in_scope(table, rules).to_numpy(bool),
        local_today=table["current_level"].isin(set(LEVELS) - {"national"}).to_numpy(bool),
        national_today=(table["current_level"] == "national").to_numpy(bool),
        forced_local=table["service"].isin(list_forced_local(table, rules)).to_numpy(bool),
        group=group,
    )


def _providers(dataset: Dataset, scenario: Scenario, place: pd.Series) -> ProviderArrays:
    table, flows = dataset.providers[dataset.providers["icb"] != ""], dataset.flows
    scope = list_in_scope(dataset.services, scenario.services)
    cells = [flows["provider"], flows["icb"].map(place)]
    mine = flows["spend_m"].where(flows["service"].isin(scope), 0.0).groupby(cells).sum().unstack()
    income = flows.groupby("provider")["spend_m"].sum()
    codes = table["provider"]
    return ProviderArrays(
        host=table["icb"].map(place).to_numpy(np.int64),
        income_m=income.reindex(codes).fillna(0.0).to_numpy(float),
        from_m=mine.reindex(index=codes, columns=range(len(place))).fillna(0.0).to_numpy(float),
    )


def _flow_arrays(dataset: Dataset, order: pd.Series, place: pd.Series) -> tuple[Floats, Floats]:
    """£m by (s, i) and by (s, i, j); providers elsewhere count in the first alone."""
    flows = dataset.flows
    S, n = len(order), len(place)
    host = dataset.providers.set_index("provider")["icb"].map(place)
    s = flows["service"].map(order).to_numpy(np.int64)
    i = flows["icb"].map(place).to_numpy(np.int64)
    j = flows["provider"].map(host).fillna(NEVER).to_numpy(np.int64)
    amount = flows["spend_m"].to_numpy(float)
    spend = np.bincount(s * n + i, weights=amount, minlength=S * n).reshape(S, n)
    home = j != NEVER
    cell = (s[home] * n + i[home]) * n + j[home]
    within = np.bincount(cell, weights=amount[home], minlength=S * n * n).reshape(S, n, n)
    return np.asarray(spend, dtype=float), np.asarray(within, dtype=float)


def _hosted(dataset: Dataset, order: pd.Series, place: pd.Series) -> Ints:
    """Providers by service and host: as listed, or those with a flow where no list is given."""
    pairs = dataset.service_providers
    if pairs is None:
        pairs = dataset.flows.loc[dataset.flows["spend_m"] > 0, ["service", "provider"]]
        pairs = pairs.drop_duplicates()
    host = dataset.providers.set_index("provider")["icb"].map(place)
    j = pairs["provider"].map(host).fillna(NEVER).to_numpy(np.int64)
    s = pairs["service"].map(order).to_numpy(np.int64)
    hosted = np.zeros((len(order), len(place)), dtype=np.int64)
    np.add.at(hosted, (s[j != NEVER], j[j != NEVER]), 1)
    return hosted


def _min_spend(table: pd.DataFrame, fewest: float, case_m: Floats) -> Floats:
    """Least spend that meets the floor on patients: expected patients are spend / c.

    A footprint that has exactly the least is inside, whatever the rounding.
    """
    patients = np.maximum(table["min_patients"].to_numpy(float), fewest)
    lone = np.where((case_m == 0) & (patients > 0), np.inf, patients * case_m)
    return np.asarray(lone * (1 - ROUNDING))


def _groups(table: pd.DataFrame, order: pd.Series) -> Ints:
    """Index of the group of services that move together (the least member's place)."""
    group = list(range(len(table)))
    for place, other in enumerate(table["moves_with"]):
        if other:
            first, second = group[place], group[int(order[other])]
            group = [min(first, second) if g in (first, second) else g for g in group]
    return np.array(group, dtype=np.int64)
