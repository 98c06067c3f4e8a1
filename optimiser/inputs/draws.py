"""The dataset drawn again: chance of a year on patients and case costs, and named what-ifs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.inputs.dataset import Dataset

Noise = Literal["poisson", "bootstrap", "none"]


@dataclass(frozen=True)
class Uncertainty:
    """What is drawn again.

    Attributes:
        flows: ``poisson``: each flow's patients are Poisson about what is given, and their costs
            gamma with the service's coefficient of variation; ``bootstrap``: a service's patients are
            drawn again with replacement from its own rows; ``none``: flows stay.
        shock: whether a service's spend also moves as a whole, by a gamma factor with its
            ``common_shock``: 1 for as given, 0 for not at all.
    """

    flows: Noise = "poisson"
    shock: float = 1.0


def draw_dataset(dataset: Dataset, how: Uncertainty, random: np.random.Generator) -> Dataset:
    """One draw of the inputs."""
    flows = dataset.flows
    if how.flows == "poisson":
        flows = _draw_poisson(flows, dataset.services, random)
    elif how.flows == "bootstrap":
        flows = _draw_bootstrap(flows, random)
    if how.shock > 0:
        flows = _draw_shock(flows, dataset.services, how.shock, random)
    return with_flows(dataset, flows)


def with_flows(dataset: Dataset, flows: pd.DataFrame) -> Dataset:
    """The same dataset with other flows; services' totals are added up again."""
    totals = flows.groupby("service")[["patients", "spend_m"]].sum()
    totals = totals.reindex(dataset.services["service"]).fillna(0.0)
    services = dataset.services.assign(
        patients=totals["patients"].to_numpy(), spend_m=totals["spend_m"].to_numpy()
    )
    return replace(dataset, flows=flows, services=services)


def _by_service(flows: pd.DataFrame, services: pd.DataFrame, column: str) -> np.ndarray:
    return flows["service"].map(services.set_index("service")[column]).to_numpy(float)


def _draw_poisson(
    flows: pd.DataFrame, services: pd.DataFrame, random: np.random.Generator
) -> pd.DataFrame:
    """Patients N ~ Poisson; the sum of N gamma costs of variation k is gamma of shape N / k²."""
    expected, spend = flows["patients"].to_numpy(float), flows["spend_m"].to_numpy(float)
    case = np.divide(spend, expected, out=np.zeros_like(spend), where=expected > 0)
    patients = random.poisson(expected).astype(float)
    variance = _by_service(flows, services, "case_cost_cv") ** 2
    varied = (variance > 0) & (patients > 0)
    shape = np.where(varied, patients / np.where(variance > 0, variance, 1.0), 1.0)
    drawn = np.where(varied, random.gamma(shape) * variance, patients) * case
    drawn = np.where(expected > 0, drawn, spend)
    return flows.assign(patients=patients, spend_m=drawn)


def _draw_bootstrap(flows: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Each service's patients drawn with replacement from its rows, each at its row's mean cost."""
    patients, spend = flows["patients"].to_numpy(float), flows["spend_m"].to_numpy(float)
    drawn = patients.copy()
    for rows in flows.groupby("service").indices.values():
        total = patients[rows].sum()
        if total >= 1:
            drawn[rows] = random.multinomial(round(total), patients[rows] / total)
    factor = np.divide(drawn, patients, out=np.ones_like(drawn), where=patients > 0)
    return flows.assign(patients=drawn, spend_m=spend * factor)


def _draw_shock(
    flows: pd.DataFrame, services: pd.DataFrame, share: float, random: np.random.Generator
) -> pd.DataFrame:
    sd = share * services["common_shock"].to_numpy(float)
    shape = 1.0 / np.where(sd > 0, sd, 1.0) ** 2
    factor = np.where(sd > 0, random.gamma(shape) / shape, 1.0)
    by_service = pd.Series(factor, index=services["service"])
    return flows.assign(spend_m=flows["spend_m"] * flows["service"].map(by_service).to_numpy(float))


def grow(dataset: Dataset, share: float, service: str = "") -> Dataset:
    """Patients and spend grow by a share, of one service or of all."""
    flows = dataset.flows
    if service and service not in set(dataset.services["service"]):
        remedy = "The dataset has no such service."
        raise InputError([Fault("--what-if", 0, "growth", service, "known_service", remedy)])
    grows = flows["service"] == service if service else pd.Series(True, index=flows.index)
    factor = np.where(grows, 1.0 + share, 1.0)
    grown = flows.assign(patients=flows["patients"] * factor, spend_m=flows["spend_m"] * factor)
    return with_flows(dataset, grown)


def close_provider(dataset: Dataset, provider: str) -> Dataset:
    """A provider closes: its patients go where others of their ICB and service go, in proportion.

    Where their ICB sends nobody else for the service, they follow all England's patients of it.

    Raises:
        InputError: there is no such provider, or it is the only one of a service.
    """
    flows = dataset.flows
    if provider not in set(dataset.providers["provider"]):
        remedy = "The dataset has no such provider."
        raise InputError([Fault("--what-if", 0, "close", provider, "known_provider", remedy)])
    leaving = flows[flows["provider"] == provider]
    staying = flows[flows["provider"] != provider]
    moved = [_redirected(row, staying, provider) for row in leaving.itertuples()]
    after = pd.concat([staying, *moved], ignore_index=True)
    keys = ["service", "icb", "provider"]
    after = after.groupby(keys, sort=False, as_index=False)[["patients", "spend_m"]].sum()
    pairs = dataset.service_providers
    if pairs is not None:
        pairs = pairs[pairs["provider"] != provider]
    return replace(with_flows(dataset, after), service_providers=pairs)


def _redirected(row: Any, staying: pd.DataFrame, provider: str) -> pd.DataFrame:
    service, icb = str(row.service), str(row.icb)
    of_service = staying[staying["service"] == service]
    weights = of_service[of_service["icb"] == icb].groupby("provider")["patients"].sum()
    if weights.sum() <= 0:
        weights = of_service.groupby("provider")["patients"].sum()
    if weights.sum() <= 0:
        remedy = f"It is the only provider of {service}; nobody else can take its patients."
        raise InputError([Fault("--what-if", 0, "close", provider, "other_provider", remedy)])
    share = (weights / weights.sum()).to_numpy(float)
    patients, spend = float(row.patients), float(row.spend_m)
    return pd.DataFrame(
        {
            "service": service,
            "icb": icb,
            "provider": weights.index.to_numpy(),
            "patients": patients * share,
            "spend_m": spend * share,
        }
    )
