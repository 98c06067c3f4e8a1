"""Carrying a plan: each new ICB joins the footprint that held most of its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimiser.errors import InputError
from optimiser.importers.carry.lookup import Lookup
from optimiser.inputs.reading.frames import read_table_file
from optimiser.inputs.reading.plans import check_rows
from optimiser.inputs.schema import PLAN

Mixed = tuple[str, str, float, str]


@dataclass(frozen=True)
class CarriedPlan:
    """A carried plan.

    Attributes:
        plan: icb, footprint.
        mixed: ICBs whose people came from several footprints: icb, footprint joined, share of its
            people who were in it, note.
    """

    plan: pd.DataFrame
    mixed: tuple[Mixed, ...]


def carry_plan(plan: pd.DataFrame, lookup: Lookup, people: Mapping[str, float]) -> CarriedPlan:
    """Carry a plan of the old ICBs to the new ones.

    Args:
        plan: icb, footprint.
        lookup: from the plan's ICBs to the new ones.
        people: residents of each old ICB.
    """
    home = dict(zip(plan["icb"], plan["footprint"], strict=True))
    frame = lookup.frame
    weight = frame["from_icb"].map(people) * frame["share"]
    return _settle(frame["to_icb"], frame["from_icb"].map(home), weight)


def carry_plan_back(plan: pd.DataFrame, lookup: Lookup) -> CarriedPlan:
    """Carry a plan of the new ICBs to the old ones, by the shares of each old ICB."""
    home = dict(zip(plan["icb"], plan["footprint"], strict=True))
    frame = lookup.frame
    return _settle(frame["from_icb"], frame["to_icb"].map(home), frame["share"])


def _settle(
    icb: pd.Series[str], footprint: pd.Series[str], weight: pd.Series[float]
) -> CarriedPlan:
    parts = pd.DataFrame({"icb": icb, "footprint": footprint, "weight": weight})
    sums = parts.groupby(["icb", "footprint"])["weight"].sum().reset_index()
    sums["share"] = sums["weight"] / sums.groupby("icb")["weight"].transform("sum")
    order = sums.sort_values(["icb", "share", "footprint"], ascending=[True, False, True])
    joined = order.drop_duplicates("icb")
    mixed = []
    for row in joined[joined["share"] < 1 - 1e-9].itertuples():
        rest = order[(order["icb"] == row.icb) & (order["footprint"] != row.footprint)]
        told = ", ".join(
            f"{s:.1%} in {f}" for f, s in zip(rest["footprint"], rest["share"], strict=True)
        )
        note = f"the largest part decides; the others were {told}"
        mixed.append((str(row.icb), str(row.footprint), float(row.share), note))  # type: ignore[arg-type]
    return CarriedPlan(joined[["icb", "footprint"]].reset_index(drop=True), tuple(mixed))


def read_plan(path: Path, known: list[str]) -> pd.DataFrame:
    """Read a plan file (icb, footprint); each of the known ICBs must stand in it once.

    Raises:
        InputError: with every fault.
    """
    table, faults = read_table_file(PLAN, path, "There is no such file.")
    if faults:
        raise InputError(faults)
    rows = list(zip(table.lines, table.frame["icb"], table.frame["footprint"], strict=True))
    check_rows(rows, {code: code for code in known}, str(path))
    return table.frame
