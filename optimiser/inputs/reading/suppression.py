"""Small numbers that were suppressed: filled by a policy that the dataset states.

``dataset.toml`` says what to do, and without it a suppressed cell is a fault:

    [suppression]
    policy = "midpoint"     # or "lower", "upper", "value"
    below = 5               # a bare * stands for 1 to 4
    value = 3               # with policy "value" alone

Suppressed money is the patients times the mean cost of a patient in the service's other rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from optimiser.arrays import Bools
from optimiser.errors import Fault
from optimiser.inputs.reading.frames import Table
from optimiser.inputs.reading.raw import RawReading, RawTable
from optimiser.inputs.schema import TOTALS_TOLERANCE_SHARE
from optimiser.spelling import suggest

POLICIES = ("midpoint", "lower", "upper", "value")
KEYS = ("policy", "below", "value")
MARK = re.compile(r"\*|\[?c\]?|<\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Suppression:
    """How suppressed cells are filled.

    Attributes:
        policy: one of :data:`POLICIES`.
        below: what a bare mark stands below; ``<n`` states its own.
        value: patients of a suppressed cell under the policy ``value``.
    """

    policy: str
    below: int = 5
    value: float = math.nan

    def fill(self, ceiling: int) -> float:
        """Patients of a cell that stands for 1 to ``ceiling`` - 1."""
        fills = {"lower": 1.0, "upper": ceiling - 1.0, "midpoint": ceiling / 2, "value": self.value}
        return fills[self.policy]


@dataclass(frozen=True)
class Filled:
    """Flows with suppressed cells filled.

    Attributes:
        reading: the flows, every cell that could be filled a number.
        rows: rows with a filled cell, (rows,) or None when there are none.
        low: patients and spend_m of the filled rows at the least they can be, by row.
        high: the same at the most.
    """

    reading: RawReading
    rows: Bools | None = None
    low: Mapping[int, tuple[float, float]] | None = None
    high: Mapping[int, tuple[float, float]] | None = None


def read_suppression(place: str, raw: object) -> tuple[Suppression | None, list[Fault]]:
    """The section ``suppression`` of ``dataset.toml``, and its faults."""
    if raw is None:
        return None, []
    if not isinstance(raw, Mapping):
        remedy = 'It must be a section, such as [suppression] with policy = "midpoint".'
        return None, [Fault(place, 0, "suppression", str(raw), "section", remedy)]
    faults = [
        Fault(place, 0, f"suppression.{key}", str(raw[key]), "unknown_key",
              f"There is no such key. {suggest(str(key), KEYS)}")
        for key in raw
        if key not in KEYS
    ]  # fmt: skip
    faults += _check_values(place, raw)
    if faults:
        return None, faults
    value = float(raw.get("value", math.nan))
    return Suppression(str(raw["policy"]), int(raw.get("below", 5)), value), []


def _check_values(place: str, raw: Mapping[str, Any]) -> list[Fault]:
    faults = []
    policy, below, value = raw.get("policy", ""), raw.get("below", 5), raw.get("value")
    if policy not in POLICIES:
        remedy = f"It must be one of {', '.join(POLICIES)}."
        faults.append(Fault(place, 0, "suppression.policy", str(policy), "choice", remedy))
    if isinstance(below, bool) or not isinstance(below, int) or below < 2:
        remedy = "It must be a whole number, 2 or more."
        faults.append(Fault(place, 0, "suppression.below", str(below), "whole_number", remedy))
    number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if (policy == "value") != (value is not None) or (value is not None and not number):
        remedy = 'Give value, a number of patients, with policy = "value" and with no other.'
        shown = "" if value is None else str(value)
        faults.append(Fault(place, 0, "suppression.value", shown, "value", remedy))
    return faults


def fill_flows(reading: RawReading, rule: Suppression | None) -> Filled:
    """Fill the suppressed cells of the flows by the rule; without a rule nothing is changed."""
    raw = reading.table
    if rule is None or raw is None or not {"service", "patients", "spend_m"} <= set(raw.header):
        return Filled(reading)
    places = {name: raw.header.index(name) for name in ("service", "patients", "spend_m")}
    service, patients, spend = (raw.columns[places[n]] for n in ("service", "patients", "spend_m"))
    marked = {
        k for k in range(len(service)) if _is_mark(patients[k]) or _is_mark(spend[k])
    } - raw.ragged
    if not marked:
        return Filled(reading)
    unit = _measure_unit_costs(service, patients, spend)
    fills = {k: _fill_row(rule, patients[k], spend[k], unit.get(service[k])) for k in marked}
    columns = list(raw.columns)
    columns[places["patients"]] = [
        fills[k][0][0] if k in fills else t for k, t in enumerate(patients)
    ]
    columns[places["spend_m"]] = [fills[k][0][1] if k in fills else t for k, t in enumerate(spend)]
    rows = np.zeros(len(service), dtype=bool)
    rows[list(marked)] = True
    table: RawTable = replace(raw, columns=tuple(columns))
    return Filled(
        replace(reading, table=table),
        rows,
        {k: fill[1] for k, fill in fills.items()},
        {k: fill[2] for k, fill in fills.items()},
    )


def _is_mark(text: str) -> bool:
    return MARK.fullmatch(text.strip()) is not None


def _to_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _measure_unit_costs(
    service: Sequence[str], patients: Sequence[str], spend: Sequence[str]
) -> dict[str, float]:
    """£m a patient of each service over its rows where both stand."""
    frame = pd.DataFrame(
        {
            "service": list(service),
            "patients": map(_to_number, patients),
            "spend": map(_to_number, spend),
        }
    ).dropna()
    sums = frame.groupby("service").sum()
    sums = sums[sums["patients"] > 0]
    return {str(code): each for code, each in (sums["spend"] / sums["patients"]).items()}


Amounts = tuple[float, float]


def _fill_row(
    rule: Suppression, patients: str, spend: str, unit_m: float | None
) -> tuple[tuple[str, str], Amounts, Amounts]:
    """Texts of patients and spend, and the least and most the row can be."""
    found = MARK.fullmatch(patients.strip())
    if found:
        ceiling = max(int(found.group(1) or rule.below), 2)
        filled, low, high = rule.fill(ceiling), 1.0, ceiling - 1.0
    else:
        filled = low = high = _to_number(patients)
    text = repr(filled) if found else patients
    if not _is_mark(spend):
        money = _to_number(spend)
        return (text, spend), (low, money), (high, money)
    if unit_m is None or math.isnan(filled):
        return (text, spend), (low, 0.0), (high, 0.0)
    return (text, repr(filled * unit_m)), (low, low * unit_m), (high, high * unit_m)


def excuse_totals(
    faults: Sequence[Fault], filled: Filled, flows: Table | None, services: Table | None
) -> list[Fault]:
    """Faults without those of totals that a true value of the filled cells could make agree."""
    if filled.rows is None or flows is None or services is None:
        return list(faults)
    return [
        fault
        for fault in faults
        if fault.rule != "flows_add_up" or not _may_agree(fault, filled, flows, services)
    ]


def _may_agree(fault: Fault, filled: Filled, flows: Table, services: Table) -> bool:
    assert filled.rows is not None
    assert filled.low is not None
    assert filled.high is not None
    row = list(services.lines).index(fault.line)
    code, stated = (
        services.frame["service"].iloc[row],
        float(services.frame[fault.column].iloc[row]),
    )
    mine = np.flatnonzero((flows.frame["service"] == code).to_numpy())
    kind = ("patients", "spend_m").index(fault.column)
    plain = flows.frame[fault.column].to_numpy(float)
    least = sum(filled.low[k][kind] if filled.rows[k] else plain[k] for k in mine.tolist())
    most = sum(filled.high[k][kind] if filled.rows[k] else plain[k] for k in mine.tolist())
    room = TOTALS_TOLERANCE_SHARE * max(stated, most)
    return bool(filled.rows[mine].any() and least - room <= stated <= most + room)


def describe_filled(rule: Suppression | None, rows: Bools | None, flows: pd.DataFrame) -> list[str]:
    """What was filled and how much of the flows rests on it, in a sentence."""
    if rule is None or rows is None:
        return []
    shares = [
        flows.loc[rows, c].sum() / max(flows[c].sum(), 1e-12) for c in ("patients", "spend_m")
    ]
    how = f"{rule.value:g} patients each" if rule.policy == "value" else f"the {rule.policy}"
    return [
        f"Small numbers: {int(rows.sum()):,} of {len(flows):,} flows were suppressed and are filled "
        f"by {how}: {shares[0]:.1%} of all patients and {shares[1]:.1%} of all spend rest on it."
    ]
