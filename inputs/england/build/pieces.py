"""The pieces that every map of England is put together from: sub-ICB locations, Frimley's cut in three.

One sub-ICB location (D4U1Y, the whole of Frimley) went to three ICBs in April 2026, by local authority.
Cut there, the pieces add up to the 106 sub-ICB locations, the 42 ICBs of 2022 to 2026 and the 36 since.
People are published by ICB; within one they are shared by number of LSOAs (drawn to hold alike numbers),
so that ICB totals stay exact.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from inputs.england.build.facts import Facts
from inputs.england.build.wheel import Wheel, read_areas_of_lsoas

CUT = "D4U1Y"
AUTHORITIES = {
    "Bracknell Forest": "S0E4D",
    "Slough": "S0E4D",
    "Windsor and Maidenhead": "S0E4D",
    "Hart": "QRL",
    "Rushmoor": "QRL",
    "Surrey Heath": "S9B9J",
    "Guildford": "S9B9J",
    "Waverley": "S9B9J",
    "Runnymede": "S9B9J",
}
"""Local authorities of Frimley, as the names of its LSOAs have them, to the ICB of April 2026."""
MOVED = {"07H": "D7T5G", "06T": "D7T5G"}
"""Sub-ICB locations that left the larger part of a split ICB: West and North East Essex."""
NEW_ICBS = "icb36_april2026"
PEOPLE = (
    "population_census2021",
    "population_gp_registered_2025_26",
    "weighted_population_core_2025_26",
)
FLOW_KEYS = ["service", "icb", "provider"]


def locate(names: pd.Series[str]) -> pd.Series[str]:
    """Piece of each LSOA by its name: the area's code, in Frimley with the new ICB's; blank in Wales."""
    codes, gss = read_areas_of_lsoas()
    area = names.map(gss).map(codes.set_index("gss")["area"]).fillna("")
    authority = names.str.rsplit(" ", n=1).str[0]
    return area.where(area != CUT, area + "-" + authority.map(AUTHORITIES))


def locate_all(wheel: Wheel) -> Wheel:
    """The wheel with a column ``piece`` in its LSOAs and units."""
    lsoas, units = (
        table.assign(piece=locate(table["lsoa"])) for table in (wheel.lsoas, wheel.units)
    )
    return replace(wheel, lsoas=lsoas, units=units)


def list_pieces(facts: Facts, wheel: Wheel) -> pd.DataFrame:
    """Pieces in code order: area (sub-ICB location), gss (of the area), icb, icb_2026, lsoas, share.

    ``icb`` is of the 42; ``lsoas`` is their number and ``share`` the share of the ICB's. Where the wheel
    is cut by local authority too (:mod:`inputs.england.build.authorities`), ``authority`` is its name.
    """
    codes = read_areas_of_lsoas()[0].set_index("area")["gss"]
    icbs = {str(gss): str(icb) for icb, gss in facts.icbs["gss_code_2022"].items()}
    lsoas = wheel.lsoas["piece"].value_counts().sort_index()
    parts = lsoas.index.to_series().str.split("-", n=2)
    table = pd.DataFrame({"area": parts.str[0], "lsoas": lsoas, "authority": parts.str[2]})
    table["gss"] = table["area"].map(codes)
    table["icb"] = table["gss"].map(wheel.sicbl_to_icb).map(icbs)
    table["icb_2026"] = (
        parts.str[1]
        .where(parts.str[1] != "")
        .fillna(table["area"].map(MOVED))
        .fillna(table["icb"].map(_succeed(facts)))
    )
    return table.assign(share=table["lsoas"] / table.groupby("icb")["lsoas"].transform("sum"))


def _succeed(facts: Facts) -> dict[str, str]:
    """ICB of 2022 to the code of its largest successor, in brackets after the group; itself if none."""
    plan = facts.plans[facts.plans["plan"] == NEW_ICBS]
    code = plan["group"].str.extract(r"\((\w+)\)$")[0].fillna(plan["icb"])
    return dict(zip(plan["icb"], code, strict=True))


def share_people(whole: pd.Series[str], parts: pd.DataFrame) -> pd.Series[int]:
    """Whole people by share of LSOAs; the largest part of each ICB takes the rounding.

    Args:
        whole: people of the ICB of each part.
        parts: icb and share, as :func:`list_pieces` has them, indexed by code.
    """
    total = whole.astype(float)
    people = (total * parts["share"]).round()
    for icb, mine in parts.groupby("icb"):
        rest = float(total[mine.index[0]]) - float(people[mine.index].sum())
        people[str(mine["share"].idxmax())] += rest
        assert people[mine.index].min() > 0, icb
    return people.astype("int64")


def split_people(facts: Facts, parts: pd.DataFrame) -> Facts:
    """The facts with parts of ICBs in their place, the other columns as the ICB's."""
    of = facts.icbs.loc[parts["icb"]].set_index(parts.index)
    people = {column: share_people(of[column], parts) for column in PEOPLE}
    return replace(facts, icbs=of.assign(**people))


def sum_flows(flows: pd.DataFrame, homes: pd.Series[str]) -> pd.DataFrame:
    """Flows of larger areas: whole pounds, and patients to a millionth, add up exactly.

    Args:
        flows: service, icb (a piece), provider, patients, spend_m.
        homes: area of each piece, indexed by piece.
    """
    rank = {code: place for place, code in enumerate(flows["service"].unique())}
    rows = flows.assign(icb=flows["icb"].map(homes), rank=flows["service"].map(rank))
    sums = rows.groupby(["rank", *FLOW_KEYS])[["patients", "spend_m"]].sum().reset_index()
    return sums.drop(columns="rank").round(6)
