"""Rebuilds the whole England dataset: same inputs, same bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from inputs.england.build.allocations import summarise_allocations
from inputs.england.build.calibrate import calibrate_families, reconcile_demand
from inputs.england.build.centres import list_service_providers
from inputs.england.build.facts import Facts, read_facts
from inputs.england.build.fit import (
    build_thrombectomy_flows,
    format_fit,
    summarise_anchor,
    summarise_fit,
    summarise_fit_by_icb,
)
from inputs.england.build.fitted import build_fitted_flows
from inputs.england.build.flows import build_choice
from inputs.england.build.geography import (
    ATTRIBUTION,
    list_neighbours,
    list_places,
    read_icb_polygons,
    write_boundaries,
)
from inputs.england.build.pieces import list_pieces, sum_flows
from inputs.england.build.places import (
    list_provider_places,
    measure_icb_travel,
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
from inputs.england.build.wheel import Wheel, read_wheel
from optimiser.inputs.writing import write_compressed, write_text

SIGNIFICANT_DIGITS = 7
CALIBRATION_THINNING = 5
"""Calibration looks at every fifth LSOA: leakage moves by less than 0.3 percentage points."""


@dataclass(frozen=True)
class England:
    """Everything that is written.

    Attributes:
        tables: file name (without ``.csv``) to table.
        flows: service, icb, provider, patients, spend_m.
        plans: plan file name to icb, footprint.
        polygons: ICB polygons, EPSG:27700.
    """

    tables: dict[str, pd.DataFrame]
    flows: pd.DataFrame
    plans: dict[str, pd.DataFrame]
    polygons: gpd.GeoDataFrame


def build_england(facts: Facts, wheel: Wheel) -> England:
    """Build every table in memory."""
    gss_to_icb = map_gss(facts)
    polygons = read_icb_polygons(wheel, gss_to_icb)
    icb_places = list_places(polygons)
    places = list_provider_places(facts, wheel, icb_places)
    minutes = measure_provider_minutes(facts, wheel, places)
    services, centres = build_services(facts), list_service_providers(facts)
    fitted = build_fitted_flows(facts, wheel, minutes)
    flows = sum_flows(fitted, list_pieces(facts, wheel)["icb"])
    tables = {
        "icbs": build_icbs(facts, icb_places),
        "neighbours": list_neighbours(polygons),
        "travel": build_travel(measure_icb_travel(wheel, gss_to_icb)),
        "services": services,
        "providers": build_providers(facts, places),
        "service_providers": centres.drop(columns="listed"),
        "readiness": build_readiness(facts),
        "funding": build_funding(facts, flows),
        "sources": list_sources(),
    }
    return England(tables, flows, list_plans(facts), polygons)


def map_gss(facts: Facts) -> dict[str, str]:
    """Map the ICB codes of 2022, which the wheel uses, to ODS codes."""
    return {str(gss): str(icb) for icb, gss in facts.icbs["gss_code_2022"].items()}


def write_england(england: England, folder: Path) -> None:
    """Write the dataset; facts, scenarios and README are not touched."""
    (folder / "plans").mkdir(parents=True, exist_ok=True)
    for name, table in england.tables.items():
        write_text(folder / f"{name}.csv", _to_csv(table))
    for name, plan in england.plans.items():
        write_text(folder / "plans" / f"{name}.csv", _to_csv(plan))
    write_compressed(_to_csv(england.flows), folder / "flows.csv.gz")
    names = dict(england.tables["icbs"][["icb", "short_name"]].itertuples(index=False, name=None))
    write_boundaries(england.polygons, names, folder / "boundaries.geojson")
    write_text(folder / "dataset.toml", ABOUT)


def rebuild(folder: Path) -> England:
    """Read the facts and the wheel, build, and write to ``folder``."""
    england = build_england(read_facts(), read_wheel())
    write_england(england, folder)
    return england


def judge(folder: Path) -> str:
    """Compare the flows carried in ``folder`` with published leakage; returns Markdown."""
    facts, wheel = read_facts(), read_wheel()
    plans = list_plans(facts)
    text = {"service": str, "icb": str, "provider": str}
    flows = pd.read_csv(folder / "flows.csv.gz", dtype=text)
    centres = pd.read_csv(folder / "service_providers.csv", dtype=str)
    thrombectomy = build_thrombectomy_flows(wheel, map_gss(facts))
    return format_fit(
        summarise_fit(facts, flows, centres, plans),
        summarise_anchor(facts, flows, thrombectomy, plans),
        summarise_fit_by_icb(facts, flows, centres),
        summarise_allocations(facts, flows),
    )


def calibrate(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the decay of each family and the factors on demand again; takes some minutes.

    Args:
        folder: where ``flow_parameters.csv`` and ``demand_factors.csv`` are written.
    """
    facts, wheel = read_facts(), read_wheel()
    plain = replace(facts, demand_factors=facts.demand_factors.assign(demand_factor=1.0))
    gss_to_icb = map_gss(facts)
    icb_places = list_places(read_icb_polygons(wheel, gss_to_icb))
    minutes = measure_provider_minutes(facts, wheel, list_provider_places(facts, wheel, icb_places))
    choice = build_choice(facts, wheel, minutes, gss_to_icb, every=CALIBRATION_THINNING)
    parameters = calibrate_families(plain, choice)
    plain = replace(plain, flow_parameters=parameters.set_index("family"))
    fitted = build_fitted_flows(plain, wheel, minutes)
    factors = reconcile_demand(plain, sum_flows(fitted, list_pieces(facts, wheel)["icb"]))
    for name, table in (("flow_parameters", parameters), ("demand_factors", factors)):
        write_text(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    return parameters, factors


def _to_csv(table: pd.DataFrame) -> str:
    """Seven significant digits keep every total within a few parts in ten million."""
    shown = table.copy()
    for column in shown.select_dtypes("float").columns:
        shown[column] = [_format_number(value) for value in shown[column]]
    text = shown.to_csv(index=False, lineterminator="\n")
    return str(text)


def _format_number(value: float) -> str:
    if pd.isna(value):
        return ""
    if abs(value) >= 1:
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return f"{value:.{SIGNIFICANT_DIGITS}g}" if abs(value) >= 1e-4 else f"{value:.10f}"


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
ABOUT = f'''name = "england"
title = "England's 42 integrated care boards and 150 specialised services"
vintage = "2023-24"
population_base = "resident"
currency_year = "2023-24"
total_spend_m = 15800.0
attribution = "{ATTRIBUTION}"
modelled = [
{"".join(f'  "{sentence}",' + chr(10) for sentence in MODELLED)}]
'''
