"""The whole chain drawn again: every column that ``sources.csv`` gives a spread, all together.

A spread is the standard deviation of the logarithm for money, patients, variation, shocks and benefits
(so 0.3 is about 30 % either way), of the score itself for readiness, and the share left out for centres.
What is judged alike tends to be wrong alike, so half the variance of a column is common to all its rows
and half is each row's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from optimiser.arrays import Floats
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario

Spreads = Mapping[tuple[str, str], float]
COMMON = 0.5
"""Share of a spread's variance that all rows of a column have in common: neither all one error (1),
which only scales the score, nor all apart (0), which averages out over 150 services."""
BY_SERVICE = ("patients", "case_cost_cv", "common_shock", "integration_benefit")


def list_spreads(dataset: Dataset) -> Spreads:
    """(table, column) to its spread, for those that have one above 0."""
    sources = dataset.sources
    if sources is None:
        return {}
    given = sources[sources["spread"].fillna(0.0) > 0]
    keys = zip(given["table"], given["column"], strict=True)
    return dict(zip(keys, given["spread"].astype(float), strict=True))


def draw_chain(dataset: Dataset, spreads: Spreads, random: np.random.Generator) -> Dataset:
    """One draw of every column with a spread.

    The order of the draws is fixed, so that a seed gives the same draw on any machine.
    """
    flows, services = dataset.flows, dataset.services
    pairs = dataset.service_providers
    if share := spreads.get(("service_providers", "provider")):
        flows, pairs = _leave_out_centres(flows, pairs, dataset, share, random)
    if spread := spreads.get(("flows", "spend_m")):
        flows = _draw_destinations(flows, dataset, spread, random)
    factors = {c: _draw_factor(services, spreads.get(("services", c)), random) for c in BY_SERVICE}
    money = _draw_factor(services, spreads.get(("services", "spend_m")), random)
    codes = services["service"].to_numpy()
    flows = flows.assign(
        spend_m=flows["spend_m"] * flows["service"].map(dict(zip(codes, money, strict=True))),
        patients=flows["patients"]
        * flows["service"].map(dict(zip(codes, factors["patients"], strict=True))),
    )
    drawn = {c: services[c].to_numpy(float) * factors[c] for c in BY_SERVICE}
    drawn["common_shock"] = drawn["common_shock"].clip(max=1.0)
    drawn["integration_benefit"] = drawn["integration_benefit"].clip(max=1.0)
    totals = flows.groupby("service")["spend_m"].sum().reindex(codes).fillna(0.0)
    return replace(
        dataset,
        flows=flows,
        services=services.assign(**drawn, spend_m=totals.to_numpy(float)),
        service_providers=pairs,
        readiness=_draw_scores(dataset.readiness, spreads.get(("readiness", "score")), random),
        funding=_draw_funding(dataset.funding, spreads, random),
    )


def draw_weights(scenario: Scenario, random: np.random.Generator) -> Scenario:
    """The scenario with each weight that has a range drawn between its ends, evenly by ratio."""
    ranges = scenario.uncertainty.weights
    drawn: dict[str, object] = {}
    for name, (least, most) in sorted(ranges.items()):
        even = random.uniform()
        by_ratio = least * (most / least) ** even if least > 0 else most * even
        drawn[f"objective.{name}"] = float(by_ratio)
    return scenario.changed(drawn) if drawn else scenario


def _draw_factor(rows: pd.DataFrame, spread: float | None, random: np.random.Generator) -> Floats:
    """Lognormal factor of each row, of mean 1."""
    if not spread:
        return np.ones(len(rows))
    common = np.sqrt(COMMON) * random.standard_normal()
    own = np.sqrt(1 - COMMON) * random.standard_normal(len(rows))
    return np.asarray(np.exp(spread * (common + own) - spread**2 / 2))


def _draw_destinations(
    flows: pd.DataFrame, dataset: Dataset, spread: float, random: np.random.Generator
) -> pd.DataFrame:
    """Where residents go: one factor for each pair of ICBs within a programme of care.

    What an ICB spends on a service stays; its shares by provider move together across the services of
    a programme, as the pattern of referral would.
    """
    programme = dataset.services.set_index("service")["programme_of_care"]
    host = dataset.providers.set_index("provider")["icb"]
    keys = pd.MultiIndex.from_arrays(
        [flows["service"].map(programme), flows["icb"], flows["provider"].map(host)]
    )
    place, pairs = pd.factorize(keys)
    factor = np.exp(spread * random.standard_normal(len(pairs)))[place]
    return _keep_demand(flows, flows["spend_m"].to_numpy(float) * factor)


def _keep_demand(flows: pd.DataFrame, weight: Floats) -> pd.DataFrame:
    """Flows shared out anew by weights; each ICB's demand for each service stays."""
    cell = pd.factorize(pd.MultiIndex.from_arrays([flows["service"], flows["icb"]]))[0]
    whole = np.bincount(cell, weights=weight)[cell]
    share = np.divide(weight, whole, out=np.zeros_like(weight), where=whole > 0)
    found = {}
    for column in ("spend_m", "patients"):
        demand = np.bincount(cell, weights=flows[column].to_numpy(float))[cell]
        found[column] = np.where(whole > 0, demand * share, flows[column])
    return flows.assign(**found)


def _leave_out_centres(
    flows: pd.DataFrame,
    pairs: pd.DataFrame | None,
    dataset: Dataset,
    share: float,
    random: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Centres that may be none: each is left out with a chance; its patients go where others go.

    Services keep at least half of their centres, and demand that would have nowhere to go stays.
    """
    listed = flows[["service", "provider"]].drop_duplicates() if pairs is None else pairs
    out = random.uniform(size=len(listed)) < share
    gone = listed[out].groupby("service").size().reindex(listed["service"]).fillna(0).to_numpy()
    whole = listed.groupby("service")["provider"].transform("size").to_numpy()
    out &= gone <= whole / 2
    removed = pd.MultiIndex.from_frame(listed.loc[out, ["service", "provider"]])
    leaving = pd.MultiIndex.from_frame(flows[["service", "provider"]]).isin(removed)
    moved = _keep_demand(flows, np.where(leaving, 0.0, flows["spend_m"].to_numpy(float)))
    return moved, None if pairs is None else pairs[~out].reset_index(drop=True)


def _draw_scores(
    readiness: pd.DataFrame | None, spread: float | None, random: np.random.Generator
) -> pd.DataFrame | None:
    if readiness is None or not spread:
        return readiness
    noise = random.normal(0.0, spread, len(readiness))
    return readiness.assign(score=(readiness["score"] + noise).clip(0.0, 4.0))


def _draw_funding(
    funding: pd.DataFrame | None, spreads: Spreads, random: np.random.Generator
) -> pd.DataFrame | None:
    """Funding drawn ICB by ICB; England's totals stay, as allocations share out a given sum."""
    if funding is None:
        return None
    drawn = funding.copy()
    for column in ("historic_m", "needs_based_m"):
        spread = spreads.get(("funding", column))
        if spread:
            amounts = funding[column] * np.exp(spread * random.standard_normal(len(funding)))
            drawn[column] = amounts * funding[column].sum() / amounts.sum()
    return drawn
