"""Tabs on money and patients: what a plan means for trusts, for allocations and for travel."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from optimiser.app.desk import Desk
from optimiser.app.state import State
from optimiser.errors import Fault, InputError
from optimiser.questions.access import access
from optimiser.questions.case import Case, SolvedPlan
from optimiser.questions.funding import funding
from optimiser.questions.providers import providers

MOST_ROWS = 60
"""Rows of a table on the page; the command saves all."""
Column = tuple[str, str, str]
"""Column, heading, format of its numbers (empty for text); a share is multiplied by a hundred."""

PROVIDERS: tuple[Column, ...] = (
    ("name", "Trust", ""),
    ("income_m", "Income, £m", ",.0f"),
    ("own_footprint_m", "From its own footprint, £m", ",.0f"),
    ("other_footprints_m", "From others, £m", ",.0f"),
    ("single_icbs_m", "From single ICBs, £m", ",.0f"),
    ("national_m", "From England, £m", ",.0f"),
    ("commissioners_before", "Payers today", ".0f"),
    ("commissioners", "Payers then", ".0f"),
    ("lost_share", "Would lose if care came home, %", ".0f"),
)
TRADE: tuple[Column, ...] = (
    ("footprint", "Footprint", ""),
    ("residents_m", "Residents' care, £m", ",.0f"),
    ("exports_m", "Given elsewhere, £m", ",.0f"),
    ("imports_m", "Others' given here, £m", ",.0f"),
    ("net_m", "Net, £m", "+,.0f"),
)
FUNDING: tuple[Column, ...] = (
    ("footprint", "Footprint", ""),
    ("historic_m", "Historic, £m", ",.0f"),
    ("needs_based_m", "By need, £m", ",.0f"),
    ("distance_share", "From target, %", "+.1f"),
    ("netted_off_m", "Netted off within, £m", ",.0f"),
    ("first_year_change_share", "First year, %", "+.1f"),
    ("year_at_target", "At target in year", ".0f"),
)
TRAVEL: tuple[Column, ...] = (
    ("footprint", "Footprint", ""),
    ("patients", "Patients a year", ",.0f"),
    ("minutes", "Mean minutes", ",.0f"),
    ("far_share", "Far, %", ".0f"),
    ("outside_share", "Leave it, %", ".0f"),
    ("deprived_minutes", "Most deprived, minutes", ",.0f"),
    ("deprived_far_share", "Most deprived, far, %", ".0f"),
    ("minutes_now", "Leavers, minutes now", ",.0f"),
    ("minutes_home", "Leavers, minutes at home", ",.0f"),
)
WITHOUT: tuple[Column, ...] = (
    ("name", "Service", ""),
    ("footprint", "Has no centre in", ""),
    ("patients", "Patients a year", ",.0f"),
    ("minutes", "Mean minutes", ",.0f"),
    ("goes_to", "Most go to", ""),
)


def describe_money(desk: Desk, state: State, what: str) -> dict[str, Any]:
    """The tables of one tab for a state's plan, cells as they are shown.

    Raises:
        InputError: there is no such tab.
    """
    if what not in TABS:
        remedy = f"It is none of {', '.join(TABS)}."
        raise InputError([Fault("the page", 0, "", what, "known", remedy)])
    case, plan = desk.case_of(state.settings), desk.measure(state)
    return {"tables": TABS[what](case, plan)}


def _tell_providers(case: Case, plan: SolvedPlan) -> list[dict[str, Any]]:
    found = providers(case.scenario, plan, case.dataset)
    return [
        _table("Care between footprints", "all services, £m a year", found.trade, TRADE),
        _table("Trusts", "largest income first", found.providers, PROVIDERS),
    ]


def _tell_funding(case: Case, plan: SolvedPlan) -> list[dict[str, Any]]:
    if case.dataset.funding is None:
        return []
    found = funding(case.scenario, plan, case.dataset)
    note = "historic and needs-based, at the pace of the scenario's [funding]"
    return [_table("Money by footprint", note, found.footprints, FUNDING)]


def _tell_access(case: Case, plan: SolvedPlan) -> list[dict[str, Any]]:
    found = access(case.scenario, plan, case.dataset)
    known = found.footprints.dropna(axis="columns", how="all")
    return [
        _table("Travel of patients", "no plan moves a patient", known, TRAVEL),
        _table("Services without a centre", "", found.without_centre, WITHOUT),
    ]


TABS: Mapping[str, Callable[[Case, SolvedPlan], list[dict[str, Any]]]] = {
    "providers": _tell_providers,
    "funding": _tell_funding,
    "access": _tell_access,
}
"""What a page may ask for."""


def _table(
    caption: str, note: str, frame: pd.DataFrame, columns: tuple[Column, ...]
) -> dict[str, Any]:
    shown = [column for column in columns if column[0] in frame]
    left = len(frame) - MOST_ROWS
    more = f"{left} further rows are in the saved tables" if left > 0 else ""
    rows = frame.head(MOST_ROWS)[[column for column, _, _ in shown]].to_dict(orient="records")
    return {
        "caption": caption,
        "note": "; ".join(filter(None, (note, more))),
        "heads": [{"text": heading, "left": not form} for _, heading, form in shown],
        "rows": [[_cell(row[column], column, form) for column, _, form in shown] for row in rows],
    }


def _cell(value: Any, column: str, form: str) -> str:
    if not form:
        return str(value)
    if value is None or value is pd.NA or math.isnan(value):
        return "–"
    return format(100 * value if column.endswith("_share") else value, form).replace("-", "−")
