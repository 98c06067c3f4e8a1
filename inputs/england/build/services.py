"""The service table: published names and totals, modelled sizes."""

from __future__ import annotations

import pandas as pd

from inputs.england.build.facts import Facts

TOTAL_M = {"ready": 13_000.0, "not_yet": 1_500.0, "national": 1_300.0}
"""Published spend of each portfolio category in 2023-24, £m (carried in ``facts/spend.csv``)."""

HIGHLY_SPECIALISED_PATIENTS = 500
DECIMALS = 6

COLUMNS = [
    "service",
    "name",
    "programme_of_care",
    "category",
    "ready_year",
    "highly_specialised",
    "patients",
    "spend_m",
    "case_cost_cv",
    "common_shock",
    "min_providers",
    "min_patients",
    "max_cv",
    "integration_benefit",
    "innovation",
    "needs_delegation",
    "moves_with",
    "provenance",
    "current_level",
    "published_category",
    "delegated_from",
    "collaborative",
]
PUBLISHED = {
    "suitable_ready_2023": "ready",
    "suitable_not_ready_2023": "not_yet",
    "not_suitable_2023": "national",
}
"""Category in the published portfolio of February 2023, where it was found; blank where it was not."""
IN_COLLABORATIVES = "provider collaboratives"
"""Words of the facts on a category that rests on the service being in a collaborative."""


def build_services(facts: Facts) -> pd.DataFrame:
    """Join published names to modelled sizes; spend of each category is its published total."""
    table = facts.services.join(facts.service_model, on="service")
    table["highly_specialised"] = table["hss"].map({"yes": "true", "no": "false"})
    table["spend_m"] = _scale_spend(table)
    table["patients"] = _count_patients(table)
    stated = table["category_basis"].where(
        table["category_basis"] != "", "category " + table["confidence_category"]
    )
    table["provenance"] = stated + "; spend, patients, unit cost and risk modelled"
    # The 59 were delegated in April 2024. Eleven more followed in April 2025, but which is not found, so
    # the level of the others today is left blank: no cost of transition is put on them either way.
    table["current_level"] = table["delegated_2024"].map({"yes": "footprint", "no": ""})
    table["published_category"] = table["portfolio_category"].map(PUBLISHED).fillna("")
    table["delegated_from"] = table["delegated_2024"].map({"yes": "2024", "no": ""})
    joined = table["confidence_category"].str.contains(IN_COLLABORATIVES, regex=False)
    table["collaborative"] = joined.map({True: "true", False: "false"})
    return table[COLUMNS]


def _scale_spend(table: pd.DataFrame) -> pd.Series[float]:
    """Scale relative weights to the published totals; the largest line takes the rounding."""
    weight = table["weight_m"].astype(float)
    total = table["category"].map(TOTAL_M)
    spend = (weight / weight.groupby(table["category"]).transform("sum") * total).round(DECIMALS)
    for category, published in TOTAL_M.items():
        mine = spend[table["category"] == category]
        largest = spend.index == mine.idxmax()
        rest_m = float(mine.sum()) - float(mine.max())
        spend = spend.mask(largest, round(published - rest_m, DECIMALS))
    return spend


def _count_patients(table: pd.DataFrame) -> pd.Series[int]:
    """Patients a year: given for the rarest, otherwise modelled spend over modelled unit cost."""
    given = pd.to_numeric(table["patients"])
    modelled = table["spend_m"] * 1000 / pd.to_numeric(table["unit_cost_k"])
    return given.fillna(modelled).round().astype(int)
