"""Where residents' spend goes, between footprints, and how much of it was suppressed and filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.plan.plan import Plan

ELSEWHERE = "Elsewhere"
"""Stands for providers that no ICB of the dataset hosts."""


def summarise_crossings(plan: Plan, dataset: Dataset) -> pd.DataFrame:
    """Spend of each footprint's residents by the footprint whose provider treats them.

    Returns:
        from_footprint (of residence), to_footprint (of the provider, or ``Elsewhere``), services
        (commissioned locally, with spend on this way), local_spend_m (on those), scope_spend_m (on
        services in scope, whoever holds them), spend_m (on all services), £m a year; one row per way
        that has any spend, the stay at home included.
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
    scope = by_service["service"].isin(plan.services.loc[plan.services["in_scope"], "service"])
    by_service["scope_spend_m"] = by_service["spend_m"].where(scope, 0.0)
    amounts = ["services", "local_spend_m", "scope_spend_m", "spend_m"]
    table = by_service.groupby(["from_footprint", "to_footprint"])[amounts].sum()
    return _in_order(table.reset_index(), [*plan.footprints["footprint"], ELSEWHERE])


def _in_order(table: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Rows in the plan's order of footprints."""
    return table.sort_values(
        ["from_footprint", "to_footprint"],
        key=lambda names: names.map(order.index),
        ignore_index=True,
    )


def measure_suppressed(dataset: Dataset, grouping: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """How much of each footprint's numbers rests on filled cells.

    Returns:
        footprint, suppressed_share (of its residents' spend), suppressed_leakage_share (of what is
        treated outside it; NaN when nothing is); all services.
    """
    home = {icb: name for name, icbs in grouping.items() for icb in icbs}
    host = dataset.providers.set_index("provider")["icb"]
    flows = dataset.flows.assign(
        footprint=dataset.flows["icb"].map(home),
        outside=dataset.flows["provider"].map(host).map(home).fillna("")
        != dataset.flows["icb"].map(home),
        filled=dataset.filled if dataset.filled is not None else False,
    )
    amount = flows["spend_m"]
    columns = {
        "suppressed_share": (amount * flows["filled"], amount),
        "suppressed_leakage_share": (
            amount * flows["filled"] * flows["outside"],
            amount * flows["outside"],
        ),
    }
    table = {}
    for name, (part, whole) in columns.items():
        sums = whole.groupby(flows["footprint"]).sum()
        table[name] = part.groupby(flows["footprint"]).sum() / sums.where(sums > 0)
    frame = pd.DataFrame(table).reindex(list(grouping))
    return frame.rename_axis("footprint").reset_index()


def add_suppressed(plan: Plan, dataset: Dataset) -> Plan:
    """The plan with the share of each footprint that rests on filled cells, and a note."""
    if dataset.filled is None:
        return plan
    table = measure_suppressed(dataset, plan.grouping)
    shares = dict(zip(table["footprint"], table["suppressed_share"], strict=True))
    outside = dict(zip(table["footprint"], table["suppressed_leakage_share"], strict=True))
    names = plan.footprints["footprint"]
    footprints = plan.footprints.assign(
        suppressed_share=names.map(shares), suppressed_leakage_share=names.map(outside)
    )
    most = table.iloc[int(table["suppressed_share"].fillna(0.0).to_numpy().argmax())]
    note = (
        f"Small numbers: at most {most['suppressed_share']:.1%} of a footprint's spend rests on "
        f"suppressed flows that were filled ({most['footprint']}); footprints.csv has the share of "
        "each, and of its leakage."
    )
    return replace(plan, footprints=footprints, notes=(*plan.notes, note))
