"""What the web page shows: the same figures as the paper, as plain values for its template."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimiser.plan.plan import Plan
from optimiser.reports.paper.brief import DAGGER, WEAK, Brief, Option, mark_of
from optimiser.runs.compare import Comparison
from optimiser.runs.compare.wording import head, say_term, show, show_difference

FOOTPRINT_COLUMNS = (
    ("population", "Residents, million", "persons"),
    ("local_services", "Local services", "services"),
    ("local_spend_m", "Local spend, £m", "£m"),
    ("leakage_m", "Treated outside, £m", "£m"),
    ("leakage_share", "Treated outside, %", "share"),
    ("volatility_m", "Volatility, £m", "£m"),
    ("travel_minutes", "Travel to lead, minutes", "minutes"),
    ("cost_m", "Cost, £m-eq.", "£m"),
)
SERVICE_COLUMNS = (
    ("level", "Level", ("level",)),
    ("spend", "Spend, £m", ("spend_m",)),
    ("outside", "Treated outside, %", ("leakage_m", "spend_m")),
    ("cv", "Volatility, %", ("cv",)),
    ("providers", "Providers inside", ("providers",)),
    ("patients", "Patients a year", ("patients",)),
)


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        head: what the row is of.
        cells: its cells.
        reference: of its figures.
        strong: cells that stand out.
        key: place of a footprint in its plan.
        number: of a footprint on the map.
        more: what stands small under the head.
    """

    head: str
    cells: tuple[str, ...]
    reference: str = ""
    strong: frozenset[int] = frozenset()
    key: str = ""
    number: str = ""
    more: str = ""


def list_measures(brief: Brief) -> list[Row]:
    """Every measure of every option, the difference from the first beside it."""
    rows = []
    for _, lines in brief.comparison.measures.groupby("measure", sort=False):
        figures = [brief.comparison.figures[str(key)] for key in lines["figure"]]
        unit = figures[0].unit
        cells = [show(figures[0].value, unit)]
        for figure in figures[1:]:
            step = show_difference(figure.value - figures[0].value, unit)
            cells.append(f"{show(figure.value, unit)} ({step})")
        heading = f"{lines['label'].iloc[0]}{mark_of(figures)}"
        words, low = head(unit), heading.lower()
        rows.append(
            Row(
                f"{heading}, {words}" if words not in ("", "%") and words not in low else heading,
                tuple(cells),
                f"{figures[0].id.split('.')[0]}.n",
            )
        )
    return rows


def list_terms(brief: Brief) -> list[Row]:
    """Cost of every option by term, those that cost nothing anywhere left out."""
    terms = brief.comparison.terms
    rows = []
    for term, lines in terms.groupby("term", sort=False):
        if not lines["cost_m"].abs().sum():
            continue
        costs = lines.set_index("run")["cost_m"].astype("float64")
        mark = DAGGER if lines["basis"].isin(WEAK).any() else ""
        cells = tuple(show(float(costs.get(one.label, math.nan)), "£m") for one in brief.options)
        key = str(lines["figure"].iloc[0]).split(".")[0]
        rows.append(Row(f"{say_term(str(term))}{mark}", cells, f"{key}.n.cost_m"))
    return rows


def list_footprints(brief: Brief, option: Option) -> list[Row]:
    """Footprints of an option with their figures and members, by their number on the map."""
    names = option.plan.icbs.set_index("icb")["name"].astype("str")
    numbers = brief.comparison.numbers_of(option.label)
    rows = []
    for at, row in enumerate(option.plan.footprints.to_dict(orient="records"), 1):
        members = ", ".join(names[code] for code in str(row["icbs"]).split())
        cells = (show(float(row[column]), unit) for column, _, unit in FOOTPRINT_COLUMNS)
        rows.append(
            Row(
                head=str(row["footprint"]),
                cells=tuple(cells),
                reference=f"F{at}.{option.number}",
                key=str(at - 1),
                number=str(numbers[str(row["footprint"])]),
                more=f"{members}. Lead: {row['lead_name']}. Mode: {str(row['mode']).replace('_', ' ')}.",
            )
        )
    return sorted(rows, key=lambda row: int(row.number))


def list_icbs(brief: Brief) -> list[Row]:
    """The footprint of every ICB under every option; in bold where it moves."""
    moved = brief.comparison.moves.set_index(["run", "icb"])["moved"]
    rows = []
    for row in brief.comparison.grouping.to_dict(orient="records"):
        cells = tuple(str(row[one.label]) for one in brief.options)
        bold = frozenset(
            at for at, one in enumerate(brief.options) if bool(moved[one.label, row["icb"]])
        )
        rows.append(Row(f"{row['name']} ({row['icb']})", cells, strong=bold))
    return rows


def head_footprints(brief: Brief) -> list[str]:
    """Headings of the footprints' table, marked where figures are modelled."""
    return [
        f"{heading}{brief.mark('footprints', column)}" for column, heading, _ in FOOTPRINT_COLUMNS
    ]


def head_services(brief: Brief) -> list[tuple[str, str]]:
    """Keys and headings of the services' table."""
    marked = [
        (key, f"{heading}{brief.mark('services', *columns)}")
        for key, heading, columns in SERVICE_COLUMNS
    ]
    return [("code", "Code"), ("name", "Service"), ("category", "Category"), *marked]


def list_services(comparison: Comparison) -> dict[str, Any]:
    """Services of every option by footprint, values as they are shown.

    Returns:
        ``services``: code, name, category of each; ``reasons``: sentences; ``plans``: for each
        option ``all`` (a row per service) and ``by_footprint`` (rows by footprint, then service),
        each row level, spend, share outside (%), volatility (%), providers, patients, reason.
    """
    about = comparison.plans[comparison.baseline].services.drop_duplicates("service")
    codes = about["service"].astype("str").tolist()
    reasons: dict[str, int] = {}
    plans = [_list_plan(plan, codes, reasons) for plan in comparison.plans.values()]
    columns = about[["service", "name", "category"]].astype("str")
    services = [
        [code, name, category.replace("_", " ")] for code, name, category in columns.to_numpy()
    ]
    return {"services": services, "reasons": list(reasons), "plans": plans}


def _list_plan(plan: Plan, codes: Sequence[str], reasons: dict[str, int]) -> dict[str, Any]:
    table = plan.services.assign(service=plan.services["service"].astype("str"))
    by_footprint = []
    for name in plan.footprints["footprint"]:
        mine = table[table["footprint"] == name].set_index("service")
        records = mine.reindex(codes).to_dict(orient="records")
        by_footprint.append([_tell(row, reasons) for row in records])
    return {"all": _sum_up(table, codes), "by_footprint": by_footprint}


def _tell(row: Mapping[Any, Any], reasons: dict[str, int]) -> list[Any]:
    reason = reasons.setdefault(str(row["reason"]), len(reasons))
    level = {"national": "National", "footprint": "Footprint", "icb": "ICB"}[str(row["level"])]
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
    return [_tell_all({str(key): value for key, value in row.items()}) for row in rows]


def _tell_all(row: Mapping[str, Any]) -> list[Any]:
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
