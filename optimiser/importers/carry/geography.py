"""Carrying what lies on the map: neighbours, boundaries and the places of providers."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.importers.carry.lookup import Lookup
from optimiser.importers.neighbours import (
    DEGREES,
    Areas,
    find_neighbours,
    format_boundaries,
    read_areas,
)
from optimiser.inputs.dataset import Dataset

Row = tuple[str, str, str, float, str]
SIMPLIFY_M = 250.0


def carry_neighbours(
    base: Dataset, lookup: Lookup, areas: Areas | None
) -> tuple[pd.DataFrame, list[Row]]:
    """Neighbours of the new ICBs, and the links that are not certain.

    With boundaries they are measured, and the base's crossings kept where they can be placed. Without,
    two new ICBs are linked when parts of them were; a link that rests on parts of a split ICB alone
    may not exist, and the border between parts of one ICB is not known: both are listed.
    """
    merged = _merge_links(base, lookup)
    if areas is None:
        return merged.drop(columns="certain"), _list_uncertain(merged)
    _check_areas(areas, lookup)
    links = find_neighbours(areas).links
    known = {frozenset(pair) for pair in links[["a", "b"]].to_numpy().tolist()}
    over = merged[(merged["kind"] != "land") & merged["certain"]].drop(columns="certain")
    new = [frozenset(pair) not in known for pair in over[["a", "b"]].to_numpy().tolist()]
    lost = merged[(merged["kind"] != "land") & ~merged["certain"]]
    rows = [("neighbours", str(a), str(b), 0.0, "a crossing of a split ICB: add it where it belongs")
            for a, b in lost[["a", "b"]].to_numpy().tolist()
            if frozenset((a, b)) not in known]  # fmt: skip
    return pd.concat([links, over[new]], ignore_index=True), rows


def _merge_links(base: Dataset, lookup: Lookup) -> pd.DataFrame:
    parts = lookup.frame[["from_icb", "to_icb", "share"]]
    left = base.neighbours.merge(parts, left_on="a", right_on="from_icb")
    both = left.merge(parts, left_on="b", right_on="from_icb", suffixes=("_a", "_b"))
    rows = both[both["to_icb_a"] != both["to_icb_b"]]
    whole = (rows["share_a"] == 1.0) & (rows["share_b"] == 1.0)
    links = pd.DataFrame(
        {
            "a": rows[["to_icb_a", "to_icb_b"]].min(axis=1),
            "b": rows[["to_icb_a", "to_icb_b"]].max(axis=1),
            "kind": rows["kind"],
            "border_km": rows["border_km"] * rows["share_a"] * rows["share_b"],
            "reason": rows["reason"].where(rows["kind"] != "land", ""),
            "certain": whole,
        }
    )
    links = pd.concat([links, _list_siblings(lookup)], ignore_index=True)
    land = {"land": 0, "river": 1, "estuary_crossing": 2}
    links = links.sort_values(
        by=["a", "b", "kind"], key=lambda c: c.map(land) if c.name == "kind" else c
    )
    merged = links.groupby(["a", "b"], as_index=False, sort=True).agg(
        kind=("kind", "first"),
        border_km=("border_km", "sum"),
        reason=("reason", "first"),
        certain=("certain", "any"),
    )
    merged["border_km"] = merged["border_km"].round(3)
    uncertain = "rests on a split ICB; check it"
    merged["reason"] = merged["reason"].where(merged["certain"], uncertain)
    return merged


def _list_siblings(lookup: Lookup) -> pd.DataFrame:
    """Links between the new ICBs that share a split one; their border is not known."""
    pairs = {
        (a, b)
        for code in lookup.split
        for a in lookup.frame.loc[lookup.frame["from_icb"] == code, "to_icb"]
        for b in lookup.frame.loc[lookup.frame["from_icb"] == code, "to_icb"]
        if a < b
    }
    rows = [(a, b, "land", 0.0, "", False) for a, b in sorted(pairs)]
    columns = ["a", "b", "kind", "border_km", "reason", "certain"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"border_km": float, "certain": bool})


def _list_uncertain(merged: pd.DataFrame) -> list[Row]:
    note = "the link rests on parts of a split ICB; border_km is a guess: check it"
    rows = merged[~merged["certain"]]
    return [
        ("neighbours", str(a), str(b), 0.0, note) for a, b in rows[["a", "b"]].to_numpy().tolist()
    ]


def _check_areas(areas: Areas, lookup: Lookup) -> None:
    found, wanted = {str(code) for code in areas.frame.index}, set(lookup.new)
    faults = [
        Fault("--boundaries", 0, "icb", code, "every_icb", "The boundary file has no shape of it.")
        for code in sorted(wanted - found)
    ]
    faults += [
        Fault("--boundaries", 0, "icb", code, "known_icb", "The lookup has no such new ICB.")
        for code in sorted(found - wanted)
    ]
    if faults:
        raise InputError(faults)


def carry_boundaries(
    base: Dataset, lookup: Lookup, areas: Areas | None
) -> tuple[str | None, list[Row]]:
    """GeoJSON of the new ICBs, or None when the old shapes do not tell it.

    Without boundaries of the new ICBs the old shapes are joined; the whole shape of a split ICB goes
    to the new one that takes most of it. A new ICB that is only a lesser part has then no shape, and
    no boundaries are written at all.
    """
    if areas is not None:
        return format_boundaries(areas, SIMPLIFY_M, base.about.attribution), []
    if base.boundaries is None:
        return None, []
    largest = lookup.largest()
    bare = sorted(set(lookup.new) - set(largest.values()))
    if bare:
        note = "it is only the lesser part of a split ICB: no boundaries were written"
        return None, [("boundaries", code, "", 0.0, note) for code in bare]
    old = read_areas(base.boundaries, "icb")
    merged = old.frame.assign(to=[largest[str(code)] for code in old.frame.index]).dissolve(by="to")
    rows = [
        ("boundaries", code, largest[code], 1.0, "the whole shape goes to the largest part")
        for code in lookup.split
    ]
    return format_boundaries(Areas(merged.sort_index()), 0.0, base.about.attribution), rows


def place_providers(
    base: Dataset, lookup: Lookup, areas: Areas | None
) -> tuple[pd.DataFrame, list[Row]]:
    """Providers with the new ICB that hosts them, and those whose place is not certain."""
    largest = {**lookup.largest(), "": ""}
    hosts = base.providers["icb"].map(largest)
    inside = _find_areas(base.providers, areas) if areas is not None else {}
    placed, rows = [], []
    for provider, old, host in zip(
        base.providers["provider"], base.providers["icb"], hosts, strict=True
    ):
        heirs = set(lookup.frame.loc[lookup.frame["from_icb"] == old, "to_icb"])
        found = inside.get(provider, "")
        placed.append(found if found in heirs else host)
        if len(heirs) > 1 and found not in heirs:
            note = f"its ICB {old} is split; the largest part is taken as its host: check it"
            rows.append(("provider", str(provider), str(host), 0.0, note))
    return base.providers.assign(icb=placed), rows


def _find_areas(providers: pd.DataFrame, areas: Areas) -> dict[str, str]:
    """The area in which each provider's point lies."""
    known = providers[providers["lon"].notna() & providers["lat"].notna()]
    points = gpd.GeoDataFrame(
        {"provider": known["provider"].tolist()},
        geometry=gpd.points_from_xy(known["lon"], known["lat"], crs=DEGREES),
    ).to_crs(areas.frame.crs)
    joined = points.sjoin(areas.frame[["geometry"]].rename_axis("area").reset_index(), how="inner")
    return dict(zip(joined["provider"], joined["area"].astype(str), strict=True))
