"""Where residents' spend goes, who holds it, and how much of it was suppressed and filled."""

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
