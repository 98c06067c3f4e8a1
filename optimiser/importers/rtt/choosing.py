"""Which rows of an extract become flows, and an account of those that do not.

Nothing falls away in silence: every count that is read is in the flows or in the account. Which map an
extract is of shows in its codes: mergers gave files from April 2026 others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.importers.rtt.layout import Layout, Part
from optimiser.importers.rtt.reading import Extract
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset

Level = Literal["icb", "sub-icb"]
Providers = Literal["nhs", "all"]
Unattributed = Literal["drop", "host", "spread"]
By = Literal["specialty", "total"]
NHS_TRUST = re.compile(r"R[A-Z0-9]{2}")
HUB = re.compile(r"\d\d[A-Z]")
REGION = re.compile(r"Y\d\d")
NON_ENGLISH = "NONC"


@dataclass(frozen=True)
class Choices:
    """What to take from an extract.

    Attributes:
        parts: names of the parts, such as ``1A``; the first of the layout when empty.
        providers: NHS trusts alone (codes R and two more), or all providers. Independent providers
            are coded to a head office, so their place says little of where patients were treated.
        unattributed: what becomes of activity without an ICB: left out, taken as residents of the
            provider's ICB, or spread as the other patients of the same provider and specialty.
        level: area of residence: the commissioner's parent (ICB) or the commissioner (sub-ICB).
        by: the specialties, or the row that adds them up.
    """

    parts: tuple[str, ...] = ()
    providers: Providers = "nhs"
    unattributed: Unattributed = "drop"
    level: Level = "icb"
    by: By = "specialty"


@dataclass(frozen=True)
class Chosen:
    """Rows that become flows, and what was met on the way.

    Attributes:
        frame: period, provider, provider_name, host, area (residence; blank: not attributed), kind
            (of commissioner), function, function_name, count; one row for each combination.
        account: step, count, share: from all counts of the parts to those with an area.
        stock: whether the counts are of people waiting.
        meaning: what is counted, in words.
        notices: what the reader must know.
    """

    frame: pd.DataFrame
    account: pd.DataFrame
    stock: bool
    meaning: str
    notices: tuple[str, ...]


def choose_rows(extract: Extract, choices: Choices) -> Chosen:
    """Take the parts, functions and providers asked for.

    Raises:
        InputError: a part is not known, parts do not go together, or no row is left.
    """
    parts = _find_parts(extract.layout, choices.parts)
    frame = _count_parts(extract, parts)
    total = frame["function"].isin(extract.layout.total)
    kept = frame[total if choices.by == "total" else ~total]
    notices = _compare_totals(frame, total)
    read = int(kept["count"].sum())
    if choices.providers == "nhs":
        kept = kept[kept["provider"].str.fullmatch(NHS_TRUST)]
    trusts = int(kept["count"].sum())
    kept = _name_areas(kept, choices.level)
    placed = int(kept.loc[kept["area"] != "", "count"].sum())
    if not trusts:
        raise InputError([_nothing_left(extract, choices)])
    rows = [
        ("counted in the files", read),
        ("at other providers than NHS trusts", read - trusts),
        ("without an ICB: hubs, regions, non-English", trusts - placed),
        ("with an ICB of residence", placed),
    ]
    account = pd.DataFrame(rows, columns=["step", "count"])
    account["share"] = account["count"] / max(read, 1)
    meaning = " and ".join(part.meaning for part in parts)
    return Chosen(kept, account, parts[0].stock, meaning, tuple(notices))


def _find_parts(layout: Layout, names: tuple[str, ...]) -> list[Part]:
    names = names or (next(iter(layout.parts)),)
    known = ", ".join(f"{name} ({part.meaning})" for name, part in layout.parts.items())
    folded = {name.upper(): part for name, part in layout.parts.items()}
    wrong = [name for name in names if name.upper() not in folded]
    if wrong:
        remedy = f"There is no such part in {layout.title}. Known: {known}."
        raise InputError([Fault("--part", 0, "", n, "known_part", remedy) for n in wrong])
    parts = [folded[name.upper()] for name in dict.fromkeys(names)]
    if len({part.stock for part in parts}) > 1:
        remedy = "People waiting and pathways completed cannot be added. Choose parts of one kind."
        raise InputError([Fault("--part", 0, "", ", ".join(names), "parts_add_up", remedy)])
    if len(parts) > 1 and not layout.part:
        remedy = "Choose one of them."
        raise InputError([Fault("--part", 0, "", ", ".join(names), "one_part", remedy)])
    return parts


def _count_parts(extract: Extract, parts: list[Part]) -> pd.DataFrame:
    frame = extract.frame
    if extract.layout.part:
        frame = frame[frame["part"].isin([part.label for part in parts])]
    columns = [
        "period", "provider", "provider_name", "host", "parent", "commissioner",
        "commissioner_name", "function", "function_name",
    ]  # fmt: skip
    rows = frame[columns].astype("str").assign(count=frame[parts[0].count])
    return rows[rows["count"] > 0]


def _compare_totals(frame: pd.DataFrame, total: pd.Series[bool]) -> list[str]:
    """Where the row of the total does not add up the specialties."""
    stated = int(frame.loc[total, "count"].sum())
    added = int(frame.loc[~total, "count"].sum())
    if not stated or stated == added:
        return []
    return [
        f"The rows of the total add up to {stated:,}, the specialties to {added:,}: the file may be "
        "an extract. The two are never mixed."
    ]


def _name_areas(frame: pd.DataFrame, level: Level) -> pd.DataFrame:
    pairs = list(zip(frame["commissioner"], frame["parent"], strict=True))
    kinds = {pair: name_kind(*pair) for pair in set(pairs)}
    area = frame["parent"]
    if level == "sub-icb":
        area = frame["commissioner"].where(area != "", "")
    placed = frame.assign(kind=[kinds[pair] for pair in pairs], area=area)
    keys = ["period", "provider", "provider_name", "host", "area", "kind", "function"]
    return placed.groupby([*keys, "function_name"], sort=True)["count"].sum().reset_index()


def name_kind(commissioner: str, parent: str) -> str:
    """What a commissioner is: ``icb`` when it has a parent, else hub, region, non_english, other."""
    if parent:
        return "icb"
    if commissioner == NON_ENGLISH:
        return "non_english"
    if REGION.fullmatch(commissioner):
        return "region"
    return "hub" if HUB.fullmatch(commissioner) else "other"


def _nothing_left(extract: Extract, choices: Choices) -> Fault:
    chosen = ", ".join(choices.parts) or next(iter(extract.layout.parts))
    remedy = "No row is left with this choice. Try another --part, --by total or --providers all."
    return Fault(extract.places[0], 0, "", chosen, "rows_left", remedy)


def summarise_unattributed(frame: pd.DataFrame, regions: dict[str, str]) -> pd.DataFrame:
    """Activity without an ICB by function, kind of commissioner and region of the provider.

    Args:
        frame: rows of :class:`Chosen`.
        regions: ICB that hosts a provider to its region.

    Returns:
        function, function_name, kind, region, count, share_of_function.
    """
    region = frame["host"].map(regions).fillna("elsewhere").replace("", "elsewhere")
    rows = frame.assign(region=region)[frame["area"] == ""]
    keys = ["function", "function_name", "kind", "region"]
    table = rows.groupby(keys)["count"].sum().reset_index()
    whole = frame.groupby("function")["count"].sum()
    share = table["count"] / table["function"].map(whole)
    listed: pd.DataFrame = table.assign(share_of_function=share)
    return listed


def settle_unattributed(frame: pd.DataFrame, how: Unattributed) -> pd.DataFrame:
    """Rows with an area alone; those without one left out, placed at the host or spread.

    Spreading follows the residents of the same provider and function in the same month; a provider
    whose patients of a function all lack an ICB is taken at the host. Counts may then be fractions.
    """
    placed, lost = frame[frame["area"] != ""], frame[frame["area"] == ""]
    if how == "drop" or lost.empty:
        return placed
    at_host = lost.assign(area=lost["host"])
    if how == "host":
        return pd.concat([placed, at_host], ignore_index=True)
    keys = ["period", "provider", "function"]
    seen = placed.groupby(keys)["count"].transform("sum")
    shares = placed[[*keys, "area"]].assign(part=placed["count"] / seen)
    spread = lost.drop(columns="area").merge(shares, on=keys)
    spread = spread.assign(count=spread["count"] * spread["part"]).drop(columns="part")
    known = set(placed[keys].itertuples(index=False, name=None))
    alone = [key not in known for key in lost[keys].itertuples(index=False, name=None)]
    return pd.concat([placed, spread, at_host[alone]], ignore_index=True)


def choose_map(extract: Extract, choices: Choices, maps: Sequence[Path]) -> Dataset:
    """The dataset whose areas most of the counted patients live in; of equals the first.

    Args:
        extract: the files as read.
        choices: which rows are taken, and which area of residence.
        maps: datasets to choose among; those that are not there are passed over.

    Raises:
        InputError: none is there.
    """
    found = [read_dataset(place) for place in maps if place.is_dir()]
    if not found:
        remedy = (
            "The maps of England are part of the project's source code and are not here. Run in its "
            "folder, or name a dataset with --base."
        )
        raise InputError([Fault("--base", 0, "", str(maps[0]), "dataset_exists", remedy)])
    frame = choose_rows(extract, choices).frame
    counts = frame.groupby("area")["count"].sum()
    return max(found, key=lambda base: counts[counts.index.isin(base.icbs["icb"])].sum())
