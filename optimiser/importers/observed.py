"""What is observed of flows: by family of services, where residents of each ICB are treated.

Two kinds of file are read: a table of shares, as summary statistics have it, and an NHS England extract
of referral-to-treatment waiting times, whose specialties stand for families.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.importers.rtt.choosing import Choices, choose_rows
from optimiser.importers.rtt.reading import Extract
from optimiser.inputs.reading.frames import build_table
from optimiser.inputs.reading.raw import read_csv_table
from optimiser.inputs.schema import Column, TableSchema

MOST_IN_ALL = 1.02
"""Shares of one ICB may add up to this: published shares are rounded to 0.1 %, up to ten of them."""

SHARES = TableSchema(
    "shares",
    (
        Column("family", "code", "family of services"),
        Column("icb", "code", "ICB of residence"),
        Column("host_icb", "code", "ICB that treats"),
        Column(
            "share_percent",
            "number",
            "share of the residents' patients, per cent",
            least=0,
            most=100,
        ),
        Column(
            "patients", "number", "patients counted for this family and ICB of residence", least=0
        ),
    ),
    ("family", "icb", "host_icb"),
)
FAMILIES = TableSchema(
    "families",
    (
        Column("service", "code", "service"),
        Column("family", "code", "family that its flows are observed with"),
    ),
    ("service",),
)


@dataclass(frozen=True)
class Specialty:
    """What is counted for a family in an extract of waiting times.

    Attributes:
        part: part of the file: 1A completed admitted pathways, 3 new periods.
        functions: codes of treatment functions; all of them when empty.
    """

    part: str
    functions: tuple[str, ...] = ()


RTT_FAMILIES: Mapping[str, Specialty] = {
    "general": Specialty("1A"),
    "neurosciences": Specialty("3", ("C_150",)),
    "cardiothoracic": Specialty("3", ("C_170",)),
    "plastics": Specialty("3", ("C_160",)),
    "cardiology": Specialty("1A", ("C_320",)),
    "children": Specialty("1A", ("X04",)),
}
"""Treatment functions that stand for a family. New periods where the admitted counts of a specialty are
too few to say where residents of one ICB go; admitted pathways elsewhere."""


@dataclass(frozen=True)
class Observed:
    """Where residents are seen to be treated.

    Attributes:
        shares: family, icb (of residence), host, share (0-1); hosts that are not listed share the rest.
        counted: family, icb, patients: on how many patients the shares of an ICB rest.
        unplaced_share: share of the counts that has no ICB of residence, and is in no share.
        source: what was read, in words.
    """

    shares: pd.DataFrame
    counted: pd.DataFrame
    unplaced_share: float
    source: str


def read_shares(path: Path) -> Observed:
    """Read a CSV of family, icb, host_icb, share_percent, patients.

    Raises:
        InputError: with every fault.
    """
    frame, _ = _read_table(SHARES, path)
    rows = frame.groupby(["family", "icb"])
    groups = rows.agg(share=("share_percent", "sum"), counts=("patients", "nunique"))
    faults = []
    for family, icb, share, counts in groups.reset_index().itertuples(index=False, name=None):
        if share > 100 * MOST_IN_ALL:
            remedy = (
                f"The shares of {icb} in {family} add up to {share:.1f} %: 100 is all there is."
            )
            faults.append(Fault(str(path), 0, "share_percent", icb, "shares_add_up", remedy))
        if counts > 1:
            remedy = f"Every row of {icb} in {family} must have the same number of patients."
            faults.append(Fault(str(path), 0, "patients", icb, "one_count", remedy))
    if faults:
        raise InputError(faults)
    shares = frame.assign(host=frame["host_icb"], share=frame["share_percent"] / 100)
    counted = rows["patients"].first().reset_index()
    return Observed(shares[["family", "icb", "host", "share"]], counted, 0.0, path.name)


def read_families(path: Path, services: pd.Series[str]) -> dict[str, str]:
    """Read a CSV of service and family; services that it leaves out keep the model's flows.

    Raises:
        InputError: with every fault; a service that the dataset lacks is one.
    """
    frame, lines = _read_table(FAMILIES, path)
    known, remedy = set(services), "The dataset has no such service."
    faults = [
        Fault(str(path), line, "service", code, "known_service", remedy)
        for line, code in zip(lines, frame["service"], strict=True)
        if code not in known
    ]
    if faults:
        raise InputError(faults)
    return dict(zip(frame["service"], frame["family"], strict=True))


def _read_table(schema: TableSchema, path: Path) -> tuple[pd.DataFrame, list[int]]:
    if not path.is_file():
        remedy = f"There is no such file. It is a CSV of {', '.join(schema.names)}."
        raise InputError([Fault(str(path), 0, "", "", "file_exists", remedy)])
    raw = read_csv_table(schema.name, path)
    if raw.table is None:
        raise InputError(list(raw.faults))
    table, found = build_table(schema, raw.table)
    faults = [*raw.faults, *found]
    if table is None:
        raise InputError(faults)
    for row, earlier in table.repeats.items():
        remedy = (
            f"The same {', '.join(schema.key)} stands on line {table.lines[earlier]}. Keep one."
        )
        faults.append(Fault(str(path), table.lines[row], schema.key[0], "", "duplicate", remedy))
    if faults:
        raise InputError(faults)
    return table.frame, list(table.lines)


def observe_extract(extract: Extract, hosts: Mapping[str, str]) -> Observed:
    """Shares by family from an extract of waiting times, NHS trusts alone.

    Args:
        extract: the files as read.
        hosts: provider to the ICB where it stands; a provider that is not there takes the ICB that
            the file itself gives it.

    Raises:
        InputError: none of the families is in the extract.
    """
    parts = [_count_family(extract, name, what, hosts) for name, what in RTT_FAMILIES.items()]
    counted_parts = [part for part in parts if len(part)]
    if not counted_parts:
        remedy = "It counts none of the specialties that stand for a family. Give a full extract."
        raise InputError([Fault(extract.places[0], 0, "", "", "rows_left", remedy)])
    counts = pd.concat(counted_parts, ignore_index=True)
    placed = counts[counts["area"] != ""]
    keys = ["family", "area"]
    whole = placed.groupby(keys)["count"].transform("sum")
    shares = placed.assign(share=placed["count"] / whole)
    by_host = shares.groupby([*keys, "host"])["share"].sum().reset_index()
    counted = placed.groupby(keys)["count"].sum().reset_index()
    lost = 1.0 - placed["count"].sum() / counts["count"].sum()
    names = {"area": "icb", "count": "patients"}
    return Observed(
        by_host.rename(columns=names)[["family", "icb", "host", "share"]],
        counted.rename(columns=names),
        float(lost),
        f"{extract.layout.title}: {', '.join(Path(place).name for place in extract.places)}",
    )


def _count_family(
    extract: Extract, name: str, what: Specialty, hosts: Mapping[str, str]
) -> pd.DataFrame:
    try:
        rows = choose_rows(extract, Choices(parts=(what.part,))).frame
    except InputError:  # the extract has no row of this part at NHS trusts: the family is not seen
        return pd.DataFrame(columns=["family", "area", "host", "count"])
    if what.functions:
        rows = rows[rows["function"].isin(what.functions)]
    host = rows["provider"].map(hosts).fillna(rows["host"])
    return rows.assign(family=name, host=host)[["family", "area", "host", "count"]]


def is_table_of_shares(file: str) -> bool:
    """Whether a file is a CSV whose header has the columns of :data:`SHARES`, not an extract."""
    path = Path(file)
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        return "host_icb" in stream.readline().strip().split(",")
