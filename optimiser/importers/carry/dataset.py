"""Carrying a dataset from one set of ICBs to another by a lookup with shares.

What belongs to whole ICBs is added up and is exact. What belongs to an ICB that is split is divided
by its share of people, which is an assumption; every such case is listed in the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.importers.carry.geography import carry_boundaries, carry_neighbours, place_providers
from optimiser.importers.carry.lookup import Lookup, carry_plan
from optimiser.importers.neighbours import Areas
from optimiser.importers.starter import draft_scenario
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.writing import NewDataset, build_sources, format_csv, write_dataset

ACCOUNT = ("topic", "item", "to", "share", "note")
AMOUNTS = {
    "flows": (["service", "icb", "provider"], ["patients", "spend_m"]),
    "funding": (["icb"], ["historic_m", "needs_based_m"]),
    "history": (["service", "icb", "year"], ["spend_m"]),
}
"""Tables whose amounts are divided by share and added up: keys, amounts."""
PEOPLE = ("registered_population", "weighted_population")


@dataclass(frozen=True)
class Carried:
    """A carried dataset and what was not exact.

    Attributes:
        new: the dataset, ready to be written.
        account: topic, item, to, share, note: what could not be carried exactly.
    """

    new: NewDataset
    account: pd.DataFrame


def carry_dataset(base: Dataset, lookup: Lookup, name: str, areas: Areas | None = None) -> Carried:
    """Carry every table.

    Args:
        base: the dataset.
        lookup: from its ICBs to the new ones.
        name: name of the new dataset.
        areas: boundaries of the new ICBs; then neighbours, boundaries and the places of providers
            are exact. Without, they are made of the old ones as far as these tell.
    """
    pieces = lookup.frame.merge(
        base.icbs[["icb", "population"]].rename(columns={"icb": "from_icb"}), on="from_icb"
    )
    pieces = pieces.assign(people=pieces["population"] * pieces["share"])
    rows: list[tuple[str, str, str, float, str]] = [
        ("split", code, to, share, "amounts are divided by share of people")
        for code, to, share in lookup.frame[["from_icb", "to_icb", "share"]].to_numpy().tolist()
        if code in lookup.split
    ]
    neighbours, said = carry_neighbours(base, lookup, areas)
    boundaries, told = carry_boundaries(base, lookup, areas)
    providers, placed = place_providers(base, lookup, areas)
    tables = {"icbs": _carry_icbs(base, lookup, pieces), "neighbours": neighbours}
    tables |= {"services": base.services, "providers": providers}
    tables |= _carry_others(base, lookup, pieces)
    people = dict(zip(base.icbs["icb"], base.icbs["population"].astype(float), strict=True))
    plans = {}
    for plan, frame in base.plans.items():
        carried = carry_plan(frame, lookup, people)
        plans[plan] = carried.plan
        rows += [(f"plan {plan}", *row) for row in carried.mixed]
    account = pd.DataFrame([*rows, *said, *told, *placed], columns=list(ACCOUNT))
    tables["sources"] = _tell_sources(base, tables, lookup)
    about = replace(
        base.about,
        name=name,
        title=f"{base.about.title}, carried to {len(lookup.new)} ICBs",
        modelled=(*base.about.modelled, *_describe(base, lookup, account)),
    )
    extras = {
        "mapping/account.csv": format_csv(account),
        "scenarios/base.toml": draft_scenario(
            "First scenario for carried ICBs", tables["icbs"], plans
        ),
    }
    return Carried(NewDataset(about, tables, plans, boundaries, extras), account)


def _tell_sources(
    base: Dataset, tables: Mapping[str, pd.DataFrame], lookup: Lookup
) -> pd.DataFrame:
    source = f"dataset {base.about.name}, carried by {Path(lookup.place).name}"
    own = [
        (table, "*", "derived", source, "", "sums are exact but for ICBs that are split")
        for table in tables
        if table not in ("services", "service_providers", "sources")
    ]
    return build_sources(base, tables, own)


def _carry_others(base: Dataset, lookup: Lookup, pieces: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables that a dataset need not have."""
    tables = {t: _divide(base, t, lookup) for t in AMOUNTS if getattr(base, t) is not None}
    if base.service_providers is not None:
        tables["service_providers"] = base.service_providers
    if base.travel is not None:
        tables["travel"] = _carry_travel(base.travel, pieces)
    if base.readiness is not None:
        tables["readiness"] = _carry_readiness(base.readiness, pieces)
    return tables


def write_carried(carried: Carried, folder: Path) -> Path:
    """Write the dataset into a new folder; the account goes to ``mapping/account.csv``."""
    return write_dataset(carried.new, folder)


def _describe(base: Dataset, lookup: Lookup, account: pd.DataFrame) -> list[str]:
    told = f"Carried from the {len(base.icbs)} ICBs of dataset {base.about.name} by a lookup."
    if not lookup.split:
        return [told]
    return [
        told,
        f"ICBs that are split ({', '.join(lookup.split)}) are divided by share of people in every "
        f"service alike, which is an assumption; {len(account)} cases are in mapping/account.csv.",
    ]


def round_to_total(values: pd.Series[float]) -> pd.Series[int]:
    """Whole numbers with the rounded total of the values: largest remainders."""
    floor = np.floor(values.to_numpy(float) + 1e-9).astype("int64")
    left = round(float(values.sum())) - int(floor.sum())
    order = np.argsort(-(values.to_numpy(float) - floor), kind="stable")
    floor[order[:left]] += 1
    return pd.Series(floor, index=values.index)


def _carry_icbs(base: Dataset, lookup: Lookup, pieces: pd.DataFrame) -> pd.DataFrame:
    """ICBs of the new set; a code that stays with the same people keeps its row."""
    old = base.icbs.set_index("icb")
    people = round_to_total(pieces.groupby("to_icb")["people"].sum())
    rows = []
    for code, mine in pieces.groupby("to_icb", sort=True):
        main = mine.sort_values("people", ascending=False).iloc[0]
        first = old.loc[main["from_icb"]]
        alone = len(mine) == 1 and main["share"] == 1.0
        title = main["to_name"] or (first["name"] if alone else _name_after(code, old, mine))
        row = {
            "icb": code,
            "gss_code": main["to_gss"] or (first["gss_code"] if alone else ""),
            "name": title,
            "short_name": first["short_name"] if alone and not main["to_name"] else _shorten(title),
            "region": main["to_region"] or first["region"],
            "population": people[code],
        }
        of = old.loc[mine["from_icb"]]
        for column in PEOPLE:
            row[column] = float((of[column].to_numpy(float) * mine["share"].to_numpy()).sum())
        known = of["deprived_share"].notna().all()
        for column in ("lon", "lat", *(["deprived_share"] if known else [])):
            row[column] = round(
                float(np.average(of[column].to_numpy(float), weights=mine["people"])), 5
            )
        rows.append(row)
    return pd.DataFrame(rows)


def _name_after(code: object, old: pd.DataFrame, mine: pd.DataFrame) -> str:
    if code in old.index:
        return str(old.loc[str(code), "name"])
    return " and ".join(str(old.loc[icb, "short_name"]) for icb in mine["from_icb"])


def _shorten(name: str) -> str:
    return str(name).removeprefix("NHS ").removesuffix(" Integrated Care Board")


def _divide(base: Dataset, table: str, lookup: Lookup) -> pd.DataFrame:
    keys, amounts = AMOUNTS[table]
    frame: pd.DataFrame = getattr(base, table)
    shares = lookup.frame[["from_icb", "to_icb", "share"]].rename(columns={"from_icb": "icb"})
    rows = frame.merge(shares, on="icb", how="left", sort=False)
    rows = rows.assign(**{a: rows[a] * rows["share"] for a in amounts}, icb=rows["to_icb"])
    return rows.groupby(keys, sort=False)[amounts].sum().reset_index()


def _carry_travel(travel: pd.DataFrame, pieces: pd.DataFrame) -> pd.DataFrame:
    """Mean over residents of the shortest time to any part of the destination."""
    codes = sorted(set(pieces["from_icb"]))
    minutes = travel.pivot(index="from_icb", columns="to_icb", values="minutes").loc[codes, codes]
    new = sorted(set(pieces["to_icb"]))
    nearest = pd.DataFrame(
        {
            to: minutes[sorted(set(pieces.loc[pieces["to_icb"] == to, "from_icb"]))].min(axis=1)
            for to in new
        }
    )
    rows = []
    for code in new:
        mine = pieces[pieces["to_icb"] == code]
        mean = np.average(nearest.loc[mine["from_icb"]].to_numpy(), axis=0, weights=mine["people"])
        rows += [(code, to, round(float(m), 1)) for to, m in zip(new, mean, strict=True)]
    return pd.DataFrame(rows, columns=["from_icb", "to_icb", "minutes"])


def _carry_readiness(readiness: pd.DataFrame, pieces: pd.DataFrame) -> pd.DataFrame:
    """Mean score of the parts, weighted by people."""
    rows = readiness.merge(
        pieces[["from_icb", "to_icb", "people"]].rename(columns={"from_icb": "icb"}), on="icb"
    )
    rows = rows.assign(weighted=rows["score"] * rows["people"])
    keys = ["to_icb", "domain", "year"]
    sums = rows.groupby(keys, sort=False)[["weighted", "people"]].sum()
    score = (sums["weighted"] / sums["people"]).round(3).rename("score")
    return score.reset_index().rename(columns={"to_icb": "icb"})
