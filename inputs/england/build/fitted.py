"""The flows that every map carries: Huff's, fitted ICB by ICB to what is observed, in whole pounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from inputs.england.build.centres import list_service_providers
from inputs.england.build.facts import CARRIED, Facts
from inputs.england.build.flows import (
    ANCHORED_SERVICE,
    build_anchor,
    build_choice,
    build_flows,
    measure_demand,
)
from inputs.england.build.pieces import list_pieces, split_people
from inputs.england.build.services import build_services
from inputs.england.build.wheel import Wheel
from optimiser.importers.calibration import compare_by_icb, describe_fit, list_fitted
from optimiser.importers.fitting import fit_flows
from optimiser.importers.observed import read_families, read_shares

OBSERVED = CARRIED / "facts" / "observed_shares.csv"
FAMILIES = CARRIED / "mapping" / "families.csv"
SOURCE = "waiting-time statistics of January 2026, the 42 ICBs"
DECIMALS = 6
"""Of £m: whole pounds."""


def build_fitted_flows(facts: Facts, wheel: Wheel, minutes: pd.DataFrame) -> pd.DataFrame:
    """Flows of every piece: service, icb (a piece), provider, patients, spend_m.

    The home preference of residents is that of the ICB that existed in the year of the flows.

    Args:
        facts: the carried facts.
        wheel: the wheel's tables, with pieces.
        minutes: LSOA x provider, minutes.
    """
    pieces = list_pieces(facts, wheel)
    fine = split_people(facts, pieces)
    homes = dict(zip(pieces.index, pieces["icb"], strict=True))
    choice = build_choice(fine, wheel, minutes, pieces.index.to_series(), homes)
    services, centres = build_services(facts), list_service_providers(facts)
    flows = build_flows(fine, services, centres, choice)
    families = read_fitted(facts)
    kept = build_anchor(flows, choice, centres[centres["service"] == ANCHORED_SERVICE])
    observed = read_shares(OBSERVED)
    fitted = fit_flows(flows, list_hosts(facts), families, centres, observed, homes, kept)
    return round_flows(fitted, services)


def read_fitted(facts: Facts) -> dict[str, str]:
    """Service to the family that its flows are fitted with: those that its counts can speak of."""
    services = build_services(facts)
    demand = [
        (measure_demand(facts, service, category) * spend_m)
        .rename_axis("icb").rename("spend_m").reset_index().assign(service=service)
        for service, category, spend_m in services[["service", "category", "spend_m"]].to_numpy()
    ]  # fmt: skip
    families = read_families(FAMILIES, services["service"])
    centres, observed = list_service_providers(facts), read_shares(OBSERVED)
    return list_fitted(pd.concat(demand), list_hosts(facts), families, centres, observed)


def list_few_centres(facts: Facts) -> set[str]:
    """Services of an observed family that are given in too few places to be fitted with it."""
    return set(read_families(FAMILIES, build_services(facts)["service"])) - set(read_fitted(facts))


def list_hosts(facts: Facts) -> dict[str, str]:
    """Provider to the ICB that hosts it, blank elsewhere."""
    return dict(facts.providers[["provider", "icb"]].to_numpy().tolist())


def state_fit(facts: Facts, flows: pd.DataFrame) -> str:
    """How well flows by ICB of 2022 fit what is observed: the sentence that ``check`` tells."""
    hosts, families = list_hosts(facts), read_fitted(facts)
    observed = replace(read_shares(OBSERVED), source=SOURCE)
    return describe_fit(flows, families, observed, compare_by_icb(flows, hosts, families, observed))


def round_flows(flows: pd.DataFrame, services: pd.DataFrame) -> pd.DataFrame:
    """Whole pounds and millionths of patients; each service's largest flow takes the rounding."""
    rounded = flows.round({"patients": DECIMALS, "spend_m": DECIMALS})
    rounded = rounded[rounded["spend_m"] > 0].reset_index(drop=True)
    largest = rounded.groupby("service")["spend_m"].idxmax()
    totals = services.set_index("service")
    for column in ("patients", "spend_m"):
        rest = totals[column] - rounded.groupby("service")[column].sum()
        rounded.loc[largest, column] += rest[largest.index].to_numpy()
    return rounded.assign(
        patients=np.round(rounded["patients"], DECIMALS),
        spend_m=np.round(rounded["spend_m"], DECIMALS),
    )
