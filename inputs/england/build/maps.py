"""One build, three maps: the 36 ICBs of April 2026, the 42 before them, the 106 sub-ICB locations.

Each map adds up the same pieces (:mod:`inputs.england.build.pieces`), so that people, spend and flows
agree to the pound. Plans are written by largest part: ``mapping/plans.csv`` says how near that is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import pandas as pd

from inputs.england.build.allocations import build_published
from inputs.england.build.centres import list_service_providers
from inputs.england.build.facts import Facts
from inputs.england.build.fitted import FAMILIES, build_fitted_flows, state_fit
from inputs.england.build.geography import (
    ATTRIBUTION,
    CROSSINGS,
    list_neighbours,
    list_places,
    read_area_polygons,
    read_piece_polygons,
)
from inputs.england.build.pieces import PEOPLE, list_pieces, split_people, sum_flows
from inputs.england.build.places import (
    list_provider_places,
    measure_nearest_unit,
    measure_point_travel,
    measure_provider_minutes,
)
from inputs.england.build.readiness import build_readiness
from inputs.england.build.services import TOTAL_M, build_services
from inputs.england.build.sources import list_sources
from inputs.england.build.tables import (
    ALONE_FILE,
    build_funding,
    build_icbs,
    build_providers,
    build_travel,
    list_plans,
)
from inputs.england.build.wheel import Wheel
from optimiser.importers.carry.lookup import LOOKUP
from optimiser.importers.neighbours import Areas, format_boundaries
from optimiser.inputs.dataset import About
from optimiser.inputs.writing import NewDataset, format_about, format_csv

NEW_PLAN = "icbs-36-2026"
MODELLED = (
    "Spend, patients, unit cost and case-cost variation of each service are modelled; only the "
    "totals of the three portfolio categories are published.",
    "Flows from residents to providers are modelled: demand by need and published allocations, "
    "choice by a Huff model on road minutes, fitted ICB by ICB to waiting-time statistics of "
    "January 2026 where a family of services is seen there.",
    "Which providers give a service follows published or recalled lists for seventeen services "
    "and a stated rule for the others.",
    "Readiness scores, integration benefit, innovation and the need for delegation are "
    "illustrative: no grades were published.",
    "Historic and needs-based funding are modelled from the flows and from need-weighted "
    "population.",
)
SHARED_PEOPLE = "People of a part of an ICB are the ICB's, shared by number of small areas."


@dataclass(frozen=True)
class Map:
    """One way to put the pieces together.

    Attributes:
        name: of the dataset and its folder.
        title: of the dataset.
        column: column of the pieces that has the area.
        simplify_m: tolerance of the drawn boundaries.
        lookups: file name to the column of the areas that it leads to.
        modelled: sentences beside those that all maps have.
        small: whether areas are parts of ICBs, most of them without a hospital unit with road times.
        read_polygons: reads the polygons of the areas.
        water: names of areas or pieces joined over water, with the kind of link and the reason.
    """

    name: str
    title: str
    column: str
    simplify_m: float
    lookups: dict[str, str]
    modelled: tuple[str, ...] = ()
    small: bool = False
    read_polygons: Callable[[Wheel, str, pd.DataFrame], gpd.GeoDataFrame] = read_area_polygons
    water: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=lambda: CROSSINGS)


MAPS = (
    Map(
        "england",
        "England's 36 integrated care boards of April 2026 and 150 specialised services",
        "icb_2026",
        250.0,
        {},
        (SHARED_PEOPLE, "Readiness of a merged ICB is the mean of its parts, weighted by people."),
    ),
    Map(
        "england-42",
        "England's 42 integrated care boards of 2022 to 2026 and 150 specialised services",
        "icb",
        250.0,
        {NEW_PLAN: "icb_2026"},
    ),
    Map(
        "england-106",
        "England's 106 sub-ICB locations and 150 specialised services",
        "area",
        500.0,
        {ALONE_FILE: "icb", NEW_PLAN: "icb_2026"},
        (
            SHARED_PEOPLE,
            "Readiness of a sub-ICB location is that of its ICB; travel is to a point inside it.",
        ),
        small=True,
    ),
)


@dataclass(frozen=True)
class Common:
    """What all maps are made of.

    Attributes:
        facts: the carried facts, with the pieces in the place of ICBs: people, names of their ICB,
            and of each provider the piece where it stands.
        old: the facts as they are carried, with the 42 ICBs.
        wheel: the wheel's tables.
        pieces: as :func:`list_pieces` has them.
        places: point of each provider.
        flows: fitted flows of the pieces.
        fit: how well they fit what is observed.
    """

    facts: Facts
    old: Facts
    wheel: Wheel
    pieces: pd.DataFrame
    places: pd.DataFrame
    flows: pd.DataFrame
    fit: str


def build_common(
    facts: Facts,
    wheel: Wheel,
    read_shapes: Callable[[Wheel, pd.DataFrame], gpd.GeoDataFrame] = read_piece_polygons,
) -> Common:
    """Build once what maps of the same pieces share; ``read_shapes`` reads the pieces' polygons."""
    pieces = list_pieces(facts, wheel)
    shapes = read_shapes(wheel, pieces)
    places = locate_providers(facts, wheel, pieces)
    minutes = measure_provider_minutes(facts, wheel, places)
    fine = split_people(facts, pieces)
    stand = {
        provider: _find_piece(icb, places.loc[provider], pieces, shapes)
        for provider, icb in facts.providers[["provider", "icb"]].to_numpy().tolist()
    }
    providers = facts.providers.assign(icb=facts.providers["provider"].map(stand))
    flows = build_fitted_flows(facts, wheel, minutes)
    fit = state_fit(facts, sum_flows(flows, pieces["icb"]))
    return Common(replace(fine, providers=providers), facts, wheel, pieces, places, flows, fit)


def locate_providers(facts: Facts, wheel: Wheel, pieces: pd.DataFrame) -> pd.DataFrame:
    """Point of each provider, lon and lat; the middle of its ICB of 2022 where no better is known."""
    return list_provider_places(facts, wheel, list_places(read_area_polygons(wheel, "icb", pieces)))


def _find_piece(
    icb: str, place: pd.Series[float], pieces: pd.DataFrame, shapes: gpd.GeoDataFrame
) -> str:
    """The piece of the provider's ICB in which it stands, or the nearest of them."""
    if not icb:
        return ""
    mine = shapes.loc[pieces.index[pieces["icb"] == icb]]
    point = gpd.GeoSeries.from_xy([place["lon"]], [place["lat"]], crs=4326).to_crs(27700).iloc[0]
    return str(mine.distance(point).idxmin())


def build_map(common: Common, chosen: Map) -> NewDataset:
    """Build every table of one map in memory."""
    home = common.pieces[chosen.column]
    polygons = chosen.read_polygons(common.wheel, chosen.column, common.pieces)
    facts, places = join_pieces(common, chosen.column), list_places(polygons)
    flows = sum_flows(common.flows, home)
    travel = (
        measure_point_travel(common.wheel, home, places)
        if chosen.small
        else measure_nearest_unit(common.wheel, home)
    )
    plans, near = write_plans(common, chosen.column)
    about = _describe(chosen, common.fit)
    tables = {
        "icbs": build_icbs(facts, places).assign(**_commissioners(common, chosen)),
        "neighbours": list_neighbours(polygons, home, common.pieces["icb"], chosen.water),
        "travel": build_travel(travel),
        "services": build_services(facts),
        "providers": build_providers(facts, common.places).round({"specialised_income_share": 6}),
        "service_providers": list_service_providers(common.old).drop(columns="listed"),
        "readiness": _mean_readiness(common, home),
        "funding": build_funding(facts, flows).round(6),
        "published": build_published(common.old),
        "flows": flows,
        "sources": list_sources(shared=chosen.column != "icb", to_point=chosen.small),
    }
    extras = {
        f"mapping/{name}.csv": format_csv(build_lookup(common, chosen.column, column))
        for name, column in chosen.lookups.items()
    } | {
        "mapping/plans.csv": format_csv(near),
        "levels/held-jointly-2023.csv": format_csv(list_levels_2023(tables["services"])),
        "mapping/families.csv": FAMILIES.read_text(encoding="utf-8"),
        "dataset.toml": format_about(about, {"total_spend_m": sum(TOTAL_M.values())}),
    }
    boundaries = format_boundaries(Areas(polygons), chosen.simplify_m, ATTRIBUTION)
    return NewDataset(about, tables, plans, boundaries, extras)


def list_levels_2023(services: pd.DataFrame) -> pd.DataFrame:
    """Levels as the nine joint committees had them: the 59 services held by each, the rest national."""
    held = services["current_level"] == "footprint"
    level = held.map({True: "footprint", False: "national"})
    return pd.DataFrame({"service": services["service"], "footprint": "England", "level": level})


def _commissioners(common: Common, chosen: Map) -> dict[str, list[str]]:
    """Where areas are parts of ICBs, the ICB of most of each; ICBs commission for themselves."""
    if not chosen.small:
        return {}
    return {"commissioner": common.pieces["icb"].loc[_largest(common, chosen.column)].tolist()}


def join_pieces(common: Common, column: str) -> Facts:
    """The facts with the areas of a map in the place of ICBs: people added up, names their own."""
    home = common.pieces[column]
    people = common.facts.icbs[list(PEOPLE)].groupby(home).sum()
    of = common.facts.icbs.loc[_largest(common, column)].set_index(people.index)
    named = _name_areas(common, column, of)
    icbs = of.assign(**named, **{name: people[name] for name in PEOPLE}).rename_axis("icb_ods")
    stand = common.facts.providers["icb"].map(home).fillna("")
    return replace(common.facts, icbs=icbs, providers=common.facts.providers.assign(icb=stand))


def _largest(common: Common, column: str) -> list[str]:
    """Code of the piece with most people in each area, in code order."""
    people = common.facts.icbs[PEOPLE[0]]
    return [str(name) for name in people.groupby(common.pieces[column]).idxmax()]


def _name_areas(common: Common, column: str, of: pd.DataFrame) -> dict[str, pd.Series[str]]:
    """Code of statistics, official and short name of each area.

    Args:
        common: what all maps are made of.
        column: of the pieces, with the area.
        of: row of the ICB of each area's largest piece, indexed by area.
    """
    code = of.index.to_series()
    if column == "authority":
        return {
            "gss_code_2022": code.map(lambda _: ""),
            "official_name": code,
            "short_name": code,
        }
    if column == "area":
        gss = common.pieces.groupby("area")["gss"].first()
        alone = common.pieces.groupby("area")["icb"].first().map(
            common.pieces.groupby("icb")["area"].nunique()
        ) == 1  # fmt: skip
        short = of["short_name"].where(alone, of["short_name"] + " " + code)
        official = "NHS " + of["short_name"] + " ICB, sub-ICB location " + code
        return {"gss_code_2022": gss, "official_name": official, "short_name": short}
    if column == "icb":
        return {}
    new = common.facts.icbs_2026.reindex(of.index)
    official = "NHS " + new["short_name"] + " Integrated Care Board"
    return {
        "gss_code_2022": new["gss_code"].fillna(of["gss_code_2023"]),
        "official_name": official.fillna(of["official_name"]),
        "short_name": new["short_name"].fillna(of["short_name"]),
    }


def build_lookup(common: Common, column: str, to: str) -> pd.DataFrame:
    """Rows of a lookup between two maps; what is split is shared by people."""
    table = pd.DataFrame(
        {
            "from_icb": common.pieces[column],
            "to_icb": common.pieces[to],
            "share": common.facts.icbs[PEOPLE[0]].astype(float),
        }
    )
    parts = table.groupby(["from_icb", "to_icb"])["share"].sum().reset_index()
    parts["share"] /= parts.groupby("from_icb")["share"].transform("sum")
    target = join_pieces(common, to).icbs.loc[parts["to_icb"]].reset_index()
    named = parts.assign(
        to_name=target["official_name"],
        to_gss=target["gss_code_2022"],
        to_region=target["region_name"],
        source="ODS succession records and small areas, by people",
    )
    return named[list(LOOKUP.names)].round({"share": 6})


def write_plans(common: Common, column: str) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """The carried plans on a map, and the share of people that each has where it was meant.

    Returns:
        plan file name to icb, footprint; plan, people_share.
    """
    home, people = common.pieces[column], common.facts.icbs[PEOPLE[0]].astype(float)
    short = join_pieces(common, "icb_2026").icbs["short_name"]
    plans, near = {}, []
    for name, plan in list_plans(common.old).items():
        meant = common.pieces["icb"].map(plan.set_index("icb")["footprint"])
        if name == NEW_PLAN:
            meant = common.pieces["icb_2026"].map(short)
        if name == ALONE_FILE and column == "icb_2026":
            continue
        sums = people.groupby([home.rename("icb"), meant.rename("footprint")]).sum().reset_index()
        best = sums.loc[sums.groupby("icb")[PEOPLE[0]].idxmax()]
        near.append((name, best[PEOPLE[0]].sum() / people.sum()))
        plans[name] = best[["icb", "footprint"]].reset_index(drop=True)
    return plans, pd.DataFrame(near, columns=["plan", "people_share"]).round(6)


def _mean_readiness(common: Common, home: pd.Series[str]) -> pd.DataFrame:
    """Scores of each area: those of its pieces' ICBs, weighted by people, to 0.1."""
    scores = build_readiness(common.old)
    pieces = pd.DataFrame(
        {"old": common.pieces["icb"], "home": home, "people": common.facts.icbs[PEOPLE[0]]}
    )
    rows = pieces.merge(scores, left_on="old", right_on="icb")
    rows["score"] *= rows["people"]
    keys = ["home", "domain", "year"]
    sums = rows.groupby(keys, sort=False)[["score", "people"]].sum()
    mean = (sums["score"] / sums["people"]).round(1).rename("score").reset_index()
    mean = mean.rename(columns={"home": "icb"}).sort_values("icb", kind="stable")
    return mean[["icb", "domain", "score", "year"]].reset_index(drop=True)


def _describe(chosen: Map, fit: str) -> About:
    return About(
        name=chosen.name,
        title=chosen.title,
        vintage="2023-24",
        population_base="resident",
        currency_year="2023-24",
        attribution=ATTRIBUTION,
        modelled=(*MODELLED, *chosen.modelled),
        fit=fit,
    )
