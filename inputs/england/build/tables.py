"""The smaller tables of the England dataset: ICBs, providers, funding, plans, travel."""

from __future__ import annotations

import pandas as pd

from inputs.england.build.facts import Facts
from optimiser.inputs.host_money import measure_host_money

PLAN_FILES = {
    "jc9_2023": "nine-committees-2023",
    "nhs_region7": "regions-7",
    "opic7_2027": "pan-icb-offices-2027",
    "scg10_pre2013": "specialised-commissioning-groups-10",
    "sha10_2006_2013": "strategic-health-authorities-10",
    "sha_cluster4_2011": "sha-clusters-4",
    "cluster26_2025": "clusters-26",
    "icb36_april2026": "icbs-36-2026",
}
"""Plan in ``facts/committees.csv`` to the file that carries it."""

ALONE_FILE = "icbs-42"


def build_icbs(facts: Facts, places: pd.DataFrame) -> pd.DataFrame:
    """One row for each ICB, in code order."""
    source = facts.icbs
    return pd.DataFrame(
        {
            "icb": source.index,
            "gss_code": source["gss_code_2022"],
            "name": source["official_name"],
            "short_name": source["short_name"],
            "region": source["region_name"],
            "population": source["population_census2021"],
            "registered_population": source["population_gp_registered_2025_26"],
            "weighted_population": source["weighted_population_core_2025_26"],
            "lon": places["lon"],
            "lat": places["lat"],
        }
    ).reset_index(drop=True)


def build_providers(facts: Facts, places: pd.DataFrame) -> pd.DataFrame:
    """One row for each provider, in the order of the facts."""
    source = facts.providers.set_index("provider")
    return pd.DataFrame(
        {
            "provider": source.index,
            "name": source["name"],
            "icb": source["icb"],
            "lon": places["lon"],
            "lat": places["lat"],
            "specialised_income_share": facts.provider_model["specialised_income_share"],
        }
    ).reset_index(drop=True)


def build_travel(minutes: pd.DataFrame) -> pd.DataFrame:
    """Turn the square of minutes into from_icb, to_icb, minutes."""
    long = minutes.rename_axis("from_icb").reset_index()
    long = long.melt(id_vars="from_icb", var_name="to_icb", value_name="minutes")
    return long.sort_values(["from_icb", "to_icb"], ignore_index=True)


def build_funding(facts: Facts, flows: pd.DataFrame) -> pd.DataFrame:
    """Historic (host-based) and needs-based allocation, £m, both of the same total.

    Historic is what an ICB's own providers are paid, for residents of anywhere. Money that goes
    to providers elsewhere stays with the ICB that sends it. Needs-based is the share of
    need-weighted population.
    """
    hosts = dict(facts.providers[["provider", "icb"]].to_numpy().tolist())
    historic = measure_host_money(flows, hosts).reindex(facts.icbs.index, fill_value=0.0)
    need = facts.icbs["weighted_population_core_2025_26"].astype(float)
    needs_based = need / need.sum() * historic.sum()
    return pd.DataFrame(
        {"icb": facts.icbs.index, "historic_m": historic, "needs_based_m": needs_based}
    ).reset_index(drop=True)


def list_plans(facts: Facts) -> dict[str, pd.DataFrame]:
    """List the carried plans by file name, each of icb and footprint, ICBs in code order."""
    plans = {
        file: facts.plans[facts.plans["plan"] == plan][["icb", "group"]]
        .rename(columns={"group": "footprint"})
        .sort_values("icb")
        .reset_index(drop=True)
        for plan, file in PLAN_FILES.items()
    }
    alone = {"icb": facts.icbs.index, "footprint": facts.icbs["short_name"]}
    plans[ALONE_FILE] = pd.DataFrame(alone).reset_index(drop=True)
    return plans
