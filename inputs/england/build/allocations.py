"""What is published of money, and the nine committees' allocations beside the flows' money, both ways.

The allocations were set by where care is given: what a committee's own providers are paid. They add
up to £11.5bn of the £13bn that the same services cost; the reason was not found, and they are scaled
alike here.
"""

from __future__ import annotations

import pandas as pd

from inputs.england.build.facts import Facts
from inputs.england.build.flows import ALLOCATED
from inputs.england.build.services import build_services
from inputs.england.build.tables import PLAN_FILES

PUBLISHED = "published_allocation_2023_24_gbp_m"
YEAR = "2023-24"
COMMITTEES = PLAN_FILES["jc9_2023"]
CENTRAL = "high-cost drugs, devices and other national programmes"


def build_published(facts: Facts) -> pd.DataFrame:
    """Published figures to stand beside modelled ones: allocations, money held centrally, a ceiling."""
    shared = facts.allocations.reset_index()
    (central,) = facts.spend[facts.spend["item"] == CENTRAL].to_dict("records")
    allocations = pd.DataFrame(
        {
            "item": "allocation",
            "plan": COMMITTEES,
            "footprint": shared["committee"],
            "amount": shared[PUBLISHED].astype(float),
            "year": YEAR,
            "source": "HSJ Feb 2023",  # the table's own; its cross-sums are not carried here
            "confidence": shared["confidence"],
            "note": "",
        }
    )
    others = [
        {
            "item": item,
            "amount": float(row[amount]),
            **{key: row[key] for key in ("year", "source", "confidence", "note")},
        }
        for item, amount, row in (
            ("held_centrally", "gbp_m", {**central, "note": CENTRAL}),
            *(
                ("running_cost_a_head", "gbp_a_head", r)
                for r in facts.running_costs.to_dict("records")
            ),
        )
    ]
    return pd.concat([allocations, pd.DataFrame(others)], ignore_index=True).fillna("")


def scale_allocations(facts: Facts, total_m: float) -> pd.Series[float]:
    """Allocation of each committee, £m, scaled to a total."""
    published = facts.allocations[PUBLISHED].astype(float)
    return published / published.sum() * total_m


def build_committee_flows(facts: Facts, flows: pd.DataFrame) -> pd.DataFrame:
    """Flows of the services that the committees held: service, home, host (committees), spend_m.

    Money for care outside England stays with the committee that sends it.
    """
    services = build_services(facts).set_index("service")["category"]
    mine = flows[flows["service"].map(services) == ALLOCATED]
    committee = facts.icbs["joint_committee_2023"]
    home = mine["icb"].map(committee)
    host = mine["provider"].map(facts.providers.set_index("provider")["icb"]).map(committee)
    return mine[["service", "spend_m"]].assign(home=home, host=host.fillna(home))


def summarise_allocations(facts: Facts, flows: pd.DataFrame) -> pd.DataFrame:
    """One row for each committee: its allocation, and the flows' money by host and by residents, £m."""
    paid = build_committee_flows(facts, flows)
    scaled = scale_allocations(facts, float(paid["spend_m"].sum()))
    table = pd.DataFrame(
        {
            "published, £m": facts.allocations[PUBLISHED].astype(float),
            "scaled, £m": scaled,
            "by host, £m": paid.groupby("host")["spend_m"].sum(),
            "by residents, £m": paid.groupby("home")["spend_m"].sum(),
        }
    )
    for way in ("host", "residents"):
        table[f"by {way} against scaled, %"] = 100 * (table[f"by {way}, £m"] / scaled - 1)
    return table.rename_axis("committee").reset_index()
