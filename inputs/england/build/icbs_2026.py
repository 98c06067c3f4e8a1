"""The lookup from the 42 ICBs of 2023 to the 36 of April 2026, from the carried facts."""

from __future__ import annotations

import re

import pandas as pd

from inputs.england.build.facts import CARRIED
from optimiser.importers.carry.lookup import LOOKUP

PLAN = "icb36_april2026"
CODE = re.compile(r"(.*) \((\w+)\)")
FILE = CARRIED / "mapping" / "icbs-36-2026.csv"


def build_lookup_2026() -> pd.DataFrame:
    """One row for each old ICB and new one; three old ICBs are split by share of people.

    New codes stand in brackets after the group's name in ``facts/committees.csv``; ICBs without one
    stay as they are. Shares of split ICBs are those of ``facts/icb_2026_splits.csv``.
    """
    facts = CARRIED / "facts"
    plans = pd.read_csv(facts / "committees.csv", dtype=str, keep_default_na=False)
    splits = pd.read_csv(facts / "icb_2026_splits.csv", dtype=str, keep_default_na=False)
    old = plans[plans["plan"] == PLAN].sort_values("icb_ods")
    cut = set(splits["icb_ods"])
    rows = [_read_group(*row) for row in old[["icb_ods", "group", "source"]].to_numpy().tolist()
            if row[0] not in cut]  # fmt: skip
    rows += [
        (icb, to, share, name, gss, "", f"facts/icb_2026_splits.csv: {source} ({confidence})")
        for icb, to, name, gss, share, source, confidence in splits.to_numpy().tolist()
    ]
    table = pd.DataFrame(rows, columns=list(LOOKUP.names))
    known = {to: (name, gss) for _, to, _, name, gss, *_ in rows if gss}
    for column, k in (("to_name", 0), ("to_gss", 1)):
        found = table["to_icb"].map({to: pair[k] for to, pair in known.items()})
        table[column] = found.fillna(table[column])
    return table.sort_values(["from_icb", "to_icb"], ignore_index=True)


def _read_group(icb: str, group: str, source: str) -> tuple[str, str, str, str, str, str, str]:
    found = CODE.fullmatch(group)
    told = f"facts/committees.csv: {source}"
    if not found:
        return icb, icb, "1", "", "", "", told
    return icb, found.group(2), "1", f"NHS {found.group(1)}", "", "", told
