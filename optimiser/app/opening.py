"""What a page is told once: the map, the ICBs, the services, the settings it may change."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from optimiser.app.desk import Desk
from optimiser.folders import OUTPUTS
from optimiser.footprints.system import System
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.reports.atlas import Atlas, read_atlas
from optimiser.reports.continuing import continue_fills, list_carried
from optimiser.reports.palette import EVERY_FILL, HUES
from optimiser.reports.tracing import make_tile, trace_ground
from optimiser.runs.saving import MANIFEST, plain

CONTROLS = {
    "Number and size": {
        "footprints.count": "Number of footprints",
        "footprints.population_m": "People in a footprint, million",
        "footprints.members": "ICBs in a footprint",
        "footprints.max_travel_minutes": "Travel to the lead ICB, minutes at most",
        "footprints.within_regions": "Keep to the NHS regions",
        "footprints.min_shared_border": "Border shared with fellow members, share at least",
    },
    "Weights": {
        "objective.leakage": "Care outside the footprint",
        "objective.contracting": "Contracting across a boundary",
        "objective.volatility": "Volatility of budgets",
        "objective.integration": "Integration forgone",
        "objective.sharing_loss": "Integration lost by sharing",
        "objective.holding_cost_m": "Contract team, £m",
        "objective.committee_cost_m": "Committee, £m",
        "objective.governance_cost_m": "Each pair of members, £m",
        "objective.disruption": "Disruption, £m",
        "objective.allocation": "Allocation shifted",
        "objective.transition_delegate": "Delegating a service",
        "objective.transition_clawback": "Taking a service back",
    },
}
"""Settings that have a control on the page, by heading, with its title; the file has the others."""
PLAN = "plan.csv"
"""What a run has and a pack, whose manifest has the same name, has not."""
MOST_RUNS = 40
"""Saved runs offered for comparison, the newest: a longer list is not read."""


def describe_opening(desk: Desk) -> Any:
    """Everything that no move changes."""
    dataset, scenario = desk.dataset, desk.scenario
    system = desk.case_of({}).system
    atlas = read_atlas(dataset)
    services = dataset.services.assign(in_scope=system.services.in_scope)
    columns = ["service", "name", "programme_of_care", "category", "in_scope"]
    return plain(
        {
            "title": scenario.title or scenario.name,
            "scenario": scenario.name,
            "note": scenario.note.strip(),
            "dataset": {"title": dataset.about.title, "vintage": dataset.about.vintage},
            "attribution": dataset.about.attribution,
            "modelled": dataset.about.modelled,
            "map": _describe_ground(atlas),
            "tiles": [asdict(make_tile(at, fill)) for at, fill in enumerate(EVERY_FILL)],
            "hues": len(HUES),
            "fills": _list_fills(desk, atlas),
            "icbs": _list_icbs(dataset),
            "neighbours": _list_neighbours(system),
            "services": services[columns].to_dict(orient="records"),
            "levels": scenario.services.levels,
            "plans": list(dataset.plans),
            "years": desk.roadmap is not None,
            "controls": describe_controls(scenario),
            "start": {name: list(icbs) for name, icbs in desk.start.items()},
        }
    )


def _list_fills(desk: Desk, atlas: Atlas) -> dict[str, int]:
    """Place among the tiles of the fill of each footprint that a page begins with, as on saved maps."""
    before = list_carried(desk.dataset, desk.scenario.footprints.baseline or "")
    fills = continue_fills(desk.start, before, desk.dataset, atlas)
    return {name: EVERY_FILL.index(fill) for name, fill in fills.items()}


def _describe_ground(atlas: Atlas) -> dict[str, Any]:
    ground = trace_ground(atlas)
    inset = ground.inset
    return {
        "size": ground.size,
        "areas": dict(ground.areas),
        "lines": [[line.icb, line.other, line.path] for line in ground.lines],
        "links": ground.links,
        "inset": None if inset is None else asdict(inset),
        "crowded": atlas.crowded,
        "anchors": {icb: ground.place(*atlas.anchor([icb])) for icb in atlas.points},
    }


def _list_neighbours(system: System) -> list[tuple[str, str]]:
    """Pairs of ICBs that may hang together, under the scenario's rules."""
    places = range(system.size)
    linked = [
        (i, j) for i in places for j in places if i < j and int(system.neighbours[i]) >> j & 1
    ]
    return [(system.icbs[i], system.icbs[j]) for i, j in linked]


def _list_icbs(dataset: Dataset) -> list[dict[str, Any]]:
    columns = ["icb", "short_name", "region", "population"]
    return [
        dict(zip(columns, row, strict=True)) for row in dataset.icbs[columns].to_numpy().tolist()
    ]


def describe_controls(scenario: Scenario) -> list[dict[str, Any]]:
    """Each setting with its own meaning, as it is declared, and its value in the scenario."""
    return [
        {"heading": heading, "title": title, **_describe_control(scenario, key)}
        for heading, titles in CONTROLS.items()
        for key, title in titles.items()
    ]


def _describe_control(scenario: Scenario, key: str) -> dict[str, Any]:
    section, name = key.split(".")
    rules = getattr(scenario, section)
    value = getattr(rules, name)
    kind = "number"
    if isinstance(value, bool):
        kind = "switch"
    elif name == "count":
        kind, value = "count", list(rules.count_window) if value != "free" else "free"
    elif isinstance(value, tuple):
        kind, value = "window", [_open_end(end) for end in value]
    elif isinstance(value, float):
        value = _open_end(value)
    meaning = type(rules).model_fields[name].description
    return {"key": key, "kind": kind, "value": value, "meaning": meaning}


def _open_end(value: float) -> float | str:
    return "inf" if math.isinf(value) else value


def list_runs(folder: Path = OUTPUTS) -> list[str]:
    """Folders of saved runs, the newest first."""
    places = (path for path in folder.glob(f"*/*/{MANIFEST}") if (path.parent / PLAN).is_file())
    found = sorted(places, key=lambda path: path.stat().st_mtime)
    return [path.parent.as_posix() for path in reversed(found[-MOST_RUNS:])]
