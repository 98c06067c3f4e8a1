"""What was published of money, beside what the flows say: a sentence for each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.host_money import measure_host_money
from optimiser.inputs.schema import ALLOCATION, HELD_CENTRALLY, RUNNING_COST
from optimiser.spelling import title_plan

KEPT = 2
"""Datasets whose sentences are kept: every plan of one has the same, and a page measures many."""
ALLOCATIONS = "Published allocations"
"""How the sentence on what committees were allocated begins: papers find it among a run's notes."""


def compare_allocations(dataset: Dataset) -> pd.DataFrame:
    """Each published allocation beside the money of the same services in the flows.

    The services are those held jointly or alone today (``current_level``), all that an allocation
    could be of. Allocations were host-based: beside them stands what the footprint's own providers are
    paid, with money for care outside the map left with its sender.

    Returns:
        plan, footprint, published_m, scaled_m (published, scaled to the total of the flows), host_m,
        difference_share (host_m by scaled_m, less 1), year, source, confidence.
    """
    rows = list_published(dataset, ALLOCATION)
    level = dataset.services.set_index("service")["current_level"]
    flows = dataset.flows[
        dataset.flows["service"].map(level).isin(["footprint", "icb", "collaborative"])
    ]
    if flows.empty:  # nothing is held today that an allocation could be of
        rows = rows.iloc[:0]
    hosts = dict(zip(dataset.providers["provider"], dataset.providers["icb"], strict=True))
    paid = measure_host_money(flows, hosts)
    frames = []
    for plan, part in rows.groupby("plan", sort=False):
        home = dataset.plans[str(plan)].set_index("icb")["footprint"]
        host_m = part["footprint"].map(paid.groupby(home.reindex(paid.index)).sum()).fillna(0.0)
        scaled = part["amount"] / part["amount"].sum() * host_m.sum()
        frames.append(
            part.assign(scaled_m=scaled, host_m=host_m, difference_share=host_m / scaled - 1)
        )
    columns = ["plan", "footprint", "published_m", "scaled_m", "host_m", "difference_share"]
    table = (
        pd.concat(frames) if frames else rows.assign(scaled_m=[], host_m=[], difference_share=[])
    )
    table = table.rename(columns={"amount": "published_m"})
    return table[[*columns, "year", "source", "confidence"]].reset_index(drop=True)


def list_published(dataset: Dataset, item: str) -> pd.DataFrame:
    """Published rows of one item; none where the dataset has no such table."""
    if dataset.published is None:
        return pd.DataFrame(columns=["plan", "footprint", "amount", "year", "source", "confidence"])
    return dataset.published[dataset.published["item"] == item]


@lru_cache(maxsize=KEPT)
def describe_published(dataset: Dataset) -> tuple[str, ...]:
    """Published allocations and money held centrally beside the modelled money, a sentence each."""
    return (*_describe_allocations(dataset), *_describe_central(dataset))


def state_published(dataset: Dataset) -> str:
    """The same in one short sentence; empty where nothing is published."""
    table, central = compare_allocations(dataset), list_published(dataset, HELD_CENTRALLY)
    if table.empty:
        return ""
    held = f"; £{central['amount'].sum():,.0f}m more is held centrally" if len(central) else ""
    return (
        f"Published beside these: allocations of £{table['published_m'].sum():,.0f}m "
        f"({table['year'].iloc[0]}) for what the flows put at £{table['host_m'].sum():,.0f}m{held}."
    )


def _describe_allocations(dataset: Dataset) -> Iterator[str]:
    for plan, table in compare_allocations(dataset).groupby("plan", sort=False):
        shares = table.set_index("footprint")["difference_share"]
        first = table.iloc[0]
        yield (
            f"{ALLOCATIONS} of {title_plan(str(plan))} ({first['year']}, {first['source']}, "
            f"{first['confidence']}): £{table['published_m'].sum():,.0f}m for services that the flows "
            f"put at £{table['host_m'].sum():,.0f}m. Scaled to one total, the flows pay providers of "
            f"{shares.idxmin()} {_say_apart(shares.min())} and of {shares.idxmax()} "
            f"{_say_apart(shares.max())} than was allocated."
        )


def _say_apart(share: float) -> str:
    return f"{abs(share):.0%} {'less' if share < 0 else 'more'}"


def _describe_central(dataset: Dataset) -> Iterator[str]:
    for row in list_published(dataset, HELD_CENTRALLY).to_dict("records"):
        yield (
            f"A further £{row['amount']:,.0f}m is held centrally and is in no flow here: "
            f"{row['note']} ({row['year']}; {row['source']})."
        )


def describe_running_cost(dataset: Dataset, running_m: float) -> tuple[str, ...]:
    """What committees and contract teams cost a head beside the published ceiling.

    Args:
        dataset: with its people and what is published.
        running_m: £m a year, as the scenario prices them.
    """
    people = float(dataset.icbs["population"].sum())
    own = (
        f"Committees and contract teams are priced at £{running_m:,.1f}m a year, "
        f"£{running_m * 1e6 / people:.2f} a head of residents."
    )
    ceilings = [
        f"The published ceiling of an ICB's running cost is £{row['amount']:,.2f} a head "
        f"({row['year']}; {row['source']}; {row['confidence']}); it is for {row['note']}."
        for row in list_published(dataset, RUNNING_COST).to_dict("records")
    ]
    return (own, *ceilings)
