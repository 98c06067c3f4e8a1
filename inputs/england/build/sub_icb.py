"""Builds England on its 106 sub-ICB locations: the same services, providers and flows.

The flows are those of the pieces (:mod:`inputs.england.build.pieces`), added up: by ICB they are
England's to the pound.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from inputs.england.build.build import MODELLED, map_gss
from inputs.england.build.centres import list_service_providers
from inputs.england.build.facts import CARRIED, Facts, read_facts
from inputs.england.build.fitted import build_fitted_flows
from inputs.england.build.geography import (
    ATTRIBUTION,
    CROSSINGS,
    list_places,
    read_icb_polygons,
)
from inputs.england.build.pieces import list_pieces, split_people, sum_flows
from inputs.england.build.places import (
    list_provider_places,
    measure_point_minutes,
    measure_provider_minutes,
)
from inputs.england.build.readiness import build_readiness
from inputs.england.build.services import build_services
from inputs.england.build.sources import list_sources
from inputs.england.build.tables import (
    build_funding,
    build_icbs,
    build_providers,
    build_travel,
    list_plans,
)
from inputs.england.build.wheel import Wheel, read_areas_of_lsoas, read_wheel
from optimiser.importers.neighbours import Areas, find_neighbours, format_boundaries
from optimiser.inputs.dataset import About
from optimiser.inputs.writing import NewDataset, format_csv, write_dataset

CARRIED_SUB_ICB = CARRIED.parent / "england-sub-icb"
SIMPLIFY_M = 500.0
MOVED_2026 = {"07H": ("D7T5G", "Essex (D7T5G)"), "06T": ("D7T5G", "Essex (D7T5G)")}
"""Sub-ICB locations that left the larger part of a split ICB in April 2026."""
UNDIVIDED = "QNQ"
"""Split in 2026 through its only sub-ICB location, so that it cannot be carried exactly."""
WATER = {
    ("12F", "99A"): ("estuary_crossing", "Mersey: Queensway and Kingsway tunnels, added by hand"),
    ("00N", "99C"): ("river", "Tyne: Tyne Tunnel, added by hand; the shapes meet in a corner"),
    ("07G", "91Q"): ("estuary_crossing", "Thames: Dartford Crossing, added by hand"),
}
SHARED = "the ICB's published figure, shared by number of LSOAs"


def rebuild_sub_icb(folder: Path) -> int:
    """Read the facts and the wheel, build, and write; README and scenarios are not touched.

    Returns:
        number of flows.
    """
    facts, wheel = read_facts(), read_wheel()
    new = build_sub_icb(facts, wheel)
    with tempfile.TemporaryDirectory() as name:
        made = write_dataset(new, Path(name) / "new")
        shutil.copytree(made, folder, dirs_exist_ok=True)
    return len(new.tables["flows"])


def build_sub_icb(facts: Facts, wheel: Wheel) -> NewDataset:
    """Build every table in memory."""
    areas = list_areas(facts, wheel)
    fine_wheel = _refine_wheel(wheel, areas)
    gss_to_area = dict(zip(areas["gss"], areas.index, strict=True))
    polygons = read_icb_polygons(fine_wheel, gss_to_area)
    coarse = list_places(read_icb_polygons(wheel, map_gss(facts)))
    places = list_provider_places(facts, wheel, coarse)
    fine = _refine_facts(facts, areas, polygons, places)
    pieces = list_pieces(facts, wheel)
    fitted = build_fitted_flows(facts, wheel, measure_provider_minutes(facts, wheel, places))
    flows = sum_flows(fitted, pieces["area"])
    area_places = list_places(polygons)
    tables = {
        "icbs": build_icbs(fine, area_places),
        "neighbours": _list_neighbours(polygons, areas),
        "travel": build_travel(_measure_travel(area_places, fine_wheel, gss_to_area)),
        "services": build_services(facts),
        "providers": build_providers(fine, places).round({"specialised_income_share": 6}),
        "service_providers": list_service_providers(facts).drop(columns="listed"),
        "readiness": _spread_readiness(facts, areas),
        "funding": build_funding(fine, flows).round(6),
        "flows": flows,
        "sources": _list_sources(),
    }
    boundaries = format_boundaries(Areas(polygons), SIMPLIFY_M, ATTRIBUTION)
    return NewDataset(
        _describe(), tables, _list_plans(facts, areas), boundaries, _list_lookups(facts, areas)
    )


def list_areas(facts: Facts, wheel: Wheel) -> pd.DataFrame:
    """Sub-ICB locations in code order: gss, icb (ODS), lsoas (number), share (of its ICB)."""
    pieces = list_pieces(facts, wheel).groupby("area")
    return pieces.agg(gss=("gss", "first"), icb=("icb", "first"), lsoas=("lsoas", "sum"),
                      share=("share", "sum"))  # fmt: skip


def _refine_wheel(wheel: Wheel, areas: pd.DataFrame) -> Wheel:
    """The wheel with sub-ICB locations in the place of ICBs."""
    gss = wheel.lsoas["lsoa"].map(read_areas_of_lsoas()[1])
    return replace(
        wheel,
        lsoas=wheel.lsoas.assign(gss=gss),
        sicbl_to_icb={str(code): str(code) for code in areas["gss"]},
    )


def _refine_facts(
    facts: Facts, areas: pd.DataFrame, polygons: gpd.GeoDataFrame, places: pd.DataFrame
) -> Facts:
    """The facts with sub-ICB locations in the place of ICBs."""
    split = split_people(facts, areas)
    of = split.icbs
    alone = areas.groupby("icb")["share"].transform("size") == 1
    names = of["short_name"].where(alone, of["short_name"] + " " + areas.index.to_series())
    icbs = of.assign(
        gss_code_2022=areas["gss"],
        official_name="NHS "
        + of["short_name"]
        + " ICB, sub-ICB location "
        + areas.index.to_series(),
        short_name=names,
    )
    hosts = {
        provider: _find_area(icb, places.loc[provider], areas, polygons)
        for provider, icb in facts.providers[["provider", "icb"]].to_numpy().tolist()
    }
    providers = facts.providers.assign(icb=facts.providers["provider"].map(hosts))
    return replace(split, icbs=icbs.rename_axis("icb_ods"), providers=providers)


def _find_area(
    icb: str, place: pd.Series[float], areas: pd.DataFrame, polygons: gpd.GeoDataFrame
) -> str:
    """The sub-ICB location of the provider's ICB in which it stands, or the nearest of them."""
    if not icb:
        return ""
    mine = polygons.loc[areas.index[areas["icb"] == icb]]
    point = gpd.GeoSeries.from_xy([place["lon"]], [place["lat"]], crs=4326).to_crs(27700).iloc[0]
    return str(mine.distance(point).idxmin())


def _list_neighbours(polygons: gpd.GeoDataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """Measured borders; those over the Thames marked, the tunnels and the Dartford Crossing added."""
    links = find_neighbours(Areas(polygons)).links
    home = areas["icb"]
    for row, (a, b) in enumerate(links[["a", "b"]].to_numpy().tolist()):
        crossing = CROSSINGS.get((home[a], home[b])) or CROSSINGS.get((home[b], home[a]))
        if crossing and crossing[0] == "river":
            links.loc[row, ["kind", "reason"]] = list(crossing)
    extra = [(a, b, kind, 0.0, reason) for (a, b), (kind, reason) in WATER.items()]
    return pd.concat([links, pd.DataFrame(extra, columns=links.columns)], ignore_index=True)


def _measure_travel(
    places: pd.DataFrame, wheel: Wheel, gss_to_area: dict[str, str]
) -> pd.DataFrame:
    """Mean minutes from the residents of each area to the point that stands for each other one.

    Half of the areas have no hospital unit with road times, so that England's measure (the nearest
    unit) cannot be had; the point is a place inside the area.
    """
    minutes = measure_point_minutes(places, wheel)
    home = wheel.lsoas["gss"].map(gss_to_area).to_numpy()
    weight = wheel.lsoas["admissions"].to_numpy()
    codes = sorted(gss_to_area.values())
    rows = [
        np.average(minutes[codes].to_numpy()[home == code], axis=0, weights=weight[home == code])
        for code in codes
    ]
    return pd.DataFrame(rows, index=codes, columns=codes).round(1)


def _spread_readiness(facts: Facts, areas: pd.DataFrame) -> pd.DataFrame:
    """Each area has the scores of its ICB."""
    scores = build_readiness(facts)
    pairs = areas["icb"].reset_index().rename(columns={"area": "sub"})
    rows = pairs.merge(scores, on="icb").drop(columns="icb").rename(columns={"sub": "icb"})
    return rows[["icb", "domain", "score", "year"]]


def _list_plans(facts: Facts, areas: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """England's plans, each area in its ICB's footprint, but for those that moved in 2026."""
    plans = {}
    for name, plan in list_plans(facts).items():
        home = areas["icb"].map(plan.set_index("icb")["footprint"])
        if name == "icbs-36-2026":
            for area, (_, group) in MOVED_2026.items():
                home[area] = group
        plans[name] = home.rename_axis("icb").rename("footprint").reset_index()
    return plans


def _list_lookups(facts: Facts, areas: pd.DataFrame) -> dict[str, str]:
    """Lookups for carrying these areas to the 42 ICBs and to the 36 of April 2026."""
    from inputs.england.build.icbs_2026 import build_lookup_2026

    names = facts.icbs[["official_name", "gss_code_2022", "region_name"]]
    rows = [(area, icb, 1, *names.loc[icb], "ONS lookup, July 2022")
            for area, icb in areas["icb"].items()]  # fmt: skip
    new = build_lookup_2026()
    merged = areas["icb"].rename("old").reset_index().merge(new, left_on="old", right_on="from_icb")
    target = merged["area"].map({area: code for area, (code, _) in MOVED_2026.items()})
    split = merged["share"].astype(float) < 1
    stays = ~split | (merged["old"] == UNDIVIDED)
    moved = merged["to_icb"] == target
    largest = target.isna() & (merged["share"].astype(float) > 0.5)
    kept = merged[stays | moved | largest]
    share = kept["share"].where(kept["old"] == UNDIVIDED, "1")
    later = kept.assign(from_icb=kept["area"], share=share)[list(new.columns)]
    today = pd.DataFrame(rows, columns=list(new.columns))
    return {
        "mapping/icbs-42.csv": format_csv(today),
        "mapping/icbs-36-2026.csv": format_csv(later),
    }


def _list_sources() -> pd.DataFrame:
    table = list_sources()
    shared = (table["table"] == "icbs") & table["column"].str.endswith("population")
    table.loc[shared, ["kind", "note"]] = ["modelled", SHARED]
    travel = (table["table"] == "travel") & (table["column"] == "minutes")
    table.loc[travel, "note"] = "to a point inside the area; straight lines correct road times"
    table.loc[table["table"] == "providers", "note"] = "area: where its place lies within its ICB"
    return table


def _describe() -> About:
    return About(
        name="england-sub-icb",
        title="England's 106 sub-ICB locations and 150 specialised services",
        vintage="2023-24",
        population_base="resident",
        currency_year="2023-24",
        attribution=ATTRIBUTION,
        modelled=(
            *MODELLED,
            "People of a sub-ICB location are its ICB's, shared by number of LSOAs.",
            "Readiness of a sub-ICB location is that of its ICB; travel is to a point inside it.",
        ),
    )
