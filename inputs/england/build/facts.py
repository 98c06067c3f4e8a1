"""Reading the carried facts and the tables of modelling judgement beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

CARRIED = Path(__file__).resolve().parents[1]
"""The carried dataset of this checkout: where the facts are read from."""


@dataclass(frozen=True)
class Facts:
    """The carried tables; every one has its source and confidence columns.

    Attributes:
        icbs: published codes, names and populations, indexed by ICB code.
        services: the published list of prescribed specialised services.
        service_model: modelling judgement on each service (see its ``basis`` column).
        providers: provider, name, icb (blank outside England), source, confidence.
        provider_model: kind, hospital units or place, relative size of each provider.
        centres: service, provider, confidence: centres known by list.
        centre_rules: rule, reason and confidence of services with centres by rule, by service.
        icbs_2026: gss_code and short_name of the ICBs that are new or changed in April 2026, by code.
        plans: plan, icb, group.
        flow_parameters: calibrated decay of each service family.
        targets: leakage to be matched, per cent.
        allocations: published allocation of each committee, indexed by committee.
        demand_factors: calibrated factor on the demand of a committee's residents, by committee.
        spend: published money: item, area, year, gbp_m, source, confidence, note.
        running_costs: published ceilings a head: item, area, year, gbp_a_head, source, confidence, note.
    """

    icbs: pd.DataFrame
    services: pd.DataFrame
    service_model: pd.DataFrame
    providers: pd.DataFrame
    provider_model: pd.DataFrame
    centres: pd.DataFrame
    centre_rules: pd.DataFrame
    icbs_2026: pd.DataFrame
    plans: pd.DataFrame
    flow_parameters: pd.DataFrame
    targets: pd.DataFrame
    allocations: pd.DataFrame
    demand_factors: pd.DataFrame
    spend: pd.DataFrame
    running_costs: pd.DataFrame


def read_facts(folder: Path = CARRIED / "facts") -> Facts:
    """Read the carried facts from ``folder``."""
    icbs = _read(folder / "icbs.csv").set_index("icb_ods")
    plans = _read(folder / "committees.csv").rename(columns={"icb_ods": "icb"})
    return Facts(
        icbs=icbs.sort_index(),
        services=_read(folder / "services.csv").rename(columns={"service_code": "service"}),
        service_model=_read(folder / "service_model.csv").set_index("service"),
        providers=_read_providers(folder),
        provider_model=_read(folder / "provider_model.csv").set_index("provider"),
        centres=_read_centres(folder / "service_centres.csv"),
        centre_rules=_read(folder / "centre_rules.csv").set_index("service"),
        icbs_2026=_read(folder / "icbs_2026.csv").set_index("icb"),
        plans=plans[["plan", "icb", "group", "note"]],
        flow_parameters=_read(folder / "flow_parameters.csv").set_index("family"),
        targets=_read(folder / "leakage_targets.csv"),
        allocations=_read(folder / "committee_crosscheck.csv").set_index("committee"),
        demand_factors=_read(folder / "demand_factors.csv").set_index("committee"),
        spend=_read(folder / "spend.csv"),
        running_costs=_read(folder / "running_costs.csv"),
    )


def take_text(table: pd.DataFrame, row: str, column: str) -> str:
    """One cell as text."""
    return str(table.loc[row, column])


def take_number(table: pd.DataFrame, row: str, column: str) -> float:
    """One cell as a number, whether the table holds text or numbers."""
    return float(str(table.loc[row, column]))


def _read(path: Path) -> pd.DataFrame:
    """Read text as text: blank stays an empty string, and codes such as 2A keep their form."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _read_providers(folder: Path) -> pd.DataFrame:
    acute = _read(folder / "providers.csv").rename(columns={"ods": "provider", "icb_ods": "icb"})
    extra = _read(folder / "extra_providers.csv").rename(columns={"ods": "provider"})
    columns = ["provider", "name", "icb", "source", "confidence"]
    return pd.concat([acute[columns], extra[columns]], ignore_index=True)


def _read_centres(path: Path) -> pd.DataFrame:
    """List known centres; a row whose code names two services (``2;83``) counts for both."""
    rows = _read(path).rename(columns={"provider_ods": "provider", "service": "role"})
    rows["service"] = rows["service_code"].str.split(";")
    rows = rows.explode("service")
    columns = ["service", "provider", "role", "confidence"]
    return rows[columns].drop_duplicates(["service", "provider"]).reset_index(drop=True)
