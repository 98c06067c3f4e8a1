"""Builds and judges the three maps of England: same inputs, same bytes."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

from inputs.england.build.allocations import summarise_allocations
from inputs.england.build.authorities import AUTHORITIES, SCENARIO, build_authorities
from inputs.england.build.calibrate import calibrate_families, reconcile_demand
from inputs.england.build.facts import read_facts
from inputs.england.build.fit import (
    build_thrombectomy_flows,
    format_fit,
    summarise_anchor,
    summarise_fit,
    summarise_fit_by_icb,
)
from inputs.england.build.fitted import build_fitted_flows
from inputs.england.build.flows import build_choice
from inputs.england.build.maps import MAPS, build_common, build_map, locate_providers
from inputs.england.build.pieces import list_pieces, locate_all, sum_flows
from inputs.england.build.places import measure_provider_minutes
from inputs.england.build.tables import list_plans
from inputs.england.build.wheel import read_wheel
from optimiser.inputs.writing import NewDataset, write_dataset, write_text

CALIBRATION_THINNING = 5
"""Calibration looks at every fifth LSOA: leakage moves by less than 0.3 percentage points."""


def rebuild(folder: Path) -> dict[str, int]:
    """Read the facts and the wheel, build every map, and write each to its place in ``folder``.

    READMEs and scenarios that are there stay.

    Returns:
        dataset to number of flows.
    """
    common = build_common(read_facts(), locate_all(read_wheel()))
    return {chosen.name: _write(build_map(common, chosen), folder / chosen.name) for chosen in MAPS}


def rebuild_authorities(folder: Path) -> dict[str, int]:
    """The same for the map of local authorities, which is not carried, with its scenario."""
    new = build_authorities(read_facts(), read_wheel())
    count = _write(new, folder / AUTHORITIES.name)
    write_text(folder / AUTHORITIES.name / "scenarios" / "base.toml", SCENARIO)
    return {AUTHORITIES.name: count}


def _write(new: NewDataset, folder: Path) -> int:
    """Write a dataset over what is in a folder; returns the number of flows."""
    with tempfile.TemporaryDirectory() as name:
        made = write_dataset(new, Path(name) / folder.name)
        shutil.copytree(made, folder, dirs_exist_ok=True)
    return len(new.tables["flows"])


def judge(folder: Path) -> str:
    """Compare the flows carried in ``folder`` (the 42 ICBs) with what is published; Markdown."""
    facts, wheel = read_facts(), locate_all(read_wheel())
    plans = list_plans(facts)
    text = {"service": str, "icb": str, "provider": str}
    flows = pd.read_csv(folder / "flows.csv.gz", dtype=text)
    centres = pd.read_csv(folder / "service_providers.csv", dtype=str)
    thrombectomy = build_thrombectomy_flows(wheel, list_pieces(facts, wheel)["icb"])
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
    facts, wheel = read_facts(), locate_all(read_wheel())
    plain = replace(facts, demand_factors=facts.demand_factors.assign(demand_factor=1.0))
    pieces = list_pieces(facts, wheel)
    homes = pieces["icb"]
    minutes = measure_provider_minutes(facts, wheel, locate_providers(facts, wheel, pieces))
    choice = build_choice(facts, wheel, minutes, homes, every=CALIBRATION_THINNING)
    parameters = calibrate_families(plain, choice)
    plain = replace(plain, flow_parameters=parameters.set_index("family"))
    factors = reconcile_demand(plain, sum_flows(build_fitted_flows(plain, wheel, minutes), homes))
    for name, table in (("flow_parameters", parameters), ("demand_factors", factors)):
        write_text(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    return parameters, factors
