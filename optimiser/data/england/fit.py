"""How well the model's flows reproduce published leakage, and the calibration behind them."""

from __future__ import annotations

import pandas as pd

from optimiser.data.england.facts import Facts

GROUPINGS = {
    "icbs_42_percent": "icbs-42",
    "nine_committees_percent": "nine-committees-2023",
    "regions_7_percent": "regions-7",
}
"""Column of a target to the plan it speaks of."""


def measure_leakage_percent(
    flows: pd.DataFrame, plan: pd.DataFrame, host: pd.Series[str], value: str
) -> float:
    """Per cent of ``value`` (patients or spend_m) treated outside the residents' footprint."""
    footprint = plan.set_index("icb")["footprint"]
    home = flows["icb"].map(footprint)
    treated = flows["provider"].map(host).map(footprint)
    return float(100 * flows.loc[home != treated, value].sum() / flows[value].sum())


def summarise_fit(
    facts: Facts, flows: pd.DataFrame, plans: dict[str, pd.DataFrame], thrombectomy: pd.DataFrame
) -> pd.DataFrame:
    """One row for each family: target and model leakage (per cent) under three groupings.

    Args:
        facts: the carried facts, with the targets.
        flows: all flows.
        plans: plan by file name.
        thrombectomy: ICB × provider shares of real admissions to the nearest centre, times the
            admissions of the ICB, as flows (icb, provider, spend_m).
    """
    host = facts.providers.set_index("provider")["icb"]
    family = flows["service"].map(facts.service_model["family"])
    sets = {str(name): part for name, part in flows.groupby(family)}
    sets["all services"] = flows
    sets["thrombectomy"] = thrombectomy
    targets = facts.targets.set_index("family")
    rows = []
    for name, part in sets.items():
        row: dict[str, object] = {"family": name}
        row["compared with"] = targets.at[name, "label"] if name in targets.index else "no target"
        for column, plan in GROUPINGS.items():
            row[f"target {plan}"] = targets.at[name, column] if name in targets.index else ""
            row[f"model {plan}"] = measure_leakage_percent(part, plans[plan], host, "spend_m")
        rows.append(row)
    return pd.DataFrame(rows)
