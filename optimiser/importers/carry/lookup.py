"""A lookup between two sets of ICBs, by share of each old one, and plans carried by it.

Of a plan each new ICB joins the footprint that held most of its people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.inputs.reading.frames import Table, list_absent, read_table_file
from optimiser.inputs.reading.plans import check_rows
from optimiser.inputs.reading.raw import show_text
from optimiser.inputs.schema import PLAN, Column, TableSchema
from optimiser.spelling import join_sentences, suggest

SHARES_TOLERANCE = 0.001
LOOKUP = TableSchema(
    "lookup",
    (
        Column("from_icb", "code", "code of the old ICB"),
        Column("to_icb", "code", "code of the new ICB"),
        Column("share", "number", "share of the old one's people", "1", least=0, most=1,
               above_least=True),
        Column("to_name", "text", "name of the new one", default="", blank=True),
        Column("to_gss", "text", "statistical code of the new one", default="", blank=True),
        Column("to_region", "text", "its region", default="", blank=True),
        Column("source", "text", "where the row comes from", default="", blank=True),
    ),
    ("from_icb", "to_icb"),
)  # fmt: skip


@dataclass(frozen=True)
class Lookup:
    """Old to new ICBs with shares of people.

    Attributes:
        frame: from_icb, to_icb, share (sums to 1 over each old ICB), to_name, to_gss, to_region.
        place: its file.
    """

    frame: pd.DataFrame
    place: str

    @property
    def new(self) -> list[str]:
        """New codes, sorted."""
        return sorted(set(self.frame["to_icb"]))

    @property
    def split(self) -> list[str]:
        """Old ICBs that go to more than one new one, sorted."""
        parts = self.frame.groupby("from_icb").size()
        return sorted(str(code) for code in parts.index[parts > 1])

    def largest(self) -> dict[str, str]:
        """Each old ICB to the new one that takes the most of it."""
        order = self.frame.sort_values(
            ["from_icb", "share", "to_icb"], ascending=[True, False, True]
        )
        first = order.drop_duplicates("from_icb")
        return dict(zip(first["from_icb"], first["to_icb"], strict=True))


def read_lookup(path: Path, known: list[str]) -> Lookup:
    """Read a lookup and check it against the ICBs it starts from.

    Raises:
        InputError: with every fault.
    """
    missing = f"There is no such file. Give a CSV with {', '.join(LOOKUP.names[:3])}."
    table, faults = read_table_file(LOOKUP, path, missing)
    for row, earlier in table.repeats.items():
        remedy = f"The same pair stands on line {table.lines[earlier]}. Keep one row."
        value = ", ".join(str(table.frame[c].iloc[row]) for c in LOOKUP.key)
        faults.append(Fault(str(path), table.lines[row], "", value, "duplicate", remedy))
    faults += _check_names(table)
    if not faults:
        faults += _check_shares(table.frame, str(path), known)
    if faults:
        raise InputError(faults)
    rows = table.frame.sort_values(["to_icb", "from_icb"], ignore_index=True)
    whole = rows.groupby("from_icb")["share"].transform("sum")
    return Lookup(rows.assign(share=rows["share"] / whole), str(path))


def _check_names(table: Table) -> list[Fault]:
    """New ICBs that have two names, statistical codes or regions: one of them would be passed over."""
    faults = []
    for column in ("to_name", "to_gss", "to_region"):
        first = dict[str, tuple[str, int]]()
        for row, (code, text) in enumerate(table.frame[["to_icb", column]].to_numpy().tolist()):
            earlier, line = first.setdefault(code, (text, table.lines[row])) if text else (text, 0)
            if earlier != text:
                remedy = f'{code} has "{show_text(earlier)}" on line {line}. Give one alone.'
                found = Fault(table.place, table.lines[row], column, text, "one_name", remedy)
                faults.append(found)
    return faults


def _check_shares(frame: pd.DataFrame, place: str, known: list[str]) -> list[Fault]:
    faults = []
    sums = frame.groupby("from_icb")["share"].sum()
    for code, total in sums.items():
        if code not in known:
            remedy = join_sentences("The dataset has no such ICB.", suggest(str(code), known))
            faults.append(Fault(place, 0, "from_icb", str(code), "known_icb", remedy))
        elif abs(total - 1) > SHARES_TOLERANCE:
            remedy = f"Its shares add up to {total:.6g}. They must add up to 1."
            faults.append(Fault(place, 0, "share", str(code), "shares_add_up", remedy))
    remedy = "The lookup has no row for it. Say where its people go."
    left_out = [code for code in known if code not in sums.index]
    # As many codes that are unknown are likely the same ICBs, spelt wrongly, and told already.
    if len(left_out) > sum(fault.rule == "known_icb" for fault in faults):
        faults += list_absent(place, "from_icb", "every_icb", left_out, remedy)
    return faults


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
    for row in joined[joined["share"] < 1 - 1e-9].to_dict("records"):
        rest = order[(order["icb"] == row["icb"]) & (order["footprint"] != row["footprint"])]
        told = ", ".join(
            f"{s:.1%} in {f}" for f, s in zip(rest["footprint"], rest["share"], strict=True)
        )
        note = f"the largest part decides; the others were {told}"
        mixed.append((row["icb"], row["footprint"], row["share"], note))
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
