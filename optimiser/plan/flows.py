"""Where residents' spend goes: between footprints, for what is held locally and for everything."""

from __future__ import annotations

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.plan.plan import Plan

ELSEWHERE = "Elsewhere"
"""Stands for providers that no ICB of the dataset hosts."""


def summarise_crossings(plan: Plan, dataset: Dataset) -> pd.DataFrame:
    """Spend of each footprint's residents by the footprint whose provider treats them.

    Returns:
        from_footprint (of residence), to_footprint (of the provider, or ``Elsewhere``), services
        (commissioned locally, with spend on this way), local_spend_m (on those), spend_m (on all
        services), £m a year; one row per way that has any spend, the stay at home included.
    """
    home = plan.icbs.set_index("icb")["footprint"]
    host = dataset.providers.set_index("provider")["icb"]
    flows = dataset.flows[dataset.flows["spend_m"] > 0]
    ways = pd.DataFrame(
        {
            "service": flows["service"],
            "from_footprint": flows["icb"].map(home),
            "to_footprint": flows["provider"].map(host).map(home).fillna(ELSEWHERE),
            "spend_m": flows["spend_m"],
        }
    )
    by_service = ways.groupby(list(ways.columns[:3]), sort=False)["spend_m"].sum().reset_index()
    held = plan.services.loc[plan.services["level"] != "national", ["service", "footprint"]]
    local = pd.MultiIndex.from_frame(by_service[["service", "from_footprint"]]).isin(
        pd.MultiIndex.from_frame(held)
    )
    by_service["services"] = local.astype("int64")
    by_service["local_spend_m"] = by_service["spend_m"].where(local, 0.0)
    amounts = ["services", "local_spend_m", "spend_m"]
    table = by_service.groupby(["from_footprint", "to_footprint"])[amounts].sum()
    return _in_order(table.reset_index(), [*plan.footprints["footprint"], ELSEWHERE])


def _in_order(table: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Rows in the plan's order of footprints."""
    return table.sort_values(
        ["from_footprint", "to_footprint"],
        key=lambda names: names.map(order.index),
        ignore_index=True,
    )
