"""Risks read off a run's tables by stated thresholds: thin, volatile, unready, fragile, dependent."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

from optimiser.reports.paper.brief import Option

THIN_PROVIDERS = 1
"""A service held locally with no more providers inside the footprint than this is thin."""

HIGH_CV = 0.10
"""A service held locally whose standard deviation is above this share of its spend is volatile."""

READINESS_MARGIN = 0.25
"""A footprint with a domain less than this above what a joint committee needs is low."""

LIMIT_SHARE = 0.05
"""A footprint within this share of a limit of the scenario is fragile."""

CLOSE_CALL_SHARE = 0.01
"""A service whose options differ by less than this share of its spend is a close call."""

HIGH_LEAKAGE_SHARE = 0.10
"""A footprint with more of its in-scope spend treated outside than this depends on others."""

SCANT_SHARE = 0.5
"""A footprint with less than this share of its option's local spend per resident holds little."""


Row: TypeAlias = "pd.Series[Any]"
"""A row of a run's table; its cells are of several kinds."""


@dataclass(frozen=True)
class Hazard:
    """One risk of one option.

    Attributes:
        places: where it stands, worst first.
        worst: the worst case in a few words.
        spend_share: share of the option's local spend that it touches, or NaN.
    """

    places: tuple[str, ...]
    worst: str
    spend_share: float


@dataclass(frozen=True)
class Kind:
    """One kind of risk: its name, threshold, source, consequence and what could be done.

    Attributes:
        name: what it is called.
        threshold: the stated threshold in words.
        table: saved table it is read from.
        columns: columns it rests on.
        consequence: what may follow.
        remedy: what the board may ask for.
        find: finds it in an option.
        unit: what is counted, in the singular.
    """

    name: str
    threshold: str
    table: str
    columns: tuple[str, ...]
    consequence: str
    remedy: str
    find: Callable[[Option], Hazard]
    unit: str


def find_thin(option: Option) -> Hazard:
    """Services held locally with hardly a provider inside."""
    local = option.local
    found = local[local["providers"] <= THIN_PROVIDERS].sort_values("spend_m", ascending=False)
    return _of_services(option, found, lambda row: f"£{row['spend_m']:,.1f}m a year")


def find_volatile(option: Option) -> Hazard:
    """Services held locally whose spend varies widely from year to year."""
    local = option.local
    found = local[local["cv"] > HIGH_CV].sort_values("cv", ascending=False)
    return _of_services(option, found, lambda row: f"{row['cv']:.1%} of spend")


def find_unready(option: Option) -> Hazard:
    """Footprints that are not ready, or hardly so, for a joint committee."""
    scores = option.plan.readiness
    margin = scores["score"] - scores["joint"]
    low = scores.assign(margin=margin)[margin < READINESS_MARGIN].sort_values("margin")
    return _of_footprints(option, low, _tell_score)


def find_fragile(option: Option) -> Hazard:
    """Footprints near or beyond a limit of the scenario."""
    found = [
        (closeness, str(row["footprint"]), words)
        for row in option.plan.footprints.to_dict(orient="records")
        for closeness, words in _near_limits(row, option.manifest["scenario"]["footprints"])
        if closeness <= LIMIT_SHARE
    ]
    found.sort()
    places = tuple(dict.fromkeys(place for _, place, _ in found))
    worst = f"{found[0][1]}: {found[0][2]}" if found else ""
    return Hazard(places, worst, _share_of(option, places))


def find_dependent(option: Option) -> Hazard:
    """Footprints whose residents rely on providers elsewhere."""
    table = option.plan.footprints
    found = table[table["leakage_share"] > HIGH_LEAKAGE_SHARE]
    found = found.sort_values("leakage_share", ascending=False)
    return _of_footprints(
        option, found, lambda row: f"{row['leakage_share']:.1%} of spend in scope"
    )


def find_scant(option: Option) -> Hazard:
    """Footprints that hold little for their size: most of their residents' care stays national."""
    table = option.plan.footprints
    mean = table["local_spend_m"].sum() / table["population"].sum()
    level = (
        table["local_spend_m"] / table["population"] / mean
        if mean > 0
        else table["population"] * 0 + 1
    )
    found = table.assign(level=level)[level < SCANT_SHARE].sort_values("level", kind="stable")
    return _of_footprints(option, found, _tell_little)


def find_close_calls(option: Option) -> Hazard:
    """Service levels that a small change of the inputs would turn."""
    table = option.plan.services
    gap = (table["national_cost_m"] - table["local_cost_m"]).abs() / table["spend_m"]
    found = table.assign(gap=gap)[(table["rule"] == "cost") & (gap < CLOSE_CALL_SHARE)]
    found = found.sort_values("spend_m", ascending=False)
    return _of_services(option, found, lambda row: f"{row['gap']:.2%} of spend apart")


KINDS: Mapping[str, Kind] = {
    "thin": Kind(
        "Thin provision",
        f"{THIN_PROVIDERS} or no provider inside the footprint of a service it commissions",
        "services",
        ("level", "providers"),
        "The failure or withdrawal of one provider leaves residents without local care.",
        "A contingency contract with a provider outside; a resilience plan with the provider.",
        find_thin,
        "service",
    ),
    "volatile": Kind(
        "High volatility",
        f"standard deviation above {HIGH_CV:.0%} of the yearly spend of a service held locally",
        "services",
        ("level", "cv"),
        "A few costly cases in one year break the budget of the service.",
        "A pooled reserve, a risk share between footprints, or national commissioning.",
        find_volatile,
        "service",
    ),
    "unready": Kind(
        "Low readiness",
        f"a domain less than {READINESS_MARGIN:g} above the least score for a joint committee",
        "readiness",
        ("score",),
        "The footprint can't take on commissioning in time, or only on paper.",
        "A development plan for the domain, with a date at which it is assessed again.",
        find_unready,
        "footprint",
    ),
    "fragile": Kind(
        "Fragile grouping",
        f"within {LIMIT_SHARE:.0%} of a limit on residents, members or travel, or beyond it",
        "footprints",
        ("population", "furthest_minutes"),
        "A small change of membership or data puts the footprint outside the rules.",
        "Agree beforehand what happens if an ICB leaves or merges.",
        find_fragile,
        "footprint",
    ),
    "dependent": Kind(
        "Dependence on providers elsewhere",
        f"more than {HIGH_LEAKAGE_SHARE:.0%} of spend in scope treated outside the footprint",
        "footprints",
        ("leakage_share",),
        "The footprint pays for care whose capacity and price others decide.",
        "Agreements with the footprints that host the providers; review of the boundary.",
        find_dependent,
        "footprint",
    ),
    "scant": Kind(
        "Little held locally",
        f"local spend per resident below {SCANT_SHARE:.0%} of that of the option as a whole",
        "footprints",
        ("local_spend_m", "population"),
        "A committee with the usual costs decides on few services; most of its residents' care "
        "stays national.",
        "Ask whether it should hold more, join a neighbour or stand as it is.",
        find_scant,
        "footprint",
    ),
    "close": Kind(
        "Close calls between levels",
        f"costs of the two levels less than {CLOSE_CALL_SHARE:.0%} of the service's spend apart",
        "services",
        ("national_cost_m", "local_cost_m"),
        "Better data may turn the level of the service; the decision should not rest on it.",
        "Decide these services on other grounds; check their figures first.",
        find_close_calls,
        "service",
    ),
}
"""Kinds of risk in the order of the register."""


def _of_footprints(option: Option, found: pd.DataFrame, tell: Callable[[Row], str]) -> Hazard:
    """A hazard of footprints; ``found`` has its rows worst first, several to a footprint or one."""
    places = tuple(dict.fromkeys(found["footprint"].astype("str")))
    worst = f"{places[0]}: {tell(found.iloc[0])}" if places else ""
    return Hazard(places, worst, _share_of(option, places))


def _tell_score(row: Row) -> str:
    domain = str(row["domain"]).replace("_", " ")
    return f"{domain} {row['score']:.2f}, needs {row['joint']:.2f}"


def _tell_little(row: Row) -> str:
    services = f"{row['local_services']:.0f} service{'s' if row['local_services'] != 1 else ''}"
    spend = f"£{row['local_spend_m']:,.1f}m a year"
    return f"{services}, {spend}, {row['level']:.0%} of the mean per resident"


def _of_services(option: Option, found: pd.DataFrame, tell: Callable[[Row], str]) -> Hazard:
    """A hazard of services, each with its footprint."""
    names = found[["name", "footprint"]].to_numpy()
    places = tuple(f"{name} in {footprint}" for name, footprint in names)
    worst = f"{places[0]}: {tell(found.iloc[0])}" if places else ""
    spend = float(option.local["spend_m"].sum())
    local = found[found["level"] != "national"]["spend_m"].sum()
    return Hazard(places, worst, float(local) / spend if spend > 0 else math.nan)


def _share_of(option: Option, footprints: Sequence[str]) -> float:
    table = option.plan.footprints
    whole = float(table["local_spend_m"].sum())
    part = table.loc[table["footprint"].isin(footprints), "local_spend_m"].sum()
    return float(part) / whole if whole > 0 else math.nan


def _near_limits(row: Mapping[Any, Any], rules: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    """How far a footprint is from each limit as a share of it, negative when beyond."""
    if rules.get("population_base") == "resident":
        least, most = (float(limit) for limit in rules["population_m"])
        people = float(row["population"]) / 1e6
        if least > 0:
            yield people / least - 1, f"{people:.2f} million residents, at least {least:g} million"
        if math.isfinite(most):
            yield 1 - people / most, f"{people:.2f} million residents, at most {most:g} million"
    travel = rules.get("max_travel_minutes")
    limit = float(travel) if travel is not None else math.inf
    if math.isfinite(limit) and not math.isnan(row["furthest_minutes"]):
        minutes = float(row["furthest_minutes"])
        yield 1 - minutes / limit, f"{minutes:.0f} minutes to the lead, at most {limit:g}"
    most_members = float(rules["members"][1])
    if math.isfinite(most_members):
        members = int(row["members"])
        yield 1 - members / most_members, f"{members} ICBs, at most {most_members:g}"
