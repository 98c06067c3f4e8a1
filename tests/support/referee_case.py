"""Four ICBs, five services and one plan whose every figure was worked out by hand.

The map is a line, A 1 m people, B 2 m, C 1 m, D 2 m, with a weak link from D back to A::

    A --10 km-- B --5 km-- C --10 km-- D --0.05 km-- A          North: A B    South: C D

The plan is North = A B led by B, South = C D led by D.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import sqrt
from pathlib import Path

import pandas as pd

from optimiser.inputs.dataset import PDAF_DOMAINS, About, Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Outcome, Plan

GROUPS = {"North": ("A", "B"), "South": ("C", "D")}
LEADS = {"North": "B", "South": "D"}
LEVELS = {
    ("kidney", "North"): "footprint",
    ("kidney", "South"): "icb",
    ("heart", "North"): "footprint",
    ("heart", "South"): "footprint",
    ("valve", "North"): "footprint",
    ("valve", "South"): "footprint",
    ("mind", "North"): "national",
    ("mind", "South"): "national",
    ("rare", "North"): "national",
    ("rare", "South"): "national",
}
PEOPLE = {"A": 1_000_000, "B": 2_000_000, "C": 1_000_000, "D": 2_000_000}
LOWEST_SCORES = {"A": 2.0, "B": 4.0, "C": 2.0, "D": 4.0}
FLOWS = [
    ("kidney", "A", "PA", 1.0),
    ("kidney", "B", "PB", 1.5),
    ("kidney", "B", "PC", 0.5),
    ("kidney", "C", "PC", 1.0),
    ("kidney", "D", "PD", 1.8),
    ("kidney", "D", "PX", 0.2),
    *((s, i, p, m * PEOPLE[i] / 1e6) for s, m in (("heart", 0.5), ("valve", 0.1))
      for i, p in (("A", "PA"), ("B", "PA"), ("C", "PC"), ("D", "PC"))),
    *(("mind", i, "PB", 0.2 * PEOPLE[i] / 1e6) for i in "ABCD"),
    *(("rare", i, "PB", 0.1 * PEOPLE[i] / 1e6) for i in "ABCD"),
]  # fmt: skip
MEASURES = {
    # Kidney: B's 0.5 to C, and 0.2 of D's to a place off the map. Heart and valve leak nothing.
    "leakage": 0.7,
    # sd² = c(1 + k²)·spend + (σ·spend)². Kidney: 0.01·2·3 in North, ·1 and ·2 for C and D alone.
    # Heart: 0.05·2·1.5 + 0.15² in both; valve: 0.1·0.3 in both.
    "volatility": sqrt(0.06) + sqrt(0.02) + sqrt(0.04) + 2 * sqrt(0.1725) + 2 * sqrt(0.03),
    # Mind 0.2 of £1.2m, rare 0.1 of £0.6m.
    "national": 0.3,
    # Kidney in South.
    "individual": 3.0,
    "committee_cost": 2.0,
    "governance": 2.0,
    # 1 m × 40 min + 2 m × 10 min in each.
    "travel": 120.0,
    # Joined A-B and C-D, parted B-C: 2 + 2 + 2, of 2 + 1 + 2 + 2 + 4 + 2.
    "disruption": 6 / 13,
    # |1.0 − 0.4| + |−0.3 − 0.3|.
    "allocation": 1.2,
}
WEIGHTS = {
    "leakage": 1.0,
    "volatility": 1.0,
    "national": 0.5,
    "individual": 0.02,
    "committee_cost": 2.0,
    "governance": 0.1,
    "travel": 0.01,
    "disruption": 10.0,
    "allocation": 0.5,
}
SCENARIO = Scenario.model_validate(
    {
        "footprints": {
            "count": 2,
            "population_m": [2.5, 4.0],
            "members": [2, 3],
            "spend_m": [5.0, 6.0],
            "max_travel_minutes": 60,
            "within_regions": True,
            "min_border_km": 1,
            "keep_together": [["A", "B"]],
            "keep_apart": [["B", "C"]],
            "fixed": [["C", "D"]],
            "baseline": "old",
            "max_moved": 2,
        },
        "services": {
            "levels": ["national", "footprint", "icb"],
            "categories": ["ready", "not_yet"],
            "year": 2025,
            "min_providers": 1,
            "max_cv": 0.6,
            "min_patients": 2,
            "force_local": ["kidney"],
            "min_local_spend_m": 9,
            "max_local_spend_m": 10,
            "min_local_services": 2.5,
            "max_local_services": 3.5,
            "max_leakage_m": 1,
            "max_volatility_m": 3,
        },
        "readiness": {"joint": 1.5, "delegated": 3.0},
        "lead": {"fixed": ["B"]},
        "objective": {
            {"committee_cost": "committee_cost_m", "governance": "governance_cost_m"}.get(
                term, term
            ): weight
            for term, weight in WEIGHTS.items()
        },
    }
)


def make_dataset() -> Dataset:
    """The dataset, in memory."""
    icbs = pd.DataFrame(
        {
            "icb": list("ABCD"),
            "short_name": ["Ash", "Beech", "Cedar", "Dogwood"],
            "region": ["North", "North", "South", "South"],
            "population": list(PEOPLE.values()),
            "registered_population": [1.1e6, 2.2e6, 1.1e6, 2.2e6],
            "weighted_population": [1.2e6, 2.0e6, 0.9e6, 1.9e6],
        }
    )
    links = [("A", "B", 10.0), ("B", "C", 5.0), ("C", "D", 10.0), ("D", "A", 0.05)]
    providers = {"PA": "A", "PB": "B", "PC": "C", "PD": "D", "PX": ""}
    flows = pd.DataFrame(FLOWS, columns=["service", "icb", "provider", "spend_m"])
    pairs = flows[["service", "provider"]].drop_duplicates()
    return Dataset(
        folder=Path("nowhere"),
        about=About("four", "Four ICBs", "invented", "resident", "none", "invented"),
        icbs=icbs,
        neighbours=pd.DataFrame(links, columns=["a", "b", "border_km"]),
        services=_services(),
        providers=pd.DataFrame({"provider": list(providers), "icb": list(providers.values())}),
        flows=flows,
        service_providers=pairs,
        travel=_travel(),
        readiness=_readiness(),
        funding=pd.DataFrame(
            {
                "icb": list("ABCD"),
                "historic_m": [6.0, 5.6, 4.0, 7.0],
                "needs_based_m": [5.0, 6.0, 4.3, 7.3],
            }
        ),
        sources=None,
        plans={"old": pd.DataFrame({"icb": list("ABCD"), "footprint": ["x", "y", "y", "z"]})},
        boundaries=None,
        hashes={},
    )


def _services() -> pd.DataFrame:
    columns = [
        *("service", "category", "ready_year", "highly_specialised", "patients", "case_cost_cv"),
        *("common_shock", "min_providers", "min_patients", "max_cv", "integration_benefit"),
        *("needs_delegation", "moves_with"),
    ]
    none, nan = pd.NA, float("nan")
    rows = [
        ("kidney", "ready", 2023, False, 600.0, 1.0, 0.0, 1, 0.0, nan, 0.1, False, ""),
        ("heart", "ready", 2023, False, 60.0, 1.0, 0.1, 1, 0.0, nan, 0.1, True, ""),
        ("valve", "ready", 2023, False, 6.0, 0.0, 0.0, 0, 2.5, 0.58, 0.1, False, "heart"),
        ("mind", "not_yet", 2025, False, 60.0, 1.0, 0.0, 1, 0.0, nan, 0.2, True, ""),
        ("rare", "national", none, True, 6.0, 1.0, 0.0, 1, 0.0, nan, 0.1, False, ""),
    ]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"ready_year": "Int64"}).assign(current_level="")


def _travel() -> pd.DataFrame:
    place = {"A": 0, "B": 1, "C": 2, "D": 3}
    rows = [(i, j, 10.0 + 30.0 * abs(place[i] - place[j])) for i in place for j in place]
    return pd.DataFrame(rows, columns=["from_icb", "to_icb", "minutes"])


def _readiness() -> pd.DataFrame:
    rows = [
        (i, domain, score - (1.0 if year == 2023 else 0.0), year)
        for year in (2023, 2025)
        for i, score in LOWEST_SCORES.items()
        for domain in PDAF_DOMAINS
    ]
    return pd.DataFrame(rows, columns=["icb", "domain", "score", "year"])


def make_plan(
    groups: Mapping[str, tuple[str, ...]] = GROUPS,
    leads: Mapping[str, str] = LEADS,
    levels: Mapping[tuple[str, str], str] = LEVELS,
    measures: Mapping[str, float] = MEASURES,
) -> Plan:
    """A plan as the engine would write it; the figures are those worked out by hand above."""
    terms = pd.DataFrame(
        {
            "term": term,
            "weight": WEIGHTS[term],
            "measure": measure,
            "unit": "",
            "cost_m": WEIGHTS[term] * measure,
        }
        for term, measure in measures.items()
    )
    spend_m = {"kidney": 3.0, "heart": 1.5, "valve": 0.3, "mind": 0.6, "rare": 0.3}
    return Plan(
        name="by hand",
        icbs=pd.DataFrame(
            {"icb": i, "footprint": f, "lead": leads.get(f) == i}
            for f, members in groups.items()
            for i in members
        ),
        footprints=pd.DataFrame(
            {
                "footprint": f,
                "icbs": " ".join(members),
                "members": len(members),
                "population": sum(PEOPLE.get(i, 0) for i in members),
                "lead": leads.get(f, ""),
                "mode": "delegated",
            }
            for f, members in groups.items()
        ),
        services=pd.DataFrame(
            {
                "service": s,
                "footprint": f,
                "level": level,
                "spend_m": spend_m[s],
                "providers": {
                    "kidney": 2,
                    "mind": int(f == "North"),
                    "rare": int(f == "North"),
                }.get(s, 1),
                "patients": {"kidney": 300.0, "heart": 30.0, "mind": 30.0}.get(s, 3.0),
            }
            for (s, f), level in levels.items()
        ),
        terms=terms,
        readiness=pd.DataFrame(),
        outcome=Outcome(status="evaluated", objective=float(terms["cost_m"].sum())),
    )


def with_levels(changes: Mapping[tuple[str, str], str]) -> Plan:
    """The plan with some levels changed."""
    return make_plan(levels={**LEVELS, **changes})


def with_table(dataset: Dataset, table: str, frame: pd.DataFrame | None) -> Dataset:
    """The dataset with one table replaced."""
    return replace(dataset, **{table: frame})  # type: ignore[arg-type]


def with_service(dataset: Dataset, service: str, **values: object) -> Dataset:
    """The dataset with some attributes of one service changed."""
    frame = dataset.services.copy()
    for column, value in values.items():
        frame.loc[frame["service"] == service, column] = value
    return replace(dataset, services=frame)
