"""From chosen rows and a base dataset to a new dataset that can be checked and solved.

The base gives the map: ICBs, neighbours, boundaries, travel, readiness, plans. The extract gives
flows, services and providers. Money is patients times the unit cost of the specialty.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.importers.rtt.choosing import (
    Choices,
    Chosen,
    choose_rows,
    settle_unattributed,
    summarise_unattributed,
)
from optimiser.importers.rtt.reading import Extract
from optimiser.importers.rtt.specialties import COMMON_SHOCK, Specialties
from optimiser.importers.starter import draft_scenario
from optimiser.inputs.dataset import About, Dataset
from optimiser.inputs.writing import NewDataset, build_sources, format_csv, write_dataset

KEPT = ("icbs", "neighbours", "travel", "readiness")
"""Tables that are taken from the base as they are; funding is not, as its total is another."""
OGL = "OGL v3.0"
NAMES = list(calendar.month_name)
MONTH = re.compile(rf"({'|'.join(NAMES[1:])})-(\d{{4}})", re.IGNORECASE)


@dataclass(frozen=True)
class Imported:
    """A dataset made of an extract.

    Attributes:
        new: the dataset, ready to be written.
        account: step, count, share of what was counted.
        unattributed: activity without an ICB by function and region.
        volatility: by function; empty with fewer than three months.
        notices: what the reader must know.
    """

    new: NewDataset
    account: pd.DataFrame
    unattributed: pd.DataFrame
    volatility: pd.DataFrame
    notices: tuple[str, ...]


def import_extract(
    extract: Extract, base: Dataset, table: Specialties, choices: Choices, name: str
) -> Imported:
    """Make a dataset of an extract.

    Args:
        extract: the files as read.
        base: gives the map; its ICBs must be the areas of residence of the extract.
        table: which specialty is which service.
        choices: which rows to take.
        name: name of the new dataset.

    Raises:
        InputError: no row is left, or residents are of areas that the base does not have.
    """
    chosen = choose_rows(extract, choices)
    regions = dict(zip(base.icbs["icb"], base.icbs["region"], strict=True))
    hosts = _find_hosts(chosen.frame, base, choices)
    frame = chosen.frame.assign(host=chosen.frame["provider"].map(hosts).fillna(""))
    settled = settle_unattributed(frame, choices.unattributed)
    homeless = settled["area"] == ""
    _check_areas(settled[~homeless], base, extract, choices)
    volatility = summarise_volatility(settled)
    flows, left_out = _build_flows(settled[~homeless], table, chosen)
    services = _build_services(flows, table, volatility)
    tables = {n: t for n in KEPT if (t := getattr(base, n)) is not None}
    tables |= {
        "services": services,
        "providers": _build_providers(settled, flows, hosts, base),
        "flows": flows,
    }
    tables["sources"] = build_sources(base, tables, _list_sources(extract, choices, table))
    unattributed = summarise_unattributed(frame, regions)
    notices = [*chosen.notices, *_describe_hosts(hosts), *left_out]
    if homeless.any():
        lost = int(settled.loc[homeless, "count"].sum())
        notices.append(
            f"{lost:,} counts have neither ICB nor place of provider: they are left out."
        )
    about = _describe(base, extract, choices, chosen, table, name)
    lost_share = 1 - float(settled.loc[~homeless, "count"].sum() / frame["count"].sum())
    new = NewDataset(
        replace(about, unplaced_share=lost_share),
        tables,
        base.plans,
        base.boundaries,
        _list_extras(table, unattributed, volatility, chosen.account, base),
    )
    return Imported(new, chosen.account, unattributed, volatility, tuple(notices))


def write_import(imported: Imported, folder: Path) -> Path:
    """Write the dataset into a new folder."""
    return write_dataset(imported.new, folder)


def list_functions(extract: Extract, choices: Choices) -> list[tuple[str, str]]:
    """Code and name of the functions that the choice takes, sorted by code."""
    frame = choose_rows(extract, choices).frame
    return sorted(dict(zip(frame["function"], frame["function_name"], strict=True)).items())


def _find_hosts(frame: pd.DataFrame, base: Dataset, choices: Choices) -> dict[str, str]:
    """ICB (or area) that hosts each provider: as the file says, else as the base says, else blank."""
    areas = set(base.icbs["icb"])
    known: dict[str, str] = dict(
        zip(base.providers["provider"], base.providers["icb"], strict=True)
    )
    pairs = dict(zip(frame["provider"], frame["host"], strict=True))
    if choices.level == "icb":
        return {p: host if host in areas else known.get(p, "") for p, host in pairs.items()}
    return {p: str(known.get(p, host if host in areas else "")) for p, host in pairs.items()}


def _describe_hosts(hosts: Mapping[str, str]) -> list[str]:
    unknown = sorted(p for p, host in hosts.items() if not host)
    if not unknown:
        return []
    shown = ", ".join(unknown[:8]) + (f" and {len(unknown) - 8} more" if len(unknown) > 8 else "")
    return [
        f"Providers whose place is in none of the areas: {shown}. All their patients count as "
        "leakage; fill in their icb in providers.csv where it is known."
    ]


def _check_areas(frame: pd.DataFrame, base: Dataset, extract: Extract, choices: Choices) -> None:
    known = set(base.icbs["icb"])
    strange = frame[~frame["area"].isin(known)].groupby("area")["count"].sum()
    if strange.empty:
        return
    column = "Commissioner Parent Org Code" if choices.level == "icb" else "Commissioner Org Code"
    remedy = (
        f"Dataset {base.about.name} has no such area. Bring the map of the file's year (`footprints "
        "carry` takes a dataset from one set of ICBs to another), or choose the other --level."
    )
    raise InputError(
        [
            Fault(extract.places[0], 0, column, f"{area} ({count:g} counted)", "known_area", remedy)
            for area, count in strange.items()
        ]
    )


def _build_flows(
    frame: pd.DataFrame, table: Specialties, chosen: Chosen
) -> tuple[pd.DataFrame, list[str]]:
    """Flows of the services, months added up (averaged for people waiting), and what is left out."""
    rows = frame.merge(
        table.frame[["function", "service", "unit_cost_k"]], on="function", how="left"
    )
    out = rows["service"].isna() | (rows["service"] == "")
    notices = []
    if out.any():
        share = rows.loc[out, "count"].sum() / rows["count"].sum()
        names = ", ".join(sorted(rows.loc[out, "function"].unique()))
        notices.append(
            f"Left out by the table of specialties: {names} ({share:.1%} of the counts)."
        )
    rows = rows[~out]
    if rows.empty:
        remedy = "Every specialty is left out. Give one of them a service."
        raise InputError([Fault(table.place, 0, "service", "", "rows_left", remedy)])
    months = chosen.frame["period"].nunique() if chosen.stock else 1
    rows = rows.assign(
        patients=rows["count"] / months, spend_m=rows["count"] / months * rows["unit_cost_k"] / 1000
    )
    keys = {"service": "service", "area": "icb", "provider": "provider"}
    flows = rows.groupby(list(keys), as_index=False)[["patients", "spend_m"]].sum()
    return flows.rename(columns=keys), notices


def _build_services(
    flows: pd.DataFrame, table: Specialties, volatility: pd.DataFrame
) -> pd.DataFrame:
    """One row for each service; specialties of one service are averaged with equal weights."""
    measured = dict(zip(volatility["function"], volatility["common_shock"], strict=True))
    frame = table.frame[table.frame["service"].isin(set(flows["service"]))]
    shock = frame["common_shock"].fillna(frame["function"].map(measured)).fillna(COMMON_SHOCK)
    grouped = frame.assign(common_shock=shock).groupby("service", sort=True)
    sizes = flows.groupby("service")[["patients", "spend_m"]].sum()
    services = pd.DataFrame(
        {
            "name": grouped["service_name"].first(),
            "category": grouped["category"].first(),
            "highly_specialised": False,
            "patients": sizes["patients"],
            "spend_m": sizes["spend_m"],
            "case_cost_cv": grouped["case_cost_cv"].mean(),
            "common_shock": grouped["common_shock"].mean(),
            "integration_benefit": grouped["integration_benefit"].mean(),
            "provenance": "counts from the extract; cost and risk from facts/specialties.csv",
        }
    )
    services["name"] = services["name"].where(services["name"] != "", services.index.to_series())
    return services.rename_axis("service").reset_index()


def _build_providers(
    frame: pd.DataFrame, flows: pd.DataFrame, hosts: Mapping[str, str], base: Dataset
) -> pd.DataFrame:
    """Providers with flows; what the base knows of them is kept, their host is that of the file."""
    latest = dict(zip(frame["provider"], frame["provider_name"], strict=True))
    used = pd.DataFrame({"provider": sorted(set(flows["provider"]))})
    known = base.providers.drop_duplicates("provider")
    table = used.merge(known, on="provider", how="left")
    names = table["provider"].map(latest).str.title().str.replace("Nhs", "NHS")
    return table.assign(
        name=table["name"].fillna(names), icb=table["provider"].map(hosts).fillna("")
    )


def _list_sources(
    extract: Extract, choices: Choices, table: Specialties
) -> list[tuple[str, str, str, str, str, str]]:
    files = ", ".join(Path(place).name for place in extract.places)
    title = extract.layout.title
    edited = Path(table.place).name if table.place else "the default table"
    note = f"{files}; providers: {choices.providers}; without an ICB: {choices.unattributed}"
    cost = f"patients × unit cost of {edited}, kept in facts/specialties.csv"
    return [
        ("flows", "service icb provider patients", "published", title, OGL, note),
        ("flows", "spend_m", "illustrative", cost, "", "unit costs are not published"),
        ("services", "*", "illustrative", "facts/specialties.csv", "", "cost, risk and benefit"),
        ("services", "patients", "published", title, OGL, "sum of the flows, of the months read"),
        ("services", "spend_m", "illustrative", cost, "", "sum of the flows"),
        ("providers", "provider name icb", "published", title, OGL, "place from the base dataset"),
    ]


def _describe(
    base: Dataset, extract: Extract, choices: Choices, chosen: Chosen, table: Specialties, name: str
) -> About:
    months = list_months(extract.frame["period"].astype(str).unique())
    span = months[0] if len(months) == 1 else f"{len(months)} months"
    way = "averaged over" if chosen.stock else "added up over"
    settled = {
        "drop": "left out",
        "host": "taken as residents of the provider's ICB, which understates leakage",
        "spread": "spread as the other patients of the same provider and specialty",
    }
    placed = float(chosen.account["share"].iloc[-1])
    sentences = (
        f"Patients are {chosen.meaning}, {way} {span} ({', '.join(months)}); a year is not implied.",
        "Spend is patients × a unit cost that is not published (facts/specialties.csv); with the "
        "default of £1,000 a patient, £m are thousands of patients.",
        f"{placed:.1%} of what was counted has an ICB of residence; activity of hubs, regions and "
        f"non-English commissioners is {settled[choices.unattributed]}.",
        "Case-cost variation and integration benefit of the services are illustrative.",
        f"The map is that of dataset {base.about.name} ({base.about.vintage}).",
    )
    return replace(
        base.about,
        name=name,
        title=f"{extract.layout.title}, {span}",
        vintage=months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}",
        currency_year="none" if not table.place else base.about.currency_year,
        attribution=f"{base.about.attribution} Activity: {extract.layout.title}.".strip(),
        modelled=sentences,
        fit="",
    )


def list_months(periods: Iterable[str]) -> list[str]:
    """Periods as they stand in files (``RTT-January-2026``) as months in order (``January 2026``)."""

    def when(period: str) -> tuple[str, int]:
        found = MONTH.search(period)
        return (found[2], NAMES.index(found[1].title())) if found else (period, 0)

    named = sorted(periods, key=when)
    return [f"{m[1].title()} {m[2]}" if (m := MONTH.search(text)) else text for text in named]


def _list_extras(
    table: Specialties,
    unattributed: pd.DataFrame,
    volatility: pd.DataFrame,
    account: pd.DataFrame,
    base: Dataset,
) -> dict[str, str]:
    extras = {
        "facts/specialties.csv": format_csv(table.frame),
        "facts/account.csv": format_csv(account),
        "facts/unattributed.csv": format_csv(unattributed),
        "scenarios/base.toml": draft_scenario(
            "First scenario for imported flows", base.icbs, base.plans
        ),
    }
    if len(volatility):
        extras["facts/volatility.csv"] = format_csv(volatility)
    return extras


FEWEST_MONTHS = 3
MONTHS_A_YEAR = 12


def summarise_volatility(frame: pd.DataFrame) -> pd.DataFrame:
    """Month-to-month variation of each function over the whole file.

    With m the mean and v the variance (n - 1) of the monthly count, ``monthly_cv`` is sqrt(v) / m.
    Counting patients alone gives a variance of m (Poisson); what is above it does not pool:
    ``excess_cv`` = sqrt(max(0, v - m)) / m. If months are independent the year varies by
    ``common_shock`` = excess_cv / sqrt(12). Seasons and working days are part of it, so this is an
    upper guide for a service whose year is planned.

    Args:
        frame: period, function, function_name, count.

    Returns:
        function, function_name, months, mean_a_month, monthly_cv, excess_cv, common_shock; empty
        with fewer than three months.
    """
    columns = ["function", "function_name", "months", "mean_a_month", "monthly_cv", "excess_cv"]
    monthly = frame.pivot_table(
        index="function", columns="period", values="count", aggfunc="sum", fill_value=0
    )
    if monthly.shape[1] < FEWEST_MONTHS:
        return pd.DataFrame(columns=[*columns, "common_shock"])
    mean = monthly.mean(axis=1)
    variance = monthly.var(axis=1, ddof=1)
    excess = np.sqrt(np.maximum(variance - mean, 0.0)) / mean
    table = pd.DataFrame(
        {
            "function": monthly.index,
            "function_name": monthly.index.map(
                dict(zip(frame["function"], frame["function_name"], strict=True))
            ),
            "months": monthly.shape[1],
            "mean_a_month": mean.to_numpy(),
            "monthly_cv": (np.sqrt(variance) / mean).to_numpy(),
            "excess_cv": excess.to_numpy(),
        }
    )
    return table.assign(common_shock=(table["excess_cv"] / np.sqrt(MONTHS_A_YEAR)).clip(upper=1.0))
