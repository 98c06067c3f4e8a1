"""What the web page shows: the same figures as the paper, as plain values for its template."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from optimiser.plan.plan import Plan
from optimiser.reports.paper.brief import Brief
from optimiser.reports.paper.rows import FOOTPRINT_COLUMNS
from optimiser.runs.compare import Comparison

_PAGE_HEADINGS = {
    "population": "Residents, million",
    "leakage_share": "Treated outside, of all in scope, %",
    "travel_minutes": "Travel to lead, minutes",
}
"""Where the page has more room than the paper, or another word."""

SERVICE_COLUMNS = (
    ("level", "Level", ("level",)),
    ("spend", "Spend, £m", ("spend_m",)),
    ("outside", "Treated outside, %", ("leakage_m", "spend_m")),
    ("cv", "Volatility, %", ("cv",)),
    ("providers", "Providers inside", ("providers",)),
    ("patients", "Patients a year", ("patients",)),
)


def head_footprints(brief: Brief) -> list[str]:
    """Headings of the footprints' table, marked where figures are modelled."""
    return [
        f"{_PAGE_HEADINGS.get(column, heading)}{brief.mark('footprints', column)}"
        for column, heading, _ in FOOTPRINT_COLUMNS
    ]


def head_services(brief: Brief) -> list[tuple[str, str]]:
    """Keys and headings of the services' table."""
    marked = [
        (key, f"{heading}{brief.mark('services', *columns)}")
        for key, heading, columns in SERVICE_COLUMNS
    ]
    return [("name", "Service"), ("code", "Code"), ("category", "Category"), *marked]


def list_services(comparison: Comparison) -> dict[str, Any]:
    """Services of every option by footprint, values as they are shown.

    Returns:
        ``services``: name, code, category of each; ``reasons``: sentences; ``plans``: for each
        option ``all`` (a row per service) and ``by_footprint`` (rows by footprint, then service),
        each row level, spend, share outside (%), volatility (%), providers, patients, reason.
    """
    about = comparison.plans[comparison.baseline].services.drop_duplicates("service")
    codes = about["service"].astype("str").tolist()
    reasons: dict[str, int] = {}
    plans = [_list_plan(plan, codes, reasons) for plan in comparison.plans.values()]
    columns = about[["name", "service", "category"]].astype("str")
    services = [
        [name, code, category.replace("_", " ")] for name, code, category in columns.to_numpy()
    ]
    return {"services": services, "reasons": list(reasons), "plans": plans}


def _list_plan(plan: Plan, codes: Sequence[str], reasons: dict[str, int]) -> dict[str, Any]:
    table = plan.services.assign(service=plan.services["service"].astype("str"))
    by_footprint = []
    for name in plan.footprints["footprint"]:
        mine = table[table["footprint"] == name].set_index("service")
        records = mine.reindex(codes).to_dict(orient="records")
        by_footprint.append([_list_cells(row, reasons) for row in records])
    return {"all": _sum_up(table, codes), "by_footprint": by_footprint}


LEVELS = {
    "national": "National",
    "footprint": "Footprint",
    "icb": "ICB",
    "collaborative": "Collaborative",
}
"""Level to the word that stands in a cell."""


def _list_cells(row: Mapping[Any, Any], reasons: dict[str, int]) -> list[Any]:
    reason = reasons.setdefault(str(row["reason"]), len(reasons))
    level = LEVELS[str(row["level"])]
    return [
        level,
        _round(row["spend_m"], 1),
        _round(row["leakage_share"], 1, 100),
        _round(row["cv"], 1, 100),
        int(row["providers"]),
        _round(row["patients"], 0),
        reason,
    ]


def _sum_up(table: pd.DataFrame, codes: Sequence[str]) -> list[list[Any]]:
    """Services over all footprints: how many hold each, what those have in the worst case."""
    every = table.groupby("service").agg(
        rows=("level", "size"), spend_m=("spend_m", "sum"), patients=("patients", "sum")
    )
    held = table[table["level"] != "national"].groupby("service")
    local = held.agg(
        held=("level", "size"),
        local_m=("spend_m", "sum"),
        leakage_m=("leakage_m", "sum"),
        cv=("cv", "max"),
        providers=("providers", "min"),
    )
    rows = every.join(local).reindex(list(codes)).to_dict(orient="records")
    return [_list_sums(row) for row in rows]


def _list_sums(row: Mapping[Any, Any]) -> list[Any]:
    national = math.isnan(row["held"])
    level = "National" if national else f"{row['held']:.0f} of {row['rows']:.0f} footprints"
    return [
        level,
        _round(row["spend_m"], 1),
        _round(row["leakage_m"] / row["local_m"], 1, 100) if row["local_m"] > 0 else None,
        _round(row["cv"], 1, 100),
        None if national else int(row["providers"]),
        _round(row["patients"], 0),
        None,
    ]


def _round(value: float, digits: int, times: float = 1.0) -> float | None:
    """A value as it is shown; nothing for NaN, which JSON does not know."""
    return None if math.isnan(value) else round(float(value) * times, digits)
