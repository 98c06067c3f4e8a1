"""How much of a plan rests on small numbers that were suppressed and filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.plan.plan import Plan


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
