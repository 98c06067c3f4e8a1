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
from typing import Any

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
# In scope: kidney, heart, valve and mind. c(1 + k²) is £0.02m, 0.1m, 0.1m and 0.04m, so a million people
# spend 1 + 0.5 + 0.1 + 0.2 = £1.8m a year with a variance of 0.02 + 0.05 + 0.01 + 0.008 = £0.088m².
SD = {people_m: sqrt(0.088 * people_m) for people_m in (1, 2, 3, 6)}
MIXED = 1 - (1 / 3) ** 2 - (2 / 3) ** 2
"""D: the chance that two residents of a footprint, 1 m and 2 m people, have different ICBs."""
MEASURES = {
    # Kidney: B's 0.5 to C, and 0.2 of D's to a place off the map. Heart and valve leak nothing. Mind:
    # all of the South's 0.6 goes to B, though England holds it.
    "leakage": 1.3,
    # Kidney alone: North buys 0.5 from C, D 0.2 off the map; C finds all at home, as England does.
    "contracting": 0.7,
    # North's kidney, C's and D's; heart and valve of both; mind at England's deviation.
    "volatility": 0.06 / SD[3]
    + 0.02 / SD[1]
    + 0.04 / SD[2]
    + 2 * (0.15 + 0.03) / SD[3]
    + 0.048 / SD[6],
    # All of mind's 0.2 of £1.2m and rare's 0.1 of £0.6m. A quarter times D of what footprints hold: 0.1
    # of £3m kidney, £3m heart and £0.6m valve. Nothing of what C and D hold alone.
    "integration": 0.24 + 0.06 + 0.25 * MIXED * 0.1 * (3.0 + 3.0 + 0.6),
    # Kidney by North, C and D; heart and valve by both; mind by England; rare is out of scope.
    "holding": 8.0,
    "lead_provider": 0.0,
    "committee_cost": 2.0,
    "governance": 2.0,
    # Kidney was national; mind was with ICBs.
    "transition_delegate": 6.0,
    "transition_clawback": 1.2,
    # Joined A-B and C-D, parted B-C: 2 + 2 + 2, of 2 + 1 + 2 + 2 + 4 + 2.
    "disruption": 6 / 13,
    # |1.0 − 0.4| + |−0.3 − 0.3|.
    "allocation": 1.2,
}
WEIGHTS = {
    "leakage": 1.0,
    "contracting": 0.5,
    "volatility": 1.0,
    "integration": 0.5,
    "holding": 0.02,
    "lead_provider": 0.3,
    "committee_cost": 2.0,
    "governance": 0.1,
    "transition_delegate": 0.05,
    "transition_clawback": 0.2,
    "disruption": 10.0,
    "allocation": 0.5,
}
NAMES = {
    "committee_cost": "committee_cost_m",
    "governance": "governance_cost_m",
    "holding": "holding_cost_m",
    "lead_provider": "lead_provider_cost_m",
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
            "max_leakage_m": 1.5,
            "max_volatility_m": 3,
            "min_local_share_each": 0.85,
            "min_local_services_each": 2.9,
        },
        "readiness": {"joint": 1.5, "delegated": 3.0},
        "lead": {"fixed": ["B"]},
        "objective": {
            **{NAMES.get(term, term): weight for term, weight in WEIGHTS.items()},
            "sharing_loss": 0.25,
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
            "commissioner": "",
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
    return frame.astype({"ready_year": "Int64"}).assign(
        current_level=["national", "footprint", "", "icb", "national"],
        collaborative=[False, False, False, True, False],
    )


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
    changed: dict[str, Any] = {table: frame}
    return replace(dataset, **changed)


def with_service(dataset: Dataset, service: str, **values: object) -> Dataset:
    """The dataset with some attributes of one service changed."""
    frame = dataset.services.copy()
    for column, value in values.items():
        frame.loc[frame["service"] == service, column] = value
    return replace(dataset, services=frame)
