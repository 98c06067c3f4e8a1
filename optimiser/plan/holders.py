"""Every pound of the flows with the footprint it comes from and goes to, and whoever holds it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.plan.flows import ELSEWHERE
from optimiser.plan.plan import Plan

ENGLAND = "England"
SINGLE, NATIONAL = "icb", "national"


def locate_flows(dataset: Dataset, home: Mapping[str, str]) -> pd.DataFrame:
    """Flows with spend or patients, and where they come from and go to.

    Args:
        dataset: the inputs.
        home: ICB to its footprint.

    Returns:
        service, icb, provider, patients, spend_m, footprint (of residence), host_icb (blank outside
        the map), host (footprint of the provider, or ``Elsewhere``).
    """
    flows = dataset.flows[(dataset.flows["spend_m"] > 0) | (dataset.flows["patients"] > 0)]
    host = flows["provider"].map(dataset.providers.set_index("provider")["icb"])
    return flows.assign(
        footprint=flows["icb"].map(home),
        host_icb=host,
        host=host.map(home).fillna(ELSEWHERE),
    )


def hold_flows(plan: Plan, dataset: Dataset) -> pd.DataFrame:
    """Located flows with their holder under a plan.

    Returns:
        what :func:`locate_flows` gives, with in_scope, level (national, icb, footprint …) and holder:
        England, the ICB that holds alone, or the footprint, whose money it is too where a lead provider
        holds it for the footprint.
    """
    flows = locate_flows(dataset, dict(zip(plan.icbs["icb"], plan.icbs["footprint"], strict=True)))
    cells = plan.services[["service", "footprint", "level", "single_icbs", "in_scope"]]
    held = flows.merge(cells, on=["service", "footprint"], how="left", validate="many_to_one")
    pairs = {
        (service, icb)
        for service, codes in zip(cells["service"], cells["single_icbs"], strict=True)
        for icb in codes.split()
    }
    each = zip(held["service"].tolist(), held["icb"].tolist(), strict=True)
    alone = [pair in pairs for pair in each]
    left = (held["level"] == SINGLE) & ~pd.Series(alone, held.index, dtype=bool)
    held["level"] = held["level"].mask(left, NATIONAL)
    return _name_holders(held).drop(columns="single_icbs")


def hold_flows_today(dataset: Dataset, baseline: str) -> pd.DataFrame | None:
    """Located flows with their holder today: each service at its ``current_level``, in the baseline.

    None where the scenario names no baseline or no service has a level of today.
    """
    level = dataset.services.set_index("service")["current_level"]
    if not baseline or not (level != "").any():
        return None
    plan = dataset.plans[baseline]
    flows = locate_flows(dataset, dict(zip(plan["icb"], plan["footprint"], strict=True)))
    today = flows["service"].map(level)
    return _name_holders(flows.assign(level=today.where(today != "", NATIONAL)))


def _name_holders(flows: pd.DataFrame) -> pd.DataFrame:
    holder = flows["footprint"].mask(flows["level"] == SINGLE, flows["icb"])
    return flows.assign(holder=holder.mask(flows["level"] == NATIONAL, ENGLAND))
