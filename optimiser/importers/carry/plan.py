"""Carrying a plan: each new ICB joins the footprint that held most of its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.importers.carry.lookup import Lookup
from optimiser.inputs.reading.frames import build_table
from optimiser.inputs.reading.raw import read_csv_table
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
    if not path.is_file():
        raise InputError([Fault(str(path), 0, "", "", "file_exists", "There is no such file.")])
    reading = read_csv_table("plans", path)
    faults = list(reading.faults)
    table, found = build_table(PLAN, reading.table) if reading.table else (None, [])
    faults += found
    if table is not None and not faults:
        seen = table.frame["icb"].tolist()
        for row, code in enumerate(seen):
            if code not in known:
                remedy = "There is no such ICB in the set that the plan is carried from."
                faults.append(Fault(str(path), table.lines[row], "icb", code, "known_icb", remedy))
            elif code in seen[:row]:
                remedy = "It is in the plan twice."
                faults.append(Fault(str(path), table.lines[row], "icb", code, "unique_icb", remedy))
        remedy = "The plan leaves it out."
        faults += [
            Fault(str(path), 0, "icb", c, "every_icb", remedy) for c in known if c not in seen
        ]
    if faults or table is None:
        raise InputError(faults)
    return table.frame
